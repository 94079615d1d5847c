"""Label images: which mask goes with which image, and what its pixels mean."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from annelid import geometry
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError
from annelid.formats import labelmask
from annelid.formats.base import Annotations, LossReport
from annelid.formats.images import FolderImages
from annelid.formats.mask_file import read_labels
from annelid.image import ImageRef, View
from annelid.objects import Objects

LABELS = np.zeros((20, 30), np.uint16)
LABELS[2:6, 3:9], LABELS[10:14, 3:9], LABELS[2:4, 20:22], LABELS[8:10, 20:22] = 7, 300, 5, 5


def image(path: Path, size_wh: tuple[int, int] = (30, 20)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size_wh, 90).save(path)
    return path


def mask(path: Path, labels: np.ndarray = LABELS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".tif":
        tifffile.imwrite(path, labels)
    else:
        Image.fromarray(labels).save(path)
    return path


def read(folder: Path, classes: tuple[str, ...] = ()) -> Annotations:
    return labelmask.read(folder, FolderImages(folder), classes)


def kinds(found: Annotations) -> set[str]:
    return set(found.losses.by_kind())


@pytest.mark.parametrize(
    ("picture", "labels"),
    [
        ("images/X.png", "masks/X.tif"), ("X.png", "X_masks.tif"), ("X.png", "X_cp_masks.png"),
        ("X.png", "X_label.tif"), ("X.png", "X_labels.tif"), ("X.png", "X_labelled.tif"),
        ("X.png", "X_mask.tif"),
        ("liver/tissue images/X.png", "liver/label masks/X.tif"), ("X.png", "masks/X_cp_masks.tif"),
        ("train/images/X.png", "train/masks/X.png"), ("img2d.png", "mask2d.tif"),
        ("images/tissue images/X.png", "masks/tissue images/X.tif"),
    ],
)  # fmt: skip
def test_a_mask_is_paired_by_name_and_folder(tmp_path: Path, picture: str, labels: str) -> None:
    image(tmp_path / picture)
    mask(tmp_path / labels)
    found = read(tmp_path)
    assert [item.image.path for item in found.items] == [(tmp_path / picture).as_posix()]
    assert not list(found.losses)
    assert labelmask.sniff(tmp_path)


def test_a_read_mask_covers_its_image_and_keeps_values_parts_and_author(tmp_path: Path) -> None:
    image(tmp_path / "X.png")
    mask(tmp_path / "X_masks.tif")
    item = read(tmp_path, ("cell",)).items[0]
    assert (item.state, item.is_complete) == ("reviewed", True)
    assert [e["label_value"] for e in item.objects.extra] == [5, 7, 300]
    assert [len(shape) for shape in item.objects.shapes] == [2, 1, 1]
    assert set(item.objects.labels) == {"cell"}
    assert set(item.objects.authors) == {"import:labelmask"}


def test_masks_of_equal_names_go_with_the_images_of_their_own_folder(tmp_path: Path) -> None:
    image(tmp_path / "train/images/X.png")
    image(tmp_path / "test/images/X.png")
    mask(tmp_path / "train/masks/X.tif")
    found = read(tmp_path)
    assert [item.image.path for item in found.items] == [(tmp_path / "train/images/X.png").as_posix()]
    assert kinds(found) == {"mask-missing"}


def test_a_mask_is_never_paired_with_the_image_of_another_folder(tmp_path: Path) -> None:
    image(tmp_path / "test/images/X.png")
    image(tmp_path / "train/images/Y.png")
    mask(tmp_path / "train/masks/X.tif")
    mask(tmp_path / "train/masks/Y.tif")
    found = read(tmp_path)
    assert [Path(item.image.path).name for item in found.items] == ["Y.png"]
    assert kinds(found) == {"mask-missing", "image-missing"}


def test_a_mask_of_another_size_is_not_used(tmp_path: Path) -> None:
    image(tmp_path / "X.png", (31, 20))
    mask(tmp_path / "X_masks.tif")
    image(tmp_path / "Y.png")
    mask(tmp_path / "Y_masks.tif")
    found = read(tmp_path)
    assert len(found.items) == 1
    assert kinds(found) == {"size-mismatch"}


def test_of_two_masks_of_an_image_the_labels_are_used_and_not_the_binary_one(tmp_path: Path) -> None:
    image(tmp_path / "images/X.png")
    mask(tmp_path / "binary masks/X.png", (LABELS > 0).astype(np.uint8) * 255)
    mask(tmp_path / "label masks/X.tif")
    found = read(tmp_path)
    assert len(found.items[0].objects) == 3
    assert kinds(found) == {"several-masks"}


def test_areas_of_a_binary_mask_are_objects_and_that_is_said(tmp_path: Path) -> None:
    image(tmp_path / "X.png")
    labels = (LABELS > 0).astype(np.uint8) * 255
    labels[6, 9] = 255
    mask(tmp_path / "X_mask.png", labels)
    found = read(tmp_path)
    assert len(found.items[0].objects) == 4
    assert kinds(found) == {"binary-mask"}


def test_grey_saved_as_rgb_is_grey_and_colours_are_labels(tmp_path: Path) -> None:
    image(tmp_path / "X.png")
    grey = np.where(LABELS == 300, 9, LABELS).astype(np.uint8)
    mask(tmp_path / "X_masks.png", np.stack([grey] * 3, 2))
    found = read(tmp_path)
    assert [e["label_value"] for e in found.items[0].objects.extra] == [5, 7, 9]
    mask(tmp_path / "X_masks.png", np.stack([grey, grey * 2, grey], 2))
    found = read(tmp_path)
    assert len(found.items[0].objects) == 3
    assert kinds(found) == {"colours-as-labels"}


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint32, np.int16, np.float64])
def test_any_number_type_with_whole_values_is_read(tmp_path: Path, dtype: type) -> None:
    image(tmp_path / "X.png")
    mask(tmp_path / "X_masks.tif", LABELS.astype(dtype))
    assert len(read(tmp_path).items[0].objects) == 3


@pytest.mark.parametrize("content", [b"", b"II*\0garbage", b"\x89PNG"])
def test_a_broken_mask_is_an_error_alone_and_a_loss_among_others(tmp_path: Path, content: bytes) -> None:
    image(tmp_path / "X.png")
    (tmp_path / "X_masks.tif").write_bytes(content)
    with pytest.raises(AnnotationError):
        read(tmp_path)
    image(tmp_path / "Y.png")
    mask(tmp_path / "Y_masks.tif")
    found = read(tmp_path)
    assert len(found.items) == 1
    assert "file-unreadable" in kinds(found)


def test_fractions_are_no_labels(tmp_path: Path) -> None:
    mask(tmp_path / "X_masks.tif", LABELS.astype(np.float32) + 0.5)
    with pytest.raises(AnnotationError, match="whole numbers"):
        read_labels(tmp_path / "X_masks.tif", LossReport())


def dataset(*objects: Objects) -> Dataset:
    views = [View(ImageRef(str(n), (f"{n}.png",), (30, 20))) for n in range(len(objects))]
    items = tuple(
        LabeledImage(view, o, whole_image((30, 20)), state="reviewed") for view, o in zip(views, objects, strict=True)
    )
    return Dataset(tuple(dict.fromkeys(str(x) for o in objects for x in o.labels)) or ("object",), items)


def written(tmp_path: Path, *objects: Objects) -> tuple[set[str], Annotations]:
    out, pictures = tmp_path / "out", tmp_path / "pictures"
    out.mkdir()
    losses = labelmask.write(dataset(*objects), out, {str(n): f"train/{n}.png" for n in range(len(objects))})
    for n in range(len(objects)):
        image(pictures / f"train/{n}.png")
    return set(losses.by_kind()), labelmask.read(out, FolderImages(pictures))


def test_values_classes_and_scores_come_back(tmp_path: Path) -> None:
    objects = Objects.from_label_image(LABELS, "b").replace(labels=["b", "a", "b"], scores=[0.5, np.nan, 1.0])
    losses, found = written(tmp_path, objects, objects[1:])
    assert not losses
    assert not list(found.losses)
    assert found.classes == ("b", "a")
    back = found.items[0].objects
    assert [e["label_value"] for e in back.extra] == [5, 7, 300]
    assert back.labels.tolist() == ["b", "a", "b"]
    assert np.array_equal(back.scores, objects.scores, equal_nan=True)
    assert np.array_equal(back.coords, objects.coords)


def test_one_object_in_two_parts_stays_one_in_our_own_masks(tmp_path: Path) -> None:
    objects = Objects.from_label_image((LABELS == 5).astype(np.uint8), "object")
    _, found = written(tmp_path, objects, Objects.empty())
    assert [len(item.objects) for item in found.items] == [1, 0]
    assert not (tmp_path / "out/classes.csv").exists()


@pytest.mark.parametrize(("count", "dtype"), [(200, np.uint8), (300, np.uint16), (70_000, np.uint32)])
def test_the_type_holds_every_value(tmp_path: Path, count: int, dtype: type) -> None:
    labels = np.arange(count, dtype=np.uint32).reshape(-1, 100) + 1
    size = labels.shape[::-1]
    view = View(ImageRef("1", ("a.png",), (size[0], size[1])))
    item = LabeledImage(view, Objects.from_label_image(labels, "object"), whole_image((size[0], size[1])))
    labelmask.write(Dataset(("object",), (item,)), tmp_path, {"1": "a.png"})
    pixels = tifffile.imread(tmp_path / "masks/a.tif")
    assert pixels.dtype == dtype
    assert np.array_equal(pixels, labels)


def test_what_a_mask_cannot_show_is_said(tmp_path: Path) -> None:
    square = ((geometry.box_ring(2, 2, 8, 8),),)
    small, under = ((geometry.box_ring(20.1, 3.1, 20.3, 3.3),),), ((geometry.box_ring(3, 3, 4, 4),),)
    objects = Objects.concat([
        Objects.from_shapes([under, square, small], ["x"] * 3),
        Objects.from_boxes([[1, 1, 5, 5]], ["x"]),
        Objects.from_points([[1, 1]], ["x"]),
        Objects.from_shapes([square], ["x"], ignore=True),
    ])  # fmt: skip
    losses, found = written(tmp_path, objects)
    assert losses == {"rasterised", "overlap", "too-small", "hidden", "box", "point", "ignored"}
    assert len(found.items[0].objects) == 1


def test_equal_values_of_two_objects_are_numbered_anew(tmp_path: Path) -> None:
    one = Objects.from_label_image((LABELS == 7).astype(np.uint8) * 3, "object")
    two = Objects.from_label_image((LABELS == 300).astype(np.uint8) * 3, "object")
    _, found = written(tmp_path, Objects.concat([one, two]))
    assert [e["label_value"] for e in found.items[0].objects.extra] == [1, 2]


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("folder", "images", "objects"),
    [("nuinsseg", 24, 546), ("omnipose", 2, 84), ("stardist", 2, 190), ("celldetective", 1, 48)],
)
def test_real_masks_come_back_pixel_by_pixel(
    shared_data: Path, tmp_path: Path, folder: str, images: int, objects: int
) -> None:
    source = shared_data / "segmentation" / folder
    found = read(source)
    assert (len(found.items), sum(len(item.objects) for item in found.items)) == (images, objects)
    items = tuple(replace(i, view=View(replace(i.image, id=str(n)))) for n, i in enumerate(found.items))
    labelmask.write(Dataset(found.classes, items), tmp_path, {i.id: f"{i.id}.png" for i in items})
    for item in items:
        values = np.array([0, *(e["label_value"] for e in item.objects.extra)])
        assert np.array_equal(
            tifffile.imread(tmp_path / f"masks/{item.id}.tif"), values[item.objects.label_image(item.size_wh)]
        )


@pytest.mark.shared_data
def test_two_channels_of_one_mask_are_not_guessed_between(shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="2 images fit"):
        read(shared_data / "segmentation/yeast_movie")
