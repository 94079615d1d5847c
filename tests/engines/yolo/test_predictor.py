from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.engine import check_predictor
from tests.engines.yolo import tiny

from annelid.engines import yolo
from annelid.engines.base import Pixels, PredictConfig, PredictorSpec
from annelid.engines.yolo import predictor as module
from annelid.errors import EngineError
from annelid.match import iou_matrix
from annelid.objects import Kind

pytestmark = pytest.mark.filterwarnings("ignore")

MODELS = [f"yolo{version}n{task}.yaml" for version in ("v8", "11", "26") for task in ("", "-seg")]


def picture(h: int, w: int, seed: int = 0) -> Pixels:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (h, w, 3), dtype=np.uint8)


def predictor(folder: Path, architecture: str = "yolo11n-seg.yaml", **config: Any) -> Any:
    path = tiny.weights(folder / "best.pt", architecture)
    return yolo.load(path, PredictConfig(**{"conf": 0.3, "max_det": 30, "device": "cpu", **config}), tiny.CLASSES)


@pytest.mark.parametrize("architecture", MODELS)
def test_it_is_a_predictor(tmp_path: Path, architecture: str) -> None:
    task = "segment" if "-seg" in architecture else "detect"
    found = predictor(tmp_path, architecture)
    tiles = [picture(64, 64), picture(48, 64), picture(64, 33)]
    check_predictor(found, tiles, tiny.CLASSES, task)  # type: ignore[arg-type]
    assert len(found(tiles)[0]) > 0


@pytest.mark.parametrize(("h", "w"), [(200, 300), (64, 500), (7, 5), (1, 1), (3, 400)])
def test_a_tile_of_any_size_keeps_its_own_coordinates(tmp_path: Path, h: int, w: int) -> None:
    check_predictor(predictor(tmp_path, tile=512), [picture(h, w)], tiny.CLASSES, "segment")


def test_it_wants_tiles_as_large_as_the_pictures_that_it_was_trained_on(tmp_path: Path) -> None:
    assert predictor(tmp_path).spec == PredictorSpec(tiny.IMGSZ, 32)
    assert predictor(tmp_path, tile=640).spec == PredictorSpec(640, 160)
    assert predictor(tmp_path, tile=500).spec.tile == 500
    assert predictor(tmp_path, imgsz=100).imgsz == 128
    for tile in (32, 64, 100, 640):
        spec = predictor(tmp_path, tile=tile).spec
        assert 0 <= spec.overlap < spec.tile


def test_nothing_found_is_no_objects(tmp_path: Path) -> None:
    for architecture in ("yolo11n-seg.yaml", "yolo11n.yaml"):
        (found,) = predictor(tmp_path, architecture, conf=1.0)([picture(64, 64)])
        assert len(found) == 0


def test_more_confidence_gives_a_part_of_the_objects(tmp_path: Path) -> None:
    tile = picture(64, 64)
    (low,) = predictor(tmp_path, "yolo11n.yaml", conf=0.01, max_det=3000)([tile])
    middle = float(np.median(low.scores))
    (high,) = predictor(tmp_path, "yolo11n.yaml", conf=middle, max_det=3000)([tile])
    assert 0 < len(high) < len(low)
    assert (high.scores > middle - 1e-6).all()


def test_max_det_is_no_hidden_cap(tmp_path: Path) -> None:
    tile = picture(320, 320)
    common = {"conf": 0.01, "iou": 1.0, "imgsz": 320, "tile": 320}
    (many,), (few,) = (predictor(tmp_path, "yolo11n.yaml", max_det=n, **common)([tile]) for n in (3000, 7))
    assert len(many) > 300
    assert len(few) == 7
    assert few.scores.min() >= np.sort(many.scores)[-7] - 1e-6


def test_overlapping_objects_of_a_class_are_one(tmp_path: Path) -> None:
    (found,) = predictor(tmp_path, "yolo11n.yaml", iou=0.3, conf=0.01, imgsz=128, max_det=300)([picture(128, 128)])
    x1, y1, x2, y2 = found.boxes_xyxy.T
    whole = (x1 > 0) & (y1 > 0) & (x2 < 128) & (y2 < 128)  # at the border boxes are cut after the choice
    assert whole.sum() > 3
    for name in tiny.CLASSES:
        own = found[whole & (found.labels == name)]
        overlap = iou_matrix(own, own, (128, 128), "box") - np.eye(len(own))
        assert (overlap < 0.31).all()


def test_weights_of_other_classes_than_the_card_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="card says"):
        yolo.load(tiny.weights(tmp_path / "a.pt"), PredictConfig(device="cpu"), ("mitosis",))


def test_a_device_that_is_not_there_is_an_error_that_says_what_works(tmp_path: Path) -> None:
    path = tiny.weights(tmp_path / "a.pt")
    with pytest.raises(EngineError, match=r"device 'warp' can't be used") as caught:
        yolo.load(path, PredictConfig(device="warp"), ())
    assert "cpu" in caught.value.next_step


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from([32, 64, 96, 160]))
def test_a_letterbox_keeps_the_shape_and_pads_to_strides(h: int, w: int, imgsz: int) -> None:
    gain = imgsz / max(h, w)
    tensor, pad = module._letterbox(np.full((h, w, 3), 50, np.uint8), gain, 32)
    _, channels, height, width = tensor.shape
    assert channels == 3
    assert height % 32 == width % 32 == 0
    assert max(height, width) == imgsz
    left, top = pad.astype(int)
    inside = tensor[0, :, top : top + max(1, round(h * gain)), left : left + max(1, round(w * gain))]
    torch.testing.assert_close(inside, torch.full_like(inside, 50 / 255))
    assert (tensor == 50 / 255).sum() == inside.numel()


def test_a_mask_lies_where_its_prototype_says(tmp_path: Path) -> None:
    """One prototype with a bright quarter: the object is that quarter of the tile, cut at its box."""
    proto = torch.full((1, 16, 16), -4.0)
    proto[0, 4:12, 4:12] = 4.0
    shape = module._mask_shape(proto, torch.ones(1), np.array([0.0, 0, 32, 32]), 2.0, np.zeros(2))
    (part,) = shape
    assert (part[0].min(0).tolist(), part[0].max(0).tolist()) == ([8, 8], [24, 24])
    cut = module._mask_shape(proto, torch.ones(1), np.array([10.0, 0, 18, 32]), 2.0, np.zeros(2))
    assert cut[0][0][:, 0].min() >= 10
    assert cut[0][0][:, 0].max() <= 18


def test_masks_lie_in_their_boxes_and_are_kinds_of_mask(tmp_path: Path) -> None:
    (found,) = predictor(tmp_path, conf=0.2)([picture(64, 64)])
    assert (found.kinds == Kind.MASK).all()
    assert np.isfinite(found.scores).all()


def test_a_model_that_learned_at_a_fixed_scale_predicts_at_it_whatever_the_size_of_the_image(tmp_path: Path) -> None:
    fixed = predictor(tmp_path, zoom=2.0, tile=32)
    assert fixed.spec.tile == module.WINDOW // 2
    for side in (32, 64):
        (found,), (same,) = fixed([picture(side, side)]), predictor(tmp_path, imgsz=2 * side)([picture(side, side)])
        assert len(found) > 0
        np.testing.assert_array_equal(found.boxes_xyxy, same.boxes_xyxy)
    assert predictor(tmp_path, zoom=2.0, tile=32, imgsz=64).spec.tile == 32
