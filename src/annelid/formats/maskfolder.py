"""One folder of binary masks per image, as in the Data Science Bowl 2018: ``<name>/masks/*.png``, a file per object.

Objects may overlap. Classes and scores are in ``masks.csv`` beside the folders (``image, mask, class, score``) and the
order of the classes in ``classes.txt``; without them all are of one class. The name of a mask file rides in
``extra["maskfolder"]`` and is used again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from annelid.atomic import write_bytes, write_text
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats import rle
from annelid.formats.attributes import LeftOut, tell_of_files, tell_of_numbers
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.data_yaml import read_class_file
from annelid.formats.file_names import stem
from annelid.formats.mask_file import read_labels
from annelid.formats.maskfolder_layout import TABLE, ImageFolder, TableRow, image_folders, read_table, write_table
from annelid.formats.plane import UNSAID, refuse_several_planes, unsaid_plane
from annelid.formats.reading import Reading
from annelid.formats.row import Row, rows_of_objects
from annelid.formats.values import SizeWh
from annelid.formats.writing import Lost, annotated, coverage, files_for
from annelid.geometry import refuse_huge, window_mask
from annelid.objects import Kind
from annelid.steps import counted

NAME = "maskfolder"
AUTHOR = "import:maskfolder"

_CLASS = "object"
_CLASS_LIST = "classes.txt"
_WHAT = {
    "box": "boxes were left out: they have no outline to fill",
    "coverage": "only part of the image is covered, which masks cannot say: it will be read as complete",
    "draft": "nobody looked at the objects yet, which masks cannot say: they will be read as reviewed",
    "ignored": "objects marked 'ignore' were left out",
    "plane": UNSAID,
    "point": "points were left out: they have no area",
    "rasterised": "outlines were written as the pixels whose centres they contain",
    "too-small": "objects that contain no pixel's centre were left out",
}


def sniff(path: Path) -> bool:
    """Whether a folder holds a folder of masks for each image."""
    try:
        return path.is_dir() and bool(image_folders(path))
    except OSError:
        return False


# --- reading ----------------------------------------------------------------------------------------------


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read every image's folder of masks; each image is covered as a whole.

    Raises:
        AnnotationError: there is no such folder, or masks.csv is not as it should be.
    """
    folders = image_folders(path) if path.is_dir() else []
    if not folders:
        step = "choose the folder with a folder for each image, in which images and masks lie"
        raise AnnotationError(path, expected="folders of masks", found="none", next_step=step)
    reading = Reading(images, tuple(classes))
    table = read_table(path)
    named = {(folder, row.mask): row for row in table for folder in _folder_names(row.image)}
    names = {folder: row.image for row in table for folder in _folder_names(row.image)}
    default = reading.given[0] if len(reading.given) == 1 else _CLASS
    for folder in folders:
        own = folder.image.relative_to(path).as_posix() if folder.image else ""
        located = reading.locate([own, names.get(folder.name, ""), folder.name], _size(folder), path, folder.name)
        if located:
            rows = list(_rows(folder, named, default, located[1], reading))
            reading.add(located, rows, path, folder.name)
    _tell_unmatched(path, folders, table, reading)
    listed = read_class_file(path / _CLASS_LIST) if (path / _CLASS_LIST).is_file() else ()
    return reading.annotations([*listed, *(row.label for row in table if row.label)])


def _tell_unmatched(path: Path, folders: Sequence[ImageFolder], table: Sequence[TableRow], reading: Reading) -> None:
    """Say which masks the table lists that are not there, and which it does not list."""
    left = {(folder.name, mask.name): mask for folder in folders for mask in folder.masks}
    for number, row in enumerate(table, 2):
        keys = [(name, row.mask) for name in _folder_names(row.image)]
        if row.mask and not any(left.pop(key, None) for key in keys):
            what = f"the mask {row.mask} of {row.image} is not there, or was listed before"
            reading.losses.add("mask-missing", what, path / TABLE, f"line {number}")
    for mask in left.values() if table else ():
        reading.losses.add("class-missing", f"{TABLE} does not list the mask: its class is not known", mask)


def _folder_names(image: str) -> set[str]:
    """What the folder of an image may be called: without its last ending, and without ``.ome.tif``."""
    return {image.rsplit(".", 1)[0], stem(image)}


def _size(folder: ImageFolder) -> SizeWh | None:
    """The size of the first mask, which counts where the image is not there."""
    try:
        labels, _ = read_labels(folder.masks[0], LossReport())
    except (AnnotationError, IndexError):
        return None
    return labels.shape[1], labels.shape[0]


def _rows(
    folder: ImageFolder, named: Mapping[tuple[str, str], TableRow], default: str, size_wh: SizeWh, reading: Reading
) -> Iterator[Row]:
    windows: list[rle.Window] = []
    rows: list[Row] = []
    for file in folder.masks:
        window = _window(file, size_wh, reading)
        if window is None:
            continue
        known = named.get((folder.name, file.name))
        label, score = (known.label or default, known.score) if known else (default, np.nan)
        windows.append(window)
        rows.append(Row((), label, Kind.MASK, score=score, author=AUTHOR, extra={NAME: {"file": file.name}}))
    for row, shape in zip(rows, rle.trace(windows), strict=True):
        yield Row(**{**vars(row), "shape": shape})


def _window(file: Path, size_wh: SizeWh, reading: Reading) -> rle.Window | None:
    """The pixels of one object in their own window; None, with a loss, where there are none."""
    try:
        labels, _ = read_labels(file, reading.losses)
    except AnnotationError as error:
        reading.losses.add("file-unreadable", error.message, file)
        return None
    if labels.shape != size_wh[::-1]:
        what = f"the mask has {labels.shape[::-1]} pixels, the image {size_wh}: it was left out"
        reading.losses.add("size-mismatch", what, file)
        return None
    ys, xs = np.flatnonzero(labels.any(1)), np.flatnonzero(labels.any(0))
    if not len(ys):
        reading.losses.add("empty-object", "the mask holds no pixel: it was left out", file)
        return None
    window = labels[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
    if len(np.unique(window[window != 0])) > 1:
        what = "the mask has several values; all that is not 0 was taken as one object"
        reading.losses.add("not-binary", what, file)
    return window != 0, (int(xs[0]), int(ys[0]))


# --- writing ----------------------------------------------------------------------------------------------


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``<name>/masks/*.png`` (0 and 255) for every annotated image, masks.csv and classes.txt.

    Raises:
        AnnotationError: two images would share one folder.
    """
    losses = LossReport()
    refuse_several_planes(dataset, names, out)
    tell_of_files(dataset, losses, out)
    tell_of_numbers(dataset, losses, out)
    folders = files_for(dataset, out, names, "")
    rows: list[TableRow] = []
    for item in counted("writing", annotated(dataset)):
        (folders[item.id] / "masks").mkdir(parents=True, exist_ok=True)
        rows += _write_item(item, folders[item.id], names[item.id], losses)
    if rows:
        write_table(out, rows)
        write_text(out / _CLASS_LIST, "".join(f"{name}\n" for name in dataset.classes))
    return losses


def _write_item(item: LabeledImage, folder: Path, name: str, losses: LossReport) -> list[TableRow]:
    lost, left_out = Lost(_WHAT), LeftOut()
    lost.add(coverage(item))
    lost.add(unsaid_plane(item))
    rows: list[TableRow] = []
    used: set[str] = set()
    for n, row in enumerate(rows_of_objects(item.objects), 1):
        reason = _unsayable(row)
        data = b"" if reason else _png(row, item.size_wh)
        lost.add(reason or ("" if data else "too-small"))
        if not data:
            continue
        file = _file_name(row, n, used)
        write_bytes(folder / "masks" / file, data)
        lost.add("" if row.kind == Kind.MASK else "rasterised")
        left_out.add({key: said for key, said in row.extra.items() if key != NAME}, row.origin, row.parent)
        rows.append(TableRow(name, file, row.label, row.score))
    lost.report(losses, folder / "masks")
    left_out.report(losses, folder / "masks")
    return rows or [TableRow(name, "", "", np.nan)]


def _unsayable(row: Row) -> str:
    kinds = {Kind.BOX: "box", Kind.POINT: "point"}
    return "ignored" if row.ignore else kinds.get(row.kind, "")


def _png(row: Row, size_wh: SizeWh) -> bytes:
    """The object alone on a picture of the image's size; nothing when it contains no pixel's centre."""
    mask, (x, y) = window_mask(row.shape, size_wh)
    if not mask.any():
        return b""
    refuse_huge((size_wh[1], size_wh[0]))
    image = np.zeros(size_wh[::-1], np.uint8)
    image[y : y + mask.shape[0], x : x + mask.shape[1]][mask] = 255
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def _file_name(row: Row, number: int, used: set[str]) -> str:
    """The name that the mask had, where it is free and a plain one; else a number."""
    own = row.extra.get(NAME, {}).get("file", "")
    plain = isinstance(own, str) and own.lower().endswith(".png") and PurePosixPath(own).name == own and "\\" not in own
    name = own if plain and own.casefold() not in used else f"{number:05d}.png"
    while name.casefold() in used:
        number += 100_000
        name = f"{number:05d}.png"
    used.add(name.casefold())
    return name
