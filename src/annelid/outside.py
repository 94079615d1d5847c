"""Images and data sets that stay outside of the project."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from annelid.dataset import Dataset, LabeledImage
from annelid.errors import ImageError, UsageError
from annelid.formats import yolo
from annelid.formats.base import Loss, LossReport
from annelid.formats.data_yaml import read_data_yaml
from annelid.formats.images import FolderImages
from annelid.image import GroupSource, View
from annelid.ingest.planes import Planes
from annelid.readers import image_ref, notes_on
from annelid.readers.find import find_images
from annelid.split import PARTS, Split
from annelid.split.groups import infer_group


def views(sources: Iterable[Path]) -> tuple[list[View], list[Loss]]:
    """The images among files and folders, as views that belong to no project, and those that cannot be read.

    Raises:
        UsageError: a path does not exist, or there is no image.
        ImageError: a file that was named is not an image, or a folder has none that can be read.
    """
    found: list[View] = []
    unreadable: list[ImageError] = []
    for source in sources:
        if not source.exists():
            raise UsageError(f"{source} does not exist", next_step="check the path")
        for file in find_images(source) if source.is_dir() else [source]:
            try:
                found.append(view_of(Path(os.path.realpath(file))))
            except ImageError as error:
                if file == source:
                    raise
                unreadable.append(error)
    if not found and unreadable:
        raise unreadable[0]
    if not found:
        raise UsageError("there are no images", next_step="name image files or folders that hold some")
    notes = [Loss("plane-chosen", note) for note in Planes().notes(view.image for view in found)]
    notes += [Loss("image-note", note) for note in notes_on((Path(view.image.path), view.scene) for view in found)]
    return found, [*(Loss("image-unreadable", error.message, error.file) for error in unreadable), *notes]


def view_of(file: Path) -> View:
    """The view that an import without a wish would take: the middle focal plane, the first time point."""
    name = file.as_posix()
    image = image_ref(file, id=hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:32], name=name)
    return Planes().views(image, 0)[0]


def yolo_dataset(data_yaml: Path) -> tuple[Dataset, Split]:
    """An existing YOLO data set with its own split.

    Args:
        data_yaml: its ``data.yaml``, or the folder that holds it.

    Raises:
        AnnotationError: it can't be read.
        UsageError: it has no train or no val part.
    """
    require_data(data_yaml)
    data_yaml = data_yaml.resolve()
    folder = data_yaml if data_yaml.is_dir() else data_yaml.parent
    read = yolo.read(data_yaml, FolderImages(folder))
    items = [_identified(item) for item in read.items if item.covered]
    groups = infer_group([item.image.path for item in items])
    items = [grouped(item, *groups[item.image.path]) for item in items]
    dataset = Dataset(read.classes, tuple(items))
    part_of = {Path(path).resolve(): part for path, part in read.parts.items()}
    parts = {item.id: part_of[Path(item.image.path)] for item in items if Path(item.image.path) in part_of}
    missing = [part for part in ("train", "val") if part not in parts.values()]
    if len(missing) == 2:
        step = "import it into a project, which divides the images by itself: annelid init, annelid import"
        raise UsageError(f"{data_yaml} names no images for train and others for val", next_step=step)
    if missing:
        message = f"{data_yaml} names no labeled images for {missing[0]}"
        raise UsageError(message, next_step="name train: and val: in it")
    split = given_split(dataset, parts)
    return dataset, replace(split, notes=(*split.notes, *_unread(read.losses)))


def _unread(losses: LossReport) -> list[str]:
    """A sentence about the images that are not there because they cannot be read."""
    why = [loss.what for loss in losses.losses if loss.kind == "image-unreadable"]
    more = f" (and {len(why) - 1} more)" if len(why) > 1 else ""
    return [f"{len(why)} image(s) of the data set could not be read and were left out: {why[0]}{more}"] if why else []


def require_data(data_yaml: Path) -> None:
    """Refuse a path at which nothing is, or a file that is no data.yaml, before anything is made for it.

    Raises:
        UsageError: nothing is there.
        AnnotationError: it is no data.yaml.
    """
    if not data_yaml.exists():
        raise UsageError(f"{data_yaml} does not exist", next_step="name a data.yaml, or the folder that holds it")
    if data_yaml.is_file():
        read_data_yaml(data_yaml)


def _identified(item: LabeledImage) -> LabeledImage:
    file = Path(item.image.path).resolve()
    return replace(item, view=view_of(file) if file.is_file() else item.view)


def grouped(item: LabeledImage, group: str, source: GroupSource) -> LabeledImage:
    """The item with another group."""
    return replace(item, view=replace(item.view, image=replace(item.image, group=group, group_source=source)))


def given_split(dataset: Dataset, parts: Mapping[str, str]) -> Split:
    """A split that somebody else made, with what is wrong with it as notes."""
    kept = {item.id: part for item in dataset.items for part in PARTS if parts.get(item.id) == part}
    return Split(
        parts=kept,
        seed=0,
        val=_share(kept, "val"),
        test=_share(kept, "test"),
        by="given",
        group_source="declared",
        dataset=dataset.digest,
        notes=tuple(leaks(dataset.items, kept)),
    )


def leaks(items: Sequence[LabeledImage], parts: Mapping[str, str]) -> list[str]:
    """Sentences about identical images that lie in different parts."""
    found: dict[str, set[str]] = {}
    for item in items:
        if item.id in parts:
            found.setdefault(item.image.fingerprint or item.id, set()).add(parts[item.id])
    straddling = sum(len(p) > 1 for p in found.values())
    return [f"{straddling} image(s) lie in several parts: the figures flatter"] if straddling else []


def _share(parts: Mapping[str, str], part: str) -> float:
    return list(parts.values()).count(part) / max(len(parts), 1)
