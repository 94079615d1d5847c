"""Small pictures of views as people see them, made once and kept in ``cache/thumbnails/`` of the project."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from annelid import atomic
from annelid.errors import AnnelidError, ImageError
from annelid.image import View
from annelid.locate import locate
from annelid.preprocess import Preprocessing
from annelid.readers.view import open_view

FOLDER = "cache/thumbnails"
SIDES = (32, 1024)
_QUALITY = 82
_FINER = 3
"""So many pixels of the image for one of the thumbnail, each way: fewer would glitter."""


@dataclass(frozen=True)
class Thumbnail:
    """A thumbnail that may have to be made.

    Attributes:
        view: of which view.
        root: folder of the project.
        preprocessing: how pixels become 8 bits.
        size: pixels of its longer side.
        key: what tells it from those of other pixels: changes with the file.
        path: where it is kept.
    """

    view: View
    root: Path
    preprocessing: Preprocessing
    size: int
    key: str
    path: Path

    def jpeg(self) -> bytes:
        """Its bytes.

        Raises:
            ImageError: the image is missing or cannot be read.
            UsageError: it does not have the channels that are to be shown.
        """
        if self.path.is_file():
            return self.path.read_bytes()
        made = _jpeg(self.view, self.root, self.preprocessing, self.size)
        _keep(self.path, made)
        return made


def thumbnail(view: View, root: Path, preprocessing: Preprocessing, size: int) -> Thumbnail:
    """The thumbnail of a view, not made yet.

    Raises:
        ImageError: the image is missing.
    """
    file = locate(view.image, root)
    try:
        state = file.stat()
    except OSError as error:
        raise ImageError(file, expected="a readable file", found=error.strerror or str(error)) from error
    look = _digest(preprocessing.to_dict())
    key = _digest([str(file), state.st_mtime_ns, state.st_size, view.plane, look, size])
    return Thumbnail(view, root, preprocessing, size, key, root / FOLDER / look / f"{key}.jpg")


def _jpeg(view: View, root: Path, preprocessing: Preprocessing, size: int) -> bytes:
    with open_view(view, root) as file:
        pixels, info = file.overview(max(size * _FINER, 512)), file.info
    height, width = pixels.shape[:2]
    picture = preprocessing.fit(pixels, replace(info, size_wh=(width, height))).apply(pixels)
    small = Image.fromarray(picture)
    small.thumbnail((size, size), Image.Resampling.BOX if max(width, height) > 2 * size else Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()


def _keep(path: Path, jpeg: bytes) -> None:
    """Keep one; those of another preprocessing go. Where it cannot be written, it is made again."""
    try:
        if not path.parent.is_dir():
            for other in path.parent.parent.glob("*/"):
                shutil.rmtree(other, ignore_errors=True)
            path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(path, jpeg)
    except (OSError, AnnelidError):
        return


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, default=str).encode(errors="surrogateescape")).hexdigest()[:24]
