from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests import small

from annelid.dataset import Dataset, LabeledImage
from annelid.errors import UsageError
from annelid.image import ImageRef, View
from annelid.models import Card, Library
from annelid.objects import Kind, Objects
from annelid.preprocess import Preprocessing
from annelid.start import start_from, weights_file

BOXES = Objects.from_boxes([[0, 0, 1, 1]], ["a"])
PROJECTS = Preprocessing(range="minmax")
PARENTS = Preprocessing(range="none")


def dataset(objects: Objects = BOXES) -> Dataset:
    return Dataset(("a",), (LabeledImage(View(ImageRef("i", ("a.png",), (9, 9))), objects),))


OUTLINES = dataset(BOXES.replace(kinds=Kind.POLYGON))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path)
    (tmp_path / "best.pt").write_bytes(b"weights")
    card = Card("cells", "yolo", "segment", ("a",), run="first", preprocessing=PARENTS.to_dict())
    made.add(card, tmp_path / "best.pt")
    made.add(dataclasses.replace(card, name="boxes", task="detect", run="second"), tmp_path / "best.pt")
    return made


@pytest.mark.parametrize(
    ("model", "data", "task"),
    [
        (None, dataset(), "detect"),
        (None, OUTLINES, "segment"),
        ("yolo11n.yaml", OUTLINES, "detect"),
        ("yolov8m-seg.yaml", OUTLINES, "segment"),
        ("yolo26x.yaml", dataset(), "detect"),
        ("my.yaml", dataset(), "detect"),
        ("my.yaml", OUTLINES, "segment"),
        ("my-seg.yaml", OUTLINES, "segment"),
        ("boxes", OUTLINES, "detect"),
        ("cells@v1", OUTLINES, "segment"),
    ],
)
def test_the_task_follows_from_the_model_and_else_from_the_annotation(
    library: Library, model: str | None, data: Dataset, task: str
) -> None:
    assert start_from(model, "yolo", data, PROJECTS, library).task == task


@pytest.mark.parametrize("model", ["yolo11n-seg.yaml", "my-seg.yaml", "cells"])
def test_outlines_are_not_learned_from_boxes(library: Library, model: str) -> None:
    with pytest.raises(UsageError, match="learns outlines, but the annotation has only boxes"):
        start_from(model, "yolo", dataset(), PROJECTS, library)


def test_the_default_is_the_smallest_model_of_the_engine(library: Library) -> None:
    assert start_from(None, "yolo", dataset(), PROJECTS, library).model == "yolo11n.yaml"
    assert start_from("yolo", "yolo", OUTLINES, PROJECTS, library).model == "yolo11n-seg.yaml"
    assert start_from(None, "threshold", OUTLINES, PROJECTS, library).model == "otsu"


def test_preprocessing_is_the_parents_where_there_is_one(library: Library) -> None:
    child = start_from("first", "yolo", OUTLINES, PROJECTS, library)
    assert (child.preprocessing, child.parent, child.name) == (PARENTS, "cells@v1", "cells")
    assert start_from("yolo11n.yaml", "yolo", OUTLINES, PROJECTS, library).preprocessing == PROJECTS


def test_weights_are_looked_for_where_people_put_them(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with pytest.raises(UsageError, match=r"no weights file yolo11n-seg\.pt") as caught:
        weights_file("yolo11n-seg.pt", library)
    assert "annelid models fetch yolo11n-seg.pt" in caught.value.next_step
    assert "--model yolo11n-seg.yaml" in caught.value.next_step
    fetched = library.folder / "fetched" / "yolo11n-seg.pt"
    fetched.parent.mkdir()
    small.empty_weights(fetched)
    assert weights_file("yolo11n-seg.pt", library) == fetched.resolve()
    beside = small.empty_weights(tmp_path / "yolo11n-seg.pt")
    assert weights_file("yolo11n-seg.pt", library) == beside.resolve()
    small.empty_weights(elsewhere / "yolo11n-seg.pt")
    assert weights_file("yolo11n-seg.pt", library) == (elsewhere / "yolo11n-seg.pt").resolve()
    begin = start_from("yolo11n-seg.pt", "yolo", OUTLINES, PROJECTS, library)
    assert (Path(begin.model), begin.task) == ((elsewhere / "yolo11n-seg.pt").resolve(), "segment")
