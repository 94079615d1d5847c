"""Click to segment without weights."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from annelid import geometry
from annelid.assist.base import ArrayPicture, Hints, Prompt
from annelid.assist.classical import Classical
from annelid.errors import UsageError

Bits = NDArray[np.bool_]
SIZE = 160


def disk(x: float, y: float, radius: float) -> Bits:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return np.asarray(np.hypot(columns - x, rows - y) <= radius)


def picture(objects: Bits, *, inside: float = 150, outside: float = 40, noise: float = 5) -> NDArray[np.uint8]:
    from scipy import ndimage

    soft = ndimage.gaussian_filter(objects.astype(float), 1.2)
    made = outside + (inside - outside) * soft + np.random.default_rng(0).normal(0, noise, objects.shape)
    return np.asarray(np.clip(made, 0, 255)[..., None], np.uint8)


def found(pixels: NDArray[Any], *points: tuple[float, float, int], **more: Any) -> Bits:
    hints = more.pop("hints", Hints())
    prompt = Prompt.of([list(point) for point in points], more.get("box"), more.get("zoom"))
    shape = Classical().outline(ArrayPicture(pixels), prompt, hints).shape
    return geometry.shape_to_mask(shape, pixels.shape[:2])


def iou(a: Bits, b: Bits) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize(("inside", "outside"), [(150, 40), (60, 200)])
@pytest.mark.parametrize("radius", [6, 14, 40])
def test_one_click_finds_bright_and_dark_disks_of_any_size(inside: float, outside: float, radius: float) -> None:
    truth = disk(80, 75, radius)
    pixels = picture(truth, inside=inside, outside=outside)
    assert iou(found(pixels, (80.5, 75.5, 1)), truth) > 0.88
    beside = 80.5 + 0.35 * radius
    assert iou(found(pixels, (beside, 75.5, 1)), truth) > 0.85


def test_sixteen_bits_and_colours_and_several_channels_are_seen() -> None:
    truth = disk(80, 75, 14)
    grey = picture(truth)
    deep = grey.astype(np.uint16) * 16 + 300
    stained = np.concatenate([230 - grey // 2, 200 - grey, np.full_like(grey, 220)], axis=2)
    channels = np.concatenate([np.full_like(deep, 7), deep, deep[::-1] // 50, deep * 3], axis=2)
    for pixels in (deep, stained, channels, deep.astype(np.float32) / 1e4):
        assert iou(found(pixels, (80.5, 75.5, 1)), truth) > 0.85


def test_touching_disks_are_told_apart() -> None:
    left, right = disk(66, 80, 16), disk(96, 80, 16)
    mask = found(picture(left | right), (66.5, 80.5, 1))
    assert iou(mask, left) > 0.8


@pytest.mark.parametrize("x", [3, -6, -13])
def test_what_the_border_cuts_is_found_and_stays_in_the_image(x: int) -> None:
    truth = disk(x, 80, 20)
    click = (truth[80].sum() / 2, 80.5, 1)
    assert iou(found(picture(truth), click), truth) > 0.85


def test_a_click_on_nothing_gives_at_least_the_clicked_pixel() -> None:
    flat = np.full((50, 60, 1), 80, np.uint8)
    assert found(flat, (20.5, 30.5, 1))[30, 20]
    assert found(np.zeros((1, 1, 1), np.uint8), (0.5, 0.5, 1)).all()


def test_every_click_ends_on_its_right_side() -> None:
    truth = disk(80, 75, 20)
    points = [(80.5, 75.5, 1), (95.5, 75.5, 0), (80.5, 98.5, 1), (66.5, 66.5, 0), (80.5, 78.5, 1)]
    mask = found(picture(truth), *points)
    assert [bool(mask[int(y), int(x)]) for x, y, _ in points] == [bool(inside) for *_, inside in points]


def test_a_minus_click_takes_the_neighbour_off() -> None:
    left, right = disk(66, 80, 16), disk(90, 80, 14)
    pixels = picture(left | right, noise=2)
    mask = found(pixels, (66.5, 80.5, 1), (94.5, 80.5, 0))
    assert iou(mask, left & ~disk(96, 80, 12)) > 0.75
    assert not mask[80, 94]


def test_clicks_at_both_ends_of_a_large_faint_object_mean_all_of_it() -> None:
    from scipy import ndimage

    rows, columns = np.mgrid[:420, :300]
    truth = np.asarray(np.hypot((columns - 150) / 70, (rows - 210) / 150) <= 1)
    texture = ndimage.gaussian_filter(np.random.default_rng(0).normal(0, 1, truth.shape), 12) * 500
    pixels = np.asarray(np.clip(110 - 25 * truth + texture, 0, 255)[..., None], np.uint8)
    assert iou(found(pixels, (150, 100, 1), (150, 320, 1), zoom=0.6), truth) > 0.7
    assert not found(pixels, (150, 100, 1), (150, 320, 1), (150, 352, 0), zoom=0.6)[351:354, 149:152].all()


def test_a_click_far_away_adds_a_piece() -> None:
    one, other = disk(40, 50, 12), disk(110, 100, 14)
    mask = found(picture(one | other), (40.5, 50.5, 1), (110.5, 100.5, 1))
    assert iou(mask, one | other) > 0.85


def test_a_box_bounds_what_is_found() -> None:
    truth = disk(80, 75, 14)
    mask = found(picture(truth), box=[65, 60, 96, 91])
    assert iou(mask, truth) > 0.88
    outside = np.ones_like(mask)
    outside[60:91, 65:96] = False
    assert not (mask & outside).any()


def test_the_zoom_finds_what_is_larger_than_the_window() -> None:
    rows, columns = np.mgrid[:1200, :1300]
    truth = np.hypot(columns - 640, rows - 590) <= 350
    pixels = np.where(truth, 170, 60).astype(np.uint8)[..., None]
    assert iou(found(pixels, (640.5, 590.5, 1), zoom=0.25), truth) > 0.93


def test_hints_prefer_objects_like_those_before() -> None:
    cell, nucleus = disk(80, 80, 36), disk(80, 80, 12)
    pixels = picture(cell, inside=90, noise=2) + (picture(nucleus, inside=110, outside=0, noise=0) // 2)
    small = found(pixels, (80.5, 80.5, 1), hints=Hints(12, 0.2))
    large = found(pixels, (80.5, 80.5, 1), hints=Hints(36, 0.2))
    assert iou(small, nucleus) > 0.8
    assert iou(large, cell) > 0.8


def test_hints_need_three_objects() -> None:
    assert Hints.of_areas(np.array([10.0, 12.0])) == Hints()
    assert Hints.of_areas(np.pi * np.array([100.0, 100.0, 144.0])).radius == pytest.approx(10)


def test_the_same_prompt_gives_the_same_outline() -> None:
    pixels = picture(disk(80, 75, 14) | disk(100, 90, 12))
    points = [(80.5, 75.5, 1), (104.5, 92.5, 0), (78.5, 60.5, 1)]
    assert (found(pixels, *points) == found(pixels, *points)).all()


def test_not_a_number_is_as_dark() -> None:
    pixels = picture(disk(80, 75, 14)).astype(np.float32)
    pixels[:40] = np.nan
    assert iou(found(pixels, (80.5, 75.5, 1)), disk(80, 75, 14)) > 0.85


def test_beside_the_image_there_is_nothing() -> None:
    with pytest.raises(UsageError, match="beside the image"):
        found(np.zeros((10, 10, 1), np.uint8), (12, 5, 1))


@pytest.mark.shared_data
def test_nuclei_of_every_stain_need_few_clicks(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    benchmark = importlib.import_module("assist")
    fields = list(benchmark.dsb2018(shared_data))[::8]
    monkeypatch.setattr(benchmark, "CLICKS", 3)
    overlaps = [benchmark.clicked(Classical(), *one, near=False)[0] for one in benchmark.drawn(fields, 30)]
    one, _, three = np.median(overlaps, 0)
    assert one > 0.75  # few nuclei; benchmarks/assist.py measures many
    assert three > 0.85
    sys.modules.pop("assist")
