"""Transforms of Albumentations: pictures, outlines and boxes move together, or the transform is refused."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.yolo.bench import SIDE, Bench, both, boxes, painted, rgb

from annelid.engines import yolo
from annelid.engines.base import TrainConfig
from annelid.engines.yolo import transforms
from annelid.errors import AnnelidError, EngineError, UsageError
from annelid.parameter_file import with_files

pytestmark = pytest.mark.filterwarnings("ignore")

BLUR = {"__version__": "2.0.8", "transform": {"__class_fullname__": "Blur", "p": 1.0}}


@pytest.fixture(scope="module")
def albumentations() -> Any:
    return pytest.importorskip("albumentations", reason="the extra 'albumentations' is not installed")


MOVES: dict[str, dict[str, Any]] = {
    "HorizontalFlip": {},
    "VerticalFlip": {},
    "Transpose": {},
    "RandomRotate90": {},
    "Rotate": {"limit": 40},
    "Affine": {"scale": (0.7, 1.2), "rotate": (-30, 30), "shear": (-10, 10)},
    "Perspective": {},
    "ElasticTransform": {"alpha": 20, "sigma": 6},
    "OpticalDistortion": {},
    "GridDistortion": {},
}


BENDS = ("ElasticTransform", "OpticalDistortion", "GridDistortion")
"""Points follow these to whole pixels, and the smallest object here has an eighth of its pixels on each edge."""


@pytest.mark.parametrize("name", MOVES)
def test_outlines_and_boxes_go_where_the_picture_goes(bench: Bench, albumentations: Any, name: str) -> None:
    described = albumentations.to_dict(getattr(albumentations, name)(p=1, **MOVES[name]))
    for item in bench.items(seeds=3, augmentations=described):
        assert len(item["cls"]) == len(item["masks"]) == len(boxes(item))
        for kind, box, mask in zip(item["cls"][:, 0].tolist(), boxes(item), item["masks"].numpy() > 0, strict=True):
            channel = 0 if kind == 0 else 2
            there = (rgb(item)[..., channel] > 110) & (rgb(item)[..., 2 - channel] < 100)
            assert (there & mask).sum() / (there | mask).sum() > (0.6 if name in BENDS else 0.85)
            y, x = np.nonzero(mask)
            seen = [x.min(), y.min(), x.max() + 1, y.max() + 1]
            np.testing.assert_allclose([*box[:2] - box[2:] / 2, *box[:2] + box[2:] / 2], seen, atol=2)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_colours_are_those_of_the_picture_and_not_swapped(bench: Bench, albumentations: Any) -> None:
    described = albumentations.to_dict(albumentations.ChannelDropout(channel_drop_range=(1, 1), p=1))
    item = bench.items(augmentations=described)[0]
    dropped = {tuple(np.nonzero(rgb(item)[16, 18] == 0)[0].tolist())}
    assert dropped <= {(0,), (1,), (2,)}
    sepia = albumentations.ToSepia(p=1)
    shown = rgb(bench.items(augmentations=albumentations.to_dict(sepia))[0])
    np.testing.assert_allclose(shown, sepia(image=painted(both()))["image"], atol=1)


def test_boxes_without_outlines_move_too(bench: Bench, albumentations: Any) -> None:
    described = albumentations.to_dict(albumentations.HorizontalFlip(p=1))
    item = bench.items(task="detect", augmentations=described, overlap_mask=True, mask_ratio=4)[0]
    np.testing.assert_allclose(boxes(item), [[SIDE - 18, 16, 16, 16], [SIDE - 48, 34, 16, 8]], atol=0.1)


def labels() -> dict[str, Any]:
    from ultralytics.utils.instance import Instances

    return {"img": painted(both()), "instances": Instances(np.zeros((0, 4), np.float32)), "cls": np.zeros((0, 1))}


def test_a_picture_comes_out_the_same_from_the_same_random_numbers(albumentations: Any) -> None:
    step = transforms.Transforms([albumentations.to_dict(albumentations.GaussNoise(p=0.5))])
    shown = []
    for seed in (3, 3, 4):
        random.seed(seed)
        shown.append([step(labels())["img"] for _ in range(4)])
    np.testing.assert_array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[0], shown[2])


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("RandomGridShuffle", {}, "would part outlines from what they outline"),
        ("ThinPlateSpline", {}, "would part outlines"),
        ("RandomScale", {"scale_limit": (0.5, 0.5)}, "makes pictures of"),
        ("Normalize", {}, "float32"),
        ("MaskDropout", {}, "can't be used"),
    ],
)
def test_a_transform_that_would_do_harm_is_refused_by_name(
    albumentations: Any, name: str, arguments: dict[str, Any], why: str
) -> None:
    inside = albumentations.Compose([albumentations.OneOf([getattr(albumentations, name)(**arguments)], p=0.5)])
    config = TrainConfig("a.yaml", "segment", params={"augmentations": albumentations.to_dict(inside), "imgsz": 64})
    with pytest.raises(UsageError, match=f"augmentations: {name} .*{why}") as caught:
        yolo.check(config)
    assert name in caught.value.next_step


@pytest.mark.parametrize(
    "transform",
    [
        {"__class_fullname__": "os.system", "command": "false"},
        {"__class_fullname__": "NoSuchTransform"},
        {"__class_fullname__": "Blur", "strength": 3},
        {"__class_fullname__": "Lambda", "__name__": "x"},
    ],
    ids=str,
)
def test_what_is_no_transform_is_refused_and_no_code_runs(albumentations: Any, transform: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"augmentations: .*can't be made"):
        transforms.require([{"__version__": "2.0.8", "transform": transform}], 64)


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_a_file_as_albumentations_saves_it_is_taken(tmp_path: Path, albumentations: Any, ending: str) -> None:
    path = tmp_path / f"transforms.{ending}"
    albumentations.save(albumentations.Compose([albumentations.Blur(p=1)]), path, data_format=ending)
    params = with_files({"augmentations": str(path), "imgsz": 64})
    used = yolo.check(TrainConfig("a.yaml", "segment", params=params))["augmentations"]
    assert used[0]["transform"]["transforms"][0]["__class_fullname__"] == "Blur"


@pytest.mark.parametrize("value", [{}, [], 3, [{"transform": {}}], {"transform": "Blur"}, [BLUR, 1]], ids=str)
def test_a_description_of_something_else_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^augmentations: expected"):
        yolo.check(TrainConfig("a.yaml", "segment", params={"augmentations": value}))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5), lambda x: st.lists(x) | st.dictionaries(st.text(max_size=9), x)
    )
)
def test_whatever_a_file_holds_is_taken_or_refused_in_a_sentence(value: Any) -> None:
    message = "augmentations: expected"
    try:
        transforms.described(value)
    except UsageError as refusal:
        message = refusal.message
    assert message.startswith("augmentations: expected")


def test_a_file_that_is_not_there_or_holds_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        with_files({"augmentations": str(tmp_path / "none.yaml")})
    (tmp_path / "text.yaml").write_text("hello", encoding="utf-8")
    with pytest.raises(AnnelidError, match=r"text\.yaml"):
        with_files({"augmentations": str(tmp_path / "text.yaml")})


def test_without_the_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "albumentations", None)
    with pytest.raises(EngineError, match="Albumentations, which is not installed"):
        transforms.require([BLUR], 64)


def test_the_package_alone_changes_no_training(bench: Bench) -> None:
    """Ultralytics would blur a few pictures as soon as it is installed."""
    dataset = bench.trainer().train_loader.dataset
    assert not any("albumentations" in type(step).__module__ for step in dataset.transforms.transforms)
    assert transforms.step(transforms=None)({"img": 1}) == {"img": 1}
