"""Every prediction with what became of it, kept so that figures of other selections of images need no new pairing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from annelid.evaluate.counted import Counted, Overlaps

THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""The IoU thresholds as the COCO tools have them, to the last bit."""


@dataclass(frozen=True)
class Matched:
    """All predictions of all images, the highest score first; equal scores in the order of the images.

    Attributes:
        true: int64 (I, K), true objects of each image and class.
        image: int64 (R,), index of each prediction's image.
        classes: int64 (R,), its class.
        scores: float64 (R,), falling.
        hit: bool (10, R), whether it found a true object, at each of `THRESHOLDS`.
        excused: bool (10, R), whether it found none but lies in an ignored area: neither right nor wrong.
    """

    true: NDArray[np.int64]
    image: NDArray[np.int64]
    classes: NDArray[np.int64]
    scores: NDArray[np.float64]
    hit: NDArray[np.bool_]
    excused: NDArray[np.bool_]

    def beside(self, other: Matched) -> Matched:
        """These images and those of another as one table: image i of the other is image I + i here."""
        return _by_score(
            np.concatenate([self.true, other.true]),
            np.concatenate([self.image, other.image + len(self.true)]),
            np.concatenate([self.classes, other.classes]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.hit, other.hit], 1),
            np.concatenate([self.excused, other.excused], 1),
        )


def matched(images: Sequence[tuple[Counted, Overlaps]], n_classes: int) -> Matched:
    """Pair true and predicted objects of the same class at every threshold, as COCO does it.

    Predictions choose in falling order of score, each the free object that it overlaps most.
    """
    hits = [_hits(image, overlaps) for image, overlaps in images]
    nothing = np.zeros((len(THRESHOLDS), 0), bool)
    hit = np.concatenate([nothing, *hits], 1)
    on_ignored = np.concatenate([np.zeros(0), *(overlaps.on_ignored for _, overlaps in images)])
    true = [np.bincount(image.truth_class, minlength=n_classes) for image, _ in images]
    return _by_score(
        np.array(true, np.int64).reshape(len(images), n_classes),
        np.repeat(np.arange(len(images)), [len(image.pred) for image, _ in images]),
        np.concatenate([np.zeros(0, np.int64), *(image.pred_class for image, _ in images)]),
        np.concatenate([np.zeros(0), *(image.pred.scores for image, _ in images)]),
        hit,
        ~hit & (on_ignored >= THRESHOLDS[:, None]),
    )


def _by_score(
    true: NDArray[np.int64],
    image: NDArray[np.int64],
    classes: NDArray[np.int64],
    scores: NDArray[np.float64],
    hit: NDArray[np.bool_],
    excused: NDArray[np.bool_],
) -> Matched:
    order = np.argsort(-scores, kind="stable")
    return Matched(true, image[order], classes[order], scores[order], hit[:, order], excused[:, order])


def _hits(image: Counted, overlaps: Overlaps) -> NDArray[np.bool_]:
    """Whether each prediction finds an object: bool (10, P)."""
    hit = np.zeros((len(THRESHOLDS), len(image.pred)), bool)
    free = np.ones((len(THRESHOLDS), len(image.truth)), bool)
    for p, t, iou in _candidates(image, overlaps):
        fits = np.where(free[:, t] & (iou >= THRESHOLDS[:, None]), iou, 0.0)
        chosen = len(t) - 1 - fits[:, ::-1].argmax(1)  # the last of equals, as COCO
        hit[:, p] = fits.any(1)
        free[hit[:, p], t[chosen[hit[:, p]]]] = False
    return hit


def _candidates(image: Counted, overlaps: Overlaps) -> list[tuple[int, NDArray[np.int64], NDArray[np.float64]]]:
    """Each prediction that overlaps true objects of its class enough, best score first: it, they, the IoU."""
    pairs = overlaps.iou.tocoo()
    fits = (pairs.data >= THRESHOLDS[0]) & (image.truth_class[pairs.row] == image.pred_class[pairs.col])
    t, p, iou = pairs.row[fits], pairs.col[fits], pairs.data[fits]
    order = np.lexsort((t, p, -image.pred.scores[p]))
    t, p, iou = t[order], p[order], iou[order]
    borders = [*np.flatnonzero(np.diff(p, prepend=-1)).tolist(), len(p)]
    return [(int(p[a]), t[a:b], iou[a:b]) for a, b in pairwise(borders)]
