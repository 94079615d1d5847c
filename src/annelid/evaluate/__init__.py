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
from annelid.evaluate.figures import Evaluation, Figures, Part
from annelid.evaluate.instances import instance_figures
from annelid.evaluate.matched import Matched, matched
from annelid.match import By
from annelid.objects import Kind, Objects

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
        bio=instance_figures(pairs, truth.classes, main.by, main.conf),
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
    made = matched(pairs, len(classes))
    curve = _curve(made, len(classes))
    at = curve.best if conf is None else conf
    each = _class_figures(images, classes, precision, curve.at(at))
    figures = _mean_figures(each, precision)
    part = Part(by, figures, each, at, curve, precision.values[0, :, :, 0], made)
    return part, pairs


def _curve(made: Matched, n_classes: int) -> ConfidenceCurve:
    """P and R over the confidence: as the best scores choose first, those below change nothing above."""
    judged = ~made.excused[0]
    columns = (made.scores[judged], made.classes[judged], made.hit[0][judged])
    return confidence_curve(*columns, made.true.sum(0, dtype=np.int64).reshape(n_classes))


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
