"""Runs shown in TensorBoard, MLflow, Weights & Biases, Comet and ClearML: readers of a run's events and folder.

A tracker has a process of its own (``python -m annelid.tracking FOLDER NAME``). The worker starts it; it outlives the
terminal as the worker does, and whatever happens to it (its server is gone, the disk is full), the training goes on.
What was told stands in ``tracking/NAME.json`` in the run folder, so that a run which is resumed goes on in the same
tracked run, and one that was made without a tracker can be told afterwards.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from typing import cast

from annelid.errors import EngineError, UsageError
from annelid.tracking.base import Tracker

TRACKERS: Mapping[str, str] = {
    "tensorboard": "annelid.tracking.tensorboard",
    "mlflow": "annelid.tracking.mlflow",
    "wandb": "annelid.tracking.wandb",
    "comet": "annelid.tracking.comet",
    "clearml": "annelid.tracking.clearml",
}


def get(name: str) -> Tracker:
    """The tracker of a name, imported now; its package is not.

    Raises:
        UsageError: there is no such tracker.
    """
    if name not in TRACKERS:
        near = difflib.get_close_matches(name, TRACKERS, 1)
        step = f"did you mean {near[0]}?" if near else f"choose of {', '.join(TRACKERS)}"
        raise UsageError(f"there is no tracker {name!r}", next_step=step)
    return cast("Tracker", importlib.import_module(TRACKERS[name]))


def ready(names: Iterable[str]) -> tuple[str, ...]:
    """Names of trackers, each once, all of them installed.

    Args:
        names: as typed or as they stand in ``annelid.yaml``.

    Raises:
        UsageError: there is no such tracker.
        EngineError: what it needs is not installed; the message says what to type.
    """
    chosen = tuple(dict.fromkeys(names))
    for name in chosen:
        problem = get(name).health()
        if problem:
            raise EngineError(problem, next_step=f"install it, or leave {name} out")
    return chosen
