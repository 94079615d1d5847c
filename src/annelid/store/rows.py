"""Objects as rows of a table, one object each, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annelid.objects import Objects, column

_EMPTY = Objects.empty()
_COUNT, _FLOAT = np.dtype("<i4"), np.dtype("<f8")


class ObjectRow(NamedTuple):
    """One object in values that SQLite knows; equal rows are equal objects.

    Attributes:
        id: the object's id.
        label: class name.
        kind: see `annelid.objects.Kind`.
        score: None when a person drew it.
        author: who made it.
        origin: id of the prediction that it corrects, or "".
        parent: id of the object that contains it, or "".
        ignored: 0 or 1.
        params: five little-endian float64, or None.
        geometry: little-endian int32 number of parts, rings of each part, vertices of each ring, and float64
            x and y of every vertex.
        extra: JSON with sorted keys, or None.
    """

    id: str
    label: str
    kind: int
    score: float | None
    author: str
    origin: str
    parent: str
    ignored: int
    params: bytes | None
    geometry: bytes
    extra: str | None


def to_rows(objects: Objects) -> list[ObjectRow]:
    """A row for every object, in order."""
    columns = (
        map(str, objects.ids),
        map(str, objects.labels),
        objects.kinds.tolist(),
        (None if score != score else score for score in objects.scores.tolist()),
        map(str, objects.authors),
        map(str, objects.origins),
        map(str, objects.parents),
        map(int, objects.ignore.tolist()),
        _params_to_blobs(objects.params),
        _geometry_to_blobs(objects),
        (json.dumps(dict(extra), sort_keys=True) if extra else None for extra in objects.extra),
    )
    return [ObjectRow(*values) for values in zip(*columns, strict=True)]


def from_rows(rows: Sequence[ObjectRow]) -> Objects:
    """The objects of some rows, in order; ``from_rows(to_rows(objects)) == objects``."""
    if not rows:
        return _EMPTY
    columns = ObjectRow(*zip(*rows, strict=True))  # type: ignore[arg-type]
    return Objects(
        ids=column(columns.id),
        labels=column(columns.label),
        kinds=np.array(columns.kind, np.uint8),
        scores=np.array(columns.score, np.float64),  # None becomes NaN
        authors=column(columns.author),
        origins=column(columns.origin),
        parents=column(columns.parent),
        ignore=np.array(columns.ignored, bool),
        params=_params_from_blobs(columns.params),  # type: ignore[arg-type]
        extra=column([json.loads(text) if text else {} for text in columns.extra or ()]),
        **_geometry_from_blobs(columns.geometry),  # type: ignore[arg-type]
    )


def _params_to_blobs(params: NDArray[np.float64]) -> list[bytes | None]:
    used = np.asarray(~np.isnan(params).all(axis=1))
    if not used.any():
        return [None] * len(params)
    return [row.astype(_FLOAT).tobytes() if known else None for row, known in zip(params, used, strict=True)]


def _params_from_blobs(blobs: Sequence[bytes | None]) -> NDArray[np.float64]:
    params = np.full((len(blobs), 5), np.nan)
    for n, blob in enumerate(blobs):
        if blob is not None:
            params[n] = np.frombuffer(blob, _FLOAT)
    return params


def _geometry_to_blobs(objects: Objects) -> list[bytes]:
    rings_of_part = np.diff(objects.part_offsets).astype(_COUNT).tobytes()
    vertices_of_ring = np.diff(objects.ring_offsets).astype(_COUNT).tobytes()
    parts_of_object = np.diff(objects.object_offsets).astype(_COUNT).tobytes()
    coords = np.ascontiguousarray(objects.coords, _FLOAT).tobytes()
    part = objects.object_offsets
    ring = objects.part_offsets[part]
    vertex = objects.ring_offsets[ring]
    bounds = zip((part * 4).tolist(), (ring * 4).tolist(), (vertex * 16).tolist(), strict=True)
    p, r, v = next(bounds)
    blobs = []
    for n, (p_end, r_end, v_end) in enumerate(bounds):
        count = parts_of_object[n * 4 : n * 4 + 4]
        blobs.append(count + rings_of_part[p:p_end] + vertices_of_ring[r:r_end] + coords[v:v_end])
        p, r, v = p_end, r_end, v_end
    return blobs


def _geometry_from_blobs(blobs: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    parts, rings, vertices, coords = [], [], [], []
    for blob in blobs:
        n_parts = int.from_bytes(blob[:4], "little")
        end_of_parts = 4 + 4 * n_parts
        rings_of_part = np.frombuffer(blob, _COUNT, n_parts, 4)
        n_rings = int(rings_of_part[0]) if n_parts == 1 else int(rings_of_part.sum())
        end_of_rings = end_of_parts + 4 * n_rings
        parts.append(n_parts)
        rings.append(blob[4:end_of_parts])
        vertices.append(blob[end_of_parts:end_of_rings])
        coords.append(blob[end_of_rings:])
    return {
        "object_offsets": _offsets(np.array(parts, np.int64)),
        "part_offsets": _offsets(np.frombuffer(b"".join(rings), _COUNT)),
        "ring_offsets": _offsets(np.frombuffer(b"".join(vertices), _COUNT)),
        "coords": np.frombuffer(b"".join(coords), _FLOAT).astype(np.float64).reshape(-1, 2),
    }


def _offsets(lengths: NDArray[Any]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
