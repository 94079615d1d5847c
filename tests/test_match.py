from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from annelid import geometry, tracing
from annelid.match import THRESHOLDS, By, Tally, box_overlap, iou_matrix, match, tally
from annelid.objects import Kind, Objects

ious = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=9),
    elements=st.sampled_from([0.0, 0.2, 0.5, 0.55, 0.7, 0.95, 1.0]),
)


def squares(*boxes: tuple[int, int, int, int]) -> Objects:
    return Objects.from_shapes([((geometry.box_ring(*b),),) for b in boxes], ["a"] * len(boxes), kinds=Kind.MASK)


@pytest.mark.parametrize("by", ["mask", "box"])
def test_iou_of_squares_is_what_arithmetic_says(by: By) -> None:
    truth, pred = (
        squares((0, 0, 10, 10), (20, 20, 30, 30)),
        squares((5, 0, 15, 10), (20, 20, 30, 30), (0, 0, 5, 10)),
    )
    expected = [[50 / 150, 0, 0.5], [0, 1, 0]]
    assert iou_matrix(truth, pred, (40, 40), by) == pytest.approx(np.array(expected))


@pytest.mark.parametrize("by", ["mask", "box"])
def test_no_objects_give_an_empty_matrix(by: By) -> None:
    none = Objects.empty()
    assert iou_matrix(none, squares((0, 0, 1, 1)), (5, 5), by).shape == (0, 1)
    assert iou_matrix(squares((0, 0, 1, 1)), none, (5, 5), by).shape == (1, 0)


def test_masks_that_fill_whole_columns_are_compared_to_their_end() -> None:
    both = squares((0, 0, 4, 6), (4, 0, 8, 6), (0, 0, 8, 6))
    expected = [[1, 0, 0.5], [0, 1, 0.5], [0.5, 0.5, 1]]
    assert iou_matrix(both, both, (8, 6)) == pytest.approx(np.array(expected))


def test_a_hole_is_not_part_of_the_object() -> None:
    ring = np.ones((10, 10), bool)
    ring[2:8, 2:8] = False
    truth = Objects.from_shapes([tracing.mask_to_shape(ring)], ["a"], kinds=Kind.MASK)
    assert iou_matrix(truth, squares((0, 0, 10, 10), (2, 2, 8, 8)), (12, 12)).tolist() == [[0.64, 0.0]]


def test_boxes_without_area_overlap_nothing() -> None:
    flat = np.array([[1.0, 1, 1, 5], [np.nan] * 4])
    assert not box_overlap(flat, np.array([[0.0, 0, 9, 9]])).any()


@given(ious, st.sampled_from(THRESHOLDS))
def test_optimal_pairs_use_each_object_once_and_equal_a_full_assignment(
    iou: NDArray[np.float64], threshold: float
) -> None:
    pairs = match(iou, threshold)
    assert len(set(pairs[:, 0])) == len(set(pairs[:, 1])) == len(pairs)
    assert (iou[pairs[:, 0], pairs[:, 1]] >= threshold).all()
    gain: NDArray[np.float64] = (iou >= threshold) * (1 + iou / (2 * max(min(iou.shape), 1)))
    best = gain[linear_sum_assignment(gain, maximize=True)].sum()
    assert gain[pairs[:, 0], pairs[:, 1]].sum() == pytest.approx(best)


@given(ious, st.sampled_from(THRESHOLDS), st.integers(0, 5))
def test_greedy_pairs_are_those_of_a_plain_loop(iou: NDArray[np.float64], threshold: float, seed: int) -> None:
    scores = np.asarray(np.random.default_rng(seed).integers(0, 4, iou.shape[1]) / 4, np.float64)
    expected, used = [], set()
    for p in sorted(range(iou.shape[1]), key=lambda p: -scores[p]):
        free = [t for t in range(iou.shape[0]) if t not in used and iou[t, p] >= threshold]
        if free:
            best = max(free, key=lambda t: (iou[t, p], t))
            used.add(best)
            expected.append((best, p))
    assert match(iou, threshold, scores).tolist() == [list(pair) for pair in sorted(expected)]


def test_the_better_score_chooses_first_where_the_optimum_would_differ() -> None:
    iou = np.array([[0.9, 0.8], [0.6, 0.0]])
    assert match(iou, 0.5).tolist() == [[0, 1], [1, 0]]
    assert match(iou, 0.5, np.array([0.9, 0.1])).tolist() == [[0, 0]]


def test_figures_follow_from_the_counts() -> None:
    t = tally(np.array([[0.8, 0, 0], [0, 0.6, 0]]), 0.5) + Tally(fn=1)
    assert (t.tp, t.fp, t.fn) == (2, 1, 1)
    assert t.precision == t.recall == t.f1 == pytest.approx(2 / 3)
    assert t.ap == 0.5
    assert t.mean_matched_score == pytest.approx(0.7)
    assert t.pq == pytest.approx(0.7 * 2 / 3)
    assert Tally().pq == Tally().ap == 0


def test_three_thousand_objects_a_side_take_seconds() -> None:
    y, x = np.divmod(np.arange(3000), 60)
    boxes = np.stack([x * 20, y * 20, x * 20 + 15, y * 20 + 15], 1)
    truth, pred = squares(*boxes.tolist()), squares(*(boxes + np.array([2, 1, 2, 1])).tolist())
    start = time.perf_counter()
    pairs = match(iou_matrix(truth, pred, (1250, 1050)), 0.5)
    assert pairs[:, 0].tolist() == pairs[:, 1].tolist() == list(range(3000))
    assert time.perf_counter() - start < 10
