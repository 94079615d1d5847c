"""What files say about their images that users should know, each sentence once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from annelid.errors import ImageError
from annelid.readers.opening import image_info


def notes_on(images: Iterable[tuple[Path, int]]) -> list[str]:
    """The notes of images, named by file and scene: ``a.tif and 31 more: the alpha channel is ignored``.

    Files that cannot be read have none.
    """
    said: dict[str, dict[Path, None]] = {}
    for file, scene in images:
        for note in _notes(file, scene):
            said.setdefault(note, {})[file] = None
    return [f"{_named(list(files))}: {note}" for note, files in said.items()]


def _notes(file: Path, scene: int) -> tuple[str, ...]:
    try:
        return image_info(file, scene).notes
    except ImageError:
        return ()


def _named(files: list[Path]) -> str:
    return files[0].name + (f" and {len(files) - 1} more" if len(files) > 1 else "")
