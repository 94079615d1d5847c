"""One annotation of a COCO file: JSON value <-> Row."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from annelid import geometry
from annelid.formats import rle
from annelid.formats.row import Row
from annelid.formats.values import MAX_COORDINATE
from annelid.geometry import Ring, Shape
from annelid.objects import Kind

AUTHOR = "import:coco"
OURS = "annelid"
"""Key below which we keep what COCO has no key for."""
DECODED = {"id", "image_id", "category_id", "segmentation", "bbox", "area", "iscrowd", "score", OURS}

Json = Mapping[str, Any]
SizeWh = tuple[int, int]


class ShapeError(Exception):
    """An annotation, or a part of it, that cannot become an outline.

    Args:
        kind: code of the loss.
        what: the sentence for the user.
        key: where in the annotation, for example ``segmentation[0]``.
    """

    def __init__(self, kind: str, what: str, key: str = "") -> None:
        super().__init__(what)
        self.kind, self.what, self.key = kind, what, key


@dataclass(frozen=True)
class Outline:
    """What an annotation covers, before masks are traced.

    Attributes:
        kind: box, polygon or mask.
        shape: parts of one ring each; empty for a mask.
        window: the mask in its own window, for a mask.
        bad_rings: rings that were left out, the others being good.
        size_wh: size of the image that a mask is for.
    """

    kind: Kind
    shape: Shape = ()
    window: rle.Window | None = None
    bad_rings: tuple[ShapeError, ...] = ()
    size_wh: SizeWh | None = None


# --- reading ----------------------------------------------------------------------------------------------


def decode_outline(value: Json, *, flat_boxes: bool = False) -> Outline:
    """What an annotation covers: its polygon rings, else its mask, else its box.

    Args:
        value: the annotation.
        flat_boxes: take boxes without width or height, as detectors give them.

    Raises:
        ShapeError: it covers nothing that can be used.
    """
    segmentation = value.get("segmentation")
    if isinstance(segmentation, Mapping):
        return _decode_rle(segmentation)
    if isinstance(segmentation, list) and segmentation:
        return _decode_rings(segmentation)
    if segmentation is None or segmentation == []:
        return _decode_box(value.get("bbox"), flat_boxes)
    raise ShapeError("outline-invalid", f"expected rings or runs, found {type(segmentation).__name__}", "segmentation")


def _decode_rings(rings: Sequence[Any]) -> Outline:
    if isinstance(rings[0], int | float):  # one ring without its outer brackets
        rings = [rings]
    parts: list[tuple[Ring]] = []
    bad: list[ShapeError] = []
    for number, values in enumerate(rings):
        try:
            parts.append((_ring(values),))
        except (ValueError, TypeError) as error:
            bad.append(ShapeError("outline-invalid", f"{error}: the ring was left out", f"segmentation[{number}]"))
    if not parts:
        raise bad[0]
    return Outline(Kind.POLYGON, tuple(parts), bad_rings=tuple(bad))


def _ring(values: Any) -> Ring:
    if not isinstance(values, list | np.ndarray):
        raise TypeError(f"expected a list of x, y, found {type(values).__name__}")
    if len(values) % 2:
        raise ValueError(f"expected x, y pairs, found {len(values)} numbers")
    if len(values) > 6 and values[0] == values[-2] and values[1] == values[-1]:
        values = values[:-2]  # closed: the first point again
    if len(values) < 6:
        raise ValueError(f"expected at least 3 points, found {len(values) // 2}")
    ring = np.array(values, np.float64)
    if not (np.abs(ring) <= MAX_COORDINATE).all():
        raise ValueError("a coordinate is missing, NaN, infinite or beyond any image")
    return ring.reshape(-1, 2)


def _decode_rle(value: Json) -> Outline:
    counts, size = value.get("counts"), value.get("size")
    try:
        runs = rle.unpack(counts) if isinstance(counts, str) else _runs(counts)
        h, w = _size_hw(size)
        window = rle.decode(runs, (h, w))
    except (ValueError, TypeError, OverflowError) as error:
        raise ShapeError("outline-invalid", f"{error}: the mask was left out", "segmentation.counts") from None
    if not window[0].size:
        raise ShapeError("empty-object", "the mask holds no pixel and was left out", "segmentation")
    return Outline(Kind.MASK, window=window, size_wh=(w, h))


def _runs(counts: Any) -> rle.Counts:
    if not isinstance(counts, list) or not counts:
        raise ValueError(f"expected run lengths, found {type(counts).__name__}")
    runs = np.array(counts, np.float64)
    if runs.ndim != 1 or not ((np.abs(runs) < 2.0**53) & (runs == np.floor(runs))).all():
        raise ValueError("expected whole numbers as run lengths")
    return runs.astype(np.int64)


def _size_hw(size: Any) -> tuple[int, int]:
    if not isinstance(size, list) or len(size) != 2 or not all(isinstance(v, int) and v > 0 for v in size):
        raise ValueError(f"expected size [height, width], found {size!r}")
    return size[0], size[1]


def _decode_box(bbox: Any, flat_boxes: bool) -> Outline:
    if bbox is None or bbox == []:
        raise ShapeError("no-outline", "neither segmentation nor bbox: the annotation was left out")
    try:
        x, y, w, h = (float(v) for v in bbox)
    except (ValueError, TypeError):
        raise ShapeError("box-invalid", f"expected [x, y, width, height], found {bbox!r:.80}", "bbox") from None
    if not all(abs(v) <= MAX_COORDINATE for v in (x, y, w, h)):
        raise ShapeError("box-invalid", f"expected pixels, found {bbox!r:.80}: the box was left out", "bbox")
    if w < 0 or h < 0 or (not flat_boxes and (w == 0 or h == 0)):
        raise ShapeError("box-invalid", f"width {w:g} and height {h:g}: the box was left out", "bbox")
    return Outline(Kind.BOX, ((geometry.box_ring(x, y, x + w, y + h),),))


def decode_row(value: Json, outline: Outline, label: str, *, ignore: bool, place: str) -> Row:
    """The row of an annotation whose outline is known; a mask gets its shape later."""
    row = Row(
        outline.shape,
        label,
        outline.kind,
        score=score_of(value.get("score")),
        author=AUTHOR,
        id=str(value["id"]) if isinstance(value.get("id"), int | str) else place,
        ignore=ignore,
    )
    foreign = value.keys() - DECODED
    if foreign:
        row = replace(row, extra={"coco": {key: v for key, v in value.items() if key in foreign}})
    return _restored(row, value) if isinstance(value.get(OURS), Mapping) else row


def score_of(value: Any) -> float:
    """A detector's score, NaN for what is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return math.nan


def _restored(row: Row, value: Json) -> Row:
    """The row with what `encode_row` kept; its exact outline only where nobody edited the annotation."""
    ours = value[OURS]
    texts = {key: ours[key] for key in ("id", "author", "origin", "parent") if isinstance(ours.get(key), str)}
    row = replace(row, **texts)
    if isinstance(ours.get("extra"), Mapping):
        row = replace(row, extra={**row.extra, **ours["extra"]})
    exact = ours.get("exact")
    if not isinstance(exact, Mapping) or ours.get("of") != _fingerprint(value):
        return row
    try:
        shape = tuple(tuple(np.array(r, np.float64).reshape(-1, 2) for r in part) for part in exact["shape"])
        params = tuple(math.nan if v is None else float(v) for v in exact["params"])
        points = np.concatenate([ring for part in shape for ring in part])
        if not np.isfinite(points).all() or len(params) != 5:
            return row
        return replace(row, shape=shape, kind=Kind(exact["kind"]), params=params)
    except (KeyError, ValueError, TypeError):
        return row


def _fingerprint(value: Json) -> str:
    """Changes when outline or box are edited, and not when their numbers are written otherwise."""
    content = (_floats(value.get("segmentation")), _floats(value.get("bbox")))
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]


def _floats(value: Any) -> Any:
    if isinstance(value, Mapping):
        return [value.get("counts"), value.get("size")]
    if isinstance(value, list | tuple):
        return [_floats(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    return float(value) if isinstance(value, int | float) else value


# --- writing ----------------------------------------------------------------------------------------------


def encode_row(row: Row, number: int, area: float, size_wh: SizeWh) -> tuple[dict[str, Any], str]:
    """The annotation of a row, without image and category, and the code of what other programs miss.

    Args:
        row: the object; its shape is not empty and finite.
        number: the annotation's id.
        area: area of the outline in square pixels.
        size_wh: width and height of the image.

    Raises:
        ShapeError: COCO has nothing for it, or nothing of its mask lies on the image.
    """
    segmentation, loss = _encode_outline(row, size_wh)
    x1, y1, x2, y2 = geometry.shape_box(row.shape)
    bbox = [x1, y1, x2 - x1, y2 - y1]
    value: dict[str, Any] = {
        "id": number,
        "segmentation": segmentation,
        "area": area,
        "bbox": bbox,
        "iscrowd": int(row.ignore),
    }
    if not math.isnan(row.score):
        value["score"] = row.score
    foreign = row.extra.get("coco", {})
    value.update({key: v for key, v in foreign.items() if key not in DECODED})
    inexact = row.kind == Kind.BOX and (x1 + bbox[2], y1 + bbox[3]) != (x2, y2)
    ours = _ours(row, value, exact=bool(loss) or inexact)
    return ({**value, OURS: ours} if ours else value), loss


def _encode_outline(row: Row, size_wh: SizeWh) -> tuple[Any, str]:
    """Segmentation and code of the loss."""
    if row.kind == Kind.POINT:
        raise ShapeError("point", "COCO has no points: they were left out")
    if row.kind == Kind.BOX:
        return [], ""
    holes = any(len(part) > 1 for part in row.shape)
    if row.kind == Kind.MASK or holes or row.ignore:
        loss = "" if row.kind == Kind.MASK else "rasterised"
        return _encode_rle(row.shape, size_wh), loss
    if any(len(part[0]) < 3 for part in row.shape):
        raise ShapeError("empty-object", "outlines of fewer than three points were left out")
    return [part[0].ravel().tolist() for part in row.shape], "" if row.kind == Kind.POLYGON else "kind-changed"


def _encode_rle(shape: Shape, size_wh: SizeWh) -> dict[str, Any]:
    mask, corner_xy = geometry.window_mask(shape, size_wh)
    if not mask.size:
        raise ShapeError("outside-image", "masks outside their image were left out")
    if not mask.any():
        raise ShapeError("empty-object", "masks that cover the centre of no pixel were left out")
    counts = rle.encode(mask, corner_xy, size_wh)
    return {"counts": rle.pack(counts), "size": [size_wh[1], size_wh[0]]}


def _ours(row: Row, value: Json, *, exact: bool) -> dict[str, Any]:
    """What COCO has no key for; only what differs from what a reader would assume."""
    ours: dict[str, Any] = {}
    if row.id != str(value["id"]):
        ours["id"] = row.id
    if row.author != AUTHOR:
        ours["author"] = row.author
    ours.update({key: v for key, v in (("origin", row.origin), ("parent", row.parent)) if v})
    others = {key: v for key, v in row.extra.items() if key.split("_")[0] != "coco"}
    if others:
        ours["extra"] = others
    if exact:
        params = [None if math.isnan(v) else float(v) for v in row.params]
        shape = [[ring.tolist() for ring in part] for part in row.shape]
        ours["exact"] = {"kind": int(row.kind), "params": params, "shape": shape}
        ours["of"] = _fingerprint(value)
    return ours
