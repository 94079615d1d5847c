"""A model held against a part of the split: figures with all that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from annelid.dataset import Dataset
from annelid.errors import UsageError
from annelid.evaluate import evaluate
from annelid.evaluate.compare import Comparison, compare
from annelid.evaluate.figures import Evaluation
from annelid.evaluate.intervals import Groups, Uncertainty, uncertainty
from annelid.evaluate.same_images import require_same_images
from annelid.formats.base import Loss
from annelid.models import seen_before
from annelid.predict import Model
from annelid.split import PARTS, Part, Split


@dataclass(frozen=True)
class Measured:
    """An evaluation and what it was made on.

    Attributes:
        model: reference of the model.
        part: part of the split.
        evaluation: the figures.
        truth: the images of the part with their true objects.
        predicted: the same images with what the model found, down to a confidence of .001.
        groups: which images belong together, as the split has them, and how that is known.
        seen: how many of the images the model learned from.
        notes: what a reader must know.
        comparison: with another model on the same images, where that was asked for.
    """

    model: str
    part: Part
    evaluation: Evaluation
    truth: Dataset
    predicted: Dataset
    groups: Groups
    seen: int
    notes: tuple[str, ...]
    comparison: Comparison | None = None

    @cached_property
    def uncertainty(self) -> Uncertainty:
        """Intervals of the figures over the groups, or why there are none."""
        return uncertainty(self.evaluation, self.groups)

    def headline(self) -> dict[str, float]:
        """``box`` and ``mask`` mAP50."""
        metrics = self.evaluation.to_dict()["metrics"]
        return {kind: figures["mAP50"] or 0.0 for kind, figures in metrics.items() if figures}

    def to_dict(self) -> dict[str, Any]:
        """JSON values, ``metrics.box`` and ``metrics.mask`` among them, with ``intervals`` beside the figures."""
        return self.uncertainty.beside(self.evaluation.to_dict()) | {
            "model": self.model,
            "part": self.part,
            "groups": self.groups.source,
            "seen": self.seen,
            "comparison": self.comparison.to_dict() if self.comparison else None,
            "notes": [*self.evaluation.notes, *self.notes],
        }


def as_learned(truth: Dataset, model: Model) -> Dataset:
    """The truth with the classes that the model knows, where it was made to take all of them as one."""
    if model.card is None or not model.card.parameters.get("single_cls"):
        return truth
    (only,) = model.classes
    items = (replace(item, objects=item.objects.replace(labels=only)) for item in truth.items)
    return Dataset((only,), tuple(items))


def measure(
    model: Model,
    truth: Dataset,
    predicted: Dataset,
    split: Split,
    part: Part,
    conf: float | None,
    losses: Sequence[Loss] = (),
) -> Measured:
    """Evaluate one part of what was predicted.

    Args:
        model: the model.
        truth: images with their true objects, of this and other parts.
        predicted: the same images with what was found.
        split: which image is in which part.
        part: the part to evaluate.
        conf: the confidence at which P and R are given; None is that of the best F1 on the part itself.
        losses: what prediction could not do.

    Raises:
        UsageError: none of the images can be read.
    """
    inside = [i for i, p in split.parts.items() if p == part]
    expected, predicted = truth.subset(inside), predicted.subset(inside)
    truth = expected.subset(item.id for item in predicted.items)  # the others say nothing about the model
    if not len(truth):
        step = "annelid check names them and what is wrong; is the drive with the images there?"
        raise UsageError(f"none of the images of the {part} part can be read", next_step=step)
    evaluation = evaluate(truth, {item.id: item.objects for item in predicted.items}, conf_for_pr=conf)
    seen = seen_before(model.card, [i.image.fingerprint for i in truth.items]) if model.card and part == "test" else 0
    notes = [*split.notes, *(f"{loss.file}: {loss.what}" for loss in losses)]
    if len(truth) < len(expected):
        unread = len(expected) - len(truth)
        notes.append(f"{unread} of {len(expected)} images could not be read: the figures are without them")
    if seen:
        notes.append(f"the model has seen {seen} of these {len(truth)} images in training: the figures flatter")
    if conf is None:
        notes.append("P and R are at the confidence of best F1 on these same images, which flatters them a little")
    groups = Groups.among(truth.items, "image" if split.by == "image" else "group", split.group_source)
    return Measured(model.reference, part, evaluation, truth, predicted, groups, seen, tuple(notes))


def compared(a: Measured, b: Measured) -> Measured:
    """The first with a comparison with the second: better, worse, or not distinguishable on these images.

    Args:
        a: what `measure` gave.
        b: the same of another model, on the same images.

    Raises:
        UsageError: they were measured on different images, annotations or classes.
    """
    names = a.model, b.model
    require_same_images(a.truth, b.truth, names)
    found = compare(a.evaluation, b.evaluation, a.groups, names)
    notes = [
        f"{m.model} has seen {m.seen} of these {len(m.truth)} images in training: the comparison flatters it"
        for m in (a, b)
        if m.seen
    ]
    if a.part != "test":
        notes.append(f"these images are the {a.part} part, which trainings make use of: compare on a test part")
    return replace(a, comparison=replace(found, notes=(*found.notes, *notes)))


def confidence_of_best_f1(truth: Dataset, predicted: Dataset, split: Split) -> float | None:
    """The confidence of best F1 on the validation part; None where there is none."""
    inside = [i for i, p in split.parts.items() if p == "val"]
    if not inside:
        return None
    found = {item.id: item.objects for item in predicted.subset(inside).items}
    if not found:
        return None
    evaluation = evaluate(truth.subset(found), found)
    return (evaluation.mask or evaluation.box).conf


def part_to_measure(part: str | None, split: Split, dataset: Dataset) -> Part:
    """The part that a model is measured on.

    Args:
        part: its name; None is test where there is one, else val.
        split: the split.
        dataset: the images that are annotated now.

    Raises:
        UsageError: there is no such part, or it is empty.
    """
    present = {split.parts[item.id] for item in dataset.items if item.id in split.parts}
    wanted = part or ("test" if "test" in present else "val")
    found = next((name for name in PARTS if name == wanted), None)
    if found is None:
        raise UsageError(f"there is no part {wanted!r}", next_step=f"choose one of {', '.join(PARTS)}")
    if found not in present:
        raise UsageError(f"no image is in the {found} part", next_step=f"annelid split --resplit --{found} .2")
    return found


def best_confidence(measured: Measured) -> float | None:
    """The confidence of best F1, to three digits; None where nothing was found to tell by."""
    part = measured.evaluation.mask or measured.evaluation.box
    return round(part.conf, 3) if part.all.f1 > 0 else None
