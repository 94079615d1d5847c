"""Every family of architectures is built and trained for an epoch, in this process, on the contract of engines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests import small
from tests.contracts.engine import check_predictor, check_training, training_data

from annelid.dataset import Task
from annelid.engines import yolo
from annelid.engines.base import Engine, Pixels, PredictConfig, TrainConfig, TrainingData
from annelid.objects import Kind, Objects

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

CLASSES = ("disc", "never seen")
ENGINE: Engine = yolo


def data(folder: Path, task: Task) -> TrainingData:
    pictures: list[tuple[Pixels, Objects]] = []
    for n in range(8):
        grey, labels = small.discs(n)
        objects = Objects.from_label_image(labels, "disc")
        objects = objects if task == "segment" else objects.replace(kinds=Kind.BOX)
        pictures.append((np.repeat(grey[..., None], 3, 2), objects if n != 3 else Objects.empty()))
    return training_data(folder, pictures, CLASSES)


@pytest.mark.parametrize("version", ["v8", "11", "26"])
@pytest.mark.parametrize("task", yolo.TASKS)
def test_a_family_trains_and_predicts(tmp_path: Path, version: str, task: Task) -> None:
    model = f"yolo{version}n{'-seg' if task == 'segment' else ''}.yaml"
    params = {"epochs": 1, "imgsz": 64, "batch": 4, "plots": False, "device": "cpu"}
    result = check_training(ENGINE, data(tmp_path, task), TrainConfig(model, task, params=params), tmp_path / "run")
    assert result.classes == CLASSES
    assert result.weights == tmp_path / "run" / "weights" / "best.pt"
    predictor = yolo.load(result.weights, PredictConfig(conf=0.0, max_det=20, device="cpu"), CLASSES)
    check_predictor(predictor, [small.discs(0)[0][..., None].repeat(3, 2)], CLASSES, task)


def test_rare_parameters_do_what_they_say(tmp_path: Path) -> None:
    params = {
        "epochs": 2,
        "imgsz": 32,
        "batch": 2,
        "plots": False,
        "device": "cpu",
        "cache": "ram",
        "save_period": 1,
        "fraction": 0.5,
        "freeze": 3,
        "cos_lr": True,
        "optimizer": "adamw",
        "copy_paste": 0.5,
        "mixup": 0.5,
        "cutmix": 0.5,
        "multi_scale": 0.25,
        "overlap_mask": False,
        "mask_ratio": 2,
        "close_mosaic": 1,
        "amp": False,
        "deterministic": False,
        "nbs": 4,
        "cls_pw": 0.5,
    }
    config = TrainConfig("yolo11n-seg.yaml", "segment", params=params)
    result = check_training(ENGINE, data(tmp_path, "segment"), config, tmp_path / "run")
    assert {name: result.effective[name] for name in params} == {**params, "optimizer": "AdamW"}
    assert (tmp_path / "run" / "weights" / "epoch1.pt").exists()


@pytest.mark.parametrize(("classes", "answers"), [(("disc",), ("disc",)), (CLASSES, ("object",))])
def test_all_classes_taken_as_one_can_be_predicted_with(
    tmp_path: Path, classes: tuple[str, ...], answers: tuple[str, ...]
) -> None:
    params = {"epochs": 1, "imgsz": 32, "batch": 4, "plots": False, "device": "cpu", "single_cls": True}
    some = data(tmp_path, "detect")
    examples = TrainingData(classes, some.train, some.val)
    result = check_training(ENGINE, examples, TrainConfig("yolo11n.yaml", "detect", params=params), tmp_path / "run")
    assert result.classes == answers
    predictor = yolo.load(result.weights, PredictConfig(conf=0.0, max_det=5, device="cpu"), answers)
    check_predictor(predictor, [np.zeros((32, 32, 3), np.uint8)], answers, "detect")
