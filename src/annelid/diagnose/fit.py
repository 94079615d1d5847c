"""What was learned: too short a training, a plateau, training images that are known by heart or not at all."""

from __future__ import annotations

import numpy as np

from annelid.diagnose.advice import train_again, train_larger, train_on
from annelid.diagnose.chance import is_clearly_below, percent
from annelid.diagnose.course import LEAST_WINDOW, Course, gain, level, smoothed
from annelid.diagnose.finding import Diagnosis, Kind
from annelid.diagnose.levels import FAIR, GAP, GOOD, RISEN
from annelid.diagnose.outcomes import Outcomes
from annelid.diagnose.record import Record

WORTHWHILE = 0.1
"""A gain over the last quarter, relative to the level: as much again would be seen in pictures."""
STEEP = 0.3
"""The same for a model that finds its training objects already: outlines alone get better slowly, and for long."""
VISIBLE = 0.005
"""A gain in mAP50-95 below that is noise around nothing."""

IMPROVING = Kind(
    *("D103", "still-improving", "info"),
    "the training was stopped while it still learned: what it reached is not what it can reach",
)
PLATEAU = Kind(
    *("D104", "plateau", "info"),
    "the curves have been flat for long: more of the same epochs cost time and change nothing",
)
UNDERFITTING = Kind(
    *("D105", "underfitting", "warning"),
    "a model that fails on the very images it learned from cannot do better on new ones",
)
OVERFITTING = Kind(
    *("D106", "overfitting", "warning"),
    "it learns its training images by heart: what it gains there does not help on new images, or is lost on them",
)


def still_improving(record: Record, course: Course) -> Diagnosis | None:
    """The fitness, or before there is any the loss, had not come to rest."""
    if not len(course.train_loss) or _parted(course):
        return None
    if record.train and record.train.best_f1 >= GOOD:  # a loss that falls says nothing new then
        seen = _rising(course, STEEP)
    else:
        seen = _too_few_epochs(record, course) or _rising(course, WORTHWHILE) or _falling(record, course)
    if not seen:
        return None
    longer = max(2 * course.epochs, 10 * LEAST_WINDOW)
    more = train_on(record, epochs=max(course.epochs, 10 * LEAST_WINDOW)) if record.model else ""
    commands = [command for command in (train_again(record, epochs=longer), more) if command]
    todo = f"Train longer: {longer} epochs from the same start, or go on from this model."
    evidence = {"epochs": course.epochs, "best_epoch": course.best_epoch}
    return IMPROVING.finding(seen, todo, *commands, evidence=evidence, curves=(course.name,))


def _too_few_epochs(record: Record, course: Course) -> str:
    if course.epochs > LEAST_WINDOW or record.f1 >= FAIR:
        return ""
    return f"It ran for {course.epochs} epoch{'s' * (course.epochs > 1)}: too few to tell a model from chance."


def _rising(course: Course, least: float) -> str:
    rise, error = gain(course.fitness, course.window)
    height = level(course.fitness, course.window)
    late = course.best_epoch > course.epochs - course.window  # what was reached before is no news
    if not (late and rise > 2 * error and rise > max(least * height, VISIBLE)):
        return ""
    return (
        f"In the last {course.window} epochs the mAP50-95 rose by {rise:.3f} to {height:.3f}, and the best epoch was "
        f"{course.best_epoch} of {course.epochs}."
    )


def _falling(record: Record, course: Course) -> str:
    """A run that has found little yet, while a loss falls."""
    if record.f1 >= FAIR:
        return ""
    for what, loss in (("validation", course.val_loss), ("training", course.train_loss)):
        change, error = gain(loss, course.window)
        height = level(loss, course.window)
        if -change > 2 * error and -change > WORTHWHILE * height:
            fell = f"from {height - change:.3g} to {height:.3g}"
            return f"In the last {course.window} epochs the {what} loss still fell {fell}."
    return ""


def overfitting(record: Record, course: Course) -> Diagnosis | None:
    """Training images are known, validation images are not; or the two losses part."""
    train, val = record.train, record.val
    seen = _known_by_heart(train, val) if train and val else ""
    seen = seen or _parted(course)
    if not seen:
        return None
    images = record.facts.images.get("train", 0)
    todo = (
        f"Annotate more and other images (there are {images} to learn from): let the model propose, and correct it. "
        "Until then more augmentation and fewer epochs help."
    )
    varied = {"degrees": 180, "flipud": 0.5, "fliplr": 0.5, "mosaic": 1.0, "scale": 0.5, "translate": 0.1, "hsv_v": 0.4}
    commands = (
        f"annelid propose --model {record.model or record.run}",
        train_again(record, **varied, patience=max(course.epochs // 5, 5)),
    )
    evidence = {
        "train_f1": train.best_f1 if train else None,
        "val_f1": val.best_f1 if val else None,
        "train_images": images,
    }
    return OVERFITTING.finding(seen, todo, *commands, evidence=evidence, curves=("train/cls_loss", "val/cls_loss"))


def _known_by_heart(train: Outcomes, val: Outcomes) -> str:
    if train.best_f1 - val.best_f1 < GAP or not is_clearly_below(val.right, train.right):
        return ""
    return (
        f"F1 is {train.best_f1:.2f} on training images and {val.best_f1:.2f} on validation images: found are "
        f"{percent((train.found, train.objects))} there, {percent((val.found, val.objects))} here."
    )


def _parted(course: Course) -> str:
    """The validation loss rises from some epoch on, while the training loss falls and nothing is gained."""
    val, train = course.val_loss, course.train_loss
    if min(len(val), len(train)) < 2 * course.window or not np.isfinite([*val, *train]).all():
        return ""
    smooth = smoothed(val)
    turn = int(smooth.argmin()) + 1
    fell = RISEN * level(train, course.window) < train[turn - 1]
    gained = course.best_epoch > course.epochs - course.window
    if gained or not fell or level(val, course.window) < RISEN * smooth.min():
        return ""
    return (
        f"From epoch {turn + 1} on the validation loss rose from {smooth.min():.3g} to "
        f"{level(val, course.window):.3g}, "
        f"while the training loss went on falling; the best epoch was {course.best_epoch} of {course.epochs}."
    )


def underfitting(record: Record, course: Course) -> Diagnosis | None:
    """Not even training images are known."""
    train = record.train
    if not train or train.best_f1 >= FAIR:
        return None
    settled = course.settled_at()
    rest = f"; the curves have been flat since epoch {settled}" if 0 < settled <= course.epochs / 2 else ""
    seen = (
        f"On {train.images} of its own training images it finds {percent((train.found, train.objects))} of the objects "
        f"with {train.n_extra:,} false ones (F1 {train.best_f1:.2f}){rest}."
    )
    todo = (
        "Look at the annotation first (labels.jpg, annelid preview): outlines of other images, or half of the objects "
        "missing, cannot be learned. If it is right, take a larger model, larger pictures, or more epochs."
    )
    larger = train_larger(record)
    evidence = {"train_f1": train.best_f1, "val_f1": record.val.best_f1 if record.val else None}
    return UNDERFITTING.finding(
        seen, todo, "annelid check", larger, evidence=evidence, curves=("train/box_loss", "train/cls_loss")
    )


def contradiction(record: Record, course: Course) -> Diagnosis | None:
    """Underfitting beyond doubt: training images are known even less than others, so their annotation is at odds."""
    train, val = record.train, record.val
    if not train or not val or not is_clearly_below(train.right, val.right):
        return None
    return underfitting(record, course)


def plateau(record: Record, course: Course) -> Diagnosis | None:
    """Flat since before the middle, and not good enough."""
    f1, settled = record.f1, course.settled_at()
    if not f1 < GOOD or not 0 < settled <= course.epochs / 2:
        return None
    seen = (
        f"By epoch {settled} of {course.epochs} the mAP50-95 was as high as at the end "
        f"({level(course.fitness, course.window):.3f}), and F1 is {f1:.2f}."
    )
    todo = "Add annotated images, above all of what it misses; more epochs will not help. Let it propose, and correct."
    commands = (f"annelid propose --model {record.model or record.run}", train_again(record, patience=20))
    evidence = {"settled": settled, "f1": f1}
    return PLATEAU.finding(seen, todo, *commands, evidence=evidence, curves=(course.name,))


def is_early(record: Record) -> bool:
    """Whether there is too little of a model to say anything of its kinds of error."""
    known = record.train or record.val
    return known is None or known.best_f1 < FAIR
