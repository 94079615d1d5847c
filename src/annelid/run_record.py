"""What a run leaves behind for its diagnosis: ``outcomes.json``, and everything gathered in one `Record`."""

from __future__ import annotations

import hashlib
import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from annelid import atomic, engines, jobs, run_mistakes
from annelid.dataset import Dataset, LabeledImage
from annelid.diagnose.outcomes import Outcomes, outcomes
from annelid.diagnose.record import Facts, Record
from annelid.engines.base import TrainConfig
from annelid.errors import AnnelidError, UsageError
from annelid.evaluate import evaluate
from annelid.measured import Measured
from annelid.models import Card
from annelid.report import read_curves
from annelid.split import PARTS, Split

FILE = "outcomes.json"
FIGURES = "figures.json"
VERSION = 1
TRAIN_SAMPLE = 32
"""Training images that are predicted to see how well they are known: enough for F1 to a few hundredths."""
SAMPLE_PIXELS = 32 * 2**20
"""So many pixels take seconds to predict, even without a GPU."""
TWIN_OBJECTS = 3
"""So many boxes that agree to the pixel are no chance."""


def sample_of_train(dataset: Dataset, split: Split) -> list[str]:
    """Ids of some training images, always the same, drawn regardless of their names.

    At most `TRAIN_SAMPLE`, and together not larger than the validation part, or `SAMPLE_PIXELS` where that is more.
    """
    pixels = {item.id: item.size_wh[0] * item.size_wh[1] for item in dataset.items}
    most = max(sum(pixels.get(id_, 0) for id_ in split.ids("val")), SAMPLE_PIXELS)
    ids = [id_ for id_ in split.ids("train") if id_ in pixels]
    ids.sort(key=lambda id_: hashlib.sha256(id_.encode()).digest())
    sizes = accumulate(pixels[id_] for id_ in ids[:TRAIN_SAMPLE])
    return [id_ for n, (id_, size) in enumerate(zip(ids, sizes, strict=False)) if n == 0 or size <= most]


def is_as_trained(card: Card, split: Split) -> bool:
    """Whether the images are divided as they were when a model was trained: a run is diagnosed as it was."""
    return dict(card.split["parts"]) == dict(split.parts)


def note_outcomes(run: Path, measured: Measured, truth: Dataset, predicted: Dataset, split: Split) -> None:
    """Write what the model did on each part into the run folder; parts that are not there now stay.

    Args:
        run: the run folder.
        measured: the figures of one part, which need not be made again.
        truth: the images that were predicted, of all parts.
        predicted: what was found on them.
        split: which image is in which part.
    """
    typed = _job(run).get("config", {}).get("params", {}).get("conf")
    parts: dict[str, Outcomes] = {}
    for part in ("val", "test", "train"):  # the confidence comes of the first
        inside = truth.subset(split.ids(part))
        if len(inside):
            found = predicted.subset(item.id for item in inside.items)
            conf = typed if typed is not None else _conf(parts.get("val"), measured)
            same = part == measured.part
            figures = measured.evaluation if same else evaluate(inside, {i.id: i.objects for i in found.items})
            parts[part] = outcomes(part, figures, inside, found, conf=conf, images_of=len(split.ids(part)))
    content = {name: part.to_dict() for name, part in {**read_outcomes(run), **parts}.items()}
    atomic.write_text(run / FILE, json.dumps({"version": VERSION, "parts": content}))
    shown = [id_ for part in ("val", "test") for id_ in split.ids(part)]
    run_mistakes.keep(run, predicted.subset(shown), content["val"]["conf"] if "val" in content else None)
    atomic.write_text(run / FIGURES, json.dumps({**read_figures(run), measured.part: measured.to_dict()}, default=str))


def read_figures(run: Path) -> dict[str, Any]:
    """Part -> its figures with their intervals, as `Measured.to_dict` gave them; {} where nothing was measured."""
    path = run / FIGURES
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _conf(val: Outcomes | None, measured: Measured) -> float | None:
    """The confidence that the model will predict with: of best F1 on the validation part."""
    part = measured.evaluation.mask or measured.evaluation.box
    return val.conf if val else part.conf


def read_outcomes(run: Path) -> dict[str, Outcomes]:
    """Part -> what the model did there; empty where nothing was noted, or by a later version."""
    try:
        content = json.loads((run / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if content.get("version") != VERSION:
        return {}
    return {name: Outcomes.from_dict(part) for name, part in content["parts"].items()}


def read_record(run: Path, card: Card | None) -> Record:
    """Gather a run.

    Args:
        run: its folder.
        card: the model that came of it, if any.

    Raises:
        UsageError: the folder is no run.
    """
    job = _job(run)
    if not job:
        raise UsageError(f"{run} is not a run", next_step="runs are the folders in runs/; annelid jobs lists them")
    config = job["config"]
    return Record(
        run=run.name,
        model=card.reference if card else "",
        engine=job["engine"],
        started_from=job["parent"] or config["model"],
        typed=dict(config["params"]),
        params={**_defaults(job["engine"], config), **(card.parameters if card else {})},
        curves=curves_of(run),
        parts=read_outcomes(run),
        facts=replace(facts(*_data(run)), leakage=list(job.get("leakage", ()))),
        outside=bool(job["outside"]),
        error=_error(run),
    )


def _job(run: Path) -> dict[str, Any]:
    try:
        return dict(jobs.Job.read(run).arguments)
    except AnnelidError:
        return {}


def _defaults(engine: str, config: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return engines.get(engine).check(TrainConfig(config["model"], config["task"], params=config["params"]))
    except AnnelidError:  # the weights that it started from are gone, or a parameter is of another version
        return dict(config["params"])


def curves_of(run: Path) -> dict[str, list[float]]:
    """Columns of ``results.csv``; where a run ended too early to have one, what its events say."""
    path = run / "results.csv"
    if path.exists():
        return {name: column for name, column in read_curves(path).items() if name != "time"}
    columns: dict[str, list[float]] = defaultdict(list)
    for event in jobs.events(run):
        if event.name == "epoch":
            columns["epoch"].append(event.data["epoch"])
            for prefix, key in (("train/", "losses"), ("val/", "val_losses"), ("metrics/", "metrics")):
                for name, value in (event.data.get(key) or {}).items():
                    columns[prefix + name].append(float(value))
    return dict(columns)


def _data(run: Path) -> tuple[Dataset, Split]:
    split = Split.from_dict(json.loads((run / "split.json").read_text(encoding="utf-8")))
    return Dataset.load(run / "dataset.npz"), split


def _error(run: Path) -> str:
    try:
        content = json.loads((run / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return "" if content["ok"] else str(content["error"]["message"])


def facts(dataset: Dataset, split: Split) -> Facts:
    """What is to know of the data of a run."""
    items = {part: dataset.subset(split.ids(part)).items for part in PARTS}
    learned = Dataset(dataset.classes, items["train"])
    held_out = [*items["val"], *items["test"]]
    copies = _also_in(items["train"], held_out, lambda item: item.image.fingerprint)
    twins = _also_in(items["train"], held_out, _layout)
    return Facts(
        images={part: len(found) for part, found in items.items() if found},
        objects={name: learned.count(name) for name in dataset.classes},
        side_px=float(statistics.median(max(item.size_wh) for item in dataset.items)) if len(dataset) else 0.0,
        copies=copies,
        twins=[name for name in twins if name not in copies],
        groups=split.group_source,
    )


def _also_in(train: Iterable[LabeledImage], others: Iterable[LabeledImage], key: Any) -> list[str]:
    """Names of the other images that share a key with a training image; an empty key is shared by nobody."""
    known = {key(item) for item in train} - {""}
    return [item.image.name for item in others if key(item) in known]


def _layout(item: LabeledImage) -> str:
    """Where the objects lie, to the pixel; "" where there are too few to tell."""
    boxes = item.objects.boxes_xyxy.round()
    return json.dumps(sorted(boxes.tolist())) if len(boxes) >= TWIN_OBJECTS else ""
