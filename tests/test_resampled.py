"""Figures of selections of images, from what became of every prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.evaluate import evaluate
from annelid.evaluate.figures import Evaluation
from annelid.evaluate.resampled import Evidence, figures
from annelid.formats import coco_read, coco_results
from annelid.image import ImageRef, View
from annelid.objects import Objects

CLASSES = ("cell", "debris")
FIGURES = ("mAP50-95", "mAP50", "mAP75", "P", "R", "F1")


@st.composite
def some_objects(draw: st.DrawFn, *, predicted: bool) -> Objects:
    """Boxes on a coarse grid, so that they overlap, tie, and lie exactly on thresholds; some are crowds."""
    n = draw(st.integers(0, 6))
    whole = st.integers(0, 5)
    corners = [(draw(whole), draw(whole)) for _ in range(n)]
    sizes = [(draw(st.sampled_from([2, 3, 4.1])), draw(st.sampled_from([2, 4]))) for _ in range(n)]
    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(corners, sizes, strict=True)]
    labels = [draw(st.sampled_from(CLASSES)) for _ in range(n)]
    found = Objects.from_boxes(boxes, labels)
    if predicted:
        return found.replace(scores=np.array([draw(st.sampled_from([0.2, 0.5, 0.9])) for _ in range(n)], float))
    return found.replace(ignore=np.array([draw(st.sampled_from([False, False, True])) for _ in range(n)], bool))


@st.composite
def some_images(draw: st.DrawFn) -> tuple[Dataset, dict[str, Objects]]:
    names = [f"i{n}" for n in range(draw(st.integers(1, 4)))]
    items = [labeled(name, draw(some_objects(predicted=False))) for name in names]
    return Dataset(CLASSES, tuple(items)), {name: draw(some_objects(predicted=True)) for name in names}


def labeled(name: str, objects: Objects) -> LabeledImage:
    return LabeledImage(View(ImageRef(name, (f"{name}.png",), (12, 12))), objects, whole_image((12, 12)))


def assert_same(evaluation: Evaluation, weights: list[int], expected: Evaluation) -> None:
    """The figures of the weighted images are those of the expected evaluation."""
    found = figures(Evidence.of(evaluation), np.array([weights]))
    for part in filter(None, (expected.box, expected.mask)):
        for row in (part.all, *(c for c in part.classes if c.objects)):
            values = row.to_dict()
            mine = [found[part.by, row.name, name][0] for name in FIGURES]
            theirs = [np.nan if values[name] is None else values[name] for name in FIGURES]
            assert mine == pytest.approx(theirs, abs=1e-4, nan_ok=True), (part.by, row.name)
    bio = expected.bio.to_dict()
    for row in ({"name": "", **bio}, *bio["classes"]):
        for name in ("AP", "AP50", "F1", "PQ", "count_error"):
            value = np.nan if row[name] is None else row[name]
            assert found["bio", row["name"], name][0] == pytest.approx(value, abs=1e-9, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(some_images())
def test_every_image_once_gives_the_figures_of_the_coco_evaluation(made: tuple[Dataset, dict[str, Objects]]) -> None:
    evaluation = evaluate(*made)
    assert_same(evaluation, [1] * evaluation.images, evaluation)


@settings(max_examples=40, deadline=None)
@given(some_images(), st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_an_image_of_weight_two_counts_as_if_it_were_there_twice(
    made: tuple[Dataset, dict[str, Objects]], times: list[int]
) -> None:
    truth, predicted = made
    items, found = [], {}
    for item, n in zip(truth.items, times, strict=False):
        for copy in range(n):
            again = labeled(f"{item.id}-{copy}", item.objects)
            items.append(again)
            found[again.id] = predicted[item.id]
    # Equal scores of different images may come in another order when images are repeated: spread them.
    spread = {name: _spread(objects, n) for n, (name, objects) in enumerate(predicted.items())}
    again_spread = {name: spread[name.split("-")[0]] for name in found}
    evaluation = evaluate(truth, spread, conf_for_pr=0.5)
    expected = evaluate(Dataset(CLASSES, tuple(items)), again_spread, conf_for_pr=0.5)
    assert_same(evaluation, times[: len(truth)], expected)


def _spread(objects: Objects, n: int) -> Objects:
    return objects.replace(scores=objects.scores + n / 100 + np.arange(len(objects)) / 1000)


def test_two_tables_beside_each_other_are_the_images_of_both() -> None:
    box = Objects.from_boxes([(0, 0, 4, 4)], ["cell"])
    good = evaluate(Dataset(("cell",), (labeled("a", box),)), {"a": box.replace(scores=np.array([0.3]))})
    bad = evaluate(Dataset(("cell",), (labeled("a", box),)), {"a": Objects.empty()})
    both = Evidence.of(good).beside(Evidence.of(bad))
    found = figures(both, np.array([[1, 0], [0, 1], [1, 1]]))
    assert found["box", "", "mAP50"].tolist() == pytest.approx([1, 0, 51 / 101])
    assert found["box", "", "R"].tolist() == [1, 0, 0.5]


@pytest.mark.shared_data
@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_known_figures_come_out_of_the_kept_pairs(shared_data: Path, kind: str) -> None:
    folder = shared_data / "metrics" / "coco_known" / "dataset" / "cocoapi"
    truth = coco_read.loads((folder / "instances_val2014_100.json").read_text(encoding="utf-8"), _NoImages())
    items = tuple(replace(i, view=View(replace(i.image, id=i.image.path))) for i in truth.items)
    results = coco_results.read_results(folder / f"instances_val2014_fake{kind}100_results.json", truth)
    evaluation = evaluate(Dataset(truth.classes, items), results)
    assert_same(evaluation, [1] * evaluation.images, evaluation)


class _NoImages:
    def find(self, name: str) -> Path | None:
        return None

    def size_wh(self, path: Path) -> tuple[int, int]:
        raise FileNotFoundError(path)

    def all(self) -> list[Path]:
        return []
