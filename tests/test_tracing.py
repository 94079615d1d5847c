from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from annelid.geometry import Shape, shape_area, shape_box, shape_to_mask, shape_to_shapely, signed_area
from annelid.tracing import boundary_pixel_rings, label_image_to_shapes, mask_to_shape

Mask = NDArray[np.bool_]
SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))
MASKS = hnp.arrays(bool, SIZES)
LABELS = hnp.arrays(np.uint16, SIZES, elements=st.integers(0, 3))


def mask(*rows: str) -> Mask:
    return np.array([[c == "#" for c in row] for row in rows])


RING = mask("####", "#..#", "#..#", "####")
CORNERS = mask("#.#", ".#.", "#.#")
POCKET = mask("###", "#.#", "##.")
ISLAND = mask("#####", "#...#", "#.#.#", "#...#", "#####")


@given(MASKS)
def test_a_mask_comes_back_from_its_rings(m: Mask) -> None:
    np.testing.assert_array_equal(shape_to_mask(mask_to_shape(m), m.shape), m)


@given(MASKS, st.tuples(st.integers(-50, 50), st.integers(-50, 50)))
def test_a_mask_comes_back_from_its_rings_wherever_it_lies(m: Mask, origin: tuple[int, int]) -> None:
    shape = mask_to_shape(m, origin)
    np.testing.assert_array_equal(shape_to_mask(shape, m.shape, origin), m)
    if m.any():
        y, x = np.nonzero(m)
        box = np.array([x.min(), y.min(), x.max() + 1, y.max() + 1]) + np.tile(origin, 2)
        assert shape_box(shape) == tuple(box)


@given(MASKS)
def test_an_outline_encloses_as_many_square_pixels_as_the_mask_has(m: Mask) -> None:
    assert shape_area(mask_to_shape(m)) == m.sum()


@given(MASKS)
def test_outlines_are_simple_and_valid(m: Mask) -> None:
    for part in mask_to_shape(m):
        polygon = shapely.Polygon(part[0], part[1:])
        assert polygon.is_valid, shapely.is_valid_reason(polygon)
        assert all(shapely.LinearRing(ring).is_simple for ring in part)


@given(MASKS)
def test_parts_do_not_overlap_and_touch_at_corners_only(m: Mask) -> None:
    parts = [shapely.Polygon(part[0], part[1:]) for part in mask_to_shape(m)]
    for i, a in enumerate(parts):
        for b in parts[:i]:
            shared = a.intersection(b)
            assert shared.area == 0
            assert shared.length == 0


@given(MASKS)
def test_exteriors_run_clockwise_and_holes_against_it_with_vertices_at_turns_only(m: Mask) -> None:
    for part in mask_to_shape(m):
        assert signed_area(part[0]) > 0
        assert all(signed_area(hole) < 0 for hole in part[1:])
        for ring in part:
            step = np.roll(ring, -1, 0) - ring
            assert ((step == 0).sum(1) == 1).all()  # along one axis
            assert ((step != 0) != (np.roll(step, -1, 0) != 0)).all()  # and then along the other


@given(LABELS)
def test_every_object_of_a_label_image_comes_back_as_itself(labels: NDArray[np.uint16]) -> None:
    shapes = label_image_to_shapes(labels)
    assert list(shapes) == sorted(set(labels.ravel().tolist()) - {0})
    for label, shape in shapes.items():
        np.testing.assert_array_equal(shape_to_mask(shape, labels.shape), labels == label)
        assert shapely.MultiPolygon([(part[0], part[1:]) for part in shape]).area == (labels == label).sum()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint16, np.int64, np.uint32])
def test_labels_may_be_as_large_as_their_type(dtype: Any) -> None:
    most = int(np.iinfo(dtype).max)
    labels = np.array([[most, 0, 1], [most, 1, 1]], dtype)
    assert list(label_image_to_shapes(labels)) == [1, most]


def test_an_empty_mask_has_no_parts() -> None:
    assert mask_to_shape(np.zeros((4, 5), bool)) == ()
    assert boundary_pixel_rings(np.zeros((4, 5), bool)) == ()
    assert label_image_to_shapes(np.zeros((3, 3), np.uint16)) == {}


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_mask_without_pixels_has_no_parts(size: tuple[int, int]) -> None:
    assert mask_to_shape(np.zeros(size, bool)) == ()
    assert boundary_pixel_rings(np.zeros(size, bool)) == ()


@pytest.mark.parametrize(
    ("m", "rings_of_parts"),
    [(RING, [2]), (CORNERS, [1, 1, 1, 1, 1]), (POCKET, [2]), (ISLAND, [2, 1])],
    ids=["hole", "corners", "pocket", "island in a hole"],
)
def test_holes_parts_and_pockets_are_what_they_look_like(m: Mask, rings_of_parts: list[int]) -> None:
    assert [len(part) for part in mask_to_shape(m)] == rings_of_parts


def test_a_square_has_four_corners() -> None:
    (part,) = mask_to_shape(np.ones((30, 20), bool), (5, 7))
    assert sorted(part[0].tolist()) == [[5, 7], [5, 37], [25, 7], [25, 37]]


# --- rings through the centres of the outermost pixels ---------------------------------------------------------


def _as_opencv_draws(shape: Shape, size_hw: tuple[int, int]) -> Mask:
    import cv2

    canvas = np.zeros(size_hw, np.uint8)
    for part in shape:
        one = np.zeros(size_hw, np.uint8)
        cv2.fillPoly(one, [ring.astype(np.int32) for ring in part], 1)  # truncates, as Ultralytics does
        canvas |= one
    return canvas > 0


@given(MASKS.filter(lambda m: bool(m.any())))
def test_rings_through_pixel_centres_drawn_with_their_outline_give_the_exteriors_back(m: Mask) -> None:
    shape = boundary_pixel_rings(m)
    filled = shape_to_mask(tuple((part[0],) for part in mask_to_shape(m)), m.shape)
    np.testing.assert_array_equal(_as_opencv_draws(tuple((part[0],) for part in shape), m.shape), filled)


@given(MASKS.filter(lambda m: bool(m.any())))
def test_rings_through_pixel_centres_drawn_with_their_outline_give_the_mask_back(m: Mask) -> None:
    np.testing.assert_array_equal(_as_opencv_draws(boundary_pixel_rings(m), m.shape), m)


@given(MASKS, st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_rings_through_pixel_centres_have_their_vertices_in_the_object(m: Mask, origin: tuple[int, int]) -> None:
    for part in boundary_pixel_rings(m, origin):
        for ring in part:
            assert len(ring) >= 1
            pixel = np.floor(ring - origin).astype(int)
            np.testing.assert_array_equal(ring - origin - pixel, 0.5)
            assert m[pixel[:, 1], pixel[:, 0]].all()


def test_one_pixel_is_a_ring_of_one_point() -> None:
    m = np.zeros((5, 5), bool)
    m[2, 3] = True
    (part,) = boundary_pixel_rings(m)
    assert part[0].tolist() == [[3.5, 2.5]]


def test_ten_thousand_objects_are_traced_in_a_moment() -> None:
    y, x = np.mgrid[:1000, :1000]
    labels = np.where((y % 10 < 7) & (x % 10 < 7), (y // 10) * 100 + x // 10 + 1, 0)
    shapes = label_image_to_shapes(labels)
    assert len(shapes) == 10_000
    assert shape_to_shapely(shapes[10_000]).bounds == (990, 990, 997, 997)
