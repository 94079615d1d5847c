"""What is chosen where the user chose nothing: values in, values out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annelid.engines.base import Example
from annelid.engines.yolo import parameters, recipe
from annelid.engines.yolo.survey import Survey, survey
from annelid.geometry import ellipse_ring
from annelid.objects import Objects


def chosen(found: Survey, gpu: bool = False, model: str = "yolo11n-seg.yaml", **typed: Any) -> recipe.Recipe:
    scratch = model.endswith(".yaml")
    used = parameters.check(typed, task="segment", from_scratch=scratch)
    return recipe.choose(found, used, typed, from_scratch=scratch, gpu=gpu)


def images(count: int, side: int = 256, diameter: float = 19.0, aligned: float = 0.0) -> Survey:
    return Survey(((side, side),) * count, diameter, aligned)


def test_few_images_get_the_small_recipe_and_many_that_of_ultralytics() -> None:
    assert chosen(images(30)).name == "small"
    many = chosen(images(1001))
    assert (many.name, dict(many.params), many.said) == ("ultralytics", {}, "")
    assert chosen(images(1001), recipe="small").name == "small"
    assert not chosen(images(30), recipe="ultralytics").params


def test_small_objects_are_shown_larger_and_that_is_said() -> None:
    made = chosen(images(160, side=256, diameter=19))
    assert made.params["imgsz"] == 544
    assert made.params["tile"] is None
    assert "median diameter 19 px: training at 2.1x on whole images, imgsz 544" in made.said


def test_objects_of_a_good_size_are_left_as_they_are() -> None:
    for diameter in (41, 63):
        assert (chosen(images(40, side=512, diameter=diameter))).params["imgsz"] == 512
    assert chosen(images(40, side=512, diameter=90)).params["imgsz"] == 352


def test_large_images_are_cut_into_windows_and_not_shrunk() -> None:
    made = chosen(images(12, side=2592, diameter=60))
    assert made.params["imgsz"] == 640
    assert made.params["tile"] == 640
    assert "1.0x on windows of 640 px" in made.said


def test_pictures_of_several_sizes_are_shown_at_one_scale() -> None:
    found = Survey(((256, 256),) * 20 + ((696, 520),) * 10, 20.0, 0.0)
    made = chosen(found)
    assert made.params["imgsz"] / made.params["tile"] == pytest.approx(2.0, rel=0.1)


def test_other_programs_are_told_the_input_size_for_whole_images() -> None:
    found = images(12, side=2592, diameter=60)
    assert recipe.whole_imgsz(found, 640, 960) == 1728
    assert recipe.whole_imgsz(found, 640, None) == 640
    assert recipe.whole_imgsz(images(1, side=100_000), 640, 320) == recipe.MOST_WHOLE


def test_large_objects_keep_a_fair_input() -> None:
    made = chosen(images(12, side=2048, diameter=700))
    assert made.params["imgsz"] == 320
    assert made.params["tile"] is None


def test_what_was_typed_is_never_changed() -> None:
    made = chosen(images(40), imgsz=320, batch=3, lr0=0.02, degrees=5.0, warmup_epochs=2.0, close_mosaic=1, nbs=12)
    assert not {"imgsz", "batch", "lr0", "degrees", "warmup_epochs", "close_mosaic", "nbs", "optimizer"} & set(
        made.params
    )
    assert made.params["tile"] is None


def test_a_typed_size_that_would_shrink_objects_away_gets_windows() -> None:
    made = chosen(images(12, side=2592, diameter=20), imgsz=320)
    assert made.params["tile"] == 400
    assert chosen(images(12, side=2592, diameter=20), imgsz=320, tile=0).params.get("tile", 0) == 0


def test_at_least_ten_steps_are_made_an_epoch_where_the_images_allow_it() -> None:
    for count in (20, 60, 160, 900):
        made = chosen(images(count))
        assert count / made.params["batch"] >= 10
        assert made.params["nbs"] == made.params["batch"]
    assert chosen(images(900), gpu=True).params["batch"] == 16


def test_the_warm_up_is_short() -> None:
    assert chosen(images(160), epochs=100).params["warmup_epochs"] == 2.5
    assert chosen(images(160), epochs=10).params["warmup_epochs"] == 1.0


def test_round_objects_are_turned_all_round_and_aligned_ones_a_little() -> None:
    assert chosen(images(40)).params["degrees"] == 180
    made = chosen(images(40, aligned=0.8))
    assert made.params["degrees"] == 10
    assert "flipud" not in made.params


def test_fine_tuning_keeps_its_own_learning_rate() -> None:
    made = chosen(images(40), model="best.pt")
    assert not {"lr0", "optimizer"} & set(made.params)


@given(
    st.lists(st.tuples(st.integers(8, 4000), st.integers(8, 4000)), min_size=1, max_size=5),
    st.floats(1, 2000),
    st.one_of(st.none(), st.integers(1, 60).map(lambda n: 32 * n)),
)
def test_the_input_is_always_one_that_the_network_takes(
    sizes: list[tuple[int, int]], diameter: float, typed: int | None
) -> None:
    imgsz, tile = recipe.scale(Survey(tuple(sizes), diameter, 0.0), typed, None)
    assert imgsz == typed if typed else imgsz % 32 == 0 and 32 <= imgsz <= 640
    assert tile is None or tile >= 1


def _example(folder: Path, angle: float, ratio: float) -> Example:
    path = folder / f"{angle}.npy"
    np.save(path, np.zeros((64, 80, 3), np.uint8))
    ring = ellipse_ring((0, 0), (10 * ratio, 10))
    turned = ring @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + 40
    return Example(path, Objects.from_shapes([((turned,),)], ["a"]))


def test_the_smallest_class_decides_unless_it_has_hardly_any_objects(tmp_path: Path) -> None:
    large = Objects.from_boxes([[10 * n, 0, 10 * n + 40, 40] for n in range(20)], ["cell"] * 20)
    small = Objects.from_boxes([[10 * n, 0, 10 * n + 12, 12] for n in range(6)], ["platelet"] * 6)
    tiny = Objects.from_boxes([[0, 0, 3, 3]], ["speck"])
    np.save(tmp_path / "a.npy", np.zeros((300, 300, 3), np.uint8))
    assert survey([Example(tmp_path / "a.npy", Objects.concat([large, small, tiny]))]).diameter == 12
    assert survey([Example(tmp_path / "a.npy", tiny)]).diameter == 3
    assert survey([Example(tmp_path / "a.npy", tiny[:0])]).diameter == 0


def test_the_survey_sees_sizes_diameters_and_a_common_direction(tmp_path: Path) -> None:
    one_way = survey([_example(tmp_path, 0.3 + n / 100, 3) for n in range(8)])
    assert one_way.sizes_wh == ((80, 64),) * 8
    assert one_way.diameter == pytest.approx(20 * 3**0.5, rel=0.02)
    assert one_way.aligned > 0.95
    assert survey([_example(tmp_path, n * np.pi / 8, 3) for n in range(8)]).aligned < 0.05
    assert survey([_example(tmp_path, 0.3 + n / 100, 1.2) for n in range(8)]).aligned == 0
