"""The state of a training between two epochs, so that a run which was killed goes on as if it had not been.

Ultralytics' checkpoints are made for deployment: their weights are the moving average in half precision, and no random
numbers are in them. Here are the live weights, in ``weights/state.pt``; random numbers need not be kept, as each epoch
begins with its own (see `seed_epoch`).
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ultralytics.utils.torch_utils import unwrap_model

from annelid import atomic
from annelid.errors import EngineError

NAME = "state.pt"
_VERSION = 1


def save(trainer: Any, path: Path) -> None:
    """Write the state behind the epoch that just ended; a kill in the middle leaves the previous state whole.

    Raises:
        AnnelidError: it cannot be written.
    """
    content = {
        "version": _VERSION,
        "epoch": trainer.epoch,
        "model": unwrap_model(trainer.model).state_dict(),
        "ema": trainer.ema.ema.state_dict(),
        "updates": trainer.ema.updates,
        "optimizer": trainer.optimizer.state_dict(),
        "scaler": trainer.scaler.state_dict(),
        "best_fitness": float(trainer.best_fitness),
        "stopper": {"best_fitness": float(trainer.stopper.best_fitness), "best_epoch": trainer.stopper.best_epoch},
        "recovered": trainer.recovered,
    }
    with atomic.replacing(path) as temporary:
        torch.save(content, temporary)


def read(path: Path) -> dict[str, Any] | None:
    """The state, None where there is none; nothing in the file can run code.

    Raises:
        EngineError: it is damaged, or was written by another version.
    """
    if not path.is_file():
        return None
    step = "delete it to go on from last.pt, whose weights are rounded"
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise EngineError(f"{path} is damaged", next_step=step) from error
    if content.get("version") != _VERSION:
        raise EngineError(f"{path} was written by another version of Annelid", next_step=step)
    return content


def restore(trainer: Any, state: dict[str, Any]) -> None:
    """Put a trainer that is set up where the other one was when it wrote the state."""
    trainer.recovered = state.get("recovered", 0)
    if trainer.recovered:
        trainer.use_full_precision()
    unwrap_model(trainer.model).load_state_dict(state["model"])
    trainer.ema.ema.load_state_dict(state["ema"])
    trainer.ema.updates = state["updates"]
    trainer.optimizer.load_state_dict(state["optimizer"])
    if state["scaler"]:  # empty where full precision was computed in
        trainer.scaler.load_state_dict(state["scaler"])
    trainer.best_fitness = state["best_fitness"]
    trainer.stopper.best_fitness = state["stopper"]["best_fitness"]
    trainer.stopper.best_epoch = state["stopper"]["best_epoch"]
    trainer.start_epoch = state["epoch"] + 1
    trainer.scheduler.last_epoch = trainer.start_epoch - 1


def seed_epoch(trainer: Any) -> None:
    """Begin an epoch with random numbers that follow from the seed and the epoch alone.

    Processes that load pictures go on with theirs: to start them anew each epoch would take longer than small epochs.
    """
    seed = (trainer.args.seed * 1_000_003 + trainer.epoch + trainer.recovered * 500_009) % 2**32
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - Ultralytics' augmentation draws from the global generator
    torch.manual_seed(seed)
    loader = trainer.train_loader
    if loader.num_workers == 0:
        loader.generator.manual_seed(seed)
        loader.reset()
