"""VGG Image Annotator: files of version 1, 2 and 3."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.contracts import own_files as own

from annelid.errors import AnnotationError
from annelid.formats import via
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.objects import Kind, Objects

RECT = {"name": "rect", "x": 10, "y": 5, "width": 30, "height": 25}
POLYGON = {"name": "polygon", "all_points_x": [1, 9, 5], "all_points_y": [1, 1, 9]}


def region(drawn: object = None, **fields: object) -> dict[str, Any]:
    return {"shape_attributes": RECT if drawn is None else drawn, "region_attributes": fields or {"label": "cell"}}


def entry(*regions: object, name: str = "a.png", size: int = 123, **keys: object) -> dict[str, Any]:
    made = {"filename": name, "size": size, "regions": list(regions), "file_attributes": {}, **keys}
    return {f"{name}{size}": made}


def write_json(folder: Path, value: object) -> Path:
    file = folder / "via.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own.picture(tmp_path)


def read(folder: Path, *regions: object, classes: tuple[str, ...] = ()) -> Annotations:
    return via.read(write_json(folder, entry(*regions)), FolderImages(folder), classes)


def objects_of(found: Annotations) -> Objects:
    return found.items[0].objects


def test_every_kind_of_region_becomes_an_object(folder: Path) -> None:
    circle = {"name": "circle", "cx": 50, "cy": 25, "r": 9.5}
    ellipse = {"name": "ellipse", "cx": 50, "cy": 25, "rx": 9, "ry": 5, "theta": 0.5}
    point = {"name": "point", "cx": 3, "cy": 4}
    objects = objects_of(read(folder, *map(region, (RECT, POLYGON, circle, ellipse, point))))
    assert objects.kinds.tolist() == [Kind.BOX, Kind.POLYGON, Kind.ELLIPSE, Kind.ELLIPSE, Kind.POINT]
    assert objects.boxes_xyxy[0].tolist() == [10, 5, 40, 30]
    assert objects.shape(1)[0][0].tolist() == own.TRIANGLE.tolist()
    assert objects.params[2:4].tolist() == [[50, 25, 9.5, 9.5, 0], [50, 25, 9, 5, 0.5]]
    assert objects.coords[-1].tolist() == [3, 4]


def test_version_1_has_regions_by_number(folder: Path) -> None:
    value = entry()
    value["a.png123"]["regions"] = {"0": region(), "1": region(POLYGON)}
    assert len(objects_of(via.read(write_json(folder, value), FolderImages(folder)))) == 2


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"Label": "cell", "type": "x"}, "cell"),
        ({"type": "cell", "name": "x"}, "cell"),
        ({"quality": "good", "class": "cell"}, "cell"),
        ({"nucleus kind": "cell"}, "cell"),
        ({"label": {"cell": True, "other": False}}, "cell"),
        ({"label": 7}, "7"),
    ],
)
def test_the_class_is_the_attribute_that_is_called_so_or_the_only_one(
    folder: Path, fields: dict[str, object], label: str
) -> None:
    found = read(folder, region(**fields))
    assert found.classes == (label,)
    assert not list(found.losses)


def test_regions_without_any_attribute_are_of_one_class(folder: Path) -> None:
    bare = {"shape_attributes": RECT, "region_attributes": {}}
    found = read(folder, bare)
    assert (found.classes, set(found.losses.by_kind())) == (("object",), {"class-assumed"})
    found = read(folder, bare, classes=("nucleus",))
    assert (objects_of(found).labels.tolist(), list(found.losses)) == (["nucleus"], [])


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (region({"name": "polyline", "all_points_x": [1, 2], "all_points_y": [1, 2]}), "line"),
        (region({"name": "star"}), "shape-type"),
        (region({"name": ["rect"]}), "shape-type"),
        (region({}), "shape-type"),
        (region({**RECT, "width": 0}), "box-invalid"),
        (region({**RECT, "x": None}), "outline-invalid"),
        (region({**POLYGON, "all_points_x": [1, 2]}), "outline-invalid"),
        (region({**POLYGON, "all_points_x": [1, "b", {}]}), "outline-invalid"),
        (region({"name": "circle", "cx": 5, "cy": 5, "r": -1}), "outline-invalid"),
        (region({**RECT, "x": 900}), "outside-image"),
        (region(RECT, label=""), "label-missing"),
        ("text", "label-missing"),
    ],
)
def test_a_bad_region_is_a_loss_with_its_place_and_the_others_stay(folder: Path, bad: object, kind: str) -> None:
    found = read(folder, region(), bad)
    assert len(objects_of(found)) == 1
    assert [loss.kind for loss in found.losses] == [kind]
    assert found.losses.losses[0].place.startswith("a.png123.regions[1]")


def test_foreign_fields_of_a_project_come_back_equal(folder: Path) -> None:
    drawn = {**RECT, "mine": 1}
    fields = {"Class": "cell", "quality": {"good": True}, "note": "ü"}
    images = entry({**region(drawn, **fields), "id": "r1"}, file_attributes={"caption": "c"}, mine=[1])
    options = {"debris": "", "cell": ""}
    asked = {"Class": {"type": "radio", "description": "d", "options": options, "default_options": {}}}
    project = {
        "_via_settings": {"ui": {"x": 1}, "core": {"default_filepath": ""}, "project": {"name": "p"}},
        "_via_img_metadata": images,
        "_via_attributes": {"region": asked, "file": {"caption": {"type": "text"}}},
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": list(images),
    }
    file = write_json(folder, project)
    found = via.read(file, FolderImages(folder))
    assert found.classes == ("debris", "cell")
    dataset = own.dataset(objects_of(found))
    via.write(type(dataset)(found.classes, dataset.items), folder, {"1": "a.png"})
    written = json.loads((folder / "via_project.json").read_text(encoding="utf-8"))
    written["_via_img_metadata"]["a.png123"]["regions"][0].pop("annelid", None)
    assert written == project
    again = objects_of(via.read(folder / "via_project.json", FolderImages(folder)))
    assert again == objects_of(found)


def test_everything_comes_back_from_our_own_files(tmp_path: Path) -> None:
    objects = own.every_column()
    again, losses = own.round_trip(via, objects, tmp_path)
    assert losses == {"holes-filled", "parts-split", "score", "ignored", "rotated-as-polygon"}
    own.check_same(objects, own.without(again, "via_project"), 1e-9)


def test_a_part_that_was_edited_elsewhere_is_believed(tmp_path: Path) -> None:
    ring = own.TRIANGLE
    objects = Objects.from_shapes([((ring,), (ring + 20,))], ["cell"], scores=0.5)
    own.round_trip(via, objects, tmp_path)
    file = tmp_path / "via_project.json"
    project = json.loads(file.read_text(encoding="utf-8"))
    project["_via_img_metadata"]["a.png-1"]["regions"][1]["shape_attributes"]["all_points_x"][0] = 22
    file.write_text(json.dumps(project), encoding="utf-8")
    again = objects_of(via.read(file, FolderImages(tmp_path)))
    assert (len(again), len(again.shape(0)), again.scores.tolist()) == (1, 2, [0.5])
    assert again.shape(0)[1][0][0].tolist() == [22, 21]


def test_an_image_that_is_not_found_is_left_out_as_nothing_tells_its_size(tmp_path: Path) -> None:
    found = via.read(write_json(tmp_path, entry(region(), region())), FolderImages(tmp_path))
    assert found.items == ()
    assert [(loss.kind, loss.count) for loss in found.losses] == [("image-missing", 2)]


# --- version 3 --------------------------------------------------------------------------------------------


def version_3(*shapes: Any) -> dict[str, Any]:
    metadata = {f"m{n}": {"vid": "1", "flg": 0, "z": [], "xy": xy, "av": {"1": "0"}} for n, xy in enumerate(shapes)}
    attribute = {"1": {"aname": "kind", "anchor_id": "FILE1_Z0_XY1", "type": 4, "options": {"0": "cell"}}}
    return {
        "project": {"pid": "__VIA__", "vid_list": ["1"]},
        "config": {},
        "attribute": attribute,
        "file": {"1": {"fid": "1", "fname": "a.png", "type": 2, "loc": 1, "src": ""}},
        "metadata": metadata,
        "view": {"1": {"fid_list": ["1"]}},
    }


def test_projects_of_version_3_are_read(folder: Path) -> None:
    box, circle, ellipse, point = [2, 10, 5, 30, 25], [3, 50, 25, 9], [4, 50, 25, 9, 5], [1, 3, 4]
    polygon, extreme_box = [7, 1, 1, 9, 1, 5, 9], [8, 10, 9, 20, 5, 40, 8, 12, 30]
    rim = [value for t in (0, 1, 2) for value in (50 + 9 * math.cos(t), 25 + 9 * math.sin(t))]
    file = write_json(folder, version_3(box, circle, ellipse, point, polygon, extreme_box, [9, *rim]))
    assert via.sniff(file)
    found = via.read(file, FolderImages(folder))
    objects = objects_of(found)
    kinds = [Kind.BOX, Kind.ELLIPSE, Kind.ELLIPSE, Kind.POINT, Kind.POLYGON, Kind.BOX, Kind.ELLIPSE]
    assert objects.kinds.tolist() == kinds
    assert (found.classes, list(found.losses)) == (("cell",), [])
    assert objects.boxes_xyxy[[0, 5]].tolist() == [[10, 5, 40, 30]] * 2
    assert np.allclose(objects.params[[1, 6]], [[50, 25, 9, 9, 0]] * 2)


@pytest.mark.parametrize(
    "xy", [[6, 1, 1, 2, 2], [5, 1, 1, 2, 2], [99, 1], ["x"], "text", [2, 1], [9, 1, 1, 2, 2, 3, 3]]
)
def test_a_bad_region_of_version_3_is_a_loss(folder: Path, xy: Any) -> None:
    found = via.read(write_json(folder, version_3([2, 10, 5, 30, 25], xy)), FolderImages(folder))
    assert (len(objects_of(found)), len(list(found.losses))) == (1, 1)


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 3}', '{"a": {"b": 1}}', "3", ""])
def test_a_file_that_is_not_vias_is_an_error(folder: Path, content: str) -> None:
    (folder / "bad.json").write_text(content)
    with pytest.raises(AnnotationError, match=r"bad\.json"):
        via.read(folder / "bad.json", FolderImages(folder))
