from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.engine import check_engine

from annelid.engines import yolo
from annelid.engines.base import TrainConfig
from annelid.engines.yolo import parameters
from annelid.engines.yolo.inert import MASKS_ONLY
from annelid.engines.yolo.parameters import OWN, PARAMETERS, check
from annelid.errors import UsageError

OURS = {*OWN}
"""Parameters that Ultralytics does not have."""


def chosen(**params: Any) -> dict[str, Any]:
    return check(params, task="segment", from_scratch=True)


def tuned(**params: Any) -> dict[str, Any]:
    return check(params, task="segment", from_scratch=False)


def test_it_is_an_engine() -> None:
    check_engine(yolo)
    assert yolo.health() is None


def test_every_parameter_is_ultralytics_own_by_name_and_default() -> None:
    from ultralytics.utils import DEFAULT_CFG_DICT

    assert {name for name in PARAMETERS if name not in DEFAULT_CFG_DICT} == OURS
    differing = {
        name for name, p in PARAMETERS.items() if name in DEFAULT_CFG_DICT and p.default != DEFAULT_CFG_DICT[name]
    }
    assert differing == {"device", "time", "conf", "max_det"}


def test_every_training_parameter_of_ultralytics_is_taken_or_refused_with_a_reason() -> None:
    from ultralytics.utils import DEFAULT_CFG_DICT

    left = set(DEFAULT_CFG_DICT) - set(PARAMETERS) - set(parameters.REFUSED)
    for name in left:  # of prediction, export and tracking: unknown here
        with pytest.raises(UsageError, match=name):
            chosen(**{name: 1})
    assert not left & {"epochs", "erasing", "dropout", "val", "rect", "pretrained"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("epoch", "epochs"), ("learning_rate", ""), ("weight_decays", "weight_decay"), ("img_size", "imgsz")],
)
def test_an_unknown_parameter_is_refused_with_what_may_be_meant(typed: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"unknown training parameter '{typed}'") as caught:
        chosen(**{typed: 3})
    assert caught.value.next_step == f"did you mean {meant}?" if meant else caught.value.next_step


@pytest.mark.parametrize("name", sorted(parameters.REFUSED))
def test_what_would_do_nothing_or_is_decided_elsewhere_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} can't be set here: .{{20,}}"):
        chosen(**{name: True})


OTHER = {"overlap_mask": False, "mask_ratio": 2, "copy_paste": 0.5, "copy_paste_mode": "mixup"}


@pytest.mark.parametrize("name", MASKS_ONLY)
def test_parameters_of_masks_are_refused_where_boxes_are_learned(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} would have no effect: it acts on masks"):
        check({name: OTHER[name]}, task="detect", from_scratch=True)
    check({name: PARAMETERS[name].default}, task="detect", from_scratch=True)  # nobody expects anything of that


IDLE: list[tuple[dict[str, Any], str, str]] = [
    ({"copy_paste_mode": "mixup"}, "copy_paste_mode", "nothing is copied"),
    ({"close_mosaic": 5, "mosaic": 0}, "close_mosaic", "all of them are 0"),
    ({"epochs": 50, "time": 0.5}, "epochs", "time says"),
    ({"cache": "disk"}, "cache", "on the disk anyway"),
    ({"epochs": 1, "lrf": 0.5}, "lrf", "one learning rate"),
    ({"epochs": 1, "cos_lr": True}, "cos_lr", "one learning rate"),
    ({"epochs": 1, "warmup_epochs": 2}, "warmup_epochs", "one learning rate"),
    ({"cos_lr": True, "lrf": 1}, "cos_lr", "stays as it is"),
    ({"warmup_bias_lr": 0.2, "warmup_epochs": 0}, "warmup_bias_lr", "no warm-up"),
    ({"warmup_momentum": 0.5, "optimizer": "AdamW"}, "warmup_momentum", "Adam"),
    ({"cls_remap": False}, "cls_remap", "from scratch"),
]


@pytest.mark.parametrize(("params", "name", "why"), IDLE, ids=lambda value: str(value)[:40])
def test_a_parameter_that_another_one_leaves_idle_is_refused(params: dict[str, Any], name: str, why: str) -> None:
    with pytest.raises(UsageError, match=f"{name} would have no effect: .*{why}"):
        chosen(**params)


@pytest.mark.parametrize(
    ("params", "data"),
    [
        ({"hsv_h": 0.1}, {"grey": True}),
        ({"hsv_s": 0.2}, {"grey": True}),
        ({"bgr": 0.5}, {"grey": True}),
        ({"single_cls": True}, {"classes": 1}),
        ({"cls_pw": 0.5}, {"classes": 1}),
    ],
    ids=str,
)
def test_a_parameter_that_the_data_leave_idle_is_refused(params: dict[str, Any], data: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="would have no effect"):
        check(params, task="segment", from_scratch=True, **data)
    check(params, task="segment", from_scratch=True, classes=2)
    off = {name: type(value)(0) for name, value in params.items()}
    check(off, task="segment", from_scratch=True, **data)  # off is what it is anyway


@pytest.mark.parametrize(
    "params",
    [
        {"epochs": 0},
        {"epochs": -3},
        {"epochs": "many"},
        {"epochs": 1.5},
        {"epochs": True},
        {"epochs": None},
        {"imgsz": 8},
        {"lr0": -1},
        {"lr0": "nan"},
        {"lr0": float("nan")},
        {"lr0": float("inf")},
        {"lr0": [1]},
        {"mosaic": 1.5},
        {"fliplr": "yes"},
        {"optimizer": "Adagrad"},
        {"cache": "tape"},
        {"copy_paste_mode": "spin"},
        {"deterministic": 3},
        {"amp": "int4"},
        {"batch": 0},
        {"batch": -2},
        {"batch": 1.5},
        {"fraction": 0},
        {"conf": 2},
        {"max_det": 0},
        {"mask_ratio": 0},
        {"seed": -1},
        {"close_mosaic": 2.5},
        {"patience": "-1"},
        {"workers": -1},
        {"single_cls": "maybe"},
        {"device": 1.5},
    ],
    ids=str,
)
def test_a_value_that_is_not_possible_is_refused_by_name(params: dict[str, Any]) -> None:
    (name,) = params
    with pytest.raises(UsageError, match=f"^{name}: expected"):
        chosen(**params)


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("epochs", "50", 50),
        ("epochs", 50.0, 50),
        ("lr0", "0.02", 0.02),
        ("lr0", 1, 1.0),
        ("lr0", "1e-3", 0.001),
        ("degrees", "10", 10.0),
        ("deterministic", "false", False),
        ("cache", "RAM", "ram"),
        ("cache", True, True),
        ("cache", "true", True),
        ("optimizer", "adamw", "AdamW"),
        ("optimizer", "sgd", "SGD"),
        ("device", 0, 0),
        ("device", "cpu", "cpu"),
        ("freeze", "10", 10),
        ("freeze", [0, 1], [0, 1]),
        ("freeze", None, None),
        ("batch", -1, -1),
        ("batch", 0.7, 0.7),
        ("amp", "BF16", "bf16"),
        ("time", "0.5", 0.5),
        ("time", None, None),
        ("imgsz", "512", 512),
        ("warmup_epochs", 2, 2),
        ("multi_scale", "0.5", 0.5),
        ("shear", -5, -5.0),
        ("hsv_h", "0", 0.0),
    ],
)
def test_values_are_read_as_they_are_meant(name: str, typed: Any, value: Any) -> None:
    used = chosen(**{name: typed})[name]
    assert used == value
    assert type(used) is type(value)


def test_a_typed_learning_rate_takes_effect() -> None:
    """Under ``optimizer=auto`` Ultralytics would choose its own."""
    assert chosen()["optimizer"] == "auto"
    for typed in ({"lr0": 0.02}, {"momentum": 0.9}):
        assert chosen(**typed)["optimizer"] == "SGD"
        assert tuned(**typed)["optimizer"] == "AdamW"
    assert chosen(lr0=0.02, optimizer="NAdam")["optimizer"] == "NAdam"
    assert chosen(lr0=0.02, optimizer="auto")["optimizer"] != "auto"


def test_fine_tuning_begins_gently() -> None:
    assert (chosen()["lr0"], tuned()["lr0"], tuned(lr0=0.01)["lr0"]) == (0.01, 0.0005, 0.01)
    assert tuned()["optimizer"] == "AdamW"


def test_weights_are_fine_tuned_and_architectures_trained_from_scratch() -> None:
    assert yolo.check(TrainConfig("yolo11n-seg.yaml", "segment"))["lr0"] == 0.01
    assert yolo.check(TrainConfig("a/b.pt", "segment"))["lr0"] == 0.0005


def test_every_parameter_has_a_value_in_the_end() -> None:
    assert set(chosen()) == set(PARAMETERS)
    assert all(chosen()[name] == p.default for name, p in PARAMETERS.items() if name != "time")


@given(
    st.sampled_from(sorted(PARAMETERS)),
    st.one_of(st.integers(), st.floats(), st.text(max_size=5), st.booleans(), st.none()),
)
def test_whatever_is_typed_is_taken_or_refused_in_a_sentence(name: str, value: Any) -> None:
    try:
        used = chosen(**{name: value})
    except UsageError as refusal:
        message = refusal.message
    else:
        message = name
        assert chosen(**{name: used[name]})[name] == used[name]
    assert name in message


def test_meanings_are_said() -> None:
    assert all(len(p.meaning) > 5 for p in PARAMETERS.values())
