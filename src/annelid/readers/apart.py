"""Images that another process decodes: a crash, a hang or a flood of memory there is an `ImageError` here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from annelid.errors import AnnelidError, ImageError, UsageError
from annelid.readers.base import ImageFile, ImageInfo, Pixels, Window, checked_window
from annelid.readers.decoder_process import DecoderProcess, decoder_process
from annelid.readers.stored import Stored

_SECONDS = 120.0
_BYTES_PER_SECOND = 5e6
"""Slower than this, beyond the first two minutes, nothing is decoded: not even from a network drive."""

_numbers = count()


class ApartImage(ImageFile):
    """An image that the decoding process opens and reads.

    Args:
        path: the file.
        scene: which of its images.
        info: what is known of it already; the file is not opened before its first pixels then.
        decoder: the process that decodes it; that of all images by default.

    Raises:
        ImageError: as `open_image`; also where its decoder crashes or comes to no end.
        UsageError: it has no such scene.
    """

    def __init__(
        self, path: Path, scene: int = 0, info: ImageInfo | None = None, decoder: DecoderProcess | None = None
    ) -> None:
        self.path, self._scene, self._number, self._decoder = path, scene, next(_numbers), decoder or decoder_process
        self.info = info or _info(self._ask("open", _SECONDS))

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window; see `ImageFile.read`."""
        window = x1, y1, x2, y2 = checked_window(self.info, window_xyxy, t, z, step)
        shape = len(range(y1, y2, step)), len(range(x1, x2, step)), len(self.info.channels)
        dtype = np.dtype(self.info.dtype)
        seconds = _SECONDS + (x2 - x1) * (y2 - y1) * shape[2] * dtype.itemsize / _BYTES_PER_SECOND
        question = {"window": [int(side) for side in window], "t": int(t), "z": int(z), "step": int(step)}
        with self._decoder.lock:
            answer = self._ask("read", seconds, question)
            found = (tuple(answer["shape"]), answer["dtype"])
            if found != (shape, dtype.name):
                self._decoder.end()
                raise ImageError(
                    self.path,
                    expected=f"{' x '.join(map(str, shape))} pixels of {dtype}, as when it was opened",
                    found=f"{' x '.join(map(str, found[0]))} of {found[1]}: the file has changed",
                    next_step="try again when it is no longer written to",
                )
            return _received(self._decoder, self.path, answer)

    def _ask(self, do: str, seconds: float, question: Mapping[str, Any] | None = None) -> dict[str, Any]:
        place = {"file": self._number, "scene": int(self._scene)}
        return _answer(self._decoder, self.path, {"do": do, **place, **(question or {})}, seconds)

    def close(self) -> None:
        """Let go of the file; closing twice is fine."""
        with suppress(ImageError):  # the process has ended, and let go of it so
            if self._decoder.is_running:
                self._ask("close", _SECONDS)


def read_stored(path: Path) -> Stored:
    """A picture as its values are stored, see `Stored`.

    Raises:
        ImageError: it cannot be decoded, or its decoder crashes or comes to no end.
    """
    with decoder_process.lock:
        answer = _answer(decoder_process, path, {"do": "stored"}, _SECONDS)
        pixels = _received(decoder_process, path, answer)
    said = {name: value for name, value in answer.items() if name not in ("shape", "dtype")}
    return Stored(pixels, **{**said, "palette": tuple(said["palette"])})


def _answer(decoder: DecoderProcess, path: Path, question: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    started = time.monotonic()
    try:
        answer = decoder.ask({**question, "path": str(path.absolute()), "seconds": seconds})
    except EOFError:
        is_late = time.monotonic() - started >= seconds
        stopped = f"nothing after {seconds:.0f} seconds: its decoder was stopped"
        raise _lost(decoder, path, stopped if is_late else "") from None
    if "error" in answer:
        raise _error(path, answer["error"])
    return answer


def _received(decoder: DecoderProcess, path: Path, answer: Mapping[str, Any]) -> Pixels:
    """The pixels behind an answer."""
    try:
        pixels: Pixels = np.empty(answer["shape"], answer["dtype"])
        decoder.receive(pixels.reshape(-1).view(np.uint8))
    except MemoryError as error:
        decoder.end()
        step = "read it by window, or thinned"
        raise ImageError(path, expected="pixels that fit into the memory", found=str(error), next_step=step) from error
    except EOFError:
        raise _lost(decoder, path) from None
    return pixels


def _lost(decoder: DecoderProcess, path: Path, found: str = "") -> ImageError:
    """The error for an answer that never came."""
    found = found or f"its decoder crashed ({decoder.how_it_ended})"
    step = "the file is probably damaged: copy it again from where it came from, or save it as TIFF with Fiji"
    return ImageError(path, expected="an image that can be decoded", found=found, next_step=step)


def _info(answer: Mapping[str, Any]) -> ImageInfo:
    values: Mapping[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in answer["info"].items()}
    return ImageInfo(**values)


def _error(path: Path, said: Mapping[str, str]) -> AnnelidError:
    """The error of the other process, about the file by the name that it has here."""
    here = {name: value.replace(str(path.absolute()), str(path)) for name, value in said.items()}
    next_step = here.pop("next_step")
    return (
        UsageError(here["message"], next_step=next_step)
        if "message" in here
        else ImageError(**here, next_step=next_step)
    )
