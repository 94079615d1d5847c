"""The tracks of "CVAT for video": what each of them shows on each frame."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from annelid import geometry
from annelid.formats.cvat_shape import NATIVE, decode_shape, is_shape
from annelid.formats.reading import Reading, joined
from annelid.formats.row import Row
from annelid.formats.safe_xml import Node
from annelid.formats.values import ShapeError, SizeWh, size_from
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

    Boxes, ellipses and points of tracks that give key frames only move in a straight line from one to the next.
    """
    shown: dict[int, list[tuple[Row, str, str]]] = {}
    step = _step(root)
    for track in root.all("track"):
        for number, row in rows_of_track(track, step, file, reading):
            shown.setdefault(number, []).append(row)
    size = size_from(root.value("meta/task/original_size/width"), root.value("meta/task/original_size/height"))
    for number in sorted({*shown, *_background(root, reading)}):
        yield Frame(number, _names(number), size, shown.get(number, []))


def rows_of_track(track: Node, step: int, file: Path, reading: Reading) -> Iterator[tuple[int, tuple[Row, str, str]]]:
    """Number of a frame, and row, group and place of what a track shows there, frame after frame.

    Args:
        track: the element, with the shapes of its key frames.
        step: of how many frames of the video one was taken.
        file: the file, for losses.
        reading: takes what was lost.
    """
    shapes = sorted(_shapes(track, file, reading), key=lambda shape: shape.frame)
    for shape in _filled(shapes, step, file, reading):
        if not shape.outside:
            yield from ((shape.frame, (row, shape.group, shape.place)) for row in shape.rows)


def add_frame(frame: Frame, told: dict[str, Any], file: Path, reading: Reading) -> dict[str, Any]:
    """Add the image of a frame; returns what the first object of the file is still to carry."""
    place = f"frame {frame.number}"
    located = reading.locate(frame.names, frame.size_wh, file, place, len(frame.rows))
    if located is None:
        return told
    inside = ((reading.inside(row, located[1], file, where), group) for row, group, where in frame.rows)
    rows = joined(((row, group) for row, group in inside if row is not None), NATIVE)
    rows[:1] = [replace(row, extra={**row.extra, **told}) for row in rows[:1]]
    reading.add(located, rows, file, place)
    return {} if rows else told


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
        place = f"{node.where}, track {number}"
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
        moved = [_between(shape, after, frame) for frame in between] if len(between) <= _MAX_FRAMES // 100 else []
        if not all(moved) or not moved:
            what = "the track has no shape on these frames, though it does not end before: nothing was put there"
            reading.losses.add("not-interpolated", what, file, shape.place, len(between))
            continue
        yield from (one for one in moved if one)
    yield from shapes[-1:]


def _between(shape: _Shape, after: _Shape, frame: int) -> _Shape | None:
    """What CVAT shows between two key frames; None where that is not a matter of straight lines."""
    row = _moved(shape.rows, after.rows, (frame - shape.frame) / (after.frame - shape.frame))
    if row is None:
        return None
    row = replace(row, id="", extra={**row.extra, NATIVE: {**row.extra[NATIVE], "keyframe": "0"}})
    return _Shape(frame, False, (row,), shape.group, shape.place)  # noqa: FBT003 - it is shown


def _moved(rows: tuple[Row, ...], others: tuple[Row, ...], share: float) -> Row | None:
    """A box, turned or not, an ellipse or a point on its way to another; any outline that stays as it is."""
    if len(rows) != 1 or len(others) != 1:
        return None
    a, b = rows[0], others[0]
    ring, then = a.shape[0][0], b.shape[0][0]
    if a.kind == b.kind and len(a.shape) == len(b.shape) == 1 and np.array_equal(ring, then):
        return a
    if a.kind == b.kind and a.kind in (Kind.BOX, Kind.POINT):
        return replace(a, shape=((ring + (then - ring) * share,),))
    first, last = _params(a), _params(b)
    if first is None or last is None or (a.kind == Kind.ELLIPSE) != (b.kind == Kind.ELLIPSE):
        return None
    turn = (last[4] - first[4] + math.pi) % (2 * math.pi) - math.pi
    params = [x + (y - x) * share for x, y in zip(first[:4], last[:4], strict=True)] + [first[4] + turn * share]
    cx, cy, w, h, angle = params
    if a.kind == Kind.ELLIPSE:
        return replace(a, shape=((geometry.ellipse_ring((cx, cy), (w, h), angle),),), params=tuple(params))
    turned = ((geometry.rotated_box_ring(cx, cy, w, h, angle),),)
    return replace(a, shape=turned, kind=Kind.ROTATED_BOX, params=tuple(params))


def _params(row: Row) -> tuple[float, ...] | None:
    """Centre, two lengths and angle of a box or an ellipse."""
    if row.kind == Kind.BOX:
        x1, y1, x2, y2 = geometry.shape_box(row.shape)
        return (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, 0.0
    return row.params if row.kind in (Kind.ROTATED_BOX, Kind.ELLIPSE) else None
