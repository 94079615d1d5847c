"""COCO's run lengths, against pycocotools and against themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from pycocotools import mask as reference

from annelid import tracing
from annelid.formats import rle

masks = hnp.arrays(bool, st.tuples(st.integers(1, 15), st.integers(1, 15)))


def whole(window: rle.Window, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
    mask, (x, y) = window
    image = np.zeros(size_hw, bool)
    image[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    return image


@given(masks)
def test_text_is_that_of_pycocotools(mask: NDArray[np.bool_]) -> None:
    h, w = mask.shape
    expected = reference.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    assert rle.pack(rle.encode(mask, (0, 0), (w, h))) == expected


@given(masks)
def test_decoding_takes_encoding_back(mask: NDArray[np.bool_]) -> None:
    h, w = mask.shape
    counts = rle.unpack(rle.pack(rle.encode(mask, (0, 0), (w, h))))
    np.testing.assert_array_equal(whole(rle.decode(counts, (h, w)), (h, w)), mask)


@given(masks, st.integers(0, 5), st.integers(0, 5), st.integers(0, 3), st.integers(0, 3))
def test_a_window_is_encoded_as_the_whole_image(
    mask: NDArray[np.bool_], left: int, top: int, right: int, bottom: int
) -> None:
    image = np.pad(mask, ((top, bottom), (left, right)))
    h, w = image.shape
    whole_counts = rle.encode(image, (0, 0), (w, h))
    np.testing.assert_array_equal(rle.encode(mask, (left, top), (w, h)), whole_counts)


@given(st.lists(st.integers(0, 2**40), max_size=30))
def test_any_counts_survive_as_text(counts: list[int]) -> None:
    assert rle.unpack(rle.pack(np.array(counts, np.int64))).tolist() == counts


@settings(deadline=None)
@given(st.lists(masks, max_size=6))
def test_tracing_many_is_tracing_each(several: list[NDArray[np.bool_]]) -> None:
    shapes = rle.trace([(mask, (3 * n, n)) for n, mask in enumerate(several)])
    for n, (mask, shape) in enumerate(zip(several, shapes, strict=True)):
        alone = tracing.mask_to_shape(mask, (3 * n, n))
        assert [[ring.tolist() for ring in part] for part in shape] == [
            [ring.tolist() for ring in part] for part in alone
        ]


def test_a_small_object_on_a_huge_image_costs_little() -> None:
    mask = np.ones((3, 4), bool)
    counts = rle.encode(mask, (70_000, 80_000), (100_000, 100_000))
    window, origin = rle.decode(counts, (100_000, 100_000))
    assert origin == (70_000, 80_000)
    np.testing.assert_array_equal(window, mask)


@pytest.mark.parametrize("counts", [[3, -1, 2], [1, 2], [5]])
def test_counts_that_cannot_be_are_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="run"):
        rle.decode(np.array(counts), (2, 2))


@pytest.mark.parametrize("text", ["\x01", "a b", "P", "é", "o" * 20 + "0"])
def test_text_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rle.unpack(text)
