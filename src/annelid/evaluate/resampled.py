"""The figures of many selections of images at once, from what became of every prediction.

A selection is a row of weights: how many times each image is in it. That an image counts twice is as good as that
it is there twice: its predictions stand side by side in the order of scores. So no pairing is done again, and
precision over recall follows from running sums over the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.evaluate.figures import Evaluation, Part
from annelid.evaluate.matched import THRESHOLDS, Matched

Key = tuple[str, str, str]
"""``box``, ``mask`` or ``bio``; the class, "" for all; the name of the figure."""

Kept = tuple[Matched, NDArray[np.bool_]]

RECALLS = np.linspace(0.0, 1.0, 101)
_ROUNDED_UP = np.arange(101) / 100 < RECALLS
CELLS = 2_000_000
"""Entries of a table that are held at once: selections x predictions."""


@dataclass(frozen=True)
class Evidence:
    """What figures are made of.

    Attributes:
        classes: names of the K classes.
        parts: ``box`` and ``mask`` -> what became of every prediction, and bool (R,), which of them have at least
            the confidence at which P, R and F1 are given.
        counts: float64 (I, 10, K, 4), see `InstanceFigures.counts`.
    """

    classes: tuple[str, ...]
    parts: dict[str, Kept]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, evaluation: Evaluation) -> Evidence:
        """What an evaluation rests on."""
        parts: dict[str, Kept] = {part.by: _part(part) for part in (evaluation.mask, evaluation.box) if part}
        return cls(evaluation.confusion.classes, parts, evaluation.bio.counts)

    def beside(self, other: Evidence) -> Evidence:
        """The images of both, these first; of the parts those that both have."""
        parts = {by: _beside(mine, other.parts[by]) for by, mine in self.parts.items() if by in other.parts}
        return Evidence(self.classes, parts, np.concatenate([self.counts, other.counts]))


def _part(part: Part) -> Kept:
    return part.matched, part.matched.scores >= part.conf


def _beside(a: Kept, b: Kept) -> Kept:
    """Both tables as one; what is kept goes along with the order of scores."""
    kept = np.concatenate([a[1], b[1]])
    return a[0].beside(b[0]), kept[np.argsort(-np.concatenate([a[0].scores, b[0].scores]), kind="stable")]


def figures(evidence: Evidence, weights: NDArray[np.int64]) -> dict[Key, NDArray[np.float64]]:
    """Every figure of every selection.

    Args:
        evidence: what the figures are made of.
        weights: int64 (B, I), how many times each image is in each selection.

    Returns:
        Key -> float64 (B,); NaN where the selection has no such object. A mean over the classes is over those that
        the selection has.
    """
    found: dict[Key, NDArray[np.float64]] = {}
    for by, (made, kept) in evidence.parts.items():
        for name, table in {**_average_precision(made, weights), **_at_confidence(made, kept, weights)}.items():
            found[by, "", name] = _mean_over(table)
            found |= {(by, label, name): table[:, k] for k, label in enumerate(evidence.classes)}
    for name, table in _instances(evidence.counts, weights).items():
        found |= {("bio", label, name): table[:, k] for k, label in enumerate(("", *evidence.classes))}
    return found


def _mean_over(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (B,): the mean of the columns that are there, NaN where none is."""
    there = np.isfinite(table)
    total = np.where(there, table, 0.0).sum(1)
    return _ratio(total, there.sum(1), np.nan)


def _ratio(part: NDArray[np.float64], whole: NDArray[Any], otherwise: float) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.full(part.shape, otherwise), where=whole != 0)
    return ratio


def _average_precision(made: Matched, weights: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """float64 (B, K) each."""
    n_classes = made.true.shape[1]
    each = np.full((len(weights), n_classes, len(THRESHOLDS)), np.nan)
    for k in range(n_classes):
        rows = np.flatnonzero(made.classes == k)
        step = max(1, CELLS // max(len(rows), len(RECALLS)))
        for start in range(0, len(weights), step):
            chosen = slice(start, start + step)
            each[chosen, k] = _of_class(made, rows, weights[chosen], weights[chosen] @ made.true[:, k])
    return {"mAP50-95": each.mean(2), "mAP50": each[..., 0], "mAP75": each[..., 5]}


def _of_class(
    made: Matched, rows: NDArray[np.intp], weights: NDArray[np.int64], n_true: NDArray[np.int64]
) -> NDArray[np.float64]:
    """float64 (B, 10): AP at every threshold; NaN without true objects."""
    weight = weights.astype(np.int32)[:, made.image[rows]]
    so_far = weight.cumsum(1, dtype=np.int32)
    found = np.zeros((len(weights), len(THRESHOLDS)))
    for t in range(len(THRESHOLDS)):
        hits = np.flatnonzero(made.hit[t, rows])
        excused = made.excused[t, rows]
        judged = so_far - (weight * excused).cumsum(1, dtype=np.int32) if excused.any() else so_far
        found[:, t] = _area(weight[:, hits].cumsum(1, dtype=np.int64), judged[:, hits], n_true)
    found[n_true == 0] = np.nan
    return found


def _area(found: NDArray[np.int64], judged: NDArray[np.int32], n_true: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean precision over the recalls, interpolated as COCO does it: float64 (B,).

    Args:
        found: int64 (B, H), at every hit the objects found so far.
        judged: int32 (B, H), the predictions judged so far.
        n_true: int64 (B,), the objects to be found.
    """
    best = np.maximum.accumulate((found / np.maximum(judged, 1))[:, ::-1], 1)[:, ::-1]
    reached = np.diff(_recalls_reached(found, n_true[:, None]), axis=1, prepend=0)
    area: NDArray[np.float64] = np.einsum("bh,bh->b", reached, best) / len(RECALLS)
    return area


def _recalls_reached(found: NDArray[np.int64], n_true: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of `RECALLS` are at most found / n_true, in whole numbers but with COCO's own rounding."""
    whole = np.maximum(n_true, 1)
    percent, rest = np.divmod(100 * found, whole)
    reached: NDArray[np.int64] = percent + 1 - ((rest == 0) & _ROUNDED_UP[percent])
    return reached


def _at_confidence(
    made: Matched, kept: NDArray[np.bool_], weights: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """float64 (B, K) each, of the kept predictions at IoU .50; NaN for a class without true objects."""
    hit, judged = kept & made.hit[0], kept & ~made.excused[0]
    found, drawn = (weights @ _per_image(made, rows) for rows in (hit, judged))
    true = weights @ made.true
    recall = _ratio(found.astype(float), true, np.nan)
    precision = np.where(true > 0, _ratio(found.astype(float), drawn, 0.0), np.nan)
    f1 = np.where(true > 0, _ratio(2 * precision * recall, precision + recall, 0.0), np.nan)
    return {"P": precision, "R": recall, "F1": f1}


def _per_image(made: Matched, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """int64 (I, K): how many of the chosen predictions each image has of each class."""
    n, k = made.true.shape
    return np.bincount(made.image[rows] * k + made.classes[rows], minlength=n * k).reshape(n, k)


def _instances(counts: NDArray[np.float64], weights: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """float64 (B, 1 + K) each: the instance figures of all classes together, and of each."""
    of_class = (weights @ counts.reshape(len(counts), -1)).reshape(len(weights), *counts.shape[1:])
    tp, fp, fn, iou_sum = np.moveaxis(np.concatenate([of_class.sum(2, keepdims=True), of_class], 2), 3, 0)
    ap, true = _ratio(tp, tp + fp + fn, 0.0), tp + fn
    f1 = _ratio(2 * tp, 2 * tp + fp + fn, 0.0)
    return {
        "AP": ap.mean(1),
        "AP50": ap[:, 0],
        "F1": f1[:, 0],
        "PQ": (_ratio(iou_sum, tp, 0.0) * f1)[:, 0],
        "count_error": _ratio(tp + fp, true, np.nan)[:, 0] - 1,
    }
