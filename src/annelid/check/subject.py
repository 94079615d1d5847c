"""What is checked: a dataset, how it is split, and what is known of its pixels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from annelid.check.alike import TURNS, Alike, alike_pairs
from annelid.check.look import Look
from annelid.dataset import Dataset, LabeledImage
from annelid.split import Split


@dataclass(frozen=True)
class Subject:
    """What is checked.

    Attributes:
        dataset: what is to be learned from; items that are not annotated too.
        split: how it is split, where it is.
        looks: id of a view -> what is known of its pixels; those that were not looked at are missing.
    """

    dataset: Dataset
    split: Split | None = None
    looks: Mapping[str, Look] = field(default_factory=dict)

    @property
    def items(self) -> Sequence[LabeledImage]:
        """Every view."""
        return self.dataset.items

    @cached_property
    def annotated(self) -> tuple[LabeledImage, ...]:
        """The views of which something is annotated completely: what a training takes."""
        return tuple(item for item in self.items if item.covered)

    def parts(self, items: Iterable[LabeledImage]) -> tuple[str, ...]:
        """The parts that the items are in, sorted."""
        return tuple(sorted({self.split.parts[i.id] for i in items if i.id in self.split.parts})) if self.split else ()

    @cached_property
    def copies(self) -> tuple[tuple[LabeledImage, ...], ...]:
        """Sets of byte-identical images, one view of each image; what was left out does not count."""
        sets: dict[tuple[str, int], dict[str, LabeledImage]] = defaultdict(dict)
        for item in self.items:
            if item.image.fingerprint and not is_left_out(item):
                sets[item.image.fingerprint, item.view.scene].setdefault(item.image.id, item)
        return tuple(tuple(items.values()) for items in sets.values() if len(items) > 1)

    @cached_property
    def alike(self) -> tuple[tuple[LabeledImage, LabeledImage, Alike], ...]:
        """Pairs of different images that show the same and are not byte-identical."""
        known = [i for i in self.items if i.id in self.looks and self.looks[i.id].is_comparable and not is_left_out(i)]
        pairs = alike_pairs([look for i in known if (look := self.looks[i.id].thumbnail) is not None])
        named = ((known[pair.first], known[pair.second], pair) for pair in pairs)
        return tuple((a, b, pair) for a, b, pair in named if not _is_one(a, b))

    def class_counts(self, items: Iterable[LabeledImage] | None = None) -> Counter[str]:
        """Class -> number of objects, on the annotated views by default."""
        counts: Counter[str] = Counter()
        for item in self.annotated if items is None else items:
            counts.update(item.objects.labels[~item.objects.ignore].tolist())
        return counts


def is_left_out(item: LabeledImage) -> bool:
    """Whether somebody decided that the view is not to be used."""
    return item.state == "reviewed" and not item.covered


def said(pair: tuple[LabeledImage, LabeledImage, Alike]) -> str:
    """A pair in words."""
    a, b, alike = pair
    how = f" {TURNS[alike.turn]}" if alike.turn else ""
    return f"{a.image.path}{how} = {b.image.path}"


def _is_one(a: LabeledImage, b: LabeledImage) -> bool:
    same_file = bool(a.image.fingerprint) and a.image.fingerprint == b.image.fingerprint
    return a.image.id == b.image.id or same_file
