"""LabelMe, AnyLabeling and X-AnyLabeling files."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image
from tests.strategies import object_sets

from annelid import geometry
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError
from annelid.formats import labelme
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

TRIANGLE = [[1, 1], [9, 1], [5, 9]]


def shape(shape_type: str = "polygon", points: object = TRIANGLE, **keys: Any) -> dict[str, Any]:
    return {"label": "cell", "points": points, "shape_type": shape_type, **keys}


def write_json(path: Path, *shapes: object, **keys: Any) -> Path:
    head = {"version": "5.5.0", "imagePath": "a.png", "imageData": None, "imageHeight": 50, "imageWidth": 100}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**head, "shapes": shapes, **keys}), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("L", (100, 50)).save(tmp_path / "a.png")
    return tmp_path


def read(folder: Path, *shapes: object, classes: tuple[str, ...] = (), **keys: Any) -> Annotations:
    return labelme.read(write_json(folder / "a.json", *shapes, **keys), FolderImages(folder), classes)


def objects_of(found: Annotations) -> Objects:
    return found.items[0].objects


def dataset(objects: Objects) -> Dataset:
    view = View(ImageRef("1", ("a.png",), (100, 50)))
    item = LabeledImage(view, objects, whole_image((100, 50)), state="reviewed")
    return Dataset(tuple(dict.fromkeys(map(str, objects.labels))), (item,))


def round_trip(objects: Objects, folder: Path) -> tuple[Objects, set[str]]:
    losses = labelme.write(dataset(objects), folder, {"1": "a.png"})
    return objects_of(labelme.read(folder / "a.json", FolderImages(folder))), set(losses.by_kind())


def test_a_polygon_makes_the_image_reviewed_and_covered(folder: Path) -> None:
    item = read(folder, shape()).items[0]
    assert item.objects.shape(0)[0][0].tolist() == TRIANGLE
    assert item.objects.authors.tolist() == ["import:labelme"]
    assert (item.state, item.is_complete, item.image.name) == ("reviewed", True, "a.png")


def test_a_file_without_shapes_is_background(folder: Path) -> None:
    item = read(folder).items[0]
    assert (item.state, item.is_complete, len(item.objects)) == ("reviewed", True, 0)


@pytest.mark.parametrize("points", [[[40, 30], [10, 5]], [[10, 5], [40, 5], [40, 30], [10, 30]]])
def test_a_rectangle_of_any_number_of_points_is_their_box(folder: Path, points: list[list[int]]) -> None:
    objects = objects_of(read(folder, shape("rectangle", points)))
    assert objects.kinds.tolist() == [Kind.BOX]
    assert objects.boxes_xyxy.tolist() == [[10, 5, 40, 30]]


def test_circles_points_and_rotated_boxes_keep_their_parameters(folder: Path) -> None:
    corners = [[20, 10], [30, 20], [25, 25], [15, 15]]
    circle, point = shape("circle", [[50, 25], [53, 29]]), shape("point", [[3, 4]])
    objects = objects_of(read(folder, circle, point, shape("rotation", corners, direction=0.785)))
    assert objects.kinds.tolist() == [Kind.ELLIPSE, Kind.POINT, Kind.ROTATED_BOX]
    assert objects.params[0].tolist() == [50, 25, 5, 5, 0]
    assert np.allclose(objects.params[2], [22.5, 17.5, 200**0.5, 50**0.5, np.pi / 4])


def test_a_mask_lies_with_its_corner_on_the_first_point(folder: Path) -> None:
    mask = np.array([[1, 1, 0], [0, 1, 1]], np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(mask * 255).save(buffer, "PNG")
    png = base64.b64encode(buffer.getvalue()).decode()
    objects = objects_of(read(folder, shape("mask", [[10, 20], [12, 21]], mask=png)))
    assert objects.kinds.tolist() == [Kind.MASK]
    assert (objects.label_image((100, 50))[20:22, 10:13] == mask).all()
    assert objects.areas.tolist() == [4]


def test_polygons_of_one_group_and_label_are_the_parts_of_one_object(folder: Path) -> None:
    far = [[20, 20], [30, 20], [25, 30]]
    shapes = [shape(group_id=1), shape(points=far, group_id=1), shape(group_id=1, label="x")]
    objects = objects_of(read(folder, *shapes, shape("point", [[3, 4]], group_id=1)))
    assert [len(s) for s in objects.shapes] == [2, 1, 1]


def test_ignored_areas_keep_their_label_and_are_no_class(folder: Path) -> None:
    found = read(folder, shape(label="__ignore__"), shape())
    assert objects_of(found).ignore.tolist() == [True, False]
    assert objects_of(found).labels[0] == "__ignore__"
    assert found.classes == ("cell",)


@pytest.mark.parametrize(
    ("bad", "kind", "place"),
    [
        (shape(points=[[1, 1], [2, 2]]), "points-invalid", "shapes[1].points"),
        (shape(points=[[1, 1], [2, float("nan")], [3, 4]]), "points-invalid", "shapes[1].points"),
        (shape(points=None), "points-invalid", "shapes[1].points"),
        (shape(label=None), "label-missing", "shapes[1].label"),
        (shape("line", [[1, 1], [2, 2]]), "line", "shapes[1].shape_type"),
        (shape("linestrip", [[1, 1], [2, 2], [3, 3]]), "line", "shapes[1].shape_type"),
        (shape("mask", [[1, 1], [2, 2]], mask="no"), "mask-invalid", "shapes[1].mask"),
        (shape("star"), "shape-type", "shapes[1].shape_type"),
        (shape(points=[[200, 1], [300, 1], [300, 9]]), "outside-image", "shapes[1].points"),
        (shape("rectangle", [[5, 5], [5, 9]]), "points-invalid", "shapes[1].points"),
        ("text", "shape-invalid", "shapes[1]"),
    ],
)
def test_a_bad_shape_is_a_loss_with_its_place_and_the_others_stay(
    folder: Path, bad: object, kind: str, place: str
) -> None:
    found = read(folder, shape(), bad)
    assert len(objects_of(found)) == 1
    assert [(loss.kind, loss.place) for loss in found.losses] == [(kind, place)]


def test_an_outline_is_cut_at_the_edge_of_the_image(folder: Path) -> None:
    found = read(folder, shape(points=[[-10, 0], [10, 0], [10, 10], [-10, 10]]))
    assert [(loss.kind, loss.place) for loss in found.losses] == [("clipped", "shapes[0].points")]
    assert objects_of(found).areas.tolist() == [100]


def test_the_size_of_the_image_file_wins(folder: Path) -> None:
    found = read(folder, shape(), imageWidth=99)
    assert found.items[0].size_wh == (100, 50)
    assert set(found.losses.by_kind()) == {"image-size-differs"}


def test_without_its_image_a_file_counts_with_the_size_it_says(tmp_path: Path) -> None:
    found = read(tmp_path, shape(), imagePath="gone\\b.tif")
    assert (found.items[0].image.path, found.items[0].size_wh) == ("gone/b.tif", (100, 50))
    assert set(found.losses.by_kind()) == {"image-missing"}


@pytest.mark.parametrize("named", ["a.png", "..\\old\\a.png", "C:\\x\\a.png", "renamed.png", "", None])
def test_the_image_is_found_by_path_bare_name_or_the_name_of_the_file(folder: Path, named: object) -> None:
    found = read(folder, shape(), imagePath=named)
    assert found.items[0].image.path == (folder / "a.png").as_posix()


def test_equal_names_in_two_folders_belong_to_the_image_beside_them(tmp_path: Path) -> None:
    for name, size in (("w1", (20, 10)), ("w2", (40, 30))):
        write_json(tmp_path / name / "a.json", imageWidth=size[0], imageHeight=size[1])
        Image.new("L", size).save(tmp_path / name / "a.png")
    found = labelme.read(tmp_path, FolderImages(tmp_path))
    assert [item.size_wh for item in found.items] == [(20, 10), (40, 30)]
    assert not list(found.losses)


def test_given_classes_drop_other_labels_and_name_them(folder: Path) -> None:
    found = read(folder, shape(), shape(label="debris"), shape(label="debris"), classes=("cell",))
    assert found.classes == ("cell",)
    assert objects_of(found).labels.tolist() == ["cell"]
    assert [(x.kind, x.count, "debris" in x.what) for x in found.losses] == [("class-unknown", 2, True)]


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"shapes": [', b"\xff\xfe\x00\xd8", b'{"shapes": 3}', b""])
def test_a_file_that_is_not_labelme_is_an_error_alone_and_a_loss_among_others(folder: Path, content: bytes) -> None:
    bad = folder / "bad.json"
    bad.write_bytes(content)
    for source in (bad, folder):
        with pytest.raises(AnnotationError, match=r"bad\.json"):
            labelme.read(source, FolderImages(folder))
    write_json(folder / "a.json", shape())
    found = labelme.read(folder, FolderImages(folder))
    assert set(found.losses.by_kind()) == {"file-unreadable"}
    assert len(found.items) == 1


def test_files_without_extension_are_read(folder: Path) -> None:
    write_json(folder / "a", shape())
    assert labelme.sniff(folder / "a")
    assert len(labelme.read(folder, FolderImages(folder)).items) == 1


def test_foreign_keys_come_back_equal(folder: Path) -> None:
    keys: dict[str, Any] = {
        "text": "t", "description": "d", "difficult": True, "attributes": {"a": [1]}, "flags": {"x": False},
        "kie_linking": [[0, 1]], "mine": {"deep": 1}, "group_id": 7, "score": 0.25,
    }  # fmt: skip
    found = read(folder, shape(**keys), flags={"checked": True}, mine=3)
    losses = labelme.write(dataset(objects_of(found)), folder, {"1": "a.png"})
    value = json.loads((folder / "a.json").read_text(encoding="utf-8"))
    assert {key: value["shapes"][0][key] for key in keys} == keys
    assert (value["flags"], value["mine"]) == ({"checked": True}, 3)
    assert not list(losses)


def test_everything_comes_back_from_our_own_files(folder: Path) -> None:
    hole = geometry.box_ring(4.5, 2, 6, 4)
    pieces = [
        Objects.from_shapes([((np.array(TRIANGLE, float), hole[::-1]),)], ["holed"], scores=[0.5]),
        Objects.from_shapes([((np.array(TRIANGLE, float),), (hole + 20,))], ["parts"], parents=["p"]),
        Objects.from_boxes([[1.5, 2, 3, 4]], ["box"], authors="human:ann", origins="o", extra=[{"k": 1}]),
        Objects.from_points([[3, 4]], ["point"], ignore=True),
        Objects.from_label_image(np.eye(5, dtype=np.uint8), "mask"),
    ]
    ellipse = geometry.ellipse_ring((50, 25), (9, 5), 0.3)
    params = [[50, 25, 9, 5, 0.3]]
    pieces.append(Objects.from_shapes([((ellipse,),)], ["e"], kinds=Kind.ELLIPSE, params=params))
    objects = Objects.concat(pieces)
    back, losses = round_trip(objects, folder)
    assert losses == {"rasterised", "ellipse-as-polygon"}
    extra = [{k: v for k, v in e.items() if k != "labelme_file"} for e in back.extra]
    back = back.replace(extra=extra)
    for n in range(len(objects)):
        assert back[[n]] == objects[[n]], n


def test_a_shape_that_was_edited_elsewhere_is_believed(folder: Path) -> None:
    ring = geometry.ellipse_ring((50, 25), (9, 9))
    circle = Objects.from_shapes([((ring,),)], ["e"], kinds=Kind.ELLIPSE, params=[[50, 25, 9, 9, 0]])
    labelme.write(dataset(circle), folder, {"1": "a.png"})
    value = json.loads((folder / "a.json").read_text(encoding="utf-8"))
    assert value["shapes"][0]["shape_type"] == "circle"
    value["shapes"][0]["points"][0] = [40, 25]
    (folder / "a.json").write_text(json.dumps(value), encoding="utf-8")
    back = objects_of(labelme.read(folder / "a.json", FolderImages(folder)))
    assert back.params[0].tolist() == [40, 25, 19, 19, 0]
    assert back.ids.tolist() == circle.ids.tolist()


@given(objects=object_sets((100, 50), attributes=True))
@settings(max_examples=40, deadline=None)
def test_what_is_written_keeps_labelmes_rules(objects: Objects) -> None:
    with TemporaryDirectory() as folder:
        labelme.write(dataset(objects), Path(folder), {"1": "a.png"})
        value = json.loads(Path(folder, "a.json").read_text(encoding="utf-8"))
    assert {"version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth"} <= set(value)
    for one in value["shapes"]:
        count, least = len(one["points"]), {"polygon": 3, "rotation": 4}.get(one["shape_type"], 0)
        exact = {"rectangle": 2, "circle": 2, "point": 1, "mask": 2}.get(one["shape_type"])
        assert count == exact if exact else count >= least > 0
        assert isinstance(one["label"], str)
        assert one["group_id"] is None or isinstance(one["group_id"], int)
        assert isinstance(one["flags"], dict)
        assert (one["mask"] is None) == (one["shape_type"] != "mask")
        if one["mask"]:
            (x1, y1), (x2, y2) = one["points"]
            pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(one["mask"]))))
            assert pixels.shape == (y2 - y1 + 1, x2 - x1 + 1)
            assert set(np.unique(pixels)) <= {0, 1}


def test_two_images_that_would_share_a_file_are_refused(folder: Path) -> None:
    one = dataset(Objects.empty()).items[0]
    two = replace(one, view=View(ImageRef("2", ("a.tif",), (100, 50))))
    with pytest.raises(AnnotationError, match="share"):
        labelme.write(Dataset(("x",), (one, two)), folder, {"1": "a.png", "2": "a.tif"})


@pytest.mark.shared_data
def test_every_kind_of_shape_of_labelme_itself_is_read(shared_data: Path) -> None:
    folder = shared_data / "formats/labelme/primitives"
    found = labelme.read(folder, FolderImages(folder))
    expected = [Kind.BOX, Kind.ELLIPSE, Kind.BOX, Kind.POLYGON, Kind.POINT, Kind.MASK]
    assert sorted(objects_of(found).kinds.tolist()) == sorted(expected)
    assert [loss.kind for loss in found.losses] == ["line", "line"]


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("folder", "images", "objects"),
    [
        ("labelme/instance_segmentation/data_annotated", 3, 14),
        ("xanylabeling", 5, 76),
        ("galaxy_anylabeling", 1, 1),
    ],
)
def test_real_files_come_back_exactly_from_ours(
    shared_data: Path, tmp_path: Path, folder: str, images: int, objects: int
) -> None:
    source = shared_data / "formats" / folder
    found = labelme.read(source, FolderImages(source))
    assert (len(found.items), sum(len(item.objects) for item in found.items)) == (images, objects)
    items = tuple(replace(item, view=View(replace(item.image, id=item.image.name))) for item in found.items)
    labelme.write(Dataset(found.classes, items), tmp_path, {item.id: item.image.name for item in items})
    back = {i.image.name: i.objects for i in labelme.read(tmp_path, FolderImages(source)).items}
    assert all(back[item.image.name] == item.objects for item in items)
