from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.strategies import object_sets, polygons

from annelid.engines.yolo import rings
from annelid.geometry import Shape, ellipse_ring, move_shape, shape_area, shape_to_mask
from annelid.objects import Kind, Objects
from annelid.tracing import mask_to_shape

SIZE = (40, 30)
AREAS = tuple(kind for kind in Kind if kind != Kind.POINT)


def _numbers(count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(count, dtype=np.int64)


@given(object_sets(SIZE, AREAS))
def test_packed_shapes_are_taken_apart_again(objects: Objects) -> None:
    shapes = list(objects.shapes)
    outlines, table = rings.pack(shapes)
    assert outlines.shape == (len(shapes), table.points, 2)
    for n, shape in enumerate(shapes):
        back = table.shape(n, outlines[n])
        assert [len(part) for part in back] == [len(part) for part in shape]
        assert shape_area(back) == pytest.approx(shape_area(shape), abs=1e-2)
        for ring_a, ring_b in zip(*([r for part in s for r in part] for s in (back, shape)), strict=True):
            kept = np.abs(ring_a[:, None] - ring_b[None]).sum(2).min(0)
            np.testing.assert_allclose(kept, 0, atol=1e-4)  # every vertex is still one
            assert np.hypot(*(np.roll(ring_a, -1, 0) - ring_a).T).max() <= rings.STEP + 1e-3


@given(st.lists(hnp.arrays(bool, (12, 15)).filter(lambda m: bool(m.any())), min_size=1, max_size=4))
def test_any_masks_come_back_at_full_resolution(masks: list[np.ndarray]) -> None:
    outlines, table = rings.pack([mask_to_shape(m) for m in masks])
    back = rings.raster(table, _numbers(len(masks)), outlines, (12, 15), 1)
    np.testing.assert_array_equal(back, np.stack(masks))


@given(st.lists(polygons(SIZE), min_size=1, max_size=4), st.sampled_from([1, 2, 4]))
def test_a_raster_is_that_of_the_shapes_at_its_resolution(shapes: list[Shape], ratio: int) -> None:
    outlines, table = rings.pack(shapes)
    size_hw = (28 // ratio, 40 // ratio)
    got = rings.raster(table, _numbers(len(shapes)), outlines, size_hw, ratio)
    for mask, shape in zip(got, shapes, strict=True):
        expected = shape_to_mask(move_shape(shape, scale_xy=(1 / ratio, 1 / ratio)), size_hw)
        assert (mask != expected).sum() <= 1  # float32 may put a border on the other side of a pixel's centre


@given(
    st.lists(polygons(SIZE), min_size=1, max_size=3),
    st.permutations(range(3)),
    st.tuples(*[st.integers(-8, 8).map(lambda v: v / 4)] * 4),
    st.tuples(st.integers(-10, 10), st.integers(-10, 10)),
)
def test_holes_and_parts_survive_affine_moves_copies_and_losses(
    shapes: list[Shape], order: list[int], matrix: tuple[float, ...], shift: tuple[int, int]
) -> None:
    """What augmentation does: rows are dropped, repeated and moved; the number beside each says how to cut it."""
    outlines, table = rings.pack(shapes)
    kept = np.array([n for n in [*order, *order[:1]] if n < len(shapes)], np.int64)
    affine = np.array(matrix).reshape(2, 2)
    moved = outlines[kept].astype(np.float64) @ affine.T + shift
    _, numbers = rings.untag(rings.tag(np.zeros(len(kept), np.int64), kept))
    got = rings.raster(table, numbers, moved, (30, 40), 1)
    for mask, number in zip(got, kept.tolist(), strict=True):
        shape = tuple(tuple(ring @ affine.T + shift for ring in part) for part in shapes[number])
        assert (mask != shape_to_mask(shape, (30, 40))).sum() <= 2


@given(st.lists(st.tuples(st.integers(0, 4095), st.integers(0, 10**9)), max_size=8))
def test_class_and_number_travel_in_one_column(pairs: list[tuple[int, int]]) -> None:
    classes, numbers = (np.array([p[i] for p in pairs], np.int64) for i in (0, 1))
    column = rings.tag(classes, numbers)
    assert column.shape == (len(pairs), 1)
    back, found = rings.untag(column)
    assert back.dtype == np.float32
    assert back[:, 0].astype(int).tolist() == classes.tolist()
    assert found.tolist() == numbers.tolist()


def test_outlines_of_very_many_vertices_are_thinned_without_harm() -> None:
    ring = ellipse_ring((500, 500), (400, 300), points=20_000)
    hole = ellipse_ring((500, 500), (100, 90), points=5_000)
    outlines, table = rings.pack([((ring, hole),)])
    assert table.points <= 2 * rings.MAX_POINTS
    got = rings.raster(table, _numbers(1), outlines, (1000, 1000), 1)[0]
    expected = shape_to_mask(((ring, hole),), (1000, 1000))
    assert (got & expected).sum() / (got | expected).sum() > 0.998
    assert not got[500, 500]


def test_a_jagged_outline_is_thinned_in_the_end() -> None:
    rng = np.random.default_rng(0)
    shape = mask_to_shape(rng.random((150, 150)) < 0.5)
    outlines, table = rings.pack([shape])
    assert outlines.shape[1] == table.points


def test_nothing_packs_to_nothing() -> None:
    outlines, table = rings.pack([])
    assert outlines.shape == (0, 1, 2)
    assert rings.raster(table, _numbers(0), outlines, (5, 6), 1).shape == (0, 5, 6)


def test_what_lies_outside_of_the_picture_leaves_an_empty_mask() -> None:
    outlines, table = rings.pack([mask_to_shape(np.ones((4, 4), bool))])
    assert not rings.raster(table, _numbers(1), outlines + 100, (30, 30), 1).any()
    assert not rings.raster(table, _numbers(1), outlines - 100, (30, 30), 1).any()


@pytest.mark.parametrize("ratio", [1, 2, 3, 4, 8])
def test_masks_are_at_one_over_the_ratio(ratio: int) -> None:
    outlines, table = rings.pack([mask_to_shape(np.ones((24, 24), bool))])
    got = rings.raster(table, _numbers(1), outlines, (48 // ratio, 48 // ratio), ratio)
    assert got.sum() == (24 // ratio) ** 2
