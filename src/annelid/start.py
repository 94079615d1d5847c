"""Where a training starts from: an architecture, a weights file, or a model of the library."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from annelid import engines
from annelid.dataset import Dataset, Task
from annelid.errors import InputError, UsageError
from annelid.models import Card, Library
from annelid.preprocess import Preprocessing

_OTHER_TASK = re.compile(r"-(pose|cls|obb|semseg|sem|depth)$")
_OFFICIAL = re.compile(r"yolo(v8|11|26)[nslmx](?P<seg>-seg)?\.(yaml|pt)")


@dataclass(frozen=True)
class Start:
    """Where a training starts from.

    Attributes:
        model: what the engine is given: an architecture or the path of weights.
        task: detect or segment.
        engine: name of the engine.
        preprocessing: the parent's, or the project's.
        name: the parent's name, or "".
        parent: reference of the parent in the library, or "".
    """

    model: str
    task: Task
    engine: str
    preprocessing: Preprocessing
    name: str = ""
    parent: str = ""


def start_from(
    model: str | None, engine: str, dataset: Dataset, preprocessing: Preprocessing, library: Library
) -> Start:
    """Find out what ``--model`` means.

    Args:
        model: ``yolo11n-seg.yaml``, ``X.pt``, ``NAME@v2``, ``NAME``, the name of a run, or None for the default.
        engine: the engine, where the model doesn't say.
        dataset: what is to be learned; it decides between detection and segmentation where the model doesn't.
        preprocessing: the project's.
        library: the project's models.

    Raises:
        UsageError: there is no such model, or it needs outlines and the annotation has only boxes.
    """
    if model == "":
        raise UsageError("the model's name is empty", next_step="leave --model out, or name a model")
    if model is None or model == engine:
        task = dataset.task
        return Start(engines.get(engine).DEFAULT_MODEL[task], task, engine, preprocessing)
    if model.endswith((".yaml", ".yml", ".pt")):
        weights = model if model.endswith((".yaml", ".yml")) else str(weights_file(model, library))
        return Start(weights, _task(Path(model).name, dataset), engine, preprocessing)
    card = library.get(model)
    start = Start(
        str(library.weights(card)),
        _card_task(card),
        card.engine,
        Preprocessing.from_dict(card.preprocessing),
        card.name,
        card.reference,
    )
    _require_outlines(start.task, dataset, model)
    return start


def weights_file(model: str, library: Library) -> Path:
    """The file that a ``.pt`` name means: a path, or one that `annelid models fetch` brought.

    Raises:
        UsageError: it is nowhere.
        InputError: what lies there is no PyTorch file.
    """
    candidates = [Path(model), library.folder.parent / model, library.folder / "fetched" / Path(model).name]
    found = next((path.resolve() for path in candidates if path.is_file()), None)
    if found is None:
        raise UsageError(
            f"no weights file {model}",
            next_step=f"annelid models fetch {Path(model).name}, or train from scratch: "
            f"--model {Path(model).with_suffix('.yaml').name}",
        )
    if not zipfile.is_zipfile(found):
        step = "give weights that YOLO or Annelid saved"
        raise InputError(found, expected="PyTorch weights (.pt)", found="something else", next_step=step)
    return found


def _task(name: str, dataset: Dataset) -> Task:
    other = _OTHER_TASK.search(Path(name).stem)
    if other:
        step = "name a model without that ending, or with -seg"
        raise UsageError(f"{name} is for another task ({other[1]}), not detection or segmentation", next_step=step)
    official = _OFFICIAL.fullmatch(name)
    if not official:
        task: Task = "segment" if "-seg" in name else dataset.task
    else:
        task = "segment" if official["seg"] else "detect"
    _require_outlines(task, dataset, name)
    return task


def _card_task(card: Card) -> Task:
    return "segment" if card.task == "segment" else "detect"


def _require_outlines(task: Task, dataset: Dataset, model: str) -> None:
    if task == "segment" and dataset.task == "detect":
        raise UsageError(
            f"{model} learns outlines, but the annotation has only boxes",
            next_step="leave --model out, or name a detection model such as yolo11n.yaml",
        )
