"""COCO: what is read, what is refused, what is said, and what pycocotools makes of what we write."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image
from pycocotools import mask as reference
from pycocotools.coco import COCO
from tests.strategies import datasets

from annelid import geometry
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError
from annelid.formats import coco
from annelid.formats.base import Annotations, LossReport
from annelid.formats.coco_header import Crowd
from annelid.formats.images import FolderImages
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools

SQUARE = [2.0, 2.0, 8.0, 2.0, 8.0, 8.0, 2.0, 8.0]
RUNS = {"counts": [11, 2, 8, 2, 177], "size": [10, 20]}
"""Two by two pixels at x 1, y 1 of an image of 20 x 10."""


def text(annotations: Sequence[Any], **changes: Any) -> str:
    """A COCO file about one image of 20 x 10, with two classes."""
    data = {
        "images": [{"id": 7, "file_name": "a.png", "width": 20, "height": 10}],
        "categories": [{"id": 3, "name": "cell"}, {"id": 9, "name": "nucleus"}],
        "annotations": annotations,
    }
    return json.dumps({**data, **changes})


def annotation(**changes: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": 7, "category_id": 3, "bbox": [2, 2, 6, 6], "iscrowd": 0, **changes}


def read(annotations: Sequence[Any], crowd: Crowd = "auto", **changes: Any) -> Annotations:
    return coco.loads(text(annotations, **changes), FolderImages(), crowd=crowd)


def kinds(found: Annotations) -> dict[str, int]:
    return {kind: sum(loss.count for loss in losses) for kind, losses in found.losses.by_kind().items()}


def only(found: Annotations) -> Objects:
    assert len(found.items) == 1
    return found.items[0].objects


# --- what is read -----------------------------------------------------------------------------------------


def test_several_rings_are_parts() -> None:
    objects = only(read([annotation(segmentation=[SQUARE, [10, 2, 12, 2, 12, 4]])]))
    assert objects.kinds.tolist() == [Kind.POLYGON]
    assert [len(part) for part in objects.shape(0)] == [1, 1]
    assert objects.shape(0)[0][0].tolist() == [[2, 2], [8, 2], [8, 8], [2, 8]]


@pytest.mark.parametrize("segmentation", [None, []])
def test_without_outline_there_is_a_box(segmentation: Any) -> None:
    objects = only(read([annotation(segmentation=segmentation, bbox=[2.5, 3, 4, 5])]))
    assert objects.kinds.tolist() == [Kind.BOX]
    assert objects.boxes_xyxy.tolist() == [[2.5, 3, 6.5, 8]]


def test_runs_become_exact_masks_whether_numbers_or_text() -> None:
    packed = reference.frPyObjects(RUNS, 10, 20)
    compressed = {"counts": packed["counts"].decode(), "size": [10, 20]}
    objects = only(read([annotation(segmentation=RUNS), annotation(id=2, segmentation=compressed)]))
    assert objects.kinds.tolist() == [Kind.MASK, Kind.MASK]
    for n in range(2):
        mask = geometry.shape_to_mask(objects.shape(n), (10, 20))
        np.testing.assert_array_equal(mask, reference.decode(packed).astype(bool))


def test_masks_have_holes() -> None:
    ring = np.ones((5, 5), bool)
    ring[2, 2] = False
    image = np.zeros((10, 20), np.uint8)
    image[1:6, 3:8] = ring
    packed = reference.encode(np.asfortranarray(image))
    found = read([annotation(segmentation={"counts": packed["counts"].decode(), "size": [10, 20]})])
    assert [len(part) for part in only(found).shape(0)] == [2]


def test_images_without_annotations_are_background() -> None:
    (item,) = read([]).items
    assert item.is_complete
    assert item.state == "reviewed"
    assert len(item.objects) == 0


def test_a_file_without_classes_or_outlines_does_not_say_that_anything_is_background() -> None:
    caption = {"id": 1, "image_id": 7, "category_id": 3, "caption": "hello"}
    for found in (read([], categories=[]), read([caption])):
        (item,) = found.items
        assert item.covered == ()
        assert item.state == "new"


def test_classes_keep_the_order_of_the_file() -> None:
    found = read([annotation(category_id=9)], categories=[{"id": 9, "name": "b"}, {"id": 3, "name": "a"}])
    assert found.classes == ("b", "a")
    assert only(found).labels.tolist() == ["b"]


@pytest.mark.parametrize(
    "root", [{"id": 0, "name": "cells", "supercategory": "none"}, {"id": 0, "name": "_background_"}]
)
def test_a_root_that_nothing_uses_is_dropped_and_that_is_said(root: Any) -> None:
    found = read([annotation()], categories=[root, {"id": 3, "name": "cell", "supercategory": "cells"}])
    assert found.classes == ("cell",)
    assert kinds(found) == {"class-unused": 1}


def test_a_class_that_nothing_uses_stays() -> None:
    assert read([annotation()]).classes == ("cell", "nucleus")


def test_given_classes_win() -> None:
    found = coco.loads(text([annotation(), annotation(category_id=9)]), FolderImages(), ["nucleus", "other"])
    assert found.classes == ("nucleus", "other")
    assert only(found).labels.tolist() == ["nucleus"]
    assert kinds(found) == {"class-unknown": 1}


def test_scores_and_foreign_attributes_ride_along() -> None:
    objects = only(read([annotation(score=0.5, attributes={"occluded": True}, track_id=4)]))
    assert objects.scores.tolist() == [0.5]
    assert objects.extra[0] == {"coco": {"attributes": {"occluded": True}, "track_id": 4}}
    assert objects.authors[0] == "import:coco"
    assert objects.ids[0] == "1"


def test_ids_may_be_text_or_numbers() -> None:
    found = read([annotation(image_id="7", category_id="3")])
    assert len(only(found)) == 1


@pytest.mark.parametrize("name", ["images\\default\\a.png", "images/default/a.png", "a.png", "C:\\data\\a.png"])
def test_file_names_come_with_folders_and_backslashes(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "images" / "default"
    folder.mkdir(parents=True)
    Image.new("L", (20, 10)).save(folder / "a.png")
    entry = {"id": 7, "file_name": name, "width": 20, "height": 10}
    found = coco.loads(text([], images=[entry]), FolderImages(tmp_path))
    assert found.items[0].image.path == (folder / "a.png").as_posix()


def test_the_size_of_the_image_wins(tmp_path: Path) -> None:
    Image.new("L", (10, 20)).save(tmp_path / "a.png")
    found = coco.loads(text([annotation()]), FolderImages(tmp_path))
    assert found.items[0].size_wh == (10, 20)
    assert kinds(found) == {"image-size-differs": 1}


def test_a_byte_order_mark_and_utf_16_are_read(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        (tmp_path / "a.json").write_text(text([annotation()]), encoding=encoding)
        assert coco.sniff(tmp_path / "a.json")
        assert len(only(coco.read(tmp_path / "a.json", FolderImages()))) == 1


# --- crowds -----------------------------------------------------------------------------------------------

CROWD = {"segmentation": RUNS, "iscrowd": 1}


def test_when_every_mask_is_a_crowd_they_are_objects_and_that_is_said() -> None:
    found = read([annotation(**CROWD), annotation(id=2, **CROWD)])
    assert only(found).ignore.tolist() == [False, False]
    assert kinds(found) == {"crowd-as-instance": 2}


def test_brush_masks_of_cvat_are_objects_beside_polygons_too() -> None:
    mixed = [annotation(segmentation=[SQUARE]), annotation(id=2, attributes={"occluded": False}, **CROWD)]
    found = read(mixed)
    assert only(found).ignore.tolist() == [False, False]
    assert kinds(found) == {"crowd-as-instance": 1}


def test_a_crowd_among_objects_is_ignored_and_that_is_said() -> None:
    for other in ([SQUARE], RUNS):
        found = read([annotation(segmentation=other), annotation(id=2, **CROWD)])
        assert only(found).ignore.tolist() == [False, True]
        assert kinds(found) == {"crowd-ignored": 1}


def test_what_a_crowd_is_can_be_said() -> None:
    values = [annotation(**CROWD)]
    assert only(read(values, crowd="ignore")).ignore.tolist() == [True]
    assert only(read(values, crowd="instance")).ignore.tolist() == [False]


# --- what is lost -----------------------------------------------------------------------------------------

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"image_id": 8}, "image-unknown", "annotations[1].image_id"),
    ({"category_id": 4}, "class-unknown", "annotations[1].category_id"),
    ({"segmentation": [[1, 1, 2, 2]]}, "outline-invalid", "annotations[1].segmentation[0]"),
    ({"segmentation": [[1, 1, 2, 2, 3]]}, "outline-invalid", "annotations[1].segmentation[0]"),
    ({"segmentation": [[1, 1, 2, 2, None, 3]]}, "outline-invalid", "annotations[1].segmentation[0]"),
    ({"segmentation": [[1, 1, 2, 2, "x", 3]]}, "outline-invalid", "annotations[1].segmentation[0]"),
    ({"segmentation": [[1, 1, 2, 2, float("nan"), 3]]}, "outline-invalid", "annotations[1].segmentation[0]"),
    ({"segmentation": ["x"]}, "outline-invalid", "annotations[1].segmentation[0]"),
    ({"segmentation": "x"}, "outline-invalid", "annotations[1].segmentation"),
    (
        {"segmentation": {"counts": [1, 2], "size": [10, 20]}},
        "outline-invalid",
        "annotations[1].segmentation.counts",
    ),
    (
        {"segmentation": {"counts": [-1, 201], "size": [10, 20]}},
        "outline-invalid",
        "annotations[1].segmentation.counts",
    ),
    (
        {"segmentation": {"counts": "é", "size": [10, 20]}},
        "outline-invalid",
        "annotations[1].segmentation.counts",
    ),
    ({"segmentation": {"counts": [200]}}, "outline-invalid", "annotations[1].segmentation.counts"),
    ({"segmentation": {"counts": [200], "size": [10, 20]}}, "empty-object", "annotations[1].segmentation"),
    ({"bbox": [1, 1, 0, 2]}, "box-invalid", "annotations[1].bbox"),
    ({"bbox": [1, 1, -3, 2]}, "box-invalid", "annotations[1].bbox"),
    ({"bbox": [1, 1, 2]}, "box-invalid", "annotations[1].bbox"),
    ({"bbox": [1, 1, float("nan"), 2]}, "box-invalid", "annotations[1].bbox"),
    ({"bbox": {"x": 1}}, "box-invalid", "annotations[1].bbox"),
    ({"bbox": None}, "no-outline", "annotations[1]"),
    ({"bbox": [30, 30, 5, 5]}, "outside-image", "annotations[1]"),
    ({"segmentation": [[30, 1, 40, 1, 40, 9]]}, "outside-image", "annotations[1]"),
]


@pytest.mark.parametrize(("changes", "kind", "place"), BAD)
def test_one_bad_annotation_is_a_loss_with_its_place_and_the_others_stay(
    changes: dict[str, Any], kind: str, place: str
) -> None:
    found = read([annotation(), annotation(id=2, **changes), annotation(id=3)])
    assert only(found).ids.tolist() == ["1", "3"]
    assert [(loss.kind, loss.place) for loss in found.losses] == [(kind, place)]
    assert found.losses.losses[0].what


def test_one_bad_ring_leaves_the_others() -> None:
    found = read([annotation(segmentation=[[1, 1], SQUARE])])
    assert len(only(found).shape(0)) == 1
    assert kinds(found) == {"outline-invalid": 1}


@pytest.mark.parametrize("segmentation", [[[-5, 2, 8, 2, 8, 8, -5, 8]], [[2, 2, 25, 2, 25, 8, 2, 8]], []])
def test_what_sticks_out_is_cut_and_that_is_said(segmentation: Any) -> None:
    found = read([annotation(segmentation=segmentation, bbox=[-5, 2, 13, 6])])
    x1, y1, x2, y2 = only(found).boxes_xyxy[0]
    assert (x1, y1, x2, y2) in {(0, 2, 8, 8), (2, 2, 20, 8)}
    assert [(loss.kind, loss.place) for loss in found.losses] == [("clipped", "annotations[0]")]


@pytest.mark.parametrize(
    ("images", "kind"),
    [
        ([{"id": 7, "file_name": "a.png"}], "size-unknown"),
        ([{"id": 7, "width": 1, "height": 1}], "image-invalid"),
        ([{"file_name": "a.png"}], "image-invalid"),
        ([None], "image-invalid"),
    ],
)
def test_an_image_that_cannot_be_used_is_a_loss(images: Any, kind: str) -> None:
    found = read([], images=images)
    assert found.items == ()
    assert kinds(found) == {kind: 1}


def test_an_image_listed_twice_is_one_item() -> None:
    entries = [{"id": n, "file_name": "a.png", "width": 20, "height": 10} for n in (7, 8)]
    found = read([annotation(), annotation(image_id=8)], images=entries)
    assert len(only(found)) == 2
    assert len(set(only(found).ids)) == 2
    assert kinds(found) == {"image-twice": 1}


def test_an_image_that_is_not_there_is_a_loss_where_there_are_images(tmp_path: Path) -> None:
    Image.new("L", (5, 5)).save(tmp_path / "other.png")
    found = coco.loads(text([annotation()]), FolderImages(tmp_path))
    assert found.items[0].image.path == "a.png"
    assert kinds(found) == {"image-missing": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (text([annotation()])[:-30], "line 1, column .*cut off"),
        ('{"images": [\n', "line 2.*cut off"),
        ('{"images": [}', "line 1, column 13"),
        ("", "cut off"),
        ("[]", "bare list"),
        ("{}", "no images"),
        ('{"images": 3}', "no images"),
        ('{"images": [], "annotations": 3}', "annotations: expected a list"),
    ],
)
def test_a_file_that_is_none_is_an_error_with_the_place(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(AnnotationError, match=message) as caught:
        coco.read(tmp_path / "a.json", FolderImages())
    assert "a.json" in str(caught.value)


def test_a_cut_off_file_is_still_recognised(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text([annotation()])[:150])
    assert coco.sniff(tmp_path / "a.json")


# --- folders ----------------------------------------------------------------------------------------------


def test_train_and_val_files_are_parts_and_find_their_own_images(tmp_path: Path) -> None:
    (tmp_path / "annotations").mkdir()
    for part in ("train", "val"):
        (tmp_path / "images" / part).mkdir(parents=True)
        Image.new("L", (20, 10)).save(tmp_path / "images" / part / "a.png")
        (tmp_path / "annotations" / f"instances_{part}2017.json").write_text(text([annotation()]))
        (tmp_path / "annotations" / f"captions_{part}2017.json").write_text(text([]))
    (tmp_path / "images" / "train").rename(tmp_path / "images" / "train2017")
    (tmp_path / "images" / "val").rename(tmp_path / "images" / "val2017")
    found = coco.read(tmp_path, FolderImages(tmp_path))
    assert sorted(found.parts.values()) == ["train", "val"]
    assert {path.split("/")[-2] for path in found.parts} == {"train2017", "val2017"}
    assert len(found.items) == 2


def test_equal_names_that_nothing_tells_apart_are_a_loss(tmp_path: Path) -> None:
    for part in ("x", "y"):
        (tmp_path / part).mkdir()
        Image.new("L", (20, 10)).save(tmp_path / part / "a.png")
    found = coco.loads(text([annotation()]), FolderImages(tmp_path))
    loss = next(loss for loss in found.losses if loss.kind == "image-ambiguous")
    assert loss.place == "images[0]"
    assert re.search(r"x.a\.png, .*y.a\.png", loss.what)
    assert [item.image.path for item in found.items] == ["a.png"]


# --- writing ----------------------------------------------------------------------------------------------


def dataset_of(objects: Objects, size_wh: tuple[int, int] = (20, 10)) -> Dataset:
    item = LabeledImage(View(ImageRef("i", ("a.png",), size_wh)), objects, whole_image(size_wh), state="reviewed")
    return Dataset(("cell", "nucleus"), (item,))


def written(objects: Objects) -> tuple[dict[str, Any], dict[str, int]]:
    made, losses = coco.dumps(dataset_of(objects), {"i": "sub/a.png"})
    value: dict[str, Any] = json.loads(made)
    return value, {kind: sum(loss.count for loss in found) for kind, found in losses.by_kind().items()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(datasets(tuple(kind for kind in Kind if kind != Kind.POINT), attributes=True))
def test_our_own_files_come_back_exactly_to_the_last_column(dataset: Dataset) -> None:
    made, losses = coco.dumps(dataset, {item.id: item.image.path for item in dataset.items})
    found = coco.loads(made, FolderImages())
    assert found.classes == dataset.classes
    lost = sum(loss.count for loss in losses if loss.kind == "empty-object")
    for before, after in zip(dataset.items, found.items, strict=True):
        assert after.image.path == before.image.path
        if not lost:
            assert after.objects == before.objects


def test_covered_areas_state_and_plane_come_back() -> None:
    ring = geometry.box_ring(0, 0, 5, 5)
    view = View(ImageRef("i", ("a.png",), (20, 10)), 3, 1)
    dataset = Dataset(("cell",), (LabeledImage(view, Objects.empty(), (ring,), state="draft"),))
    made, _ = coco.dumps(dataset, {view.id: "a.png"})
    (item,) = coco.loads(made, FolderImages()).items
    assert item.state == "draft"
    assert [r.tolist() for r in item.covered] == [ring.tolist()]
    assert (item.view.t, item.view.z) == (3, 1)


def test_foreign_attributes_come_back_as_they_were() -> None:
    objects = only(read([annotation(id=12, attributes={"occluded": True}, track_id=4, score=0.25)]))
    value, _ = written(objects)
    (made,) = value["annotations"]
    assert made["attributes"] == {"occluded": True}
    assert (made["track_id"], made["id"], made["score"]) == (4, 12, 0.25)
    assert "annelid" not in made


def test_boxes_are_boxes_with_exact_area_and_no_outline() -> None:
    value, losses = written(Objects.from_boxes([[1.5, 2, 4, 7.25]], ["nucleus"]))
    (made,) = value["annotations"]
    assert made["segmentation"] == []
    assert made["bbox"] == [1.5, 2, 2.5, 5.25]
    assert made["area"] == 13.125
    assert made["category_id"] == 2
    assert losses == {}


def test_points_are_lost_and_that_is_said() -> None:
    value, losses = written(Objects.from_points([[3, 3], [4, 4]], ["cell", "cell"]))
    assert value["annotations"] == []
    assert losses == {"point": 2}


def test_numbers_that_json_does_not_have_do_not_spoil_the_file() -> None:
    objects = Objects.from_boxes([[1, 1, 3, 3]], ["cell"], extra=[{"coco": {"a": float("nan"), "b": np.int64(3)}}])
    value, _ = written(objects)
    assert value["annotations"][0]["a"] is None
    assert value["annotations"][0]["b"] == 3


def test_an_edited_outline_is_believed_rather_than_what_we_kept_beside_it() -> None:
    params = np.array([[10, 5, 4, 2, 0.0]])
    shape = ((geometry.ellipse_ring((10, 5), (4, 2)),),)
    value, losses = written(Objects.from_shapes([shape], ["cell"], kinds=Kind.ELLIPSE, params=params))
    assert losses == {"kind-changed": 1}
    assert only(coco.loads(json.dumps(value), FolderImages())).kinds.tolist() == [Kind.ELLIPSE]
    value["annotations"][0]["segmentation"] = [SQUARE]
    edited = only(coco.loads(json.dumps(value), FolderImages()))
    assert edited.kinds.tolist() == [Kind.POLYGON]
    assert edited.boxes_xyxy.tolist() == [[2, 2, 8, 8]]


def test_write_leaves_one_file(tmp_path: Path) -> None:
    coco.write(dataset_of(Objects.empty()), tmp_path, {"i": "a.png"})
    assert [path.name for path in tmp_path.iterdir()] == ["annotations.json"]


# --- against pycocotools ----------------------------------------------------------------------------------


def loaded(path: Path) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dataset=datasets((Kind.MASK, Kind.POLYGON)))
def test_pycocotools_reads_the_same_pixels(dataset: Dataset, tmp_path: Path) -> None:
    losses = coco.write(dataset, tmp_path, {item.id: item.image.path for item in dataset.items})
    if any(loss.kind == "empty-object" for loss in losses):
        return
    api = loaded(tmp_path / "annotations.json")
    for image_id, item in enumerate(dataset.items, 1):
        w, h = item.size_wh
        made = api.loadAnns(api.getAnnIds(imgIds=[image_id]))
        for n, value in enumerate(made):
            ours = geometry.shape_to_mask(item.objects.shape(n), (h, w))
            theirs = api.annToMask(value).astype(bool)
            if isinstance(value["segmentation"], dict):
                np.testing.assert_array_equal(ours, theirs)


@pytest.mark.shared_data
def test_real_coco_masks_are_those_of_pycocotools(shared_data: Path) -> None:
    path = shared_data / "metrics/coco_known/dataset/cocoapi/instances_val2014_100.json"
    found = coco.read(path, FolderImages())
    api = loaded(path)
    assert (len(found.items), len(found.classes)) == (100, 80)
    checked = 0
    for item in found.items:
        w, h = item.size_wh
        for n, name in enumerate(item.objects.ids):
            theirs = api.annToMask(api.anns[int(name)]).astype(bool)
            ours = geometry.shape_to_mask(item.objects.shape(n), (h, w))
            if item.objects.kinds[n] == Kind.MASK:
                np.testing.assert_array_equal(ours, theirs)
                assert item.objects.ignore[n]
                checked += 1
    assert checked == 9


@pytest.mark.shared_data
def test_real_boxes_with_an_unused_root_and_three_parts(shared_data: Path) -> None:
    folder = shared_data / "detection/rbc_coco"
    found = coco.read(folder, FolderImages(folder))
    assert found.classes == ("rbc", "wbc")
    assert set(found.parts.values()) == {"train", "val", "test"}
    assert all(Path(item.image.path).is_file() for item in found.items)
    assert set(kinds(found)) == {"class-unused"}


# --- results ----------------------------------------------------------------------------------------------


def test_results_refer_to_the_ids_of_the_truth(tmp_path: Path) -> None:
    truth = read([annotation()])
    detections = [
        {"image_id": 7, "category_id": 9, "bbox": [-1, 2, 30, 4], "score": 0.5},
        {"image_id": 7, "category_id": 3, "segmentation": RUNS, "score": 0.25},
        {"image_id": 99, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 0.5},
    ]
    (tmp_path / "r.json").write_text(json.dumps(detections))
    losses = LossReport()
    found = coco.read_results(tmp_path / "r.json", truth, losses)
    assert set(found) == {"a.png"}
    assert found["a.png"].labels.tolist() == ["nucleus", "cell"]
    assert found["a.png"].scores.tolist() == [0.5, 0.25]
    assert found["a.png"].boxes_xyxy[0].tolist() == [-1, 2, 29, 6]
    assert [(loss.kind, loss.place) for loss in losses] == [("image-unknown", "[2].image_id")]


def test_a_whole_coco_file_is_taken_as_results_by_names(tmp_path: Path) -> None:
    truth = read([annotation()])
    own = text(
        [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "score": 0.75}],
        images=[{"id": 1, "file_name": "folder/a.png"}],
        categories=[{"id": 1, "name": "nucleus"}],
    )
    (tmp_path / "r.json").write_text(own)
    found = coco.read_results(tmp_path / "r.json", truth)
    assert found["a.png"].labels.tolist() == ["nucleus"]
    assert found["a.png"].scores.tolist() == [0.75]


def test_a_bare_list_needs_a_truth_with_ids(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("[]")
    truth = read([annotation()])
    other = Annotations(truth.classes, truth.items, truth.losses)
    with pytest.raises(AnnotationError, match="image ids"):
        coco.read_results(tmp_path / "r.json", other)


@pytest.mark.shared_data
def test_real_results_are_read_whole(shared_data: Path) -> None:
    folder = shared_data / "metrics/coco_known/dataset/cocoapi"
    truth = coco.read(folder / "instances_val2014_100.json", FolderImages())
    for name in ("fakebbox100", "fakesegm100"):
        path = folder / f"instances_val2014_{name}_results.json"
        found = coco.read_results(path, truth)
        assert sum(map(len, found.values())) == len(json.loads(path.read_text()))
