"""One shape, tag or track of CVAT's JSON, as the element that CVAT's XML has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from annelid.formats.safe_xml import Node
from annelid.formats.values import ShapeError, foreign, label_of, number

_MANUAL = "manual"
_KNOWN = {
    "type",
    "points",
    "frame",
    "label",
    "label_id",
    "group",
    "attributes",
    "elements",
    "shapes",
    "outside",
    "score",
}
_UNSAID = {"occluded": False, "z_order": 0, "source": _MANUAL, "rotation": 0}
"""What need not be said."""

Json = Mapping[str, Any]


class Labels(Protocol):
    """Knows the labels of a server by their numbers."""

    def name(self, label_id: object) -> str:
        """Name of a label.

        Raises:
            ShapeError: it is no number of a label.
        """

    def attribute(self, spec_id: object) -> str:
        """Name of an attribute."""


def element_of(value: object, labels: Labels, place: str, tag: str = "") -> Node:
    """The element of a shape, with its frame among its attributes; a score is there where it says something.

    Args:
        value: the shape or tag.
        labels: names of labels and attributes.
        place: where it is.
        tag: the element's tag where the value does not say its type.

    Raises:
        ShapeError: it cannot be understood.
    """
    shape = _object(value)
    label = _label(shape, labels)
    kind = tag or str(shape.get("type"))
    group = shape.get("group") or 0
    node = Node(_TAGS.get(kind, kind), 0, {"label": label, "frame": f"{_frame(shape)}"}, place=place)
    node.attributes |= _texts(foreign(shape, _KNOWN, _UNSAID))
    node.attributes |= {"group_id": f"{group}"} if group else {}
    node.attributes |= _score(shape)
    if kind in _POINTS:
        node.attributes |= _POINTS[kind](_numbers(shape))
    elif kind not in ("tag", "polyline", "cuboid", "skeleton"):
        raise ShapeError("shape-type", f"a shape of type {kind!r:.40} is not known", "type")
    node.children = _attributes(shape, labels)
    return node


def track_of(value: object, labels: Labels, last: int, place: str) -> Node:
    """The element of a track with its key frames, held until the last frame of the task unless it ends before.

    Raises:
        ShapeError: it cannot be understood.
    """
    track = _object(value)
    label, group = _label(track, labels), track.get("group") or 0
    shapes = track.get("shapes")
    if not isinstance(shapes, list):
        raise ShapeError("outline-invalid", f"expected a list, found {type(shapes).__name__}", "shapes")
    head = {"id": f"{track.get('id', place)}", "label": label, "source": str(track.get("source") or _MANUAL)}
    node = Node("track", 0, head | ({"group_id": f"{group}"} if group else {}), place=place)
    fixed = _attributes(track, labels)
    for n, entry in enumerate(shapes):
        shape = element_of({**_object(entry), **_label_keys(track)}, labels, f"{place}.shapes[{n}]")
        shape.attributes |= {"outside": "1" if _object(entry).get("outside") else "0", "keyframe": "1"}
        shape.children = [*fixed, *shape.children]
        node.children.append(shape)
    end = max(node.children, key=lambda shape: int(shape.attributes["frame"]), default=None)
    if end is not None and end.attributes["outside"] == "0" and int(end.attributes["frame"]) < last:
        held = {**end.attributes, "frame": f"{last}", "keyframe": "0"}
        node.children.append(replace(end, attributes=held))
    return node


def _object(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise ShapeError("outline-invalid", f"expected an object, found {type(value).__name__}")
    return value


def _label_keys(track: Json) -> dict[str, Any]:
    return {key: track[key] for key in ("label", "label_id") if key in track}


def _label(value: Json, labels: Labels) -> str:
    return label_of(value["label"], "label") if "label" in value else labels.name(value.get("label_id"))


def _frame(value: Json) -> int:
    found = value.get("frame")
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 10**9:
        raise ShapeError("frame-invalid", f"expected the number of a frame, found {found!r:.40}", "frame")
    return found


def _texts(values: Json) -> dict[str, str]:
    return {k: f"{int(v)}" if isinstance(v, bool) else f"{v}" for k, v in values.items() if v is not None}


def _score(shape: Json) -> dict[str, str]:
    """CVAT gives what people draw a score of 1."""
    score = shape.get("score")
    is_one = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1
    says_something = is_one and (score != 1 or shape.get("source", _MANUAL) != _MANUAL)
    return {"score": f"{score}"} if says_something else {}


def _numbers(shape: Json) -> list[float]:
    points = shape.get("points")
    if not isinstance(points, list):
        raise ShapeError("outline-invalid", f"expected a list of numbers, found {type(points).__name__}", "points")
    return [number(value, "a coordinate", "points") for value in points]


def _attributes(value: Json, labels: Labels) -> list[Node]:
    found = value.get("attributes")
    entries = [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []
    names = [str(e["name"]) if "name" in e else labels.attribute(e.get("spec_id")) for e in entries]
    return [Node("attribute", 0, {"name": n}, f"{e.get('value', '')}") for n, e in zip(names, entries, strict=True)]


def _of_length(values: Sequence[float], length: int, what: str) -> Sequence[float]:
    if len(values) != length:
        raise ShapeError("outline-invalid", f"expected {length} numbers for {what}, found {len(values)}", "points")
    return values


def _rectangle(values: Sequence[float]) -> dict[str, str]:
    keys = ("xtl", "ytl", "xbr", "ybr")
    return {key: f"{v!r}" for key, v in zip(keys, _of_length(values, 4, "a rectangle"), strict=True)}


def _polygon(values: Sequence[float]) -> dict[str, str]:
    if len(values) % 2:
        raise ShapeError("outline-invalid", f"expected pairs of numbers, found {len(values)} numbers", "points")
    return {"points": ";".join(f"{x!r},{y!r}" for x, y in zip(values[::2], values[1::2], strict=True))}


def _ellipse(values: Sequence[float]) -> dict[str, str]:
    """Centre, the x of its right end and the y of its upper end."""
    cx, cy, right, top = _of_length(values, 4, "an ellipse")
    return {key: f"{v!r}" for key, v in {"cx": cx, "cy": cy, "rx": right - cx, "ry": cy - top}.items()}


def _mask(values: Sequence[float]) -> dict[str, str]:
    """Runs along the rows of a box, then its left, top, right and bottom pixel, which belong to it."""
    if len(values) < 5 or any(v != int(v) for v in values):
        raise ShapeError("outline-invalid", "expected runs and the box of a mask in whole numbers", "points")
    *runs, left, top, right, bottom = map(int, values)
    box = {"left": left, "top": top, "width": right - left + 1, "height": bottom - top + 1}
    return {"rle": ",".join(map(str, runs)), **{key: f"{v}" for key, v in box.items()}}


_TAGS = {"rectangle": "box"}
_POINTS: dict[str, Callable[[Sequence[float]], dict[str, str]]] = {
    "rectangle": _rectangle,
    "polygon": _polygon,
    "points": _polygon,
    "ellipse": _ellipse,
    "mask": _mask,
}
