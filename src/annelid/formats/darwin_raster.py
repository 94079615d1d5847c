"""Darwin's raster layers: the brush masks of one image in one list of runs, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.formats import rle
from annelid.formats.values import ShapeError, SizeWh

Ints = NDArray[np.int64]


def decode_layer(layer: object, size_wh: SizeWh) -> dict[str, rle.Window]:
    """Id of a mask annotation -> its pixels in their own window; ``value 3`` where a value is of no annotation.

    Args:
        layer: ``dense_rle``, a value and how many pixels have it, along the rows, again and again, and
            ``mask_annotation_ids_mapping``, the value of each mask.
        size_wh: size of the picture that it is for.

    Raises:
        ShapeError: it is no such list, or one for another size.
    """
    found = layer if isinstance(layer, Mapping) else {}
    mapping = found.get("mask_annotation_ids_mapping", found.get("mask_mappings"))
    if not isinstance(mapping, Mapping):
        raise ShapeError("outline-invalid", "expected the value of each mask", "mask_annotation_ids_mapping")
    values, starts, ends = _runs(found.get("dense_rle"), size_wh)
    named = {str(name): value for name, value in mapping.items() if isinstance(value, int)}
    nameless = {f"value {value}": value for value in np.unique(values).tolist() if value}
    named |= {name: value for name, value in nameless.items() if value not in named.values()}
    return {name: _window(starts[values == v], ends[values == v], size_wh) for name, v in named.items() if v}


def _runs(found: object, size_wh: SizeWh) -> tuple[Ints, Ints, Ints]:
    """Value, first pixel and end of each run."""
    try:
        pairs = np.array(found, np.int64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError):
        raise ShapeError("outline-invalid", "expected pairs of a value and a number of pixels", "dense_rle") from None
    w, h = size_wh
    lengths = pairs[:, 1]
    if (lengths < 0).any() or (lengths > w * h).any() or int(lengths.sum()) != w * h:
        what = f"runs of {int(lengths.sum())} pixels in an image of {w} x {h} = {w * h}"
        raise ShapeError("outline-invalid", what, "dense_rle")
    ends = np.cumsum(lengths)
    return pairs[:, 0], ends - lengths, ends


def _window(starts: Ints, ends: Ints, size_wh: SizeWh) -> rle.Window:
    """Runs along the rows are those of COCO for the picture on its side."""
    w, h = size_wh
    edges = np.stack([starts, ends], 1).ravel()
    try:
        turned, (y, x) = rle.decode(np.diff(np.concatenate([[0], edges, [w * h]])).astype(np.int64), (w, h))
    except ValueError as error:
        raise ShapeError("outline-invalid", str(error), "dense_rle") from None
    return turned.T, (x, y)


def encode_layer(windows: Mapping[str, rle.Window], size_wh: SizeWh) -> dict[str, Any]:
    """The raster layer of masks that do not overlap.

    Args:
        windows: id of each mask annotation -> its pixels, wholly inside the image.
        size_wh: width and height of the image.
    """
    w, h = size_wh
    runs: list[Ints] = []
    for value, (mask, (x, y)) in enumerate(windows.values(), 1):
        edges = np.cumsum(rle.encode(mask.T, (y, x), (h, w)))
        starts, ends = edges[:-1:2], edges[1::2]
        runs.append(np.stack([starts, ends, np.full(len(starts), value)], 1)[ends > starts])
    ordered = np.concatenate([*runs, np.zeros((0, 3), np.int64)])
    ordered = ordered[np.argsort(ordered[:, 0], kind="stable")]
    gaps = ordered[:, 0] - np.concatenate([[0], ordered[:-1, 1]])
    pairs = np.stack([np.zeros_like(gaps), gaps, ordered[:, 2], ordered[:, 1] - ordered[:, 0]], 1).reshape(-1, 2)
    last = w * h - int(ordered[-1, 1]) if len(ordered) else w * h
    pairs = np.concatenate([pairs, [[0, last]]])
    return {
        "dense_rle": pairs[pairs[:, 1] > 0].ravel().tolist(),
        "mask_annotation_ids_mapping": {name: value for value, name in enumerate(windows, 1)},
        "total_pixels": w * h,
    }


def free_of_others(windows: Sequence[rle.Window]) -> list[bool]:
    """Whether each mask has a pixel, and shares none with those before it that are free of others too."""
    boxes = np.array([[x, y, x + mask.shape[1], y + mask.shape[0]] for mask, (x, y) in windows]).reshape(-1, 4)
    free = np.zeros(len(windows), bool)
    for n, (mask, _) in enumerate(windows):
        near = (boxes[:n, :2] < boxes[n, 2:]).all(1) & (boxes[:n, 2:] > boxes[n, :2]).all(1) & free[:n]
        free[n] = bool(mask.any()) and not any(_overlap(windows[n], windows[m]) for m in np.flatnonzero(near).tolist())
    return [bool(value) for value in free]


def _overlap(a: rle.Window, b: rle.Window) -> bool:
    (mask_a, (xa, ya)), (mask_b, (xb, yb)) = a, b
    left, top = max(xa, xb), max(ya, yb)
    right = min(xa + mask_a.shape[1], xb + mask_b.shape[1])
    bottom = min(ya + mask_a.shape[0], yb + mask_b.shape[0])
    shared = (
        mask_a[top - ya : bottom - ya, left - xa : right - xa] & mask_b[top - yb : bottom - yb, left - xb : right - xb]
    )
    return bool(shared.any())
