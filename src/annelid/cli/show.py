"""What the terminal shows: results, losses, and a training as it goes."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from annelid.jobs import Event

FIRST_PLACES = 3

stderr = Console(stderr=True, highlight=False)
stdout = Console(highlight=False)


def answer(value: Mapping[str, Any], lines: Iterable[Any], *, as_json: bool) -> None:
    """Print a result: one JSON object on stdout, or lines for people."""
    if as_json:
        print(json.dumps(finite(value), default=str))  # noqa: T201 - JSON must not be wrapped
        return
    for line in lines:
        stdout.print(line, markup=False, soft_wrap=True)


def finite(value: Any) -> Any:
    """The same with null for NaN and infinity, which JSON does not have."""
    if isinstance(value, Mapping):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    """A plain table; numbers to the right."""
    result = Table(box=None, pad_edge=False, header_style="bold")
    cells = [[_cell(cell) for cell in row] for row in rows]
    for i, title in enumerate(head):
        numeric = bool(cells) and all(row[i][1] for row in cells)
        result.add_column(title, justify="right" if numeric else "left")
    for row in cells:
        result.add_row(*(text for text, _ in row))
    return result


def _cell(value: Any) -> tuple[str, bool]:
    if isinstance(value, float):
        return ("-" if math.isnan(value) else f"{value:.3f}"), True
    return str(value), isinstance(value, int)


def losses(report: Iterable[Any]) -> list[str]:
    """Each kind of loss with its count and its first places."""
    kinds: dict[str, list[Any]] = {}
    for loss in report:
        kinds.setdefault(loss.kind, []).append(loss)
    lines = []
    for kind, several in kinds.items():
        lines.append(f"{sum(loss.count for loss in several)} x {kind}: {several[0].what}")
        lines += [f"    {loss.file} {loss.place}".rstrip() for loss in several[:FIRST_PLACES] if loss.file]
        if len(several) > FIRST_PLACES:
            lines.append(f"    ... and {len(several) - FIRST_PLACES} more places")
    return lines


class Watcher:
    """Prints the events of a job: the header, a row per epoch, a line of progress."""

    def __init__(self) -> None:
        self._columns: list[str] = []

    def __call__(self, event: Event) -> None:
        """Show one event."""
        data = event.data
        if event.name == "header":
            stderr.print(data["text"], markup=False, soft_wrap=True)
        elif event.name == "log" and data.get("level") in ("WARNING", "ERROR"):
            stderr.print(data["text"], markup=False)
        elif event.name == "epoch":
            self._epoch(data)
        elif event.name == "progress" and (data["done"] == data["of"] or stderr.is_terminal):
            stderr.print(
                f"{data['what']}: {data['done']}/{data['of']}", end="\r" if data["done"] < data["of"] else "\n"
            )

    def _epoch(self, data: Mapping[str, Any]) -> None:
        names = [*data["losses"], *data["metrics"]]
        if names != self._columns:
            self._columns = names
            head = ["epoch", "memory", *names, "img/s", "left"]
            stderr.print(" ".join(f"{_short(h):>9}" for h in head), markup=False, soft_wrap=True)
        values = [*data["losses"].values(), *data["metrics"].values()]
        cells = [
            f"{data['epoch']}/{data['epochs']}",
            f"{data['memory_gb']:.1f}G",
            *(f"{v:.3f}" for v in values),
            f"{data['images_per_s']:.1f}",
            _clock(data["seconds_left"]),
        ]
        stderr.print(" ".join(f"{c:>9}" for c in cells), markup=False, soft_wrap=True)


def _short(name: str) -> str:
    return name.replace("precision", "P").replace("recall", "R").replace("mAP50-95", "mAP").replace("_loss", "")


def _clock(seconds: float) -> str:
    minutes, s = divmod(int(seconds), 60)
    return f"{minutes}:{s:02d}"


def watcher() -> Watcher:
    """A watcher of its own for each job."""
    sys.stderr.flush()
    return Watcher()
