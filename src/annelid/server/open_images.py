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
_SOON_SECONDS = 0.5

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
        self._warming = threading.Lock()
        self._is_closed = False
        self._soon = threading.Timer(_SOON_SECONDS, self._warm_one_more)
        self._soon.daemon = True

    def warm(self) -> None:
        """Start the first process soon, in the background: the first image then shows without waiting for it."""
        self._soon.start()

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
            if not opened.users and self._users_of(opened.decoder):
                self._move(opened)
            opened.users += 1
        self._warm_one_more()
        return opened

    def _move(self, opened: _Open) -> None:
        """Another image is being decoded where this one lies open: open it anew where nothing is, if there is such."""
        decoder = self._least_busy()
        if not self._users_of(decoder):
            _let_go([opened.file])
            opened.decoder, opened.file = decoder, None

    def _least_busy(self) -> DecoderProcess:
        def load(decoder: DecoderProcess) -> tuple[int, int, bool]:
            lying = sum(one.decoder is decoder for one in self._open.values())
            return self._users_of(decoder), lying, not decoder.is_running

        return min(self._decoders, key=load)

    def _users_of(self, decoder: DecoderProcess) -> int:
        return sum(one.users for one in self._open.values() if one.decoder is decoder)

    def _warm_one_more(self) -> None:
        """Have a process ready for the next image."""
        used = {id(one.decoder) for one in self._open.values()}
        unused = [decoder for decoder in self._decoders if id(decoder) not in used and not decoder.is_running]
        if unused and not self._warming.locked():
            threading.Thread(target=self._warmed, args=unused[:1], name="decoder", daemon=True).start()

    def _warmed(self, decoder: DecoderProcess) -> None:
        with self._warming:
            if not self._is_closed:
                decoder.warm()

    def _given_back(self, opened: _Open) -> None:
        with self._lock:
            opened.users -= 1
            opened.used_at = time.monotonic()
            old = self._old()
        _let_go([one.file for one in old])

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
            self._is_closed = True
            self._open.clear()
        self._soon.cancel()
        with self._warming:
            for decoder in self._decoders:
                decoder.retire()


def _let_go(files: list[ImageFile | None]) -> None:
    """Close files, in the background: their decoders may be busy with others."""
    there = [file for file in files if file is not None]
    if there:
        threading.Thread(target=_close, args=(there,), name="closing", daemon=True).start()


def _close(files: list[ImageFile]) -> None:
    for file in files:
        file.close()
