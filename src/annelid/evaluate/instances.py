"""Count instances at fixed predictions, as bioimage analysis does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annelid.evaluate.counted import Counted, Overlaps
from annelid.evaluate.figures import InstanceFigures
from annelid.match import THRESHOLDS, By, Tally, match


def instance_figures(
    pairs: Sequence[tuple[Counted, Overlaps]], classes: tuple[str, ...], by: By, conf: float
) -> InstanceFigures:
    """Count instances at every IoU threshold, of the predictions of at least this confidence; NaN takes all."""
    counts = np.zeros((len(pairs), len(THRESHOLDS), len(classes), 4))
    for i, (image, overlaps) in enumerate(pairs):
        kept = np.ones(len(image.pred), bool) if np.isnan(conf) else image.pred.scores >= conf
        iou = within_class(image, overlaps)[:, kept]
        of_image = (iou, image.truth_class, image.pred_class[kept], overlaps.on_ignored[kept])
        counts[i] = [_counts(*of_image, threshold, len(classes)) for threshold in THRESHOLDS]
    of_class, of_image_50 = counts.sum(0), counts[:, 0].sum(1)
    return InstanceFigures(
        by,
        conf,
        tuple(_tally(row) for row in of_class.sum(1)),
        {name: tuple(_tally(row) for row in of_class[:, k]) for k, name in enumerate(classes)},
        {image.id: _tally(row) for (image, _), row in zip(pairs, of_image_50, strict=True)},
        counts,
    )


def within_class(image: Counted, overlaps: Overlaps) -> NDArray[np.float64]:
    """float64 (T, P): the IoU of objects of the same class, 0 for others."""
    same = image.truth_class[:, None] == image.pred_class[None]
    return np.where(same, overlaps.iou.toarray(), 0.0)


def _counts(
    iou: NDArray[np.float64],
    truth_class: NDArray[np.int64],
    pred_class: NDArray[np.int64],
    on_ignored: NDArray[np.float64],
    threshold: float,
    n: int,
) -> NDArray[np.float64]:
    """float64 (n classes, 4) of one image at one threshold: found, made up, missed, and the sum of the IoU."""
    pairs = match(iou, threshold)
    found = np.bincount(pred_class[pairs[:, 1]], minlength=n)
    overlap = np.bincount(pred_class[pairs[:, 1]], iou[pairs[:, 0], pairs[:, 1]], minlength=n)
    unpaired = on_ignored < threshold
    unpaired[pairs[:, 1]] = False
    made_up, true = np.bincount(pred_class[unpaired], minlength=n), np.bincount(truth_class, minlength=n)
    return np.stack([found, made_up, true - found, overlap], 1)


def _tally(row: NDArray[np.float64]) -> Tally:
    tp, fp, fn, iou_sum = row.tolist()
    return Tally(int(tp), int(fp), int(fn), iou_sum)
