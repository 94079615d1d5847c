"""Ultralytics' trainers, fed from examples, stoppable, with checkpoints that are never half-written."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import torch
from ultralytics.engine import trainer as ultralytics_trainer
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.models.yolo.segment import SegmentationTrainer
from ultralytics.utils.torch_utils import strip_optimizer

from annelid.dataset import Task
from annelid.engines.base import TrainingData
from annelid.engines.yolo import glimpse, mask_loss, processor, state
from annelid.engines.yolo.classes import KeepingClasses
from annelid.engines.yolo.data import ObjectsDataset
from annelid.engines.yolo.recovery import Recovering


def _amp_works(model: Any) -> bool:
    """Whether mixed precision can be used; Ultralytics would download a model to try it out."""
    device = next(model.parameters()).device
    if device.type == "cpu":
        return processor.computes_bf16()
    return bool(device.type == "cuda" and not _BAD_AMP.search(torch.cuda.get_device_name(device)))


# These cards are known to give NaN losses under mixed precision.
_BAD_AMP = re.compile(r"(1660|1650|1630|t400|t550|t600|t1000|t1200|t2000|k40m)", re.IGNORECASE)
ultralytics_trainer.check_amp = _amp_works
mask_loss.use()


class _ExamplesTrainer(KeepingClasses, Recovering):
    """What the detection and the segmentation trainer share; mixed in before Ultralytics' class."""

    examples: TrainingData
    tile: int | None
    short_ema: bool
    args: Any
    data: dict[str, Any]
    device: Any
    model: Any
    ema: Any
    epochs: int
    start_epoch: int
    wdir: Path
    last: Path
    best: Path

    def get_dataset(self) -> dict[str, Any]:
        """What Ultralytics reads from a ``data.yaml``."""
        names = dict(enumerate(self.examples.classes))
        if self.args.single_cls and len(names) > 1:
            names = {0: "object"}
        folder = str(self.examples.train[0].path.parent)
        return {
            "names": names,
            "nc": len(names),
            "channels": 3,
            "path": folder,
            "train": folder,
            "val": folder,
        }

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> ObjectsDataset:  # noqa: ARG002
        """The examples of a part; validation in rectangles, as Ultralytics does."""
        train = mode == "train"
        return ObjectsDataset(
            self.examples.train if train else self.examples.val,
            self.examples.classes,
            imgsz=self.args.imgsz,
            batch_size=batch,
            augment=train,
            hyp=self.args,
            rect=not train,
            cache=None,
            in_memory=self.args.cache in (True, "ram"),
            tile=self.tile,
            single_cls=self.args.single_cls or False,
            stride=max(int(self.model.stride.max()), 32),
            pad=0.0 if train else 0.5,
            prefix=f"{mode}: ",
            task=self.args.task,
            data=self.data,
            fraction=self.args.fraction if train else 1.0,
        )

    def get_validator(self) -> Any:
        """Ultralytics' own, which draws what is predicted now and then."""
        validator = super().get_validator()  # type: ignore[misc]
        if self.args.plots:
            glimpse.show_now_and_then(validator)
        return validator

    def _setup_train(self) -> None:
        super()._setup_train()  # type: ignore[misc]
        if self.device.type == "cpu":
            processor.use_all_cores()
            processor.order_channels_last(self.model, self.ema.ema)
        if self.short_ema:
            self._shorten_ema()
        self._close_mosaic_after = self.args.close_mosaic
        kept = state.read(self.wdir / state.NAME) if self.resume else None
        if kept:
            state.restore(self, kept)
        if self.start_epoch > self.epochs - self.args.close_mosaic:
            self._close_dataloader_mosaic()  # type: ignore[attr-defined]
            self.args.close_mosaic = 0  # or Ultralytics would close it again, with another order of the pictures

    def begin_epoch(self) -> None:
        """What Annelid does before each epoch."""
        self.args.close_mosaic = self._close_mosaic_after
        state.seed_epoch(self)

    def _shorten_ema(self) -> None:
        """Fit the moving average of the weights to the length of the run.

        Ultralytics' average spans 10,000 steps, ramped up over 2,000: a run of a few hundred steps would be judged
        by weights that are mostly the random ones it began with.
        """
        steps = self.optimizer_steps()
        span = max(10.0, min(10_000.0, 0.05 * steps))
        ramp = max(5.0, min(2_000.0, 0.1 * steps))
        self.ema.decay = lambda updates: (1 - 1 / span) * (1 - math.exp(-updates / ramp))

    def optimizer_steps(self) -> int:
        """How many optimiser steps the whole run will make."""
        steps: int = len(self.train_loader) * self.epochs // self.accumulate  # type: ignore[attr-defined]
        return max(1, steps)

    def final_eval(self) -> None:
        """Validate the best weights once more, for the plots."""
        if self.args.plots:
            super().final_eval()  # type: ignore[misc]

    def save_model(self) -> bool:
        """Write the checkpoints beside their place first: a kill in the middle leaves the previous ones whole."""
        real_last, real_best = self.last, self.best
        self.last, self.best = real_last.with_suffix(".pt.part"), real_best.with_suffix(".pt.part")
        try:
            saved = bool(super().save_model())  # type: ignore[misc]
            for part, real in ((self.best, real_best), (self.last, real_last)):
                if part.exists():
                    os.replace(part, real)  # noqa: PTH105 - the same on every system
            state.save(self, self.wdir / state.NAME)  # last: the others are written again when this epoch is
        finally:
            self.last.unlink(missing_ok=True)
            self.best.unlink(missing_ok=True)
            self.last, self.best = real_last, real_best
        return saved


def strip(folder: Path, imgsz: int) -> None:
    """Take from both checkpoints what only a resume needs, and name the input size for whole images.

    Ultralytics' programs take that size when none is typed; of windows they know nothing.
    """
    for path in (folder / "last.pt", folder / "best.pt"):
        if path.exists():
            used = strip_optimizer(path).get("train_args", {})
            if used.get("imgsz") != imgsz:
                strip_optimizer(path, updates={"train_args": {**used, "imgsz": imgsz}})


class ExamplesDetectionTrainer(_ExamplesTrainer, DetectionTrainer):
    """Boxes."""


class ExamplesSegmentationTrainer(_ExamplesTrainer, SegmentationTrainer):
    """Boxes and masks."""


def trainer_class(task: Task, examples: TrainingData, tile: int | None, *, short_ema: bool) -> type[Any]:
    """The trainer of a task, bound to its examples (Ultralytics builds the data set in its constructor).

    Args:
        task: detect or segment.
        examples: what to learn from.
        tile: side in image pixels of the windows that fill the input; None takes whole pictures.
        short_ema: fit the moving average of the weights to the length of the run.
    """
    base = ExamplesSegmentationTrainer if task == "segment" else ExamplesDetectionTrainer
    return type(base.__name__, (base,), {"examples": examples, "tile": tile, "short_ema": short_ema})
