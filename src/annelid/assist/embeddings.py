"""What networks made of pictures: kept in memory and on disk, the oldest ones dropped."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid import atomic
from annelid.errors import AnnelidError

FOLDER = "cache/embeddings"
MOST_BYTES = 2 * 2**30
"""On disk; one of SAM takes 4 MiB, one of SAM 2 takes 16 MiB."""
_IN_MEMORY = 4
_KEY = re.compile(r"[0-9a-f]{64}")
_LOG = logging.getLogger(__name__)

Arrays = dict[str, NDArray[Any]]


class Embeddings:
    """Embeddings by key.

    Args:
        folder: where they are kept; it may be deleted at any time.
        most_bytes: what they may take there.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self._recent: OrderedDict[str, Arrays] = OrderedDict()

    def get(self, key: str) -> Arrays | None:
        """The one of a key; None where it has to be made."""
        if key in self._recent:
            self._recent.move_to_end(key)
            return self._recent[key]
        found = self._read(self._path(key))
        if found is not None:
            self._remember(key, found)
        return found

    def put(self, key: str, arrays: Arrays) -> None:
        """Keep one. A disk that is full keeps nothing; memory does."""
        self._remember(key, arrays)
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            atomic.write_bytes(self._path(key), buffer.getvalue())
            self._make_room()
        except (AnnelidError, OSError) as error:
            _LOG.warning("an embedding is not kept: %s", error)

    def _remember(self, key: str, arrays: Arrays) -> None:
        self._recent[key] = arrays
        self._recent.move_to_end(key)
        while len(self._recent) > _IN_MEMORY:
            self._recent.popitem(last=False)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"expected a SHA-256 as key, found {key!r:.80}")
        return self._folder / f"{key}.npz"

    def _read(self, path: Path) -> Arrays | None:
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
                found = {name: archive[name] for name in archive.files}
            path.touch()
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # not there, or damaged
            return None
        return found or None

    def _make_room(self) -> None:
        """Delete those that were used longest ago, but for the newest."""
        files = sorted(self._folder.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for n, path in enumerate(files):
            total += path.stat().st_size
            if n and total > self._most_bytes:
                path.unlink(missing_ok=True)
