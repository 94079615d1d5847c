"""Pictures: outlines where the objects are, three kinds of error told apart, files whole."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image
from skimage.color import rgb2lab

from annelid.objects import Objects
from annelid.picture import (
    before_after,
    draw_errors,
    draw_objects,
    legible_scale,
    side_by_side,
    to_data_uri,
    to_png,
)
from annelid.picture.pen import CLASS_COLOURS, EXTRA, FOUND, MISSED, without_stairs

GREY = np.full((60, 80, 3), 90, np.uint8)
BOXES = np.array([[10, 10, 30, 25], [40, 20, 70, 50]])


def _near(pixels: NDArray[np.uint8], colour: str) -> NDArray[np.bool_]:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    near: NDArray[np.bool_] = np.abs(pixels.astype(int) - wanted).max(2) < 40
    return near


def test_small_pictures_are_enlarged_and_large_ones_reduced() -> None:
    assert legible_scale((256, 256)) == 3
    assert legible_scale((600, 450)) == 1.5
    assert legible_scale((1200, 900)) == 1
    assert legible_scale((16000, 100)) == 0.1


def test_an_outline_runs_where_the_object_lies_whatever_the_scale() -> None:
    for scale in (1.0, 2.0, 3.0):
        drawn = draw_objects(GREY, Objects.from_boxes(BOXES[:1], ["cell"]), scale=scale)
        y, x = np.nonzero(_near(drawn, CLASS_COLOURS[0]))
        assert drawn.shape == (60 * scale, 80 * scale, 3)
        assert np.abs(np.array([x.min(), y.min(), x.max(), y.max()]) / scale - BOXES[0]).max() <= 2


def test_each_class_has_its_colour_by_the_order_of_the_classes() -> None:
    objects = Objects.from_boxes(BOXES, ["b", "a"])
    drawn = draw_objects(GREY, objects, classes=["b", "a"], scale=3)
    assert _near(drawn, CLASS_COLOURS[0])[:, : 35 * 3].any()
    assert not _near(drawn, CLASS_COLOURS[0])[:, 35 * 3 :].any()
    assert _near(drawn, CLASS_COLOURS[1])[:, 35 * 3 :].any()


def test_the_pixels_that_were_given_stay_as_they_were() -> None:
    before = GREY.copy()
    draw_objects(GREY, Objects.from_boxes(BOXES, ["b", "a"]), names=True, scores=True, scale=1)
    assert np.array_equal(GREY, before)


def test_found_missed_and_extra_objects_have_colours_of_their_own() -> None:
    truth, predicted = (
        Objects.from_boxes(BOXES, ["a", "a"]),
        Objects.from_boxes([*BOXES[:1], [5, 40, 25, 55]], ["a", "a"]),
    )
    drawn = draw_errors(GREY, truth, predicted, [[0, 0]], scale=3, legend=False)
    assert _near(drawn, FOUND.colour)[: 35 * 3, : 35 * 3].any()
    assert _near(drawn, MISSED.colour)[:, 35 * 3 :].any()
    assert _near(drawn, EXTRA.colour)[35 * 3 :, : 35 * 3].any()
    assert not _near(drawn, EXTRA.colour)[:, 35 * 3 :].any()
    assert len({FOUND.stroke, MISSED.stroke, EXTRA.stroke}) == 3


def test_the_legend_is_a_strip_below_the_picture() -> None:
    nothing = Objects.empty()
    bare = draw_errors(GREY, nothing, nothing, [], scale=3, legend=False)
    with_legend = draw_errors(GREY, nothing, nothing, [], scale=3)
    assert np.array_equal(with_legend[: len(bare)], bare)
    assert len(with_legend) > len(bare)


def test_points_far_away_and_broken_outlines_do_not_stop_a_picture() -> None:
    objects = Objects.concat(
        [
            Objects.from_points([[40, 30]], ["point"]),
            Objects.from_boxes([(-1e9, -1e9, 1e9, 1e9), (np.nan,) * 4, (3.0, 3.0, 3.0, 3.0)], ["a", "b", "c"]),
        ]
    )
    assert _near(draw_objects(GREY, objects, names=True, scale=2), CLASS_COLOURS[3])[30:90, 50:110].any()


@settings(max_examples=40)
@given(hnp.arrays(np.bool_, (9, 9)))
def test_a_smoothed_outline_stays_within_a_pixel_of_the_stairs(mask: NDArray[np.bool_]) -> None:
    objects = Objects.from_label_image(np.pad(mask, 1).astype(np.uint8), "a")
    for ring in (ring for shape in objects.shapes for part in shape for ring in part):
        smooth = without_stairs(ring)
        steps = np.concatenate(
            [ring[i] + np.outer(np.linspace(0, 1, 40), np.roll(ring, -1, 0)[i] - ring[i]) for i in range(len(ring))]
        )
        assert np.hypot(*(smooth[:, None] - steps[None]).T).min(0).max() < 1


def test_side_by_side_pads_to_the_tallest_and_shortens_captions() -> None:
    sheet = side_by_side([GREY, GREY[:20]], ["a" * 500, ""])
    assert sheet.shape == (90, 170, 3)
    with pytest.raises(ValueError, match="shorter"):
        side_by_side([GREY, GREY], ["only one"])


def test_before_and_after_are_shown_at_the_same_size() -> None:
    assert before_after(GREY, np.zeros_like(GREY)).shape == (60 * 3 + 72 + 30, 2 * 240 + 10, 3)


def test_a_png_comes_back_as_it_was_written_and_nothing_else_stays(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    to_png(pixels, tmp_path / "a.png")
    assert np.array_equal(np.array(Image.open(tmp_path / "a.png")), pixels)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


@given(st.integers(1, 40))
def test_a_data_uri_holds_the_picture(side: int) -> None:
    pixels = np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)
    for most, kind in ((10**6, "png"), (0, "jpeg")):
        head, data = to_data_uri(pixels, most_bytes=most).split(",")
        assert head == f"data:image/{kind};base64"
        assert Image.open(io.BytesIO(base64.b64decode(data))).size == (side, side)


# How protanopes, deuteranopes and tritanopes see linear RGB (Machado, Oliveira and Fernandes, 2009).
VISIONS = (
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
)


@pytest.mark.parametrize("vision", VISIONS)
def test_class_colours_are_told_apart_by_the_colour_blind(vision: tuple[tuple[float, ...], ...]) -> None:
    colours = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in CLASS_COLOURS])
    light = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    seen = np.clip(light @ np.array(vision).T, 0, 1)
    shown = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab = rgb2lab(shown[None])[0]
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)[np.triu_indices(len(lab), 1)]
    assert distances.min() > 15
