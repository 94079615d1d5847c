"""Which text files of a YOLO dataset are labels, and of which image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from annelid.errors import AnnotationError
from annelid.formats.base import ImageIndex, LossReport
from annelid.formats.data_yaml import CLASS_FILES, PARTS

_NO_LABELS = {"train", "val", "valid", "validation", "test", "readme", "license", "requirements", "autosplit"}
"""Stems of text files that are no labels: lists of images, and what is written for people."""


def label_files(folder: Path, stems: frozenset[str]) -> Iterator[Path]:
    """Text files that may be labels, sorted; files without extension when an image has that name."""
    for file in sorted(folder.rglob("*")):
        is_text = file.suffix.lower() == ".txt" and file.stem.lower() not in _NO_LABELS
        named = is_text or (not file.suffix and file.name in stems)
        if named and file.name not in CLASS_FILES and not file.name.startswith(".") and file.is_file():
            yield file


def labels_of_dataset(folder: Path, known: Sequence[Path]) -> list[Path]:
    """Label files below the folder, and those that belong to images elsewhere."""
    stems = frozenset(image.stem for image in known)
    files = dict.fromkeys(label_files(folder, stems))
    beside = (label_of(image) for image in known if not image.is_relative_to(folder))
    return list(files | dict.fromkeys(file for file in beside if file.is_file()))


def label_of(image: Path) -> Path:
    """Where Ultralytics looks for the labels of an image: the last ``images`` folder becomes ``labels``."""
    parts = list(image.parts)
    at = [i for i, part in enumerate(parts[:-1]) if part == "images"]
    if not at:
        return image.with_suffix(".txt")
    parts[at[-1]] = "labels"
    return Path(*parts).with_suffix(".txt")


def pair_labels(
    files: Mapping[Path, int], known: Sequence[Path], images: ImageIndex, folder: Path, losses: LossReport
) -> dict[Path, Path]:
    """Label file -> its image: where Ultralytics has it, beside it, then by name; others are losses.

    Args:
        files: label file -> number of its lines.
        known: every image.
        images: where images are looked up by name.
        folder: the folder of the dataset.
        losses: where files without an image of their own are noted.
    """
    by_label = {image.with_suffix(""): image for image in known}
    by_label |= {label_of(image).with_suffix(""): image for image in known}
    taken: dict[Path, Path] = {}
    for file, count in files.items():
        image = by_label.get(_without_txt(file)) or _by_name(file, images, folder, losses)
        if image is None:
            what = "no image of this name was found, so its size is unknown: the objects were left out"
            losses.add("image-missing", what, file, count=count)
        elif image in taken:
            what = f"{taken[image]} holds labels of the same image: this file was left out"
            losses.add("image-twice", what, file, count=count)
        else:
            taken[image] = file
    return {file: image for image, file in taken.items()}


def _without_txt(file: Path) -> Path:
    return file.with_suffix("") if file.suffix.lower() == ".txt" else file


def _by_name(file: Path, images: ImageIndex, folder: Path, losses: LossReport) -> Path | None:
    inside = _without_txt(file.relative_to(folder) if file.is_relative_to(folder) else Path(file.name))
    names = [part for part in inside.parts[:-1] if part.lower() not in {"labels", "annotations"}]
    try:
        image = images.find("/".join([*names, inside.name]))
    except AnnotationError as error:
        losses.add("image-ambiguous", error.message, file)
        return None
    return None if image is None or _differ_in_part(inside, image) else image


def _differ_in_part(file: Path, image: Path) -> bool:
    """Whether one lies in ``train`` and the other in ``val``: equal names there are different images."""
    part, other = ({PARTS[p] for p in path.parts[:-1] if p in PARTS} for path in (file, image))
    return bool(part and other) and part.isdisjoint(other)
