"""A plane of an image file as assistants look at it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import numpy as np

from annelid.assist.base import Pixels, Window
from annelid.errors import UsageError
from annelid.preprocess import Picture as Rendered
from annelid.preprocess import Preprocessing
from annelid.readers.base import ImageFile, ImageInfo


class FilePicture:
    """An image file (see `annelid.assist.base.Picture`), open only while it is read: others wait for it.

    Args:
        reading: opens it for a block; its first plane is looked at.
        info: of the image.
        preprocessing: how people and networks see it.
        version: what changes with the file, whatever its name; pictures of one version and plane are the same.
        plane: what tells the plane from others of the file.
        channels: those that are shown, by index; () are all.

    Raises:
        UsageError: there is no such channel.
    """

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[ImageFile]],
        info: ImageInfo,
        preprocessing: Preprocessing,
        version: str,
        plane: Sequence[object] = (),
        channels: Sequence[int] = (),
    ) -> None:
        count = len(info.channels)
        if not all(0 <= c < count for c in channels):
            raise UsageError(f"there is no channel {max(channels)}: the image has {count}, counted from 0")
        self._reading, self._info = reading, info
        self._preprocessing, self._channels = preprocessing, list(channels)
        told = [version, list(plane), preprocessing.to_dict()]
        self.key = hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._info.size_wh

    def read(self, window_xyxy: Window, step: int = 1) -> Pixels:
        """The shown channels of a window in their own type ``[y, x, c]``."""
        with self._reading() as file:
            pixels = file.read(window_xyxy, step=step)
        return pixels[..., self._channels] if self._channels else pixels

    def rendered(self, window_xyxy: Window, step: int = 1) -> Rendered:
        """A window, preprocessed, uint8 ``[y, x, 3]``; thinned pictures are fitted as they are seen."""
        if step == 1:
            with self._reading() as file:
                overview, pixels = file.overview(), file.read(window_xyxy)
            return self._preprocessing.fit(overview, self._info).apply(pixels, window_xyxy)
        with self._reading() as file:
            whole = file.read(step=step)
        small = dataclasses.replace(self._info, size_wh=(whole.shape[1], whole.shape[0]))
        picture = self._preprocessing.fit(whole, small).apply(whole)
        x1, y1, x2, y2 = (-(-v // step) for v in window_xyxy)
        return np.ascontiguousarray(picture[y1:y2, x1:x2])
