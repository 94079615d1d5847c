"""How far a long verb has come: said where the loop is, shown where the user is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Watcher = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and of how much (0: not known)."""
T = TypeVar("T")
_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Have the steps of everything that runs in the block told to ``watcher``, in the thread that does them."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def told(what: str, done: int, of: int = 0) -> None:
    """Tell that ``done`` of ``of`` are through."""
    watcher = _watcher.get()
    if watcher:
        watcher(what, done, of)


def counted(what: str, values: Collection[T]) -> Iterator[T]:
    """The values; each is told when it is through."""
    for done, value in enumerate(values, 1):
        yield value
        told(what, done, len(values))
