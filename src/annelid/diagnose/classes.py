"""Which classes are missed, and which are taken for which."""

from __future__ import annotations

import shlex

from annelid.diagnose.advice import train_again
from annelid.diagnose.chance import Share, interval, is_clearly_below, percent
from annelid.diagnose.course import Course
from annelid.diagnose.finding import Diagnosis, Kind
from annelid.diagnose.levels import GAP
from annelid.diagnose.outcomes import Outcomes
from annelid.diagnose.record import Record

RARE = 10
"""A class with so many times fewer objects than the most frequent one is rare, as the data check has it."""

IMBALANCE = Kind(
    *("D301", "class-imbalance", "warning"),
    "a class that is hardly ever seen in training weighs next to nothing in the loss: ignoring it costs little",
)
CONFUSED = Kind(
    *("D302", "classes-confused", "warning"),
    "the objects are found and bear the wrong name: counts per class are wrong though the total is right",
)


def imbalance(record: Record, course: Course) -> Diagnosis | None:
    """Rare classes that are found less than the others."""
    del course
    val, rare = record.val, rare_classes(record)
    if not val or not rare:
        return None
    shares = {c.name: (c.found, c.objects) for c in val.classes}
    others = _added([share for name, share in shares.items() if name not in rare])
    weak = [name for name in rare if name in shares and is_clearly_below(shares[name], others)]
    if not weak:
        return None
    counts = record.facts.objects
    most = max(counts, key=lambda name: counts[name])
    named = "; ".join(f"{name}: {counts[name]:,} to learn from, found {percent(shares[name])}" for name in weak)
    seen = f"{named}. {most} has {counts[most]:,}; of the frequent classes {percent(others)} are found."
    todo = f"Annotate more images with {', '.join(weak)}; until then let rare classes weigh more in the loss."
    evidence = {"objects": dict(counts), "weak": weak}
    image = val.example.get("missed-class") or val.example.get("missed-unseen", "")
    return IMBALANCE.finding(seen, todo, train_again(record, cls_pw=0.5), evidence=evidence, image=image)


def rare_classes(record: Record) -> list[str]:
    """Classes with less than a tenth of the training objects of the most frequent one."""
    counts = record.facts.objects
    most = max(counts.values(), default=0)
    return [name for name, n in counts.items() if n * RARE < most]


def confused(record: Record, course: Course) -> Diagnosis | None:
    """Pairs of classes of which one is taken for the other in more than one of ten cases."""
    del course
    val = record.val
    if not val or len(val.classes) < 2:
        return None
    rare = rare_classes(record)
    pairs = [(a, b, share) for a, b, share in _taken(val) if interval(share)[0] > GAP and a not in rare]
    if not pairs:
        return None
    pairs.sort(key=lambda pair: -pair[2][0])
    seen = "; ".join(f"{percent(share)} of the {a} that it found are called {b}" for a, b, share in pairs[:3]) + "."
    a, b, _ = pairs[0]
    todo = (
        f"Look at {a} and {b} in the confusion matrix and in the pictures: would another person tell them apart on "
        "these images? If labels are mixed up, correct them; if nobody can tell, make them one class."
    )
    evidence = {"pairs": [[x, y, *share] for x, y, share in pairs], "matrix": [list(row) for row in val.confusion]}
    image = val.example.get("missed-class", "")
    command = shlex.join(["annelid", "classes", "merge", a, b, "--into", a])
    return CONFUSED.finding(seen, todo, command, evidence=evidence, image=image)


def _taken(val: Outcomes) -> list[tuple[str, str, Share]]:
    """True class, the class it was called, how many of those that were found at all."""
    names, matrix = [c.name for c in val.classes], val.confusion
    found = []
    for t, true in enumerate(names):
        located = sum(matrix[p][t] for p in range(len(names)))
        found += [(true, names[p], (matrix[p][t], located)) for p in range(len(names)) if p != t]
    return found


def _added(shares: list[Share]) -> Share:
    return sum(k for k, _ in shares), sum(n for _, n in shares)
