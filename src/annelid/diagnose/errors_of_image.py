"""Every error of an image by its kind: what was missed and why, what was made up and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.evaluate.counted import Counted
from annelid.match import By, box_overlap, coco_masks, match

FOUND_IOU = 0.5
"""From here on two objects are the same, as everywhere in Annelid."""
TOUCH_IOU = 0.1
"""Below, a prediction and an object have nothing to do with each other."""
INSIDE = 0.5
"""From this share of its area on, an object lies inside another."""

MISSED = ("class", "merged", "loose", "unseen")
EXTRA = ("class", "twice", "piece", "merger", "loose", "background")

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ImageErrors:
    """What became of the objects of one image.

    Attributes:
        name: of the image.
        truth_class: int64 (T,).
        diameter: float64 (T,), of the circle of the same area, in pixels.
        found: bool (T,), whether a prediction of its class has an IoU of one half.
        missed: (T,) one of `MISSED`, or "" for those that were found: taken for another class; under one prediction
            with a neighbour; drawn, but not closely; not seen at all.
        pred_class: int64 (P,).
        extra: (P,) one of `EXTRA`, or "" for those that are right or lie where nothing counts: of the wrong class; a
            second one on a found object; one of several on an object; one over several objects; not close; where
            nothing is.
        iou: float64 (M,), overlap of every object with its prediction.
        box_iou: float64 (M,), the same of the boxes.
        border_px: float64 (M,), how far the outlines lie apart on average, were the object a disc.
    """

    name: str
    truth_class: NDArray[np.int64]
    diameter: Floats
    found: Bools
    missed: tuple[str, ...]
    pred_class: NDArray[np.int64]
    extra: tuple[str, ...]
    iou: Floats
    box_iou: Floats
    border_px: Floats


@dataclass(frozen=True)
class _Overlap:
    """Overlaps of T true and P predicted objects, float64 (T, P) each."""

    iou: Floats
    of_truth: Floats  # intersection over the area of the true object
    of_pred: Floats  # intersection over the area of the prediction
    same_class: Bools


def errors_of_image(name: str, image: Counted, by: By, conf: float) -> ImageErrors:
    """Pair the objects of an image with the predictions of at least a confidence, and sort what is left.

    Args:
        name: of the image.
        image: its true objects and predictions.
        by: compare masks or boxes.
        conf: least confidence; NaN takes every prediction.
    """
    kept = np.flatnonzero(~(image.pred.scores < conf))
    overlap = _overlap(image, kept, by)
    pairs = match(np.where(overlap.same_class, overlap.iou, 0.0), FOUND_IOU)
    found, used = np.zeros(len(image.truth), bool), np.zeros(len(kept), bool)
    found[pairs[:, 0]], used[pairs[:, 1]] = True, True
    iou = overlap.iou[pairs[:, 0], pairs[:, 1]]
    boxes = box_overlap(image.truth.boxes_xyxy, image.pred.boxes_xyxy[kept])
    diameter = np.sqrt(4 / np.pi * np.maximum(_areas(image, by), 0))
    return ImageErrors(
        name,
        image.truth_class,
        diameter,
        found,
        _missed(overlap, found),
        image.pred_class[kept],
        _extra(overlap, used | (_on_ignored(image, kept, by) >= FOUND_IOU)),
        iou,
        boxes[pairs[:, 0], pairs[:, 1]],
        (1 - iou) * diameter[pairs[:, 0]] / 4,  # the area of a disc is its outline times a quarter of its diameter
    )


def _overlap(image: Counted, kept: NDArray[np.int64], by: By) -> _Overlap:
    same = image.truth_class[:, None] == image.pred_class[kept][None]
    if by == "box":
        truth, pred = image.truth.boxes_xyxy, image.pred.boxes_xyxy[kept]
        of_truth = box_overlap(pred, truth, over_b=True).T
        return _Overlap(box_overlap(truth, pred), of_truth, box_overlap(truth, pred, over_b=True), same)
    masks, drawn = image.truth_rle, [image.pred_rle[n] for n in kept]
    of_truth = coco_masks.overlap(drawn, masks, over_b=True).T
    return _Overlap(coco_masks.overlap(masks, drawn), of_truth, coco_masks.overlap(masks, drawn, over_b=True), same)


def _on_ignored(image: Counted, kept: NDArray[np.int64], by: By) -> Floats:
    """float64 (P,), the largest share of each prediction that lies where nothing counts."""
    if by == "box":
        share = box_overlap(image.ignored.boxes_xyxy, image.pred.boxes_xyxy[kept], over_b=True)
    else:
        share = coco_masks.overlap(image.ignored_rle, [image.pred_rle[n] for n in kept], over_b=True)
    return np.asarray(share.max(0, initial=0.0), np.float64)


def _areas(image: Counted, by: By) -> Floats:
    if by == "mask":
        return coco_masks.areas(image.truth_rle)
    boxes = image.truth.boxes_xyxy
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), np.float64)


def _inside_pred(overlap: _Overlap) -> Bools:
    """Bool (T, P): whether most of a true object lies in a prediction of its class."""
    return np.asarray((overlap.of_truth >= INSIDE) & overlap.same_class, bool)


def _over_several(overlap: _Overlap) -> Bools:
    """Bool (P,): predictions over two true objects or more, made mostly of these; one over everything is none."""
    inside = _inside_pred(overlap)
    filled = (overlap.of_pred * inside).sum(0)
    return np.asarray((inside.sum(0) >= 2) & (filled >= INSIDE), bool)


def _missed(overlap: _Overlap, found: Bools) -> tuple[str, ...]:
    """The kind of every true object, the first that fits."""
    kinds = (
        ((overlap.iou >= FOUND_IOU) & ~overlap.same_class).any(1),
        (_inside_pred(overlap) & _over_several(overlap)[None]).any(1),
        (overlap.iou >= TOUCH_IOU).any(1),
    )
    return _first(kinds, MISSED, done=found)


def _extra(overlap: _Overlap, fine: Bools) -> tuple[str, ...]:
    """The kind of every prediction, the first that fits."""
    same = overlap.same_class
    inside = (overlap.of_pred >= INSIDE) & same
    in_pieces = inside.sum(1) >= 2
    kinds = (
        ((overlap.iou >= FOUND_IOU) & ~same).any(0),
        ((overlap.iou >= FOUND_IOU) & same).any(0),
        (inside & in_pieces[:, None]).any(0),
        _over_several(overlap),
        (overlap.iou >= TOUCH_IOU).any(0),
    )
    return _first(kinds, EXTRA, done=fine)


def _first(kinds: Sequence[Any], names: tuple[str, ...], *, done: Bools) -> tuple[str, ...]:
    """The name of the first kind that holds, the last name where none does, "" for what is done."""
    chosen = np.select([done, *kinds], range(-1, len(kinds)), len(kinds))
    return tuple("" if k < 0 else names[k] for k in chosen)
