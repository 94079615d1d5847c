"""COCO: one JSON file for many images, as CVAT, Roboflow, Label Studio and many others write it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from annelid.atomic import write_text
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats.base import ImageIndex, LossReport
from annelid.formats.coco_header import Crowd
from annelid.formats.coco_parse import parse_coco
from annelid.formats.coco_read import CocoAnnotations, add_item, loads, of_table
from annelid.formats.coco_results import read_results
from annelid.formats.coco_write import dumps
from annelid.formats.json_head import without_ours
from annelid.formats.jsontext import mapped

__all__ = ["NAME", "CocoAnnotations", "dumps", "loads", "read", "read_results", "sniff", "write"]

NAME = "coco"

_HEAD = 2**18
_KEYS = re.compile(rb'"(images|annotations|categories)"\s*:\s*\[')
_INNER = re.compile(rb'"(image_id|file_name|category_id|supercategory)"\s*:')
_OF_DARWIN = re.compile(rb'"slots"\s*:\s*\[')
_FAMILIES = ("instances_", "_annotations.coco", "person_keypoints_", "stuff_", "")
_PARTS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


def sniff(path: Path) -> bool:
    """Whether a file, or one in a folder, has COCO's lists; only head and tail of a file are looked at."""
    if path.is_dir():
        return bool(_files(path))
    try:
        return path.is_file() and _looks_like_coco(path)
    except OSError:
        return False


def _looks_like_coco(path: Path) -> bool:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(size - _HEAD, len(head)))
        ends = head + file.read(_HEAD)
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head, ends = head[2:].replace(b"\0", b""), ends[2:].replace(b"\0", b"")
    if not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return False
    ends = without_ours(ends)
    return bool(_KEYS.search(ends)) and bool(_INNER.search(ends)) and not _OF_DARWIN.search(ends)


def _files(folder: Path) -> list[Path]:
    """The COCO files of a folder: in it, in ``annotations``, or one in each of ``train``, ``valid`` ...

    Where a data set has several families of files about the same images, those of the first family.
    """
    candidates = [p for place in (folder, *sorted(folder.iterdir())) if place.is_dir() for p in _json_files(place)]
    for family in _FAMILIES:
        found = [path for path in candidates if path.name.startswith(family) and sniff(path)]
        if found:
            return found
    return []


def _json_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*.json") if p.is_file() and not p.name.startswith("."))


def read(path: Path, images: ImageIndex, classes: Sequence[str] = (), *, crowd: Crowd = "auto") -> CocoAnnotations:
    """Read a COCO file, or a folder with one or several (each then a part where its name says so).

    Args:
        path: the file or folder.
        images: where to look for the images.
        classes: class names in order, where the user gave them; objects of other classes are a loss.
        crowd: what ``iscrowd: 1`` means; "auto" sees whether the file marks every mask so, as CVAT does.

    Raises:
        AnnotationError: a file cannot be read, is cut off, or is no COCO data set.
    """
    files = _files(path) if path.is_dir() else [path]
    if not files:
        step = "choose the folder that holds instances_*.json, or the file itself"
        raise AnnotationError(path, expected="a COCO file", found="none in this folder", next_step=step)
    subsets = [_subset(file) for file in files]
    several = [_read_file(file, subset, images, classes, crowd) for file, subset in zip(files, subsets, strict=True)]
    return several[0] if len(several) == 1 and not path.is_dir() else _joined(files, subsets, several)


def _read_file(file: Path, subset: str, images: ImageIndex, classes: Sequence[str], crowd: Crowd) -> CocoAnnotations:
    with mapped(file) as data:
        value, table = parse_coco(data, str(file))
    return of_table(value, table, images, classes, file=str(file), subset=subset, crowd=crowd)


def _subset(file: Path) -> str:
    """The folder of its images that a file's name suggests: ``train`` for ``instances_train.json``."""
    for family in _FAMILIES[:-1]:
        if file.name.startswith(family):
            return file.parent.name if family.startswith("_") else file.stem[len(family) :]
    return ""


def _joined(files: Sequence[Path], subsets: Sequence[str], several: Sequence[CocoAnnotations]) -> CocoAnnotations:
    items: dict[tuple[str | int, ...], LabeledImage] = {}
    losses = LossReport()
    parts: dict[str, str] = {}
    for file, subset, one in zip(files, subsets, several, strict=True):
        losses.losses += one.losses
        part = _PARTS.get(re.sub(r"\d+$", "", subset).strip("_-").lower())
        for item in one.items:
            add_item(items, item, losses, str(file))
            if part:
                parts.setdefault(item.image.path, part)
    classes = tuple(dict.fromkeys(name for one in several for name in one.classes))
    only = several[0] if len(several) == 1 else None
    return CocoAnnotations(
        classes,
        tuple(items.values()),
        losses,
        parts,
        only.image_paths if only else {},
        only.class_names if only else {},
    )


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``annotations.json`` into the folder ``out`` (see `dumps`).

    Raises:
        AnnelidError: the file cannot be written.
    """
    text, losses = dumps(dataset, names)
    write_text(out / "annotations.json", text)
    return losses
