"""YOLO labels: what is read, what is refused, and what Ultralytics makes of what is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from annelid import geometry, tracing
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError
from annelid.formats import yolo
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.formats.yolo_ring import single_ring
from annelid.formats.yolo_write import _through_centres
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects


def picture(path: Path, size_wh: tuple[int, int] = (100, 50)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size_wh).save(path)
    return path


def text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def read(folder: Path, classes: tuple[str, ...] = ()) -> Annotations:
    return yolo.read(folder, FolderImages(folder), classes)


def dataset(objects: Objects, size_wh: tuple[int, int] = (100, 50), covered: bool = True) -> Dataset:
    view = View(ImageRef("1", ("a.png",), size_wh))
    item = LabeledImage(view, objects, whole_image(size_wh) if covered else (), state="reviewed")
    return Dataset(tuple(dict.fromkeys(map(str, objects.labels))) or ("cell",), (item,))


def kinds(annotations: Annotations) -> set[str]:
    return set(annotations.losses.by_kind())


def test_a_line_of_five_columns_is_a_box_in_shares_of_width_and_height(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    text(tmp_path / "a.txt", "0 0.5 0.5 0.2 0.4\n")
    item = read(tmp_path, ("cell",)).items[0]
    assert item.objects.boxes_xyxy.tolist() == [[40, 15, 60, 35]]
    assert item.objects.kinds.tolist() == [Kind.BOX]
    assert item.is_complete
    assert item.state == "reviewed"
    assert item.objects.authors.tolist() == ["import:yolo"]


def test_a_missing_label_file_is_not_annotated_and_an_empty_one_is_background(tmp_path: Path) -> None:
    picture(tmp_path / "images/a.png")
    picture(tmp_path / "images/b.png")
    text(tmp_path / "labels/b.txt", "")
    a, b = read(tmp_path, ("cell",)).items
    assert (a.state, a.covered) == ("new", ())
    assert (b.state, b.is_complete, len(b.objects)) == ("reviewed", True, 0)


def test_an_even_column_behind_a_box_or_polygon_is_its_confidence(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    text(tmp_path / "a.txt", "0 .5 .5 .2 .4 .75\n0 .1 .1 .2 .1 .2 .2 .5\n")
    objects = read(tmp_path, ("cell",)).items[0].objects
    assert objects.scores.tolist() == [0.75, 0.5]
    assert objects.kinds.tolist() == [Kind.BOX, Kind.POLYGON]


def test_nine_columns_are_a_polygon_unless_the_whole_dataset_is_rectangles_askew(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", (100, 100))
    askew = "0 .5 .2 .8 .5 .5 .8 .2 .5\n"
    text(tmp_path / "a.txt", askew)
    assert read(tmp_path, ("x",)).items[0].objects.kinds.tolist() == [Kind.ROTATED_BOX]
    text(tmp_path / "a.txt", askew + "0 .1 .1 .2 .1 .2 .2\n")
    assert read(tmp_path, ("x",)).items[0].objects.kinds.tolist() == [Kind.POLYGON, Kind.POLYGON]
    text(tmp_path / "a.txt", "0 .1 .1 .5 .1 .5 .5 .1 .5\n")
    assert read(tmp_path, ("x",)).items[0].objects.kinds.tolist() == [Kind.POLYGON]


@pytest.mark.parametrize("train", ["images/train", "../train/images", "./images/train", ["images/train"]])
def test_parts_come_from_data_yaml(tmp_path: Path, train: object) -> None:
    layout = ("train/images", "train/labels") if "../" in str(train) else ("images/train", "labels/train")
    picture(tmp_path / layout[0] / "a.png")
    text(tmp_path / layout[1] / "a.txt", "1 .5 .5 .1 .1\n")
    picture(tmp_path / "images/val/b.png")
    text(tmp_path / "labels/val/b.txt", "0 .5 .5 .1 .1\n")
    text(tmp_path / "data.yaml", f"train: {train}\nval: images/val\nnc: 2\nnames: [cell, no]\n")
    for source in (tmp_path, tmp_path / "data.yaml"):
        found = yolo.read(source, FolderImages(tmp_path))
        assert found.classes == ("cell", "no")
        assert {Path(p).name: part for p, part in found.parts.items()} == {"a.png": "train", "b.png": "val"}
        assert sorted(str(x) for item in found.items for x in item.objects.labels) == ["cell", "no"]


def test_parts_that_name_the_same_images_are_none_and_an_image_of_two_is_said(tmp_path: Path) -> None:
    for name in ("a", "b"):
        picture(tmp_path / f"images/{name}.png")
        text(tmp_path / f"labels/{name}.txt", "0 .5 .5 .1 .1\n")
    text(tmp_path / "data.yaml", "train: images\nval: images\nnames: [cell]\n")
    found = read(tmp_path)
    assert (found.parts, kinds(found)) == ({}, set())
    text(tmp_path / "val.txt", "./images/b.png\n")
    text(tmp_path / "data.yaml", "train: images\nval: val.txt\nnames: [cell]\n")
    found = read(tmp_path)
    assert list(found.parts.values()) == ["train", "train"]
    assert [(loss.kind, loss.place, loss.count) for loss in found.losses] == [("in-two-parts", "val", 1)]


def test_a_list_of_images_in_a_text_file_is_a_part(tmp_path: Path) -> None:
    picture(tmp_path / "images/a.png")
    text(tmp_path / "labels/a.txt", "0 .5 .5 .1 .1\n")
    text(tmp_path / "train.txt", "./images/a.png\n")
    text(tmp_path / "data.yaml", "train: train.txt\nval: nowhere\nnames: {0: cell}\n")
    found = read(tmp_path)
    assert list(found.parts.values()) == ["train"]
    assert kinds(found) == {"part-missing"}


def test_class_names_are_those_given_then_data_yaml_then_a_class_file_then_numbers(tmp_path: Path) -> None:
    picture(tmp_path / "images/a.png")
    text(tmp_path / "labels/a.txt", "1 .5 .5 .1 .1\n")
    found = read(tmp_path)
    assert (found.classes, kinds(found)) == (("0", "1"), {"class-names-missing"})
    text(tmp_path / "notes.json", '{"categories": [{"id": 1, "name": "b"}, {"id": 0, "name": "a"}]}')
    assert read(tmp_path).classes == ("a", "b")
    text(tmp_path / "data.yaml", "train: images\nval: images\nnames: [c, d]\n")
    found = read(tmp_path)
    assert (found.classes, kinds(found)) == (("c", "d"), {"classes-differ"})
    assert read(tmp_path, ("e", "f")).classes == ("e", "f")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 120 30 40 50", "pixel"),
        ("hello world", "hello"),
        ("0 .1 .2", "4 or more"),
        ("0.5 .1 .2 .1 .1", "class"),
    ],
)
def test_text_that_is_not_yolo_is_refused_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    picture(tmp_path / "a.png")
    text(tmp_path / "a.txt", f"0 .5 .5 .1 .1\n{line}\n")
    with pytest.raises(AnnotationError, match="line 2") as caught:
        read(tmp_path, ("cell",))
    assert said in str(caught.value)


def test_one_bad_file_among_good_ones_is_a_loss_and_its_image_is_not_annotated(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    text(tmp_path / "a.txt", "nonsense\n")
    text(tmp_path / "b.txt", "0 .5 .5 .1 .1\n")
    found = read(tmp_path, ("cell",))
    assert [item.state for item in found.items] == ["new", "reviewed"]
    assert kinds(found) == {"file-unreadable"}


def test_instance_numbers_in_the_place_of_classes_are_refused(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    text(tmp_path / "a.txt", "".join(f"{i} .1 .1 .2 .1 .2 .2 .9\n" for i in range(4)))
    with pytest.raises(AnnotationError, match="instance"):
        read(tmp_path, ("cell",))


def test_doubles_unknown_classes_and_what_sticks_out_are_losses(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    lines = ["0 .5 .5 .1 .1", "0 .5 .5 .1 .1", "7 .5 .5 .1 .1", "0 1 .5 .5 .5", "0 -.5 .5 .1 .1"]
    text(tmp_path / "a.txt", "\n".join(lines))
    text(tmp_path / "z.txt", "0 .5 .5 .1 .1\n")
    found = read(tmp_path, ("cell",))
    assert kinds(found) == {"duplicate-line", "class-unknown", "clipped", "outside-image", "image-missing"}
    assert found.items[0].objects.boxes_xyxy[1].tolist() == [75, 12.5, 100, 37.5]


def test_what_six_digits_round_over_the_edge_is_no_loss(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    text(tmp_path / "a.txt", "0 0.750001 0.5 0.500000 1\n")
    found = read(tmp_path, ("cell",))
    assert not found.losses.losses
    assert found.items[0].objects.boxes_xyxy.max() == 100


def test_boxes_come_back_from_what_was_written(tmp_path: Path) -> None:
    boxes = Objects.from_boxes([[1.25, 2.5, 30.125, 40], [0.0, 0, 100, 50]], ["b", "a"])
    losses = yolo.write(dataset(boxes), tmp_path, {"1": "train/a.png"})
    picture(tmp_path / "images/train/a.png")
    found = read(tmp_path)
    assert set(losses.by_kind()) == {"no-validation-part"}
    assert np.allclose(found.items[0].objects.boxes_xyxy, boxes.boxes_xyxy, atol=1e-7)
    assert found.items[0].objects.labels.tolist() == ["b", "a"]
    assert found.classes == ("b", "a")
    assert (tmp_path / "labels/train/a.txt").is_file()


def test_polygons_keep_a_millionth_of_a_pixel_in_the_largest_images(tmp_path: Path) -> None:
    size = (100_000, 90_000)
    ring = np.array([[99_999.123456, 3.000001], [7.654321, 80_000.5], [0.333333, 0.777777]])
    yolo.write(dataset(Objects.from_shapes([((ring,),)], ["x"]), size), tmp_path, {"1": "a.png"})
    values = (tmp_path / "labels/a.txt").read_text().split()[1:]
    assert np.abs(np.array(values, float).reshape(-1, 2) * size - ring).max() < 1e-6


def test_what_yolo_cannot_carry_is_said_once_a_file_with_its_count(tmp_path: Path) -> None:
    ring = geometry.ellipse_ring((50, 25), (20, 20), points=1500)
    objects = Objects.concat([
        Objects.from_shapes([((ring,),)], ["x"], scores=[0.5], extra=[{"a": 1}]),
        Objects.from_boxes([[1, 1, 5, 5], [1, 1, 6, 6]], ["x", "x"], ignore=[False, True]),
        Objects.from_points([[3, 3]], ["x"]),
    ])  # fmt: skip
    losses = yolo.write(dataset(objects), tmp_path, {"1": "a.png"})
    counts = {loss.kind: loss.count for loss in losses}
    expected = ("outline-thinned-by-ultralytics", "score", "attributes", "box-as-polygon", "ignored", "point")
    assert {kind: counts[kind] for kind in expected} == dict.fromkeys(expected, 1)
    assert len((tmp_path / "labels/a.txt").read_text().splitlines()) == 2


def test_images_of_which_nothing_is_known_get_no_label_file(tmp_path: Path) -> None:
    yolo.write(dataset(Objects.empty(), covered=False), tmp_path, {"1": "a.png"})
    assert not (tmp_path / "labels").exists()


def test_two_images_that_would_share_a_label_file_are_refused(tmp_path: Path) -> None:
    one = dataset(Objects.empty()).items[0]
    two = Dataset(("x",), (one, replace(one, view=View(ImageRef("2", ("a.tif",), (100, 50))))))
    with pytest.raises(AnnotationError, match="share"):
        yolo.write(two, tmp_path, {"1": "a.png", "2": "a.tif"})


# --- what Ultralytics makes of it --------------------------------------------------------------------------


def disk(radius: float, size: int = 64) -> np.ndarray:
    y, x = np.mgrid[:size, :size] + 0.5 - size / 2
    return np.asarray(x**2 + y**2 < radius**2)


def drawn(mask: np.ndarray, tmp_path: Path) -> np.ndarray:
    """The mask as Ultralytics' loader and raster give it back from the file written for it."""
    from ultralytics.data.utils import polygons2masks, verify_image_label
    from ultralytics.utils.ops import resample_segments

    h, w = mask.shape
    objects = Objects.from_label_image(mask.astype(np.uint8), "x")
    yolo.write(dataset(objects, (w, h)), tmp_path, {"1": "a.png"})
    image = picture(tmp_path / "images/a.png", (w, h))
    arguments = (str(image), str(tmp_path / "labels/a.txt"), "", False, 1, 0, 0, False)
    segments = verify_image_label(arguments)[3]
    resampled = resample_segments(segments, n=max(1000, max(map(len, segments)) + 1))
    pixels = [np.asarray(segment) * np.array([w, h], np.float32) for segment in resampled]
    return np.asarray(np.asarray(polygons2masks((h, w), pixels, 1)).astype(bool).any(0))


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("radius", [1, 1.6, 3, 5, 10, 25])
def test_ultralytics_draws_a_disk_back_exactly(tmp_path: Path, radius: float) -> None:
    assert iou(disk(radius), drawn(disk(radius), tmp_path)) == 1


@pytest.mark.parametrize(("outer", "inner"), [(10, 5), (20, 18), (25, 2), (6, 4.5)])
def test_ultralytics_draws_a_ring_and_its_hole_back_exactly(tmp_path: Path, outer: float, inner: float) -> None:
    ring = disk(outer) & ~disk(inner)
    assert iou(ring, drawn(ring, tmp_path)) == 1


def test_ultralytics_draws_two_parts_back_with_a_line_between(tmp_path: Path) -> None:
    two = np.roll(disk(8), -14, 1) | np.roll(disk(8), 14, 1)
    back = drawn(two, tmp_path)
    assert not (two & ~back).any()
    assert iou(two, back) > 0.95


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(bool, (9, 9), elements=st.booleans()))
def test_bridges_to_holes_cost_no_pixel(mask: np.ndarray) -> None:
    import cv2

    for part in _through_centres(tracing.mask_to_shape(mask), (9, 9)):
        ring = single_ring((part,)).astype(np.int32)
        image = np.zeros((9, 9), np.uint8)
        cv2.fillPoly(image, [ring], 1)
        alone = geometry.shape_to_mask(
            next(s for s in ((p,) for p in tracing.mask_to_shape(mask)) if _holds(s, part[0][0])), (9, 9)
        )
        assert (image.astype(bool) == alone).all()


def _holds(shape: geometry.Shape, point: np.ndarray) -> bool:
    x, y = np.floor(point).astype(int)
    return bool(geometry.shape_to_mask(shape, (9, 9))[y, x])


# --- real files --------------------------------------------------------------------------------------------


@pytest.mark.shared_data
def test_labels_of_the_galaxy_tool_are_read_with_images_elsewhere(shared_data: Path) -> None:
    folder = shared_data / "formats/galaxy_anylabeling"
    found = yolo.read(folder / "YOLO_txt", FolderImages(folder / "YOLO_jpg"), ("animal",))
    assert (len(found.items), sum(len(item.objects) for item in found.items)) == (10, 10)
    assert not found.losses.losses


@pytest.mark.shared_data
def test_oriented_boxes_are_found_to_be_such(shared_data: Path) -> None:
    found = read(shared_data / "detection/stomata_yolo_obb")
    kinds_found = {kind for item in found.items for kind in item.objects.kinds.tolist()}
    assert (len(found.items), kinds_found) == (12, {Kind.ROTATED_BOX})


@pytest.mark.shared_data
@pytest.mark.parametrize(("layout", "count"), [("labels", 2), ("annotations", 1), ("strict", 1)])
def test_usual_layouts_are_paired(shared_data: Path, layout: str, count: int) -> None:
    found = read(shared_data / "formats/datumaro/yolo_dataset" / layout)
    assert [len(item.objects) for item in found.items] == [2] * count
    assert found.classes == tuple(f"label_{i}" for i in range(10))
