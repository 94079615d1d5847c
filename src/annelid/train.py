"""A training run is a folder: its job, its data as they were, its curves, its weights."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from annelid import atomic, engines, errors, lineage
from annelid.dataset import Dataset
from annelid.engines.base import Report, TrainConfig, TrainingData, TrainResult
from annelid.jobs import Job, all_or_nothing, events, is_running, still_runs
from annelid.models import Card, Library
from annelid.preprocess import Preprocessing
from annelid.split import Split
from annelid.tracking.follow import followed
from annelid.training_data import Prepared, make_training_data


@dataclasses.dataclass(frozen=True)
class Plan:
    """What one training is made of.

    Attributes:
        name: name of the run and of the model that comes of it.
        engine: which engine.
        config: model to start from, task and parameters.
        preprocessing: how pixels become what the engine sees.
        parent: reference of the model that is fine-tuned, or "".
        notes: free text for the card.
        outside: whether the data stay outside of the project.
        leakage: what parts of the split share, a sentence each; it was allowed.
        near_copies: the same of a few near copies, which need no permission.
        track: trackers that follow the run.
        remarks: what is to be known of it before it begins, a sentence each.
        mixed: ids of the images that belong to other data and are learned from besides.
    """

    name: str
    engine: str
    config: TrainConfig
    preprocessing: Preprocessing
    parent: str = ""
    notes: str = ""
    outside: bool = False
    leakage: tuple[str, ...] = ()
    near_copies: tuple[str, ...] = ()
    track: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()


def prepare(plan: Plan, dataset: Dataset, split: Split, root: Path) -> Job:
    """Make the run folder: everything that the worker needs, frozen.

    Args:
        plan: what to train.
        dataset: the data as they are now.
        split: which image is in which part.
        root: folder of the project; the run goes to ``root / "runs"``.

    Raises:
        UsageError: a parameter is wrong, or a part of the split is empty.
        EngineError: the engine is not installed.
    """
    for part in ("train", "val"):
        if part not in split.parts.values():
            raise errors.UsageError(
                f"no image is in the {part} part", next_step="annotate more images, then annelid split --resplit"
            )
    engines.ready(plan.engine).check(plan.config)
    folder = _free_folder(root, plan.name)
    folder.mkdir(parents=True)
    with all_or_nothing(folder):
        dataset.save(folder / "dataset.npz")
        atomic.write_text(folder / "split.json", json.dumps(split.to_dict(), indent=1))
    config = dataclasses.asdict(plan.config) | {"resume": None}
    arguments = {
        "root": str(root),
        "name": plan.name,
        "engine": plan.engine,
        "config": config,
        "preprocessing": plan.preprocessing.to_dict(),
        "parent": plan.parent,
        "notes": plan.notes,
        "outside": plan.outside,
        "leakage": list(plan.leakage),
        "near_copies": list(plan.near_copies),
        "remarks": [*plan.remarks, *(split.notes if plan.outside else ())],
        "track": list(plan.track),
        "mixed": list(plan.mixed),
    }
    return Job("train", folder, arguments)


def resume(folder: Path, batch: int | None = None) -> Job:
    """The job that goes on with an interrupted run.

    Args:
        folder: the run folder, or a path inside it such as its ``weights/last.pt``.
        batch: how many images to take at once from now on, for want of memory; None leaves that as it is.

    Raises:
        UsageError: there is no such run, it is finished, or it is running.
    """
    folder = next((p for p in (folder, *folder.parents) if (p / "job.json").is_file()), folder)
    if not (folder / "job.json").is_file():
        raise errors.UsageError(f"{folder} is not a run", next_step="runs are the folders in runs/")
    result = folder / "result.json"
    if result.exists() and json.loads(result.read_text(encoding="utf-8"))["ok"]:
        next_step = f"train on from it: annelid train --model {folder.name} --epochs N"
        raise errors.UsageError(f"run {folder.name} is finished", next_step=next_step)
    if still_runs(folder):
        raise errors.UsageError(f"run {folder.name} is running", next_step="annelid jobs shows how far it is")
    job = Job.read(folder)
    last = folder / "weights" / "last.pt"
    config = dict(job.arguments["config"]) | {"resume": str(last) if last.exists() else None}
    if batch is not None:
        config["batch"] = _at_once(batch)
    return Job("train", folder, dict(job.arguments) | {"config": config})


def _at_once(batch: Any) -> int:
    if isinstance(batch, bool) or not str(batch).isdecimal() or int(batch) < 1:
        raise errors.UsageError(f"batch: a run goes on with a whole number from 1 up, not {batch!r}")
    return int(batch)


def safe_name(text: str) -> str:
    """A name for runs and models made of any text."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "model"


def data_of(card: Card | None, root: Path) -> tuple[Dataset, Split]:
    """The data and the split that a model was trained with, as they were.

    Raises:
        UsageError: its run folder is gone.
    """
    folder = root / "runs" / (card.run if card else "")
    if not (folder / "dataset.npz").is_file():
        raise errors.UsageError(f"the run {folder} is gone, and with it the data set that the model was trained on")
    split = Split.from_dict(json.loads((folder / "split.json").read_text(encoding="utf-8")))
    return Dataset.load(folder / "dataset.npz"), split


def _free_folder(root: Path, name: str) -> Path:
    """``name``, or ``name-2``, ``name-3`` where that is taken, be it by the model of a run that is gone."""
    if not re.fullmatch(r"[\w]([\w.-]{0,79}[\w-])?", name):
        raise errors.UsageError(f"{name!r} can't name a run", next_step="use letters, digits, '-', '_' and '.'")
    if re.fullmatch(r"(con|prn|aux|nul|(com|lpt)[0-9])(\..*)?", name, re.IGNORECASE):
        raise errors.UsageError(f"{name!r} can't name a run: Windows keeps it for devices", next_step="choose another")
    known = {card.run for card in Library(root).cards()}
    candidates = (root / "runs" / (name if k == 1 else f"{name}-{k}") for k in range(1, 10_000))
    return next(path for path in candidates if not path.exists() and path.name not in known)


def work(job: Job, report: Report) -> dict[str, Any]:
    """The worker's side: render the examples, train, add the model to the library.

    Returns:
        ``{"model": "NAME@v1", "run": FOLDER, ...the card}``.
    """
    with followed(job.folder, job.arguments.get("track", ()), report) as told:
        return _work(job, told)


def _work(job: Job, report: Report) -> dict[str, Any]:
    started = time.monotonic()
    dataset = Dataset.load(job.folder / "dataset.npz")
    split = Split.from_dict(json.loads((job.folder / "split.json").read_text(encoding="utf-8")))
    config = _config(job.arguments["config"])
    engine = engines.ready(job.arguments["engine"])
    try:
        made = make_training_data(job, dataset, split, report)
        origin = _origin(job, dataset, split, made)
        lineage.note(origin, job.arguments, report)
        result = engine.train(made.data, config, job.folder, report)
        card = _card(job, dataset, split, made, result, time.monotonic() - started)
        card = dataclasses.replace(card, **lineage.fields(job.folder, origin))
    finally:
        shutil.rmtree(job.folder / "data", ignore_errors=True)
    (job.folder / "data.yaml").unlink(missing_ok=True)  # it named the pictures that were just removed
    card = Library(Path(job.arguments["root"])).add(card, result.weights)
    return {"run": str(job.folder), "model": card.reference, "card": card.to_dict()}


def _config(fields: Mapping[str, Any]) -> TrainConfig:
    resume_path = fields.get("resume")
    return TrainConfig(**{**fields, "resume": Path(resume_path) if resume_path else None})


def _origin(job: Job, dataset: Dataset, split: Split, made: Prepared) -> dict[str, Any]:
    """What is learned from, compared with the parent."""
    known = _learned_from(dataset, split, made.unreadable)
    return lineage.traced(Path(job.arguments["root"]), job.arguments["parent"], known, _objects(made.data))


def _card(job: Job, dataset: Dataset, split: Split, made: Prepared, result: TrainResult, seconds: float) -> Card:
    effective, data = dict(result.effective), made.data
    read = [part for id_, part in split.parts.items() if id_ not in made.unreadable]
    return Card(
        name=job.arguments["name"],
        engine=job.arguments["engine"],
        task=job.arguments["config"]["task"],
        classes=result.classes or data.classes,
        parent=job.arguments["parent"],
        started_from=Path(job.arguments["config"]["model"]).name,
        run=job.folder.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        dataset_digest=dataset.digest,
        split=_own(split, job.arguments.get("mixed", ())).to_dict(),
        images={part: read.count(part) for part in ("train", "val", "test")},
        objects=_objects(data),
        learned_from=_learned_from(dataset, split, made.unreadable),
        preprocessing=job.arguments["preprocessing"],
        channels=_channels(dataset),
        tile=effective.get("tile") or _largest_side(data),
        thresholds={key: effective.pop(key) for key in ("conf", "iou", "max_det") if key in effective},
        parameters=effective,
        metrics={"val": dict(result.metrics)},
        epochs_run=result.epochs_run,
        best_epoch=result.best_epoch,
        seconds=round(seconds, 1),
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        versions={name: _version(name) for name in ("annelid", "ultralytics", "torch", "numpy")},
        notes=job.arguments["notes"],
        outside=job.arguments["outside"],
        leakage=(*job.arguments.get("leakage", ()), *job.arguments.get("near_copies", ())),
        unreadable={i.image.path: made.unreadable[i.id] for i in dataset.items if i.id in made.unreadable},
    )


def _own(split: Split, mixed: Iterable[str]) -> Split:
    """The split of the model's own data: on them alone it is measured."""
    others = set(mixed)
    return dataclasses.replace(split, parts={id_: part for id_, part in split.parts.items() if id_ not in others})


def _channels(dataset: Dataset) -> tuple[str, ...]:
    """The channels that most images have."""
    return Counter(item.image.channels for item in dataset.items).most_common(1)[0][0]


def _objects(data: TrainingData) -> dict[str, int]:
    """Class -> number of objects to learn from."""
    return {name: sum(int((e.objects.labels == name).sum()) for e in data.train) for name in data.classes}


def _learned_from(dataset: Dataset, split: Split, unreadable: Mapping[str, str]) -> dict[str, str]:
    """Id -> fingerprint of the images that the weights depend on."""
    used = {*split.ids("train"), *split.ids("val")} - unreadable.keys()
    return {item.id: item.image.fingerprint for item in dataset.items if item.id in used}


def _largest_side(data: TrainingData) -> int:
    """Longest side of the training pictures: larger images are cut into tiles of that size at prediction."""
    return int(max(max(example.pixels().shape[:2]) for example in data.train))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


@dataclasses.dataclass(frozen=True)
class Run:
    """A run folder at a glance.

    Attributes:
        name: of the folder.
        state: ``running``, ``finished``, ``failed`` or ``interrupted``.
        epoch: epochs done.
        epochs: epochs planned; 0 when unknown.
    """

    name: str
    state: str
    epoch: int
    epochs: int


def runs(root: Path) -> list[Run]:
    """Every run of a project, by name."""
    return [_run(path.parent) for path in sorted((root / "runs").glob("*/job.json"))]


def _run(folder: Path) -> Run:
    result = folder / "result.json"
    if result.exists():
        content = json.loads(result.read_text(encoding="utf-8"))
        stopped = "interrupted" if content.get("error", {}).get("type") == "Interrupted" else "failed"
        state = "finished" if content["ok"] else stopped
    else:
        state = "running" if is_running(folder) else "interrupted"
    epochs = [event.data for event in events(folder) if event.name == "epoch"]
    last = epochs[-1] if epochs else {}
    return Run(folder.name, state, last.get("epoch", 0), last.get("epochs", 0))
