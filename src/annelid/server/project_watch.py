"""What anybody wrote to the project since it was looked at last, in this process or in another one."""

from __future__ import annotations

from pathlib import Path

from annelid import settings
from annelid.server.bulletin import Told
from annelid.store import Store


class ProjectWatch:
    """A source of `Bulletin`: ``view`` for each that changed, ``views`` when some came, ``classes``.

    Args:
        store: the project's.
        root: the project's folder.
    """

    def __init__(self, store: Store, root: Path) -> None:
        self._store, self._settings = store, root / settings.FILE
        self._stamp, self._revisions, self._written = store.stamp(), store.numbers(), self._state()

    def __call__(self) -> list[Told]:
        """The events since it was called last; next to nothing is read where there are none."""
        written, stamp = self._state(), self._store.stamp()
        changed = self._changed_views() if stamp != self._stamp else []
        told: list[Told] = [("classes", {})] if written != self._written else []
        self._written, self._stamp = written, stamp  # not before all was read: else nobody would hear of it
        return told + changed

    def _changed_views(self) -> list[Told]:
        before, now = self._revisions, self._store.numbers()
        self._revisions = now
        came: list[Told] = [("views", {})] if before.keys() != now.keys() else []
        changed = [(id_, revision) for id_, revision in now.items() if before.get(id_, 0) != revision]
        return [*came, *(("view", {"id": id_, "revision": revision}) for id_, revision in changed)]

    def _state(self) -> tuple[int, ...]:
        try:
            state = self._settings.stat()
        except OSError:  # it is being replaced
            return ()
        return state.st_mtime_ns, state.st_size, state.st_ino
