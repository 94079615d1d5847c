"""Find an image's file again, from the paths that the project remembers."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from annelid.errors import ImageError
from annelid.image import ImageRef


def locate(image: ImageRef, root: Path) -> Path:
    """The image's file.

    Args:
        image: the image; its paths are relative to ``root`` or absolute.
        root: folder of the project.

    Raises:
        ImageError: it is at none of the paths any more.
    """
    for name in image.paths:
        path = root / name
        if path.exists():  # an OME-Zarr is a folder
            return path
    raise ImageError(
        root / image.path,
        expected="the image that was imported",
        found="no such file",
        next_step="put it back, or import it from its new place: annelid import finds it by its content",
    )


def noted_path(path: Path, root: Path) -> str:
    """How the project notes a file: relative to it when inside, else absolute; "/" between folders."""
    path, root = real_path(path), real_folder(root)
    return path.relative_to(root).as_posix() if root in path.parents else path.as_posix()


@lru_cache(maxsize=100_000)
def real_path(path: Path) -> Path:
    """`Path.resolve` for one of many files of a folder, remembered as the folder's is (see `forget_folders`)."""
    return Path(os.path.realpath(path)) if path.is_symlink() else real_folder(path.parent) / path.name


@lru_cache(maxsize=10_000)
def real_folder(folder: Path) -> Path:
    """`Path.resolve`, remembered."""
    return folder.resolve()


def forget_folders() -> None:
    """Follow the links of files and folders anew: to be called where a verb begins."""
    real_path.cache_clear()
    real_folder.cache_clear()
