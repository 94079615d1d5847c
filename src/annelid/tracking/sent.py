"""What a tracker was told so far: ``tracking/NAME.json`` in the run folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from annelid import atomic
from annelid.tracking.base import State, Value

FOLDER = "tracking"


@dataclass
class Sent:
    """How far a tracker has come with a run.

    Attributes:
        tracker: its name.
        id: by which it finds the run again; "" before it began.
        place: where to look at it.
        epoch: the last epoch that it was told.
        parameters: as they were told.
        files: name -> stamp of the files that it was given.
        summary: as it was told.
        state: of the run, as it was told; "" while it goes on.
        problem: why it could not be told more, one sentence; "" when it was told everything.
    """

    tracker: str
    id: str = ""
    place: str = ""
    epoch: int = 0
    parameters: Mapping[str, Value] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    summary: Mapping[str, float] = field(default_factory=dict)
    state: State | str = ""
    problem: str = ""

    @classmethod
    def read(cls, folder: Path, tracker: str) -> Self:
        """What stands in the run folder; nothing was told where nothing readable stands."""
        try:
            content = json.loads(path_of(folder, tracker).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return cls(tracker)
        known = {f.name for f in dataclasses.fields(cls)}
        return cls(**{key: value for key, value in content.items() if key in known})

    def write(self, folder: Path) -> None:
        """Keep it, so that nothing is told twice."""
        path = path_of(folder, self.tracker)
        path.parent.mkdir(exist_ok=True)
        atomic.write_text(path, json.dumps(self.to_dict(), indent=1))

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return dataclasses.asdict(self)


def path_of(folder: Path, tracker: str, suffix: str = ".json") -> Path:
    """A file about a tracker in a run folder."""
    return folder / FOLDER / f"{tracker}{suffix}"


def trackers_of(folder: Path) -> list[str]:
    """Names of the trackers that know a run."""
    return sorted(path.stem for path in (folder / FOLDER).glob("*.json"))
