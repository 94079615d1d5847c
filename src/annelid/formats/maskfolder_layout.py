"""Where the masks of each image lie, when every image has a folder of them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from annelid.atomic import write_text
from annelid.errors import AnnotationError
from annelid.formats.jsontext import read_text
from annelid.formats.mask_file import SUFFIXES
from annelid.readers import is_image

TABLE = "masks.csv"
_COLUMNS = ("image", "mask", "class", "score")


@dataclass(frozen=True)
class TableRow:
    """A line of masks.csv; an image without objects has one without mask and class."""

    image: str
    mask: str
    label: str
    score: float


@dataclass(frozen=True)
class ImageFolder:
    """The masks of one image.

    Attributes:
        name: the image's folder, relative to the data set; its own name where it is the data set.
        image: the only file in ``images``; None where the images lie elsewhere.
        masks: the mask files, sorted.
    """

    name: str
    image: Path | None
    masks: tuple[Path, ...]


def image_folders(root: Path) -> list[ImageFolder]:
    """The folders below (or the one that is) ``root`` with one image in ``images`` and its objects in ``masks``.

    Without a folder ``images``, or without any mask, only where there is a masks.csv, as Annelid writes it. Folders
    in which a mask has the image's name are another layout: that mask holds all objects.
    """
    listed = (root / TABLE).is_file()
    candidates = [root, *sorted(path.parent for path in root.rglob("*") if path.name == "masks" and path.is_dir())]
    found = [_image_folder(path, root, listed=listed) for path in dict.fromkeys(candidates)]
    return [folder for folder in found if folder]


def _image_folder(path: Path, root: Path, *, listed: bool) -> ImageFolder | None:
    if not (path / "masks").is_dir():
        return None
    name = path.relative_to(root).as_posix() if path != root else path.name
    masks = tuple(file for file in _files(path / "masks") if file.suffix.lower() in SUFFIXES)
    if not (path / "images").is_dir():
        return ImageFolder(name, None, masks) if listed and path != root else None
    images = [file for file in _files(path / "images") if is_image(file)]
    is_told = bool(masks) or listed
    if len(images) != 1 or not is_told or any(mask.stem == images[0].stem for mask in masks):
        return None
    return ImageFolder(name, images[0], masks)


def _files(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.iterdir()) if file.is_file() and not file.name.startswith(".")]


def read_table(root: Path) -> list[TableRow]:
    """The lines of masks.csv; none where there is no such file.

    Raises:
        AnnotationError: the file is not such a table.
    """
    file = root / TABLE
    return list(_rows(file, read_text(file))) if file.is_file() else []


def _rows(file: Path, text: str) -> Iterator[TableRow]:
    try:
        reader = csv.DictReader(io.StringIO(text))
        if not set(_COLUMNS) <= set(reader.fieldnames or ()):
            found = ",".join(reader.fieldnames or ())[:80] or "nothing"
            raise AnnotationError(file, place="line 1", expected=",".join(_COLUMNS), found=found)
        for row in reader:
            image, mask, label, score = (row[key] or "" for key in _COLUMNS)
            yield TableRow(image, mask, label, _score(score))
    except (ValueError, csv.Error) as error:
        raise AnnotationError(file, expected=",".join(_COLUMNS), found=str(error)) from error


def _score(text: str) -> float:
    score = float(text or math.nan)
    return score if math.isfinite(score) else math.nan


def write_table(root: Path, rows: Sequence[TableRow]) -> None:
    """Write masks.csv."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((r.image, r.mask, r.label, "" if math.isnan(r.score) else repr(r.score)) for r in rows)
    write_text(root / TABLE, stream.getvalue())
