"""How often an epoch shows each training picture: several times over, and pictures of rare classes more often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Sampler

Factors = NDArray[np.float64]


def factors(classes: Sequence[NDArray[np.integer[Any]]], count: int, *, factor: int, below: float) -> Factors:
    """How often each picture is shown in an epoch, on average: float64 (pictures,), at least ``factor``.

    A class that is on a share ``f`` of the pictures, less than ``below``, calls for ``sqrt(below / f)`` times as many
    showings; of several rare classes on one picture the rarest decides (repeat factor sampling, Gupta et al. 2019).

    Args:
        classes: for each picture the indices of the classes on it, repeated or not.
        count: how many classes there are.
        factor: how often every picture is shown.
        below: share of the pictures below which a class is rare; 0 repeats for no class.
    """
    rises = np.ones(count)
    share = shares(classes, count)
    rare = (share > 0) & (share < below)
    rises[rare] = np.sqrt(below / share[rare])
    return factor * np.array([rises[np.unique(on)].max(initial=1.0) for on in classes], np.float64)


def shares(classes: Sequence[NDArray[np.integer[Any]]], count: int) -> NDArray[np.float64]:
    """Share of the pictures that each class is on: float64 (classes,)."""
    on = np.zeros(count)
    for found in classes:
        on[np.unique(found)] += 1
    return on / max(len(classes), 1)


class Repeats(Sampler[int]):
    """Shuffled indices of pictures, each as often as its factor says.

    A factor of 2.3 is two showings in some epochs and three in others; an epoch is of the same length always.

    Args:
        factors: how often each picture is shown on average.
        generator: where the random numbers come from.
    """

    def __init__(self, factors: Factors, generator: torch.Generator) -> None:
        self.factors = factors
        self.generator = generator

    def __len__(self) -> int:
        return max(1, round(float(self.factors.sum())))

    def __iter__(self) -> Iterator[int]:
        """The indices of one epoch."""
        whole = np.floor(self.factors).astype(np.int64)
        order = torch.randperm(len(self.factors), generator=self.generator).numpy()
        whole[order] += _drawn((self.factors - whole)[order], len(self) - int(whole.sum()), self.generator)
        shown = np.repeat(np.arange(len(whole)), whole)
        mixed = torch.randperm(len(shown), generator=self.generator).numpy()
        yield from shown[mixed].tolist()


def _drawn(chances: Factors, count: int, generator: torch.Generator) -> NDArray[np.int64]:
    """How often each is among ``count`` that are drawn in proportion to their chances (systematic sampling)."""
    if count <= 0:
        return np.zeros(len(chances), np.int64)
    ends = np.cumsum(chances) * (count / chances.sum())
    ends[-1] = count
    offset = float(torch.rand(1, generator=generator, dtype=torch.float64))
    return np.asarray(np.diff(np.floor(ends + offset), prepend=0.0), np.int64)


def repeat(loader: Any, shown: Factors) -> None:
    """Let a training loader of Ultralytics that nobody has read from yet show pictures as often as it is said."""
    sampler = Repeats(shown, loader.generator)
    loader.batch_sampler.sampler.sampler = sampler  # inside what repeats batches without end
    object.__setattr__(loader, "sampler", sampler)  # PyTorch forbids to set it the plain way
    loader.reset()
