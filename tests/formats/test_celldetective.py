"""celldetective's annotation folders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from annelid import formats
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError
from annelid.formats import celldetective
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

LABELS = np.zeros((20, 30), np.int16)
LABELS[2:6, 3:9], LABELS[10:14, 3:9] = 4, 9
ABOUT: dict[str, Any] = {
    "spatial_calibration": 0.31, "channels": ["bf", "nuclei"], "cell_type": "RBC", "antibody": None,
    "concentration": 1.5, "pharmaceutical_agent": "x", "custom": {"a": [1]},
}  # fmt: skip


def trio(folder: Path, name: str = "exp1_100_0003", about: object = ABOUT, labels: Any = LABELS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    image = np.zeros((2, *np.shape(labels)), np.uint16)
    tifffile.imwrite(folder / f"{name}.tif", image, imagej=True, metadata={"axes": "CYX"})
    tifffile.imwrite(folder / f"{name}_labelled.tif", labels)
    if about is not None:
        text = about if isinstance(about, str) else json.dumps(about)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder


def read(path: Path, classes: tuple[str, ...] = ()) -> Annotations:
    return celldetective.read(path, FolderImages(path if path.is_dir() else path.parent), classes)


def kinds(found: Annotations) -> set[str]:
    return set(found.losses.by_kind())


def test_the_trio_says_labels_channels_pixel_size_and_group(tmp_path: Path) -> None:
    found = read(trio(tmp_path / "annotations_effectors"))
    item = found.items[0]
    assert not list(found.losses)
    assert (item.image.name, item.size_wh) == ("exp1_100_0003.tif", (30, 20))
    assert (item.image.channels, item.image.pixel_size_um) == (("bf", "nuclei"), 0.31)
    assert (item.image.group, item.image.group_source) == ("exp1_100", "inferred")
    assert (item.state, item.is_complete) == ("reviewed", True)
    assert item.objects.kinds.tolist() == [Kind.MASK] * 2
    assert item.objects.labels.tolist() == ["effectors"] * 2
    assert [e["label_value"] for e in item.objects.extra] == [4, 9]


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("exp1_100_0003_roi_0_256_10_266", "exp1_100"), ("my_exp_W1_201_0120", "my_exp_W1_201"), ("sample", ""),
        ("exp1_100", ""),
    ],
)  # fmt: skip
def test_frames_and_crops_of_a_position_are_a_group(tmp_path: Path, name: str, group: str) -> None:
    assert read(trio(tmp_path, name)).items[0].image.group == group


@pytest.mark.parametrize("name", ["", "exp1_100_0003.json", "exp1_100_0003_labelled.tif"])
def test_folder_json_and_label_image_all_mean_the_trio(tmp_path: Path, name: str) -> None:
    path = trio(tmp_path) / name
    assert formats.sniff(path).NAME == "celldetective"
    assert len(read(path).items[0].objects) == 2


@pytest.mark.parametrize("about", [None, {"channels": []}, [1], "{", {"spatial_calibration": 1}])
def test_label_images_without_such_a_json_are_label_images(tmp_path: Path, about: object) -> None:
    folder = trio(tmp_path, about=about)
    assert formats.sniff(folder).NAME == "labelmask"
    found = read(folder)
    assert len(found.items[0].objects) == 2
    assert kinds(found) & {"json-missing", "json-invalid"} or about == {"channels": []}


def test_a_models_json_without_label_image_is_not_recognised(tmp_path: Path) -> None:
    (tmp_path / "config_input.json").write_text(json.dumps(ABOUT))
    assert not celldetective.sniff(tmp_path)
    assert not celldetective.sniff(tmp_path / "config_input.json")


def test_all_keys_come_back_equal(tmp_path: Path) -> None:
    found = read(trio(tmp_path / "in"))
    objects = found.items[0].objects
    assert objects.extra[0]["celldetective_file"] == ABOUT
    again, about = round_trip(found, tmp_path)
    assert {key: about[key] for key in ABOUT} == ABOUT
    assert again.items[0].objects == objects
    assert again.items[0].image.channels == ("bf", "nuclei")
    assert not list(again.losses)


def round_trip(found: Annotations, folder: Path) -> tuple[Annotations, dict[str, Any]]:
    """Written beside the images, and read again; and the JSON that was written."""
    item = replace(found.items[0], view=View(replace(found.items[0].image, id="1")))
    out = folder / "out"
    out.mkdir()
    celldetective.write(Dataset(found.classes, (item,)), out, {"1": item.image.name})
    images = FolderImages(Path(found.items[0].image.path).parent)
    about: dict[str, Any] = json.loads((out / f"{item.image.stem}.json").read_text(encoding="utf-8"))
    return celldetective.read(out, images), about


def test_classes_and_scores_come_back_and_are_said_to_be_hidden(tmp_path: Path) -> None:
    found = read(trio(tmp_path / "in"))
    objects = found.items[0].objects.replace(labels=["a", "b"], scores=[0.5, np.nan], authors="model:m")
    item = replace(found.items[0], objects=objects, view=View(replace(found.items[0].image, id="1")))
    (tmp_path / "out").mkdir()
    losses = celldetective.write(Dataset(("b", "a"), (item,)), tmp_path / "out", {"1": item.image.name})
    assert [(loss.kind, loss.count) for loss in losses] == [("classes", 2)]
    again = celldetective.read(tmp_path / "out", FolderImages(tmp_path / "in"))
    assert again.items[0].objects == objects
    assert again.classes == ("b", "a")


def test_what_training_needs_and_nobody_knows_is_said(tmp_path: Path) -> None:
    found = read(trio(tmp_path / "in", about=None))
    item = replace(found.items[0], view=View(replace(found.items[0].image, id="1")))
    (tmp_path / "out").mkdir()
    losses = celldetective.write(Dataset(found.classes, (item,)), tmp_path / "out", {"1": item.image.name})
    assert {loss.kind for loss in losses} == {"channels", "calibration"}


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf"), "wide", 1e9, True, [1]])
def test_a_calibration_that_cannot_be_is_said_and_not_used(tmp_path: Path, size: object) -> None:
    found = read(trio(tmp_path, about={**ABOUT, "spatial_calibration": size}))
    assert [(loss.kind, loss.place) for loss in found.losses] == [("calibration", "spatial_calibration")]
    assert found.items[0].image.pixel_size_um is None


def test_channels_that_are_no_names_are_said(tmp_path: Path) -> None:
    found = read(trio(tmp_path, about={**ABOUT, "channels": 3}))
    assert [(loss.kind, loss.place) for loss in found.losses] == [("json-invalid", "channels")]


def test_pairs_that_do_not_fit_are_said_and_left_out(tmp_path: Path) -> None:
    trio(tmp_path, "good_1_0000")
    trio(tmp_path, "size_1_0000")
    tifffile.imwrite(tmp_path / "size_1_0000_labelled.tif", LABELS[:, :20])
    trio(tmp_path, "alone_1_0000")
    (tmp_path / "alone_1_0000_labelled.tif").unlink()
    trio(tmp_path, "cut_1_0000")
    data = (tmp_path / "cut_1_0000_labelled.tif").read_bytes()
    (tmp_path / "cut_1_0000_labelled.tif").write_bytes(data[: len(data) // 2])
    tifffile.imwrite(tmp_path / "good_1_0000_mask.tif", LABELS)
    found = read(tmp_path)
    assert [item.image.stem for item in found.items] == ["good_1_0000"]
    assert kinds(found) == {"size-mismatch", "mask-missing", "file-unreadable", "masks-not-read"}


def test_without_its_image_the_label_image_says_the_size(tmp_path: Path) -> None:
    (trio(tmp_path) / "exp1_100_0003.tif").unlink()
    found = read(tmp_path)
    assert (found.items[0].image.name, found.items[0].size_wh) == ("exp1_100_0003.tif", (30, 20))
    assert kinds(found) == {"image-missing"}


def test_an_image_without_cells_is_background(tmp_path: Path) -> None:
    found = read(trio(tmp_path, labels=np.zeros((20, 30), np.int16)))
    assert (len(found.items[0].objects), found.items[0].is_complete) == (0, True)
    assert kinds(found) == {"file-keys"}


def test_an_image_alone_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "x.tif", LABELS)
    with pytest.raises(AnnotationError, match=r"x_labelled\.tif"):
        read(tmp_path / "x.tif")


def test_images_that_celldetective_does_not_look_at_are_said(tmp_path: Path) -> None:
    item = LabeledImage(View(ImageRef("1", ("a.png",), (40, 30))), Objects.empty(), whole_image((40, 30)))
    losses = celldetective.write(Dataset(("a",), (item,)), tmp_path, {"1": "a.png"})
    assert ("image-not-tiff", 0) in [(loss.kind, loss.count) for loss in losses]
    losses = celldetective.write(Dataset(("a",), (item,)), tmp_path, {"1": "a.tif"})
    assert "image-not-tiff" not in losses.by_kind()


@pytest.mark.shared_data
def test_the_real_trio_is_read_and_written_and_read_again_equal(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "segmentation/celldetective/assets"
    assert formats.sniff(source).NAME == "celldetective"
    found = celldetective.read(source, FolderImages(source))
    image = found.items[0].image
    assert (len(found.items[0].objects), image.pixel_size_um, len(image.channels)) == (48, 0.3112, 4)
    again, about = round_trip(found, tmp_path)
    assert again.items[0].objects == found.items[0].objects
    said = json.loads((source / "sample.json").read_text())
    assert {key: about[key] for key in said} == said
    before, after = (
        tifffile.imread(source / "sample_labelled.tif"),
        tifffile.imread(tmp_path / "out/sample_labelled.tif"),
    )
    assert (before == after).all()
