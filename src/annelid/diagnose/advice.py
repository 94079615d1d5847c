"""The exact command for a run: as it was typed, with what has to change."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from annelid.diagnose.record import Record


def train_again(record: Record, **changes: Any) -> str:
    """Train anew from the same start with the same parameters but for some; None takes one out."""
    return _train(record, record.started_from, {**record.typed, **changes})


def train_larger(record: Record) -> str:
    """Train anew with pictures of twice the size; windows of large images show the same part of them as before."""
    return train_again(record, imgsz=2 * int(record.params.get("imgsz") or 640), tile=record.params.get("tile"))


def train_on(record: Record, **changes: Any) -> str:
    """Go on from the model that came of the run, at the learning rate of fine-tuning."""
    typed = {key: value for key, value in record.typed.items() if key not in ("lr0", "epochs", "warmup_epochs")}
    return _train(record, record.model or record.run, {**typed, **changes})


def predict(record: Record, **options: Any) -> str:
    """Predict with the model of the run."""
    chosen = [f"--{name}={_text(value)}" for name, value in options.items()]
    return shlex.join(["annelid", "predict", record.model or record.run, "IMAGES", "--out", "found", *chosen])


def _train(record: Record, model: str, params: Mapping[str, Any]) -> str:
    start = ["--model", model] if model else []
    data = ["--data", "data.yaml"] if record.outside else []
    given = [f"{name}={_text(value)}" for name, value in params.items() if value is not None]
    return shlex.join(["annelid", "train", *start, *data, *given])


def _text(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
