"""Run folders as a training leaves them, without a training."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from PIL import Image

from annelid.jobs import Job
from annelid.models import Card

STARTED = 1_700_000_000.0
PARAMS = {"sigma": 2.0, "split": True}
METRICS = {"box": {"mAP50": 0.75, "classes": [{"name": "disc"}], "mAP75": None}, "mAP50-95(M)": 0.5}


def make_run(root: Path, name: str = "run", epochs: int = 3) -> Path:
    """A run of the threshold engine that goes on, with so many epochs behind it."""
    folder = root / "runs" / name
    config = {"model": "otsu", "task": "segment", "resume": None, "trust": False, "params": PARAMS}
    arguments = {"root": str(root), "engine": "threshold", "config": config, "parent": "", "notes": "a dry run"}
    Job("train", folder, {"name": name, **arguments}).write()
    (folder / "split.json").write_text('{"parts": {"a": "train", "b": "train", "c": "val"}}', encoding="utf-8")
    (folder / "heartbeat").touch()
    report(folder, "log", {"text": "hello"}, STARTED)
    for number in range(1, epochs + 1):
        add_epoch(folder, number)
    return folder


def report(folder: Path, event: str, data: Any, when: float) -> None:
    with (folder / "events.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"time": when, "event": event, "data": data}) + "\n")


def add_epoch(folder: Path, number: int, loss: float | None = None) -> None:
    """An epoch's event; its loss is 1 / number."""
    data = {
        "epoch": number,
        "epochs": 9,
        "losses": {"box_loss": 1 / number if loss is None else loss},
        "val_losses": {"box_loss": float("nan")},
        "metrics": {"mAP50(B)": number / 10},
        "lr": 0.01 / number,
        "memory_gb": 1.5,
        "images_per_s": 20.0,
    }
    report(folder, "epoch", data, STARTED + number)


def add_pictures(folder: Path, *names: str) -> None:
    """Small pictures that were written a while ago."""
    for name in names:
        Image.new("RGB", (32, 16), "teal").save(folder / name)
        settle(folder / name)


def settle(path: Path) -> None:
    """Make a file old enough to be whole."""
    import os

    os.utime(path, (time.time() - 60,) * 2)


def end(folder: Path, error: str = "") -> None:
    """Write ``result.json``: the run is finished, or ended with an error of a kind."""
    card = Card(
        folder.name,
        "threshold",
        "segment",
        ("disc",),
        1,
        parameters={**PARAMS, "min_area": 9},
        metrics={"val": METRICS},
    )
    value = {"run": str(folder), "model": card.reference, "card": card.to_dict()}
    failed = {"type": error, "message": "no", "next_step": ""}
    content = {"ok": False, "error": failed} if error else {"ok": True, "value": value}
    (folder / "result.json").write_text(json.dumps(content), encoding="utf-8")
