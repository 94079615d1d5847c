"""What the requests of one server share: the project, who is told of changes, and who works here by default."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request

from annelid.assist.choice import Assistants
from annelid.project import Project
from annelid.server.bulletin import Bulletin, Source
from annelid.server.pixel_desk import PixelDesk
from annelid.server.project_watch import ProjectWatch
from annelid.server.summaries import Summaries
from annelid.settings import FILE, Settings

_THUMBNAILS_AT_ONCE = 4


class Desk:
    """What lies open while a project is served; its parts may be used by several threads at once.

    Args:
        root: the project's folder.
        author: name of the person, where the page does not say another.

    Raises:
        ProjectError: it is not a project.

    Attributes:
        id: what tells the project from others, for what browsers keep.
        project: the project; its store is safe for threads.
        bulletin: what happens is told here.
        summaries: counts of every view.
        thumbnail_turn: what a request for a thumbnail waits for.
        turn_to_write: held by whoever saves annotation, classes or settings after looking at them: a class must not
            go between the look and the save.
        author: name of the person.
        pixels: open images and their levels.
        assistants: what turns clicks into outlines.
    """

    def __init__(self, root: Path, author: str = "") -> None:
        self.project = Project(root)
        self.id = hashlib.sha256(os.fsencode(self.project.root)).hexdigest()[:16]
        self.project.store.read_apart()
        self.bulletin = Bulletin()
        self.author = author
        self.thumbnail_turn = asyncio.Semaphore(_THUMBNAILS_AT_ONCE)
        self.turn_to_write = threading.Lock()
        self.summaries = Summaries(self.project.store)
        self.bulletin.add_source(ProjectWatch(self.project.store, self.project.root))
        self._settings: tuple[object, Settings] | None = None
        self.pixels = PixelDesk(self.project.store, self.project.root)
        self.assistants = Assistants(self.project.root)

    @property
    def settings(self) -> Settings:
        """The content of ``annelid.yaml``, read anew when somebody changed it.

        Raises:
            InputError: something in it is not as it should be.
        """
        try:
            state = (self.project.root / FILE).stat()
        except OSError:  # to be said by the one who reads it
            return self.project.settings
        key = state.st_mtime_ns, state.st_size, state.st_ino
        kept = self._settings
        if kept is None or kept[0] != key:
            kept = self._settings = key, self.project.settings
        return kept[1]

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Tell every open page that something happened: an event of ``api/live``; from any thread."""
        self.bulletin.tell(name, data)

    def add_source(self, source: Source) -> None:
        """Have a function asked for events twice a second, while a page listens (see `Bulletin.add_source`)."""
        self.bulletin.add_source(source)

    def changed(self) -> None:
        """The project was changed by this server: pages shall hear of it now, not in half a second."""
        self.bulletin.look()

    def end_streams(self) -> None:
        """Let the pages' event streams end, which a server waits for when it is stopped."""
        self.bulletin.close()

    def close(self) -> None:
        """Let go of everything."""
        self.bulletin.close()
        self.pixels.close()
        self.assistants.close()
        self.project.close()


def desk_of(request: Request) -> Desk:
    """The desk of the server that a request came to."""
    desk: Desk = request.app.state.desk
    return desk
