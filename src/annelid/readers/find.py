"""The image files in a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from annelid.readers.opening import is_image, suffixes

_IGNORED = {
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "__macosx",
    "$recycle.bin",
    "system volume information",
}


def find_images(folder: Path) -> list[Path]:
    """Every image below a folder, in natural order ("a2" before "a10").

    A file counts when its content is an image, with or without an extension, and also when its extension
    promises an image that it is not (cut off, empty, a pointer): `open_image` says what is wrong with it,
    where leaving it out would lose it silently. Hidden files and the system's own litter are left out.
    """
    found: list[Path] = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _is_ignored(name) and not name.lower().endswith(".zarr")]
        paths = (Path(root, name) for name in files if not _is_ignored(name))
        found += [path for path in paths if path.suffix.lower() in suffixes() or is_image(path)]
    return sorted(found, key=lambda path: [natural_key(part) for part in path.relative_to(folder).parts])


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key that orders the numbers in a name by value; the name itself decides between equals."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part], name


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.lower() in _IGNORED
