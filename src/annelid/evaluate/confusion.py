"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.evaluate.counted import Counted, Overlaps

CONF = 0.25
IOU = 0.45


@dataclass(frozen=True)
class Confusion:
    """Predicted against true classes.

    Attributes:
        classes: names of the K classes.
        matrix: int64 (K + 1, K + 1): rows are what was predicted, columns what is true; the last row and
            column are background, so the last row counts what was missed and the last column what was made
            up.
        conf: predictions below this confidence were left out.
        iou: objects were paired from this IoU on, whatever their classes.
    """

    classes: tuple[str, ...]
    matrix: NDArray[np.int64]
    conf: float = CONF
    iou: float = IOU

    def to_dict(self) -> dict[str, Any]:
        """As plain values; the names are those of the rows and columns."""
        return {
            "names": [*self.classes, "background"],
            "matrix": self.matrix.tolist(),
            "rows": "predicted",
            "columns": "true",
            "conf": self.conf,
            "iou": self.iou,
        }


def confusion(
    images: Iterable[tuple[Counted, Overlaps]], classes: tuple[str, ...], conf: float = CONF, iou: float = IOU
) -> Confusion:
    """Pair objects whatever their classes, the largest overlap first, and count the classes of the pairs."""
    background = len(classes)
    matrix = np.zeros((background + 1, background + 1), np.int64)
    for image, overlaps in images:
        kept = np.flatnonzero(image.pred.scores >= conf)
        t, p = _pairs_by_overlap(overlaps.iou.toarray()[:, kept], iou)
        of_pred = image.pred_class[kept]
        np.add.at(matrix, (of_pred[p], image.truth_class[t]), 1)
        missed = np.delete(image.truth_class, t)
        made_up = np.setdiff1d(np.flatnonzero(overlaps.on_ignored[kept] < iou), p)
        np.add.at(matrix, (np.full(len(missed), background), missed), 1)
        np.add.at(matrix, (of_pred[made_up], np.full(len(made_up), background)), 1)
    return Confusion(classes, matrix, conf, iou)


def _pairs_by_overlap(iou: NDArray[np.float64], threshold: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    t, p = np.nonzero(iou > threshold)
    order = np.argsort(-iou[t, p], kind="stable")
    used_t, used_p, kept = set[int](), set[int](), []
    for n in order.tolist():
        if t[n] not in used_t and p[n] not in used_p:
            used_t.add(int(t[n]))
            used_p.add(int(p[n]))
            kept.append(n)
    return t[kept], p[kept]
