"""Trainings that come to an end which nobody planned: no memory, no numbers, no room on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import small
from tests.contracts.engine import training_data

from annelid.engines import yolo
from annelid.engines.base import TrainConfig, TrainingData, TrainResult
from annelid.errors import EngineError, OutOfMemory
from annelid.objects import Objects

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

PARAMS = {"epochs": 3, "imgsz": 32, "batch": 4, "nbs": 4, "plots": False, "device": "cpu", "recipe": "ultralytics"}
Events = list[tuple[str, Mapping[str, Any]]]
Spoil = Callable[[Callable[[Any, dict[str, Any]], None]], None]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    pictures = [
        (np.repeat(grey[..., None], 3, 2), Objects.from_label_image(labels, "disc"))
        for grey, labels in map(small.discs, range(8))
    ]
    return training_data(tmp_path_factory.mktemp("pictures"), pictures, ("disc",))


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Spoil:
    """Do something to each batch on its way to the network."""
    from annelid.engines.yolo.trainer import ExamplesDetectionTrainer

    real = ExamplesDetectionTrainer.preprocess_batch

    def spoil(what: Callable[[Any, dict[str, Any]], None]) -> None:
        def preprocess(trainer: Any, batch: dict[str, Any]) -> dict[str, Any]:
            batch = real(trainer, batch)
            what(trainer, batch)
            return batch

        monkeypatch.setattr(ExamplesDetectionTrainer, "preprocess_batch", preprocess)

    return spoil


def train(data: TrainingData, out: Path, events: Events | None = None, **config: Any) -> TrainResult:
    seen = events if events is not None else []
    report = lambda event, values: seen.append((event, dict(values)))  # noqa: E731
    result: TrainResult = yolo.train(data, TrainConfig("yolo11n.yaml", "detect", params=PARAMS, **config), out, report)
    return result


def notes(events: Events) -> list[str]:
    return [str(data["text"]) for event, data in events if event == "note"]


def epochs_of(out: Path) -> list[int]:
    return [int(row["epoch"]) for row in small.rows_of(out / "results.csv")]


def test_a_full_memory_is_said_and_less_at_once_goes_on_from_the_last_epoch(
    data: TrainingData, tmp_path: Path, spoil: Spoil
) -> None:
    def fill(trainer: Any, batch: dict[str, Any]) -> None:
        if len(batch["img"]) > 2 and trainer.epoch == 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB")

    spoil(fill)
    events: Events = []
    with pytest.raises(OutOfMemory, match="memory is full"):
        train(data, tmp_path / "run", events)
    assert [values["batch"] for _, values in events if "batch" in values] == [4]
    assert (tmp_path / "run" / "weights" / "state.pt").is_file()

    result = train(data, tmp_path / "run", resume=tmp_path / "run" / "weights" / "last.pt", batch=2)
    assert epochs_of(tmp_path / "run") == [1, 2, 3]
    assert (result.effective["batch"], result.effective["nbs"]) == (2, 4)


def test_ultralytics_does_not_halve_the_batch_by_itself(data: TrainingData, tmp_path: Path, spoil: Spoil) -> None:
    def fill(*_: Any) -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB")

    spoil(fill)
    events: Events = []
    with pytest.raises(OutOfMemory):
        train(data, tmp_path / "run", events)
    assert not [values for _, values in events if "Reducing" in str(values.get("text"))]


def test_losses_that_are_no_numbers_once_are_gone_back_from(data: TrainingData, tmp_path: Path, spoil: Spoil) -> None:
    def break_once(trainer: Any, batch: dict[str, Any]) -> None:
        if trainer.epoch == 1 and not trainer.recovered:
            batch["img"] = batch["img"] * float("nan")

    spoil(break_once)
    events: Events = []
    result = train(data, tmp_path / "run", events)
    (note,) = notes(events)
    assert "box_loss" in note
    assert "in epoch 2" in note
    assert "back to epoch 1" in note
    assert epochs_of(tmp_path / "run") == [1, 2, 3]
    assert all(np.isfinite(value) for value in result.metrics.values())


def test_losses_that_stay_no_numbers_end_the_training_with_the_reason_and_the_best_weights(
    data: TrainingData, tmp_path: Path, spoil: Spoil
) -> None:
    def break_always(trainer: Any, batch: dict[str, Any]) -> None:
        if trainer.epoch >= 1:
            batch["img"] = batch["img"] * float("inf")

    spoil(break_always)
    with pytest.raises(EngineError, match=r"NaN or infinite\) in epoch 2, again") as caught:
        train(data, tmp_path / "run")
    best = tmp_path / "run" / "weights" / "best.pt"
    assert best.is_file()
    assert f"--model {best} lr0=" in caught.value.next_step
    assert epochs_of(tmp_path / "run") == [1]


def test_losses_that_are_no_numbers_from_the_start_end_the_training(
    data: TrainingData, tmp_path: Path, spoil: Spoil
) -> None:
    def break_all(_: Any, batch: dict[str, Any]) -> None:
        batch["img"] = batch["img"] * float("nan")

    spoil(break_all)
    with pytest.raises(EngineError, match=r"in epoch 1; the usual cause: steps that are too long") as caught:
        train(data, tmp_path / "run")
    assert caught.value.next_step.startswith("annelid train lr0=")


@pytest.mark.skipif(os.name == "nt", reason="limits of the size of a file")
def test_a_full_disk_keeps_the_last_epoch_and_the_run_goes_on_later(data: TrainingData, tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(event: str, _: Mapping[str, Any]) -> None:
        if event == "epoch":
            resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, before[1]))

    config = TrainConfig("yolo11n.yaml", "detect", params=PARAMS)
    try:
        with pytest.raises(EngineError, match=r"disk is full: .*run could not be written") as caught:
            yolo.train(data, config, tmp_path / "run", fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "the last epoch that was kept is whole" in caught.value.message
    assert "--resume run" in caught.value.next_step
    weights = tmp_path / "run" / "weights"
    assert sorted(path.name for path in weights.iterdir()) == ["best.pt", "last.pt", "state.pt"]

    train(data, tmp_path / "run", resume=weights / "last.pt")
    assert epochs_of(tmp_path / "run") == [1, 2, 3]


def test_without_a_gpu_the_number_of_images_decides_instead_of_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from annelid.engines.yolo import at_once

    events: Events = []
    report = lambda event, values: events.append((event, values))  # noqa: E731

    def used(**params: Any) -> dict[str, Any]:
        return dict(at_once.without_a_gpu(TrainConfig("yolo11n.yaml", "detect", params=params), report).params)

    assert used(batch=4, device="cpu") == {"batch": 4, "device": "cpu"}
    assert notes(events) == []
    assert used(batch=-1, device="cpu") == used(batch=0.5, device="cpu") == {"device": "cpu"}
    assert "batch=-1 fills the memory of a GPU" in notes(events)[0]
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert used(batch=-1) == {"batch": -1}
    assert used(batch=-1, device="mps") == {"device": "mps"}
