"""What happened, told to every page that listens; nothing is watched while nobody does."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from annelid.errors import AnnelidError

Told = tuple[str, Mapping[str, Any]]
"""Name and data of an event: ``("view", {"id": .., "revision": ..})``."""

Source = Callable[[], Iterable[Told]]

_LOG = logging.getLogger(__name__)
_EVERY_SECONDS = 0.5
_MOST_WAITING = 1000
"""Events that wait for a page that does not read them; it is told to read everything anew then."""


@dataclass(frozen=True)
class Event:
    """One thing that happened: a running number, its name, and what about it (JSON values)."""

    number: int
    name: str
    data: Mapping[str, Any]


class Listener:
    """One page that listens; made by `Bulletin.listen` in the event loop that reads it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue()

    async def next(self, seconds: float) -> Event | None:
        """The next event; None when the server ends.

        Raises:
            TimeoutError: there was none for so long.
        """
        return await asyncio.wait_for(self._waiting.get(), seconds)

    def put(self, event: Event | None) -> None:
        """Hand an event over, from any thread; None is the end."""
        with suppress(RuntimeError):  # its loop has ended, and the page with it
            self._loop.call_soon_threadsafe(self._keep, event)

    def _keep(self, event: Event | None) -> None:
        if event is not None and self._waiting.qsize() >= _MOST_WAITING:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            event = Event(event.number, "hello", {})
        self._waiting.put_nowait(event)


class Bulletin:
    """Where events are told and heard, by any thread.

    Sources are asked twice a second what is new, all by one thread, as long as anybody listens.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._sources: list[Source] = []
        self._numbers = itertools.count(1)
        self._wake = threading.Event()
        self._watching: threading.Thread | None = None
        self._is_closed = False

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Tell every page that something happened."""
        with self._lock:
            event = Event(next(self._numbers), name, dict(data))
            for listener in self._listeners:
                listener.put(event)

    def add_source(self, source: Source) -> None:
        """Ask a function, twice a second while somebody listens, for the events since it was asked last.

        Whoever begins to listen reads everything anew, so that a source need not tell what came before.
        """
        with self._lock:
            self._sources.append(source)

    def look(self) -> None:
        """Ask the sources now: something was changed."""
        self._wake.set()

    def listen(self) -> Listener:
        """Begin to listen; must be called in an event loop."""
        listener = Listener()
        with self._lock:
            self._listeners.add(listener)
            if self._is_closed:
                listener.put(None)
            elif self._watching is None:
                self._watching = threading.Thread(target=self._watch, name="annelid-bulletin", daemon=True)
                self._watching.start()
        return listener

    def leave(self, listener: Listener) -> None:
        """Stop listening."""
        with self._lock:
            self._listeners.discard(listener)
        self._wake.set()

    def close(self) -> None:
        """Send everybody home; whoever listens from now on is sent home at once."""
        with self._lock:
            self._is_closed = True
            for listener in self._listeners:
                listener.put(None)
            watching = self._watching
        self._wake.set()
        if watching is not None and watching is not threading.current_thread():
            watching.join(timeout=5)

    def _watch(self) -> None:
        while self._is_wanted():
            for source in list(self._sources):
                for name, data in _asked(source):
                    self.tell(name, data)
            self._wake.wait(_EVERY_SECONDS)
            self._wake.clear()

    def _is_wanted(self) -> bool:
        with self._lock:
            if self._listeners and not self._is_closed:
                return True
            self._watching = None
            return False


def _asked(source: Source) -> list[Told]:
    """What a source tells; what it cannot read now it may be able to the next time."""
    try:
        return list(source())
    except (AnnelidError, OSError) as error:
        _LOG.warning("live events: %s", error)
        return []
    except Exception:  # noqa: BLE001 - one source that is broken must not silence all others
        _LOG.exception("live events: a bug in Annelid")
        return []
