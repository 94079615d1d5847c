from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from annelid.dataset import LabeledImage, whole_image
from annelid.engines.base import Example
from annelid.errors import ImageError
from annelid.examples import PADDING, render_view, write_examples
from annelid.geometry import box_ring, ellipse_ring
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects
from annelid.preprocess import Preprocessing

SIZE = (40, 30)
NONE = Preprocessing(range="none")


def item(root: Path, objects: Objects, covered: Any, dtype: Any = np.uint8) -> LabeledImage:
    pixels = (np.arange(30)[:, None] * 3 + np.arange(40)[None] * 2).astype(dtype)
    tifffile.imwrite(root / "a.tif", pixels)
    return LabeledImage(
        View(ImageRef("i", ("a.tif",), SIZE, dtype=np.dtype(dtype).name)), objects, covered, 1, "reviewed"
    )


def examples(root: Path, *items: LabeledImage, preprocessing: Preprocessing = NONE) -> list[Example]:
    return list(write_examples(items, root, preprocessing, root / "out"))


def pixels(example: Example) -> np.ndarray:
    read = example.pixels()
    assert read.dtype.name == "uint8"
    assert read.shape[2] == 3
    return read


def test_a_complete_image_is_one_picture_with_its_objects(tmp_path: Path) -> None:
    objects = Objects.concat([Objects.from_boxes([[1, 2, 9, 8]], ["a"]), Objects.from_points([[3, 3]], ["a"])])
    (one,) = examples(tmp_path, item(tmp_path, objects, whole_image(SIZE)))
    assert pixels(one).shape == (30, 40, 3)
    np.testing.assert_array_equal(pixels(one)[..., 0], np.arange(30)[:, None] * 3 + np.arange(40)[None] * 2)
    assert one.objects == objects[objects.has_area]


def test_an_image_of_which_nothing_is_covered_gives_nothing(tmp_path: Path) -> None:
    assert examples(tmp_path, item(tmp_path, Objects.from_boxes([[1, 2, 9, 8]], ["a"]), ())) == []


def test_each_covered_area_is_a_picture_and_objects_are_cut_at_its_border(tmp_path: Path) -> None:
    boxes = Objects.from_boxes([[2, 2, 8, 8], [8, 4, 16, 8], [30, 20, 34, 24], [13, 13, 15, 15]], ["a", "b", "c", "d"])
    first, second = examples(tmp_path, item(tmp_path, boxes, (box_ring(0, 0, 12, 12), box_ring(20, 10, 40, 30))))
    assert pixels(first).shape == (12, 12, 3)
    assert first.objects.labels.tolist() == ["a", "b"]
    assert first.objects.boxes_xyxy.tolist() == [[2, 2, 8, 8], [8, 4, 12, 8]]
    assert (first.objects.kinds == Kind.BOX).all()
    assert second.objects.labels.tolist() == ["c"]
    assert second.objects.boxes_xyxy.tolist() == [[10, 10, 14, 14]]
    np.testing.assert_array_equal(pixels(second)[0, 0], [10 * 3 + 20 * 2] * 3)


def test_what_is_not_covered_is_grey_and_neither_object_nor_background(tmp_path: Path) -> None:
    triangle = np.array([[0.0, 0], [20, 0], [0, 20]])
    objects = Objects.from_shapes([((box_ring(8, 8, 18, 18),),)], ["a"])
    (one,) = examples(tmp_path, item(tmp_path, objects, (triangle,)))
    y, x = np.mgrid[:20, :20] + 0.5
    outside = x + y > 20.001
    assert (pixels(one)[outside] == PADDING).all()
    assert pixels(one)[5, 5, 0] == 5 * 3 + 5 * 2
    assert one.objects.areas.tolist() == [pytest.approx(8)]
    assert one.objects.kinds.tolist() == [Kind.POLYGON]


def test_ignored_objects_are_painted_over(tmp_path: Path) -> None:
    shapes = [((ellipse_ring((10, 10), (5, 5)),),), ((box_ring(20, 20, 30, 28),),)]
    objects = Objects.from_shapes(shapes, ["a", "a"], ignore=[True, False])
    (one,) = examples(tmp_path, item(tmp_path, objects, whole_image(SIZE)))
    assert (pixels(one)[8:12, 8:12] == PADDING).all()
    assert pixels(one)[24, 25, 0] == 24 * 3 + 25 * 2
    assert one.objects[~one.objects.ignore].areas.tolist() == [80]


def test_an_object_that_leaves_the_image_is_cut_at_its_border(tmp_path: Path) -> None:
    objects = Objects.from_boxes([[-5, -5, 10, 10], [35, 25, 60, 50], [-9, -9, -1, -1]], ["a", "b", "c"])
    (one,) = examples(tmp_path, item(tmp_path, objects, whole_image(SIZE)))
    assert one.objects.boxes_xyxy.tolist() == [[0, 0, 10, 10], [35, 25, 40, 30]]


def test_an_area_looks_as_it_does_when_the_whole_image_is_shown(tmp_path: Path) -> None:
    preprocessing = Preprocessing(range="percentile", equalize="clahe")
    area = item(tmp_path, Objects.empty(), (box_ring(10, 5, 30, 20),), np.uint16)
    (one,) = examples(tmp_path, area, preprocessing=preprocessing)
    whole = render_view(area.view, tmp_path, preprocessing)
    np.testing.assert_array_equal(pixels(one), whole[5:20, 10:30])


def test_images_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    several = [item(tmp_path, Objects.empty(), whole_image(SIZE))] * 3
    assert len({example.path for example in examples(tmp_path, *several)}) == 3


def test_a_missing_image_is_an_error_that_names_it(tmp_path: Path) -> None:
    gone = item(tmp_path, Objects.empty(), whole_image(SIZE))
    (tmp_path / "a.tif").unlink()
    with pytest.raises(ImageError, match=r"a\.tif"):
        examples(tmp_path, gone)
