from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from tests.contracts.engine import check_engine, check_predictor, check_training, training_data

from annelid import engines
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.engines import threshold
from annelid.engines.base import Pixels, PredictConfig, TrainConfig, TrainingData
from annelid.engines.threshold.otsu import Recipe, segment
from annelid.errors import EngineError, UsageError
from annelid.evaluate import evaluate
from annelid.geometry import ellipse_ring
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

SPOTS = ((20, 20, 8), (60, 30, 10), (30, 70, 9), (85, 80, 6))


def picture(spots: Any = SPOTS, *, dark: bool = False, noise: float = 3, seed: int = 0) -> Pixels:
    y, x = np.mgrid[:100, :120] + 0.5
    grey = np.full((100, 120), 30.0)
    for cx, cy, r in spots:
        grey[(x - cx) ** 2 + (y - cy) ** 2 < r**2] = 150
    grey += np.random.default_rng(seed).normal(0, noise, grey.shape)
    grey = 255 - grey if dark else grey
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, 2)


def truth(spots: Any = SPOTS) -> Objects:
    shapes = [((ellipse_ring((cx, cy), (r, r)),),) for cx, cy, r in spots]
    return Objects.from_shapes(shapes, ["nucleus"] * len(shapes))


def data(folder: Path, *, dark: bool = False) -> TrainingData:
    pictures = [(picture(dark=dark, seed=n), truth()) for n in range(4)]
    return training_data(folder, pictures, ("cell", "nucleus"))


def test_it_is_an_engine() -> None:
    check_engine(threshold)
    assert threshold.health() is None


def test_an_unknown_engine_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UsageError, match="yolo, threshold"):
        engines.get("cellprofiler")


@pytest.mark.parametrize("task", threshold.TASKS)
@pytest.mark.parametrize("dark", [False, True])
def test_it_learns_class_polarity_and_size_and_predicts(tmp_path: Path, task: Any, dark: bool) -> None:
    result = check_training(threshold, data(tmp_path, dark=dark), TrainConfig("otsu", task), tmp_path / "run")
    assert result.metrics == {"precision": 1, "recall": 1, "F1": 1}
    assert result.effective["polarity"] == ("dark" if dark else "bright")
    assert 30 < result.effective["min_area"] < 36 * np.pi
    predictor = threshold.load(result.weights, PredictConfig(), ("cell", "nucleus"))
    tiles = [picture(dark=dark), picture(dark=dark)[:50], picture(dark=dark)[:, 10:70]]
    check_predictor(predictor, tiles, ("nucleus",), task)
    assert len(predictor(tiles)[0]) == 4


@pytest.mark.parametrize("dark", [False, True])
def test_untrained_it_finds_what_is_the_smaller_part_of_the_picture(dark: bool) -> None:
    predictor = threshold.load(Path(), PredictConfig(), ["cell"])
    check_predictor(predictor, [picture(dark=dark)], ("cell",), "segment")
    assert len(predictor([picture(dark=dark)])[0]) == 4


@pytest.mark.parametrize("grey", [np.zeros((60, 60)), np.full((60, 60), 200.0)])
def test_a_flat_picture_has_no_objects(grey: NDArray[np.float64]) -> None:
    assert segment(grey, Recipe())[0].max() == 0


def test_plain_noise_has_no_objects() -> None:
    noise = np.random.default_rng(0).normal(100, 20, (200, 200))
    assert segment(noise, Recipe())[0].max() == 0


def test_touching_nuclei_are_split_when_asked() -> None:
    touching = picture(((40, 50, 14), (64, 50, 14)))
    grey = touching.mean(2)
    assert segment(grey, Recipe())[0].max() == 1
    assert segment(grey, Recipe(split=True))[0].max() == 2


def test_small_objects_and_small_holes_are_noise() -> None:
    grey = np.zeros((60, 60))
    grey[10:40, 10:40], grey[20:22, 20:22], grey[50:53, 50:53] = 200, 0, 200
    labels, scores = segment(grey, Recipe(sigma=0))
    assert (labels > 0).sum() == 900
    assert len(scores) == 1


def test_brighter_objects_have_higher_scores() -> None:
    grey = np.full((60, 60), 10.0)
    grey[10:20, 10:20], grey[40:50, 40:50] = 240, 160
    _, scores = segment(grey, Recipe(sigma=0))
    assert 0.5 < scores[1] < scores[0] < 1


def test_most_objects_are_kept_by_score_in_order() -> None:
    found = threshold.load(Path(), PredictConfig(max_det=2), ["cell"])([picture(noise=0)])[0]
    assert len(found) == 2
    assert len(threshold.load(Path(), PredictConfig(conf=0.99), ["cell"])([picture(noise=0)])[0]) == 0


@pytest.mark.parametrize(
    "params", [{"sigma": -1}, {"sigma": "wide"}, {"split": 3}, {"polarity": "left"}, {"epochs": 3}]
)
def test_wrong_parameters_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(params))):
        threshold.check(TrainConfig("otsu", "segment", params=params))


def test_typed_parameters_win_over_learned_ones(tmp_path: Path) -> None:
    params = {"min_area": "7", "polarity": "auto", "split": "true", "sigma": 2}
    result = check_training(threshold, data(tmp_path), TrainConfig("otsu", "segment", params=params), tmp_path)
    assert result.effective == {"min_area": 7, "polarity": "auto", "split": True, "sigma": 2.0}


def test_another_model_and_resuming_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="yolo11n"):
        threshold.check(TrainConfig("yolo11n.yaml", "segment"))
    with pytest.raises(UsageError, match="resumed"):
        threshold.check(TrainConfig("otsu", "segment", resume=tmp_path))


def test_without_objects_there_is_nothing_to_learn(tmp_path: Path) -> None:
    empty = training_data(tmp_path, [(picture(), Objects.empty())] * 2, ("cell",))
    with pytest.raises(EngineError, match="no objects"):
        threshold.train(empty, TrainConfig("otsu", "segment"), tmp_path, lambda *_: None)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"engine": "threshold", "task": "segment", "label": "a"}'])
def test_a_file_that_is_not_such_a_model_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "best.json"
    path.write_text(text)
    with pytest.raises(EngineError, match="is not a model of the threshold engine"):
        threshold.load(path, PredictConfig(), ["cell"])
    with pytest.raises(EngineError):
        threshold.load(tmp_path / "missing.json", PredictConfig(), ["cell"])


@pytest.mark.shared_data
def test_it_is_a_fair_baseline_on_fluorescent_nuclei(shared_data: Path) -> None:
    folder = shared_data / "segmentation" / "dsb2018"
    predictor = threshold.ThresholdPredictor(
        threshold.Weights("nucleus", "segment", Recipe(split=True)), PredictConfig()
    )
    items, found = [], {}
    for path in sorted((folder / "images").glob("*.png")):
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        if pixels.mean() > 60:  # not fluorescence
            continue
        labels = tifffile.imread(folder / "masks" / f"{path.stem}.tif")
        size_wh = (pixels.shape[1], pixels.shape[0])
        objects = Objects.from_label_image(labels, "nucleus")
        items.append(LabeledImage(View(ImageRef(path.stem, (path.name,), size_wh)), objects, whole_image(size_wh)))
        found[path.stem] = predictor([pixels])[0]
        if len(items) == 10:
            break
    evaluation = evaluate(Dataset(("nucleus",), tuple(items)), found)
    assert evaluation.mask is not None
    assert evaluation.mask.all.map50 > 0.65
    assert evaluation.bio.tallies[0].f1 > 0.75


def test_what_it_finds_are_masks_without_marks_of_their_making() -> None:
    found = threshold.load(Path(), PredictConfig(), ["cell"])([picture()])[0]
    assert (found.kinds == Kind.MASK).all()
    assert found.extra.tolist() == [{}] * 4
