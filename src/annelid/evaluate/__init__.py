"""Hold predictions against the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from annelid.dataset import Dataset
from annelid.evaluate.coco_metrics import Precision, coco_precision
from annelid.evaluate.confusion import confusion
from annelid.evaluate.counted import Counted, Overlaps, counted
from annelid.evaluate.curves import ConfidenceCurve, confidence_curve
from annelid.evaluate.figures import Evaluation, Figures, InstanceFigures, Part
from annelid.match import THRESHOLDS, By, Tally, match
from annelid.objects import Kind, Objects

IOU = 0.5
"""The IoU at which P, R and F1 are given."""

Compared = Sequence[tuple[Counted, Overlaps]]


def evaluate(truth: Dataset, predictions: Mapping[str, Objects], *, conf_for_pr: float | None = None) -> Evaluation:
    """Evaluate predictions at the images' own resolution.

    Only what lies in an image's covered area counts: an item without covered area is left out, predictions
    whose box centre lies outside are dropped, and true objects whose box centre lies outside, or that say
    ``ignore``, make predictions on them neither right nor wrong (COCO's crowd). Points are left out.
    Whatever is left out is said in `Evaluation.notes`. A prediction without a score has confidence 1.

    Boxes are compared for all objects: an outline's bounding box. Masks are compared when the truth has
    outlines, and only against those: where it mixes outlines and boxes, an object that is only a box counts
    for the box figures and is an ignored area for the mask figures. Predictions that are boxes among
    outlines count as the filled box; when all of them are boxes there are no mask figures. Polygons are
    rasterised as the COCO tools do.

    Args:
        truth: the true objects; its classes are the classes of the evaluation.
        predictions: item id -> predicted objects in image coordinates, best down to a low confidence (.001):
            AP needs the uncertain ones too. There is no cap on their number.
        conf_for_pr: the confidence at which P, R, F1 and the instance figures are given. None takes that of
            the best mean F1 on these images, which is slightly flattering; give the one found on other
            images to avoid that.
    """
    images, notes = counted(truth, predictions)
    outlines = [image.outlines_only() for image in images]
    by_mask, why_not = _compares_masks(outlines)
    mask, mask_pairs = _part(outlines, truth.classes, "mask", conf_for_pr) if by_mask else (None, [])
    box, box_pairs = _part(images, truth.classes, "box", conf_for_pr)
    main, pairs = (mask, mask_pairs) if mask else (box, box_pairs)
    return Evaluation(
        box=box,
        mask=mask,
        bio=_instances(pairs, truth.classes, main.by, main.conf),
        confusion=confusion(pairs, truth.classes),
        images=len(images),
        objects=sum(len(image.truth) for image in images),
        predicted=sum(len(image.pred) for image in images),
        notes=(*notes, *why_not),
    )


def _compares_masks(images: Sequence[Counted]) -> tuple[bool, list[str]]:
    if not any(len(image.truth) for image in images):
        return False, []
    kinds = [image.pred.kinds for image in images if len(image.pred)]
    if kinds and all((k == Kind.BOX).all() for k in kinds):
        return False, ["the predictions are boxes: there are no mask figures"]
    boxes = sum(int((image.ignored.kinds == Kind.BOX).sum()) for image in images)
    return True, [f"{boxes} true object(s) that are boxes or ignored are left out of the mask figures"] if boxes else []


def _part(images: Sequence[Counted], classes: tuple[str, ...], by: By, conf: float | None) -> tuple[Part, Compared]:
    """The figures of the boxes or of the masks, and the overlaps that they rest on."""
    pairs = [(image, Overlaps.of(image, by)) for image in images]
    precision = coco_precision(images, len(classes), by)
    curve = _curve(pairs, len(classes))
    at = curve.best if conf is None else conf
    each = _class_figures(images, classes, precision, curve.at(at))
    figures = _mean_figures(each, precision)
    part = Part(by, figures, each, at, curve, precision.values[0, :, :, 0])
    return part, pairs


def _curve(pairs: Compared, n_classes: int) -> ConfidenceCurve:
    """P and R over the confidence: as the best scores choose first, those below change nothing above."""
    scores, classes, hits = [np.zeros(0)], [np.zeros(0, np.int64)], [np.zeros(0, bool)]
    for image, overlaps in pairs:
        hit = np.zeros(len(image.pred), bool)
        hit[match(_within_class(image, overlaps), IOU, image.pred.scores)[:, 1]] = True
        judged = hit | (overlaps.on_ignored < IOU)
        scores.append(image.pred.scores[judged])
        classes.append(image.pred_class[judged])
        hits.append(hit[judged])
    n_true = _count((image.truth_class for image, _ in pairs), n_classes)
    return confidence_curve(np.concatenate(scores), np.concatenate(classes), np.concatenate(hits), n_true)


def _within_class(image: Counted, overlaps: Overlaps) -> NDArray[np.float64]:
    """float64 (T, P): the IoU of objects of the same class, 0 for others."""
    same = image.truth_class[:, None] == image.pred_class[None]
    return np.where(same, overlaps.iou.toarray(), 0.0)


def _count(classes: Iterable[NDArray[np.int64]], n_classes: int) -> NDArray[np.int64]:
    return np.bincount(np.concatenate([np.zeros(0, np.int64), *classes]), minlength=n_classes).astype(np.int64)


def _class_figures(
    images: Sequence[Counted],
    classes: tuple[str, ...],
    precision: Precision,
    at_conf: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> tuple[Figures, ...]:
    true = _count((image.truth_class for image in images), len(classes)).tolist()
    predicted = _count((image.pred_class for image in images), len(classes)).tolist()
    rows = zip(classes, true, predicted, strict=True)
    return tuple(
        Figures(name, n, made, *_aps(precision, k), *(float(column[k]) for column in at_conf))
        for k, (name, n, made) in enumerate(rows)
    )


def _aps(precision: Precision, k: int | None) -> tuple[float, float, float, float, float, float]:
    return (
        precision.ap(k),
        precision.ap(k, iou=0.5),
        precision.ap(k, iou=0.75),
        precision.ap(k, area="small"),
        precision.ap(k, area="medium"),
        precision.ap(k, area="large"),
    )


def _mean_figures(each: Sequence[Figures], precision: Precision) -> Figures:
    def mean(value: Callable[[Figures], float]) -> float:
        values = [value(figures) for figures in each if figures.objects]
        return float(np.mean(values)) if values else float("nan")

    return Figures(
        "",
        sum(figures.objects for figures in each),
        sum(figures.predicted for figures in each),
        *_aps(precision, None),
        mean(lambda figures: figures.precision),
        mean(lambda figures: figures.recall),
        mean(lambda figures: figures.f1),
    )


def _instances(pairs: Compared, classes: tuple[str, ...], by: By, conf: float) -> InstanceFigures:
    """Count instances at every IoU threshold, of the predictions of at least this confidence."""
    nothing = (Tally(),) * len(THRESHOLDS)
    by_class = dict.fromkeys(classes, nothing)
    by_image: dict[str, Tally] = {}
    for image, overlaps in pairs:
        kept = np.ones(len(image.pred), bool) if np.isnan(conf) else image.pred.scores >= conf
        iou = _within_class(image, overlaps)[:, kept]
        shares = overlaps.on_ignored[kept]
        found = [_tallies(image, len(classes), iou, image.pred_class[kept], shares, t) for t in THRESHOLDS]
        for k, name in enumerate(classes):
            by_class[name] = tuple(a + b[k] for a, b in zip(by_class[name], found, strict=True))
        by_image[image.id] = sum(found[0], Tally())
    every = tuple(sum(of_threshold, Tally()) for of_threshold in zip(*by_class.values(), strict=True)) or nothing
    return InstanceFigures(by, conf, every, by_class, by_image)


def _tallies(
    image: Counted,
    n: int,
    iou: NDArray[np.float64],
    pred_class: NDArray[np.int64],
    on_ignored: NDArray[np.float64],
    threshold: float,
) -> list[Tally]:
    """The counts of each of n classes of one image at one IoU threshold."""
    pairs = match(iou, threshold)
    found = np.bincount(pred_class[pairs[:, 1]], minlength=n)
    overlap = np.bincount(pred_class[pairs[:, 1]], iou[pairs[:, 0], pairs[:, 1]], minlength=n)
    unpaired = on_ignored < threshold
    unpaired[pairs[:, 1]] = False
    made_up, true = (
        np.bincount(pred_class[unpaired], minlength=n),
        np.bincount(image.truth_class, minlength=n),
    )
    columns = zip(found.tolist(), made_up.tolist(), (true - found).tolist(), overlap.tolist(), strict=True)
    return [Tally(*row) for row in columns]
