"""Checks of images as wholes: too few, unreadable, blank, without objects, not or only partly annotated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from annelid.check.finding import Finding, Kind, Place
from annelid.check.subject import Subject, is_left_out
from annelid.dataset import LabeledImage

FEW_IMAGES = 10

FEW = Kind(
    *("A201", "few-images", "warning"),
    "with fewer than ten annotated images, figures depend on which of them happen to be in validation",
    "annotate some more, the most different ones first; `annelid propose` saves clicks",
)
NOT_ANNOTATED = Kind(
    *("A202", "not-annotated", "info"),
    "images that are not marked as completely annotated are not used for training",
    "annotate them, or import their labels: `annelid import IMAGES --labels PATH`",
)
BACKGROUND = Kind(
    *("A203", "background-images", "info"),
    "images without objects teach what to leave alone; about one in ten is good, many make the model timid",
    "where objects were forgotten, annotate them; what was never annotated, import with `--missing new`",
)
PARTLY = Kind(
    *("A207", "partly-annotated", "info"),
    "outside of the areas that are marked as complete nothing is learned and nothing is measured",
    "annotate the rest and mark the whole image as complete, where you want more of it to count",
)
BLANK = Kind(
    *("A208", "blank-images", "warning"),
    "every pixel has the same value: a failed exposure or export, from which nothing can be learned",
    "export the image again; or `annelid check --fix A208` leaves it out",
    fixable=True,
)
UNREADABLE = Kind(
    *("A209", "unreadable-images", "error"),
    "an image that is missing or damaged can be neither trained on nor measured",
    "put the file back or export it again; or `annelid check --fix A209` leaves it out",
    fixable=True,
)
LEFT_OUT = Kind(
    *("A210", "left-out", "info"),
    "images that somebody left out are neither learned from nor measured on; their objects are kept",
    "`annelid history IMAGE` says why; `annelid restore IMAGE REVISION` brings one back",
)


def few_images(data: Subject) -> Finding | None:
    """Fewer than ten annotated images."""
    names = _named(data.annotated) or [Place("none")]
    return FEW.finding(f"only {len(data.annotated)} image(s) are annotated", names if len(names) < FEW_IMAGES else ())


def not_annotated(data: Subject) -> Finding | None:
    """Images on which nothing is complete yet."""
    new = [item for item in data.items if not item.covered and not is_left_out(item)]
    return NOT_ANNOTATED.finding("{n} image(s) are not annotated yet", _named(new))


def background_images(data: Subject) -> Finding | None:
    """Annotated images without objects; a warning when they are the majority."""
    empty = [item for item in data.annotated if not (~item.objects.ignore).any()]
    finding = BACKGROUND.finding(f"{{n}} of {len(data.annotated)} annotated image(s) have no objects", _named(empty))
    return replace(finding, severity="warning") if finding and len(empty) * 2 > len(data.annotated) else finding


def partly_annotated(data: Subject) -> Finding | None:
    """Images of which only some area is complete."""
    some = [item for item in data.annotated if not item.is_complete]
    return PARTLY.finding(f"{{n}} of {len(data.annotated)} annotated image(s) are so only in part", _named(some))


def blank_images(data: Subject) -> Finding | None:
    """Images of one value."""
    return BLANK.finding("{n} image(s) are blank", _named(blank(data)))


def blank(data: Subject) -> list[LabeledImage]:
    """The images of `blank_images`."""
    return [i for i in data.items if i.id in data.looks and data.looks[i.id].is_blank and not is_left_out(i)]


def unreadable_images(data: Subject) -> Finding | None:
    """Images that are missing or damaged."""
    places = (Place(f"{i.image.path}: {data.looks[i.id].problem}", (i.id,)) for i in unreadable(data))
    return UNREADABLE.finding("{n} image(s) cannot be read", places)


def unreadable(data: Subject) -> list[LabeledImage]:
    """The images of `unreadable_images`."""
    return [i for i in data.items if i.id in data.looks and data.looks[i.id].problem and not is_left_out(i)]


def left_out(data: Subject) -> Finding | None:
    """Images that somebody left out."""
    return LEFT_OUT.finding("{n} image(s) are left out", _named(i for i in data.items if is_left_out(i)))


def _named(items: Iterable[LabeledImage]) -> list[Place]:
    return [Place(item.image.name, (item.id,)) for item in items]
