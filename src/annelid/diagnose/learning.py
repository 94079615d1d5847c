"""How the training went: learning rate, length, what it knows of the images that it learned from."""

from __future__ import annotations

import math

import numpy as np

from annelid.diagnose.advice import train_again, train_on
from annelid.diagnose.chance import is_clearly_below, percent
from annelid.diagnose.course import LEAST_WINDOW, Course, Curve, gain, level
from annelid.diagnose.finding import Diagnosis, Kind
from annelid.diagnose.levels import FAIR, GAP, GOOD
from annelid.diagnose.outcomes import Outcomes
from annelid.diagnose.record import Record

USUAL_RATE = {"SGD": 0.01, "MuSGD": 0.01}
"""Learning rate at which an optimiser is usually run; the adaptive ones take `USUAL_ADAPTIVE`."""
USUAL_ADAPTIVE = 0.001
FAR = 10
"""A learning rate that many times smaller than usual is none that anybody tunes to."""
UNMOVED = 0.05
"""A validation loss that changed by less over a whole run shows that nothing was learned."""
RISEN = 1.15
"""A training loss that ends so much above its lowest level did not find its way down; scatter is a few percent."""
EXPLODED = 2.0
"""A loss that many times above that of the first epoch, where nothing was known yet, was driven there."""
EXPLODED_VAL = 100.0
"""A validation loss that many times its final level comes of weights that ran away; half-trained ones make it ten."""
WORTHWHILE = 0.1
"""A gain over the last quarter, relative to the level: as much again would be seen in pictures."""

TOO_HIGH = Kind(
    *("D101", "learning-rate-too-high", "warning"),
    "steps that are too long jump over the good weights: the loss does not settle, or the numbers overflow",
)
TOO_LOW = Kind(
    *("D102", "learning-rate-too-low", "warning"),
    "steps that are too short leave the weights where they were: the time was spent, and next to nothing learned",
)
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
    "it has learned its training images by heart: on new images it is much worse than training suggests",
)


def learning_rate(record: Record, course: Course) -> Diagnosis | None:
    """Too high or too low, by what the losses did."""
    return _too_high(record, course) or _too_low(record, course)


def _too_high(record: Record, course: Course) -> Diagnosis | None:
    rate = _rate(record, course)
    seen = _overflow(record, course) or _exploded(record, course) or _unsettled(record, course)
    if not seen:
        return None
    lower = float(record.typed.get("lr0") or rate) / FAR
    todo = f"Take a learning rate ten times lower ({lower:.2g})."
    evidence = {"lr": rate, "train_loss": course.train_loss.tolist()}
    curves = ("train/box_loss", "val/box_loss")
    return TOO_HIGH.finding(seen, todo, train_again(record, lr0=lower), evidence=evidence, curves=curves)


def _overflow(record: Record, course: Course) -> str:
    broken = np.flatnonzero(~np.isfinite(course.train_loss))
    if len(broken):
        return f"In epoch {broken[0] + 1} the training loss was no number any more."
    if record.error and "nan" in record.error.lower():
        return f"The training ended with: {record.error}"
    return ""


def _unsettled(record: Record, course: Course) -> str:
    """Both losses went up and stayed there, and the model is no good; one alone may be the end of augmentation."""
    if course.epochs < LEAST_WINDOW or not _f1(record) < FAIR or _is_low(record, course):
        return ""
    seen = []
    for what, loss in (("training", course.train_loss), ("validation", course.val_loss)):
        if len(loss) < LEAST_WINDOW or not np.isfinite(loss).all():
            return ""
        smooth = _smooth(loss)
        if smooth[-1] < RISEN * smooth.min():
            return ""
        seen.append(f"the {what} loss from {smooth.min():.3g} (epoch {int(smooth.argmin()) + 2}) to {smooth[-1]:.3g}")
    return f"Both losses rose: {seen[0]}, {seen[1]}."


def _exploded(record: Record, course: Course) -> str:
    """The weights ran away at some time, whether or not they came back."""
    train, val = course.train_loss, course.val_loss
    if len(train) and _f1(record) < FAIR and np.nanmax(train) > EXPLODED * train[0] > 0:
        return _up(train, "training", f"{train[0]:.3g} in the first epoch")
    if len(val) and np.isfinite(val).all() and val.max() > EXPLODED_VAL * (end := level(val, course.window)) > 0:
        return _up(val, "validation", f"{end:.3g} at the end")
    return ""


def _up(loss: Curve, what: str, beside: str) -> str:
    at = int(np.nanargmax(loss))
    return f"In epoch {at + 1} the {what} loss was {loss[at]:.3g}, beside {beside}."


def _smooth(curve: Curve) -> Curve:
    """Medians of three: one odd epoch is nothing."""
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(curve, LEAST_WINDOW), 1))


def _too_low(record: Record, course: Course) -> Diagnosis | None:
    if _f1(record) >= FAIR or not _is_low(record, course):
        return None
    # Augmentation ends late and moves the training loss; statistics of the layers settle and move that of validation.
    losses = {"training": course.train_loss, "validation": course.val_loss}
    what, moved = min(((name, _moved(loss, course.window)) for name, loss in losses.items()), key=lambda each: each[1])
    if not moved < UNMOVED:
        return None
    rate, usual = _rate(record, course), _usual_rate(record)
    seen = (
        f"From epoch {course.window} to epoch {course.epochs} the {what} loss changed by {moved:.1%}; the learning "
        f"rate was {rate:.2g}."
    )
    todo = f"Take the usual learning rate: leave lr0 out, or set it to {usual:g}."
    evidence = {"lr": rate, "usual": usual, "moved": moved}
    curves = ("train/box_loss", "val/box_loss")
    return TOO_LOW.finding(seen, todo, train_again(record, lr0=None), evidence=evidence, curves=curves)


def _moved(loss: Curve, window: int) -> float:
    """How much the end of a loss differs from its second window, as a share; infinite where that cannot be said."""
    early = loss[window : 2 * window]
    if len(early) < LEAST_WINDOW or not early.mean() > 0:
        return math.inf
    return abs(level(loss, window) / float(early.mean()) - 1)


def _rate(record: Record, course: Course) -> float:
    """The highest learning rate of the run; the one that was asked for where none was recorded."""
    finite = course.lr[np.isfinite(course.lr)]
    return float(finite.max()) if len(finite) else float(record.params.get("lr0") or _usual_rate(record))


def _usual_rate(record: Record) -> float:
    return USUAL_RATE.get(str(record.params.get("optimizer")), USUAL_ADAPTIVE)


def _is_low(record: Record, course: Course) -> bool:
    return _rate(record, course) * FAR <= _usual_rate(record)


def _f1(record: Record) -> float:
    """Best F1 on the validation part; by the training's own figures where that was not looked at; else NaN."""
    if record.val:
        return record.val.best_f1
    for kind in ("M", "B"):
        p, r = (record.curves.get(f"metrics/{name}({kind})") for name in ("precision", "recall"))
        if p and r:
            return max(2 * a * b / (a + b) if a + b > 0 else 0.0 for a, b in zip(p, r, strict=True))
    return math.nan


def still_improving(record: Record, course: Course) -> Diagnosis | None:
    """The fitness, or before there is any the loss, had not come to rest."""
    known = record.train.best_f1 if record.train else 0.0
    if not len(course.train_loss) or known >= GOOD:  # what it knows already, more epochs do not teach it
        return None
    seen = _too_few_epochs(record, course) or _rising(course) or _falling(record, course)
    if not seen:
        return None
    longer = max(2 * course.epochs, 10 * LEAST_WINDOW)
    more = train_on(record, epochs=max(course.epochs, 10 * LEAST_WINDOW)) if record.model else ""
    commands = [command for command in (train_again(record, epochs=longer), more) if command]
    todo = f"Train longer: {longer} epochs from the same start, or go on from this model."
    evidence = {"epochs": course.epochs, "best_epoch": course.best_epoch}
    return IMPROVING.finding(seen, todo, *commands, evidence=evidence, curves=(course.name,))


def _too_few_epochs(record: Record, course: Course) -> str:
    if course.epochs > LEAST_WINDOW or _f1(record) >= FAIR:
        return ""
    return f"It ran for {course.epochs} epoch{'s' * (course.epochs > 1)}: too few to tell a model from chance."


def _rising(course: Course) -> str:
    rise, error = gain(course.fitness, course.window)
    height = level(course.fitness, course.window)
    if not (rise > 2 * error and rise > WORTHWHILE * height):
        return ""
    return (
        f"In the last {course.window} epochs the mAP50-95 rose by {rise:.3f} to {height:.3f}, and the best epoch was "
        f"{course.best_epoch} of {course.epochs}."
    )


def _falling(record: Record, course: Course) -> str:
    """A run that has found little yet, while a loss falls."""
    if _f1(record) >= FAIR:
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
    smooth = _smooth(val)
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
    larger = train_again(record, imgsz=2 * int(record.params.get("imgsz") or 640))
    evidence = {"train_f1": train.best_f1, "val_f1": record.val.best_f1 if record.val else None}
    return UNDERFITTING.finding(
        seen, todo, "annelid check", larger, evidence=evidence, curves=("train/box_loss", "train/cls_loss")
    )


def plateau(record: Record, course: Course) -> Diagnosis | None:
    """Flat since before the middle, and not good enough."""
    f1, settled = _f1(record), course.settled_at()
    if not f1 < GOOD or not 0 < settled <= course.epochs / 2:
        return None
    seen = (
        f"Since epoch {settled} of {course.epochs} the mAP50-95 has stayed where it is "
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
