"""How many images are taken at once, and who decides it when memory is full."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from annelid.engines.base import Report, TrainConfig


def without_a_gpu(config: TrainConfig, report: Report) -> TrainConfig:
    """Take ``batch=-1`` or a fraction as not given where there is no GPU whose memory it could fill.

    Ultralytics would take 16, whatever the data.

    Args:
        config: as the user wants it.
        report: is told.
    """
    batch = config.params.get("batch")
    if batch is None or float(batch) >= 1 or is_on_gpu(str(config.params.get("device", ""))):
        return config
    why = f"batch={batch} fills the memory of a GPU, and none is used here: the number of images decides, as by default"
    report("note", {"text": why})
    return replace(config, params={k: v for k, v in config.params.items() if k != "batch"})


def is_on_gpu(device: str) -> bool:
    """Whether a training on that device ("" chooses) uses a GPU of NVIDIA's."""
    return bool(torch.cuda.is_available()) and device.lower() not in ("cpu", "mps")


def forced(config: TrainConfig) -> dict[str, Any]:
    """The batch where memory had no room for the one that was wanted; ``nbs`` stays, and with it what a step is."""
    return {"batch": config.batch} if config.batch else {}


def report_to(trainer: Any, report: Report) -> None:
    """Say how many images are taken at once, and leave it to the parent process what happens when memory is full.

    Ultralytics would halve the batch by itself, but in the first epoch only.

    Args:
        trainer: the trainer.
        report: is told.
    """

    def on_train_start(t: Any) -> None:
        step = f"{t.batch_size * t.accumulate} a step"
        report("log", {"text": f"{t.batch_size} images at once, {step}", "level": "INFO", "batch": t.batch_size})

    def on_epoch_start(t: Any) -> None:
        t._oom_retries = 3  # noqa: SLF001 - as if all were used up

    trainer.add_callback("on_train_start", on_train_start)
    trainer.add_callback("on_train_epoch_start", on_epoch_start)
