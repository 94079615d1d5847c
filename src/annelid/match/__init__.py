"""Pair true and predicted objects of one image: overlap, assignment, and what the pairs say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from annelid.match import coco_masks
from annelid.objects import Objects

By = Literal["mask", "box"]
Pairs = NDArray[np.int64]
"""int64 (M, 2): index of the true and of the predicted object of every pair."""

THRESHOLDS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))
"""The IoU thresholds of COCO and of the StarDist definition of AP: .50, .55 ... .95."""


def iou_matrix(truth: Objects, pred: Objects, size_wh: tuple[int, int], by: By = "mask") -> NDArray[np.float64]:
    """Intersection over union of every true with every predicted object.

    Args:
        truth: T objects.
        pred: P objects.
        size_wh: width and height of the image in pixels.
        by: compare masks at the image's own resolution (see `coco_masks.encode`), or bounding boxes.

    Returns:
        float64 (T, P) in 0..1.
    """
    if by == "box":
        return box_overlap(truth.boxes_xyxy, pred.boxes_xyxy)
    return coco_masks.overlap(coco_masks.encode(truth, size_wh), coco_masks.encode(pred, size_wh))


def box_overlap(
    a_xyxy: NDArray[np.float64], b_xyxy: NDArray[np.float64], *, over_b: bool = False
) -> NDArray[np.float64]:
    """Intersection over union of boxes.

    Args:
        a_xyxy: float64 (A, 4).
        b_xyxy: float64 (B, 4).
        over_b: divide the intersection by b's area instead of by the union.

    Returns:
        float64 (A, B); 0 for boxes without area or with NaN.
    """
    a, b = a_xyxy[:, None], b_xyxy[None]
    width = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    height = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    shared = np.where((width > 0) & (height > 0), width * height, 0.0)
    area_a, area_b = _box_areas(a_xyxy)[:, None], _box_areas(b_xyxy)[None]
    whole = np.broadcast_to(area_b, shared.shape) if over_b else area_a + area_b - shared
    return np.divide(shared, whole, out=np.zeros_like(shared), where=shared > 0)


def _box_areas(boxes_xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
    return (boxes_xyxy[:, 2] - boxes_xyxy[:, 0]) * (boxes_xyxy[:, 3] - boxes_xyxy[:, 1])


def match(iou: NDArray[np.float64], threshold: float, scores: NDArray[np.float64] | None = None) -> Pairs:
    """Pair true and predicted objects that overlap enough; each is used once.

    Args:
        iou: float64 (T, P).
        threshold: least IoU of a pair, in 0..1; pairs that do not overlap at all are never made.
        scores: float64 (P,). With scores predictions choose in falling order of score, each the free object
            that it overlaps most, as COCO does it. Without, the assignment is optimal: as many pairs as
            possible, then as much overlap as possible, as StarDist does it.

    Returns:
        int64 (M, 2): true and predicted index, true ascending.
    """
    pairs = _match_optimal(iou, threshold) if scores is None else _match_greedy(iou, threshold, scores)
    return pairs[np.argsort(pairs[:, 0], kind="stable")]


def _match_greedy(iou: NDArray[np.float64], threshold: float, scores: NDArray[np.float64]) -> Pairs:
    pairs: list[tuple[int, int]] = []
    left = np.where((iou >= min(threshold, 1 - 1e-10)) & (iou > 0), iou, 0.0)
    last = len(iou) - 1
    for p in np.argsort(-scores, kind="stable") if len(iou) else ():
        t = last - int(np.argmax(left[::-1, p]))  # the last of equals, as COCO
        if left[t, p] > 0:
            pairs.append((t, int(p)))
            left[t] = 0
    return np.array(pairs, np.int64).reshape(-1, 2)


def _match_optimal(iou: NDArray[np.float64], threshold: float) -> Pairs:
    t, p = np.nonzero((iou >= threshold) & (iou > 0))
    alone = (np.bincount(t, minlength=iou.shape[0])[t] == 1) & (np.bincount(p, minlength=iou.shape[1])[p] == 1)
    pairs = [np.stack([t[alone], p[alone]], 1)]
    pairs += [_assign(iou, threshold, *group) for group in _groups(t[~alone], p[~alone], iou.shape)]
    return np.concatenate(pairs).astype(np.int64)


def _groups(t: Pairs, p: Pairs, size: tuple[int, ...]) -> Iterable[tuple[Pairs, Pairs]]:
    """Rows and columns of each set that candidates connect: the sets can be solved one by one."""
    if not len(t):
        return []
    n = size[0] + size[1]
    graph = sparse.coo_array((np.ones(len(t)), (t, p + size[0])), (n, n))
    group = sparse.csgraph.connected_components(graph, directed=False)[1][t]
    order = np.argsort(group, kind="stable")
    borders = np.flatnonzero(np.diff(group[order])) + 1
    return [(np.unique(t[part]), np.unique(p[part])) for part in np.split(order, borders)]


def _assign(iou: NDArray[np.float64], threshold: float, rows: Pairs, columns: Pairs) -> Pairs:
    block = iou[np.ix_(rows, columns)]
    allowed = block >= threshold
    # A pair counts more than all the overlap that it may cost elsewhere.
    gain = allowed * (1 + block / (2 * min(block.shape)))
    r, c = optimize.linear_sum_assignment(gain, maximize=True)
    kept = allowed[r, c]
    return np.stack([rows[r[kept]], columns[c[kept]]], 1)


@dataclass(frozen=True)
class Tally:
    """How many objects were found, of one image or of many.

    Attributes:
        tp: predicted objects with a true partner.
        fp: predicted objects without one.
        fn: true objects without one.
        iou_sum: sum of the IoU of all pairs.
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    iou_sum: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.iou_sum + other.iou_sum)

    @property
    def precision(self) -> float:
        """TP / (TP + FP); 0 without predictions."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """TP / (TP + FN); 0 without true objects."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def ap(self) -> float:
        """TP / (TP + FP + FN): what StarDist and the 2018 Data Science Bowl call average precision."""
        return _ratio(self.tp, self.tp + self.fp + self.fn)

    @property
    def mean_matched_score(self) -> float:
        """Mean IoU of the pairs: the segmentation quality SQ."""
        return _ratio(self.iou_sum, self.tp)

    @property
    def mean_true_score(self) -> float:
        """Sum of the pairs' IoU over the number of true objects."""
        return _ratio(self.iou_sum, self.tp + self.fn)

    @property
    def pq(self) -> float:
        """Panoptic quality: mean IoU of the pairs times F1."""
        return self.mean_matched_score * self.f1


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def tally(iou: NDArray[np.float64], threshold: float) -> Tally:
    """Count the optimal pairs of one image at one IoU threshold; iou is float64 (T, P)."""
    pairs = match(iou, threshold)
    n = len(pairs)
    return Tally(n, iou.shape[1] - n, iou.shape[0] - n, float(iou[pairs[:, 0], pairs[:, 1]].sum()))
