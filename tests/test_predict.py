"""Prediction replays what the model was trained with, whatever the project says now."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests import small

from annelid import predict, settings
from annelid.dataset import Dataset
from annelid.engines.base import Pixels, PredictConfig, PredictorSpec
from annelid.errors import Interrupted, UsageError
from annelid.image import ImageRef, View
from annelid.jobs import Job
from annelid.match import iou_matrix
from annelid.models import Library
from annelid.objects import Objects
from annelid.preprocess import Preprocessing
from annelid.project import Project
from annelid.settings import Settings


def quiet(_: Any) -> None:
    """Watch and say nothing."""


def two_channels(folder: Path) -> Path:
    """A TIFF whose second channel shows the discs; the first shows other ones."""
    grey, _ = small.discs(5)
    other, _ = small.discs(9, count=1)
    path = folder / "two.tif"
    tifffile.imwrite(path, np.stack([other, grey]).astype(np.uint16) * 50, metadata={"axes": "CYX"})
    return path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project.init(
        tmp_path_factory.mktemp("predict") / "project", classes=("disc",), preprocessing={"channels": [1]}
    )
    folder = made.root / "source"
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for n in range(6):
        grey, labels = small.discs(n)
        noise = np.random.default_rng(n).integers(0, 4000, grey.shape)
        stack = np.stack([noise, grey.astype(int) * 50]).astype(np.uint16)
        tifffile.imwrite(folder / "images" / f"{chr(97 + n)}.tif", stack, metadata={"axes": "CYX"})
        Image.fromarray(labels).save(folder / "masks" / f"{chr(97 + n)}.png")
    made.import_(folder / "images", labels=folder / "masks")
    made.train(engine="threshold", name="otsu", watch=quiet)
    return made


def _predicted(project: Project, model: str, picture: Path) -> Objects:
    (item,) = project.predict(model, picture, watch=quiet, conf=0.0).dataset.items
    return item.objects


def _same(a: Objects, b: Objects) -> bool:
    return [[r.tolist() for p in s for r in p] for s in a.shapes] == [
        [r.tolist() for p in s for r in p] for s in b.shapes
    ]


def test_the_preprocessing_of_the_training_is_replayed(project: Project, tmp_path: Path) -> None:
    picture = two_channels(tmp_path)
    as_trained = _predicted(project, "otsu@v1", picture)
    assert len(as_trained) == 3
    before = project.settings
    settings.save(project.root, dataclasses.replace(before, preprocessing=Preprocessing(channels=(0,))))
    try:
        replayed = _predicted(project, "otsu@v1", picture)
        wrong = _predicted(project, "threshold", picture)  # untrained: what the project says now
    finally:
        settings.save(project.root, before)
    assert _same(as_trained, replayed)
    np.testing.assert_array_equal(as_trained.scores, replayed.scores)
    assert not _same(as_trained, wrong)
    assert (as_trained.authors == "model:otsu@v1").all()


def test_an_image_that_cannot_be_read_is_a_loss_and_the_others_are_predicted(project: Project, tmp_path: Path) -> None:
    good, bad = two_channels(tmp_path), tmp_path / "bad.tif"
    bad.write_bytes(good.read_bytes()[:200])
    found = project.predict("otsu", tmp_path, watch=quiet)
    assert [item.image.name for item in found.dataset.items] == ["two.tif"]
    assert [loss.kind for loss in found.losses] == ["image-unreadable"]
    assert "bad.tif" in str(found.losses[0].file)


def test_nothing_of_a_prediction_stays_but_what_was_asked_for(project: Project, tmp_path: Path) -> None:
    project.predict("otsu", two_channels(tmp_path), watch=quiet)
    assert [path.name for path in (project.root / "jobs").iterdir() if path.name.startswith("predict")] == []


def test_wrong_thresholds_are_refused(project: Project, tmp_path: Path) -> None:
    picture = two_channels(tmp_path)
    for thresholds in ({"conf": 2}, {"iou": -1}, {"max_det": 0}, {"imgsz": 3}, {"confidence": 0.5}):
        with pytest.raises(UsageError, match=next(iter(thresholds))):
            project.predict("otsu", picture, watch=quiet, **thresholds)


def test_a_prediction_is_stopped_between_images(project: Project) -> None:
    job = predict.prepare(
        project.root / "jobs" / "p", project.store.views(), project.root, _model(project), PredictConfig()
    )
    job.write()
    (job.folder / "stop").touch()
    with pytest.raises(Interrupted, match="stopped after 0 of 6 images"):
        predict.work(job, lambda *_: None)


def _model(project: Project) -> predict.Model:
    return predict.find_model("otsu", project.library, project.settings)


def test_a_model_is_found_by_name_by_run_by_file_and_untrained(project: Project, tmp_path: Path) -> None:
    library, now = project.library, project.settings
    for name in ("otsu", "otsu@v1", "otsu@1"):
        assert predict.find_model(name, library, now).reference == "otsu@v1"
    untrained = predict.find_model("threshold", library, now)
    assert (untrained.engine, untrained.weights, untrained.classes) == ("threshold", "", ("disc",))
    small.empty_weights(tmp_path / "x.pt")
    assert predict.find_model(str(tmp_path / "x.pt"), library, now).engine == "yolo"
    with pytest.raises(UsageError, match="no weights file"):
        predict.find_model("missing.pt", library, now)
    with pytest.raises(UsageError, match="no model"):
        predict.find_model("nobody", Library(tmp_path), Settings())


class Finder:
    """Finds everything that is bright, on tiles of 64 pixels."""

    spec = PredictorSpec(64, 24)

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []

    def __call__(self, tiles: Sequence[Pixels]) -> list[Objects]:
        from scipy import ndimage

        self.sizes += [tile.shape for tile in tiles]
        return [Objects.from_label_image(ndimage.label(t[..., 0] > 120)[0], "disc", scores=0.9) for t in tiles]


def test_a_large_image_is_cut_into_tiles_and_each_object_is_found_once(tmp_path: Path) -> None:
    picture, truth = np.full((300, 410), 40, np.uint8), np.zeros((300, 410), np.int32)
    y, x = np.mgrid[:300, :410]
    for n, (cy, cx) in enumerate([(cy, cx) for cy in range(20, 300, 29) for cx in range(20, 400, 31)], start=1):
        disc = (y - cy) ** 2 + (x - cx) ** 2 < 81
        picture[disc], truth[disc] = 200, n
    Image.fromarray(picture).save(tmp_path / "a.png")
    finder, view = Finder(), View(ImageRef("a", ("a.png",), (410, 300)))
    seen: list[tuple[int, int, int]] = []
    found = predict.predict_view(finder, view, tmp_path, Preprocessing(), lambda *tile: seen.append(tile))
    expected = Objects.from_label_image(truth, "disc")
    iou = iou_matrix(expected, found, (410, 300), "mask")
    assert len(found) == len(expected) == truth.max()
    assert (iou.max(1) > 0.99).all()
    assert all(max(size) <= 64 for size in finder.sizes)
    assert [n for _, n, _ in seen] == list(range(1, len(finder.sizes) + 1))


def test_a_job_is_all_that_the_worker_needs(project: Project) -> None:
    folder = project.root / "jobs" / "whole"
    job = predict.prepare(folder, project.store.views(), project.root, _model(project), PredictConfig(conf=0.0))
    job.write()
    done = predict.work(Job.read(folder), lambda *_: None)
    assert (done["images"], done["objects"], done["unreadable"]) == (6, 18, [])
    dataset, losses = predict.collect(folder, done)
    assert isinstance(dataset, Dataset)
    assert losses == []
    assert {item.state for item in dataset.items} == {"draft"}
    assert not folder.exists()
