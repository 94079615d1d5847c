"""Look for what spoils a training before it starts: leaks between parts, lopsided classes, odd objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from annelid.check import classes, copies, images, objects, overlap, parts
from annelid.check.finding import Finding, Kind
from annelid.check.look import Look
from annelid.check.subject import Subject
from annelid.dataset import Dataset
from annelid.split import Split

__all__ = ["CHECKS", "KINDS", "Subject", "check", "examine"]

Check = Callable[[Subject], Finding | None]

CHECKS: tuple[Check, ...] = (
    copies.copies_across_parts,
    copies.copies_within,
    copies.near_copies_across_parts,
    copies.near_copies_within,
    parts.group_across_parts,
    parts.class_absent_from_part,
    parts.split_notes,
    parts.not_in_split,
    images.few_images,
    images.not_annotated,
    images.background_images,
    images.partly_annotated,
    images.blank_images,
    images.unreadable_images,
    images.left_out,
    classes.class_imbalance,
    classes.class_names_alike,
    classes.class_without_objects,
    *objects.OBJECT_CHECKS,
    overlap.objects_drawn_twice,
    overlap.objects_overlapping,
)

KINDS: Mapping[str, Kind] = {
    value.code: value
    for module in (copies, parts, images, classes, objects, overlap)
    for value in vars(module).values()
    if isinstance(value, Kind)
}
"""Code -> what all findings of that code share."""


def check(dataset: Dataset, split: Split | None = None, looks: Mapping[str, Look] | None = None) -> list[Finding]:
    """Everything that is worth saying about a dataset, errors first.

    Args:
        dataset: what is to be learned from; items that are not annotated too.
        split: how it is split, where it is.
        looks: id of a view -> what is known of its pixels; what was not looked at cannot be found to be alike.
    """
    return examine(Subject(dataset, split, looks or {}))


def examine(data: Subject) -> list[Finding]:
    """`check` of what is put together already."""
    found = [finding for one in CHECKS if (finding := one(data))]
    return sorted(found, key=lambda finding: (("error", "warning", "info").index(finding.severity), finding.code))
