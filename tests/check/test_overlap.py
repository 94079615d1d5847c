"""Objects of one class that lie in each other are found; neighbours and other classes are not."""

from __future__ import annotations

import numpy as np
import pytest

from annelid.check.overlap import overlapping_pairs
from annelid.geometry import box_ring
from annelid.objects import Objects

SIZE = (200, 200)


def outlines(*boxes: tuple[int, int, int, int], labels: list[str] | None = None) -> Objects:
    return Objects.from_shapes([((box_ring(*box),),) for box in boxes], labels or ["cell"] * len(boxes))


def shares(objects: Objects) -> list[tuple[int, int, float]]:
    return [(a, b, round(share, 2)) for a, b, share in overlapping_pairs(objects, SIZE)]


def test_a_fragment_inside_another_object_is_found_with_its_share() -> None:
    objects = outlines((10, 10, 110, 110), (20, 20, 40, 40), (150, 10, 190, 50))
    assert shares(objects) == [(1, 0, 1.0)]


@pytest.mark.parametrize(("left", "expected"), [(30, [0.75]), (65, []), (90, [])])
def test_the_share_of_the_smaller_one_decides(left: int, expected: list[float]) -> None:
    objects = outlines((0, 0, 90, 100), (left, 0, left + 80, 100))
    assert [share for *_, share in shares(objects)] == expected


def test_boxes_may_overlap_by_much_but_not_lie_in_each_other() -> None:
    assert overlapping_pairs(Objects.from_boxes([[0, 0, 100, 100], [30, 0, 120, 100]], ["cell"] * 2), SIZE) == []
    inside = Objects.from_boxes([[0, 0, 100, 100], [30, 30, 60, 60]], ["cell"] * 2)
    assert shares(inside) == [(1, 0, 1.0)]


def test_a_nucleus_in_its_cell_touching_cells_and_copies_are_not_meant() -> None:
    assert overlapping_pairs(outlines((0, 0, 100, 100), (20, 20, 60, 60), labels=["cell", "nucleus"]), SIZE) == []
    assert overlapping_pairs(outlines((0, 0, 50, 50), (50, 0, 100, 50)), SIZE) == []
    assert overlapping_pairs(outlines((0, 0, 50, 50), (0, 0, 50, 51)), SIZE) == []
    ignored = outlines((0, 0, 100, 100), (20, 20, 60, 60)).replace(ignore=np.array([True, False]))
    assert overlapping_pairs(ignored, SIZE) == []
