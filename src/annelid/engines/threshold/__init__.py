"""The classical engine: one global threshold. A baseline, and the first pre-labels before any training."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from annelid import atomic
from annelid.dataset import Task
from annelid.engines.base import (
    Example,
    Parameter,
    Pixels,
    PredictConfig,
    Predictor,
    PredictorSpec,
    Report,
    TrainConfig,
    TrainingData,
    TrainResult,
)
from annelid.engines.threshold.otsu import Polarity, Recipe, grey_of, segment
from annelid.errors import EngineError, UsageError
from annelid.match import Tally, iou_matrix, tally
from annelid.objects import Kind, Objects

NAME = "threshold"
TASKS: tuple[Task, ...] = ("segment", "detect")
EXTRA = ""
DEFAULT_MODEL: Mapping[Task, str] = {"segment": "otsu", "detect": "otsu"}

PARAMETERS: Mapping[str, Parameter] = {
    "sigma": Parameter(
        Recipe().sigma, "blur before the threshold, in pixels: noise goes, and so do small objects", 0, usual="0 to 3"
    ),
    "min_area": Parameter(
        None, "smaller objects are left out, in pixels; by default learned from the annotation", 0, optional=True
    ),
    "split": Parameter(Recipe().split, "part objects that touch at their waists"),
    "polarity": Parameter(
        None, "whether objects are bright or dark; by default seen", choices=("auto", "bright", "dark"), optional=True
    ),
}
MAIN = tuple(PARAMETERS)
GROUPS: Mapping[str, str] = {"sigma": "Threshold"}

TILE = 4096  # large: the more of an image the threshold sees, the better
OVERLAP = 256

_OF_AREA = 0.5  # smallest object that is kept, as a share of the 5th percentile of the areas seen in training


def health() -> str | None:
    """None: everything that it needs comes with Annelid."""
    return None


def check(config: TrainConfig) -> dict[str, Any]:
    """``sigma``, ``min_area``, ``split`` and ``polarity`` as they will be used; None is learned.

    A training that goes on from an earlier model keeps its ``sigma`` and ``split`` and learns the rest anew.

    Raises:
        UsageError: a parameter is unknown or has a wrong value, or something is asked for that has no effect
            here.
    """
    if config.resume is not None:
        raise UsageError("a threshold takes seconds to train and cannot be resumed", next_step="train it anew")
    before = _recipe_to_start_from(config.model)
    chosen: dict[str, Any] = {name: parameter.default for name, parameter in PARAMETERS.items()}
    chosen |= {"sigma": before.sigma, "split": before.split}
    for name, value in config.params.items():
        if name not in chosen:
            raise UsageError(f"unknown parameter {name!r}", next_step=f"known are: {', '.join(chosen)}")
        chosen[name] = _CHECKS[name](name, value)
    return chosen


def from_file(content: Mapping[str, Any], config: TrainConfig) -> tuple[dict[str, Any], list[str]]:
    """All that a file says, and what was typed; nothing is left out."""
    return {**content, **config.params}, []


def foresee(
    config: TrainConfig, sizes_wh: Sequence[tuple[int, int]], objects: Objects
) -> tuple[Mapping[str, Any], str]:
    """Nothing: what is learned is said by the training itself."""
    del config, sizes_wh, objects
    return {}, ""


def _recipe_to_start_from(model: str) -> Recipe:
    if model == "otsu":
        return Recipe()
    try:
        return Weights.from_json(Path(model).read_text(encoding="utf-8")).recipe
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"the threshold engine has no model {model!r}", next_step="use --model otsu") from error


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number < np.inf:
        raise UsageError(f"{name} must be a number from 0 up, not {value!r}")
    return number


def _whole(name: str, value: Any) -> int:
    return round(_number(name, value))


def _yes_or_no(name: str, value: Any) -> bool:
    answer = {"true": True, "false": False}.get(str(value).lower())
    if answer is None:
        raise UsageError(f"{name} must be true or false, not {value!r}")
    return answer


def _polarity(name: str, value: Any) -> str:
    if value not in ("auto", "bright", "dark"):
        raise UsageError(f"{name} must be auto, bright or dark, not {value!r}")
    return str(value)


_CHECKS = {"sigma": _number, "min_area": _whole, "split": _yes_or_no, "polarity": _polarity}


@dataclass(frozen=True)
class Weights:
    """What a training leaves behind, as JSON.

    Attributes:
        label: class of every object that is found.
        task: whether outlines or boxes are given.
        recipe: how to segment.
    """

    label: str
    task: Task
    recipe: Recipe

    def to_json(self) -> str:
        """As text."""
        return json.dumps({"engine": NAME, "label": self.label, "task": self.task, **asdict(self.recipe)}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Weights:
        """From text; ValueError, KeyError or TypeError when it is not such."""
        values = json.loads(text)
        if values["engine"] != NAME or values["task"] not in TASKS:
            raise ValueError("not a model of the threshold engine")
        params = TrainConfig("otsu", values["task"], params={f.name: values[f.name] for f in fields(Recipe)})
        return cls(str(values["label"]), values["task"], Recipe(**check(params)))


def train(data: TrainingData, config: TrainConfig, out: Path, report: Report) -> TrainResult:
    """Learn the class, the polarity and the least area from the objects; writes ``weights/best.json``.

    Only the most frequent class can be found: the engine has no notion of several.

    Raises:
        EngineError: there is not one object to learn from.
        UsageError: see `check`.
    """
    chosen, started = check(config), time.monotonic()
    labels = Counter(label for example in data.train for label in _countable(example.objects).labels.tolist())
    if not labels:
        raise EngineError("there are no objects to learn from", next_step="annotate at least one object")
    label = labels.most_common(1)[0][0]
    if chosen["min_area"] is None:
        chosen["min_area"] = _least_area(data.train, label)
    if chosen["polarity"] is None:
        chosen["polarity"] = _seen_polarity(data.train, label)
    weights = Weights(label, config.task, Recipe(**chosen))
    said = ", ".join(f"{name} {value}" for name, value in chosen.items())
    report("header", {"text": f"{NAME}: {label}; {said}", "engine": NAME, "label": label, **chosen})
    metrics = _validate(weights, data.val)
    pace = {"memory_gb": 0.0, "images_per_s": len(data.train) / max(time.monotonic() - started, 1e-6)}
    report("epoch", {"epoch": 1, "epochs": 1, "losses": {}, "metrics": metrics, **pace, "seconds_left": 0.0})
    path = out / "weights" / "best.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(path, weights.to_json())
    return TrainResult(path, 1, 1, metrics, chosen)


def _countable(objects: Objects) -> Objects:
    return objects[objects.has_area & ~objects.ignore]


def _least_area(examples: Iterable[Example], label: str) -> int:
    areas = [_of_class(example, label).areas for example in examples]
    return max(1, round(_OF_AREA * float(np.percentile(np.concatenate(areas), 5))))


def _of_class(example: Example, label: str) -> Objects:
    objects = _countable(example.objects)
    return objects[objects.labels == label]


def _seen_polarity(examples: Iterable[Example], label: str) -> Polarity:
    """Whether objects are brighter than what surrounds them, by the number of pictures in which they are."""
    votes = 0
    for example in examples:
        objects, grey = _of_class(example, label), grey_of(example.pixels())
        inside = objects.label_image((grey.shape[1], grey.shape[0])) > 0
        if inside.any() and not inside.all():
            votes += 1 if grey[inside].mean() > grey[~inside].mean() else -1
    return "bright" if votes > 0 else "dark" if votes < 0 else "auto"


def _validate(weights: Weights, examples: Iterable[Example]) -> dict[str, float]:
    """Precision, recall and F1 at IoU .5 over the validation pictures."""
    find = ThresholdPredictor(weights, PredictConfig(conf=0.0))
    counts = Tally()
    for example in examples:
        pixels = example.pixels()
        truth = _of_class(example, weights.label)
        by_mask = weights.task == "segment" and bool((truth.kinds != Kind.BOX).any())
        size_wh = (pixels.shape[1], pixels.shape[0])
        counts += tally(iou_matrix(truth, find([pixels])[0], size_wh, "mask" if by_mask else "box"), 0.5)
    return {"precision": counts.precision, "recall": counts.recall, "F1": counts.f1}


class ThresholdPredictor:
    """Segments each tile by its own threshold (see `annelid.engines.base.Predictor`)."""

    def __init__(self, weights: Weights, config: PredictConfig) -> None:
        self.weights, self.config = weights, config
        self.spec = PredictorSpec(TILE, OVERLAP)

    def __call__(self, tiles: Sequence[Pixels]) -> list[Objects]:
        """Find the objects on uint8 RGB tiles ``[y, x, c]``."""
        return [self._find(tile) for tile in tiles]

    def _find(self, tile: Pixels) -> Objects:
        labels, scores = segment(grey_of(tile), self.weights.recipe)
        found = Objects.from_label_image(labels, self.weights.label, scores=scores)
        found = found[scores >= self.config.conf]
        if len(found) > self.config.max_det:
            found = found[np.sort(np.argsort(-found.scores, kind="stable")[: self.config.max_det])]
        if self.weights.task == "detect":
            return Objects.from_boxes(found.boxes_xyxy, found.labels.tolist(), scores=found.scores)
        return found.replace(extra=[{}] * len(found))


def load(weights: Path, config: PredictConfig, classes: Sequence[str]) -> Predictor:
    """Load a trained threshold, or the untrained one.

    Args:
        weights: ``best.json`` of a training; an empty path is the untrained engine, which finds what is
            bright or dark and calls it by the first of the classes.
        config: how to predict; ``iou`` means nothing here.
        classes: class names.

    Raises:
        EngineError: the file is not such a model.
        UsageError: an input size or another device than the CPU is asked for, which would have no effect.
    """
    if config.imgsz is not None or config.device not in ("", "cpu"):
        name = "imgsz" if config.imgsz is not None else "device"
        raise UsageError(f"{name} has no effect: a threshold works on the CPU, at the image's own size")
    untrained = Weights(classes[0] if classes else "object", "segment", Recipe())
    if weights == Path():
        return ThresholdPredictor(untrained, config)
    try:
        return ThresholdPredictor(Weights.from_json(weights.read_text(encoding="utf-8")), config)
    except (OSError, ValueError, KeyError, TypeError, UsageError) as error:
        raise EngineError(
            f"{weights} is not a model of the threshold engine: {error}",
            next_step="train one with annelid train --engine threshold",
        ) from error
