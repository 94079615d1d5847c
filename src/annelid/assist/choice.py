"""Which assistants there are: the classical one, and those whose weights lie in the project."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from annelid.assist.base import Assistant
from annelid.assist.classical import Classical
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
        self._root = root
        self._lock = threading.Lock()
        self._made: dict[str, Assistant] = {"classical": Classical()}

    def listed(self) -> list[Choice]:
        """What there is, the classical one first."""
        return [Choice("classical", "Classical: no weights needed", "", needs_weights=False)]

    def get(self, name: str) -> Assistant:
        """The assistant of a name.

        Raises:
            UsageError: there is none.
            EngineError: it can't work here.
        """
        found = next((choice for choice in self.listed() if choice.name == name), None)
        if found is None:
            known = ", ".join(choice.name for choice in self.listed())
            raise UsageError(f"there is no assistant {name!r:.80}", next_step=f"choose one of {known}")
        if found.health:
            raise EngineError(found.health)
        return self._made[name]

    def close(self) -> None:
        """Let go of what was started."""
