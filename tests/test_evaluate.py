from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annelid import geometry
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.evaluate import evaluate
from annelid.formats import coco_read, coco_results
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

CELLS = ((0, 0, 10, 10), (20, 0, 30, 10), (0, 20, 10, 30), (20, 20, 30, 30))


def masks(boxes: Any = CELLS, label: str = "cell", **columns: Any) -> Objects:
    shapes = [((geometry.box_ring(*box),),) for box in boxes]
    return Objects.from_shapes(shapes, [label] * len(shapes), kinds=Kind.MASK, **columns)


def item(name: str, objects: Objects, size_wh: tuple[int, int] = (40, 40), **fields: Any) -> LabeledImage:
    fields.setdefault("covered", whole_image(size_wh))
    return LabeledImage(View(ImageRef(name, (f"{name}.png",), size_wh)), objects, **fields)


def dataset(*items: LabeledImage, classes: tuple[str, ...] = ("cell",)) -> Dataset:
    return Dataset(classes, items)


def test_the_truth_itself_is_perfect() -> None:
    e = evaluate(dataset(item("a", masks())), {"a": masks(scores=0.9)})
    assert e.mask is not None
    for part in (e.box, e.mask):
        assert part.all.map == part.all.map50 == part.all.precision == part.all.recall == part.all.f1 == 1
        assert part.conf == 0.45  # half-way to the next lower score, of which there is none
    assert [t.ap for t in e.bio.tallies] == [1.0] * 10
    assert e.confusion.matrix.tolist() == [[4, 0], [0, 0]]
    assert (e.images, e.objects, e.predicted, e.notes) == (1, 4, 4, ())


def test_no_predictions_give_zeros() -> None:
    e = evaluate(dataset(item("a", masks())), {"a": Objects.empty()})
    assert e.mask is not None
    assert (e.mask.all.map, e.mask.all.precision, e.mask.all.recall, e.mask.all.f1) == (0, 0, 0, 0)
    assert (e.bio.tallies[0].fn, e.bio.tallies[0].f1) == (4, 0)
    assert e.confusion.matrix.tolist() == [[0, 0], [4, 0]]
    assert json.loads(json.dumps(e.to_dict(), allow_nan=False))["metrics"]["mask"]["conf"] is None


def test_no_true_objects_make_every_prediction_wrong_and_have_no_average_precision() -> None:
    e = evaluate(dataset(item("a", Objects.empty())), {"a": masks(scores=0.9)})
    assert e.mask is None
    assert e.to_dict()["metrics"]["box"]["mAP50"] is None
    assert e.bio.tallies[0].fp == 4


def test_an_empty_dataset_can_be_evaluated() -> None:
    assert evaluate(dataset(), {}).to_dict()["images"] == 0


def test_precision_and_recall_are_those_at_the_confidence_of_best_f1() -> None:
    scores = [0.9, 0.8, 0.7, 0.6]
    wrong = masks([(0, 32, 8, 40), (32, 32, 40, 40)], scores=[0.75, 0.3])
    found = masks(scores=scores)[:3]
    e = evaluate(dataset(item("a", masks())), {"a": Objects.concat([found, wrong])})
    assert e.box.conf == 0.5  # half-way from .7 to .3
    assert (e.box.all.precision, e.box.all.recall) == (0.75, 0.75)
    e = evaluate(dataset(item("a", masks())), {"a": Objects.concat([found, wrong])}, conf_for_pr=0.78)
    assert (e.box.conf, e.box.all.precision, e.box.all.recall) == (0.78, 1, 0.5)
    assert (e.bio.tallies[0].tp, e.bio.tallies[0].fn) == (2, 2)


def test_only_the_covered_area_counts() -> None:
    left = (geometry.box_ring(0, 0, 15, 40),)
    truth = dataset(item("a", masks(CELLS[::2]), covered=left), item("b", masks(), covered=()))
    e = evaluate(truth, {"a": masks(scores=0.5), "b": masks(scores=0.5)})
    assert (e.images, e.objects, e.predicted, e.box.all.precision) == (1, 2, 2, 1)
    assert e.notes == (
        "2 prediction(s) lie outside the covered area and are not counted",
        "1 image(s) have no covered area and are not counted",
    )


@pytest.mark.parametrize("label", ["cell", "__ignore__"])
def test_predictions_on_ignored_objects_are_neither_right_nor_wrong(label: str) -> None:
    crowd = masks([(0, 15, 40, 40)], label, ignore=True)
    truth = dataset(item("a", Objects.concat([masks(CELLS[:2]), crowd])), classes=("cell", "other"))
    e = evaluate(truth, {"a": masks(scores=0.9)})
    assert e.mask is not None
    for part in (e.box, e.mask):
        assert (part.all.map, part.all.precision, part.all.recall) == (1, 1, 1)
    assert (e.objects, e.bio.tallies[0].fp) == (2, 0)
    assert e.confusion.matrix.sum() == 2


def test_true_boxes_among_outlines_count_for_boxes_only() -> None:
    boxes = Objects.from_boxes(CELLS[2:], ["cell"] * 2)
    e = evaluate(dataset(item("a", Objects.concat([masks(CELLS[:2]), boxes]))), {"a": masks(scores=0.9)})
    assert e.mask is not None
    assert (e.box.all.objects, e.mask.all.objects) == (4, 2)
    assert e.box.all.map == e.mask.all.map == e.mask.all.precision == 1


def test_a_detector_has_no_mask_figures() -> None:
    e = evaluate(dataset(item("a", masks())), {"a": Objects.from_boxes(CELLS, ["cell"] * 4, scores=0.9)})
    assert e.mask is None
    assert e.box.all.map == 1
    assert e.notes == ("the predictions are boxes: there are no mask figures",)


def test_what_cannot_be_counted_is_said() -> None:
    points = Objects.from_points([[3, 3]], ["cell"])
    pred = {"a": Objects.concat([masks(scores=0.9), masks([(0, 0, 5, 5)], "dog")]), "z": masks()}
    e = evaluate(dataset(item("a", Objects.concat([masks(), points])), item("b", masks())), pred)
    assert set(e.notes) == {
        "1 true point(s) or empty outline(s) are not counted",
        "1 predicted object(s) of class 'dog', which the truth does not have, are not counted",
        "1 image(s) have no predictions: all their objects count as missed",
        "1 image(s) have predictions but no truth and are not counted",
    }
    assert e.box.all.recall == 0.5


def test_a_wrong_class_is_missed_and_made_up_but_confused_rather_than_background() -> None:
    truth = dataset(item("a", masks()), classes=("cell", "debris"))
    pred = Objects.concat([masks(CELLS[:3], scores=0.9), masks(CELLS[3:], "debris", scores=0.9)])
    e = evaluate(truth, {"a": pred})
    assert e.confusion.matrix.tolist() == [[3, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert (e.bio.tallies[0].tp, e.bio.tallies[0].fp, e.bio.tallies[0].fn) == (3, 1, 1)
    assert e.to_dict()["metrics"]["box"]["classes"][1]["mAP50"] is None
    assert e.box.all.recall == 0.75  # the mean over classes that have true objects


def test_every_one_of_three_thousand_objects_counts() -> None:
    y, x = np.divmod(np.arange(3000), 60)
    objects = masks(np.stack([x * 20, y * 20, x * 20 + 15, y * 20 + 15], 1).tolist())
    start = time.perf_counter()
    scores = np.linspace(0.01, 1, 3000)
    e = evaluate(dataset(item("a", objects, (1250, 1050))), {"a": objects.replace(scores=scores)})
    assert e.mask is not None
    assert e.mask.all.map == e.box.all.map == e.mask.all.recall == 1
    assert time.perf_counter() - start < 20


def test_the_same_figures_come_out_whatever_the_order_of_images() -> None:
    items = [item("a", masks()), item("b", masks(CELLS[:1])), item("c", Objects.empty())]
    pred = {"a": masks(CELLS[:3], scores=[0.9, 0.5, 0.2]), "c": masks(CELLS[:1], scores=0.6)}
    one, other = evaluate(dataset(*items), pred).to_dict(), evaluate(dataset(*items[::-1]), pred).to_dict()
    assert one == other


# --- against known figures


class NoImages:
    """The pictures are not there; sizes come from the file."""

    def find(self, name: str) -> Path | None:
        return None

    def size_wh(self, path: Path) -> tuple[int, int]:
        raise FileNotFoundError(path)

    def all(self) -> list[Path]:
        return []


def known(folder: Path, results: str) -> tuple[Dataset, dict[str, Objects]]:
    text = (folder / "instances_val2014_100.json").read_text(encoding="utf-8")
    truth = coco_read.loads(text, NoImages())
    items = [replace(i, view=View(replace(i.image, id=i.image.path))) for i in truth.items]
    return Dataset(truth.classes, tuple(items)), coco_results.read_results(folder / results, truth)


@pytest.mark.shared_data
def test_boxes_have_the_known_coco_figures(shared_data: Path) -> None:
    folder = shared_data / "metrics" / "coco_known" / "dataset" / "cocoapi"
    figures = evaluate(*known(folder, "instances_val2014_fakebbox100_results.json")).box.all
    found = (figures.map, figures.map50, figures.map75, figures.small, figures.medium, figures.large)
    assert found == pytest.approx((0.504581, 0.696973, 0.572982, 0.5856, 0.5194, 0.5014), abs=1e-4)


@pytest.mark.shared_data
def test_masks_have_the_known_coco_figures(shared_data: Path) -> None:
    folder = shared_data / "metrics" / "coco_known" / "dataset" / "cocoapi"
    part = evaluate(*known(folder, "instances_val2014_fakesegm100_results.json")).mask
    assert part is not None
    found = (part.all.map, part.all.map50, part.all.map75)
    assert found == pytest.approx((0.319545, 0.562288, 0.298927), abs=1e-4)


def test_the_mean_is_over_the_classes_with_true_objects() -> None:
    truth = dataset(item("a", Objects.concat([masks(CELLS[:2]), masks(CELLS[2:], "other")])))
    truth = replace(truth, classes=("cell", "other", "never"))
    e = evaluate(truth, {"a": masks(CELLS[:2], scores=0.9)})
    assert (e.box.all.map, e.box.all.precision, e.box.all.recall) == (0.5, 0.5, 0.5)
