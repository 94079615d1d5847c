from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from annelid import geometry
from annelid.objects import Kind, Objects
from annelid.tiling import Tile, merge, tiles

Labels = NDArray[np.int32]


def disks(size_wh: tuple[int, int], radii: tuple[int, int], n: int, seed: int) -> Labels:
    """A label image of disks that neither overlap nor touch."""
    rng = np.random.default_rng(seed)
    image = np.zeros(size_wh[::-1], np.int32)
    y, x = np.mgrid[: size_wh[1], : size_wh[0]]
    for value in range(1, n + 1):
        r, cx, cy = rng.integers(*radii, endpoint=True), *(rng.integers(0, size) for size in size_wh)
        distance = (x - cx) ** 2 + (y - cy) ** 2
        if not image[distance <= (r + 2) ** 2].any():
            image[distance <= r**2] = value
    return image


def perfect_detector(image: Labels, tile: Tile) -> Objects:
    x1, y1, x2, y2 = tile.read
    return Objects.from_label_image(image[y1:y2, x1:x2], "disk", scores=0.9)


def as_shapes(objects: Objects) -> list[str]:
    return sorted(repr([[r.tolist() for r in part] for part in shape]) for shape in objects.shapes)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 150), st.integers(1, 150)),
    st.integers(8, 70),
    st.floats(0, 0.9),
    st.sampled_from([(1, 4), (3, 12), (10, 40)]),
    st.integers(0, 1000),
)
def test_what_a_perfect_detector_sees_on_tiles_comes_back_exactly_once(
    size_wh: tuple[int, int], tile: int, share: float, radii: tuple[int, int], seed: int
) -> None:
    image = disks(size_wh, radii, 25, seed)
    grid = tiles(size_wh, tile, int(tile * share))
    merged = merge([(t, perfect_detector(image, t)) for t in grid], size_wh)
    assert as_shapes(merged) == as_shapes(Objects.from_label_image(image, "disk"))
    assert (merged.kinds == Kind.MASK).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(20, 60), st.floats(0.1, 0.8), st.integers(0, 1000))
def test_boxes_come_back_exactly_once(tile: int, share: float, seed: int) -> None:
    image = disks((120, 90), (2, 25), 20, seed)
    truth = Objects.from_label_image(image, "disk").boxes_xyxy
    found = []
    for t in tiles((120, 90), tile, int(tile * share)):
        x1, y1, x2, y2 = t.read
        cut = np.clip(truth, [x1, y1, x1, y1], [x2, y2, x2, y2])
        seen = cut[(cut[:, 2] > cut[:, 0]) & (cut[:, 3] > cut[:, 1])]
        found.append((t, Objects.from_boxes(seen - [x1, y1, x1, y1], ["disk"] * len(seen))))
    merged = merge(found, (120, 90)).boxes_xyxy
    # Boxes of neighbours may overlap, so that pieces of two become one: no box is lost, and none is there
    # twice.
    assert len(np.unique(merged, axis=0)) == len(merged) <= len(truth)


def outline(*box: float) -> Objects:
    return Objects.from_shapes([((geometry.box_ring(*box),),)], ["a"], scores=0.5)


def of_both(left: Objects, right: Objects) -> Objects:
    """Merge what two tiles of 60 pixels, that share 20, have found; given in coordinates of the image."""
    a, b = tiles((100, 50), 60, 20)
    return merge([(a, left), (b, right.moved((-40, 0)))], (100, 50))


def test_two_slightly_different_outlines_of_one_object_are_one() -> None:
    left, right = outline(44, 10, 55.5, 20), outline(44.5, 10, 56, 20).replace(scores=0.8)
    assert of_both(left, right) == right


def test_an_object_is_not_lost_when_each_tile_thinks_that_it_is_the_others() -> None:
    left, right = outline(45, 10, 56, 20), outline(44, 10, 55, 20)
    assert len(of_both(left, right)) == 1


def test_what_only_the_neighbour_claims_far_from_its_core_is_dropped() -> None:
    assert len(of_both(Objects.empty(), outline(42, 10, 46, 14))) == 0


def test_touching_pieces_of_different_classes_stay_apart() -> None:
    left, right = outline(5, 10, 60, 20), outline(40, 10, 95, 20).replace(labels="b")
    assert len(of_both(left, right)) == 2


def test_pieces_of_a_large_polygon_are_united_and_keep_the_columns_of_the_largest() -> None:
    left, right = outline(5, 10, 60, 20), outline(40, 10, 99, 20).replace(scores=0.9, authors="model:x")
    merged = of_both(left, right)
    assert merged.boxes_xyxy.tolist() == [[5, 10, 99, 20]]
    assert merged.areas.tolist() == [940]
    assert (merged.scores[0], merged.authors[0], merged.ids[0]) == (0.9, "model:x", right.ids[0])


def test_two_different_objects_that_end_in_the_strip_are_not_united() -> None:
    left, right = outline(5, 10, 60, 20), outline(40, 30, 95, 40)
    assert len(of_both(left, right)) == 2


def test_one_tile_and_no_tiles_need_no_merging() -> None:
    (only,) = tiles((30, 30), 60, 20)
    found = outline(1, 1, 5, 5)
    assert merge([(only, found)], (30, 30)) == found
    assert len(merge([], (30, 30))) == 0


@pytest.mark.parametrize("overlap", [8, 20])
def test_a_crowded_slide_of_many_tiles_merges_in_seconds(overlap: int) -> None:
    size = (600, 600)
    y, x = np.mgrid[:600, :600]
    image = np.where((x % 10 < 8) & (y % 10 < 8), (y // 10) * 60 + x // 10 + 1, 0).astype(np.int32)
    merged = merge([(t, perfect_detector(image, t)) for t in tiles(size, 64, overlap)], size)
    assert (np.sort(merged.areas) == 64).all()
    assert len(merged) == 3600
