"""The course of a training: what its curves say, whatever their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]

WINDOW = 0.25
"""Share of the epochs that is taken together: the beginning, the end."""
LEAST_WINDOW = 3
"""Epochs: fewer say nothing about their own scatter."""


@dataclass(frozen=True, eq=False)
class Course:
    """The curves of a run, a value per epoch each; empty where they were not recorded.

    Attributes:
        fitness: float64 (E,), mAP50-95 on the validation part, of masks where there are any.
        name: of the column of `fitness`.
        train_loss: float64 (E,), all parts of the loss together.
        val_loss: float64 (E,).
        lr: float64 (E,), learning rate.
    """

    fitness: Curve
    name: str
    train_loss: Curve
    val_loss: Curve
    lr: Curve

    @classmethod
    def of(cls, curves: Mapping[str, Sequence[float]]) -> Self:
        """From the columns of ``results.csv``."""
        name = next((n for n in ("metrics/mAP50-95(M)", "metrics/mAP50-95(B)") if n in curves), "")
        rate = next((n for n in curves if n.startswith("lr/")), "")
        return cls(
            np.nan_to_num(np.asarray(curves.get(name, ()), np.float64), posinf=0.0, neginf=0.0),
            name,
            _sum(curves, "train/"),
            _sum(curves, "val/"),
            np.asarray(curves.get(rate, ()), np.float64),
        )

    @property
    def epochs(self) -> int:
        """How many were run."""
        return max(len(self.fitness), len(self.train_loss))

    @property
    def window(self) -> int:
        """So many epochs are the beginning or the end."""
        return max(LEAST_WINDOW, round(WINDOW * self.epochs))

    @property
    def best_epoch(self) -> int:
        """The first epoch that was as good as any, counted from 1; 0 without epochs."""
        return int(self.fitness.argmax()) + 1 if len(self.fitness) else 0

    def settled_at(self, share: float = 0.97) -> int:
        """The epoch from which on the fitness, averaged over `LEAST_WINDOW`, had nearly its final height; 0 if never.

        Args:
            share: what is nearly.
        """
        if len(self.fitness) < LEAST_WINDOW:
            return 0
        smooth = np.convolve(self.fitness, np.ones(LEAST_WINDOW) / LEAST_WINDOW, "valid")
        return int(np.argmax(smooth >= share * level(self.fitness, self.window))) + LEAST_WINDOW


def _sum(curves: Mapping[str, Sequence[float]], prefix: str) -> Curve:
    columns = [column for name, column in curves.items() if name.startswith(prefix) and name.endswith("loss")]
    return np.sum(np.asarray(columns, np.float64), 0) if columns else np.zeros(0)


def level(curve: Curve, window: int, *, back: int = 0) -> float:
    """Mean of the last epochs of a curve, or of those ``back`` windows earlier; NaN where there are none."""
    end = len(curve) - back * window
    part = curve[max(end - window, 0) : max(end, 0)]
    return float(part.mean()) if len(part) else float("nan")


def smoothed(curve: Curve) -> Curve:
    """Medians of three: one odd epoch is nothing."""
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(curve, LEAST_WINDOW), 1))


def gain(curve: Curve, window: int) -> tuple[float, float]:
    """How much the last window is above the one before, and the error of that by the scatter of the epochs."""
    last, before = curve[-window:], curve[-2 * window : -window]
    if len(before) < 2 or not np.isfinite(curve).all():
        return float("nan"), float("nan")
    scatter = np.concatenate([_detrended(last), _detrended(before)])
    return float(last.mean() - before.mean()), float(scatter.std() * np.sqrt(1 / len(last) + 1 / len(before)))


def _detrended(part: Curve) -> Curve:
    x = np.arange(len(part)) - (len(part) - 1) / 2
    slope = (x * part).sum() / max((x * x).sum(), 1.0)
    return np.asarray(part - part.mean() - slope * x)
