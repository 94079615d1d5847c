"""Hold two models against each other on the same images: is one better, or can these images not tell?

The interval of a difference is that of `intervals`: both models on the same drawn groups. The p-value is that of a
permutation test: if the models were equally good, it would not matter whose predictions are whose, so in every group
they are exchanged or not by chance, and p is how often the difference then is at least as large. With few groups every
exchange is made, else many at random, of which the one that was observed is one (Phipson and Smyth 2010, Statistical
Applications in Genetics and Molecular Biology 9:39).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from annelid.errors import UsageError
from annelid.evaluate.figures import Evaluation, number
from annelid.evaluate.intervals import (
    FEWEST_GROUPS,
    SEED,
    Groups,
    affordable,
    draws,
    groups_of_classes,
    interval,
    too_few,
)
from annelid.evaluate.resampled import Evidence, Key, figures
from annelid.image import GroupSource

Verdict = Literal["better", "worse", "not distinguishable", "cannot be said"]

ALPHA = 0.05
EXCHANGES = 1200
EVERY_EXCHANGE_TO = 10
"""Up to so many groups every exchange is made: 2 to the power of 10 is about `EXCHANGES`."""
_LESS_IS_BETTER = ("count_error",)
DECIDES = "mAP50"
"""The one figure that the verdict rests on, fixed beforehand: of many figures one is always lucky."""


@dataclass(frozen=True)
class Difference:
    """One figure of both models.

    Attributes:
        a: the figure of the first.
        b: the figure of the second.
        low: lower end of the interval of a - b; NaN where it cannot be told.
        high: upper end.
        p: how often chance alone makes such a difference, 0..1; NaN where it cannot be told.
    """

    a: float
    b: float
    low: float = float("nan")
    high: float = float("nan")
    p: float = float("nan")

    @property
    def difference(self) -> float:
        """The first's figure less the second's."""
        return self.a - self.b

    @property
    def verdict(self) -> Verdict:
        """Whether the first has the larger figure: both the interval and the test must say so."""
        if np.isnan(self.p):
            return "cannot be said"
        if self.p <= ALPHA and not self.low <= 0 <= self.high:
            return "better" if self.difference > 0 else "worse"
        return "not distinguishable"


@dataclass(frozen=True)
class Comparison:
    """Two models on the same images.

    Attributes:
        a: name of the first.
        b: name of the second.
        images: number of images.
        groups: number of groups.
        source: how the groups are known.
        differences: figure -> both values, and what is between them.
        main: the figure that the verdict rests on.
        why_not: why nothing can be said; "" where something can.
        notes: what to bear in mind, in sentences.
    """

    a: str
    b: str
    images: int
    groups: int
    source: GroupSource
    differences: Mapping[Key, Difference]
    main: Key
    why_not: str = ""
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """How the first compares with the second, by the main figure."""
        return self.differences[self.main].verdict

    @property
    def sentence(self) -> str:
        """The verdict in words, with the figures that it rests on."""
        d, what = self.differences[self.main], f"{self.main[0]} {self.main[2]}"
        values = f"{what} {_said(d.a)} against {_said(d.b)}"
        if self.verdict == "cannot be said":
            why = self.why_not or "there are no true objects to tell by"
            return f"Whether {self.a} is better than {self.b} cannot be said ({values}): {why}"
        within = f"95 % interval {d.low:+.3f} to {d.high:+.3f}, {_said_p(d.p)}"
        where = f"{self.images} images in {self.groups} groups"
        evidence = f"{values}, a difference of {d.difference:+.3f} ({within}; {where})"
        if self.verdict != "not distinguishable":
            return f"{self.a} is {self.verdict} than {self.b}: {evidence}."
        return f"{self.a} and {self.b} are not distinguishable with this many images: {evidence}.{self._unseen(d)}"

    def _unseen(self, d: Difference) -> str:
        """How large a difference has to be to show on these images."""
        unseen = (d.high - d.low) / 2
        if unseen < 0.0005:
            return " They find the same objects."
        return f" A difference below about {unseen:.2f} does not show here; with more groups smaller ones do."

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "with": self.b,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "decided_by": f"{self.main[0]} {self.main[2]}",
            "images": self.images,
            "groups": self.groups,
            "group_source": self.source,
            "seed": SEED,
            "differences": [_row(key, d) for key, d in self.differences.items()],
            "notes": list(self.notes),
        }


def _row(key: Key, d: Difference) -> dict[str, Any]:
    return {
        "of": key[0],
        "class": key[1],
        "figure": key[2],
        "a": number(d.a),
        "b": number(d.b),
        "difference": number(d.difference),
        "interval": None if np.isnan(d.low) else [d.low, d.high],
        "p": number(d.p),
        "verdict": d.verdict,
    }


def _said(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def _said_p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def compare(a: Evaluation, b: Evaluation, groups: Groups, names: tuple[str, str]) -> Comparison:
    """Compare two models by their figures on the same images.

    Args:
        a: figures of the first.
        b: figures of the second.
        groups: which images belong together.
        names: how the two are called.

    Raises:
        UsageError: they were not measured on the same images and objects.
    """
    ids = list(a.bio.images)
    one, other = Evidence.of(a), Evidence.of(b)
    _require_same_truth(a, b)
    both, place = one.beside(other), groups.places(ids)
    n = int(place.max(initial=-1)) + 1
    weights = np.repeat(np.eye(2, dtype=np.int64), len(ids), axis=1)
    values = figures(both, weights)
    found = {key: Difference(*two.tolist()) for key, two in values.items() if key[2] not in _LESS_IS_BETTER}
    main = ("mask" if "mask" in both.parts else "box", "", DECIDES)
    notes = _notes(one, other)
    result = Comparison(*names, a.images, n, groups.source, found, main, too_few(a.images, n), notes)
    return result if result.why_not else replace(result, differences=_tested(both, place, found))


def _require_same_truth(a: Evaluation, b: Evaluation) -> None:
    same = list(a.bio.images) == list(b.bio.images) and a.confusion.classes == b.confusion.classes
    if not same or not np.array_equal(a.box.matched.true, b.box.matched.true):
        raise UsageError(
            "the two were not measured on the same images and objects",
            next_step="evaluate both anew, on the same part of the same data",
        )


def _notes(one: Evidence, other: Evidence) -> tuple[str, ...]:
    odd = sorted(one.parts.keys() ^ other.parts.keys())
    return tuple(f"only one of the two has {kind} figures: they are not compared" for kind in odd)


def _tested(both: Evidence, place: NDArray[np.int64], found: Mapping[Key, Difference]) -> dict[Key, Difference]:
    """The same with intervals and p-values, for what is in enough groups."""
    n = int(place.max()) + 1
    known_in = groups_of_classes(both, np.concatenate([place, place]))
    times = affordable(both)
    weights = draws(n, times)
    drawn = _differences(both, place, weights, np.zeros_like(weights))
    swapped = _exchanges(n, min(times, EXCHANGES))
    exchanged = _differences(both, place, 1 - swapped, swapped)
    return {
        key: _judged(d, drawn[key], exchanged[key], known_in[key[:2]]) if known_in[key[:2]] >= FEWEST_GROUPS else d
        for key, d in found.items()
    }


def _differences(
    both: Evidence, place: NDArray[np.int64], own: NDArray[np.int64], others: NDArray[np.int64]
) -> dict[Key, NDArray[np.float64]]:
    """The differences between two sides that share the groups: float64 (B,) each.

    One side has each group ``own`` times with the predictions of the first model and ``others`` times with those of
    the second, int64 (B, G) each; the other side has the reverse.
    """
    first, second = own[:, place], others[:, place]
    one = figures(both, np.concatenate([first, second], 1))
    other = figures(both, np.concatenate([second, first], 1))
    return {key: values - other[key] for key, values in one.items()}


def _exchanges(groups: int, times: int) -> NDArray[np.int64]:
    """int64 (E, groups) of 0 and 1: in which groups the predictions are exchanged; in the first row in none."""
    if groups <= EVERY_EXCHANGE_TO:
        return np.arange(2**groups)[:, None] >> np.arange(groups) & 1
    random = np.random.default_rng(SEED).integers(0, 2, (times, groups))
    random[0] = 0
    return random


def _judged(d: Difference, drawn: NDArray[np.float64], exchanged: NDArray[np.float64], groups: int) -> Difference:
    if np.isnan(d.difference):
        return d
    low, high = interval(d.difference, drawn, groups)
    exchanged = exchanged[np.isfinite(exchanged)]
    p = float((np.abs(exchanged) >= abs(d.difference) - 1e-12).mean())
    return replace(d, low=low, high=high, p=p)
