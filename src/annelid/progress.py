"""A job as it goes, for a terminal or a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from annelid.jobs import Event


class Progress:
    """Prints the events of a job to stderr: the header, a row per epoch, a line of progress."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._columns: list[str] = []

    def __call__(self, event: Event) -> None:
        """Show one event."""
        data = event.data
        if event.name == "header" or (event.name == "log" and data.get("level") in ("WARNING", "ERROR")):
            self._console.print(data["text"], markup=False, soft_wrap=True)
        elif event.name == "note":
            self._console.print(f"note: {data['text']}", markup=False, soft_wrap=True)
        elif event.name == "epoch":
            self._epoch(data)
        elif event.name == "progress" and data["done"] == data["of"]:
            self._console.print(f"{data['what']}: {data['of']}")
        elif event.name in ("progress", "batch") and self._console.is_terminal:
            self._console.print(f"{data['what']}: {data['done']}/{data['of']}", end="\r")

    def _epoch(self, data: Mapping[str, Any]) -> None:
        names = [*data["losses"], *data["metrics"]]
        if names != self._columns:
            self._columns = names
            head = ["epoch", "memory", *names, "img/s", "left"]
            self._console.print(" ".join(f"{_short(h):>9}" for h in head), markup=False, soft_wrap=True)
        values = [*data["losses"].values(), *data["metrics"].values()]
        cells = [
            f"{data['epoch']}/{data['epochs']}",
            f"{data['memory_gb']:.1f}G",
            *(f"{v:.3f}" for v in values),
            f"{data['images_per_s']:.1f}",
            _clock(data["seconds_left"]),
        ]
        self._console.print(" ".join(f"{c:>9}" for c in cells), markup=False, soft_wrap=True)


def _short(name: str) -> str:
    return name.replace("precision", "P").replace("recall", "R").replace("mAP50-95", "mAP").replace("_loss", "")


def _clock(seconds: float) -> str:
    minutes, s = divmod(int(seconds), 60)
    return f"{minutes}:{s:02d}"
