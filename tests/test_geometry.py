from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.strategies import polygons

from annelid import geometry
from annelid.geometry import Shape
from annelid.tracing import mask_to_shape

SIZE = (40, 30)  # w, h
SHAPES = polygons(SIZE)
BOW_TIE: Shape = ((np.array([[0.0, 0], [10, 10], [10, 0], [0, 10]]),),)
SQUARE_WITH_HOLE: Shape = ((geometry.box_ring(0, 0, 10, 10), geometry.box_ring(3, 3, 7, 7)),)


def _centres(size_wh: tuple[int, int]) -> np.ndarray:
    x, y = np.meshgrid(np.arange(size_wh[0]) + 0.5, np.arange(size_wh[1]) + 0.5)
    return shapely.points(x.ravel(), y.ravel()).reshape(x.shape)  # type: ignore[no-any-return]


@given(SHAPES)
def test_a_pixel_is_inside_when_its_centre_is(shape: Shape) -> None:
    mask = geometry.shape_to_mask(shape, (SIZE[1], SIZE[0]))
    whole, points = geometry.shape_to_shapely(shape), _centres(SIZE)
    inside = shapely.contains(whole, points)
    near = shapely.distance(shapely.boundary(whole), points) < 1e-9
    np.testing.assert_array_equal(mask[~near], inside[~near])


@given(SHAPES, st.tuples(st.integers(-20, 20), st.integers(-20, 20)))
def test_a_raster_is_a_window_of_the_whole_raster(shape: Shape, origin: tuple[int, int]) -> None:
    moved = geometry.move_shape(shape, origin)
    np.testing.assert_array_equal(
        geometry.shape_to_mask(moved, (30, 40), origin), geometry.shape_to_mask(shape, (30, 40))
    )
    window = geometry.shape_to_mask(shape, (10, 12), (7, 5))
    np.testing.assert_array_equal(window, geometry.shape_to_mask(shape, (30, 40))[5:15, 7:19])


@given(SHAPES)
def test_the_direction_in_which_a_ring_runs_does_not_matter(shape: Shape) -> None:
    turned = tuple(tuple(ring[::-1] for ring in part) for part in shape)
    np.testing.assert_array_equal(geometry.shape_to_mask(turned, (30, 40)), geometry.shape_to_mask(shape, (30, 40)))
    assert geometry.shape_area(turned) == pytest.approx(geometry.shape_area(shape))
    assert [geometry.signed_area(r) for p in turned for r in p] == pytest.approx(
        [-geometry.signed_area(r) for p in shape for r in p]
    )


@given(SHAPES)
def test_areas_and_boxes_are_those_of_shapely(shape: Shape) -> None:
    polygons = [shapely.Polygon(part[0], part[1:]) for part in shape]
    assert geometry.shape_area(shape) == pytest.approx(sum(p.area for p in polygons))
    assert geometry.shape_box(shape) == shapely.MultiPolygon(polygons).bounds


@given(SHAPES)
def test_shapely_and_back_is_the_same_shape(shape: Shape) -> None:
    back = geometry.shape_from_shapely(geometry.shape_to_shapely(shape))
    assert [[r.tolist() for r in p] for p in back] == [[r.tolist() for r in p] for p in shape]


def test_holes_are_empty_by_the_even_odd_rule() -> None:
    mask = geometry.shape_to_mask(SQUARE_WITH_HOLE, (10, 10))
    assert mask.sum() == geometry.shape_area(SQUARE_WITH_HOLE) == 84
    assert not mask[3:7, 3:7].any()


def test_parts_are_united_even_where_they_overlap() -> None:
    shape: Shape = ((geometry.box_ring(0, 0, 6, 6),), (geometry.box_ring(3, 0, 9, 6),))
    assert geometry.shape_to_mask(shape, (6, 10)).sum() == 54


def test_a_bow_tie_covers_both_of_its_wings() -> None:
    assert geometry.has_self_intersection(BOW_TIE)
    mask = geometry.shape_to_mask(BOW_TIE, (10, 10))
    repaired = geometry.repair_shape(BOW_TIE)
    assert not geometry.has_self_intersection(repaired)
    assert geometry.shape_area(repaired) == pytest.approx(50)
    assert (geometry.shape_to_mask(repaired, (10, 10)) != mask).sum() <= 10  # centres on the diagonals


def test_a_valid_shape_is_not_repaired() -> None:
    assert geometry.repair_shape(SQUARE_WITH_HOLE) is SQUARE_WITH_HOLE


RANDOM_RINGS = hnp.arrays(np.float64, st.tuples(st.integers(3, 8), st.just(2)), elements=st.integers(0, 12).map(float))


@given(RANDOM_RINGS)
def test_whatever_is_repaired_is_valid_and_covers_the_same(ring: np.ndarray) -> None:
    shape: Shape = ((ring,),)
    repaired = geometry.repair_shape(shape)
    assert not geometry.has_self_intersection(repaired)
    if repaired:
        points, edges = _centres((12, 12)), shapely.boundary(geometry.shape_to_shapely(repaired))
        clear = shapely.distance(edges, points) > 1e-6
        clear &= shapely.distance(shapely.LinearRing(ring), points) > 1e-6
        before, after = (geometry.shape_to_mask(s, (12, 12)) for s in (shape, repaired))
        np.testing.assert_array_equal(after[clear], before[clear])


@given(SHAPES, st.tuples(st.integers(0, 20), st.integers(0, 15), st.integers(1, 20), st.integers(1, 15)))
def test_a_clipped_shape_is_what_lies_in_the_box(shape: Shape, box: tuple[int, int, int, int]) -> None:
    x, y, w, h = box
    clipped = geometry.clip_shape(shape, (x, y, x + w, y + h))
    expected = np.zeros((30, 40), bool)
    expected[y : y + h, x : x + w] = geometry.shape_to_mask(shape, (30, 40))[y : y + h, x : x + w]
    whole, points = geometry.shape_to_shapely(shape), _centres(SIZE)
    clear = shapely.distance(shapely.boundary(whole), points) > 1e-6
    np.testing.assert_array_equal(geometry.shape_to_mask(clipped, (30, 40))[clear], expected[clear])
    if clipped:
        x1, y1, x2, y2 = geometry.shape_box(clipped)
        assert (x1, y1) >= (x, y) or (x1 >= x and y1 >= y)
        assert x2 <= x + w
        assert y2 <= y + h


def test_a_shape_is_cut_by_the_union_of_others() -> None:
    others: list[Shape] = [((geometry.box_ring(0, 0, 5, 10),),), ((geometry.box_ring(4, 0, 8, 10),),)]
    assert geometry.shape_area(geometry.intersect_shapes(SQUARE_WITH_HOLE, others)) == 80 - 16
    assert geometry.intersect_shapes(SQUARE_WITH_HOLE, [((geometry.box_ring(20, 0, 25, 5),),)]) == ()


@given(
    st.floats(0.5, 15),
    st.floats(0.5, 15),
    st.floats(-7, 7),
    st.integers(3, 90),
)
def test_an_ellipse_has_the_area_of_an_ellipse(rx: float, ry: float, angle: float, points: int) -> None:
    ring = geometry.ellipse_ring((20, 15), (rx, ry), angle, points)
    assert len(ring) == points
    assert geometry.signed_area(ring) == pytest.approx(np.pi * rx * ry)
    assert ring.mean(0) == pytest.approx([20, 15])


def test_a_shape_moves_after_it_is_scaled() -> None:
    (part,) = geometry.move_shape(((geometry.box_ring(1, 2, 3, 4),),), (10, 20), (2, 3))
    assert part[0].tolist() == [[12, 26], [16, 26], [16, 32], [12, 32]]


def test_the_window_of_a_shape_holds_it_and_stays_in_the_image() -> None:
    shape: Shape = ((geometry.box_ring(2.5, 3.1, 7.2, 50),),)
    assert geometry.crop_of_shape(shape, (20, 10)) == (2, 3, 8, 10)
    assert geometry.crop_of_shape(((geometry.box_ring(-9, -9, -2, -2),),), (20, 10)) is None
    assert geometry.crop_of_shape((), (20, 10)) is None
    assert geometry.crop_of_shape(((np.full((3, 2), np.nan),),), (20, 10)) is None


@pytest.mark.parametrize("shape", [(), ((),), ((np.zeros((0, 2)),),), ((np.array([[1.0, 2]]),),)])
def test_what_has_no_inside_covers_nothing(shape: Shape) -> None:
    assert not geometry.shape_to_mask(shape, (5, 5)).any()
    assert geometry.shape_area(shape) == 0
    assert not geometry.has_self_intersection(shape)


def test_only_polygons_are_taken_from_a_collection() -> None:
    collection = shapely.GeometryCollection(
        [shapely.Point(1, 1), shapely.box(0, 0, 2, 2), shapely.MultiPolygon([shapely.box(5, 5, 6, 6)])]
    )
    assert geometry.shape_area(geometry.shape_from_shapely(collection)) == 5
    assert geometry.shape_from_shapely(shapely.Polygon()) == ()


@given(hnp.arrays(bool, (9, 11)))
def test_clipping_a_traced_mask_at_whole_pixels_is_exact(m: np.ndarray) -> None:
    clipped = geometry.clip_shape(mask_to_shape(m), (2, 3, 8, 7))
    expected = np.zeros_like(m)
    expected[3:7, 2:8] = m[3:7, 2:8]
    np.testing.assert_array_equal(geometry.shape_to_mask(clipped, (9, 11)), expected)
