"""Label images: every pixel holds the number of its object, 0 is background."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from annelid.dataset import LabeledImage, whole_image
from annelid.errors import AnnotationError, ImageError
from annelid.formats import labelme_xml
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.labelmask_write import write as write
from annelid.formats.mask_file import SUFFIXES, Labels, read_labels
from annelid.formats.mask_name import is_mask_name, masks_among
from annelid.formats.mask_pairs import common_folder, pair
from annelid.formats.mask_table import FILE, Table, read_table
from annelid.formats.maskfolder_layout import image_folders
from annelid.formats.row import view_of
from annelid.objects import Objects
from annelid.steps import counted

NAME = "labelmask"
AUTHOR = "import:labelmask"
_CLASS = "object"
_TRIED = 20
"""How many masks may be broken until a folder is taken for one without."""


def sniff(path: Path) -> bool:
    """Whether a file or a folder holds masks, by names first, then by the pixels of the first that is whole."""
    root = path if path.is_dir() else path.parent
    if path.is_dir() and (image_folders(path) or labelme_xml.sniff(path)):
        return False
    files = _mask_files(path) if path.is_dir() else [path] if path.suffix.lower() in SUFFIXES else []
    if path.is_file() and not is_mask_name(path, root.parent):
        return False
    return any(_reads(file) for file in files[:_TRIED])


def _reads(file: Path) -> bool:
    try:
        return read_labels(file, LossReport())[0].size > 0
    except AnnotationError:
        return False


def _mask_files(folder: Path) -> list[Path]:
    files = (file for file in sorted(folder.rglob("*")) if file.suffix.lower() in SUFFIXES)
    return masks_among((file for file in files if not file.name.startswith(".")), folder)


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read the masks below a folder, or one mask; each covers the whole of its image.

    Raises:
        AnnotationError: no mask can be read or none has an image.
    """
    losses = LossReport()
    folder = path if path.is_dir() else path.parent
    masks = _masks(path, images)
    resolved = set(map(os.path.realpath, masks))
    known = [image for image in images.all() if os.path.realpath(image) not in resolved]
    image_root = common_folder(known, folder)
    known = [image for image in known if not is_mask_name(image, image_root)] or known
    mask_of = pair(masks, known, folder, losses)
    table = read_table(folder)
    label = classes[0] if len(classes) == 1 else _CLASS
    items = tuple(_items(mask_of, images, table, label, losses))
    if not items:
        reason = losses.losses[0].what if losses.losses else "none"
        step = "name masks X_masks.tif beside X.tif, or masks/X.tif beside images/X.tif"
        raise AnnotationError(path, expected="masks with their images", found=reason, next_step=step)
    if path.is_dir():
        for image in known:
            if image not in mask_of:
                losses.add("mask-missing", "the image has no mask and was left out", image, count=0)
    labels = dict.fromkeys(str(x) for item in items for x in item.objects.labels)
    ordered = (*table.classes, *(x for x in labels if x not in table.classes)) or (label,)
    return Annotations(tuple(classes) or ordered, tuple(_kept(items, classes, losses)), losses)


def _masks(path: Path, images: ImageIndex) -> list[Path]:
    """Files that say they are masks; else, in a folder of its own, everything that is no image."""
    if path.is_file():
        return [path]
    masks = _mask_files(path)
    if not masks:
        known = set(map(os.path.realpath, images.all()))
        files = (file for file in sorted(path.rglob("*")) if file.suffix.lower() in SUFFIXES)
        masks = [file for file in files if os.path.realpath(file) not in known]
    if not masks:
        step = "name masks X_masks.tif, or put them into a folder called masks"
        raise AnnotationError(path, expected="mask files", found="none", next_step=step)
    return masks


def _kept(items: Sequence[LabeledImage], classes: Sequence[str], losses: LossReport) -> Iterator[LabeledImage]:
    """The items less the objects whose class the caller did not name."""
    for item in items:
        unknown = [label for label in item.objects.labels if classes and label not in classes]
        for label, count in Counter(map(str, unknown)).items():
            what = f"{label!r} is none of the given classes: its objects were left out"
            losses.add("class-unknown", what, item.image.path, count=count)
        keep = ~np.isin(item.objects.labels.astype(str), unknown)
        yield replace(item, objects=item.objects[keep]) if unknown else item


def _items(
    mask_of: Mapping[Path, Path], images: ImageIndex, table: Table, label: str, losses: LossReport
) -> Iterator[LabeledImage]:
    for image, mask in counted("reading", sorted(mask_of.items())):
        try:
            labels, ours = read_labels(mask, losses)
            size_wh = images.size_wh(image)
        except (AnnotationError, ImageError) as error:
            losses.add("file-unreadable", error.message, error.file)
            continue
        if labels.shape != (size_wh[1], size_wh[0]):
            what = f"the mask has {labels.shape[::-1]} pixels, {image.name} {size_wh}: the pair was left out"
            losses.add("size-mismatch", what, mask)
            continue
        if not ours:
            labels = _instances(labels, mask, losses)
        objects, view = _objects(labels, mask, table, label, losses), view_of(image.as_posix(), size_wh)
        yield LabeledImage(view, objects, whole_image(size_wh), state="reviewed")


def _instances(labels: Labels, mask: Path, losses: LossReport) -> Labels:
    """The labels, with the areas of a binary mask numbered: it has one value, 1 or 255, in several areas."""
    highest = int(labels.max(initial=0))
    if highest not in (1, 255) or ((labels != 0) & (labels != highest)).any():
        return labels
    numbered, count = ndimage.label(labels, np.ones((3, 3), int))
    if count < 2:
        return labels
    what = f"one value in {count} areas: each became an object, touching ones are not told apart"
    losses.add("binary-mask", what, mask, count=count)
    instances: Labels = numbered.astype(np.int64)
    return instances


def _tell_unmatched(found: set[int], listed: set[int], mask: Path, losses: LossReport) -> None:
    """Say what the table and the mask do not agree about."""
    if missing := listed - found:
        what = f"{FILE} lists objects that the mask does not have: {', '.join(map(str, sorted(missing)[:10]))}"
        losses.add("object-missing", what, mask, count=len(missing))
    if unlisted := found - listed:
        what = f"{FILE} does not list objects, whose class is not known: {', '.join(map(str, sorted(unlisted)[:10]))}"
        losses.add("class-missing", what, mask, count=len(unlisted))


def _objects(labels: Labels, mask: Path, table: Table, label: str, losses: LossReport) -> Objects:
    objects = Objects.from_label_image(labels, label, authors=AUTHOR)
    if not table.is_there:
        return objects
    _tell_unmatched({int(extra["label_value"]) for extra in objects.extra}, table.values(mask), mask, losses)
    entries = [table.get(mask, int(extra["label_value"])) for extra in objects.extra]
    named = [entry if entry and entry[0].strip() else (label, entry[1] if entry else np.nan) for entry in entries]
    return objects.replace(labels=[name for name, _ in named], scores=[score for _, score in named])
