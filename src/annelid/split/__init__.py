"""Split a dataset into train, val and test: no group is cut, and nothing moves as the data grow."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Literal, get_args

import numpy as np

from annelid.dataset import Dataset, LabeledImage
from annelid.errors import ProjectError, UsageError
from annelid.image import GroupSource
from annelid.split.stratify import stratify
from annelid.split.units import By, Unit, find_units

Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
_SHARE_OFF = 0.1  # a share that misses its target by more than this is said
_ONE_GROUP = (
    "all {images} annotated image(s) belong to one group ({group}), and a group is never cut: everything is "
    "in train, nothing is left for validation. Add images of another slide, well or movie; or, if these are "
    "independent of each other, run `annelid split --by image --resplit`"
)


@dataclass(frozen=True)
class Split:
    """Which item belongs to which part.

    Attributes:
        parts: item id -> part; items that are not annotated yet have none.
        seed: source of chance.
        val: fraction that was asked for validation.
        test: fraction that was asked for testing.
        by: ``group`` or ``image``; ``given`` when it came with the data.
        group_source: how well the groups are known, the weakest of all: ``declared``, ``inferred`` or
            ``assumed``. To be said with every metric.
        dataset: digest of the dataset that was split.
        notes: what the user should know, a sentence each.
    """

    parts: Mapping[str, Part]
    seed: int = 0
    val: float = 0.2
    test: float = 0.0
    by: By | Literal["given"] = "group"
    group_source: GroupSource = "assumed"
    dataset: str = ""
    notes: tuple[str, ...] = ()

    def ids(self, part: Part) -> tuple[str, ...]:
        """Ids of the items of a part, sorted."""
        return tuple(sorted(id_ for id_, p in self.parts.items() if p == part))

    @property
    def digest(self) -> str:
        """SHA-256 over which item is where: equal exactly when the parts are."""
        return hashlib.sha256(json.dumps(sorted(self.parts.items())).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "parts": dict(sorted(self.parts.items())), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Split:
        """What `to_dict` gave; ProjectError when it is something else."""
        try:
            split = cls(**{**value, "notes": tuple(value["notes"])})
            wrong = set(split.parts.values()) - set(PARTS)
        except (KeyError, TypeError, AttributeError) as error:
            raise ProjectError(f"the saved split cannot be read: {error}", next_step=_RESPLIT) from error
        if wrong:
            raise ProjectError(f"the saved split has unknown parts: {sorted(wrong)}", next_step=_RESPLIT)
        return split


_RESPLIT = "make a new one with `annelid split --resplit`"


def split_dataset(
    dataset: Dataset,
    *,
    val: float = 0.2,
    test: float = 0.0,
    by: By = "group",
    seed: int = 0,
    previous: Split | None = None,
    together: Iterable[tuple[str, str]] = (),
) -> Split:
    """Split a dataset, balanced by classes and never through a group.

    Byte-identical images and planes of one image stay together too. The result depends on the images, not on
    their order. Only items with a covered area take part. With two groups or more neither train nor val is
    empty, with three or more (and ``test`` > 0) nor is test.

    Args:
        dataset: what to split.
        val: fraction for validation, by images and by the objects of every class.
        test: fraction for testing.
        by: ``group``, or ``image`` when images of one group are independent of each other.
        seed: source of chance.
        previous: an earlier split; what it placed stays there, only new groups are placed.
        together: ids of items that belong together besides, for example because they show the same.

    Raises:
        UsageError: the fractions leave nothing to train on, or ``by`` is neither.
    """
    _check_arguments(val, test, by)
    held = previous.parts if previous else {}
    units = find_units((item for item in dataset.items if item.covered or item.id in held), by, together)
    parts: dict[str, Part] = {}
    notes: list[str] = []
    new: list[Unit] = []
    for unit in units:
        stay, note = _keep(unit, held)
        parts.update(stay)
        notes += [note] if note else []
        if not stay:
            new.append(unit)
    parts.update(_place(dataset, new, parts, (1 - val - test, val, test), seed))
    usable = [item for item in dataset.items if item.covered]
    parts = {item.id: parts[item.id] for item in usable}
    notes += _shortcomings(parts, units, val, test)
    return Split(parts, seed, val, test, by, _weakest(usable, by), dataset.digest, tuple(notes))


def parse_fractions(text: str) -> tuple[float, float]:
    """Fractions for validation and test as a person writes them.

    ``70`` is 70 % for training and the rest halved (70/15/15); ``80/20`` and ``70/20/10`` are the parts in
    order, in percent or as fractions; ``0.2`` is the fraction for validation.

    Raises:
        UsageError: it is none of these, or leaves nothing to train on.
    """
    try:
        values = [float(value.strip().removesuffix("%")) for value in text.split("/")]
    except ValueError:
        values = []
    match values:
        case [val] if 0 < val < 0.5:
            return val, 0.0
        case [train] if 50 <= train < 100:
            half = round((100 - train) / 200, 6)
            return half, half
        case [train, *rest] if len(rest) in (1, 2) and train > 0 and min(rest) >= 0 and rest[0] > 0:
            whole = sum(values)
            if abs(whole - 1) < 1e-6 or abs(whole - 100) < 1e-4:
                shares = [round(value / whole, 6) for value in (*rest, 0.0)]
                return shares[0], shares[1]
    raise UsageError(
        f"{text!r} is no split",
        next_step="write the training share (70), the parts (80/20 or 70/15/15) or 0.2",
    )


def _check_arguments(val: float, test: float, by: str) -> None:
    if val < 0 or test < 0 or not val + test < 1:
        step = "choose fractions from 0 to 1 that leave something to train on, for example --val 0.2 --test 0.1"
        raise UsageError(f"val {val:g} and test {test:g} cannot both be taken", next_step=step)
    if by not in get_args(By):
        raise UsageError(f"a split by {by!r} is not known", next_step="choose --by group or --by image")


def _place(
    dataset: Dataset, new: Sequence[Unit], held: Mapping[str, Part], fractions: Sequence[float], seed: int
) -> dict[str, Part]:
    """Parts for the items of new units, given where the others are."""
    classes = sorted({label for item in dataset.items for label in item.objects.labels})
    taken = [_counts([i for i in dataset.items if held.get(i.id) == part], classes) for part in PARTS]
    counts = np.array([_counts(unit.items, classes) for unit in new]).reshape(len(new), len(classes) + 1)
    order = [hashlib.sha256(f"{seed}|{unit.key}".encode()).hexdigest() for unit in new]
    chosen = stratify(counts, order, fractions, np.array(taken))
    return {item.id: PARTS[index] for unit, index in zip(new, chosen, strict=True) for item in unit.items}


def _counts(items: Sequence[LabeledImage], classes: Sequence[str]) -> list[float]:
    """How many objects of each class, and last how many images."""
    labels = Counter(chain.from_iterable(item.objects.labels.tolist() for item in items))
    return [float(labels[name]) for name in classes] + [float(len(items))]


def _keep(unit: Unit, held: Mapping[str, Part]) -> tuple[dict[str, Part], str]:
    """Where an earlier split put the items of a unit, and a note when that is in several parts."""
    known = {item.id: held[item.id] for item in unit.items if item.id in held}
    if not known:
        return {}, ""
    used = sorted(set(known.values()), key=PARTS.index)
    if len(used) == 1:
        return dict.fromkeys((item.id for item in unit.items), used[0]), ""
    parts = {item.id: known.get(item.id) or _nearest(item, unit.items, known) for item in unit.items}
    names = ", ".join(item.image.name for item in unit.items[:4])
    more = ", ..." if len(unit.items) > 4 else ""
    return parts, (
        f"images that belong together ({names}{more}) are in {' and '.join(used)} since an earlier split; "
        "they stay there, and figures on them are too good. `annelid split --resplit` puts them together"
    )


def _nearest(item: LabeledImage, others: Sequence[LabeledImage], known: Mapping[str, Part]) -> Part:
    """The part of an item's copy, else of its group, else of whatever it is joined to."""
    placed = [other for other in others if other.id in known]
    copies = [o for o in placed if o.image.fingerprint and o.image.fingerprint == item.image.fingerprint]
    group = [o for o in placed if o.image.group and o.image.group == item.image.group]
    return min((known[o.id] for o in copies or group or placed), key=PARTS.index)


def _weakest(items: Iterable[LabeledImage], by: By) -> GroupSource:
    sources = get_args(GroupSource) if by == "group" else ()
    return max((item.image.group_source for item in items), key=sources.index) if sources and items else "assumed"


def _shortcomings(parts: Mapping[str, Part], units: Sequence[Unit], val: float, test: float) -> list[str]:
    """What of the wish could not be had."""
    if not parts:
        return ["no image is annotated yet, so there is nothing to split: annotate some, or import annotations"]
    groups = [unit for unit in units if any(item.id in parts for item in unit.items)]
    if len(groups) == 1 and val > 0:
        kind, _, name = groups[0].key.partition(":")
        alike = f"all show the same as {groups[0].items[0].image.name}"
        return [_ONE_GROUP.format(images=len(parts), group=name if kind == "group" else alike)]
    notes = []
    for part, fraction in zip(PARTS, (1 - val - test, val, test), strict=True):
        share = sum(p == part for p in parts.values()) / len(parts)
        if abs(share - fraction) > _SHARE_OFF:
            why = f"there are {len(groups)} groups of different size, and a group is never cut"
            notes.append(f"{part} holds {share:.0%} of the images where {fraction:.0%} was asked: {why}")
    return notes
