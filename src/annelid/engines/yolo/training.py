"""One YOLO training, from examples to ``best.pt``."""

from __future__ import annotations

import csv
import json
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from ultralytics.utils import LOGGER

from annelid import atomic
from annelid.engines.base import OWN_LINE, Report, TrainConfig, TrainingData, TrainResult
from annelid.engines.yolo import at_once, environment, failures, parameters, recipe, recovery, state, weights
from annelid.engines.yolo.additions import tell_grey, with_additions
from annelid.engines.yolo.survey import Survey, survey
from annelid.engines.yolo.trainer import strip, trainer_class
from annelid.errors import EngineError, Interrupted

SAY_SECONDS = 1.0
STOP_FILE = "stop"
"""A file of this name in the run folder asks the training to stop after the batch in hand."""


def train(data: TrainingData, config: TrainConfig, out: Path, report: Report) -> TrainResult:
    """Train on the examples; files in ``out`` bear Ultralytics' names.

    Args:
        data: what to learn from.
        config: model, task and parameters (see `parameters.PARAMETERS`).
        out: run folder; ``out / "stop"`` ends the run after the batch in hand.
        report: gets ``header`` and ``log`` lines, one ``epoch`` event per epoch, and ``note`` for what is to be known.

    Raises:
        EngineError: the model file is no model, or Ultralytics failed.
        OutOfMemory: memory is full.
        Interrupted: the run was stopped before its end; ``weights/last.pt`` can be resumed.
    """
    if not config.resume and config.model.endswith(".pt"):
        weights.verify(Path(config.model), trust=config.trust)
    config = at_once.without_a_gpu(config, report)
    effective = parameters.check(config.params, task=config.task, from_scratch=config.from_scratch)
    found = survey(data.train)
    chosen = _chosen(effective, config, found)
    effective |= {"recipe": chosen.name, **chosen.params, **at_once.forced(config)}
    if chosen.said:
        report("header", {"text": chosen.said, "level": "INFO"})
    tell_grey(data, effective, config.params, report)
    if config.resume:
        if _is_over(config.resume):
            return _finish(out, effective, found)
        _forget_after(_epochs_done(config.resume), out / "results.csv")
    handler = _forward_log(report)
    environment.silence_trackers()
    try:
        with failures.explained(out):
            made = trainer_class(config.task, data, effective["tile"] or None, short_ema=chosen.name == "small")
            kind = with_additions(made, effective, config.params)
            trainer = kind(overrides=_overrides(effective, config, data, out))
            _note_own(effective, out / "args.yaml")
            _add_callbacks(trainer, out, report)
            at_once.report_to(trainer, report)
            recovery.add_to(trainer, report)
            trainer.train()
    finally:
        LOGGER.removeHandler(handler)
    return _finish(out, effective, found)


def _chosen(effective: dict[str, Any], config: TrainConfig, found: Survey) -> recipe.Recipe:
    """What suits the data, where nobody typed anything."""
    typed = {name: effective[name] for name in config.params}
    gpu = at_once.is_on_gpu(str(effective["device"]))
    return recipe.choose(found, effective, typed, from_scratch=config.from_scratch, gpu=gpu)


def _overrides(effective: dict[str, Any], config: TrainConfig, data: TrainingData, out: Path) -> dict[str, Any]:
    """Ultralytics' arguments."""
    given = {k: v for k, v in effective.items() if k not in (*parameters.PREDICTION, *parameters.OWN)}
    if effective["augmentations"]:
        given["augmentations"] = effective["augmentations"]
    return given | {
        "model": str(config.resume or config.model),
        "resume": str(config.resume) if config.resume else False,
        "data": str(_write_data_yaml(data, out)),
        "task": config.task,
        "mode": "train",
        "project": str(out.parent),
        "name": out.name,
        "exist_ok": True,
        "save_dir": str(out),
        "val": True,
        "save": True,
        "verbose": True,
    }


def _note_own(effective: dict[str, Any], path: Path) -> None:
    """Annelid's own parameters beside Ultralytics'; its programs would refuse what they do not know."""
    own = "".join(f"{OWN_LINE}{name}: {json.dumps(effective[name])}\n" for name in parameters.OWN)
    atomic.write_text(path, path.read_text(encoding="utf-8") + own)


def _is_over(checkpoint: Path) -> bool:
    """Whether a run was killed after its last epoch: Ultralytics has nothing to resume there."""
    _, content = weights.open_checkpoint(checkpoint, trust=False)
    return int(content["epoch"]) == -1 or int(content["epoch"]) + 1 >= int(content["train_args"]["epochs"])


def _finish(out: Path, effective: dict[str, Any], found: Survey) -> TrainResult:
    """What is left to do after the last epoch."""
    strip(out / "weights", recipe.whole_imgsz(found, effective["imgsz"], effective["tile"]))
    return _result(out, effective)


def _epochs_done(checkpoint: Path) -> int:
    """How many epochs are behind the state that a run goes on from."""
    kept = state.read(checkpoint.with_name(state.NAME))
    return int((kept or weights.open_checkpoint(checkpoint, trust=False)[1])["epoch"]) + 1


def _forget_after(done: int, results: Path) -> None:
    """Drop the rows of epochs that will be run again: the run was killed before their state was written."""
    if results.exists():
        head, *rows = results.read_text(encoding="utf-8").splitlines()
        whole = [row for row in rows if row.count(",") == head.count(",")]  # none that was torn by a full disk
        kept = [row for row in whole if int(float(row.split(",")[0])) <= done]
        atomic.write_text(results, "\n".join([head, *kept]) + "\n")


def _write_data_yaml(data: TrainingData, out: Path) -> Path:
    """The file that Ultralytics looks up for the final validation; the labels themselves never pass through it."""
    path, folder = out / "data.yaml", str(data.train[0].path.parent)
    content = {"path": folder, "train": folder, "val": folder, "names": dict(enumerate(data.classes))}
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")  # JSON is YAML
    return path


def _add_callbacks(trainer: Any, out: Path, report: Report) -> None:
    started = {"epoch": 0.0}
    batch = {"done": 0, "said": 0.0}

    def on_epoch_start(t: Any) -> None:
        t.begin_epoch()
        started["epoch"] = time.perf_counter()
        batch["done"] = 0

    def on_batch_end(t: Any) -> None:
        if (out / STOP_FILE).exists():  # at once: going on would strip the checkpoint of what resuming needs
            kept = f"{t.epoch} of {t.epochs} epochs are kept"
            raise Interrupted(f"stopped; {kept}", next_step=f"annelid train --resume {out.name}")
        batch["done"] += 1
        if time.perf_counter() - batch["said"] > SAY_SECONDS:
            batch["said"] = time.perf_counter()
            what = f"epoch {t.epoch + 1}/{t.epochs}, batch"
            report("batch", {"what": what, "done": batch["done"], "of": len(t.train_loader)})

    def on_epoch_end(t: Any) -> None:
        if started["epoch"]:
            report("epoch", _epoch_record(t, time.perf_counter() - started["epoch"]))
        started["epoch"] = 0.0

    trainer.add_callback("on_train_epoch_start", on_epoch_start)
    trainer.add_callback("on_train_batch_end", on_batch_end)
    trainer.add_callback("on_fit_epoch_end", on_epoch_end)


def _epoch_record(trainer: Any, seconds: float) -> dict[str, Any]:
    """What the followers of a run show."""
    done = trainer.epoch + 1
    elapsed = time.time() - trainer.train_time_start
    per_epoch = elapsed / (done - trainer.start_epoch)
    return {
        "epoch": done,
        "epochs": trainer.epochs,
        "losses": {k.removeprefix("train/"): v for k, v in trainer.label_loss_items(trainer.tloss).items()},
        "val_losses": {k.removeprefix("val/"): float(v) for k, v in trainer.metrics.items() if k.startswith("val/")},
        "metrics": {
            k.removeprefix("metrics/"): float(v) for k, v in trainer.metrics.items() if k.startswith("metrics/")
        },
        "lr": next(iter(trainer.lr.values())),
        "memory_gb": _memory_gb(trainer),
        "images_per_s": len(trainer.train_loader.sampler) / seconds,
        "seconds": seconds,
        "seconds_left": per_epoch * (trainer.epochs - done),
    }


def _memory_gb(trainer: Any) -> float:
    if trainer.device.type in ("cpu", "mps"):
        import psutil  # comes with ultralytics

        return float(psutil.Process().memory_info().rss / 2**30)
    return float(torch.cuda.max_memory_reserved() / 2**30)


_DETAIL = re.compile(r"engine/trainer:|\s+(from\s+n\s+params|\d+\s+(-1|\[))|Freezing layer|Overriding model.yaml")
"""Lines of the header that repeat what is in ``args.yaml`` and in the architecture's file."""


class _Forward(logging.Handler):
    """Sends Ultralytics' log lines on; the lines before the first epoch are the header that its users know."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report, self._event = report, "header"

    def emit(self, record: logging.LogRecord) -> None:
        text = re.sub(r"\x1b\[[0-9;]*m", "", record.getMessage()).strip("\n")
        if text.strip():
            event = "log" if _DETAIL.match(text) else self._event
            self._report(event, {"text": text, "level": record.levelname})
        if "Starting training" in text:
            self._event = "log"


def _forward_log(report: Report) -> logging.Handler:
    for handler in list(LOGGER.handlers):
        LOGGER.removeHandler(handler)
    forward = _Forward(report)
    LOGGER.addHandler(forward)
    LOGGER.setLevel(logging.INFO)
    return forward


def _result(out: Path, effective: dict[str, Any]) -> TrainResult:
    best = out / "weights" / "best.pt"
    if not best.exists():
        raise EngineError("the training ended without weights", next_step=f"read {out / 'worker.log'}")
    (out / "weights" / state.NAME).unlink(missing_ok=True)  # there is nothing to resume any more
    rows = _results(out / "results.csv")
    fitness: Callable[[dict[str, float]], float] = lambda row: sum(  # noqa: E731
        v for k, v in row.items() if k.startswith("metrics/mAP50-95")
    )
    best_row = max(reversed(rows), key=fitness)  # of equal ones the last, which overwrote the others
    model, checkpoint = weights.open_checkpoint(best, trust=False)
    used = {key: checkpoint["train_args"].get(key, value) for key, value in effective.items()}
    used |= {key: effective[key] for key in (*parameters.PREDICTION, "imgsz")}
    return TrainResult(
        weights=best,
        epochs_run=int(rows[-1]["epoch"]),
        best_epoch=int(best_row["epoch"]),
        metrics={k.removeprefix("metrics/"): v for k, v in best_row.items() if k.startswith("metrics/")},
        effective=used,
        classes=tuple(str(model.names[i]) for i in sorted(model.names)),
    )


def _results(path: Path) -> list[dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{k.strip(): float(v) for k, v in row.items()} for row in csv.DictReader(file)]
