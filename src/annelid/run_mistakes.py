"""What a model found on the images of its run, kept for looking at, and where it is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from annelid import atomic
from annelid.dataset import Dataset, LabeledImage
from annelid.diagnose.errors_of_image import TOUCH_IOU, ImageErrors, errors_of_image
from annelid.evaluate.counted import Counted, counted
from annelid.match import By, box_overlap
from annelid.objects import Objects

FILE = "predictions.npz"
LEAST = 0.05
"""Of what is less certain, too much would be kept; what predicts with less keeps what it predicts."""

Kind = Literal["extra", "missed", "merged", "split", "class", "loose"]
KINDS: Mapping[Kind, str] = {
    "extra": "drawn where nothing is",
    "missed": "not found",
    "merged": "several objects under one outline",
    "split": "one object drawn twice, or in pieces",
    "class": "found, but called another class",
    "loose": "found, but not drawn closely: the overlap is below one half",
}
_OF_PREDICTION: Mapping[str, Kind] = {
    "background": "extra",
    "twice": "split",
    "piece": "split",
    "merger": "merged",
    "class": "class",
    "loose": "loose",
}


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        kind: see `KINDS`.
        id: of the object that shows it.
        is_predicted: whether that is a prediction; else it is a true object that was not found.
        box_xyxy: where it is, in pixels.
    """

    kind: Kind
    id: str
    is_predicted: bool
    box_xyxy: tuple[float, float, float, float]


@dataclass(frozen=True)
class Mistakes:
    """What is wrong on one image.

    Attributes:
        found: how many true objects were found.
        objects: how many there are.
        predicted: what was predicted with enough confidence.
        mistakes: from top to bottom.
    """

    found: int
    objects: int
    predicted: Objects
    mistakes: tuple[Mistake, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Kind -> number of mistakes, those that there are."""
        return dict(Counter(mistake.kind for mistake in self.mistakes))


def keep(run: Path, predicted: Dataset, conf: float | None) -> None:
    """Keep what was found in the run folder, beside what was kept of other images.

    Args:
        run: the run folder.
        predicted: images with what was found on them, down to any confidence.
        conf: the confidence that the model predicts with; None keeps everything.
    """
    least = min(LEAST, conf if conf is not None else 0.0)
    items = [replace(item, objects=item.objects[~(item.objects.scores < least)]) for item in predicted.items]
    earlier = kept(run)
    ids = {item.id for item in items}
    others = [item for item in earlier.items if item.id not in ids] if earlier else []
    with atomic.replacing(run / FILE) as temporary:
        Dataset(predicted.classes, (*others, *items)).save(temporary)


def kept(run: Path) -> Dataset | None:
    """What was kept; None where nothing was."""
    return Dataset.load(run / FILE) if (run / FILE).is_file() else None


def mistakes(truth: LabeledImage, predicted: LabeledImage, classes: Sequence[str], by: By, conf: float) -> Mistakes:
    """Hold what was predicted on an image against its annotation.

    Args:
        truth: the image with its true objects; what is not covered does not count.
        predicted: the same with predictions.
        classes: the classes that count.
        by: compare masks or boxes.
        conf: least confidence.
    """
    images, _ = counted(Dataset(tuple(classes), (truth,)), {truth.id: predicted.objects})
    shown = predicted.objects[~(predicted.objects.scores < conf)]
    if not images:
        return Mistakes(0, 0, shown, ())
    image = images[0].outlines_only() if by == "mask" else images[0]
    errors = errors_of_image(truth.image.name, image, by, conf)
    found = sorted([*_predicted(image, errors, conf), *_missed(image, errors, conf)], key=_from_top)
    return Mistakes(int(errors.found.sum()), len(errors.found), shown, tuple(found))


def _from_top(mistake: Mistake) -> tuple[float, float]:
    return mistake.box_xyxy[1], mistake.box_xyxy[0]


def _predicted(image: Counted, errors: ImageErrors, conf: float) -> list[Mistake]:
    drawn = image.pred[~(image.pred.scores < conf)]
    boxes = drawn.boxes_xyxy.tolist()
    return [
        Mistake(_OF_PREDICTION[kind], str(drawn.ids[n]), True, tuple(boxes[n]))  # noqa: FBT003
        for n, kind in enumerate(errors.extra)
        if kind
    ]


def _missed(image: Counted, errors: ImageErrors, conf: float) -> list[Mistake]:
    """True objects that were not seen; of the others, a prediction shows what is wrong."""
    drawn = image.pred[~(image.pred.scores < conf)]
    wrong = drawn[np.array([bool(kind) for kind in errors.extra], bool)]
    is_told = np.max(box_overlap(image.truth.boxes_xyxy, wrong.boxes_xyxy), 1, initial=0.0) >= TOUCH_IOU
    boxes = image.truth.boxes_xyxy.tolist()
    return [
        Mistake("missed", str(image.truth.ids[n]), False, tuple(boxes[n]))  # noqa: FBT003
        for n, kind in enumerate(errors.missed)
        if kind == "unseen" or (kind and kind != "merged" and not is_told[n])
    ]
