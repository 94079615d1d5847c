"""Proposals of networks that outline everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from annelid import engines
from annelid.engines import sam
from annelid.engines.base import PredictConfig, TrainConfig
from annelid.engines.sam.everything import Everything, apart
from annelid.errors import EngineError, UsageError
from annelid.predict import find_model
from annelid.project import Project

Bits = NDArray[np.bool_]


def square(x: int, y: int, side: int) -> Bits:
    mask = np.zeros((60, 60), bool)
    mask[y : y + side, x : x + side] = True
    return mask


class Fixed:
    """A network that always answers the same."""

    def __init__(self, masks: list[Bits], scores: list[float]) -> None:
        self.masks, self.scores = masks, scores
        self.asked: list[float] = []

    def everything(self, _picture: NDArray[np.uint8], conf: float) -> tuple[Bits, NDArray[np.float64]]:
        self.asked.append(conf)
        return np.array(self.masks), np.array(self.scores)

    embed: Any = None
    mask: Any = None


def test_the_background_and_what_lies_in_a_surer_object_are_left_out() -> None:
    masks = [square(0, 0, 60), square(5, 5, 20), square(8, 8, 10), square(40, 40, 10), square(0, 0, 0)]
    assert apart(masks, np.array([0.99, 0.9, 0.8, 0.95, 0.7])) == [3, 1]


def test_everything_becomes_objects_of_one_class() -> None:
    network = Fixed([square(5, 5, 20), square(40, 40, 10)], [0.8, 1.2])
    found = Everything(network, PredictConfig(conf=0.4), "cell")([np.zeros((60, 60, 3), np.uint8)])[0]
    assert found.labels.tolist() == ["cell", "cell"]
    assert found.areas.tolist() == [100, 400]
    assert found.scores.tolist() == [1.0, 0.8]
    assert network.asked == [0.4]


def test_nothing_is_found_on_an_empty_picture() -> None:
    network = Fixed([], [])
    network.masks = np.zeros((0, 60, 60), bool)  # type: ignore[assignment]
    assert len(Everything(network, PredictConfig(), "cell")([np.zeros((60, 60, 3), np.uint8)])[0]) == 0


@pytest.mark.parametrize("name", ["sam_b.pt", "mobile_sam.pt", "sam2_t.pt", "sam2.1_l.pt", "FastSAM-s.pt"])
def test_weights_are_known_by_the_names_of_their_publisher(name: str) -> None:
    assert sam.is_weights(name)


@pytest.mark.parametrize("name", ["best.pt", "mobile_sam.pth", "yolo11n-seg.pt", "../sam_b.pt", "my_mobile_sam.pt"])
def test_other_files_are_no_such_weights(name: str) -> None:
    assert not sam.is_weights(name)


def test_they_are_not_trained_here() -> None:
    with pytest.raises(UsageError, match="can't be trained"):
        engines.get("sam").check(TrainConfig("mobile_sam.pt", "segment"))


def test_missing_weights_are_said(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no weights"):
        sam.load(tmp_path / "mobile_sam.pt", PredictConfig(), ("cell",))
    with pytest.raises(UsageError, match="imgsz"):
        sam.load(tmp_path / "mobile_sam.pt", PredictConfig(imgsz=640), ("cell",))


def test_a_project_finds_them_by_name(tmp_path: Path) -> None:
    with Project.init(tmp_path / "p", classes=("cell", "other")) as project:
        with pytest.raises(UsageError, match="no weights file"):
            find_model("sam:mobile_sam.pt", project.library, project.settings)
        folder = project.library.folder / "fetched"
        folder.mkdir(parents=True)
        (folder / "mobile_sam.pt").write_bytes(b"PK\x05\x06" + bytes(18))
        model = find_model("sam:mobile_sam.pt", project.library, project.settings)
    assert (model.engine, model.reference, model.classes) == ("sam", "sam:mobile_sam", ("cell",))
