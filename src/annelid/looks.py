"""Look at the pixels of images once, for checks that need them, and remember."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annelid import atomic
from annelid.check.look import SIDE, Look, Thumbnail
from annelid.errors import AnnelidError, InputError
from annelid.image import View
from annelid.locate import locate
from annelid.preprocess import Preprocessing
from annelid.readers.base import ImageFile
from annelid.readers.view import open_view
from annelid.steps import counted

CACHE = "cache/thumbnails.npz"
_WHOLE = 2048  # longest side of an image that is read whole; larger ones are thinned


def look_at(views: Iterable[View], root: Path, preprocessing: Preprocessing) -> dict[str, Look]:
    """Look at views; what was looked at before and has not changed since is remembered in ``cache/`` of the project.

    Args:
        views: the views.
        root: folder of the project.
        preprocessing: which channels are shown, and how they become 8 bits; equalisation plays no part.

    Returns:
        Id of each view -> its look, with the problem where it cannot be read.
    """
    plain = Preprocessing(preprocessing.channels, preprocessing.range, values=preprocessing.values)
    known = _remembered(root / CACHE)
    looks: dict[str, Look] = {}
    fresh: dict[str, Thumbnail] = {}
    for view in counted("looking at images", list(views)):
        try:
            key = _key(view, root, plain)
            thumbnail = known.get(key)
            if thumbnail is None:
                thumbnail = fresh[key] = _thumbnail(view, root, plain)
            looks[view.id] = Look(thumbnail)
        except AnnelidError as error:
            looks[view.id] = Look(problem=_told(error))
    if fresh:
        _remember(root / CACHE, {**known, **fresh})
    return looks


def thumbnail_of(file: ImageFile, preprocessing: Preprocessing) -> Thumbnail:
    """The shown channels of an image of one plane, their mean over 64 x 64 equal fields: float32 ``[y, x]``.

    Raises:
        ImageError: it cannot be read.
        UsageError: it does not have the channels that are to be shown.
    """
    pixels = file.read() if max(file.info.size_wh) <= _WHOLE else file.overview(_WHOLE)
    fitted = preprocessing.fit(pixels, file.info)
    shown = fitted.stretch(pixels[..., list(fitted.sources)])
    grey = Image.fromarray(shown.mean(2, dtype=np.float32))
    method = Image.Resampling.BOX if min(grey.size) >= SIDE else Image.Resampling.BILINEAR
    return np.asarray(grey.resize((SIDE, SIDE), method), np.float32)


def _told(error: AnnelidError) -> str:
    """What is wrong, without the name of the file."""
    return error.message.removeprefix(f"{error.file}: ") if isinstance(error, InputError) else error.message


def _thumbnail(view: View, root: Path, preprocessing: Preprocessing) -> Thumbnail:
    with open_view(view, root) as file:
        return thumbnail_of(file, preprocessing)


def _key(view: View, root: Path, preprocessing: Preprocessing) -> str:
    """What the thumbnail depends on: file, plane and preprocessing."""
    path = locate(view.image, root)
    try:
        file = path.stat()
    except OSError as error:
        raise AnnelidError(f"{path}: {error.strerror}") from error
    parts = [str(path), file.st_size, file.st_mtime_ns, view.plane, preprocessing.to_dict()]
    return hashlib.sha256(json.dumps(parts).encode(errors="surrogateescape")).hexdigest()[:32]


def _remembered(path: Path) -> Mapping[str, Thumbnail]:
    """What was looked at before; nothing where that cannot be read, as it can be had again."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            keys: NDArray[np.str_] = archive["keys"]
            stack: Thumbnail = archive["thumbnails"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
        return {}
    if stack.shape != (len(keys), SIDE, SIDE) or stack.dtype != np.float32:
        return {}
    return dict(zip(keys.tolist(), stack, strict=True))


def _remember(path: Path, thumbnails: Mapping[str, Thumbnail]) -> None:
    """Keep thumbnails for the next time; where they cannot be written, they are made again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(path) as temporary:
            np.savez(temporary, keys=np.array(list(thumbnails)), thumbnails=np.stack(list(thumbnails.values())))
    except (OSError, AnnelidError):
        return
