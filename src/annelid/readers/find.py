"""The image files in a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from annelid.errors import ImageError
from annelid.readers import zarr_metadata
from annelid.readers.opening import is_image, suffixes
from annelid.readers.tiff_set import one_of_each_set

_IGNORED = {
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "__macosx",
    "$recycle.bin",
    "system volume information",
    # What lies beside the images of Pascal VOC, called like them: masks, and pictures of them.
    *(f"segmentation{of}{what}" for of in ("class", "object") for what in ("", "png", "npy", "visualization")),
    "annotationsvisualization",
}


def find_images(folder: Path) -> list[Path]:
    """Every image below a folder, in natural order ("a2" before "a10").

    A file counts when its content is an image, with or without an extension, and also when its extension
    promises an image that it is not (cut off, empty, a pointer): `open_image` says what is wrong with it,
    where leaving it out would lose it silently. Hidden files and the system's own litter are left out.
    The folder of an OME-Zarr is one image, or as many as it holds (wells, series); a set of OME-TIFF files is one.
    """
    if zarr_metadata.is_zarr(folder):
        return _in_zarr(folder)
    found: list[Path] = []
    for root, folders, files in os.walk(folder):
        kept = [name for name in folders if not _is_ignored(name)]
        zarrs = [name for name in kept if name.lower().endswith(".zarr") or zarr_metadata.is_zarr(Path(root, name))]
        found += [image for name in zarrs for image in _in_zarr(Path(root, name))]
        folders[:] = [name for name in kept if name not in zarrs]
        paths = (Path(root, name) for name in files if not _is_ignored(name))
        found += [path for path in paths if path.suffix.lower() in suffixes() or is_image(path)]
    found = one_of_each_set(found)
    return sorted(found, key=lambda path: [natural_key(part) for part in path.relative_to(folder).parts])


def _in_zarr(folder: Path) -> list[Path]:
    """The images in a Zarr folder; itself where there is just one, or where it cannot be told."""
    try:
        images = zarr_metadata.images_in(folder)
    except ImageError:
        return [folder]
    return images if len(images) > 1 else [folder]


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key that orders the numbers in a name by value; the name itself decides between equals."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part], name


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.lower() in _IGNORED
