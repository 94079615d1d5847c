"""Look for what spoils a training before it starts: leaks between parts, lopsided classes, odd objects."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import combinations

from annelid.check.finding import Finding, Kind
from annelid.check.objects import OBJECT_CHECKS
from annelid.dataset import Dataset, LabeledImage
from annelid.split import PARTS, Split

FEW_IMAGES = 10
IMBALANCE = 10
_RESPLIT = "run `annelid split --resplit`, train again, and do not compare the new figures with the old"

COPIES_ACROSS = Kind(
    *("A101", "copies-across-parts", "error"),
    "the model is validated or tested on an image that it has learned by heart, so its figures are too good",
    _RESPLIT,
)
COPIES = Kind(
    *("A102", "copies", "warning"),
    "a copy adds nothing to learn from, and when it is annotated differently, the model is taught both",
    "remove all but one file of each and import again (a split keeps copies together by itself)",
)
GROUP_ACROSS = Kind(
    *("A103", "group-across-parts", "error"),
    "images of one slide, well, patient or movie are alike: the figures promise more than new ones will show",
    _RESPLIT,
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
    "run `annelid split`: the others stay where they are",
)
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
IMBALANCED = Kind(
    *("A204", "class-imbalance", "warning"),
    "the model sees the rare class too seldom to learn it, and an overall figure hides that",
    "annotate more images that hold the rare class, and look at the figures of each class",
)
ALIKE = Kind(
    *("A205", "class-names-alike", "warning"),
    "names that differ by case or by one letter are probably one class, which the model cannot tell apart",
    "run `annelid classes rename WRONG RIGHT` if they are the same",
)
UNUSED = Kind(
    *("A206", "class-without-objects", "warning"),
    "a class without a single object cannot be learned",
    "annotate some, or run `annelid classes delete NAME`",
)

Check = Callable[[Dataset, Split | None], Finding | None]


def check(dataset: Dataset, split: Split | None = None) -> list[Finding]:
    """Everything that is worth saying about a dataset, errors first.

    Args:
        dataset: what is to be learned from; items that are not annotated too.
        split: how it is split, where it is.
    """
    found = [finding for one in CHECKS if (finding := one(dataset, split))]
    return sorted(found, key=lambda finding: (("error", "warning", "info").index(finding.severity), finding.code))


def copies_across_parts(dataset: Dataset, split: Split | None) -> Finding | None:
    """Byte-identical images in different parts."""
    copies = _copies(dataset).values()
    cut = [f"{_names(items)} ({_parts(items, split)})" for items in copies if len(_part_set(items, split)) > 1]
    return COPIES_ACROSS.finding("{n} image(s) are in more than one part of the split", cut)


def copies_within(dataset: Dataset, split: Split | None) -> Finding | None:
    """Byte-identical images in one part, or where there is no split."""
    copies = _copies(dataset).values()
    together = [_names(items) for items in copies if len(_part_set(items, split)) <= 1]
    return COPIES.finding("{n} image(s) are there more than once, byte by byte", together)


def group_across_parts(dataset: Dataset, split: Split | None) -> Finding | None:
    """Groups, and planes of one image, in different parts; a warning when the split was to cut groups."""
    groups: dict[str, list[LabeledImage]] = defaultdict(list)
    for item in dataset.items:
        groups[f"group {item.image.group}" if item.image.group else f"image {item.image.id}"].append(item)
    several = {group: items for group, items in groups.items() if len(_part_set(items, split)) > 1}
    cut = [f"{group}: {_parts(items, split)}" for group, items in several.items()]
    finding = GROUP_ACROSS.finding("{n} group(s) are in more than one part of the split", cut)
    return replace(finding, severity="warning") if finding and split and split.by == "image" else finding


def class_absent_from_part(dataset: Dataset, split: Split | None) -> Finding | None:
    """Classes that have objects, but none in some part."""
    if not split:
        return None
    counts = {part: _class_counts(dataset.subset(split.ids(part)).items) for part in PARTS}
    used = [part for part in counts if split.ids(part)]
    every = _class_counts(item for item in dataset.items if item.covered)
    missing = [f"{name}: none in {part}" for name in every for part in used if not counts[part][name]]
    return CLASS_ABSENT.finding("{n} time(s) a class has no object in a part", missing)


def split_notes(_: Dataset, split: Split | None) -> Finding | None:
    """What the split itself has to say."""
    return SPLIT_NOTE.finding("{n} note(s) on the split", split.notes if split else ())


def not_in_split(dataset: Dataset, split: Split | None) -> Finding | None:
    """Annotated images that came after the split."""
    new = [item.image.name for item in dataset.items if item.covered and split and item.id not in split.parts]
    return NOT_SPLIT.finding("{n} annotated image(s) came after the last split", new)


def few_images(dataset: Dataset, _: Split | None) -> Finding | None:
    """Fewer than ten annotated images."""
    names = [item.image.name for item in dataset.items if item.covered]
    few = names or ["none"] if len(names) < FEW_IMAGES else []
    return FEW.finding(f"only {len(names)} image(s) are annotated", few)


def not_annotated(dataset: Dataset, _: Split | None) -> Finding | None:
    """Images on which nothing is complete."""
    names = [item.image.name for item in dataset.items if not item.covered]
    return NOT_ANNOTATED.finding("{n} image(s) are not annotated yet", names)


def background_images(dataset: Dataset, _: Split | None) -> Finding | None:
    """Annotated images without objects; a warning when they are the majority."""
    annotated = [item for item in dataset.items if item.covered]
    names = [item.image.name for item in annotated if not (~item.objects.ignore).any()]
    finding = BACKGROUND.finding(f"{{n}} of {len(annotated)} annotated image(s) have no objects", names)
    return replace(finding, severity="warning") if finding and len(names) * 2 > len(annotated) else finding


def class_imbalance(dataset: Dataset, _: Split | None) -> Finding | None:
    """Classes with less than a tenth of the objects of the most frequent one."""
    counts = _class_counts(item for item in dataset.items if item.covered)
    most = max(counts, key=lambda name: counts[name], default="")
    rare = [f"{n}: {k} objects, {m} of {most}" for n, k in counts.items() if k * IMBALANCE < (m := counts[most])]
    return IMBALANCED.finding(f"{{n}} class(es) have less than a tenth of the objects of {most}", rare)


def class_names_alike(dataset: Dataset, _: Split | None) -> Finding | None:
    """Classes whose names differ by case, separators or one letter."""
    names = sorted({*dataset.classes, *_class_counts(dataset.items)})
    pairs = [f"{a} and {b}" for a, b in combinations(names, 2) if _alike(a, b)]
    return ALIKE.finding("{n} pair(s) of classes have nearly the same name", pairs)


def class_without_objects(dataset: Dataset, _: Split | None) -> Finding | None:
    """Classes that are declared and never used."""
    used = _class_counts(dataset.items)
    unused = [name for name in dataset.classes if name not in used]
    return UNUSED.finding("{n} class(es) have no objects", unused)


CHECKS: tuple[Check, ...] = (
    copies_across_parts,
    copies_within,
    group_across_parts,
    class_absent_from_part,
    split_notes,
    not_in_split,
    few_images,
    not_annotated,
    background_images,
    class_imbalance,
    class_names_alike,
    class_without_objects,
    *OBJECT_CHECKS,
)


def _copies(dataset: Dataset) -> Mapping[str, list[LabeledImage]]:
    """Fingerprint -> one item for each of the several images that have it."""
    images: dict[str, dict[str, LabeledImage]] = defaultdict(dict)
    for item in dataset.items:
        if item.image.fingerprint:
            images[item.image.fingerprint].setdefault(item.image.id, item)
    return {key: list(items.values()) for key, items in images.items() if len(items) > 1}


def _part_set(items: Iterable[LabeledImage], split: Split | None) -> set[str]:
    return {split.parts[item.id] for item in items if item.id in split.parts} if split else set()


def _parts(items: Iterable[LabeledImage], split: Split | None) -> str:
    return ", ".join(sorted(_part_set(items, split)))


def _names(items: Iterable[LabeledImage]) -> str:
    return " = ".join(item.image.path for item in items)


def _class_counts(items: Iterable[LabeledImage]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for item in items:
        counts.update(item.objects.labels[~item.objects.ignore].tolist())
    return counts


def _alike(a: str, b: str) -> bool:
    plain_a, plain_b = (name.casefold().translate({ord(c): None for c in " _-."}) for name in (a, b))
    if plain_a == plain_b:
        return True
    short, long = sorted((plain_a, plain_b), key=len)
    if len(short) < 4 or len(long) - len(short) > 1:
        return False
    start = next((n for n, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    rest = short[start:] if len(short) < len(long) else short[start + 1 :]
    changed = long[start] + (short[start] if len(short) == len(long) else "")
    return long[start + 1 :] == rest and not any(c.isdigit() for c in changed)  # stage1 and stage2 are two classes
