"""How lines are judged: fits the terms of `annelid.assist.judge`, and says what choosing by them loses.

    python benchmarks/assist_judge.py ../shared/data [--objects 100]

Prints ``TERMS`` and ``BASE`` for the module, and for each kind of image the median IoU of the line that is chosen (by
terms fitted on other images) beside that of the best line there is.
"""

from __future__ import annotations

import argparse
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from annelid import geometry
from annelid.assist import judge
from annelid.assist.base import ArrayPicture, Point, Prompt
from annelid.assist.excerpt import excerpt
from annelid.assist.refine import refine
from annelid.assist.search import search
from assist import Field, depth, drawn, dsb2018, others

FOLDS = 4
SOFTNESS = 0.08
HONESTY = 0.03
RIDGE = 1e-5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clicked:
    """The lines around one click: what is measured on them, and how well each covers the object."""

    kind: str
    fold: int
    measured: Floats
    overlaps: Floats


def clicked(field: Field, number: int, seed: int) -> Clicked:
    """Search around a place in an object: its middle, or for every other object one near it."""
    truth = field.labels == number
    deep = depth(truth)
    near = np.argwhere(deep >= (0.6 if seed % 2 else 1) * deep.max())
    y, x = near[np.random.default_rng(seed).integers(len(near))] + 0.5
    seen = excerpt(ArrayPicture(field.pixels), Prompt((Point(x, y),)), 1)
    here = seen.here(x, y)
    lines = refine(seen.pixels, search(seen.pixels, *here))
    place = (max(0, seen.left), max(0, seen.top))
    h, w = seen.pixels.shape[:2]
    truth = truth[place[1] : seen.top + h, place[0] : seen.left + w]
    shapes = [geometry.move_shape(((line.contour.ring(),),), (seen.left, seen.top)) for line in lines]
    masks = [geometry.shape_to_mask(shape, truth.shape, place) for shape in shapes]
    overlaps = np.array([(mask & truth).sum() / (mask | truth).sum() for mask in masks])
    fold = zlib.crc32(field.pixels.tobytes()) % FOLDS  # images, not objects, are told apart
    return Clicked(field.kind, fold, judge.measures(lines, seen.pixels, *here), overlaps)


def fitted(clicks: list[Clicked]) -> tuple[Floats, float]:
    """The terms (measures, 3) and the base: the line that is worth most shall cover its object best.

    What is minimised is the loss by a choice that is a little soft, and a little of the error of each worth, so that it
    stays an overlap to be expected.
    """
    measured, wanted = np.concatenate([c.measured for c in clicks]), np.concatenate([c.overlaps for c in clicks])
    mean, spread = measured.mean(0), measured.std(0) + 1e-9
    away = (measured - mean) / spread
    columns = np.column_stack([away, away**2, np.ones(len(away))])
    counts = np.array([len(c.overlaps) for c in clicks])
    begin, own = np.cumsum(counts) - counts, np.repeat(np.arange(len(counts)), counts)
    weight = 1 / np.repeat(counts, counts) / len(counts)

    def loss(terms: Floats) -> tuple[float, Floats]:
        worths = columns @ terms
        shares = np.exp((worths - np.maximum.reduceat(worths, begin)[own]) / SOFTNESS)
        shares /= np.add.reduceat(shares, begin)[own]
        covered = np.add.reduceat(shares * wanted, begin)
        error = worths - wanted
        value = HONESTY * (weight * error**2).sum() - covered.mean() + RIDGE * (terms**2).sum()
        slope = 2 * HONESTY * weight * error - shares * (wanted - covered[own]) / SOFTNESS / len(counts)
        return float(value), columns.T @ slope + 2 * RIDGE * terms

    start = np.linalg.lstsq(columns, wanted, rcond=None)[0]
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B").x
    slope, level = _expected(columns @ found, wanted, begin, counts)
    found *= slope
    found[-1] += level
    n = len(mean)
    return np.column_stack([mean, found[:n] / spread, found[n : 2 * n] / spread**2]), float(found[-1])


def _expected(worths: Floats, wanted: Floats, begin: NDArray[np.intp], counts: NDArray[np.intp]) -> tuple[float, float]:
    """What makes of the worth of the lines that are chosen the overlap to be expected of them: a factor, an addend."""
    best = np.array(
        [start + worths[start : start + count].argmax() for start, count in zip(begin, counts, strict=True)]
    )
    slope, level = np.polyfit(worths[best], wanted[best], 1)
    return float(slope), float(level)


def worth(terms: Floats, base: float, measured: Floats) -> Floats:
    """As `annelid.assist.judge.worth`, by other terms."""
    mean, linear, square = terms.T
    away = measured - mean
    return np.asarray(base + away @ linear + away**2 @ square)


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--objects", type=int, default=100, help="how many of each kind")
    given = parser.parse_args()
    kinds: dict[str, list[Field]] = {}
    for field in (*dsb2018(given.data), *others(given.data)):
        kinds.setdefault(field.kind, []).append(field)
    kinds.pop("bacteria with stalks")  # no line from a centre can hold them
    clicks = [clicked(*one, seed=n) for fields in kinds.values() for n, one in enumerate(drawn(fields, given.objects))]
    models = [fitted([c for c in clicks if c.fold != fold]) for fold in range(FOLDS)]
    for kind in kinds:
        of_kind = [c for c in clicks if c.kind == kind]
        chosen = [c.overlaps[worth(*models[c.fold], c.measured).argmax()] for c in of_kind]
        best = [c.overlaps.max() for c in of_kind]
        print(f"{kind:30s} chosen {np.median(chosen):.3f}   best {np.median(best):.3f}")
    terms, base = fitted(clicks)
    rows = "\n".join(f"    ({mean:.3f}, {linear:.4f}, {square:.5f})," for mean, linear, square in terms)
    print(f"TERMS = (\n{rows}\n)\nBASE = {base:.3f}")


if __name__ == "__main__":
    main()
