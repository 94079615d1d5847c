"""Files of Ultralytics' arguments are taken as a whole, and what is left out of them is said."""

from __future__ import annotations

from typing import Any

import pytest

from annelid.engines import yolo
from annelid.engines.base import TrainConfig
from annelid.engines.yolo.argument_file import defaults, taken
from annelid.engines.yolo.parameters import PARAMETERS
from annelid.errors import UsageError


def config(task: Any = "segment", model: str = "yolo11n-seg.yaml", **params: Any) -> TrainConfig:
    return TrainConfig(model, task, params=params)


@pytest.mark.parametrize("task", ["segment", "detect"])
@pytest.mark.parametrize("model", ["yolo11n.yaml", "yolo11n.pt"])
def test_ultralytics_own_defaults_are_taken_in_silence(task: Any, model: str) -> None:
    params, left = taken({**defaults(), "save_dir": None}, config(task, model))
    assert left == []
    assert {name: params[name] for name in ("epochs", "batch", "nbs", "mosaic")} == {
        name: defaults()[name] for name in ("epochs", "batch", "nbs", "mosaic")
    }
    yolo.check(TrainConfig(model, task, params=params))


def test_a_whole_run_of_ultralytics_is_taken_and_what_is_decided_here_is_said() -> None:
    run = {
        **defaults(),
        "task": "segment",
        "epochs": 30,
        "batch": 8,
        "degrees": 15.0,
        "project": "/data/runs",
        "save_dir": "/data/runs/train3",
        "val": False,
        "tracker": "botsort.yaml",
        "label_smoothing": 0.1,
        "multi_scale": False,
        "augment": True,
        "erasing": 0.2,
    }
    params, left = taken(run, config())
    assert (params["epochs"], params["batch"], params["degrees"], params["multi_scale"]) == (30, 8, 15.0, 0.0)
    said = {sentence.removeprefix("left out: ").split("=")[0] for sentence in left}
    assert said == {"task", "project", "save_dir", "val", "tracker", "label_smoothing", "augment", "erasing"}
    assert all("(" in sentence for sentence in left)
    assert set(params) <= set(PARAMETERS)


def test_what_nobody_chose_leaves_annelid_its_own() -> None:
    params, _ = taken(dict(defaults()), config())
    assert {"max_det", "conf", "iou", "workers", "device"}.isdisjoint(params)
    params, _ = taken({**defaults(), "max_det": 500, "workers": 2, "device": "cpu", "conf": 0.4}, config())
    assert (params["max_det"], params["workers"], params["device"], params["conf"]) == (500, 2, "cpu", 0.4)


def test_a_learning_rate_that_ultralytics_would_ignore_is_left_out() -> None:
    params, left = taken({**defaults(), "lr0": 0.05}, config())
    assert "lr0" not in params
    assert left == ["left out: lr0=0.05 (under optimizer=auto Ultralytics chooses it itself)"]
    params, left = taken({"lr0": 0.05}, config())  # few lines: somebody wants it
    assert (params, left) == ({"lr0": 0.05}, [])
    params, left = taken({**defaults(), "lr0": 0.05, "optimizer": "SGD"}, config())
    assert (params["lr0"], params["momentum"], left) == (0.05, 0.937, [])


def test_what_is_idle_here_is_left_out_of_a_file_and_refused_when_typed() -> None:
    params, left = taken({"copy_paste": 0.3, "epochs": 5}, config("detect", "yolo11n.yaml"))
    assert params == {"epochs": 5}
    assert left == ["left out: copy_paste=0.3 (it acts on masks, and this training is on boxes)"]
    with pytest.raises(UsageError, match="copy_paste would have no effect"):
        yolo.check(config("detect", "yolo11n.yaml", copy_paste=0.3))


def test_what_is_typed_wins_over_a_file() -> None:
    params, left = taken({"epochs": 5, "imgsz": 320, "copy_paste": 0.1}, config(epochs=7))
    assert (params, left) == ({"epochs": 7, "imgsz": 320, "copy_paste": 0.1}, [])


def test_a_name_that_nobody_knows_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown training parameter 'epoch'") as caught:
        taken({"epoch": 5}, config())
    assert caught.value.next_step == "did you mean epochs?"


def test_a_wrong_value_of_a_file_is_an_error() -> None:
    with pytest.raises(UsageError, match="lr0: expected"):
        taken({"lr0": "fast"}, config())


def test_arguments_of_a_run_of_annelid_come_back() -> None:
    ours = {**defaults(), "task": "segment", "optimizer": "SGD", "lr0": 0.02, "max_det": 3000, "workers": 0}
    params, left = taken(ours, config())
    assert (params["lr0"], params["max_det"], params["workers"]) == (0.02, 3000, 0)
    assert [sentence.split("=")[0] for sentence in left] == ["left out: task"]
