"""Share out units among parts so that every part gets its share of the images and of every class.

Iterative stratification after Sechidis et al. 2011 (ECML PKDD): what is rarest is placed first. Where they
look at one class at a time, here a unit goes where it brings all its classes and the images closest to their
targets.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def stratify(
    counts: Floats, order: Sequence[str], fractions: Sequence[float], taken: Floats | None = None
) -> list[int]:
    """Choose a part for every unit.

    Args:
        counts: (U, K), objects of each class in each unit; the last column is its number of images, 1 or
            more.
        order: (U,), breaks ties; distinct and random, so that it is the source of chance.
        fractions: (P,), the share that each part shall get; where there is not enough, the first are served.
        taken: (P, K), what the parts hold already.

    Returns:
        The index of each unit's part. A part with a fraction of 0 gets nothing. Parts that would stay empty,
        or without a class, come before even shares.
    """
    wanted = np.flatnonzero(np.asarray(fractions) > 0)
    target = np.asarray(fractions, np.float64)[wanted, None]
    filled = np.zeros((len(wanted), counts.shape[1])) if taken is None else taken[wanted].astype(np.float64)
    total = counts.sum(0) + (filled.sum(0) if taken is None else taken.sum(0))
    share, filled = counts / np.maximum(total, 1), filled / np.maximum(total, 1)
    left = (counts > 0).sum(0)
    weight = np.full(counts.shape[1], 1 / max(counts.shape[1] - 1, 1))
    weight[-1] = 1
    parts = [0] * len(counts)
    for unit in _rarest_first(counts, share, order):
        has = counts[unit] > 0
        need = _need(filled[:, has] == 0, left[has])
        gap = filled[:, has] - target
        cost = (((gap + share[unit, has]) ** 2 - gap**2) / target * weight[has]).sum(1)
        best = min(range(len(wanted)), key=lambda p: (-need[p], round(cost[p], 12), p))
        filled[best] += share[unit]
        left -= has
        parts[unit] = int(wanted[best])
    return parts


def _rarest_first(counts: Floats, share: Floats, order: Sequence[str]) -> list[int]:
    """Units by their rarest class, the large before the small, in powers of two to leave room for chance."""
    carriers = (counts > 0).sum(0)
    rarity = np.where(counts > 0, carriers, np.inf)
    rarest = rarity.argmin(1)
    size = np.floor(np.log2(share[np.arange(len(counts)), rarest]))
    return sorted(range(len(counts)), key=lambda u: (rarity[u].min(), rarest[u], -size[u], order[u]))


def _need(lacks: NDArray[np.bool_], left: NDArray[np.int64]) -> Floats:
    """How urgently each part needs a unit, given which of its columns (P, K) the part lacks.

    A part needs it when no more units with that column are left than parts that lack it. The last column, the
    images, outweighs all classes: an empty part is worse than one without a class.
    """
    scarce = left <= lacks.sum(0)
    urgent = lacks & scarce & (np.cumsum(lacks, 0) <= left)
    return np.asarray(urgent[:, :-1].sum(1) + urgent[:, -1] * float(lacks.shape[1]))
