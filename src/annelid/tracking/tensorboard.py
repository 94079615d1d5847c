"""TensorBoard: an event file in the run folder, for ``tensorboard --logdir runs``."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from annelid.tracking import tfevents
from annelid.tracking.base import About, State, Value

NAME = "tensorboard"
_PICTURES = (".jpg", ".png")


def health() -> str | None:
    """None: the files are written without TensorBoard; it is needed to look at them."""
    return None


def begin(about: About, known: str) -> _Session:  # noqa: ARG001 - what lies in the folder is one run
    """Begin an event file of the run's folder; TensorBoard reads the files of a folder as one run, in their order."""
    return _Session(about)


class _Session:
    def __init__(self, about: About) -> None:
        self.id, self.place = about.name, f"tensorboard --logdir {about.root / 'runs'}"
        self._about = about
        self._path = about.folder / f"events.out.tfevents.{clock.time():017.6f}.annelid"

    def parameters(self, values: Mapping[str, Value]) -> None:
        rows = "\n".join(f"| {name} | {value} |" for name, value in values.items())
        about, now = self._about, clock.time()
        start = tfevents.session_start(values.items(), name=about.name, time=about.started)
        told = [start, tfevents.markdown("parameters", f"| parameter | value |\n|---|---|\n{rows}")]
        if about.notes:
            told.append(tfevents.markdown("notes", about.notes))
        self._append(tfevents.event(told, time=now, step=0))

    def figures(self, values: Mapping[str, float], *, epoch: int, time: float) -> None:
        self._append(tfevents.event([tfevents.scalar(*item) for item in values.items()], time=time, step=epoch))

    def file(self, path: Path, *, epoch: int) -> None:
        if path.suffix not in _PICTURES:
            return
        with Image.open(path) as picture:
            width, height = picture.size
        value = tfevents.image(path.stem, path.read_bytes(), width=width, height=height)
        self._append(tfevents.event([value], time=path.stat().st_mtime, step=epoch))

    def summary(self, values: Mapping[str, float]) -> None:
        self.figures(values, epoch=0, time=clock.time())

    def close(self, state: State) -> None:
        if state != "running":
            end = tfevents.session_end(done=state == "finished", time=clock.time())
            self._append(tfevents.event([end], time=clock.time(), step=0))

    def _append(self, event: bytes) -> None:
        new = not self._path.exists()
        with self._path.open("ab") as stream:
            if new:
                tfevents.write(stream, tfevents.header(clock.time()))
            tfevents.write(stream, event)
