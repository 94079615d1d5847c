"""Every error has one kind: what was missed and why, what was made up and how."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.diagnose.errors_of_image import EXTRA, MISSED, ImageErrors, errors_of_image
from annelid.diagnose.outcomes import Outcomes, outcomes
from annelid.evaluate import evaluate
from annelid.evaluate.counted import counted
from annelid.image import ImageRef, View
from annelid.match import By
from annelid.objects import Objects

SIZE = (200, 100)
Box = tuple[float, float, float, float]


def image(truth: Objects) -> LabeledImage:
    return LabeledImage(View(ImageRef("i", ("i.tif",), SIZE)), truth, whole_image(SIZE))


def boxes(*rows: Box, label: str = "cell") -> Objects:
    return Objects.from_boxes(np.array(rows).reshape(-1, 4), [label] * len(rows))


def masks(*rows: Box, label: str = "cell") -> Objects:
    raster = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    for n, (x1, y1, x2, y2) in enumerate(rows, start=1):
        raster[int(y1) : int(y2), int(x1) : int(x2)] = n
    return Objects.from_label_image(raster, label)


def errors(truth: Objects, found: Objects, by: By = "box", conf: float = 0.5) -> ImageErrors:
    dataset = Dataset(("cell", "dirt"), (image(truth),))
    (of_image,), _ = counted(dataset, {"i": found.replace(scores=0.9)})
    return errors_of_image("i.tif", of_image, by, conf)


@pytest.mark.parametrize(
    ("found", "missed", "extra"),
    [
        ([(0, 0, 20, 20), (22, 0, 40, 20)], ["", ""], ["", ""]),
        ([(0, 0, 20, 20)], ["", "unseen"], [""]),
        ([(0, 0, 40, 20)], ["", "merged"], [""]),
        ([(0, 0, 40, 26)], ["merged", "merged"], ["merger"]),
        ([(0, 0, 20, 20), (22, 0, 40, 8)], ["", "loose"], ["", "loose"]),
        ([(0, 0, 20, 20), (22, 0, 40, 20), (0, 0, 20, 18)], ["", ""], ["", "", "twice"]),
        ([(0, 0, 20, 20), (22, 0, 40, 20), (100, 50, 120, 70)], ["", ""], ["", "", "background"]),
        ([(0, 0, 20, 9), (0, 10, 20, 19), (22, 0, 40, 20)], ["loose", ""], ["piece", "piece", ""]),
        ([(0, 0, 200, 100)], ["unseen", "unseen"], ["background"]),
    ],
    ids=["right", "unseen", "merged", "both-merged", "loose", "twice", "background", "pieces", "over-everything"],
)
def test_an_error_has_the_kind_that_a_person_would_name(found: list[Box], missed: list[str], extra: list[str]) -> None:
    truth = [(0.0, 0.0, 20.0, 20.0), (22.0, 0.0, 40.0, 20.0)]
    told = errors(boxes(*truth), boxes(*found))
    assert list(told.missed) == missed
    assert list(told.extra) == extra


def test_masks_and_boxes_of_upright_rectangles_tell_the_same() -> None:
    truth, found = [(0, 0, 20, 20), (22, 0, 40, 20)], [(0, 0, 20, 12), (50, 0, 70, 20)]
    by_box, by_mask = errors(boxes(*truth), boxes(*found)), errors(masks(*truth), masks(*found), "mask")
    assert by_box.missed == by_mask.missed
    assert by_box.extra == by_mask.extra
    assert by_box.iou == pytest.approx(by_mask.iou)


def test_a_wrong_class_is_an_error_of_class_on_both_sides() -> None:
    told = errors(boxes((0, 0, 20, 20)), boxes((0, 0, 20, 20), label="dirt"))
    assert told.missed == ("class",)
    assert told.extra == ("class",)


def test_what_lies_where_nothing_counts_is_no_error() -> None:
    truth = Objects.concat([boxes((0, 0, 20, 20)), boxes((50, 0, 90, 40)).replace(ignore=True)])
    assert errors(truth, boxes((0, 0, 20, 20), (55, 5, 75, 25))).extra == ("", "")


def test_predictions_below_the_confidence_are_not_there() -> None:
    assert errors(boxes((0, 0, 20, 20)), boxes((0, 0, 20, 20)), conf=0.95).missed == ("unseen",)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 180), st.integers(0, 80), st.integers(5, 20)), max_size=6), st.integers(0, 99))
def test_found_and_missed_are_all_and_the_counts_are_those_of_the_evaluation(
    places: list[tuple[int, int, int]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    truth = boxes(*((float(x), float(y), float(x + w), float(y + w)) for x, y, w in places))
    found = boxes(*(truth.boxes_xyxy + rng.integers(-4, 5, (len(truth), 4)))) if len(truth) else boxes()
    dataset = Dataset(("cell",), (image(truth),))
    predicted = Dataset(("cell",), (image(found.replace(scores=0.9)),))
    evaluation = evaluate(dataset, {"i": predicted.items[0].objects}, conf_for_pr=0.5)
    told = outcomes("val", evaluation, dataset, predicted)
    tally = evaluation.bio.tallies[0]
    assert (told.found, told.n_missed, told.n_extra) == (tally.tp, tally.fn, tally.fp)
    assert sum(told.missed.values()) == told.n_missed
    assert set(told.missed) <= set(MISSED)
    assert set(told.extra) <= set(EXTRA)
    assert sum(size.objects for size in told.sizes) == told.objects
    assert Outcomes.from_dict(told.to_dict()).to_dict() == told.to_dict()
