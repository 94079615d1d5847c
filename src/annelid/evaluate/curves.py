"""Precision, recall and F1 of every class over the confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ConfidenceCurve:
    """What is found when predictions below a confidence are left out.

    Attributes:
        conf: float64 (C,), the confidences, ascending.
        precision: float64 (K, C) for every class; 0 where nothing is predicted.
        recall: float64 (K, C); NaN for a class without true objects.
        has_truth: bool (K,), whether the class has true objects.
    """

    conf: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    has_truth: NDArray[np.bool_]

    @property
    def f1(self) -> NDArray[np.float64]:
        """float64 (K, C), the harmonic mean of precision and recall; NaN for a class without true objects."""
        total = self.precision + self.recall
        return np.divide(2 * self.precision * self.recall, total, out=total.copy(), where=total > 0)

    @property
    def best(self) -> float:
        """The confidence at which the mean F1 of the classes with true objects is best; NaN without any.

        Half-way to the next lower score: on other images the same objects score a little less.
        """
        f1 = self.f1[self.has_truth] if len(self.conf) else self.f1[:0]
        if not len(f1):
            return float("nan")
        place = int(f1.mean(0).argmax())
        below = self.conf[place - 1] if place else 0.0
        return float(self.conf[place] + below) / 2

    def at(self, conf: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Precision, recall and F1, float64 (K,) each, of the predictions of at least this confidence.

        Zeros where there are none; recall and F1 are NaN for a class without true objects.
        """
        place = int(np.searchsorted(self.conf, conf)) if np.isfinite(conf) else len(self.conf)
        if place < len(self.conf):
            return self.precision[:, place], self.recall[:, place], self.f1[:, place]
        nothing = np.zeros(len(self.precision))
        missing = np.where(self.has_truth, 0.0, np.nan)
        return nothing, missing, missing


def confidence_curve(
    scores: NDArray[np.float64], classes: NDArray[np.int64], hit: NDArray[np.bool_], n_true: NDArray[np.int64]
) -> ConfidenceCurve:
    """Precision and recall at every confidence that occurs.

    Args:
        scores: float64 (P,), confidences of all predictions.
        classes: int64 (P,), their classes, 0..K-1.
        hit: bool (P,), whether each found a true object.
        n_true: int64 (K,), true objects of each class.
    """
    conf = np.unique(scores)
    found, made = np.zeros((2, len(n_true), len(conf)))
    for k in range(len(n_true)):
        mine = classes == k
        order = np.argsort(scores[mine], kind="stable")
        ascending = scores[mine][order]
        first = np.searchsorted(ascending, conf)  # predictions from here on are kept
        made[k] = len(ascending) - first
        found[k] = np.concatenate([np.cumsum(hit[mine][order][::-1])[::-1], [0]])[first]
    precision = np.divide(found, made, out=np.zeros_like(found), where=made > 0)
    recall = np.divide(found, n_true[:, None], out=np.full_like(found, np.nan), where=n_true[:, None] > 0)
    return ConfidenceCurve(conf, precision, recall, n_true > 0)
