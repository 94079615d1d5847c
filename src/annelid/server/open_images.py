"""Image files that pages look at: kept open for a while, each decoded by one of a few processes."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from annelid.errors import ImageError
from annelid.image import View
from annelid.locate import locate
from annelid.readers import ImageFile, open_image, view_of
from annelid.readers.decoder_process import DecoderProcess

_MOST_OPEN = 8
_MOST_DECODERS = 3
"""Files that take long to decode hold up those of the same process only."""
_IDLE_SECONDS = 300.0

Key = tuple[str, int, int, int]
"""Path, scene, time of the last change and size: a file that was written anew is another one."""


@dataclass(eq=False)
class _Open:
    """An open file; whoever reads holds the lock."""

    decoder: DecoderProcess
    lock: threading.Lock = field(default_factory=threading.Lock)
    file: ImageFile | None = None
    users: int = 0
    used_at: float = 0.0


class OpenImages:
    """The images that lie open; safe for threads.

    Args:
        root: folder that the images' paths are relative to.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._open: OrderedDict[Key, _Open] = OrderedDict()
        self._decoders = [DecoderProcess() for _ in range(_MOST_DECODERS)]

    def warm(self) -> None:
        """Start the first process, in the background: the first image then shows without waiting for it."""
        threading.Thread(target=self._decoders[0].warm, name="decoder", daemon=True).start()

    def key(self, view: View) -> Key:
        """What tells the file of a view, as it is now, from all others.

        Raises:
            ImageError: it is gone.
        """
        path = locate(view.image, self._root)
        try:
            state = path.stat()
        except OSError as error:
            step = "check the path and its permissions"
            raise ImageError(path, expected="an image", found=str(error.strerror), next_step=step) from error
        return str(path), view.scene, state.st_mtime_ns, state.st_size

    @contextmanager
    def reading(self, view: View) -> Iterator[ImageFile]:
        """The picture that a view means, for the caller alone while the block lasts.

        Raises:
            ImageError: it is missing or cannot be read.
            UsageError: the file has no such scene.
        """
        key = self.key(view)
        opened = self._taken(key)
        try:
            with opened.lock:
                if opened.file is None:
                    opened.file = open_image(Path(key[0]), view.scene, opened.decoder)
                yield view_of(opened.file, view)
        finally:
            self._given_back(opened)

    def _taken(self, key: Key) -> _Open:
        with self._lock:
            opened = self._open.setdefault(key, _Open(self._least_busy()))
            self._open.move_to_end(key)
            opened.users += 1
            return opened

    def _least_busy(self) -> DecoderProcess:
        def load(decoder: DecoderProcess) -> tuple[int, bool]:
            return sum(one.users for one in self._open.values() if one.decoder is decoder), not decoder.is_running

        return min(self._decoders, key=load)

    def _given_back(self, opened: _Open) -> None:
        with self._lock:
            opened.users -= 1
            opened.used_at = time.monotonic()
            old = self._old()
        for one in old:
            if one.file is not None:
                one.file.close()

    def _old(self) -> list[_Open]:
        """Files that nobody reads, and that were not read for long, or are too many; forgotten."""
        since = time.monotonic() - _IDLE_SECONDS
        idle = [key for key, one in self._open.items() if not one.users]
        surplus = max(0, len(self._open) - _MOST_OPEN)
        late = [key for n, key in enumerate(idle) if n < surplus or self._open[key].used_at < since]
        return [self._open.pop(key) for key in late]

    def close(self) -> None:
        """Let go of all files and end the processes."""
        with self._lock:
            self._open.clear()
        for decoder in self._decoders:
            decoder.end()
