"""One folder of binary masks per image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.contracts import own_files as own

from annelid import formats
from annelid.errors import AnnotationError
from annelid.formats import maskfolder
from annelid.formats.images import FolderImages
from annelid.geometry import box_ring
from annelid.objects import Kind, Objects


def write_mask(file: Path, *boxes: tuple[int, int, int, int], size_wh: tuple[int, int] = (20, 10)) -> None:
    mask = np.zeros(size_wh[::-1], np.uint8)
    for x1, y1, x2, y2 in boxes:
        mask[y1:y2, x1:x2] = 255
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask).save(file)


@pytest.fixture
def bowl(tmp_path: Path) -> Path:
    """Two images as the Data Science Bowl lays them out."""
    for name in ("00ae", "0a7d"):
        own.picture(tmp_path, f"stage1_train/{name}/images/{name}.png", (20, 10))
        write_mask(tmp_path / f"stage1_train/{name}/masks/07a9.png", (1, 1, 5, 5))
        write_mask(tmp_path / f"stage1_train/{name}/masks/b8f1.png", (4, 4, 9, 9), (12, 1, 15, 3))
    return tmp_path / "stage1_train"


@pytest.mark.parametrize("inside", ["", ".."])
def test_every_file_of_a_folder_is_an_object_and_they_may_overlap(bowl: Path, inside: str) -> None:
    path = (bowl / inside).resolve()
    assert formats.sniff(path).NAME == "maskfolder"
    found = maskfolder.read(path, FolderImages(path))
    assert [item.image.name for item in found.items] == ["00ae.png", "0a7d.png"]
    objects = found.items[0].objects
    assert objects.areas.tolist() == [16, 31]
    assert (objects.labels.tolist(), objects.kinds.tolist()) == (["object"] * 2, [Kind.MASK] * 2)
    assert [extra["maskfolder"]["file"] for extra in objects.extra] == ["07a9.png", "b8f1.png"]
    assert (list(found.losses), found.items[0].is_complete) == ([], True)


def test_one_image_alone_is_read(bowl: Path) -> None:
    found = maskfolder.read(bowl / "00ae", FolderImages(bowl / "00ae"))
    assert len(found.items[0].objects) == 2


def test_the_only_class_that_is_given_is_that_of_all(bowl: Path) -> None:
    found = maskfolder.read(bowl, FolderImages(bowl), ("nucleus",))
    assert set(found.items[0].objects.labels) == {"nucleus"}


def test_masks_that_have_their_images_name_are_another_layout(tmp_path: Path) -> None:
    own.picture(tmp_path, "x/images/a.png", (20, 10))
    write_mask(tmp_path / "x/masks/a.png", (1, 1, 5, 5))
    assert formats.sniff(tmp_path).NAME == "labelmask"


def test_bad_masks_are_losses_and_the_others_stay(bowl: Path) -> None:
    masks = bowl / "00ae/masks"
    write_mask(masks / "empty.png")
    write_mask(masks / "size.png", (1, 1, 2, 2), size_wh=(9, 9))
    (masks / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    Image.fromarray(np.eye(10, 20, dtype=np.uint8) * np.arange(1, 21, dtype=np.uint8)).save(masks / "values.png")
    found = maskfolder.read(bowl, FolderImages(bowl))
    assert len(found.items[0].objects) == 3
    assert {loss.kind for loss in found.losses} == {"empty-object", "size-mismatch", "file-unreadable", "not-binary"}


def test_masks_classes_scores_and_names_come_back(tmp_path: Path) -> None:
    disk = (np.hypot(*np.mgrid[-5:6, -5:6]) < 5).astype(np.uint8)
    pieces = [
        Objects.from_label_image(disk, "a", scores=[0.5], extra=[{"maskfolder": {"file": "x.png"}}]),
        Objects.from_label_image(disk, "b", origin_xy=(3, 3), extra=[{"maskfolder": {"file": "../y.png"}}]),
        Objects.from_label_image(disk, "a", origin_xy=(60, 30), extra=[{"maskfolder": {"file": "x.png"}}]),
    ]
    objects = Objects.concat(pieces)
    again, losses = own.round_trip(maskfolder, objects, tmp_path / "a")
    assert not losses
    assert sorted(extra["maskfolder"]["file"] for extra in again.extra) == ["00002.png", "00003.png", "x.png"]
    order = [again.labels.tolist().index("b")]
    assert [shape[0][0].tolist() for shape in again[order].shapes] == [objects.shape(1)[0][0].tolist()]
    assert sorted(again.scores.tolist(), key=str) == pytest.approx([0.5, np.nan, np.nan], nan_ok=True)


def test_what_masks_cannot_say_is_said(tmp_path: Path) -> None:
    pieces = [
        Objects.from_boxes([[1, 1, 9, 9]], ["box"]),
        Objects.from_points([[3, 4]], ["point"]),
        Objects.from_label_image(np.eye(5, dtype=np.uint8), "ignored", ignore=True),
        Objects.from_shapes([((own.TRIANGLE,),), ((box_ring(1.6, 1.6, 2.4, 2.4),),)], ["polygon", "small"]),
        Objects.from_label_image(np.eye(5, dtype=np.uint8), "mask", parents="p"),
    ]
    again, losses = own.round_trip(maskfolder, Objects.concat(pieces), tmp_path / "a")
    assert losses == {"box", "point", "ignored", "rasterised", "too-small", "attributes", "label-value"}
    assert sorted(again.labels) == ["mask", "polygon"]


def test_an_image_without_objects_is_background_beside_its_picture_too(tmp_path: Path) -> None:
    maskfolder.write(own.dataset(Objects.empty()), tmp_path, {"1": "a.png"})
    own.picture(tmp_path, "a/images/a.png")
    item = maskfolder.read(tmp_path, FolderImages(tmp_path)).items[0]
    assert (len(item.objects), item.is_complete, item.image.name) == (0, True, "a.png")


def test_a_table_that_is_none_is_an_error(tmp_path: Path) -> None:
    own.round_trip(maskfolder, Objects.from_label_image(np.eye(5, dtype=np.uint8), "mask"), tmp_path)
    for content in ("a,b\n", "image,mask,class,score\na.png,x.png,c,many\n"):
        (tmp_path / "masks.csv").write_text(content)
        with pytest.raises(AnnotationError, match=r"masks\.csv"):
            maskfolder.read(tmp_path, FolderImages(tmp_path))
