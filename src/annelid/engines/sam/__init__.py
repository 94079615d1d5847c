"""SAM, MobileSAM, SAM 2 and FastSAM through Ultralytics: whatever looks like one thing, without knowing what it is.

Importing this module loads neither torch nor Ultralytics; `load` and `annelid.engines.sam.network` do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from annelid.dataset import Task
from annelid.engines import yolo
from annelid.engines.base import PredictConfig, Predictor, Report, TrainConfig, TrainingData, TrainResult
from annelid.errors import UsageError

NAME = "sam"
TASKS: tuple[Task, ...] = ("segment",)
EXTRA = "yolo"
DEFAULT_MODEL: Mapping[Task, str] = {"segment": "mobile_sam.pt"}

_WEIGHTS = re.compile(r"(sam_[bl]|mobile_sam|sam2(\.1)?_[tsbl]|FastSAM-[sx])\.pt")
"""Ultralytics tells the architecture by the name of the file."""


def is_weights(name: str) -> bool:
    """Whether a file of that name holds the weights of one of these networks."""
    return _WEIGHTS.fullmatch(name) is not None


def health() -> str | None:
    """None when Ultralytics is installed, else what to type."""
    problem = yolo.health()
    return str(problem) if problem else None


def check(config: TrainConfig) -> dict[str, Any]:
    """Refuse: these networks are not trained here."""
    raise _untrainable(config)


def from_file(_content: Mapping[str, Any], config: TrainConfig) -> tuple[dict[str, Any], list[str]]:
    """Refuse: these networks are not trained here."""
    raise _untrainable(config)


def train(_data: TrainingData, config: TrainConfig, _out: Path, _report: Report) -> TrainResult:
    """Refuse: these networks are not trained here."""
    raise _untrainable(config)


def _untrainable(config: TrainConfig) -> UsageError:
    return UsageError(
        f"{config.model} can't be trained here", next_step="use it for proposals, and train --engine yolo"
    )


def load(weights: Path, config: PredictConfig, classes: Sequence[str]) -> Predictor:
    """Everything on a picture as objects of the first class; see `annelid.engines.sam.everything`.

    Raises:
        EngineError: the file is no such network, or could run code.
        UsageError: an input size is asked for, which has no effect.
    """
    if config.imgsz is not None:
        raise UsageError("imgsz has no effect: these networks see every picture at 1,024 pixels")
    from annelid.engines.sam.everything import Everything
    from annelid.engines.sam.network import open_network

    return Everything(open_network(weights, config.device), config, classes[0] if classes else "object")
