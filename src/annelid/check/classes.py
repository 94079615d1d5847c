"""Checks of classes: rare ones, unused ones, and names that are probably one."""

from __future__ import annotations

from annelid import class_names
from annelid.check.finding import Finding, Kind, Place
from annelid.check.subject import Subject

IMBALANCE = 10

IMBALANCED = Kind(
    *("A204", "class-imbalance", "warning"),
    "the model sees the rare class too seldom to learn it, and an overall figure hides that",
    "annotate more images that hold the rare class, or train with oversample=0.5 or cls_pw=0.5; "
    "and look at the figures of each class",
)
NAMES_ALIKE = Kind(
    *("A205", "class-names-alike", "warning"),
    "names that differ by case or by one letter are probably one class, which the model cannot tell apart",
    "if they are the same, `annelid check --fix A205` merges the rarer into the more frequent, or "
    "`annelid classes rename WRONG RIGHT` as you say",
    fixable=True,
)
UNUSED = Kind(
    *("A206", "class-without-objects", "warning"),
    "a class without a single object cannot be learned",
    "annotate some, or `annelid check --fix A206` deletes it from the list",
    fixable=True,
)


def class_imbalance(data: Subject) -> Finding | None:
    """Classes with less than a tenth of the objects of the most frequent one."""
    counts = data.class_counts()
    most = max(counts, key=lambda name: counts[name], default="")
    rare = [
        Place(f"{n}: {k} objects, {counts[most]} of {most}", numbers={"objects": k, "most": counts[most]})
        for n, k in counts.items()
        if k * IMBALANCE < counts[most]
    ]
    return IMBALANCED.finding(f"{{n}} class(es) have less than a tenth of the objects of {most}", rare)


def class_names_alike(data: Subject) -> Finding | None:
    """Classes whose names differ by case, separators or one letter."""
    pairs = [f"{a} and {b}" for a, b in names_alike(data)]
    return NAMES_ALIKE.finding("{n} pair(s) of classes have nearly the same name", pairs)


def names_alike(data: Subject) -> list[tuple[str, str]]:
    """The pairs of `class_names_alike`."""
    return class_names.names_alike([*data.dataset.classes, *data.class_counts(data.items)])


def class_without_objects(data: Subject) -> Finding | None:
    """Classes that are declared and never used."""
    return UNUSED.finding("{n} class(es) have no objects", unused(data))


def unused(data: Subject) -> list[str]:
    """The classes of `class_without_objects`; objects marked to be ignored are objects, too."""
    used = {str(label) for item in data.items for label in item.objects.labels}
    return [name for name in data.dataset.classes if name not in used]
