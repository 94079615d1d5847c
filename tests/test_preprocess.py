"""Pictures are the same for every window, and the range is that of the image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from annelid.errors import UsageError
from annelid.preprocess import FittedPreprocessing, Preprocessing, render
from annelid.readers import ImageInfo, open_image


def _info(pixels: NDArray[Any], *, is_rgb: bool = False) -> ImageInfo:
    h, w, count = pixels.shape
    names = ("red", "green", "blue") if is_rgb else tuple(str(i) for i in range(count))
    return ImageInfo((w, h), names, pixels.dtype.name, is_rgb=is_rgb)


def _picture(pixels: NDArray[Any], **options: Any) -> NDArray[np.uint8]:
    return Preprocessing(**options).fit(pixels, _info(pixels)).apply(pixels)


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90), st.integers(1, 4)),
    dtype=st.sampled_from(["uint8", "int8", "uint16", "int32", "float32", "float64"]),
    is_rgb=st.booleans(),
    range_=st.sampled_from(["auto", "percentile", "minmax", "none"]),
    equalize=st.sampled_from(["none", "clahe", "histogram"]),
    step=st.integers(1, 4),
    data=st.data(),
)
def test_a_window_has_exactly_the_pixels_of_the_whole(
    size: tuple[int, int, int],
    dtype: str,
    is_rgb: bool,
    range_: Any,
    equalize: Any,
    step: int,
    data: st.DataObject,
) -> None:
    h, w, count = size
    count = 3 if is_rgb else count
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    pixels = (rng.gamma(2, 30, (h, w, count)) % 127).astype(dtype)
    info = _info(pixels, is_rgb=is_rgb)
    fitted = Preprocessing(range=range_, equalize=equalize, clahe_cells=5).fit(pixels[::step, ::step], info)
    whole = fitted.apply(pixels)
    assert whole.shape == (h, w, 3)
    assert whole.dtype == np.uint8
    x1, y1 = data.draw(st.integers(0, w - 1)), data.draw(st.integers(0, h - 1))
    x2, y2 = data.draw(st.integers(x1 + 1, w)), data.draw(st.integers(y1 + 1, h))
    np.testing.assert_array_equal(fitted.apply(pixels[y1:y2, x1:x2], (x1, y1, x2, y2)), whole[y1:y2, x1:x2])
    again = FittedPreprocessing.from_dict(json.loads(json.dumps(fitted.to_dict())))
    np.testing.assert_array_equal(again.apply(pixels), whole)


def test_8_bit_pixels_stay_as_they_are() -> None:
    pixels = np.arange(10, 74, dtype=np.uint8).reshape(8, 8, 1)
    np.testing.assert_array_equal(_picture(pixels), np.repeat(pixels, 3, 2))


def test_16_bit_pixels_use_their_own_range_and_not_that_of_the_type() -> None:
    pixels = np.linspace(100, 119, 400).astype(np.uint16).reshape(20, 20, 1)
    picture = _picture(pixels)
    assert (picture.min(), picture.max()) == (0, 255)


def test_one_channel_is_grey_two_leave_blue_black_and_more_show_three() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (9, 9, 5), dtype=np.uint8)
    assert (np.ptp(_picture(pixels[..., :1]), 2) == 0).all()
    assert (_picture(pixels[..., :2])[..., 2] == 0).all()
    np.testing.assert_array_equal(_picture(pixels), pixels[..., :3])
    np.testing.assert_array_equal(_picture(pixels, channels=(4, "2", 0)), pixels[..., [4, 2, 0]])
    np.testing.assert_array_equal(_picture(pixels, channels=("3",)), pixels[..., [3, 3, 3]])


def test_a_colour_picture_keeps_its_hue() -> None:
    pixels = np.zeros((20, 20, 3), np.uint16)
    pixels[:] = np.linspace(1, 100, 400).astype(np.uint16).reshape(20, 20, 1) * np.array([4, 2, 1], np.uint16)
    info = _info(pixels, is_rgb=True)
    for equalize in ("none", "clahe", "histogram"):
        settings_ = Preprocessing(range="absolute", values=((0, 400),), equalize=equalize)
        picture = settings_.fit(pixels, info).apply(pixels).astype(float)
        np.testing.assert_allclose(picture[..., 0] / 4, picture[..., 2], atol=1)
        np.testing.assert_allclose(picture[..., 1] / 2, picture[..., 2], atol=1)


def test_what_is_not_a_number_is_ignored_in_the_fit_and_black_in_the_picture() -> None:
    pixels = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20, 1)
    pixels[3, 4], pixels[5, 6], pixels[7, 8] = np.nan, np.inf, -np.inf
    picture = _picture(pixels, range="minmax")
    assert picture[3, 4, 0] == picture[5, 6, 0] == picture[7, 8, 0] == 0
    assert picture[-1, -1, 0] == 255


@pytest.mark.parametrize("value", [0, 77, np.nan, np.inf])
@pytest.mark.parametrize("equalize", ["none", "clahe", "histogram"])
def test_an_even_image_is_black_and_nothing_is_divided_by_zero(value: float, equalize: str) -> None:
    pixels = np.full((20, 20, 1), value, np.float32)
    picture = _picture(pixels, equalize=equalize)
    assert picture.max() <= (8 if equalize == "clahe" else 0)


def test_a_few_bright_spots_on_an_even_background_stay_visible() -> None:
    pixels = np.full((100, 100, 1), 100, np.uint16)
    pixels[50, 50] = 900
    assert _picture(pixels)[50, 50, 0] == 255


def test_absolute_values_are_the_same_for_every_image() -> None:
    dim = np.array([[[100], [600], [1100]]], np.uint16)
    assert _picture(dim, range="absolute", values=((100, 1100),))[0, :, 0].tolist() == [0, 128, 255]


def test_clahe_lifts_the_contrast_of_a_dim_corner() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.normal(200, 20, (256, 256, 1))
    pixels[:64, :64] = rng.normal(20, 3, (64, 64, 1))
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    flat, lifted = _picture(pixels), _picture(pixels, equalize="clahe")
    assert lifted[:48, :48].std() > 2 * flat[:48, :48].std()


BAD = [
    ({"ranje": "auto"}, "ranje"),
    ({"range": "automatic"}, "auto, percentile, minmax, none, absolute"),
    ({"equalize": "Clahe"}, "none, clahe, histogram"),
    ({"low": 99.9}, "low < high"),
    ({"low": "1"}, "a number"),
    ({"channels": [1, 2, 3, 4]}, "at most three"),
    ({"channels": [1.5]}, "names or indices"),
    ({"range": "absolute"}, "pairs"),
    ({"values": [[1, 2]]}, "pairs with range 'absolute'"),
    ({"range": "absolute", "values": [[2, 1]]}, "black < white"),
    ({"clip": False}, "8 bits"),
    ({"clahe_cells": 2.5}, "whole number"),
]


@pytest.mark.parametrize(("data", "said"), BAD, ids=str)
def test_wrong_settings_are_refused_with_what_is_allowed(data: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Preprocessing.from_dict(data)


def test_settings_survive_json() -> None:
    some = Preprocessing(("DAPI", 1), "absolute", values=((0, 100), (5, 50)), equalize="clahe")
    assert Preprocessing.from_dict(json.loads(json.dumps(some.to_dict()))) == some
    assert Preprocessing.from_dict({}) == Preprocessing()
    assert Preprocessing.from_dict({"channels": "DAPI"}).channels == ("DAPI",)


def test_an_unknown_channel_is_refused_with_those_there_are() -> None:
    pixels = np.zeros((3, 3, 2), np.uint8)
    for channel in ("DAPI", 2, -1):
        with pytest.raises(UsageError, match="one of 0, 1, found"):
            Preprocessing((channel,)).fit(pixels, _info(pixels))


def test_render_fits_to_the_plane_that_is_shown(tmp_path: Path) -> None:
    data = np.stack([np.arange(400).reshape(20, 20), np.arange(400).reshape(20, 20) * 50]).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", data, imagej=True, metadata={"axes": "ZYX"})
    with open_image(tmp_path / "a.tif") as file:
        first, second = render(file, Preprocessing()), render(file, Preprocessing(), z=1)
        np.testing.assert_allclose(first.astype(int), second.astype(int), atol=1)
        np.testing.assert_array_equal(render(file, Preprocessing(), (3, 4, 9, 11)), first[4:11, 3:9])
