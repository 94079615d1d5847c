"""A network of five layers and a few small pictures: enough to see what each training parameter does."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray

from annelid.dataset import Task
from annelid.engines.base import Example, TrainConfig, TrainingData, TrainResult
from annelid.engines.yolo import environment, training
from annelid.geometry import box_ring, ellipse_ring
from annelid.objects import Objects

SIDE = 64
CLASSES = ("disc", "bar")
COLOURS = {"disc": (200, 120, 40), "bar": (40, 90, 210)}
GROUND = (30, 30, 30)
_MOVES = ("degrees", "translate", "scale", "shear", "perspective", "fliplr", "flipud", "hsv_h", "hsv_s", "hsv_v")
STILL: dict[str, Any] = dict.fromkeys((*_MOVES, "bgr", "mosaic", "mixup", "cutmix", "copy_paste"), 0) | {
    "imgsz": SIDE,
    "mask_ratio": 1,
    "overlap_mask": False,
}
"""Pictures as they are."""

_NETWORK = """
nc: 2
backbone:
  - [-1, 1, Conv, [8, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
head:
  - [[2, 3, 4], 1, {head}]
"""


def network(folder: Path, task: Task = "segment") -> str:
    """An architecture of that task as a file."""
    path = folder / f"five{'-seg' if task == 'segment' else ''}.yaml"
    head = "Segment, [nc, 8, 16]" if task == "segment" else "Detect, [nc]"
    path.write_text(_NETWORK.format(head=head), encoding="utf-8")
    return str(path)


def both(shift: int = 0) -> Objects:
    """A disc at the upper left and a bar at the right, neither in the middle nor symmetric."""
    disc, bar = ((ellipse_ring((18 + shift, 16), (8, 8)),),), ((box_ring(40, 30, 56, 38),),)
    return Objects.from_shapes([disc, bar], list(CLASSES))


def painted(objects: Objects) -> NDArray[np.uint8]:
    """uint8 RGB ``[y, x, c]``: each object in the colour of its class."""
    colours = np.array([GROUND, *(COLOURS[str(label)] for label in objects.labels)], np.uint8)
    return colours[objects.label_image((SIDE, SIDE))]


def data(folder: Path, several: Sequence[Objects] | None = None) -> TrainingData:
    """Training pictures of these objects, six by default, and two to validate."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = []
    for n, objects in enumerate([*(several or [both(n) for n in range(6)]), both(), both()]):
        path = folder / f"{n}.npy"
        np.save(path, painted(objects))
        examples.append(Example(path, objects))
    return TrainingData(CLASSES, examples[:-2], examples[-2:])


class _Built(BaseException):
    """Carries a trainer out of a training that has not begun."""

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer


def _carry_out(trainer: Any, *_: Any) -> None:
    trainer.report = lambda *_: None
    raise _Built(trainer)


class Bench:
    """Trainings in folders of their own.

    Args:
        folder: where.
    """

    def __init__(self, folder: Path) -> None:
        environment.silence_trackers()
        self.folder, self.count = folder, 0
        self.events: list[tuple[str, dict[str, Any]]] = []

    def trainer(self, *, set_up: bool = True, **params: Any) -> Any:
        """A trainer as a training would begin with; ``several`` are its objects, ``model`` its weights."""
        with mock.patch.object(training, "_add_callbacks", _carry_out):
            try:
                self.train(**params)
            except _Built as built:
                trainer = built.trainer
        if set_up:
            trainer._setup_train()
        return trainer

    def train(
        self, *, several: Sequence[Objects] | None = None, task: Task = "segment", model: str = "", **params: Any
    ) -> tuple[TrainResult, Path]:
        """A training of a second, and its folder."""
        self.count += 1
        out = self.folder / str(self.count)
        pictures = data(out / "data", several)
        params = {"recipe": "ultralytics", "plots": False, "imgsz": SIDE, "device": "cpu", **params}
        config = TrainConfig(model or network(self.folder, task), task, params=params)
        result = training.train(pictures, config, out, lambda event, values: self.events.append((event, dict(values))))
        return result, out

    def items(self, *, seeds: int = 1, still: bool = True, **params: Any) -> list[dict[str, Any]]:
        """What the network is shown for the first picture, drawn several times over."""
        base = STILL if still else {"imgsz": SIDE}
        dataset = self.trainer(**{**base, **params}).train_loader.dataset
        found = []
        for seed in range(seeds):
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002 - Ultralytics' augmentation draws from the global generator
            torch.manual_seed(seed)
            found.append(dataset[0])
        return found


def rgb(item: dict[str, Any]) -> NDArray[np.uint8]:
    """The picture ``[y, x, c]`` that the network gets."""
    return np.asarray(item["img"].permute(1, 2, 0).numpy())


def boxes(item: dict[str, Any]) -> NDArray[np.float64]:
    """Boxes ``cx, cy, w, h`` in pixels, float (N, 4)."""
    return np.asarray(item["bboxes"].numpy() * SIDE, np.float64)
