"""Darwin JSON of V7, one file per image or video: versions 2.0 and 1.0 are read, 2.0 is written.

Polygons (whose paths are filled even-odd: holes and parts), boxes, ellipses, key points and masks of a raster layer
become objects, on every frame of a video. Lines, skeletons, cuboids and tags are losses. Of each annotation its
attributes, instance, text, properties, annotators and unknown keys ride in ``extra["darwin"]``; of the file all but
names, sizes and annotations (``item.source_info``, ``properties`` ...) and of the slot what else it has, in
``extra["darwin_file"]`` of its first object; the definitions of the classes in ``.v7/metadata.json``, in
``extra["darwin_classes"]`` of the first object of all. What Darwin has no place for is under the key ``annelid`` of an
annotation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from annelid.errors import AnnotationError
from annelid.formats import jsontext, ours, rle
from annelid.formats.base import Annotations, ImageIndex
from annelid.formats.darwin_classes import classes_of, metadata_beside
from annelid.formats.darwin_frames import is_of_video, on_frames
from annelid.formats.darwin_item import Slot, others_of, slots_of
from annelid.formats.darwin_raster import decode_layer
from annelid.formats.darwin_shape import RASTER, decode_annotation
from annelid.formats.darwin_write import CLASSES, FILE, write
from annelid.formats.json_head import without_ours
from annelid.formats.reading import Reading
from annelid.formats.row import Row
from annelid.formats.values import ShapeError, SizeWh

__all__ = ["NAME", "read", "sniff", "write"]

NAME = "darwin"

_ENDS = 2**18
_LIST = re.compile(rb'"annotations"\s*:')
_ITEM, _SLOT = re.compile(rb'"item"\s*:\s*\{'), re.compile(rb'"(slots|slot_names|schema_ref|source_info)"\s*:')
_IMAGE, _STORED = re.compile(rb'"image"\s*:\s*\{'), re.compile(rb'"(filename|original_filename|workview_url)"\s*:')

Json = Mapping[str, Any]
Placed = tuple[str, Json]
"""Where an annotation stands, and the annotation."""


def sniff(path: Path) -> bool:
    """Whether a file, or one of the first JSON files of a folder, is Darwin's."""
    candidates = [path] if path.is_file() else _json_files(path)[:20] if path.is_dir() else []
    return any(_looks_like_darwin(file) for file in candidates)


def _looks_like_darwin(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            head = without_ours(stream.read(_ENDS).replace(b"\0", b""))
            stream.seek(max(file.stat().st_size - _ENDS, stream.tell()))
            ends = (head + stream.read(_ENDS)).replace(b"\0", b"")
    except OSError:
        return False
    if not re.match(rb"[^\w\[{]*\{", ends) or not _LIST.search(ends):
        return False
    is_2, is_1 = _ITEM.search(ends) and _SLOT.search(ends), _IMAGE.search(ends) and _STORED.search(ends)
    return bool(is_2 or is_1)


def _json_files(folder: Path) -> list[Path]:
    files = (file for file in sorted(folder.rglob("*")) if file.suffix.lower() == ".json")
    return [file for file in files if not any(part[:1] == "." for part in file.relative_to(folder).parts)]


# --- reading ----------------------------------------------------------------------------------------------


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one file or every one of Darwin's below a folder; every image that they name was looked at.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read.
    """
    reading = Reading(images, tuple(classes))
    files = reading.recognised(_json_files(path), _looks_like_darwin) if path.is_dir() else [path]
    if not files:
        raise AnnotationError(path, expected="Darwin's JSON files", found="none")
    metadata = metadata_beside(files, reading.losses)
    pending: dict[str, Any] = {CLASSES: metadata} if metadata else {}
    errors: list[AnnotationError] = []
    for file in files:
        try:
            _read_file(file, _load(file), pending, reading)
        except AnnotationError as problem:
            errors.append(problem)
            reading.losses.add("file-unreadable", problem.message, file)
    if len(errors) == len(files):
        raise errors[0]
    if pending.get(CLASSES):
        what = "definitions of classes were left out, as there is no object to carry them"
        reading.losses.add("file-keys", what, path)
    return reading.annotations(classes_of(metadata))


def _load(file: Path) -> Json:
    value = jsontext.parse(jsontext.read_text(file), file)
    if not isinstance(value, dict) or not isinstance(value.get("annotations"), list):
        raise AnnotationError(file, expected="an object with a list of annotations", found=type(value).__name__)
    return value


def _read_file(file: Path, value: Json, pending: dict[str, Any], reading: Reading) -> None:
    """Add the images of a file.

    Args:
        file: the file.
        value: what is in it.
        pending: what the next object is to carry beside its own, key -> value; taken out when one does.
        reading: takes images and losses.

    Raises:
        AnnotationError: the file names no image.
    """
    slots = slots_of(value, file)
    pending |= {FILE: others} if (others := others_of(value)) else {}
    placed = list(_placed(file, value["annotations"], reading))
    for slot in slots:
        mine = [entry for entry in placed if _slot_of(entry[1], slots) is slot]
        _read_slot(file, slot, mine, value.get(ours.KEY), pending, reading)
    if left := pending.pop(FILE, None):
        what = f"keys of the file were left out, as there is no object to carry them: {', '.join(left)}"
        reading.losses.add("file-keys", what, file)


def _placed(file: Path, annotations: Sequence[object], reading: Reading) -> Iterator[Placed]:
    for n, annotation in enumerate(annotations):
        if isinstance(annotation, dict):
            yield f"annotations[{n}]", annotation
        else:
            what = f"expected an object, found {type(annotation).__name__}: it was left out"
            reading.losses.add("outline-invalid", what, file, f"annotations[{n}]")


def _slot_of(annotation: Json, slots: Sequence[Slot]) -> Slot:
    """The slot that an annotation names, else the first one."""
    names = annotation.get("slot_names")
    wanted = names[0] if isinstance(names, list) and names else ""
    return next((slot for slot in slots if slot.name == wanted), slots[0])


def _read_slot(
    file: Path, slot: Slot, placed: list[Placed], header: object, pending: dict[str, Any], reading: Reading
) -> None:
    is_video = slot.frames > 0 or any(is_of_video(annotation) for _, annotation in placed)
    key = "video" if is_video else "slot"
    if slot.others:
        pending[FILE] = {**pending.get(FILE, {}), key: slot.others}
    for names, entries in _frames(file, slot, placed, reading) if is_video else [(slot.names, placed)]:
        located = reading.locate(names, slot.size_wh, file, count=len(entries))
        if located is None:
            continue
        rows = list(_rows(file, entries, slot.size_wh or located[1], located[1], reading))
        staying = next((n for n, row in enumerate(rows) if not reading.given or row.label in reading.given), None)
        if staying is not None:
            rows[staying] = replace(rows[staying], extra={**rows[staying].extra, **pending})
            pending.clear()
        reading.add(located, rows, file, header=header)
    if pending.get(FILE, {}).pop(key, None):
        what = f"what the file says of slot {slot.name!r} was left out, as there is no object to carry it"
        reading.losses.add("file-keys", what, file)


def _frames(
    file: Path, slot: Slot, placed: list[Placed], reading: Reading
) -> Iterator[tuple[tuple[str, ...], list[Placed]]]:
    """Names and annotations of the frames on which there are any, and of those without whose image is there."""
    frames: dict[int, list[Placed]] = {}
    for place, annotation in placed:
        for n, one in on_frames(annotation, slot.frames, file, place, reading):
            frames.setdefault(n, []).append((f"{place}.frames.{n}", one))
        if not is_of_video(annotation):
            what = "the annotation says on which frame of the video it is nowhere: it was left out"
            reading.losses.add("frame-invalid", what, file, place)
    known = {path.stem for path in reading.images.all()}
    empty = (n for n in range(slot.frames) if n not in frames and f"{n:07d}" in known)
    for n in sorted([*frames, *empty]):
        yield slot.frame_names(n), frames.get(n, [])


def _rows(file: Path, placed: list[Placed], layer_wh: SizeWh, size_wh: SizeWh, reading: Reading) -> Iterator[Row]:
    masks = _masks(file, placed, layer_wh, reading)
    for place, annotation in placed:
        if RASTER in annotation:
            continue
        try:
            decoded = decode_annotation(annotation, masks)
        except ShapeError as error:
            reading.bad_shape(error, file, place)
            continue
        for kind, what in decoded.changes:
            reading.losses.add(kind, what, file, place)
        inside = reading.inside(decoded.row, size_wh, file, place)
        if inside is not None:
            yield inside


def _masks(file: Path, placed: list[Placed], size_wh: SizeWh, reading: Reading) -> dict[str, rle.Window]:
    """The pixels of every mask annotation of an image."""
    named = {str(annotation.get("id")) for _, annotation in placed if "mask" in annotation}
    masks: dict[str, rle.Window] = {}
    for place, annotation in placed:
        if RASTER not in annotation:
            continue
        try:
            found = decode_layer(annotation[RASTER], size_wh)
        except ShapeError as error:
            reading.bad_shape(error, file, f"{place}.{RASTER}")
            continue
        masks |= {name: window for name, window in found.items() if name in named}
        nameless = sum(name not in named and window[0].size > 0 for name, window in found.items())
        if nameless:
            what = "pixels of the raster layer belong to no mask annotation: they were left out"
            reading.losses.add("mask-unnamed", what, file, place, nameless)
    return masks
