"""YOLO through Ultralytics: v8, 11 and 26, detection and instance segmentation, from ``.yaml`` or ``.pt``.

Importing this module loads neither torch nor Ultralytics; `train` and `load` do, in the worker's process.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from annelid.dataset import Task
from annelid.engines.base import PredictConfig, Predictor, Report, TrainConfig, TrainingData, TrainResult
from annelid.engines.yolo import argument_file, parameters, recipe, survey, transforms
from annelid.objects import Objects

NAME = "yolo"
TASKS: tuple[Task, ...] = ("detect", "segment")
EXTRA = "yolo"
DEFAULT_MODEL: Mapping[Task, str] = {"detect": "yolo11n.yaml", "segment": "yolo11n-seg.yaml"}
PARAMETERS, MAIN, GROUPS = parameters.PARAMETERS, parameters.MAIN, parameters.GROUPS


def health() -> str | None:
    """None when Ultralytics is installed, else what to type."""
    if importlib.util.find_spec("ultralytics") is None:
        return "Ultralytics is not installed: pip install 'annelid[yolo]'"
    return None


def check(config: TrainConfig) -> dict[str, Any]:
    """The parameters as they will be used; see `annelid.engines.yolo.parameters.check`."""
    used = parameters.check(
        config.params,
        task=config.task,
        from_scratch=config.from_scratch,
        classes=config.classes,
        grey=config.grey,
        rarest=config.rarest,
    )
    if isinstance(used["augmentations"], list):
        transforms.require(used["augmentations"], used["imgsz"])
    return used


def from_file(content: Mapping[str, Any], config: TrainConfig) -> tuple[dict[str, Any], list[str]]:
    """Parameters with those of a file of Ultralytics' arguments; see `annelid.engines.yolo.argument_file`."""
    return argument_file.taken(content, config)


def foresee(
    config: TrainConfig, sizes_wh: Sequence[tuple[int, int]], objects: Objects
) -> tuple[Mapping[str, Any], str]:
    """What the recipe would choose; without torch, a GPU is known by the program that comes with its driver."""
    if not sizes_wh:
        return {}, ""
    gpu, scratch = shutil.which("nvidia-smi") is not None, config.from_scratch
    found = recipe.choose(survey.seen(sizes_wh, objects), check(config), config.params, from_scratch=scratch, gpu=gpu)
    return found.params, found.said


def train(data: TrainingData, config: TrainConfig, out: Path, report: Report) -> TrainResult:
    """Train with Ultralytics' trainer on exact outlines; see `annelid.engines.yolo.training`."""
    from annelid.engines.yolo import environment

    environment.isolate(out, trust=config.trust)
    from annelid.engines.yolo import training

    return training.train(data, config, out, report)


def load(weights: Path, config: PredictConfig, classes: Sequence[str]) -> Predictor:
    """Load ``.pt`` weights for prediction; see `annelid.engines.yolo.predictor`."""
    from annelid.engines.yolo import environment

    environment.isolate(None, trust=config.trust)
    from annelid.engines.yolo.predictor import YoloPredictor

    return YoloPredictor(weights, config, classes)
