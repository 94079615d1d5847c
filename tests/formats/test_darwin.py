"""V7's Darwin JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.contracts import own_files as own

from annelid import formats, geometry
from annelid.convert import convert
from annelid.errors import AnnotationError
from annelid.formats import darwin, darwin_raster
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.objects import Kind, Objects

BOX = {"x": 10, "y": 5, "w": 30, "h": 25}
SQUARE, HOLE, FAR = (10, 10, 40, 40), (20, 20, 30, 30), (60, 10, 80, 40)
IDS = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(9)]

Json = dict[str, Any]


def path(box: tuple[int, int, int, int]) -> list[dict[str, float]]:
    return [{"x": x, "y": y} for x, y in geometry.box_ring(*box).tolist()]


def polygon(*boxes: tuple[int, int, int, int], **keys: Any) -> Json:
    return {"name": "cell", "polygon": {"paths": [path(box) for box in boxes]}, "bounding_box": BOX, **keys}


def item(*slots: Json, name: str = "a.png", folder: str = "/") -> Json:
    usual = {"type": "image", "slot_name": "0", "width": 100, "height": 50, "source_files": [{"file_name": name}]}
    return {"name": name, "path": folder, "slots": list(slots) or [usual]}


def document(*annotations: object, of: Json | None = None, **keys: Any) -> Json:
    return {"version": "2.0", "item": of or item(), "annotations": list(annotations), **keys}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own.picture(tmp_path)


def read(folder: Path, value: object, *, classes: tuple[str, ...] = (), name: str = "a.json") -> Annotations:
    file = folder / name
    file.write_text(json.dumps(value), encoding="utf-8")
    assert darwin.sniff(file) or not isinstance(value, dict)
    return darwin.read(file, FolderImages(folder), classes)


def objects_of(found: Annotations) -> Objects:
    return found.items[0].objects


def kinds_of_loss(found: Annotations) -> list[str]:
    return [loss.kind for loss in found.losses]


def test_every_kind_of_annotation_becomes_an_object(folder: Path) -> None:
    ellipse = {"center": {"x": 50, "y": 25}, "radius": {"x": 9, "y": 5}, "angle": 0.5}
    annotations = (
        {"name": "cell", "bounding_box": BOX},
        polygon(SQUARE),
        {"name": "cell", "ellipse": ellipse},
        {"name": "cell", "keypoint": {"x": 3.5, "y": 4}},
    )
    found = read(folder, document(*annotations))
    objects = objects_of(found)
    assert objects.kinds.tolist() == [Kind.BOX, Kind.POLYGON, Kind.ELLIPSE, Kind.POINT]
    assert objects.boxes_xyxy[:2].tolist() == [[10, 5, 40, 30], [10, 10, 40, 40]]
    assert objects.params[2].tolist() == [50, 25, 9, 5, 0.5]
    assert objects.coords[-1].tolist() == [3.5, 4]
    assert not list(found.losses)


def test_a_path_in_another_is_a_hole_and_one_beside_it_a_part(folder: Path) -> None:
    island = (23, 23, 26, 26)
    objects = objects_of(read(folder, document(polygon(HOLE, SQUARE, FAR, island))))
    assert sorted(len(part) for part in objects.shape(0)) == [1, 1, 2]
    assert objects.areas.tolist() == [900 - 100 + 600 + 9]


def test_paths_that_cross_are_filled_even_odd_and_that_is_said(folder: Path) -> None:
    found = read(folder, document(polygon(SQUARE, (30, 20, 60, 30))))
    assert kinds_of_loss(found) == ["redrawn"]
    raster = objects_of(found).label_image((100, 50)) > 0
    expected = geometry.shape_to_mask(((geometry.box_ring(*SQUARE), geometry.box_ring(30, 20, 60, 30)),), (50, 100))
    assert (raster == expected).all()


def test_paths_that_cancel_each_other_are_taken_for_parts_and_that_is_said(folder: Path) -> None:
    found = read(folder, document(polygon(SQUARE, SQUARE)))
    assert kinds_of_loss(found) == ["redrawn"]
    assert (objects_of(found).label_image((100, 50)) > 0).sum() == 900


@pytest.mark.parametrize(
    "drawn",
    [
        {"polygon": {"path": path(SQUARE), "additional_paths": [path(HOLE)]}},
        {"polygon": {"path": [path(SQUARE), path(HOLE)]}},
        {"complex_polygon": {"path": [path(SQUARE), path(HOLE)]}},
        {"complex_polygon": {"paths": [path(SQUARE), path(HOLE)]}},
    ],
)
def test_polygons_of_older_versions_are_read(folder: Path, drawn: Json) -> None:
    objects = objects_of(read(folder, document({"name": "cell", **drawn})))
    assert [len(part) for part in objects.shape(0)] == [2]


def test_version_1_names_its_image_twice(folder: Path) -> None:
    image = {"filename": "stored.png", "original_filename": "a.png", "path": "/", "width": 100, "height": 50, "seq": 3}
    value = {"dataset": "cells", "image": image, "annotations": [polygon(SQUARE)]}
    found = read(folder, value)
    assert found.items[0].image.name == "a.png"
    assert objects_of(found).extra[0]["darwin_file"] == {"dataset": "cells", "image": {"seq": 3}}
    again, _ = own.round_trip(darwin, objects_of(found), folder / "out")
    assert again == objects_of(found)


# --- masks ------------------------------------------------------------------------------------------------


@given(st.lists(hnp.arrays(bool, (6, 7)), max_size=4), st.integers(0, 9), st.integers(0, 9))
def test_masks_come_back_from_their_layer(masks: list[Any], x: int, y: int) -> None:
    windows = [(mask, (x, y)) for mask in masks]
    size_wh = (x + 9, y + 6)
    free = [window for window, is_free in zip(windows, darwin_raster.free_of_others(windows), strict=True) if is_free]
    assert sum(mask.astype(int) for mask, _ in free).max(initial=0) <= 1 if free else True
    layer = darwin_raster.encode_layer({f"{n}": window for n, window in enumerate(free)}, size_wh)
    assert sum(layer["dense_rle"][1::2]) == layer["total_pixels"] == size_wh[0] * size_wh[1]
    back = darwin_raster.decode_layer(layer, size_wh)
    for (mask, _), (window, (left, top)) in zip(free, back.values(), strict=True):
        before, after = np.zeros((2, *size_wh[::-1]), bool)
        before[y : y + 6, x : x + 7] = mask
        after[top : top + window.shape[0], left : left + window.shape[1]] = window
        assert (before == after).all()


def layer(*runs: int, of: Json) -> Json:
    inside = {"dense_rle": list(runs), "mask_annotation_ids_mapping": of, "total_pixels": 5000}
    return {"id": IDS[8], "name": "__raster_layer__", "raster_layer": inside, "slot_names": ["0"]}


def test_a_mask_has_its_pixels_in_the_raster_layer(folder: Path) -> None:
    masks = [{"id": IDS[n], "name": name, "mask": {}} for n, name in enumerate(("cell", "debris"))]
    runs = layer(0, 205, 1, 2, 2, 3, 0, 95, 2, 1, 0, 5000 - 306, of={IDS[0]: 1, IDS[1]: 2})
    objects = objects_of(read(folder, document(runs, *masks)))
    assert objects.kinds.tolist() == [Kind.MASK, Kind.MASK]
    assert objects.labels.tolist() == ["cell", "debris"]
    assert objects.ids.tolist() == IDS[:2]
    assert objects.label_image((100, 50))[2:4, 5:10].tolist() == [[1, 1, 2, 2, 2], [2, 0, 0, 0, 0]]


def test_pixels_without_a_mask_and_masks_without_pixels_are_losses(folder: Path) -> None:
    runs = layer(0, 10, 1, 5, 2, 5, 0, 4980, of={IDS[0]: 1})
    found = read(folder, document(polygon(SQUARE), {"id": IDS[1], "name": "cell", "mask": {}}, runs))
    assert len(objects_of(found)) == 1
    assert {loss.kind: loss.count for loss in found.losses} == {"mask-unnamed": 2, "mask-missing": 1}


def test_masks_that_share_pixels_become_polygons_with_the_same_pixels(tmp_path: Path) -> None:
    ring = np.ones((7, 7), np.uint8)
    ring[2:5, 2:5] = 0
    first = Objects.from_label_image(ring, "a", origin_xy=(5, 5))
    second = Objects.from_label_image(ring, "b", origin_xy=(8, 8))
    objects = Objects.concat([first, second])
    again, losses = own.round_trip(darwin, objects, tmp_path)
    assert (again, losses) == (objects, {"mask-as-polygon"})
    value = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    value["annotations"] = [{k: v for k, v in a.items() if k != "annelid"} for a in value["annotations"]]
    seen = objects_of(read(tmp_path, value))
    assert all((seen.mask(n, (100, 50))[0] == objects.mask(n, (100, 50))[0]).all() for n in range(2))


def test_parts_that_overlap_are_united_so_that_no_hole_appears(tmp_path: Path) -> None:
    parts = ((geometry.box_ring(*SQUARE),), (geometry.box_ring(30, 20, 60, 30),))
    objects = Objects.from_shapes([parts], ["cell"])
    again, losses = own.round_trip(darwin, objects, tmp_path)
    assert (again, losses) == (objects, set())
    (annotation,) = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["annotations"]
    del annotation["annelid"]
    assert objects_of(read(tmp_path, document(annotation))).areas.tolist() == [900 + 200]


# --- images and videos ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("picture", "of"),
    [
        ("a.png", item()),
        ("sub/a.png", item(folder="/sub")),
        ("a.png", {"name": "a", "path": "/", "slots": [{"source_files": [{"file_name": "a.png"}], "slot_name": "0"}]}),
        ("a.png", {"name": "a.png", "path": "/"}),
        ("a.png", {**item(), "name": ".."}),
        ("a.png", {"name": "\0", "path": "\\", "slots": [{"slot_name": "0"}]}),
        ("a.png", {"name": "", "path": "/", "slots": [{"slot_name": "0", "width": 100, "height": 50}]}),
    ],
)
def test_the_image_is_found_by_item_slot_or_file(tmp_path: Path, picture: str, of: Json) -> None:
    own.picture(tmp_path, picture)
    found = read(tmp_path, document(polygon(SQUARE), of=of, schema_ref="https://x/darwin_json/2.0/schema.json"))
    assert found.items[0].image.path == (tmp_path / picture).as_posix()
    assert not list(found.losses)


def test_every_slot_is_an_image_of_its_own(tmp_path: Path) -> None:
    slots: list[Json] = []
    for n, name in enumerate(("left.png", "right.png")):
        own.picture(tmp_path, name)
        slots.append({"slot_name": f"{n}", "width": 100, "height": 50, "source_files": [{"file_name": name}]})
    both = (polygon(SQUARE, slot_names=["1"]), polygon(FAR, slot_names=["0"]), polygon(FAR, slot_names=["1"]))
    found = read(tmp_path, document(*both, of=item(*slots, name="pair")))
    assert {i.image.name: len(i.objects) for i in found.items} == {"left.png": 1, "right.png": 2}


def frames(*numbers: int, **keys: Any) -> Json:
    return {f"{n}": {"bounding_box": {**BOX, "x": 10 + n}, "keyframe": True, **keys} for n in numbers}


def video(*annotations: Json, count: int = 6) -> Json:
    slot = {"slot_name": "0", "type": "video", "width": 100, "height": 50, "frame_count": count, "fps": 1}
    return document(*annotations, of=item({**slot, "source_files": [{"file_name": "m.mp4"}]}, name="m.mp4"))


def test_a_video_is_an_image_for_each_frame_that_is_there_or_annotated(tmp_path: Path) -> None:
    for n in (0, 1, 5):
        own.picture(tmp_path, f"m/{n:07d}.png")
    moving = {"id": IDS[0], "name": "cell", "frames": frames(0, 2), "ranges": [[0, 4]], "interpolated": True}
    found = read(tmp_path, video(moving))
    lefts = {i.image.name: i.objects.boxes_xyxy[:, 0].tolist() for i in found.items}
    assert lefts == {
        "0000000.png": [10],
        "0000001.png": [11],
        "0000002.png": [12],
        "0000003.png": [12],
        "0000005.png": [],
    }
    assert set(kinds_of_loss(found)) == {"image-missing"}
    assert objects_of(found).extra[0]["darwin_file"]["video"]["frame_count"] == 6


def test_what_stands_still_or_is_hidden_between_key_frames(tmp_path: Path) -> None:
    still = {"name": "cell", "frames": frames(0, 3), "ranges": [[0, 5]], "hidden_areas": [[1, 2]]}
    found = read(tmp_path, video(still))
    assert [i.objects.boxes_xyxy[0, 0] for i in found.items] == [10, 10, 13, 13]
    assert [i.image.path for i in found.items][1] == "m/0000002.png"


def test_outlines_between_key_frames_that_nobody_knows_are_a_loss(tmp_path: Path) -> None:
    drawn = {"polygon": {"paths": [path(SQUARE)]}}
    moving = {"name": "cell", "frames": frames(0, 3, **drawn), "ranges": [[0, 4]], "interpolated": True}
    found = read(tmp_path, video(moving, {"name": "cell", "bounding_box": BOX}))
    assert len(found.items) == 2
    losses = {loss.kind: loss.count for loss in found.losses if loss.kind != "image-missing"}
    assert losses == {"not-interpolated": 2, "frame-invalid": 1}


# --- losses and what rides along --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ({"name": "cell", "line": {"path": path(SQUARE)}}, "line"),
        ({"name": "cell", "tag": {}}, "image-tag"),
        ({"name": "cell", "skeleton": {"nodes": []}}, "shape-type"),
        ({"name": "cell", "skeleton": {"nodes": []}, "bounding_box": BOX}, "shape-type"),
        ({"name": "cell", "cuboid": {"front": BOX, "back": BOX}}, "shape-type"),
        ({"name": "cell", "string": {"sources": []}}, "shape-type"),
        ({"name": "", "bounding_box": BOX}, "label-missing"),
        ({"name": "cell", "bounding_box": {**BOX, "w": 0}}, "box-invalid"),
        ({"name": "cell", "bounding_box": {**BOX, "w": None}}, "outline-invalid"),
        ({"name": "cell", "bounding_box": 3}, "outline-invalid"),
        ({"name": "cell", "ellipse": {"center": {"x": 1, "y": 1}, "radius": {"x": 0, "y": 1}}}, "outline-invalid"),
        ({"name": "cell", "ellipse": {}}, "outline-invalid"),
        ({"name": "cell", "polygon": {"paths": []}}, "outline-invalid"),
        ({"name": "cell", "polygon": {"paths": [path(SQUARE)[:2]]}}, "outline-invalid"),
        ({"name": "cell", "polygon": {"paths": [[1, 2, 3]]}}, "outline-invalid"),
        (polygon((200, 10, 210, 20)), "outside-image"),
        ("text", "outline-invalid"),
    ],
)
def test_a_bad_annotation_is_a_loss_with_its_place_and_the_others_stay(folder: Path, bad: object, kind: str) -> None:
    found = read(folder, document(polygon(SQUARE), bad))
    assert len(objects_of(found)) == 1
    assert kinds_of_loss(found) == [kind]
    assert found.losses.losses[0].place.startswith("annotations[1]")


def test_paths_of_a_polygon_that_cover_nothing_are_said(folder: Path) -> None:
    short = polygon(SQUARE)
    short["polygon"]["paths"].append(path(FAR)[:2])
    found = read(folder, document(short))
    assert (len(objects_of(found)), kinds_of_loss(found)) == (1, ["path-empty"])


def test_foreign_fields_come_back_equal(folder: Path) -> None:
    keys: Json = {
        "attributes": ["round", "blurred"],
        "instance_id": {"value": 7},
        "text": {"text": "a note"},
        "annotators": [{"email": "a@b.c", "full_name": "A B"}],
        "directional_vector": {"angle": -1.6, "length": 9},
        "measures": {"area": 3},
        "properties": [{"frame_index": 0, "name": "stain", "value": "DAPI"}],
        "inference": {"confidence": 0.25, "model": {"id": "m", "name": "net"}},
        "mine": [1, {"x": None}],
    }
    box = {"h": 30.0, "w": 30.0, "x": 10.0, "y": 10.0}
    annotation = {**polygon(SQUARE), "bounding_box": box, "id": IDS[0], **keys, "slot_names": ["left"]}
    source = [{"file_name": "a.png", "url": "https://v7/a", "storage_key": "x/a.png"}]
    slot = {
        "type": "image",
        "slot_name": "left",
        "width": 100,
        "height": 50,
        "thumbnail_url": "t",
        "metadata": {"a": 1},
    }
    whole = document(annotation, of=item({**slot, "source_files": source}), properties=[{"name": "p", "value": "v"}])
    whole["item"]["source_info"] = {"team": {"slug": "t"}, "item_id": "i", "dataset": {"slug": "d"}}
    whole["schema_ref"] = "https://darwin-public.s3.eu-west-1.amazonaws.com/darwin_json/2.0/schema.json"
    metadata = {"version": "1.0", "classes": [{"name": n, "type": "polygon", "color": "c"} for n in ("x", "cell")]}
    (folder / ".v7").mkdir()
    (folder / ".v7" / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    found = read(folder, whole)
    assert found.classes == ("x", "cell")
    assert objects_of(found).scores.tolist() == [0.25]
    assert not list(found.losses)
    out = folder / "out"
    assert own.round_trip(darwin, objects_of(found), out) == (objects_of(found), set())
    assert json.loads((out / "a.json").read_text(encoding="utf-8")) == whole
    assert json.loads((out / ".v7" / "metadata.json").read_text(encoding="utf-8")) == metadata


def test_what_no_object_can_carry_is_said(folder: Path) -> None:
    whole = document(properties=[{"name": "p", "value": "v"}])
    whole["item"]["slots"][0]["thumbnail_url"] = "t"
    found = read(folder, whole)
    assert (len(found.items), kinds_of_loss(found)) == (1, ["file-keys", "file-keys"])


def test_keys_of_the_file_go_to_an_object_that_stays(folder: Path) -> None:
    found = read(folder, document(polygon(SQUARE), polygon(FAR, name="other"), mine=1), classes=("other",))
    assert objects_of(found).extra[0]["darwin_file"] == {"mine": 1}


def test_everything_comes_back_from_our_own_files(tmp_path: Path) -> None:
    objects = own.every_column()
    again, losses = own.round_trip(darwin, objects, tmp_path)
    assert losses == {"rotated-as-polygon", "ignored"}
    own.check_same(objects, again, 1e-9)


def test_ids_that_v7_would_not_take_are_made_anew_and_come_back(tmp_path: Path) -> None:
    objects = Objects.from_boxes([[1, 2, 30, 40]], ["cell"]).replace(ids=["nucleus 1"])
    again, _ = own.round_trip(darwin, objects, tmp_path)
    (annotation,) = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["annotations"]
    assert len(annotation["id"]) == 36
    assert again.ids.tolist() == ["nucleus 1"]


def test_a_shape_that_was_edited_elsewhere_is_believed(tmp_path: Path) -> None:
    params = (50.0, 25.0, 30.0, 20.0, math.pi / 6)
    turned = Objects.from_shapes(
        [((geometry.rotated_box_ring(*params),),)], ["r"], kinds=Kind.ROTATED_BOX, params=[params]
    )
    own.round_trip(darwin, turned, tmp_path)
    value = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert objects_of(read(tmp_path, value)).kinds.tolist() == [Kind.ROTATED_BOX]
    value["annotations"][0]["polygon"]["paths"][0][0]["x"] += 3
    assert objects_of(read(tmp_path, value)).kinds.tolist() == [Kind.POLYGON]


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"annotations": 3}', '{"annotations": [], "item": 3}', '{"annotat', ""]
)
def test_a_file_that_is_not_darwins_is_an_error(folder: Path, content: str) -> None:
    (folder / "bad.json").write_text(content)
    with pytest.raises(AnnotationError, match=r"bad\.json"):
        darwin.read(folder / "bad.json", FolderImages(folder))


def test_it_is_not_taken_for_coco_although_it_names_files(folder: Path) -> None:
    read(folder, document(polygon(SQUARE)))
    assert formats.sniff(folder) is darwin


@pytest.mark.parametrize("to", ["coco", "labelmask", "geojson", "yolo"])
def test_what_is_converted_covers_the_same_pixels(folder: Path, to: str) -> None:
    mask = {"id": IDS[0], "name": "debris", "mask": {}}
    runs = layer(0, 4205, 1, 12, 0, 88, 1, 3, 0, 5000 - 4308, of={IDS[0]: 1})
    shapes = (polygon(SQUARE, HOLE), polygon(FAR), polygon((82, 3, 95, 11)), mask, runs)
    first = objects_of(read(folder, document(*shapes)))
    out = folder / "out"
    report = convert(folder / "a.json", out, to, images=folder)
    assert (report.objects, set(report.classes)) == (4, {"cell", "debris"})
    again = objects_of(formats.get(to).read(out, FolderImages(out if to == "yolo" else folder)))
    assert sorted(again.labels) == sorted(first.labels)
    if to != "yolo":  # whose outline of a mask runs through the centres of its border pixels
        assert ((again.label_image((100, 50)) > 0) == (first.label_image((100, 50)) > 0)).all()
