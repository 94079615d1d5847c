"""Where the images of a conversion go: how they are called, where each format expects them, and what is to be said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

from annelid.dataset import Dataset, LabeledImage
from annelid.errors import ImageError
from annelid.formats.base import LossReport
from annelid.formats.file_names import stem
from annelid.formats.image_names import below_common_folder, image_names
from annelid.formats.mask_name import is_mask_name
from annelid.formats.writing import part_of_name
from annelid.readers import image_info

_NOT_BARE = re.compile(r"[/\\:]|^\.")
_PLACES = {
    "yolo": "images/{name}",
    "coco": "images/{name}",
    "cvat": "images/{name}",
    "labelmask": "images/{name}",
    "voc": "JPEGImages/{name}",
    "maskfolder": "{bare}/images/{file}",
}
"""Where a format's files expect the images; elsewhere they lie beside the files."""


def seen_from(item: LabeledImage, folder: Path) -> str:
    """Path of an image below a folder, with slashes; its bare name where it lies elsewhere."""
    prefix = f"{folder.as_posix()}/"
    if item.image.path.startswith(prefix):
        return item.image.path.removeprefix(prefix)
    if not _NOT_BARE.search(item.image.path):
        return item.image.path
    path = Path(item.image.path)
    if path.is_absolute() and path.is_relative_to(folder.absolute()):
        return path.relative_to(folder.absolute()).as_posix()
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    name = PurePosixPath(item.image.path)
    outside = name.is_absolute() or ".." in name.parts or PureWindowsPath(item.image.path).drive
    return name.name if outside else str(name)


def names_of(
    dataset: Dataset, folder: Path, parts: Mapping[str, str], losses: LossReport, *, by_stem: bool
) -> dict[str, str]:
    """Item id -> name of the image in the written files (see `image_names`); a file that gets a new name is told."""
    paths = {item.id: seen_from(item, folder) for item in dataset.items}
    if len(set(paths.values())) < len({item.image.path for item in dataset.items}):
        paths = below_common_folder({item.id: item.image.path for item in dataset.items})
    names = image_names(paths, parts, by_stem=by_stem)
    for item in dataset.items:
        if PurePosixPath(names[item.id]).name != PurePosixPath(paths[item.id]).name:
            what = f"is called {names[item.id]} in what was written, to tell it from another image"
            losses.add("image-renamed", what, item.image.path, count=0)
    return names


def copies_of(dataset: Dataset, names: Mapping[str, str], format_name: str, losses: LossReport) -> dict[str, Path]:
    """Where each image is copied to, relative to the result -> the image, where it was found."""
    place = _PLACES.get(format_name, "{name}")
    copies: dict[str, Path] = {}
    for item in dataset.items:
        path, name = Path(item.image.path), PurePosixPath(names[item.id])
        if path.is_file():
            copies[place.format(name=name, bare=name.with_name(stem(name.name)), file=name.name)] = path
    if format_name == "yolo":
        _tell_deep(copies.values(), losses)
    return copies


def _tell_deep(images: Collection[Path], losses: LossReport) -> None:
    """Say which images Ultralytics does not see as they are: it makes 8 bits of everything, without a word."""
    for path in images:
        if path.suffix.lower() in (".jpg", ".jpeg"):
            continue
        try:
            info = image_info(path)
        except ImageError:
            continue
        if info.dtype != "uint8" or len(info.channels) not in (1, 3):
            what = (
                f"was copied as it is: {info.dtype}, {len(info.channels)} channels; Ultralytics makes 8 bits of it in "
                "its own way, annelid import and export --format yolo in a declared one"
            )
            losses.add("not-8-bit", what, path, count=0)


def tell_parts(dataset: Dataset, told: Mapping[str, str], names: Mapping[str, str], losses: LossReport) -> None:
    """Say so where the source divides its images, and their new names do not.

    Args:
        dataset: the images.
        told: path of the image -> part, as the source has it.
        names: item id -> name.
        losses: gets the loss.
    """
    lost = [told[i.image.path] for i in dataset.items if i.image.path in told and not part_of_name(names[i.id])]
    if lost:
        counts = ", ".join(f"{count} {part}" for part, count in Counter(lost).items())
        losses.add("parts", f"the source divides its images ({counts}), which the format does not say", count=len(lost))


def tell_unannotated(dataset: Dataset, images: Iterable[Path], folder: Path, losses: LossReport) -> None:
    """Say how many images there are that no annotation is about; masks are none."""
    known = {Path(item.image.path) for item in dataset.items}
    others = [path for path in images if path not in known and not is_mask_name(path, folder)]
    if others:
        what = f"images have no annotation and were left out: {len(others)}, this one first"
        losses.add("image-unannotated", what, others[0], count=0)
