from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from annelid.engines.yolo.repeats import Repeats, factors, shares


def on(*classes: int) -> NDArray[np.int64]:
    return np.array(classes, np.int64)


def test_a_class_on_few_pictures_calls_for_the_root_of_what_it_lacks() -> None:
    classes = [on(0, 0), on(0), on(0, 1), on()]
    np.testing.assert_allclose(shares(classes, 3), [0.75, 0.25, 0])
    np.testing.assert_allclose(factors(classes, 3, factor=1, below=0.5), [1, 1, np.sqrt(2), 1])
    np.testing.assert_allclose(factors(classes, 3, factor=2, below=1), 2 * np.sqrt([4 / 3, 4 / 3, 4, 1]))
    np.testing.assert_allclose(factors(classes, 3, factor=3, below=0), [3, 3, 3, 3])


@given(st.lists(st.floats(1, 5), min_size=1, max_size=20), st.integers(0, 2**32 - 1))
def test_an_epoch_is_as_long_as_the_factors_say_and_shows_everything(values: list[float], seed: int) -> None:
    generator = torch.Generator()
    generator.manual_seed(seed)
    sampler = Repeats(np.array(values), generator)
    for _ in range(3):
        counts = np.bincount(list(sampler), minlength=len(values))
        assert counts.sum() == len(sampler) == max(1, round(sum(values)))
        assert (counts >= np.floor(values)).all()
        assert (counts - values <= 1.5).all()


def test_the_rest_of_a_factor_comes_up_in_its_share_of_the_epochs() -> None:
    generator = torch.Generator()
    generator.manual_seed(0)
    sampler = Repeats(np.array([1.3, 1.0, 1.0, 2.7]), generator)
    counts = np.mean([np.bincount(list(sampler), minlength=4) for _ in range(600)], axis=0)
    np.testing.assert_allclose(counts, [1.3, 1, 1, 2.7], atol=0.08)


def test_the_same_random_numbers_give_the_same_order() -> None:
    orders = []
    for _ in range(2):
        generator = torch.Generator()
        generator.manual_seed(7)
        orders.append(list(Repeats(np.array([1.5, 2, 3.25]), generator)))
    assert orders[0] == orders[1]


@pytest.mark.parametrize("below", [0.0, 0.5])
def test_pictures_without_objects_are_shown_as_often_as_it_is_said(below: float) -> None:
    np.testing.assert_allclose(factors([on(), on(0)], 1, factor=4, below=below), [4, 4])
