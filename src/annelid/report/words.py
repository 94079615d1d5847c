"""Plain words and numbers: what the figures mean, for somebody who counts cells."""

from __future__ import annotations

import math
from typing import Any

from annelid.report import certainty
from annelid.report.data import Counts, Evaluated, ReportData

FEW_OBJECTS, FEW_IMAGES = 100, 5

_PART = {
    "test": "images that it never saw, neither in training nor to choose the best epoch (the test part)",
    "val": "images that it did not learn from (the validation part)",
    "train": "the very images that it learned from",
}
_PARAMS = ("model", "recipe", "imgsz", "tile", "batch", "optimizer", "lr0", "seed")
_GROUPS = {
    "declared": "Which images belong together (slide, well, animal) was declared.",
    "inferred": "Which images belong together was inferred, not declared: check the groups.",
    "assumed": "Every image was assumed to stand alone.",
}


def verdict(data: ReportData) -> tuple[str, str]:
    """A short answer to "is it good enough?" and what follows from it."""
    counts = data.counts
    if not counts.truth:
        return "Cannot be said", "No objects were annotated on the measured images."
    if data.part == "train":
        return (
            "Cannot be said",
            "It was measured on images that it learned from: keep some apart, and evaluate there.",
        )
    for least, answer, advice in (
        (
            0.9,
            "Yes, for most purposes",
            "Count and measure with it, and look through a sample of every batch.",
        ),
        (0.75, "Nearly", "Let it propose, correct what it proposes, and train again with the corrections."),
        (
            0.5,
            "Not yet, but it has begun to learn",
            "Correct its proposals on 10 to 20 more images and train again.",
        ),
    ):
        if counts.f1 >= least:
            return answer, advice
    return (
        "No",
        "Look at the pictures below first: are the annotations complete, is the size of objects right?",
    )


def found_sentence(data: ReportData) -> str:
    """How many of the true objects were found, missed and made up, and on which images."""
    c, images = data.counts, data.images
    return (
        f"On {quantity(images, 'image')} – {_PART[data.part]} – it found {c.found:,} of "
        f"{quantity(c.truth, 'true object')}{_share(c.found, c.truth)}, missed {c.missed:,} and drew "
        f"{c.extra:,} that are not there."
    )


def count_sentence(counts: Counts, interval: str = "") -> str:
    """The count that one would report with this model, beside the true one; with the interval of what it is off."""
    if not counts.truth:
        return ""
    off = (counts.predicted - counts.truth) / counts.truth
    how = "exactly as many" if not off else f"{abs(off):.1%} too {'many' if off > 0 else 'few'}"
    return f"In all it counts {counts.predicted:,} where people counted {counts.truth:,}: {how}{interval}."


def baseline_sentence(data: ReportData) -> str:
    """What a plain threshold reaches on the same images."""
    (_, own), (_, plain) = main_metrics(data.metrics), main_metrics(data.baseline)
    if not plain or number(plain.get("F1")) == "–" or number(own.get("F1")) == "–":
        return ""
    mine, threshold = number(own["F1"], 2), number(plain["F1"], 2)
    return f"On the same images a plain threshold reaches an F1 of {threshold}, this model {mine}."


def cautions(data: ReportData) -> list[str]:
    """What to bear in mind when these figures are quoted."""
    said = [_GROUPS[data.dataset.group_source]]
    if data.dataset.group_source == "assumed":
        said[0] += " If several come from one slide or well, the figures are better than on new samples."
    if data.part == "val":
        said.append("The best epoch was chosen on these same images, so the figures are a little too good.")
    if data.part == "train":
        said.append("They say nothing about new images.")
    if data.images < FEW_IMAGES or data.counts.truth < FEW_OBJECTS:
        said.append("Few images or objects: another draw of images may give quite different figures.")
    notes = [str(note) for note in data.metrics.get("notes") or ()]
    return said + [caution for caution in certainty.cautions(data.metrics) if caution not in notes] + notes


def methods(data: ReportData) -> str:
    """A paragraph for the methods section, from the facts."""
    d, m, c = data.dataset, data.model, data.counts
    parts = ", ".join(f"{p.images} for {name}" for name, p in d.parts.items())
    groups = f"{d.group_source}{f' by {d.groups_by}' if d.groups_by else ''}"
    kept = ", ".join(f"{key} {m.params[key]}" for key in _PARAMS if m.params.get(key) is not None)
    objects = quantity(sum(d.objects.values()), "annotated object")
    learned = (
        f"The model {m.name} was trained with Annelid and its engine {m.engine} for "
        f"{quantity(m.epochs_run, 'epoch')}{f' ({kept})' if kept else ''}; epoch {m.best_epoch}, the best "
        "on the validation part, was kept. "
    )
    return (
        f"{quantity(d.images, 'image')} with {objects} were {f'split into {parts}' if parts else 'used'} "
        f"(groups {groups}). "
        f"{learned if m.epochs_run else ''}"
        f"On the {data.part} part ({quantity(data.images, 'image')}) {m.name} found {c.found:,} of "
        f"{quantity(c.truth, 'object')} with {c.extra:,} false ones (IoU ≥ {c.iou:g}, F1 {number(c.f1)}"
        f"{_interval(data)})."
    )


def _interval(data: ReportData) -> str:
    """The interval of the F1 in the methods paragraph."""
    within = certainty.within(data.metrics.get("bio") or {}, "F1")
    groups = (data.metrics.get("uncertainty") or {}).get("groups")
    return f", 95 % interval {within} by a bootstrap over {groups} groups" if within else ""


def main_metrics(figures: Evaluated | None) -> tuple[str, dict[str, Any]]:
    """``mask`` figures where there are any, else ``box``, with that name; ("", {}) without figures."""
    kinds = (figures or {}).get("metrics") or {}
    for kind in ("mask", "box"):
        if kinds.get(kind):
            return kind, dict(kinds[kind])
    return "", {}


def number(value: object, digits: int = 3) -> str:
    """A figure with three digits; a dash where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}"


def quantity(n: int, noun: str) -> str:
    """``1 image``, ``1,024 images``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 12 s``, ``2 h 5 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def _share(part: int, whole: int) -> str:
    return f" ({part / whole:.0%})" if whole else ""
