from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from pycocotools import mask as reference

from annelid import geometry, tracing
from annelid.errors import AnnelidError
from annelid.match.coco_masks import areas, encode, overlap
from annelid.objects import Kind, Objects

# The reference was written before NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8))


def in_image(mask: NDArray[np.bool_]) -> Objects:
    shape = tracing.mask_to_shape(mask, (2, 1))
    return Objects.from_shapes([shape], ["a"], kinds=Kind.MASK)


@given(masks)
def test_masks_are_encoded_exactly(mask: NDArray[np.bool_]) -> None:
    image = np.zeros((9, 10), bool)
    image[1 : 1 + mask.shape[0], 2 : 2 + mask.shape[1]] = mask
    encoded = encode(in_image(mask), (10, 9))
    np.testing.assert_array_equal(reference.decode(encoded[0]), image)
    assert areas(encoded).tolist() == [image.sum()]


@given(masks, masks)
def test_overlap_is_that_of_the_pixels(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> None:
    full_a, full_b = np.zeros((2, 8, 8), bool)
    full_a[: a.shape[0], : a.shape[1]], full_b[: b.shape[0], : b.shape[1]] = a, b
    shared, either = (full_a & full_b).sum(), (full_a | full_b).sum()
    left, right = encode(in_image(a), (10, 9)), encode(in_image(b), (10, 9))
    assert overlap(left, right)[0, 0] == pytest.approx(shared / either if either else 0)
    assert overlap(left, right, over_b=True)[0, 0] == pytest.approx(shared / b.sum() if b.any() else 0)


def test_polygons_are_rasterised_as_the_coco_tools_do() -> None:
    rings = [np.array([[3.3, 2.2], [17.8, 4.1], [9.4, 18.7]]), np.array([[20.1, 20], [28.6, 20], [24, 27.7]])]
    polygon = Objects.from_shapes([tuple((ring,) for ring in rings)], ["a"])
    expected = reference.merge(reference.frPyObjects([ring.ravel().tolist() for ring in rings], 30, 32))
    np.testing.assert_array_equal(reference.decode(encode(polygon, (32, 30))[0]), reference.decode(expected))


def test_a_polygon_with_a_hole_keeps_its_hole() -> None:
    part = (geometry.box_ring(0, 0, 10, 10), geometry.box_ring(2, 2, 8, 8))
    assert areas(encode(Objects.from_shapes([(part,)], ["a"]), (12, 12))).tolist() == [64]


def test_points_and_objects_outside_the_image_are_empty() -> None:
    objects = Objects.concat([Objects.from_points([[3, 3]], ["a"]), Objects.from_boxes([[50, 50, 60, 60]], ["a"])])
    assert areas(encode(objects, (20, 20))).tolist() == [0, 0]


def test_an_image_of_too_many_pixels_is_refused() -> None:
    with pytest.raises(AnnelidError, match="compare the boxes"):
        encode(Objects.from_boxes([[0, 0, 5, 5]], ["a"]), (70_000, 70_000))
