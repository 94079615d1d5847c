"""Label images lie among the images, and what lies beside them tells of these."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from annelid.errors import AnnotationError
from annelid.project import Project

LABELS = np.zeros((20, 30), np.uint16)
LABELS[2:6, 3:9], LABELS[10:14, 3:9] = 1, 2


def frame(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    tifffile.imwrite(folder / f"{name}.tif", np.zeros((20, 30), np.uint16))
    tifffile.imwrite(folder / f"{name}_labelled.tif", LABELS)
    about = {"channels": ["nuclei"], "spatial_calibration": 0.3}
    (folder / f"{name}.json").write_text(json.dumps(about), encoding="utf-8")


def test_celldetectives_label_images_are_no_images_and_its_positions_are_groups(tmp_path: Path) -> None:
    for name in ("e1_100_0000", "e1_100_0003_roi_0_20_0_30", "e1_200_0000"):
        frame(tmp_path / "annotations_targets", name)
    project = Project.init(tmp_path / "project")
    done = project.import_(tmp_path / "annotations_targets")
    assert (done.format, done.images_new, done.objects) == ("celldetective", 3, {"targets": 6})
    images = [item.image for item in project.store.items()]
    assert sorted(image.group for image in images) == ["e1_100", "e1_100", "e1_200"]
    assert {image.pixel_size_um for image in images} == {0.3}


def test_cellposes_files_are_no_images(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((20, 30), np.uint16))
    tifffile.imwrite(tmp_path / "a_cp_masks.tif", LABELS)
    np.save(tmp_path / "a_seg.npy", {"masks": LABELS}, allow_pickle=True)  # type: ignore[arg-type]
    project = Project.init(tmp_path / "project", classes=("cell",))
    done = project.import_(tmp_path)
    assert (done.format, done.images_new, done.objects) == ("cellpose", 1, {"cell": 2})


@pytest.mark.parametrize("name", ["masks/a.tif", "a_masks.tif"])
def test_label_images_alone_belong_to_the_images_that_the_project_has(tmp_path: Path, name: str) -> None:
    (tmp_path / "images").mkdir()
    for image in "ab":
        tifffile.imwrite(tmp_path / "images" / f"{image}.tif", np.zeros((20, 30), np.uint16))
    mask = tmp_path / "later" / name
    mask.parent.mkdir(parents=True)
    tifffile.imwrite(mask, LABELS)
    project = Project.init(tmp_path / "project", classes=("cell",))
    project.import_(tmp_path / "images")
    done = project.import_(mask.parent)
    assert (done.format, done.images_new, done.annotated, done.objects) == ("labelmask", 0, 1, {"cell": 2})
    assert {item.image.name: item.state for item in project.store.items()} == {"a.tif": "reviewed", "b.tif": "new"}


def test_label_images_of_no_image_of_the_project_are_refused(tmp_path: Path) -> None:
    frame(tmp_path / "images", "a")
    (tmp_path / "masks").mkdir()
    tifffile.imwrite(tmp_path / "masks" / "other.tif", LABELS)
    project = Project.init(tmp_path / "project", classes=("targets",))
    project.import_(tmp_path / "images")
    with pytest.raises(AnnotationError, match="masks with their images"):
        project.import_(tmp_path / "masks")
    assert len(project.store.images()) == 1
