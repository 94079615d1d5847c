"""Which assistants there are: the classical one, and those whose weights lie in the project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from annelid.assist.base import Assistant
from annelid.assist.classical import Classical
from annelid.assist.client import WorkerProcess
from annelid.assist.sam import Sam, weights_in
from annelid.engines import sam
from annelid.errors import EngineError, UsageError


@dataclass(frozen=True)
class Choice:
    """What can be chosen.

    Attributes:
        name: by which it is asked for.
        title: what a person calls it.
        health: "" when it can work, else the sentence to show, with what to do.
        needs_weights: whether it is a network.
    """

    name: str
    title: str
    health: str
    needs_weights: bool


class Assistants:
    """The assistants of one project; safe for threads.

    Args:
        root: folder of the project.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / "models" / "fetched"
        self._worker = WorkerProcess(root)
        self._classical = Classical()

    def listed(self) -> list[Choice]:
        """What there is, the classical one first."""
        classical = Choice(self._classical.name, "Classical: needs no weights", "", needs_weights=False)
        found = weights_in(self._folder)
        if not found:
            return [classical, Choice("sam", "SAM, MobileSAM, SAM 2, FastSAM", _NO_WEIGHTS, needs_weights=True)]
        ill = sam.health() or ""
        return [classical, *(Choice(f"sam:{path.name}", _title(path), ill, needs_weights=True) for path in found)]

    def get(self, name: str) -> Assistant:
        """The assistant of a name.

        Raises:
            UsageError: there is none.
            EngineError: it can't work here.
        """
        choices = {choice.name: choice for choice in self.listed()}
        if name not in choices:
            raise UsageError(f"there is no assistant {name!r:.80}", next_step=f"choose one of {', '.join(choices)}")
        if choices[name].health:
            raise EngineError(choices[name].health, next_step="or use the classical engine, which needs nothing")
        if not choices[name].needs_weights:
            return self._classical
        return Sam(self._folder / name.removeprefix("sam:"), self._worker)

    def close(self) -> None:
        """End what was started."""
        self._worker.close()


_NO_WEIGHTS = "No weights yet: annelid models fetch mobile_sam.pt, or put the file into models/fetched of the project"
_TITLES = (
    ("sam2.1", "SAM 2.1"),
    ("sam2", "SAM 2"),
    ("mobile_sam", "MobileSAM"),
    ("FastSAM", "FastSAM"),
    ("sam", "SAM"),
)


def _title(weights: Path) -> str:
    return f"{next(title for start, title in _TITLES if weights.name.startswith(start))} ({weights.name})"
