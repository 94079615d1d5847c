"""Checks of the split: groups that it cuts, classes that a part lacks, images that it does not know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from annelid.check.finding import Finding, Kind, Place
from annelid.check.subject import Subject
from annelid.dataset import LabeledImage
from annelid.split import PARTS

GROUP_ACROSS = Kind(
    *("A103", "group-across-parts", "error"),
    "images of one slide, well, patient or movie are alike: the figures promise more than new ones will show",
    "`annelid check --fix A103` divides anew by group; then train again, and do not compare the new figures with "
    "the old",
    fixable=True,
)
CLASS_ABSENT = Kind(
    *("A104", "class-absent-from-part", "warning"),
    "a class without objects in train is not learned, one without objects in val or test is not measured",
    "annotate the class on images of further groups; then run `annelid split --resplit`",
)
SPLIT_NOTE = Kind(
    *("A105", "split-note", "warning"),
    "the split is not quite what was asked for",
    "see the note; `annelid split --resplit` makes a new one",
)
NOT_SPLIT = Kind(
    *("A106", "not-in-split", "info"),
    "images that were annotated after the last split are in no part, so they are not used",
    "`annelid check --fix A106` (or `annelid split`) places them; the others stay where they are",
    fixable=True,
)


def group_across_parts(data: Subject) -> Finding | None:
    """Groups, and planes of one image, in different parts; a warning when that was wished or the group is a guess."""
    cut = cut_groups(data)
    places = [Place(f"{group}: {', '.join(data.parts(i))}", tuple(x.id for x in i)) for group, i in cut.items()]
    finding = GROUP_ACROSS.finding("{n} group(s) are in more than one part of the split", places)
    known = any(not is_guess(items) for items in cut.values())
    wished = data.split is not None and data.split.by == "image"
    return replace(finding, severity="warning") if finding and (wished or not known) else finding


def cut_groups(data: Subject) -> Mapping[str, list[LabeledImage]]:
    """Group, or image of several planes -> its items, for those that lie in several parts."""
    groups: dict[str, list[LabeledImage]] = defaultdict(list)
    for item in data.items:
        groups[f"group {item.image.group}" if item.image.group else f"image {item.image.id}"].append(item)
    return {group: items for group, items in groups.items() if len(data.parts(items)) > 1}


def is_guess(items: list[LabeledImage]) -> bool:
    """Whether only file names say that different images belong together."""
    several = len({item.image.id for item in items}) > 1
    return several and all(item.image.group_source == "inferred" for item in items)


def class_absent_from_part(data: Subject) -> Finding | None:
    """Classes that have objects, but none in some part."""
    if not data.split:
        return None
    split = data.split
    counts = {part: data.class_counts(data.dataset.subset(split.ids(part)).items) for part in PARTS}
    used = [part for part in counts if split.ids(part)]
    missing = [f"{name}: none in {part}" for name in data.class_counts() for part in used if not counts[part][name]]
    return CLASS_ABSENT.finding("{n} time(s) a class has no object in a part", missing)


def split_notes(data: Subject) -> Finding | None:
    """What the split itself has to say."""
    return SPLIT_NOTE.finding("{n} note(s) on the split", data.split.notes if data.split else ())


def not_in_split(data: Subject) -> Finding | None:
    """Annotated images that came after the split."""
    split = data.split
    new = [i for i in data.annotated if split and i.id not in split.parts and i.state != "draft"]
    places = (Place(item.image.name, (item.id,)) for item in new)
    return NOT_SPLIT.finding("{n} annotated image(s) came after the last split", places)
