"""What a run folder has to tell: its parameters, its curves, its pictures, and how it ended."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import annelid
from annelid import engines, jobs
from annelid.engines.base import TrainConfig
from annelid.errors import AnnelidError
from annelid.models import Card, Library
from annelid.settings import read_yaml
from annelid.tracking.base import About, State, Value

FILES = (
    "labels.jpg",
    "train_batch0.jpg",
    "val_batch0_labels.jpg",
    "val_batch0_pred.jpg",
    "results.png",
    "confusion_matrix.png",
    "confusion_matrix_normalized.png",
    "report.html",
)
"""Pictures and pages that are told; the training images and the weights are not."""
SETTLED_SECONDS = 5.0
"""A file that was touched later may be half-written while a training runs."""
_CURVES = (("losses", "train/"), ("val_losses", "val/"), ("metrics", "metrics/"))
_SINGLE = {"lr": "lr", "images_per_s": "speed/images_per_s", "memory_gb": "speed/memory_gb"}


@dataclass(frozen=True)
class Epoch:
    """A point of every curve: number from 1, Unix time, name -> value (finite)."""

    number: int
    time: float
    figures: Mapping[str, float]


def about(folder: Path) -> About:
    """The run of a folder.

    Raises:
        ProjectError: it is no run.
    """
    arguments = jobs.Job.read(folder).arguments
    root, config = folder.parent.parent, arguments["config"]  # where it is now: projects are moved
    tags = {
        "annelid": annelid.__version__,
        "engine": arguments["engine"],
        "task": config["task"],
        "started_from": arguments["parent"] or Path(config["model"]).name,
    }
    started = next((event.time for event in jobs.events(folder)), time.time())
    return About(folder.name, root.name, folder, root, started, tags, arguments["notes"])


def epochs(folder: Path, after: int) -> Iterator[Epoch]:
    """The epochs behind a number, each once: one that was run again after a kill is the same again."""
    for event in jobs.events(folder):
        if event.name == "epoch" and event.data["epoch"] > after:
            after = event.data["epoch"]
            yield Epoch(after, event.time, _finite(_figures(event.data)))


def _figures(data: Mapping[str, Any]) -> dict[str, Any]:
    """Ultralytics' names of the columns of ``results.csv``."""
    curves = {prefix + name: value for key, prefix in _CURVES for name, value in (data.get(key) or {}).items()}
    return curves | {name: data.get(key) for key, name in _SINGLE.items()}


def parameters(folder: Path) -> dict[str, Value]:
    """Every parameter that the engine uses and knows by now, besides engine, model and number of training images."""
    arguments = jobs.Job.read(folder).arguments
    card, config = _card(folder), arguments["config"]
    used = card.parameters if card else _given(folder, arguments["engine"], config)
    start = arguments["parent"] or Path(config["model"]).name
    parts = json.loads((folder / "split.json").read_text(encoding="utf-8"))["parts"].values()
    head = {"engine": arguments["engine"], "model": start, "images": sum(part == "train" for part in parts)}
    return head | {name: _value(value) for name, value in sorted(used.items()) if value not in (None, "")}


def _given(folder: Path, engine: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed and the defaults; where the engine writes ``args.yaml``, what stands there."""
    try:
        used = engines.get(engine).check(TrainConfig(config["model"], config["task"], params=config["params"]))
    except AnnelidError:  # the weights that it started from are gone, or a parameter is of another version
        used = dict(config["params"])
    path = folder / "args.yaml"
    written = read_yaml(path) if path.exists() else {}
    return {name: written.get(name, value) for name, value in used.items()}


def _value(value: Any) -> Value:
    return value if isinstance(value, str | int | float | bool) else json.dumps(value, default=str)


def files(folder: Path, *, ended: bool) -> dict[str, str]:
    """Name -> stamp (changes with the file) of what can be shown, in the order of `FILES`."""
    found = {}
    for name in FILES:
        path = folder / name
        if path.exists() and (ended or time.time() - path.stat().st_mtime > SETTLED_SECONDS):
            stat = path.stat()
            found[name] = f"{stat.st_mtime_ns} {stat.st_size}"
    return found


def state(folder: Path) -> State:
    """How the run stands: ``finished``, ``failed`` or ``interrupted`` once there is a result, else ``running``."""
    result = _result(folder)
    if result is None:
        return "running"
    if result["ok"]:
        return "finished"
    return "interrupted" if result["error"].get("type") == "Interrupted" else "failed"


def summary(folder: Path) -> dict[str, float]:
    """Figures of the model that came of the run, as they were measured last: ``final/val/mask/mAP50`` ..."""
    card = _card(folder)
    if card is None:
        return {}
    head = {"best_epoch": card.best_epoch, "epochs_run": card.epochs_run, "seconds": card.seconds}
    return _finite({f"final/{name}": value for name, value in (*head.items(), *_flat(card.metrics))})


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}/")
        else:
            yield prefix + key, value


def _finite(values: Mapping[str, Any]) -> dict[str, float]:
    """Those that are numbers: a curve has a gap where there is none, and not every tracker takes NaN."""
    numbers = {k: float(v) for k, v in values.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    return {name: value for name, value in numbers.items() if math.isfinite(value)}


def _card(folder: Path) -> Card | None:
    """The card of the model that came of the run, as it is now in the library or as the run left it."""
    result = _result(folder)
    if result is None or not result["ok"]:
        return None
    card = Card.from_dict(result["value"]["card"])
    now = [c for c in Library(folder.parent.parent).cards(card.name) if c.reference == card.reference]
    return now[0] if now else card


def _result(folder: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return content
