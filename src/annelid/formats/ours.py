"""What a format has no place for, kept beside each object for Annelid itself.

A writer encodes a row, decodes what it wrote, and keeps here what differs: ids, authors, scores, and the exact
outline. A reader puts it back, the outline only where nobody edited the shape since.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from annelid.formats.row import Row
from annelid.formats.values import MAX_COORDINATE
from annelid.geometry import Shape
from annelid.objects import Kind

KEY = "annelid"
_TEXTS = ("id", "author", "origin", "parent", "label")
_TOLERANCE_PX = 1e-6
_FAR = 1e14


def kept(row: Row, as_read: Row, native: str) -> dict[str, Any]:
    """What a reader does not get from the file alone.

    Args:
        row: the object.
        as_read: what decoding the written shape gives.
        native: name of the format: keys of ``extra`` that begin with it are written in its own way.
    """
    ours: dict[str, Any] = {key: getattr(row, key) for key in _TEXTS if getattr(row, key) != getattr(as_read, key)}
    if row.ignore != as_read.ignore:
        ours["ignore"] = row.ignore
    if not (row.score == as_read.score or (math.isnan(row.score) and math.isnan(as_read.score))):
        ours["score"] = None if math.isnan(row.score) else row.score
    others = {key: v for key, v in row.extra.items() if key.split("_")[0] != native}
    if others:
        ours["extra"] = others
    if row.kind != as_read.kind or not _same_outline(row, as_read):
        params = [None if math.isnan(v) else float(v) for v in row.params]
        shape = [[ring.tolist() for ring in part] for part in row.shape]
        ours["exact"] = {"kind": int(row.kind), "params": params, "shape": shape}
        ours["of"] = _fingerprint(as_read)
    return ours


def kept_with_native(row: Row, as_read: Row, native: str) -> dict[str, Any]:
    """As `kept`, and the format's own keys as well where they do not come back alike."""
    ours = kept(row, as_read, native)
    if row.extra.get(native) and row.extra[native] != as_read.extra.get(native):
        ours["extra"] = {**ours.get("extra", {}), native: row.extra[native]}
    return ours


def loads(text: str) -> object:
    """What `kept` gave, from its JSON; None where it is no JSON any more."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def restored(row: Row, ours: object) -> Row:
    """The row with what `kept` gave; what is not as `kept` gives it is left alone."""
    if not isinstance(ours, Mapping):
        return row
    texts = {key: ours[key] for key in _TEXTS if isinstance(ours.get(key), str)}
    changed = replace(row, **texts | {"label": texts["label"] if texts.get("label", "").strip() else row.label})
    if isinstance(ours.get("ignore"), bool):
        changed = replace(changed, ignore=ours["ignore"])
    score = ours.get("score")
    if isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score):
        changed = replace(changed, score=float(score))
    if isinstance(ours.get("extra"), Mapping):
        changed = replace(changed, extra={**row.extra, **ours["extra"]})
    exact = ours.get("exact")
    if isinstance(exact, Mapping) and ours.get("of") == _fingerprint(row):
        return with_exact(changed, exact)
    return changed


def with_exact(row: Row, exact: Mapping[str, Any]) -> Row:
    """The row with the exact outline that was kept, where it is one."""
    try:
        shape = tuple(tuple(np.array(r, np.float64).reshape(-1, 2) for r in part) for part in exact["shape"])
        params = tuple(math.nan if v is None else float(v) for v in exact["params"])
        if not all(shape) or not _is_sound(shape) or len(params) != 5:
            return row
        return replace(row, shape=shape, kind=Kind(exact["kind"]), params=params)
    except (KeyError, ValueError, TypeError, OverflowError):
        return row


def _is_sound(shape: Shape) -> bool:
    """Whether an outline's numbers can be pixels, and its holes lie where its parts do."""
    rings = [ring for part in shape for ring in part]
    if not rings or not all(len(r) and (np.abs(r) <= MAX_COORDINATE).all() for r in rings):
        return False
    return all((hole >= p[0].min(0)).all() and (hole <= p[0].max(0)).all() for p in shape for hole in p[1:])


def _same_outline(a: Row, b: Row) -> bool:
    if not _same_shape(a.shape, b.shape):
        return False
    return bool(np.allclose(a.params, b.params, rtol=0, atol=_TOLERANCE_PX, equal_nan=True))


def _same_shape(a: Shape, b: Shape) -> bool:
    if [len(part) for part in a] != [len(part) for part in b]:
        return False
    rings = zip((r for part in a for r in part), (r for part in b for r in part), strict=True)
    return all(p.shape == q.shape and bool(np.allclose(p, q, rtol=0, atol=_TOLERANCE_PX)) for p, q in rings)


def _fingerprint(row: Row) -> str:
    """Changes when an outline is edited, and not when its numbers are written otherwise."""
    sha = hashlib.sha256(f"{int(row.kind)}".encode())
    for ring in (ring for part in row.shape for ring in part):
        rounded = np.round(np.clip(ring, -_FAR, _FAR) * 1e4).astype(np.int64)
        sha.update(np.ascontiguousarray(rounded).tobytes() + b";")
    return sha.hexdigest()[:16]
