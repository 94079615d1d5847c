"""Whether the figures can be believed."""

from __future__ import annotations

from annelid.diagnose.chance import half_width, interval
from annelid.diagnose.course import Course
from annelid.diagnose.finding import Diagnosis, Kind
from annelid.diagnose.levels import GAP
from annelid.diagnose.record import Record

PERFECT = 0.95
"""mAP50-95 that two careful people, drawing the same objects, do not reach among themselves."""
FEW_IMAGES = 5
"""Fewer images than that are single cases; a report warns of the same number."""

PERFECTION = Kind(
    *("D201", "suspicious-perfection", "error"),
    "a model that is judged by images it has learned from looks better than it is: on new images it may fail",
)
UNSTABLE = Kind(
    *("D202", "unstable-validation", "warning"),
    "with so little to validate on, the best epoch and its figures are partly luck: another draw gives others",
)


def perfection(record: Record, course: Course) -> Diagnosis | None:
    """Validation images that are training images, or figures that are too good."""
    same = [*record.facts.copies, *record.facts.twins]
    val = record.val
    if same:
        held_out = sum(n for part, n in record.facts.images.items() if part != "train")
        how = "are copies of training images" if record.facts.copies else "bear exactly the outlines of training images"
        seen = f"{len(same)} of {held_out} validation and test images {how}."
        todo = "Divide anew, so that copies stay together, and train again; do not compare with the old figures."
        evidence = {"images": same[:20], "count": len(same)}
        commands = ("annelid check", "annelid split --resplit")
        return PERFECTION.finding(seen, todo, *commands, evidence=evidence, image=same[0])
    if record.facts.leakage:
        seen = f"{len(record.facts.leakage)} finding(s) of the data check: {'; '.join(record.facts.leakage)}."
        todo = "Divide anew, so that what belongs together stays together, and train again."
        commands = ("annelid check", "annelid split --resplit")
        evidence = {"leakage": list(record.facts.leakage)}
        return PERFECTION.finding(seen, todo, *commands, evidence=evidence, curves=(course.name,))
    learned = len(course.train_loss) > 0  # a plain threshold knows nothing by heart
    if learned and val and val.map is not None and val.map >= PERFECT:
        seen = f"The mAP50-95 on validation is {val.map:.3f}: closer than two people agree."
        todo = (
            "See whether validation images are tiles, frames or flips of training images, and whether the annotation "
            "was made by a program. Declare the groups, and divide anew."
        )
        commands = ("annelid check", "annelid split --resplit")
        return PERFECTION.finding(seen, todo, *commands, evidence={"mAP50-95": val.map}, curves=(course.name,))
    return None


def unstable(record: Record, course: Course) -> Diagnosis | None:
    """Too few objects or images to know recall to a tenth."""
    val = record.val
    if not val or not val.images:
        return None
    share = (val.found, val.objects)
    if half_width(share) <= GAP and val.images >= FEW_IMAGES:
        return None
    low, high = interval(share)
    jumps = _jumps(course)
    images = f"{val.images} image{'s' * (val.images != 1)} with {val.objects} object{'s' * (val.objects != 1)}"
    seen = f"Validation has {images}: the recall lies anywhere from {low:.0%} to {high:.0%}{jumps}."
    todo = "Put more images into validation: annotate more, or divide anew with a larger share."
    evidence = {"images": val.images, "objects": val.objects, "recall": [low, high]}
    commands = ("annelid split --resplit --val .3",)
    return UNSTABLE.finding(seen, todo, *commands, evidence=evidence, curves=(course.name,))


def _jumps(course: Course) -> str:
    late = course.fitness[-course.window :]
    if len(late) < 2:
        return ""
    return f", and mAP50-95 moved between {late.min():.2f} and {late.max():.2f} in the last {len(late)} epochs"
