"""What every engine must hold: call these checks from the tests of each."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annelid import engines
from annelid.dataset import Task
from annelid.engines.base import Engine, Example, Pixels, Predictor, TrainConfig, TrainingData, TrainResult
from annelid.errors import UsageError
from annelid.objects import Kind, Objects


def check_engine(engine: Engine) -> None:
    """The promises of `Engine` that cost no training."""
    assert engines.get(engine.NAME) is engine
    assert set(engine.TASKS) <= {"detect", "segment"}
    assert engine.TASKS
    assert set(engine.DEFAULT_MODEL) == set(engine.TASKS)
    assert isinstance(engine.EXTRA, str)
    for name, parameters in _SIGNATURES.items():
        assert list(inspect.signature(getattr(engine, name)).parameters) == parameters
    for task in engine.TASKS:
        chosen = engine.check(TrainConfig(engine.DEFAULT_MODEL[task], task))
        assert chosen == engine.check(TrainConfig(engine.DEFAULT_MODEL[task], task))
        with pytest.raises(UsageError, match="no_such_parameter"):
            engine.check(TrainConfig(engine.DEFAULT_MODEL[task], task, params={"no_such_parameter": 1}))


_SIGNATURES = {
    "health": [],
    "check": ["config"],
    "from_file": ["content", "config"],
    "train": ["data", "config", "out", "report"],
    "load": ["weights", "config", "classes"],
}


def check_predictor(predictor: Predictor, tiles: Sequence[Pixels], classes: Sequence[str], task: Task) -> None:
    """The promises of `Predictor`.

    Args:
        predictor: a loaded model.
        tiles: uint8 RGB pictures with objects, of several sizes, none larger than the predictor takes.
        classes: the classes that it knows.
        task: what it was trained for.
    """
    assert 0 <= predictor.spec.overlap < predictor.spec.tile
    before = [tile.copy() for tile in tiles]
    together = predictor(tiles)
    assert len(together) == len(tiles)
    for tile, original, objects in zip(tiles, before, together, strict=True):
        np.testing.assert_array_equal(tile, original)
        _check_objects(objects, (tile.shape[1], tile.shape[0]), classes, task)
        _check_same(predictor([tile])[0], objects)
    assert predictor([]) == []
    _check_objects(predictor([np.zeros((40, 60, 3), np.uint8)])[0], (60, 40), classes, task)


def _check_objects(objects: Objects, size_wh: tuple[int, int], classes: Sequence[str], task: Task) -> None:
    assert set(objects.labels) <= set(classes)
    assert len(set(objects.ids)) == len(objects)
    assert ((objects.scores >= 0) & (objects.scores <= 1)).all()
    assert not objects.ignore.any()
    boxes = objects.boxes_xyxy
    assert (boxes >= 0).all()
    assert (boxes <= [*size_wh, *size_wh]).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert (objects.areas > 0).all()
    assert ((objects.kinds == Kind.BOX) == (task == "detect")).all()


def _check_same(again: Objects, first: Objects) -> None:
    """The same objects but for their ids, and for the noise of another batch size."""
    assert again.labels.tolist() == first.labels.tolist()
    np.testing.assert_allclose(again.boxes_xyxy, first.boxes_xyxy, atol=0.5)
    np.testing.assert_allclose(again.scores, first.scores, atol=1e-3)


def training_data(folder: Path, pictures: Sequence[tuple[Pixels, Objects]], classes: tuple[str, ...]) -> TrainingData:
    """Write pictures as arrays; the first half is to learn from, the second to validate."""
    examples = []
    for n, (pixels, objects) in enumerate(pictures):
        path = folder / f"{n}.npy"
        np.save(path, pixels)
        examples.append(Example(path, objects))
    half = max(1, len(examples) // 2)
    return TrainingData(classes, examples[:half], examples[half:])


def check_training(engine: Engine, data: TrainingData, config: TrainConfig, out: Path) -> TrainResult:
    """Train, and hold the result against what `Engine.train` promises."""
    events: list[tuple[str, dict[str, Any]]] = []
    result = engine.train(data, config, out, lambda event, values: events.append((event, dict(values))))
    assert result.weights.is_file()
    assert out in result.weights.parents
    assert 1 <= result.best_epoch <= result.epochs_run
    assert sum(event == "epoch" for event, _ in events) == result.epochs_run
    assert {event for event, _ in events} <= {"header", "log", "epoch", "batch", "progress", "note"}
    assert set(result.effective) >= set(config.params)
    assert all(np.isfinite(value) for value in result.metrics.values())
    return result
