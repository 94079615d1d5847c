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
        told: list[Told] = []
        if (written := self._state()) != self._written:
            self._written = written
            told.append(("classes", {}))
        if (stamp := self._store.stamp()) != self._stamp:
            self._stamp = stamp
            told += self._changed_views()
        return told

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
