"""What a training does when its losses are no numbers any more: it goes back once, then it stops and says why.

Ultralytics goes back to weights that are rounded to half precision, three times for each epoch, after an epoch and a
validation for nothing, and in the first epoch not at all. Here it is noticed at once; the epoch is run again from the
state behind the one before, with other random numbers and in full precision.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch

from annelid.engines.base import Report
from annelid.engines.yolo import state
from annelid.errors import EngineError

SKIPPED_IN_A_ROW = 10
"""Half precision overflows now and then; its steps are left out then, and it is scaled down."""


class Recovering:
    """Mixed in before Ultralytics' trainer."""

    args: Any
    amp: bool
    device: Any
    epoch: int
    fitness: Any
    loss: Any
    loss_items: Any
    metrics: Any
    report: Report
    save_dir: Path
    scaler: Any
    start_epoch: int
    stop: bool
    wdir: Path
    best: Path

    recovered: int = 0
    """How often this run went back."""
    _broken: tuple[str, ...] = ()
    _in_a_row: int = 0

    def look_at_loss(self) -> None:
        """End the epoch where the loss of the last batch is no number: all weights are none then."""
        if math.isfinite(float(self.loss)):
            self._in_a_row = 0
            return
        self._in_a_row += 1
        if self._in_a_row > (SKIPPED_IN_A_ROW if self.scaler.is_enabled() else 0):
            bad = [str(name) for name, value in self.loss_items.items() if not math.isfinite(float(value))]
            self._broken, self.stop = tuple(bad) or ("the loss",), True

    def validate(self) -> tuple[Any, Any]:
        """Validate, unless there is nothing to validate."""
        if self._broken:
            return self.metrics, None
        found: tuple[Any, Any] = super().validate()  # type: ignore[misc]
        return found

    def use_full_precision(self) -> None:
        """Compute in float32 from now on."""
        self.amp = self.args.amp = False
        self.scaler = torch.amp.GradScaler(enabled=False)

    def _handle_nan_recovery(self, epoch: int) -> bool:
        """Go back to the last state that was kept, once; True where the epoch is to be run again.

        Raises:
            EngineError: it went back already, or there is nothing to go back to.
        """
        if not self._broken and self.fitness is not None and not math.isfinite(float(self.fitness)):
            self._broken = ("the fitness",)
        if not self._broken:
            return False
        kept = state.read(self.wdir / state.NAME)
        if kept is None or self.recovered or kept["epoch"] != epoch - 1:
            raise self._explained(epoch)
        said = f"{self._no_number(epoch)}: back to epoch {epoch}, on in full precision with other random numbers"
        self.report("note", {"text": said})
        self._go_back(kept)
        return True

    def _go_back(self, kept: dict[str, Any]) -> None:
        start_epoch = self.start_epoch
        state.restore(self, kept)
        self.start_epoch = start_epoch
        self.recovered += 1
        self.use_full_precision()
        self._broken, self._in_a_row, self.stop = (), 0, False
        criterion = getattr(self.model, "criterion", None)  # type: ignore[attr-defined]
        if criterion is not None and hasattr(criterion, "update"):  # it counts epochs, and counted one too many
            criterion.updates -= 2
            criterion.update()

    def _no_number(self, epoch: int) -> str:
        verb = "was" if len(self._broken) == 1 else "were"
        return f"{', '.join(self._broken)} {verb} no number any more (NaN or infinite) in epoch {epoch + 1}"

    def _explained(self, epoch: int) -> EngineError:
        again = ", again" if self.recovered else ""
        half = self.amp and self.args.amp != "bf16" and self.device.type != "cpu"
        causes = [f"steps that are too long (lr0={self.args.lr0:g}, {self.args.optimizer})"]
        causes += ["numbers too large for half precision"] if half else []
        kept = f"; the best epoch so far is kept in {self.best}" if self.best.is_file() else ""
        start = f"--model {self.best} " if kept else ""
        return EngineError(
            f"{self._no_number(epoch)}{again}; the usual cause: {' or '.join(causes)}{kept}",
            next_step=f"annelid train {start}lr0={self.args.lr0 / 10:g}{' amp=False' if half else ''}",
        )


def add_to(trainer: Any, report: Report) -> None:
    """Let a trainer look at each batch's loss.

    Args:
        trainer: the trainer.
        report: is told when it goes back.
    """
    trainer.report = report
    trainer.add_callback("on_train_batch_end", lambda t: t.look_at_loss())
