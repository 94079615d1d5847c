"""Pictures of validation images while a training goes on: the truth, and what it predicts now."""

from __future__ import annotations

import time
from typing import Any

SECONDS = 30.0
"""A picture takes up to a second of a processor, in another thread; seldom enough to cost a training nothing."""
MOST = 100
"""Predictions of an image that are drawn, the surest first."""


def show_now_and_then(validator: Any) -> None:
    """Have a validator draw its first batch while it validates a training; Ultralytics draws the last epoch only."""
    update = validator.update_metrics
    drawn = {"at": -SECONDS}

    def updated(preds: list[dict[str, Any]], batch: dict[str, Any]) -> None:
        update(preds, batch)
        is_first = validator.training and validator.batch_i == 0
        if is_first and not validator.args.plots and time.monotonic() - drawn["at"] >= SECONDS:
            drawn["at"] = time.monotonic()
            validator.plot_val_samples(batch, 0)
            validator.plot_predictions(batch, [dict(each) for each in preds], 0, max_det=MOST)  # it changes them

    validator.update_metrics = updated
