"""Objects as the page has them (`ImageObject` of types.js) and back, every value looked at.

Rings are flat lists ``x0, y0, x1, y1, ...`` of pixels at full resolution.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from annelid.dataset import LabeledImage
from annelid.errors import UsageError
from annelid.geometry import Ring, Shape
from annelid.objects import Kind, Objects

KINDS = {kind: kind.name.lower() for kind in Kind}
_NUMBERS = {name: kind for kind, name in KINDS.items()}
_WITH_PARAMS = (Kind.ELLIPSE, Kind.ROTATED_BOX)
_FARTHEST = 1e7
"""Pixels; nothing lies farther from an image's corner, on no slide."""
_LONGEST_TEXT = 500
_MOST_EXTRA = 2**16
_DEEPEST = 20
_DEFAULTS: Mapping[str, Any] = {
    "params": None,
    "score": None,
    "author": None,
    "origin": "",
    "parent": "",
    "ignore": False,
    "extra": {},
}
_NEEDED = ("id", "label", "kind", "shape")


def annotation_to_json(item: LabeledImage) -> dict[str, Any]:
    """``Annotation`` of types.js, with arrays for rings: to be written by `annelid.server.reply.reply`."""
    return {
        "view": item.id,
        "revision": item.revision,
        "state": item.state,
        "covered": [_flat(ring) for ring in item.covered],
        "objects": objects_to_json(item.objects),
    }


def objects_to_json(objects: Objects) -> list[dict[str, Any]]:
    """``ImageObject`` of types.js, one for each object."""
    coords = np.ascontiguousarray(objects.coords).reshape(-1)
    ring_at, part_at = (objects.ring_offsets * 2).tolist(), objects.part_offsets.tolist()
    object_at = objects.object_offsets.tolist()
    rings = [coords[a:b] for a, b in itertools.pairwise(ring_at)]
    parts = [rings[a:b] for a, b in itertools.pairwise(part_at)]
    columns = (
        objects.ids,
        objects.labels,
        objects.kinds.tolist(),
        [parts[a:b] for a, b in itertools.pairwise(object_at)],
        objects.params,
        objects.scores.tolist(),
        objects.authors,
        objects.origins,
        objects.parents,
        objects.ignore.tolist(),
        objects.extra,
    )
    return [_object_to_json(*values) for values in zip(*columns, strict=True)]


def _object_to_json(
    id_: str,
    label: str,
    kind: int,
    shape: list[list[NDArray[np.float64]]],
    params: NDArray[np.float64],
    score: float,
    author: str,
    origin: str,
    parent: str,
    ignore: bool,
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "id": id_,
        "label": label,
        "kind": KINDS[Kind(kind)],
        "shape": shape,
        "params": None if math.isnan(params[0]) else params,
        "score": None if math.isnan(score) else score,
        "author": author,
        "origin": origin,
        "parent": parent,
        "ignore": ignore,
        "extra": extra,
    }


def objects_from_json(values: Any, author: str, classes: Sequence[str]) -> Objects:
    """The objects of a list of ``ImageObject``.

    Args:
        values: what the page sent.
        author: of those that name none.
        classes: what a class may be called; what is to be ignored may have any.

    Raises:
        UsageError: something is not as it should be; object and place are named.
    """
    rows = [_Fields(value, f"upsert[{n}]") for n, value in enumerate(listed("upsert", values))]
    kinds = [row.take("kind", _kind) for row in rows]
    typed = list(zip(rows, kinds, strict=True))
    return Objects.from_shapes(
        [row.take("shape", _shape, kind) for row, kind in typed],
        [row.take("label", _label, None if row.given["ignore"] is True else classes) for row in rows],
        kinds=kinds,
        ids=[row.take("id", identity) for row in rows],
        params=np.array([row.take("params", _params, kind) for row, kind in typed], np.float64).reshape(-1, 5),
        scores=[row.take("score", _score) for row in rows],
        authors=[author if row.given["author"] is None else row.take("author", text) for row in rows],
        origins=[row.take("origin", text) for row in rows],
        parents=[row.take("parent", text) for row in rows],
        ignore=[row.take("ignore", _flag) for row in rows],
        extra=[row.take("extra", _extra) for row in rows],
    )


def covered_from_json(values: Any) -> tuple[Ring, ...]:
    """Areas, a flat ring each.

    Raises:
        UsageError: something is not as it should be; the place is named.
    """
    return tuple(_ring(f"covered[{n}]", ring, 3) for n, ring in enumerate(listed("covered", values)))


class _Fields:
    """The fields of one object, with its place for those who have to correct it."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise unlike(where, "an object", value)
        known = (*_NEEDED, *_DEFAULTS)
        self.given = {**_DEFAULTS, **value}
        self._where = f"{where} ({value.get('id')!s:.60})"
        if strange := [key for key in value if key not in known]:
            raise unlike(self._where, f"only {', '.join(known)}", strange[0])
        if lacking := [key for key in _NEEDED if key not in value]:
            raise unlike(f"{self._where}.{lacking[0]}", "a value", None)

    def take(self, key: str, parse: Callable[..., Any], *more: Any) -> Any:
        """One field, parsed; the parser gets the place, the value, and what else is given."""
        return parse(f"{self._where}.{key}", self.given[key], *more)


def unlike(where: str, expected: str, found: Any) -> UsageError:
    """The error for a value that is not as it should be."""
    return UsageError(f"{where}: expected {expected}, found {found!r:.100}", next_step="nothing was saved")


def listed(where: str, value: Any) -> list[Any]:
    """A list; UsageError for anything else."""
    if not isinstance(value, list):
        raise unlike(where, "a list", value)
    return value


def text(where: str, value: Any) -> str:
    """A text of a line, perhaps empty; UsageError for anything else."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not value.replace(" ", "").isprintable():
        raise unlike(where, f"a text of at most {_LONGEST_TEXT} letters", value)
    return value


def identity(where: str, value: Any) -> str:
    """The id of an object; UsageError for what cannot be one."""
    if not text(where, value).strip():
        raise unlike(where, "an id", value)
    return str(value)


def _kind(where: str, value: Any) -> Kind:
    if not isinstance(value, str) or value not in _NUMBERS:
        raise unlike(where, f"one of {', '.join(_NUMBERS)}", value)
    return _NUMBERS[value]


def _label(where: str, value: Any, classes: Sequence[str] | None) -> str:
    """A class that the project has; None for what may have any."""
    if classes is not None and text(where, value) not in classes:
        known = ", ".join(classes)[:_LONGEST_TEXT] or "none yet: add one first"
        raise unlike(where, f"a class of the project ({known})", value)
    return text(where, value)


def _shape(where: str, value: Any, kind: Kind) -> Shape:
    if kind == Kind.POINT:
        return ((_point(where, value),),)
    parts = listed(where, value)
    if not parts or not all(isinstance(part, list) and part for part in parts):
        raise unlike(where, "parts of rings", value)
    return tuple(
        tuple(_ring(f"{where}[{p}][{r}]", ring, 3) for r, ring in enumerate(part)) for p, part in enumerate(parts)
    )


def _point(where: str, value: Any) -> Ring:
    is_one = isinstance(value, list) and len(value) == 1 and isinstance(value[0], list) and len(value[0]) == 1
    if not is_one or not isinstance(value[0][0], list) or len(value[0][0]) != 2:
        raise unlike(where, "one ring of one vertex, as the object is a point", value)
    return _ring(f"{where}[0][0]", value[0][0], 1)


def _ring(where: str, value: Any, fewest: int) -> Ring:
    numbers = listed(where, value)
    if len(numbers) % 2 or len(numbers) < 2 * fewest:
        raise unlike(where, f"x and y of at least {fewest} vertices", f"{len(numbers)} numbers")
    if not {*map(type, numbers)} <= {int, float}:
        raise unlike(where, "numbers", next(v for v in numbers if type(v) not in (int, float)))
    ring = np.array(numbers, np.float64).reshape(-1, 2)
    if (far := np.flatnonzero(~(np.abs(ring) <= _FARTHEST))).size:
        raise unlike(f"{where}[{far[0]}]", "a place in or near the image, in pixels", numbers[far[0]])
    return ring


def _params(where: str, value: Any, kind: Kind) -> Sequence[float]:
    if kind not in _WITH_PARAMS:
        if value is not None:
            raise unlike(where, f"null, as the object is a {KINDS[kind]}", value)
        return (math.nan,) * 5
    is_five = isinstance(value, list) and len(value) == 5
    if not is_five or not all(type(v) in (int, float) and abs(v) <= _FARTHEST for v in value) or min(value[2:4]) <= 0:
        raise unlike(where, "five numbers: centre, two lengths above 0, angle", value)
    return list(value)


def _score(where: str, value: Any) -> float:
    if value is None:
        return math.nan
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise unlike(where, "a number from 0 to 1, or null", value)
    return float(value)


def _flag(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise unlike(where, "true or false", value)
    return value


def _extra(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or _depth(value) > _DEEPEST or len(orjson.dumps(value)) > _MOST_EXTRA:
        raise unlike(where, f"attributes, of {_MOST_EXTRA // 2**10} KiB in all", value)
    return value


def _depth(value: Any) -> int:
    """How many lists and objects lie in each other; no more are counted than may be."""
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        depth += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return depth


def _inside(value: Any) -> Sequence[Any]:
    return list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else ()


def _flat(ring: Ring) -> NDArray[np.float64]:
    return np.ascontiguousarray(ring, np.float64).reshape(-1)
