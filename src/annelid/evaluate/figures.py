"""The figures of an evaluation, and how they are written down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.evaluate.confusion import Confusion
from annelid.evaluate.curves import ConfidenceCurve
from annelid.evaluate.matched import Matched
from annelid.match import THRESHOLDS, By, Tally


@dataclass(frozen=True)
class Figures:
    """Detection figures of one class, or the mean over the classes. NaN where there is no such object.

    Attributes:
        name: the class; "" for the mean.
        objects: number of true objects.
        predicted: number of predictions, whatever their confidence.
        map: AP over IoU .50 to .95, as COCO.
        map50: AP at IoU .50.
        map75: AP at IoU .75.
        small: `map` of objects up to 32 x 32 pixels.
        medium: `map` of objects from there to 96 x 96 pixels.
        large: `map` of larger objects.
        precision: at IoU .50 and the confidence of the `Part`.
        recall: likewise.
        f1: likewise.
    """

    name: str
    objects: int
    predicted: int
    map: float
    map50: float
    map75: float
    small: float
    medium: float
    large: float
    precision: float
    recall: float
    f1: float

    def to_dict(self) -> dict[str, Any]:
        """Under the names that users of YOLO know; None for NaN."""
        return {
            **({"name": self.name} if self.name else {}),
            "objects": self.objects,
            "predicted": self.predicted,
            "mAP50-95": number(self.map),
            "mAP50": number(self.map50),
            "mAP75": number(self.map75),
            "mAP50-95-small": number(self.small),
            "mAP50-95-medium": number(self.medium),
            "mAP50-95-large": number(self.large),
            "P": number(self.precision),
            "R": number(self.recall),
            "F1": number(self.f1),
        }


@dataclass(frozen=True)
class Part:
    """The figures of the boxes or of the masks.

    Attributes:
        by: what was compared.
        all: the mean over the classes that have true objects.
        classes: each class, in the order of the dataset.
        conf: the confidence of P, R and F1: given, or that of the best mean F1; NaN without predictions.
        curve: P and R over the confidence at IoU .50.
        precision_by_recall: float64 (101, K), interpolated precision at IoU .50 for recall 0, .01 ... 1; NaN
            for a class without true objects.
        matched: what became of every prediction: the figures follow from it.
    """

    by: By
    all: Figures
    classes: tuple[Figures, ...]
    conf: float
    curve: ConfidenceCurve
    precision_by_recall: NDArray[np.float64]
    matched: Matched

    def to_dict(self) -> dict[str, Any]:
        """As plain values, without the curves."""
        return {
            **self.all.to_dict(),
            "conf": number(self.conf),
            "classes": [c.to_dict() for c in self.classes],
        }


@dataclass(frozen=True)
class InstanceFigures:
    """What bioimage analysis asks: how many objects are found, at fixed predictions.

    Objects are paired optimally within their class and counted over all images together.

    Attributes:
        by: what was compared.
        conf: least confidence of the predictions that were counted; NaN when all were.
        tallies: the counts of all classes at each IoU threshold of `match.THRESHOLDS`.
        classes: the same for each class, by name.
        images: counts of each image at IoU .50, by id, in the order of the images.
        counts: float64 (I, 10, K, 4), of every image, threshold and class: found, made up, missed, sum of the IoU.
    """

    by: By
    conf: float
    tallies: tuple[Tally, ...]
    classes: dict[str, tuple[Tally, ...]]
    images: dict[str, Tally]
    counts: NDArray[np.float64]

    def to_dict(self) -> dict[str, Any]:
        """As plain values; AP is TP / (TP + FP + FN), averaged over the thresholds where no IoU is named."""
        return {
            "by": self.by,
            "conf": number(self.conf),
            **_instance_summary(self.tallies),
            "thresholds": [{"iou": t, **tally_dict(each)} for t, each in zip(THRESHOLDS, self.tallies, strict=True)],
            "classes": [{"name": name, **_instance_summary(each)} for name, each in self.classes.items()],
            "images": {name: tally_dict(each) for name, each in self.images.items()},
        }


def _instance_summary(tallies: Sequence[Tally]) -> dict[str, float | None]:
    """``count_error``: by how much the number of predicted objects is off, .1 is 10 % too many."""
    at_half = tallies[0]
    true, predicted = at_half.tp + at_half.fn, at_half.tp + at_half.fp
    return {
        "AP": float(np.mean([t.ap for t in tallies])),
        "AP50": at_half.ap,
        "F1": at_half.f1,
        "PQ": at_half.pq,
        "count_error": predicted / true - 1 if true else None,
    }


def tally_dict(t: Tally) -> dict[str, float]:
    """Counts and what follows from them, as plain values."""
    return {
        "tp": t.tp,
        "fp": t.fp,
        "fn": t.fn,
        "AP": t.ap,
        "P": t.precision,
        "R": t.recall,
        "F1": t.f1,
        "PQ": t.pq,
        "mean_matched_score": t.mean_matched_score,
        "mean_true_score": t.mean_true_score,
    }


@dataclass(frozen=True)
class Evaluation:
    """How well predictions fit the truth.

    Attributes:
        box: figures of the bounding boxes.
        mask: figures of the masks; None when truth or predictions are boxes only.
        bio: instance figures, of the masks where there are any, else of the boxes.
        confusion: classes taken for one another, by masks where there are any, else by boxes.
        images: number of images that count.
        objects: number of true objects that count.
        predicted: number of predictions that count, whatever their confidence.
        notes: what was left out, in sentences.
    """

    box: Part
    mask: Part | None
    bio: InstanceFigures
    confusion: Confusion
    images: int
    objects: int
    predicted: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything but the curves as values that JSON can hold; None where a figure does not exist."""
        return {
            "metrics": {"box": self.box.to_dict(), "mask": self.mask.to_dict() if self.mask else None},
            "bio": self.bio.to_dict(),
            "confusion": self.confusion.to_dict(),
            "images": self.images,
            "objects": self.objects,
            "predicted": self.predicted,
            "notes": list(self.notes),
        }


def number(value: float) -> float | None:
    """A finite value, or None."""
    return None if math.isnan(value) else float(value)
