"""The tracks of "CVAT for video": what each of them shows on each frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from annelid import geometry
from annelid.formats.cvat_shape import NATIVE, decode_shape, is_shape
from annelid.formats.reading import Reading, ShapeError, SizeWh, size_from
from annelid.formats.row import Row
from annelid.formats.safe_xml import Node
from annelid.objects import Kind

_MAX_FRAMES = 1_000_000


@dataclass
class Frame:
    """One frame of a video.

    Attributes:
        number: as CVAT counts, from 0.
        names: what its image may be called.
        size_wh: size of the video, where the file tells.
        rows: row, group and place of each shape.
    """

    number: int
    names: tuple[str, ...]
    size_wh: SizeWh | None
    rows: list[tuple[Row, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Shape:
    frame: int
    outside: bool
    rows: tuple[Row, ...]
    group: str
    place: str


def frames_of(root: Node, file: Path, reading: Reading) -> Iterator[Frame]:
    """The frames on which a track shows something, and those without whose image is there, in order.

    Boxes of tracks that give key frames only are moved in a straight line from one to the next.
    """
    shown: dict[int, list[tuple[Row, str, str]]] = {}
    step = _step(root)
    for track in root.all("track"):
        shapes = sorted(_shapes(track, file, reading), key=lambda shape: shape.frame)
        for shape in _filled(shapes, step, file, reading):
            if not shape.outside:
                shown.setdefault(shape.frame, []).extend((row, shape.group, shape.place) for row in shape.rows)
    size = size_from(root.value("meta/task/original_size/width"), root.value("meta/task/original_size/height"))
    for number in sorted({*shown, *_background(root, reading)}):
        yield Frame(number, _names(number), size, shown.get(number, []))


def _names(number: int) -> tuple[str, ...]:
    return (f"frame_{number:06d}", f"images/frame_{number:06d}")


def _background(root: Node, reading: Reading) -> Iterator[int]:
    """Frames of the task whose image is there."""
    known = {path.stem for path in reading.images.all()}
    size = root.value("meta/task/size")
    count = int(size) if size.isdecimal() and len(size) < 9 else 0
    yield from (n for n in range(min(count, _MAX_FRAMES)) if f"frame_{n:06d}" in known)


def _step(root: Node) -> int:
    found = re.search(r"step\s*=\s*(\d{1,6})", root.value("meta/task/frame_filter"))
    return max(int(found.group(1)), 1) if found else 1


def _shapes(track: Node, file: Path, reading: Reading) -> Iterator[_Shape]:
    number, label = track.attributes.get("id", ""), track.attributes.get("label", "")
    others = {k: v for k, v in track.attributes.items() if k not in {"id", "label", "group_id"} and v != "manual"}
    group = track.attributes.get("group_id", "0")
    for node in track.children:
        if not is_shape(node):
            continue
        place = f"line {node.line}, track {number}"
        try:
            frame = _frame(node)
            rows, own = decode_shape(node, label)
        except ShapeError as error:
            reading.bad_shape(error, file, place)
            continue
        told = {"track_id": number, **others, **({"group_id": group} if group != "0" else {})}
        rows = [_with(row, told) for row in rows]
        outside = node.attributes.get("outside") == "1"
        yield _Shape(frame, outside, tuple(rows), own or (group if group != "0" else ""), place)


def _frame(node: Node) -> int:
    text = node.attributes.get("frame", "")
    if not text.isdecimal() or len(text) > 9:
        raise ShapeError("frame-invalid", f"expected the number of a frame, found {text!r:.40}", "frame")
    return int(text)


def _with(row: Row, told: dict[str, str]) -> Row:
    keys = {k: v for k, v in row.extra.get(NATIVE, {}).items() if k not in {"frame", "outside"}}
    return replace(row, extra={**row.extra, NATIVE: {**told, **keys}})


def _filled(shapes: list[_Shape], step: int, file: Path, reading: Reading) -> Iterator[_Shape]:
    """The shapes of a track, with those between key frames that CVAT would show there."""
    for shape, after in pairwise(shapes):
        yield shape
        between = range(shape.frame + step, after.frame, step)
        if shape.outside or not between:
            continue
        if not _is_box(shape) or not _is_box(after) or len(between) > _MAX_FRAMES // 100:
            what = "the track has no shape on these frames, though it does not end before: nothing was put there"
            reading.losses.add("not-interpolated", what, file, shape.place, len(between))
            continue
        yield from (_between(shape, after, frame) for frame in between)
    yield from shapes[-1:]


def _is_box(shape: _Shape) -> bool:
    return len(shape.rows) == 1 and shape.rows[0].kind == Kind.BOX


def _between(shape: _Shape, after: _Shape, frame: int) -> _Shape:
    share = (frame - shape.frame) / (after.frame - shape.frame)
    first, last = (geometry.shape_box(s.rows[0].shape) for s in (shape, after))
    box = [a + (b - a) * share for a, b in zip(first, last, strict=True)]
    row = replace(shape.rows[0], shape=((geometry.box_ring(*box),),), id="")
    row = replace(row, extra={**row.extra, NATIVE: {**row.extra[NATIVE], "keyframe": "0"}})
    return _Shape(frame, False, (row,), shape.group, shape.place)  # noqa: FBT003 - it is shown
