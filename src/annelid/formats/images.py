"""Find the image that an annotation means, whatever way it is named."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path

from annelid.errors import AnnotationError
from annelid.formats.file_names import bare, stem
from annelid.formats.mask_name import is_mask_name
from annelid.readers import image_info
from annelid.readers.find import find_images

_IMAGES = "images"


class FolderImages:
    """The images below some folders, found by name (an `annelid.formats.base.ImageIndex`).

    A name is tried as an exact relative path, then by its last folders and its file name, then without its
    ending (``a.png`` for ``a.tif``, ``a.jpg.jpg`` for ``a.jpg``, a file ``a`` for ``a.png``), and only then
    regardless of capitals. A path may start from the folder ``images`` too, as in exports of CVAT and of YOLO; of
    several files that fit, those that say they are masks do not count. Backslashes separate folders too.

    Args:
        folders: where to look, with all sub-folders; without any, nothing is ever found.
    """

    def __init__(self, *folders: Path) -> None:
        self.folders = folders

    def all(self) -> Sequence[Path]:
        """Every image, sorted."""
        return self._paths

    @cached_property
    def _paths(self) -> list[Path]:
        found = {os.path.realpath(path): path for folder in self.folders for path in find_images(folder)}
        return sorted(found.values())

    @cached_property
    def _names(self) -> Names:
        return Names(self._paths, self.folders)

    def find(self, name: str) -> Path | None:
        """The image file for a name as annotations write it, None when there is none.

        Raises:
            AnnotationError: several images fit and nothing tells which one is meant.
        """
        return self._names.find(name)

    def size_wh(self, path: Path) -> tuple[int, int]:
        """Width and height of an image in pixels; only the file's header is read, and only once.

        Raises:
            ImageError: the file cannot be read.
        """
        return image_info(path).size_wh


class ListedImages(FolderImages):
    """Just these images, found by name as `FolderImages` does.

    Args:
        files: the image files.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__(*topmost_folders(files))
        self._files = files

    @cached_property
    def _paths(self) -> list[Path]:
        return sorted(self._files)


def topmost_folders(files: Iterable[Path]) -> list[Path]:
    """The folders of the files, less those that lie in another one of them."""
    parents = sorted({file.parent for file in files})
    return [p for p in parents if not any(other in p.parents for other in parents)]


class Names:
    """Looks paths up by the names that annotations give them.

    Args:
        paths: what can be found.
        folders: folders that exact relative paths start from.
    """

    def __init__(self, paths: Sequence[Path], folders: Sequence[Path] = ()) -> None:
        self._exact: dict[str, list[Path]] = {}
        self._in_images: dict[str, list[Path]] = {}
        for path in paths:
            for folder in folders:
                if path.is_relative_to(folder):
                    inner = path.relative_to(folder)
                    self._exact.setdefault(inner.as_posix(), []).append(path)
                    if inner.parts[0] == _IMAGES and len(inner.parts) > 1:
                        self._in_images.setdefault(inner.relative_to(_IMAGES).as_posix(), []).append(path)
        self._paths, self._folders = paths, folders
        self._tables: dict[tuple[Callable[[str], str], bool], dict[str, list[Path]]] = {}

    def find(self, name: str) -> Path | None:
        """The path that a name means, None when there is none (see `FolderImages`).

        Raises:
            AnnotationError: several fit equally well.
        """
        parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", "."}]
        if not parts:
            return None
        exact = self._exact.get("/".join(parts)) or self._in_images.get("/".join(parts), [])
        if len(exact) == 1:
            return exact[0]
        for folded in (False, True):
            for of_query, of_file in _STEPS:
                fitting = self._table(of_file, folded).get(_fold(of_query(parts[-1]), folded), [])
                if fitting:
                    return _nearest(self._no_masks(fitting), parts, name)
        return None

    def _no_masks(self, fitting: list[Path]) -> list[Path]:
        """Those of several files that do not say they are masks; all where all say so."""
        if len(fitting) == 1:
            return fitting
        roots = [next((f for f in self._folders if path.is_relative_to(f)), path.parent) for path in fitting]
        pictures = [path for path, root in zip(fitting, roots, strict=True) if not is_mask_name(path, root)]
        return pictures or fitting

    def _table(self, key: Callable[[str], str], folded: bool) -> dict[str, list[Path]]:
        if (key, folded) not in self._tables:
            table: dict[str, list[Path]] = {}
            for path in self._paths:
                table.setdefault(_fold(key(path.name), folded), []).append(path)
            self._tables[key, folded] = table
        return self._tables[key, folded]


def _whole(name: str) -> str:
    return name


_STEPS = ((_whole, _whole), (_whole, stem), (stem, _whole), (stem, stem), (bare, bare))
"""What of the query is compared with what of the file's name, best first."""


def _fold(name: str, folded: bool) -> str:
    return name.casefold() if folded else name


def _nearest(fitting: list[Path], parts: Sequence[str], name: str) -> Path:
    """The path whose last folders agree best with those of the query."""
    if len(fitting) == 1:
        return fitting[0]
    shared = [_shared_folders(path, parts) for path in fitting]
    best = [path for path, count in zip(fitting, shared, strict=True) if count == max(shared)]
    if len(best) > 1:
        raise AnnotationError(
            name,
            expected="one image of this name",
            found=f"{len(best)}: {', '.join(str(path) for path in best[:4])}",
            next_step="name the image with its folder in the annotation, or give only the right folder",
        )
    return best[0]


def _shared_folders(path: Path, parts: Sequence[str]) -> int:
    count = 0
    for own, wanted in zip(reversed(path.parts[:-1]), reversed(parts[:-1]), strict=False):
        if own.casefold() != wanted.casefold():
            break
        count += 1
    return count
