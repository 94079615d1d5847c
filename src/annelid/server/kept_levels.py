"""Coarse levels of files that take long to decode, kept in ``cache/`` of the project for the next time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from annelid import atomic
from annelid.errors import AnnelidError
from annelid.readers.base import Pixels

_MOST_BYTES = 2**30


class KeptLevels:
    """Levels on disk; what cannot be read or written is made again.

    Args:
        folder: where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str, shape: tuple[int, ...], dtype: str) -> Pixels | None:
        """The level ``[y, x, c]`` that was kept under a name; None where there is none such."""
        path = self._path(name)
        try:
            pixels: Pixels = np.load(path, allow_pickle=False)
            path.touch()  # the one used last is forgotten last
        except (OSError, ValueError, EOFError):
            return None
        return pixels if pixels.shape == shape and pixels.dtype == dtype else None

    def save(self, name: str, pixels: Pixels) -> None:
        """Keep a level; those that were not used for longest make room."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with atomic.replacing(self._path(name)) as temporary, temporary.open("wb") as file:
                np.save(file, pixels, allow_pickle=False)
            self._make_room()
        except (OSError, AnnelidError):
            return

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npy"

    def _make_room(self) -> None:
        kept = sorted(((path.stat().st_mtime, path) for path in self._folder.glob("*.npy")), reverse=True)
        total = 0
        for _, path in kept:
            total += path.stat().st_size
            if total > _MOST_BYTES:
                path.unlink(missing_ok=True)
