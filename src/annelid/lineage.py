"""What became of a training on its way, and what it learned from that its parent had not: for the model's card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annelid import jobs
from annelid.engines.base import Report
from annelid.errors import AnnelidError
from annelid.models import Card, Library


def since(parent: Card, learned_from: Mapping[str, str], objects: Mapping[str, int]) -> dict[str, Any]:
    """What a training learns from, compared with the model that it starts from.

    Args:
        parent: that model.
        learned_from: id -> fingerprint of the images of the train and val parts.
        objects: class -> number of objects to learn from.

    Returns:
        ``parent``; ``epochs_before`` (of all its forebears); ``images`` with the numbers of the ``same``, ``new`` and
        ``gone`` ones, by content; ``objects``: class -> their number before and now.
    """
    before, now = _contents(parent.learned_from), _contents(learned_from)
    same = (before & now).total()
    classes = dict.fromkeys([*parent.objects, *objects])
    return {
        "parent": parent.reference,
        "epochs_before": parent.epochs_run + int(parent.lineage.get("epochs_before", 0)),
        "images": {"same": same, "new": now.total() - same, "gone": before.total() - same},
        "objects": {name: [int(parent.objects.get(name, 0)), int(objects.get(name, 0))] for name in classes},
    }


def _contents(learned_from: Mapping[str, str]) -> Counter[str]:
    return Counter(fingerprint or id_ for id_, fingerprint in learned_from.items())


def told(lineage: Mapping[str, Any]) -> str:
    """The same in a sentence."""
    images = lineage["images"]
    known = f"{images['same']} images as before, {images['new']} new" + (
        f", {images['gone']} no more" if images["gone"] else ""
    )
    counts = ", ".join(
        f"{name} {before} -> {now}" if before != now else f"{name} {now}"
        for name, (before, now) in lineage["objects"].items()
    )
    number = lineage["epochs_before"]
    epochs = f" after {number} epoch{'s' if number > 1 else ''}" if number else ""
    return f"trained on from {lineage['parent']}{epochs}: {known}; objects to learn from: {counts}"


def traced(root: Path, parent: str, learned_from: Mapping[str, str], objects: Mapping[str, int]) -> dict[str, Any]:
    """`since` for a parent named by its reference; empty where there is none, or none any more."""
    if not parent:
        return {}
    try:
        return since(Library(root).get(parent), learned_from, objects)
    except AnnelidError:
        return {}


def note(lineage: Mapping[str, Any], arguments: Mapping[str, Any], report: Report) -> None:
    """Say what is known before the training begins.

    Args:
        lineage: what `traced` gave.
        arguments: the job's; ``remarks`` are what happened before this worker was started.
        report: is told.
    """
    for text in arguments.get("remarks", ()):
        report("note", {"text": text})
    if lineage:
        report("note", {"text": told(lineage), "lineage": dict(lineage)})


def fields(folder: Path, lineage: Mapping[str, Any]) -> dict[str, Any]:
    """``remarks`` and ``lineage`` of the card, from what a run noted; what was said again when resumed counts once."""
    notes = [event.data for event in jobs.events(folder) if event.name == "note"]
    classes = [data["classes"] for data in notes if "classes" in data]
    return {
        "remarks": tuple(dict.fromkeys(str(data["text"]) for data in notes)),
        "lineage": {**lineage, "classes": classes[-1]} if classes else dict(lineage),
    }
