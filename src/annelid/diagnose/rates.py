"""The learning rate: too high or too low, by what the losses did."""

from __future__ import annotations

import math

import numpy as np

from annelid.diagnose.advice import train_again
from annelid.diagnose.course import LEAST_WINDOW, Course, Curve, level, smoothed
from annelid.diagnose.finding import Diagnosis, Kind
from annelid.diagnose.levels import FAIR, RISEN
from annelid.diagnose.record import Record

USUAL_RATE = {"SGD": 0.01, "MuSGD": 0.01}
"""Learning rate at which an optimiser is usually run; the adaptive ones take `USUAL_ADAPTIVE`."""
USUAL_ADAPTIVE = 0.001
FAR = 10
"""A learning rate that many times smaller than usual is none that anybody tunes to."""
UNMOVED = 0.1
"""A loss that changed by less in the course of a whole run shows that next to nothing was learned."""
EXPLODED = 2.0
"""A loss that many times above that of the first epoch, where nothing was known yet, was driven there."""
EXPLODED_VAL = 100.0
"""A validation loss that many times its final level comes of weights that ran away; half-trained ones make it ten."""
TOO_HIGH = Kind(
    *("D101", "learning-rate-too-high", "warning"),
    "steps that are too long jump over the good weights: the loss does not settle, or the numbers overflow",
)
TOO_LOW = Kind(
    *("D102", "learning-rate-too-low", "warning"),
    "steps that are too short leave the weights where they were: the time was spent, and next to nothing learned",
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
    if course.epochs < LEAST_WINDOW or not record.f1 < FAIR or _is_low(record, course):
        return ""
    seen = []
    for what, loss in (("training", course.train_loss), ("validation", course.val_loss)):
        if len(loss) < LEAST_WINDOW or not np.isfinite(loss).all():
            return ""
        smooth = smoothed(loss)
        if smooth[-1] < RISEN * smooth.min():
            return ""
        seen.append(f"the {what} loss from {smooth.min():.3g} (epoch {int(smooth.argmin()) + 2}) to {smooth[-1]:.3g}")
    return f"Both losses rose: {seen[0]}, {seen[1]}."


def _exploded(record: Record, course: Course) -> str:
    """The weights ran away at some time, whether or not they came back."""
    train, val = course.train_loss, course.val_loss
    if len(train) and record.f1 < FAIR and np.nanmax(train) > EXPLODED * train[0] > 0:
        return _up(train, "training", f"{train[0]:.3g} in the first epoch")
    if len(val) and np.isfinite(val).all() and val.max() > EXPLODED_VAL * (end := level(val, course.window)) > 0:
        return _up(val, "validation", f"{end:.3g} at the end")
    return ""


def _up(loss: Curve, what: str, beside: str) -> str:
    at = int(np.nanargmax(loss))
    return f"In epoch {at + 1} the {what} loss was {loss[at]:.3g}, beside {beside}."


def _too_low(record: Record, course: Course) -> Diagnosis | None:
    if record.f1 >= FAIR or not _is_low(record, course):
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
