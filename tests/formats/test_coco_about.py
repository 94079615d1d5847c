"""What a COCO file says of itself, its images and its classes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annelid.dataset import Dataset
from annelid.formats import coco, labelmask
from annelid.formats.images import FolderImages

INFO = {"description": "cells", "version": "2", "year": 2024}
LICENSE = {"id": 4, "name": "CC BY 4.0", "url": "https://example.org"}
IMAGE = {"license": 4, "coco_url": "https://example.org/a.png", "date_captured": "2024-05-01", "extra": {"well": "B2"}}
CATEGORY = {"supercategory": "blood", "keypoints": ["tip"], "skeleton": [[1, 1]]}


def box(number: int, image: int) -> dict[str, Any]:
    return {"id": number, "image_id": image, "category_id": 7, "bbox": [1, 2, 8, 9], "segmentation": []}


def data(images: int = 2, **keys: Any) -> dict[str, Any]:
    """A data set in which everything says something, with a box on every image."""
    named = [{"id": n, "file_name": f"{n}.png", "width": 40, "height": 30, **IMAGE} for n in range(images)]
    categories = [{"id": 7, "name": "cell", **CATEGORY}]
    boxes = [box(n + 1, n) for n in range(images)]
    about = {"info": INFO, "licenses": [LICENSE], "videos": [{"id": 1}]}
    return {**about, "images": named, "categories": categories, "annotations": boxes, **keys}


def read(value: dict[str, Any]) -> coco.CocoAnnotations:
    return coco.loads(json.dumps(value), FolderImages())


def written(found: coco.CocoAnnotations) -> dict[str, Any]:
    text, losses = coco.dumps(_with_ids(found), {str(n): f"{n}.png" for n in range(len(found.items))})
    assert not list(losses)
    value: dict[str, Any] = json.loads(text)
    return value


def _with_ids(found: coco.CocoAnnotations) -> Dataset:
    numbered = (replace(i, view=replace(i.view, image=replace(i.image, id=str(n)))) for n, i in enumerate(found.items))
    return Dataset(found.classes, tuple(numbered))


def test_it_comes_back_in_the_file_that_is_written() -> None:
    found = read(data())
    assert not list(found.losses)
    assert found.items[0].objects.extra[0]["coco_image"] == IMAGE
    again = written(found)
    assert {key: v for key, v in again["info"].items() if key != "annelid"} == INFO
    assert (again["licenses"], again["videos"]) == ([LICENSE], [{"id": 1}])
    assert again["categories"] == [{**CATEGORY, "id": 1, "name": "cell"}]
    assert all(IMAGE.items() <= image.items() for image in again["images"])
    assert "annelid" not in again["annotations"][0]
    assert [item.objects for item in read(again).items] == [item.objects for item in found.items]


def test_what_says_nothing_does_not_ride() -> None:
    nobody = {"license": 0, "flickr_url": "", "coco_url": "", "date_captured": 0}
    entry = {"id": 0, "file_name": "0.png", "width": 40, "height": 30, **nobody}
    empty = {"contributor": "", "description": "", "year": ""}
    blank = data(images=1, info=empty, licenses=[{"name": "", "id": 0, "url": ""}], videos=[])
    blank |= {"images": [entry], "categories": [{"id": 7, "name": "cell", "supercategory": ""}]}
    assert read(blank).items[0].objects.extra.tolist() == [{}]


def test_without_an_object_to_carry_it_it_is_a_loss_told_once() -> None:
    found = read(data(images=3, annotations=[]))
    assert [(loss.kind, loss.count) for loss in found.losses] == [("file-keys", 1)]
    assert "coco_url" in found.losses.losses[0].what
    assert "info" in found.losses.losses[0].what


def test_of_several_files_the_first_one_speaks_and_that_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "annotations"
    folder.mkdir()
    for part, info in (("train", INFO), ("val", {**INFO, "year": 2025})):
        (folder / f"instances_{part}.json").write_text(json.dumps(data(info=info)))
    found = coco.read(tmp_path, FolderImages())
    _, losses = coco.dumps(_with_ids(found), {str(n): f"{n}.png" for n in range(len(found.items))})
    assert [loss.kind for loss in losses] == ["file-keys"]
    assert "info" in losses.losses[0].what


def test_a_format_that_has_no_place_for_it_says_so_once(tmp_path: Path) -> None:
    square = [[2, 2, 12, 2, 12, 12, 2, 12]]
    found = read(data(annotations=[{**box(n + 1, n), "segmentation": square} for n in range(2)]))
    losses = labelmask.write(_with_ids(found), tmp_path, {str(n): f"{n}.png" for n in range(2)})
    kinds = {kind: len(several) for kind, several in losses.by_kind().items()}
    assert kinds == {"rasterised": 2, "file-keys": 1}


@pytest.mark.parametrize("bad", [{"info": 5}, {"licenses": "none"}, {"licenses": [3]}, {"info": {"year": np.pi}}])
def test_strange_values_ride_as_they_are(bad: dict[str, Any]) -> None:
    again = written(read(data(**bad)))
    assert [item.objects for item in read(again).items]
