"""What a model did on a part of the data, small enough to be kept with the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

import numpy as np

from annelid.dataset import Dataset
from annelid.diagnose.errors_of_image import EXTRA, FOUND_IOU, MISSED, ImageErrors, errors_of_image
from annelid.evaluate.confusion import confusion
from annelid.evaluate.counted import Counted, Overlaps, counted
from annelid.evaluate.figures import Evaluation
from annelid.match import By

BINS_PER_OCTAVE = 2
MOST_IMAGES = 200
"""Of which the counts are kept one by one; beyond, those with the most errors."""


@dataclass(frozen=True)
class ClassOutcome:
    """How one class fared: true objects, how many were found, how many were drawn, AP at IoU .50 (None: no objects)."""

    name: str
    objects: int
    found: int
    predicted: int
    map50: float | None


@dataclass(frozen=True)
class SizeBin:
    """Objects of like size: diameters from ``from_px`` to the next bin, how many there are and were found.

    Found here is also what was called another class: that has nothing to do with size.
    """

    from_px: float
    objects: int
    found: int


@dataclass(frozen=True)
class Fit:
    """How closely found objects are drawn: number of pairs, mean IoU, the same of boxes, distance of outlines."""

    pairs: int = 0
    iou: float = 0.0
    box_iou: float = 0.0
    border_px: float = 0.0


@dataclass(frozen=True)
class ImageOutcome:
    """One image: true objects, how many were found, how many predictions are wrong."""

    name: str
    objects: int
    found: int
    extra: int

    @property
    def errors(self) -> int:
        """Missed and made up."""
        return self.objects - self.found + self.extra


@dataclass(frozen=True)
class Outcomes:
    """A model on a part of the data.

    Attributes:
        part: ``train``, ``val`` or ``test``.
        images: number of images that were looked at.
        images_of: number of images of the part; larger when a sample was taken.
        empty_images: images without any true object.
        objects: number of true objects.
        predicted: number of predictions from `conf` on.
        found: true objects that were found (IoU .5, same class).
        by: ``mask`` or ``box``.
        conf: the confidence at which everything here was counted; None without predictions.
        precision: mean over the classes, at `conf`.
        recall: likewise.
        best_conf: the confidence of best F1 on these images.
        best_precision: precision there.
        best_recall: recall there.
        map50: mean AP at IoU .50; None without objects.
        map: mean AP over IoU .50 to .95.
        classes: each class.
        confusion: (K + 1, K + 1) counts at `conf`, rows predicted, columns true, the last is background.
        missed: kind -> number of true objects (see `ImageErrors`).
        extra: kind -> number of predictions.
        on_empty: predictions on images without any true object.
        sizes: recall by size, half an octave a bin.
        fit: how closely found objects are drawn.
        per_image: counts of the images, at most `MOST_IMAGES`.
        example: kind of error -> the image that has most of it, for ``missed-...`` and ``extra-...``.
    """

    part: str
    images: int
    images_of: int
    objects: int
    predicted: int
    found: int
    by: By = "mask"
    empty_images: int = 0
    conf: float | None = None
    precision: float = 0.0
    recall: float = 0.0
    best_conf: float | None = None
    best_precision: float = 0.0
    best_recall: float = 0.0
    map50: float | None = None
    map: float | None = None
    classes: tuple[ClassOutcome, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    missed: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, int] = field(default_factory=dict)
    on_empty: int = 0
    sizes: tuple[SizeBin, ...] = ()
    fit: Fit = Fit()
    per_image: tuple[ImageOutcome, ...] = ()
    example: Mapping[str, str] = field(default_factory=dict)

    @property
    def f1(self) -> float:
        """2 found / (true + predicted), all classes together; 0 when there is nothing."""
        return 2 * self.found / max(self.objects + self.predicted, 1)

    @property
    def best_f1(self) -> float:
        """F1 of precision and recall at the best confidence: what is known, whatever the confidence."""
        total = self.best_precision + self.best_recall
        return 2 * self.best_precision * self.best_recall / total if total else 0.0

    @property
    def right(self) -> tuple[int, int]:
        """F1 as a share, how many of how many: found, of the mean of true and predicted objects."""
        return self.found, max(self.found, round((self.objects + self.predicted) / 2))

    @property
    def n_missed(self) -> int:
        """True objects that were not found."""
        return self.objects - self.found

    @property
    def n_extra(self) -> int:
        """Wrong predictions; those where nothing counts are none."""
        return sum(self.extra.values())

    def to_dict(self) -> dict[str, Any]:
        """As JSON values, figures to four digits."""
        return dict(_rounded(asdict(self)))

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """What `to_dict` gave; names that are not known are left out."""
        known = {f.name for f in fields(cls)}
        given = {key: item for key, item in value.items() if key in known}
        rows = {"classes": ClassOutcome, "sizes": SizeBin, "per_image": ImageOutcome}
        given |= {name: tuple(row(**each) for each in given.get(name, ())) for name, row in rows.items()}
        given["confusion"] = tuple(tuple(row) for row in given.get("confusion", ()))
        given["fit"] = Fit(**given.get("fit", {}))
        return cls(**given)


def outcomes(
    part: str,
    evaluation: Evaluation,
    truth: Dataset,
    predicted: Dataset,
    *,
    conf: float | None = None,
    images_of: int | None = None,
) -> Outcomes:
    """Look at every object of a part.

    Args:
        part: its name.
        evaluation: its figures.
        truth: the images with their true objects.
        predicted: the same images with what was found, down to a low confidence.
        conf: the confidence from which predictions count; None is that of the evaluation.
        images_of: number of images of the part, where these are a sample.
    """
    by, figures = evaluation.bio.by, evaluation.mask or evaluation.box
    at = figures.conf if conf is None else conf
    images, _ = counted(truth, {item.id: item.objects for item in predicted.items})
    images = [image.outlines_only() for image in images] if by == "mask" else images
    names = {item.id: item.image.name for item in truth.items}
    errors = [errors_of_image(names[image.id], image, by, at) for image in images]
    best = figures.curve.best
    precision, recall = _mean_at(evaluation, at)
    best_precision, best_recall = _mean_at(evaluation, best)
    return Outcomes(
        part=part,
        images=len(images),
        images_of=max(len(images), images_of or 0),
        empty_images=sum(not len(image.truth) for image in images),
        objects=sum(len(e.found) for e in errors),
        predicted=sum(len(e.extra) for e in errors),
        found=sum(int(e.found.sum()) for e in errors),
        by=by,
        conf=_finite(at),
        precision=precision,
        recall=recall,
        best_conf=_finite(best),
        best_precision=best_precision,
        best_recall=best_recall,
        map50=_finite(figures.all.map50),
        map=_finite(figures.all.map),
        classes=_classes(truth.classes, evaluation, errors),
        confusion=_confusion(images, truth.classes, by, at),
        missed=_count(e.missed for e in errors) if errors else {},
        extra=_count(e.extra for e in errors) if errors else {},
        on_empty=sum(sum(map(bool, e.extra)) for e in errors if not len(e.found)),
        sizes=_sizes(errors),
        fit=_fit(errors),
        per_image=_per_image(errors),
        example=_examples(errors),
    )


def _mean_at(evaluation: Evaluation, conf: float) -> tuple[float, float]:
    """Precision and recall at a confidence, the mean over the classes that have objects."""
    curve = (evaluation.mask or evaluation.box).curve
    if not curve.has_truth.any():
        return 0.0, 0.0
    precision, recall, _ = curve.at(conf)
    return float(precision[curve.has_truth].mean()), float(recall[curve.has_truth].mean())


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _classes(names: Sequence[str], evaluation: Evaluation, errors: Sequence[ImageErrors]) -> tuple[ClassOutcome, ...]:
    figures = (evaluation.mask or evaluation.box).classes
    rows = []
    for k, name in enumerate(names):
        found = sum(int((e.found & (e.truth_class == k)).sum()) for e in errors)
        objects = sum(int((e.truth_class == k).sum()) for e in errors)
        predicted = sum(int((e.pred_class == k).sum()) for e in errors)
        rows.append(ClassOutcome(name, objects, found, predicted, _finite(figures[k].map50)))
    return tuple(rows)


def _confusion(images: Sequence[Counted], classes: tuple[str, ...], by: By, conf: float) -> tuple[tuple[int, ...], ...]:
    pairs = ((image, Overlaps.of(image, by)) for image in images)
    matrix = confusion(pairs, classes, conf=conf if np.isfinite(conf) else 0.0, iou=FOUND_IOU).matrix
    return tuple(tuple(row) for row in matrix.tolist())


def _count(kinds: Any) -> dict[str, int]:
    counts = Counter(kind for of_image in kinds for kind in of_image if kind)
    return {kind: counts[kind] for kind in (*MISSED, *EXTRA) if counts[kind]}


def _sizes(errors: Sequence[ImageErrors]) -> tuple[SizeBin, ...]:
    objects, found = Counter[int](), Counter[int]()
    for e in errors:
        bins = np.floor(BINS_PER_OCTAVE * np.log2(np.maximum(e.diameter, 1))).astype(int)
        objects.update(bins.tolist())
        found.update(bins[e.found | (np.array(e.missed, str) == "class")].tolist())
    return tuple(SizeBin(2.0 ** (b / BINS_PER_OCTAVE), objects[b], found[b]) for b in sorted(objects))


def _fit(errors: Sequence[ImageErrors]) -> Fit:
    iou = np.concatenate([np.zeros(0), *(e.iou for e in errors)])
    if not len(iou):
        return Fit()
    means = (float(np.concatenate([getattr(e, name) for e in errors]).mean()) for name in ("box_iou", "border_px"))
    return Fit(len(iou), float(iou.mean()), *means)


def _per_image(errors: Sequence[ImageErrors]) -> tuple[ImageOutcome, ...]:
    rows = [ImageOutcome(e.name, len(e.found), int(e.found.sum()), sum(map(bool, e.extra))) for e in errors]
    return tuple(sorted(rows, key=lambda row: -row.errors)[:MOST_IMAGES])


def _examples(errors: Sequence[ImageErrors]) -> dict[str, str]:
    """For every kind of error the image that has most of it."""
    most: dict[str, tuple[int, str]] = {}
    for e in errors:
        counts = Counter([f"missed-{kind}" for kind in e.missed if kind] + [f"extra-{k}" for k in e.extra if k])
        for kind, n in counts.items():
            if n > most.get(kind, (0, ""))[0]:
                most[kind] = (n, e.name)
    return {kind: name for kind, (_, name) in sorted(most.items())}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
