"""Say what a finished training shows: is it good, where does it fail, why, and what to type next.

Causes come before what follows from them: a learning rate that is far off makes every kind of error, so the kinds of
error are then not told. Nothing here reads a file; `annelid.run_record` gathers the `Record`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from annelid.diagnose import classes, fit, mistakes, rates, trust
from annelid.diagnose.advice import predict
from annelid.diagnose.chance import percent
from annelid.diagnose.course import Course
from annelid.diagnose.finding import Diagnosis, Kind
from annelid.diagnose.levels import FAIR
from annelid.diagnose.outcomes import Outcomes
from annelid.diagnose.record import Record

__all__ = ["KINDS", "Diagnosis", "Record", "diagnose"]

Rule = Callable[[Record, Course], Diagnosis | None]

HEALTHY = Kind(
    *("D100", "healthy", "good"),
    "the curves came to rest, training and validation agree, and no kind of error stands out",
)

KINDS: tuple[Kind, ...] = (
    HEALTHY,
    rates.TOO_HIGH,
    rates.TOO_LOW,
    fit.IMPROVING,
    fit.PLATEAU,
    fit.UNDERFITTING,
    fit.OVERFITTING,
    trust.PERFECTION,
    trust.UNSTABLE,
    classes.IMBALANCE,
    classes.CONFUSED,
    mistakes.CAUTIOUS,
    mistakes.CARELESS,
    mistakes.BACKGROUND,
    mistakes.SMALL,
    mistakes.MERGED,
    mistakes.PIECES,
    mistakes.COARSE,
    mistakes.ONE_IMAGE,
)
"""Every kind of finding, by code."""

_CLASSES: tuple[Rule, ...] = (classes.imbalance, classes.confused)
_PLACES: tuple[Rule, ...] = (
    mistakes.one_image,
    mistakes.merged,
    mistakes.pieces,
    mistakes.small,
    mistakes.background,
    mistakes.coarse,
)

_ABOUT_DATA = ("check", "split", "propose", "classes", "preview", "history", "import")


def diagnose(record: Record) -> list[Diagnosis]:
    """Every finding, errors first; one that says so where the training is healthy.

    Args:
        record: the run. What it does not know is not judged.
    """
    course = Course.of(record.curves)
    found = [_with_import(finding, record) for finding in _causes(record, course)]
    if not found and record.val and record.val.f1 >= FAIR:
        found = [_healthy(record, record.val, course)]
    order = ("error", "warning", "info", "good")
    return sorted(found, key=lambda finding: (order.index(finding.severity), finding.code))


def _with_import(finding: Diagnosis, record: Record) -> Diagnosis:
    """Verbs about data act on the project: data that came with ``--data`` have to be imported first."""
    about_data = any(command.split()[1] in _ABOUT_DATA for command in finding.commands)
    if not (record.outside and about_data):
        return finding
    return replace(finding, commands=("annelid import data.yaml", *finding.commands))


def _causes(record: Record, course: Course) -> Iterable[Diagnosis]:
    """From what spoils everything to what spoils a little; the first that explains the errors ends the search."""
    if broken := rates.learning_rate(record, course):
        return [broken]
    if leak := trust.perfection(record, course):
        return [leak]
    doubts = _all((trust.unstable,), record, course)
    if (early := fit.still_improving(record, course)) and fit.is_early(record):
        return [*doubts, early]
    if odd := fit.contradiction(record, course):
        return [*doubts, odd]
    told = [*doubts, *_all((*_CLASSES, *_PLACES), record, course)]
    if len(told) > len(doubts):
        return told
    rest = (fit.overfitting, fit.underfitting, mistakes.lopsided)
    one = early or next(iter(_all(rest, record, course)), None)
    one = one or (fit.plateau(record, course) if not doubts else None)
    return [*doubts, *([one] if one else [])]


def _all(rules: Iterable[Rule], record: Record, course: Course) -> list[Diagnosis]:
    return [finding for rule in rules if (finding := rule(record, course))]


def _healthy(record: Record, val: Outcomes, course: Course) -> Diagnosis:
    seen = f"On {val.images} validation images it finds {percent((val.found, val.objects))} of the objects, with "
    seen += f"{val.n_extra:,} false ones (F1 {val.f1:.2f})."
    todo = "Measure it on the test part, and look through a sample of what it predicts on new images."
    commands = (f"annelid evaluate {record.model or record.run}", predict(record))
    curves = (course.name,) if course.name else ()
    return HEALTHY.finding(seen, todo, *commands, evidence={"f1": val.f1}, curves=curves)
