"""Objects: everything that lies on one image, as columns of equal length."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annelid import geometry, tracing
from annelid.geometry import Ring, Shape

Strings = NDArray[np.object_]


class Kind(IntEnum):
    """What a person or a model drew; the outline of every kind is kept as rings as well."""

    BOX = 0
    POLYGON = 1
    MASK = 2  # rings that run along pixel edges
    POINT = 3  # one ring of one vertex
    ELLIPSE = 4  # params: centre x, centre y, radius x, radius y, angle in radians
    ROTATED_BOX = 5  # params: centre x, centre y, width, height, angle in radians


HAS_AREA = (Kind.BOX, Kind.POLYGON, Kind.MASK, Kind.ELLIPSE, Kind.ROTATED_BOX)


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects on one view, a column each; N objects, P parts, R rings, K vertices.

    Filtered like an array: ``objects[objects.scores > .5]``, ``objects[3:5]``, ``objects[[0, 2]]``. Coordinates are
    float pixels of the full-resolution image, x right, y down, (0, 0) the top-left corner of the first pixel.

    Attributes:
        ids: str (N,), unique on the image.
        labels: str (N,), class names.
        kinds: uint8 (N,), see `Kind`.
        coords: float64 (K, 2), x and y of all vertices.
        ring_offsets: int64 (R + 1,), vertices of ring r are ``coords[ring_offsets[r]:ring_offsets[r + 1]]``.
        part_offsets: int64 (P + 1,), rings of part p; the first is the exterior, the others are holes.
        object_offsets: int64 (N + 1,), parts of object n.
        params: float64 (N, 5), the exact parameters of ellipses and rotated boxes, else NaN.
        scores: float64 (N,) in 0..1; NaN when a person drew the object.
        authors: str (N,), ``human:ann``, ``model:<id>``, ``import:coco``.
        origins: str (N,), id of the prediction that the object corrects, or "".
        parents: str (N,), id of the object that contains it (a nucleus in its cell), or "".
        ignore: bool (N,), neither object nor background (COCO's crowd, LabelMe's ``__ignore__``).
        extra: (N,), foreign attributes that ride along, a dict each (JSON values).
    """

    ids: Strings
    labels: Strings
    kinds: NDArray[np.uint8]
    coords: NDArray[np.float64]
    ring_offsets: NDArray[np.int64]
    part_offsets: NDArray[np.int64]
    object_offsets: NDArray[np.int64]
    params: NDArray[np.float64]
    scores: NDArray[np.float64]
    authors: Strings
    origins: Strings
    parents: Strings
    ignore: NDArray[np.bool_]
    extra: Strings = field(repr=False)

    def __post_init__(self) -> None:
        n = len(self.ids)
        for name in _PER_OBJECT:
            if len(getattr(self, name)) != n:
                raise ValueError(f"Objects.{name}: expected {n} values, found {len(getattr(self, name))}")
        if self.object_offsets[-1] != len(self.part_offsets) - 1:
            raise ValueError("Objects.object_offsets does not end at the last part")
        if self.part_offsets[-1] != len(self.ring_offsets) - 1 or self.ring_offsets[-1] != len(self.coords):
            raise ValueError("Objects.part_offsets or ring_offsets do not end at the last ring or vertex")

    # --- making ------------------------------------------------------------------------------------------------

    @classmethod
    def empty(cls) -> Objects:
        """No objects."""
        return cls.from_shapes([], [])

    @classmethod
    def from_shapes(
        cls,
        shapes: Sequence[Shape],
        labels: Sequence[str],
        *,
        kinds: Kind | Sequence[Kind] | NDArray[np.uint8] = Kind.POLYGON,
        ids: Sequence[str] | None = None,
        params: ArrayLike | None = None,
        scores: ArrayLike | float = np.nan,
        authors: str | Sequence[str] = "",
        origins: str | Sequence[str] = "",
        parents: str | Sequence[str] = "",
        ignore: ArrayLike | bool = False,
        extra: Sequence[Mapping[str, Any]] | None = None,
    ) -> Objects:
        """Objects from shapes (see `annelid.geometry`), one label each; ids are made up when not given."""
        n = len(shapes)
        parts = [part for shape in shapes for part in shape]
        rings = [np.asarray(ring, np.float64).reshape(-1, 2) for part in parts for ring in part]
        return cls(
            ids=_strings(ids if ids is not None else new_ids(n), n),
            labels=_strings(labels, n),
            kinds=np.broadcast_to(np.asarray(kinds, np.uint8), (n,)).copy(),
            coords=np.concatenate(rings) if rings else np.zeros((0, 2)),
            ring_offsets=_offsets(len(r) for r in rings),
            part_offsets=_offsets(len(p) for p in parts),
            object_offsets=_offsets(len(s) for s in shapes),
            params=np.full((n, 5), np.nan) if params is None else np.asarray(params, np.float64).reshape(n, 5),
            scores=np.broadcast_to(np.asarray(scores, np.float64), (n,)).copy(),
            authors=_strings(authors, n),
            origins=_strings(origins, n),
            parents=_strings(parents, n),
            ignore=np.broadcast_to(np.asarray(ignore, bool), (n,)).copy(),
            extra=_dicts(extra, n),
        )

    @classmethod
    def from_boxes(cls, boxes_xyxy: ArrayLike, labels: Sequence[str], **columns: Any) -> Objects:
        """Objects of kind box from float (N, 4) ``x1, y1, x2, y2``; other columns as in `from_shapes`."""
        boxes = np.asarray(boxes_xyxy, np.float64).reshape(-1, 4)
        shapes: list[Shape] = [((geometry.box_ring(*box),),) for box in boxes]
        return cls.from_shapes(shapes, labels, kinds=Kind.BOX, **columns)

    @classmethod
    def from_points(cls, points_xy: ArrayLike, labels: Sequence[str], **columns: Any) -> Objects:
        """Objects of kind point from float (N, 2)."""
        points = np.asarray(points_xy, np.float64).reshape(-1, 2)
        shapes: list[Shape] = [((point[None],),) for point in points]
        return cls.from_shapes(shapes, labels, kinds=Kind.POINT, **columns)

    @classmethod
    def from_label_image(
        cls,
        labels: NDArray[np.integer],
        label: str,
        *,
        origin_xy: tuple[float, float] = (0, 0),
        **columns: Any,
    ) -> Objects:
        """One object of kind mask per value of an integer (h, w) image (0 is background), traced exactly.

        The value is kept in ``extra["label_value"]``.
        """
        shapes = tracing.label_image_to_shapes(labels, origin_xy)
        columns.setdefault("extra", [{"label_value": value} for value in shapes])
        return cls.from_shapes(list(shapes.values()), [label] * len(shapes), kinds=Kind.MASK, **columns)

    @classmethod
    def concat(cls, several: Iterable[Objects]) -> Objects:
        """All objects of several, in order."""
        items = [o for o in several if len(o)]
        if len(items) <= 1:
            return items[0] if items else cls.empty()
        joined = {name: np.concatenate([getattr(o, name) for o in items]) for name in (*_PER_OBJECT, "coords")}
        for name in ("ring_offsets", "part_offsets", "object_offsets"):
            lengths = np.concatenate([np.diff(getattr(o, name)) for o in items])
            joined[name] = _offsets(lengths)
        return cls(**joined)

    # --- reading -----------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, which: slice) -> Objects: ...
    @overload
    def __getitem__(self, which: ArrayLike) -> Objects: ...
    def __getitem__(self, which: slice | ArrayLike) -> Objects:
        index = np.arange(len(self))[which if isinstance(which, slice) else _index(which)]
        parts = _ranges(self.object_offsets, index)
        rings = _ranges(self.part_offsets, parts)
        vertices = _ranges(self.ring_offsets, rings)
        return Objects(
            **{name: getattr(self, name)[index] for name in _PER_OBJECT},
            coords=self.coords[vertices],
            ring_offsets=_offsets(np.diff(self.ring_offsets)[rings]),
            part_offsets=_offsets(np.diff(self.part_offsets)[parts]),
            object_offsets=_offsets(np.diff(self.object_offsets)[index]),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Objects) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def shape(self, n: int) -> Shape:
        """Parts and rings of object n (see `annelid.geometry`)."""
        return tuple(
            tuple(self._ring(r) for r in range(self.part_offsets[p], self.part_offsets[p + 1]))
            for p in range(self.object_offsets[n], self.object_offsets[n + 1])
        )

    def _ring(self, r: int) -> Ring:
        return self.coords[self.ring_offsets[r] : self.ring_offsets[r + 1]]

    @property
    def shapes(self) -> Iterator[Shape]:
        """The shape of every object, in order."""
        return (self.shape(n) for n in range(len(self)))

    @cached_property
    def boxes_xyxy(self) -> NDArray[np.float64]:
        """float64 (N, 4) bounding boxes ``x1, y1, x2, y2``; NaN for an object without vertices."""
        boxes = np.full((len(self), 4), np.nan)
        vertex_offsets = self.ring_offsets[self.part_offsets[self.object_offsets]]
        filled = np.flatnonzero(np.diff(vertex_offsets))
        if len(filled):
            boxes[filled, :2] = np.minimum.reduceat(self.coords, vertex_offsets[filled], axis=0)
            boxes[filled, 2:] = np.maximum.reduceat(self.coords, vertex_offsets[filled], axis=0)
        return boxes

    @cached_property
    def areas(self) -> NDArray[np.float64]:
        """float64 (N,) areas in square pixels, holes taken off."""
        return np.array([geometry.shape_area(shape) for shape in self.shapes], np.float64)

    @property
    def has_area(self) -> NDArray[np.bool_]:
        """Which objects are more than points, bool (N,)."""
        return np.asarray(self.kinds != Kind.POINT, bool)

    def mask(self, n: int, size_wh: tuple[int, int]) -> tuple[NDArray[np.bool_], tuple[int, int]]:
        """Raster of object n in its own window: bool (h, w) and the x, y of the window's top-left corner."""
        return geometry.window_mask(self.shape(n), size_wh)

    def label_image(self, size_wh: tuple[int, int]) -> NDArray[np.uint32]:
        """uint32 (h, w): object n has the value n + 1, 0 is background; where two overlap the later one shows."""
        image = np.zeros((size_wh[1], size_wh[0]), np.uint32)
        for n in range(len(self)):
            mask, (x, y) = self.mask(n, size_wh)
            image[y : y + mask.shape[0], x : x + mask.shape[1]][mask] = n + 1
        return image

    # --- changing ----------------------------------------------------------------------------------------------

    def replace(self, **columns: Any) -> Objects:
        """The same objects with some columns replaced; a single value goes to every object."""
        n = len(self)
        for name in ("ids", "labels", "authors", "origins", "parents"):
            if name in columns:
                columns[name] = _strings(columns[name], n)
        if "extra" in columns:
            columns["extra"] = _dicts(columns["extra"], n)
        for name, dtype in (("scores", np.float64), ("kinds", np.uint8), ("ignore", bool)):
            if name in columns:
                columns[name] = np.broadcast_to(np.asarray(columns[name], dtype), (n,)).copy()
        return replace(self, **columns)

    def moved(self, offset_xy: tuple[float, float] = (0, 0), scale_xy: tuple[float, float] = (1, 1)) -> Objects:
        """Scaled about the origin, then shifted; what `params` can't follow exactly becomes a polygon."""
        sx, sy = scale_xy
        params, kinds = self.params.copy(), self.kinds.copy()
        params[:, 0] = params[:, 0] * sx + offset_xy[0]
        params[:, 1] = params[:, 1] * sy + offset_xy[1]
        if sx == sy:
            params[:, 2:4] *= sx
        else:
            bent = ~np.isnan(params[:, 0])
            params[bent], kinds[bent] = np.nan, Kind.POLYGON
        if (sx, sy) != (1, 1) or any(float(o) % 1 for o in offset_xy):
            kinds[kinds == Kind.MASK] = Kind.POLYGON
        return replace(self, coords=self.coords * scale_xy + offset_xy, params=params, kinds=kinds)

    # --- binary layout -----------------------------------------------------------------------------------------

    def to_bytes(self) -> bytes:
        """The one binary layout (an uncompressed ``.npz``, strings as UTF-8 JSON); `from_bytes` reads it."""
        buffer = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        texts = {name: _json_array([_plain(v) for v in getattr(self, name)]) for name in _TEXTS}
        np.savez(buffer, allow_pickle=False, **arrays, **texts)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Objects:
        """Objects from `to_bytes`; nothing in it can run code."""
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            columns: dict[str, Any] = {name: archive[name] for name in _ARRAYS}
            for name in _TEXTS:
                columns[name] = column(json.loads(archive[name].tobytes().decode()))
        return cls(**columns)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all columns: equal exactly when the objects are."""
        sha = hashlib.sha256()
        for name in _ARRAYS:
            sha.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        sha.update(json.dumps([[_plain(v) for v in getattr(self, name)] for name in _TEXTS], sort_keys=True).encode())
        return sha.hexdigest()


_TEXTS = ("ids", "labels", "authors", "origins", "parents", "extra")
_ARRAYS = tuple(f.name for f in fields(Objects) if f.name not in _TEXTS)
_PER_OBJECT = (*_TEXTS, "kinds", "params", "scores", "ignore")


def new_ids(n: int) -> list[str]:
    """Fresh object ids."""
    return [uuid.uuid4().hex for _ in range(n)]


def _strings(values: str | Sequence[str] | NDArray[np.object_], n: int) -> Strings:
    array = column([values] * n if isinstance(values, str) else list(values))
    if len(array) != n:
        raise ValueError(f"expected {n} strings, found {len(array)}")
    return array


def _dicts(values: Sequence[Mapping[str, Any]] | None, n: int) -> Strings:
    return column([dict(v) for v in values] if values is not None else [{} for _ in range(n)])


def column(values: Sequence[Any]) -> Strings:
    """An object array (N,) of texts or dicts, one a row."""
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _json_array(values: list[Any]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(values).encode(), np.uint8)


def _offsets(lengths: Iterable[int] | NDArray[np.integer]) -> NDArray[np.int64]:
    values = np.fromiter(lengths, np.int64) if not isinstance(lengths, np.ndarray) else lengths
    return np.concatenate([[0], np.cumsum(values)]).astype(np.int64)


def _index(which: ArrayLike) -> NDArray[Any]:
    array = np.asarray(which)
    return array.astype(np.int64) if array.size == 0 and array.dtype != bool else np.atleast_1d(array)


def _ranges(offsets: NDArray[np.int64], index: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate ``range(offsets[i], offsets[i + 1])`` for every i of index."""
    lengths = np.diff(offsets)[index]
    total = int(lengths.sum())
    shift = np.repeat(offsets[index] - (np.cumsum(lengths) - lengths), lengths)
    return np.asarray(np.arange(total) + shift, np.int64)
