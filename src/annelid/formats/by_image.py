"""Annotation files that are named after their images: which image a file means, and how a file is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from annelid.dataset import Dataset
from annelid.errors import AnnotationError
from annelid.formats.base import ImageIndex, LossReport
from annelid.formats.writing import annotated


def names_beside(file: Path, root: Path, *names: str) -> list[str]:
    """Each name in the file's own folder, seen from the root, then anywhere.

    Args:
        file: the annotation file.
        root: the folder that is read, or the file itself.
        names: names of images, likeliest first.
    """
    folder = root if root.is_dir() else root.parent
    place = file.parent
    inner = PurePosixPath(place.relative_to(folder).as_posix() if place.is_relative_to(folder) else ".")
    return [*(str(inner / name) for name in names if name), *(name for name in names if name)]


def is_found(names: Sequence[str], images: ImageIndex) -> bool:
    """Whether one of the names is an image's, or that of several."""
    for name in names:
        try:
            if images.find(name) is not None:
                return True
        except AnnotationError:
            return True
    return False


def only_image(names: Sequence[str], images: ImageIndex, file: Path, losses: LossReport) -> str | None:
    """The only image, with a notice, where none of the names is an image's; None where there are several."""
    if len(images.all()) != 1 or is_found(names, images):
        return None
    only = images.all()[0]
    what = f"no image is called like the file; {only.name}, the only image, was taken for it"
    losses.add("image-assumed", what, file, count=0)
    return only.as_posix()


def name_files(dataset: Dataset, folder: Path, names: Mapping[str, str], suffix: str) -> dict[str, Path]:
    """Item id -> file named after the image, sub-folders kept, for the images of which something is known.

    The image's ending is left out, except where images differ in nothing else. Where several planes of an image are
    annotated, ``_t0z5`` tells their files apart.

    Raises:
        AnnotationError: two images would share one file.
    """
    items = annotated(dataset)
    several = Counter(names[item.id] for item in items)
    planes = {item.id: item.view.suffix if several[names[item.id]] > 1 else "" for item in items}
    paths = {item.id: PurePosixPath(names[item.id].replace("\\", "/")) for item in items}
    stems = {i.id: _stem(i.image.stem, i.image.name, paths[i.id]) + planes[i.id] for i in items}
    shared = Counter(str(path.with_name(stems[i])).casefold() for i, path in paths.items())
    files: dict[str, Path] = {}
    for i, path in paths.items():
        is_shared = shared[str(path.with_name(stems[i])).casefold()] > 1
        files[i] = folder / path.with_name((path.name if is_shared else stems[i]) + suffix)
    owners: dict[str, str] = {}
    for i, file in files.items():
        if owners.setdefault(str(file).casefold(), i) != i:
            found = f"{names[owners[str(file).casefold()]]} and {names[i]}, which would share this file"
            raise AnnotationError(file, expected="one image per file", found=found, next_step="rename one of them")
    return files


def _stem(image_stem: str, image_name: str, path: PurePosixPath) -> str:
    return image_stem if path.name == image_name else path.stem
