"""How far the figures may lie from those on other images of the same kind: bootstrap intervals over groups.

Groups are drawn with replacement, as many as there are, each with all of its images, and the figures are formed anew.
The interval lies between two percentiles of what comes out, corrected for the bias of the draws (Efron 1981,
Canadian Journal of Statistics 9:139) and expanded for few groups with the quantile of Student's t, without which it
would be too narrow (Hesterberg 2015, The American Statistician 69:371).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from annelid.dataset import LabeledImage
from annelid.evaluate.figures import Evaluation
from annelid.evaluate.resampled import Evidence, Key, figures
from annelid.image import GroupSource
from annelid.split.units import By, find_units

RESAMPLES, SEED, LEVEL = 2000, 0, 0.95
FEWEST_RESAMPLES = 300
ROWS = 500_000_000
"""So many predictions, of all resamples together, are gone through: about ten seconds. Beyond, fewer are drawn."""
FEWEST_GROUPS = 8
"""With fewer no interval can be trusted."""
_NAMED = 5
_ALONE = (
    "images without a known group were taken to stand alone: if several come from one slide, well or animal, the "
    "intervals are too narrow"
)

Interval = tuple[float, float]


@dataclass(frozen=True)
class Groups:
    """Which images belong together.

    Attributes:
        of: id of an image -> its group.
        source: how that is known.
    """

    of: Mapping[str, str]
    source: GroupSource = "assumed"

    @classmethod
    def among(cls, items: Iterable[LabeledImage], by: By, source: GroupSource) -> Groups:
        """The groups of some images; as in a split, copies of a file and planes of an image are of one group."""
        return cls({item.id: unit.key for unit in find_units(items, by) for item in unit.items}, source)

    def places(self, ids: list[str]) -> NDArray[np.int64]:
        """int64 (I,): index of the group of each image; an image without one is a group of its own."""
        names = [self.of.get(id_) or f"image {id_}" for id_ in ids]
        return np.unique(np.array(names, object).astype(str), return_inverse=True)[1].astype(np.int64).reshape(-1)


@dataclass(frozen=True)
class Uncertainty:
    """Intervals of the figures of an evaluation.

    Attributes:
        images: number of images.
        groups: number of groups.
        source: how the groups are known.
        resamples: how often groups were drawn.
        intervals: figure -> lower and upper end. One that does not vary between the groups has none.
        why_not: why there are no intervals at all; "" where there are.
        notes: what to bear in mind, in sentences.
    """

    images: int
    groups: int
    source: GroupSource
    resamples: int
    intervals: Mapping[Key, Interval]
    why_not: str = ""
    notes: tuple[str, ...] = ()

    def of(self, kind: str, label: str = "") -> dict[str, list[float]]:
        """The intervals of one class, or of the mean, by the name of the figure."""
        return {key[2]: list(ends) for key, ends in self.intervals.items() if key[:2] == (kind, label)}

    def to_dict(self) -> dict[str, Any]:
        """How the intervals came to be, as JSON values; they stand beside the figures (see `beside`)."""
        return {
            "level": LEVEL,
            "images": self.images,
            "groups": self.groups,
            "group_source": self.source,
            "resamples": self.resamples,
            "seed": SEED,
            "method": "bootstrap over groups, bias-corrected and expanded percentiles",
            "why_not": self.why_not or None,
            "notes": list(self.notes),
        }

    def beside(self, evaluated: Mapping[str, Any]) -> dict[str, Any]:
        """What `Evaluation.to_dict` gave, with ``intervals`` beside the figures and ``uncertainty``."""
        metrics = {kind: self._figures(kind, f) if f else None for kind, f in evaluated["metrics"].items()}
        bio = self._figures("bio", evaluated["bio"])
        return {**evaluated, "metrics": metrics, "bio": bio, "uncertainty": self.to_dict()}

    def _figures(self, kind: str, figures: Mapping[str, Any]) -> dict[str, Any]:
        classes = [{**row, "intervals": self.of(kind, row["name"])} for row in figures["classes"]]
        return {**figures, "intervals": self.of(kind), "classes": classes}


def uncertainty(evaluation: Evaluation, groups: Groups) -> Uncertainty:
    """Intervals of every figure of an evaluation, of every class that is in enough groups.

    Args:
        evaluation: figures of images.
        groups: which images belong together: they are drawn together.
    """
    place = groups.places(list(evaluation.bio.images))
    n = int(place.max(initial=-1)) + 1
    if why_not := too_few(evaluation.images, n):
        return Uncertainty(evaluation.images, n, groups.source, 0, {}, why_not)
    evidence = Evidence.of(evaluation)
    times = affordable(evidence)
    drawn = figures(evidence, draws(n, times)[:, place])
    estimates = figures(evidence, np.ones((1, len(place)), np.int64))
    known_in = groups_of_classes(evidence, place)
    found = {
        key: interval(float(estimates[key][0]), drawn[key], known_in[key[:2]])
        for key in drawn
        if known_in[key[:2]] >= FEWEST_GROUPS
    }
    kept = {key: ends for key, ends in found.items() if ends[0] < ends[1]}
    notes = (*_unvaried(found), *_notes(evidence, known_in, groups.source))
    return Uncertainty(evaluation.images, n, groups.source, times, kept, notes=notes)


def too_few(images: int, groups: int) -> str:
    """Why there can be no interval over so few groups; "" where there can."""
    if groups >= FEWEST_GROUPS:
        return ""
    return (
        f"no intervals: {images} image(s) of {groups} group(s) cannot tell how much the figures would change on others "
        f"(at least {FEWEST_GROUPS} groups are needed: other slides, wells, animals or days in this part)"
    )


def affordable(evidence: Evidence) -> int:
    """How many resamples are drawn: `RESAMPLES`, or fewer of very many predictions."""
    rows = sum(len(made.scores) for made, _ in evidence.parts.values())
    return min(RESAMPLES, max(FEWEST_RESAMPLES, ROWS // max(rows, 1)))


def draws(groups: int, times: int = RESAMPLES) -> NDArray[np.int64]:
    """int64 (times, groups): how many times each group is drawn; the same at every call."""
    return np.random.default_rng(SEED).multinomial(groups, np.full(groups, 1 / groups), size=times)


def groups_of_classes(evidence: Evidence, place: NDArray[np.int64]) -> dict[tuple[str, str], int]:
    """Kind and class -> in how many groups it has true objects; for all classes: how many groups there are."""
    n = int(place.max(initial=-1)) + 1
    found = {(kind, ""): n for kind in (*evidence.parts, "bio")}
    for kind, (made, _) in evidence.parts.items():
        for k, label in enumerate(evidence.classes):
            found[kind, label] = len(np.unique(place[made.true[:, k] > 0]))
    for k, label in enumerate(evidence.classes):
        true = evidence.counts[:, 0, k, [0, 2]].sum(1)
        found["bio", label] = len(np.unique(place[true > 0]))
    return found


def interval(estimate: float, drawn: NDArray[np.float64], groups: int) -> Interval:
    """The interval of one figure.

    Args:
        estimate: the figure itself.
        drawn: float64 (B,), the figure of every draw; NaN where a draw has none.
        groups: how many groups it rests on, at least 2.

    Returns:
        Lower and upper end; both the estimate where the draws do not vary, NaN where there are none.
    """
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn) or np.isnan(estimate):
        return float("nan"), float("nan")
    same = np.isclose(drawn, estimate, rtol=0, atol=1e-12)
    below = ((drawn < estimate) & ~same).mean() + same.mean() / 2
    bias = special.ndtri(np.clip(below, 1 / (1 + len(drawn)), 1 - 1 / (1 + len(drawn))))
    reach = np.sqrt(groups / (groups - 1)) * special.stdtrit(groups - 1, (1 + LEVEL) / 2)
    low, high = np.quantile(drawn, special.ndtr([2 * bias - reach, 2 * bias + reach])).tolist()
    return (estimate, estimate) if same.all() else (min(low, estimate), max(high, estimate))


def _unvaried(found: Mapping[Key, Interval]) -> tuple[str, ...]:
    """What to say of figures that are the same in every group."""
    names = [f"{kind} {name}" for (kind, label, name), ends in found.items() if not label and ends[0] == ends[1]]
    same = f"the same in every group, so without an interval, which other images may well change: {', '.join(names)}"
    return (same,) if names else ()


def _notes(evidence: Evidence, known_in: Mapping[tuple[str, str], int], source: GroupSource) -> tuple[str, ...]:
    kind = next(iter(evidence.parts))
    in_groups = ((label, known_in[kind, label]) for label in evidence.classes)
    rare = [f"{label} ({n})" for label, n in in_groups if 0 < n < FEWEST_GROUPS]
    named = ", ".join(rare[:_NAMED]) + (f" and {len(rare) - _NAMED} more" if len(rare) > _NAMED else "")
    what = f"in fewer than {FEWEST_GROUPS} groups, so without intervals of their own: {named}"
    said = [f"{what}; the interval of the mean over the classes is less certain than it looks"] if rare else []
    return (*said, _ALONE) if source == "assumed" else tuple(said)
