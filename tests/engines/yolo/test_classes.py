"""What is kept of classes when a model is trained further with others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.models.yolo.segment import SegmentationTrainer

from annelid.engines.yolo.classes import KeepingClasses, _class_layers, carried

pytestmark = pytest.mark.filterwarnings("ignore")

FAMILIES = ("yolov8n.yaml", "yolo11n-seg.yaml", "yolo26n-seg.yaml")


class Detecting(KeepingClasses, DetectionTrainer):  # type: ignore[misc]
    """As much of a trainer as makes models."""

    def __init__(self, classes: tuple[str, ...], *, cls_remap: bool = True, resume: bool = False) -> None:
        self.data = {"names": dict(enumerate(classes)), "nc": len(classes), "channels": 3}
        self.args, self.resume = SimpleNamespace(cls_remap=cls_remap), resume
        self.said: list[dict[str, Any]] = []
        self.report = lambda _, data: self.said.append(dict(data))


class Segmenting(Detecting, SegmentationTrainer):  # type: ignore[misc]
    """The same with masks."""


def trainer(architecture: str, classes: tuple[str, ...], **options: bool) -> Any:
    return (Segmenting if "-seg" in architecture else Detecting)(classes, **options)


def model(architecture: str, classes: tuple[str, ...]) -> Any:
    """A model whose rows of classes are all different, as if it had been trained."""
    torch.manual_seed(1)
    made = trainer(architecture, classes).get_model(architecture, None, False)
    made.names = dict(enumerate(classes))
    for layer in _class_layers(made.model[-1]):
        torch.nn.init.normal_(layer.weight)
        torch.nn.init.normal_(layer.bias)
    return made


def is_row(layer: Any, row: int, other: Any, of: int) -> bool:
    return bool(torch.equal(layer.weight[row], other.weight[of]) and torch.equal(layer.bias[row], other.bias[of]))


@pytest.mark.parametrize("architecture", FAMILIES)
def test_known_classes_keep_their_weights_wherever_they_stand_and_new_ones_begin_anew(architecture: str) -> None:
    before, now = ("cell", "debris", "dust"), ("mitosis", "Debris", "cell", "spindle")
    old = model(architecture, before)
    learner = trainer(architecture, now)
    new = learner.get_model(architecture, old, False)
    for layer, of in zip(_class_layers(new.model[-1]), _class_layers(old.model[-1]), strict=True):
        assert is_row(layer, 2, of, 0)
        assert is_row(layer, 1, of, 1)
        assert not any(is_row(layer, row, of, k) for row in (0, 3) for k in range(3))
    assert torch.equal(new.model[0].conv.weight, old.model[0].conv.weight)
    (said,) = learner.said
    assert said["text"] == "classes kept: Debris, cell; new: mitosis, spindle; dropped: dust"
    assert said["classes"] == {
        "kept": ("Debris", "cell"),
        "new": ("mitosis", "spindle"),
        "dropped": ("dust",),
        "renamed": "",
    }


@pytest.mark.parametrize("architecture", FAMILIES[1:])
def test_other_classes_of_the_same_number_do_not_take_the_place_of_the_old_ones(architecture: str) -> None:
    old, learner = model(architecture, ("cell", "debris")), trainer(architecture, ("nucleus", "mitosis"))
    new = learner.get_model(architecture, old, False)
    for layer, of in zip(_class_layers(new.model[-1]), _class_layers(old.model[-1]), strict=True):
        assert not any(is_row(layer, row, of, k) for row in range(2) for k in range(2))
    assert learner.said[0]["text"] == "classes new: nucleus, mitosis; dropped: cell, debris"


def test_a_class_that_goes_takes_nothing_from_the_others() -> None:
    old, learner = model("yolo11n.yaml", ("a", "b", "c")), trainer("yolo11n.yaml", ("c", "a"))
    new = learner.get_model("yolo11n.yaml", old, False)
    for layer, of in zip(_class_layers(new.model[-1]), _class_layers(old.model[-1]), strict=True):
        assert is_row(layer, 0, of, 2)
        assert is_row(layer, 1, of, 0)


def test_an_only_class_is_kept_under_another_name() -> None:
    old, learner = model("yolo11n.yaml", ("nucleus",)), trainer("yolo11n.yaml", ("nuclei",))
    new = learner.get_model("yolo11n.yaml", old, False)
    for layer, of in zip(_class_layers(new.model[-1]), _class_layers(old.model[-1]), strict=True):
        assert is_row(layer, 0, of, 0)
    assert learner.said[0]["text"] == "classes kept: nuclei (called nucleus before)"


def test_a_resumed_training_has_nothing_to_say_about_classes() -> None:
    learner = trainer("yolo11n.yaml", ("a", "b"), resume=True)
    learner.get_model("yolo11n.yaml", model("yolo11n.yaml", ("a", "b")), False)
    learner.get_model("yolo11n.yaml", None, False)
    assert learner.said == []


def test_who_switches_it_off_is_told_that_places_count() -> None:
    learner = trainer("yolo11n.yaml", ("b", "a"), cls_remap=False)
    learner.get_model("yolo11n.yaml", model("yolo11n.yaml", ("a", "b")), False)
    assert "by place" in learner.said[0]["text"]


def test_many_classes_are_not_all_named() -> None:
    coco = tuple(f"thing {n}" for n in range(80))
    assert str(carried(coco, ("cell", "debris"))).endswith("thing 9 and 70 more")
