"""Cellpose: ``X_seg.npy``, ``X_cp_masks.png`` or ``.tif`` and ``X_cp_outlines.txt`` beside an image X.

Of these the first that can be read is taken. ``_seg.npy`` is a pickle, of which only arrays, texts and numbers are
read; one that calls anything else is refused. Outlines run through the centres of the outermost pixels and are filled
with these, as Cellpose drew them. Cellpose has one class: ``object``, or the one that is given.

Of an object ``ismanual`` and ``color`` ride in ``extra["cellpose"]`` and its number in ``extra["label_value"]``; of the
file every other key that JSON can hold (``filename``, ``chan_choose``, ``diameter``, ``est_diam``, ``flow_threshold``,
``cellprob_threshold``, ``normalize_params``, ``restore``, ``ratio``, ``model_path``, ``manual_changes``, ``zdraw`` ...)
in ``extra["cellpose_file"]`` of the image's first object. Pictures and flows are left out, which is said. Classes,
scores and what else a label image cannot say stand under a key ``annelid`` that Cellpose skips, and drops when it
saves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from annelid.errors import AnnotationError
from annelid.formats import ours
from annelid.formats.array_pickle import is_pickled_npy, load_arrays
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.by_image import is_found, names_beside
from annelid.formats.cellpose_outlines import looks_like_outlines, read_outlines
from annelid.formats.cellpose_write import AUTHOR, FILE, NAME, WRITTEN
from annelid.formats.cellpose_write import write as write
from annelid.formats.label_notes import UNCLASSIFIED, VALUE, rows_of_labels, tell_other_masks
from annelid.formats.mask_file import Labels, read_labels
from annelid.formats.reading import Reading
from annelid.formats.row import Row
from annelid.formats.values import ShapeError, SizeWh

_KINDS = ("_seg.npy", "_cp_masks.tif", "_cp_masks.tiff", "_cp_masks.png", "_cp_outlines.txt")
"""What may lie beside an image, best first."""
_OWN = ("_seg.npy", "_cp_outlines.txt")
"""What no other format reads."""
_OTHER_MASKS = re.compile(r"_(?:flows|dP|cellprob|output)_cp_masks\.", re.IGNORECASE)
_OWN_MASKS = re.compile(r"_cp_masks\.", re.IGNORECASE)
_PER_OBJECT = ("ismanual", "colors")
_DERIVED = ("masks", "outlines", *_PER_OBJECT, ours.KEY)
_PICTURES = ("flows", "img", "img_restore")
_MOST_NUMBERS = 10_000


def sniff(path: Path) -> bool:
    """Whether it is a ``_seg.npy`` or ``_cp_outlines.txt``, or a folder with one; masks alone are label images."""
    if path.is_dir():
        return any(_is_own(file) for file in _files(path)[:50])
    return _is_own(path)


def _is_own(file: Path) -> bool:
    name = file.name.lower()
    if not name.endswith(_OWN) or not file.is_file():
        return False
    with file.open("rb") as stream:
        head = stream.read(4096)
    return is_pickled_npy(head) if name.endswith(".npy") else looks_like_outlines(head)


def _files(folder: Path) -> list[Path]:
    files = [file for file in sorted(folder.rglob("*")) if file.name.lower().endswith(_KINDS) and file.is_file()]
    return [file for file in files if not file.name.startswith(".") and not _OTHER_MASKS.search(file.name)]


def _split(file: Path) -> tuple[str, str]:
    """The image's name and what of Cellpose's it is."""
    kind = next(kind for kind in _KINDS if file.name.lower().endswith(kind))
    return file.name[: -len(kind)], kind


# --- reading ----------------------------------------------------------------------------------------------


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one file or all below a folder; each says that its image is reviewed as a whole.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read or has no image.
    """
    reading = Reading(images, tuple(classes))
    listed: dict[str, None] = {}
    error: AnnotationError | None = None
    for files in _by_image(path):
        for file in files:
            try:
                listed |= _read_file(file, path, reading)
                break
            except AnnotationError as problem:
                if path.is_file():
                    raise
                error = error or problem
                reading.losses.add("file-unreadable", problem.message, file)
    if not reading.items:
        found = reading.losses.losses[0].what if reading.losses else "none"
        raise error or AnnotationError(path, expected="X_seg.npy with its image X", found=found)
    if path.is_dir():
        tell_other_masks(path, _OWN_MASKS, reading.losses)
        for file in sorted(path.rglob("*_rois.zip")):
            what = "was not read: the masks beside it say the same and more; with the format imagej it is"
            reading.losses.add("rois-not-read", what, file, count=0)
    return reading.annotations(tuple(listed))


def _by_image(path: Path) -> list[list[Path]]:
    """The files of each image, best first."""
    if path.is_file():
        if not path.name.lower().endswith(_KINDS):
            raise AnnotationError(path, expected=" or ".join(f"X{kind}" for kind in _KINDS), found=path.name)
        return [[path]]
    groups: dict[tuple[Path, str], list[Path]] = {}
    for file in _files(path):
        groups.setdefault((file.parent, _split(file)[0]), []).append(file)
    return [sorted(files, key=lambda file: _KINDS.index(_split(file)[1])) for files in groups.values()]


def _read_file(file: Path, root: Path, reading: Reading) -> dict[str, None]:
    """Add an image; the classes that the file lists."""
    stem, kind = _split(file)
    names = names_beside(file, root, stem)
    if kind == "_cp_outlines.txt":
        _read_outlines(file, names, reading)
        return {}
    data: Mapping[str, Any] = {}
    if kind == "_seg.npy":
        data, labels = _seg(file, reading.losses)
        said = data.get("filename")
        names += [said.replace("\\", "/").rsplit("/", 1)[-1]] if isinstance(said, str) else []
    else:
        labels = read_labels(file, reading.losses)[0]
    found = _located(names, (labels.shape[1], labels.shape[0]), file, reading)
    if found is None:
        return {}
    notes = _notes(data)
    label = reading.given[0] if len(reading.given) == 1 else UNCLASSIFIED
    rows = [_with_keys(row, data) for row in rows_of_labels(labels, label, AUTHOR, notes.get("objects"))]
    reading.add(found, _with_file_keys(rows, data, found[0], file, reading), file, header=notes)
    listed = notes.get("classes")
    return dict.fromkeys(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else {}


def _located(names: Sequence[str], size_wh: SizeWh | None, file: Path, reading: Reading) -> tuple[str, SizeWh] | None:
    """The image; None, with a loss, where it has another size than the labels."""
    found = reading.locate(names, size_wh if not is_found(names, reading.images) else None, file)
    if found is not None and size_wh is not None and found[1] != size_wh:
        what = f"the masks have {size_wh} pixels, the image {found[1]}: the pair was left out"
        reading.losses.add("size-mismatch", what, file)
        return None
    return found


def _seg(file: Path, losses: LossReport) -> tuple[dict[str, Any], Labels]:
    """What a ``_seg.npy`` holds, and its masks as int64 (h, w)."""
    data = load_arrays(file)
    if not isinstance(data, dict) or "masks" not in data:
        found = f"keys {', '.join(map(str, list(data)[:5]))}" if isinstance(data, dict) else type(data).__name__
        raise AnnotationError(file, expected="Cellpose's dict with masks", found=found)
    masks = data["masks"]
    if not isinstance(masks, np.ndarray) or masks.dtype.kind not in "iub":
        raise AnnotationError(file, place="masks", expected="an array of whole numbers", found=type(masks).__name__)
    masks = np.squeeze(masks, tuple(n for n in range(masks.ndim - 2) if masks.shape[n] == 1))
    if masks.ndim != 2 or not masks.size:
        shape = " x ".join(map(str, masks.shape))
        step = "save one plane a file, or project the stack"
        raise AnnotationError(file, place="masks", expected="masks of one plane", found=shape, next_step=step)
    labels: Labels = masks.astype(np.int64)
    lowest = int(labels.min())
    if lowest == -1:  # how Cellpose wrote background once
        labels = labels + 1
    elif lowest < 0:
        losses.add("negative-label", "pixels below 0 were taken as background", file, count=int((labels < 0).sum()))
        labels = np.maximum(labels, 0)
    return data, labels


def _notes(data: Mapping[str, Any]) -> Mapping[str, Any]:
    text = data.get(ours.KEY)
    notes = ours.loads(text) if isinstance(text, str) else None
    return notes if isinstance(notes, Mapping) else {}


def _with_keys(row: Row, data: Mapping[str, Any]) -> Row:
    """The row with what the file says of its object."""
    at = row.extra[VALUE] - 1
    manual, colours = (data.get(key) for key in _PER_OBJECT)
    keys: dict[str, Any] = {}
    if isinstance(manual, np.ndarray) and manual.ndim == 1 and at < len(manual) and bool(manual[at]):
        keys["ismanual"] = True
    if isinstance(colours, np.ndarray) and colours.ndim == 2 and at < len(colours) and colours.dtype.kind in "iu":
        keys["color"] = colours[at].tolist()
    return replace(row, extra={**row.extra, NAME: keys}) if keys else row


def _with_file_keys(rows: list[Row], data: Mapping[str, Any], path: str, file: Path, reading: Reading) -> list[Row]:
    """The rows, of which the first one that will stay carries the other keys of the file."""
    named = {**WRITTEN, "filename": Path(path).name}
    others = {str(key): _jsonable(value) for key, value in data.items() if key not in _DERIVED}
    others = {key: value for key, value in others.items() if not (key in named and named[key] == value)}
    left_out = [key for key, value in others.items() if value is _TOO_MUCH or key in _PICTURES]
    kept = {key: value for key, value in others.items() if key not in left_out}
    if left_out:
        what = f"pictures and arrays were left out: {', '.join(left_out)}"
        reading.losses.add("arrays", what, file, count=0)
    return reading.on_first(rows, FILE, kept, file)


_TOO_MUCH = object()


def _jsonable(value: Any) -> Any:
    """A value as JSON can hold it, NaN as None; `_TOO_MUCH` for pictures and what JSON has no word for."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist() if value.size <= _MOST_NUMBERS and value.dtype.kind in "biufU" else _TOO_MUCH
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        entries = [_jsonable(entry) for entry in inner]
        if any(entry is _TOO_MUCH for entry in entries):
            return _TOO_MUCH
        return dict(zip(map(str, value), entries, strict=True)) if isinstance(value, dict) else entries
    is_small = not isinstance(value, int) or abs(value) < 2**63
    return value if (isinstance(value, str | int) or value is None) and is_small else _TOO_MUCH


def _read_outlines(file: Path, names: Sequence[str], reading: Reading) -> None:
    found = _located(names, None, file, reading)
    if found is None:
        return
    label = reading.given[0] if len(reading.given) == 1 else UNCLASSIFIED
    rows: list[Row] = []
    for place, outline in read_outlines(file, found[1]):
        if isinstance(outline, ShapeError):
            reading.bad_shape(outline, file, place)
            continue
        inside = reading.inside(Row(outline[0], label, outline[1], author=AUTHOR), found[1], file, place)
        rows += [inside] if inside else []
    reading.add(found, rows, file)
