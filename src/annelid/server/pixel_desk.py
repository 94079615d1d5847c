"""What requests for pixels share: views by id, open images, their pyramids, and whose turn it is."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from annelid.image import View
from annelid.server.kept_levels import KeptLevels
from annelid.server.open_images import OpenImages
from annelid.server.pyramid import Pyramids
from annelid.server.view_ids import view_by_id
from annelid.store import Store

_AT_ONCE = 3


class PixelDesk:
    """What requests for pixels share.

    Args:
        store: the project's.
        root: the project's folder.
    """

    def __init__(self, store: Store, root: Path) -> None:
        self.images = OpenImages(root)
        self.pyramids = Pyramids(self.images, KeptLevels(root / "cache" / "levels"))
        self._store, self._root = store, root
        self._views: dict[str, View] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}

    def view(self, view_id: str) -> View:
        """A view by its id, remembered while its file stays where it is.

        Raises:
            ProjectError: there is none.
        """
        known = self._views.get(view_id)
        if known is None or not (self._root / known.image.path).exists():
            known = self._views[view_id] = view_by_id(self._store, view_id)
        return known

    def turn(self, image: str) -> asyncio.Semaphore:
        """What a request for tiles of an image waits for: those of a slow one leave threads to others."""
        return self._turns.setdefault(image, asyncio.Semaphore(_AT_ONCE))

    def version(self, view: View) -> str:
        """What changes when the file does.

        Raises:
            ImageError: the file is gone.
        """
        parts = *self.images.key(view), view.image.fingerprint
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def warm(self) -> None:
        """Make ready for the first image, in the background."""
        self.images.warm()

    def close(self) -> None:
        """Let go of all files."""
        self.images.close()
