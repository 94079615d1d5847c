"""What a tracker is: a reader of runs that shows them elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Literal, Protocol

Value = str | int | float | bool
State = Literal["running", "finished", "failed", "interrupted"]


@dataclass(frozen=True)
class About:
    """What a tracker is told of a run when it begins.

    Attributes:
        name: of the run.
        project: name of the project's folder.
        folder: of the run.
        root: folder of the project.
        started: Unix time in seconds.
        tags: engine, task, what it started from, digest of the data ...
        notes: what the user wrote about it.
    """

    name: str
    project: str
    folder: Path
    root: Path
    started: float
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""


class Session(Protocol):
    """A tracked run that takes what is told."""

    id: str
    """By which the tracker finds the run again when it goes on."""
    place: str
    """Where to look at it, in one sentence or a command; no secrets."""

    def parameters(self, values: Mapping[str, Value]) -> None:
        """All parameters as they are used; told again when one has changed."""

    def figures(self, values: Mapping[str, float], *, epoch: int, time: float) -> None:
        """The curves' next points: name -> value, epochs from 1, Unix time in seconds."""

    def file(self, path: Path, *, epoch: int) -> None:
        """A picture or a page of the run; one of the same name takes the place of the former."""

    def summary(self, values: Mapping[str, float]) -> None:
        """All figures of the whole run; told again when one has changed."""

    def close(self, state: State) -> None:
        """Everything was told for now; nothing is lost once this has returned."""


class Tracker(Protocol):
    """A tracker is a module with these names; what it raises may be anything."""

    NAME: str

    def health(self) -> str | None:
        """None when it can work, else the sentence to show, with the exact install command."""

    def begin(self, about: About, known: str) -> Session:
        """Begin to track a run, or go on with it.

        Args:
            about: the run.
            known: `Session.id` of the session before, or "" for a run that it does not know yet.
        """


def asked_online(variable: str, word: str) -> bool:
    """Whether the user set a tracker's own variable so that it may use the network.

    Args:
        variable: of the environment.
        word: what it says then.
    """
    return os.environ.get(variable, "").strip().lower() == word


def needs(tracker: str, *packages: str, install: str) -> str | None:
    """The sentence about the first package that is not installed, or None.

    Packages are looked up as distributions: a folder of that name, as some trackers make them, is no package.

    Args:
        tracker: whose packages these are.
        packages: names as pip knows them; ``a|b`` is one of the two.
        install: what pip is to install.
    """
    for alternatives in packages:
        names = alternatives.split("|")
        if not any(_installed(name) for name in names):
            return f"tracking with {tracker} needs {names[0]}, which is not installed: pip install {install}"
    return None


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True
