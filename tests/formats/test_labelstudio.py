"""Label Studio's exports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from tests.contracts import own_files as own

from annelid import geometry
from annelid.dataset import Dataset
from annelid.errors import AnnotationError
from annelid.formats import labelstudio, labelstudio_rle, png_text
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.objects import Kind, Objects

RECTANGLE = {"x": 10, "y": 10, "width": 30, "height": 50, "rotation": 0}


def result(kind: str = "rectangle", value: object = None, label: object = "cell", **keys: Any) -> dict[str, Any]:
    inside = {**(value if isinstance(value, dict) else RECTANGLE), f"{kind}labels": [label]}
    named = {"id": "r1", "from_name": "label", "to_name": "image", "type": f"{kind}labels", "value": inside}
    return {**named, "original_width": 100, "original_height": 50, "image_rotation": 0, "origin": "manual", **keys}


def task(*results: object, image: str = "/data/upload/1/1f2e3d4c-a.png", **keys: Any) -> dict[str, Any]:
    annotation = {"id": 5, "was_cancelled": False, "ground_truth": False, "result": list(results)}
    return {"id": 1, "data": {"image": image}, "annotations": [annotation], "predictions": [], **keys}


def write_json(folder: Path, *tasks: object) -> Path:
    file = folder / "project.json"
    file.write_text(json.dumps(list(tasks)), encoding="utf-8")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own.picture(tmp_path)


def read(folder: Path, *tasks: object, classes: tuple[str, ...] = ()) -> Annotations:
    return labelstudio.read(write_json(folder, *tasks), FolderImages(folder), classes)


def objects_of(found: Annotations) -> Objects:
    return found.items[0].objects


def test_percentages_are_of_the_width_and_the_height(folder: Path) -> None:
    polygon = result("polygon", {"points": [[1, 2], [9, 2], [5, 18]], "closed": True})
    ellipse = result("ellipse", {"x": 50, "y": 50, "radiusX": 9, "radiusY": 10, "rotation": 0})
    point = result("keypoint", {"x": 3, "y": 8, "width": 0.5})
    objects = objects_of(read(folder, task(result(), polygon, ellipse, point)))
    assert objects.kinds.tolist() == [Kind.BOX, Kind.POLYGON, Kind.ELLIPSE, Kind.POINT]
    assert objects.boxes_xyxy[0].tolist() == [10, 5, 40, 30]
    assert objects.shape(1)[0][0].tolist() == own.TRIANGLE.tolist()
    assert objects.params[2].tolist() == [50, 25, 9, 5, 0]
    assert objects.coords[-1].tolist() == [3, 4]


def test_a_rectangle_turns_about_its_own_top_left_corner(folder: Path) -> None:
    objects = objects_of(read(folder, task(result(value={**RECTANGLE, "x": 50, "rotation": 90}))))
    assert objects.kinds.tolist() == [Kind.ROTATED_BOX]
    assert np.allclose(objects.boxes_xyxy, [[25, 5, 50, 35]])


def test_how_the_picture_was_turned_on_the_screen_changes_nothing_and_comes_back(folder: Path) -> None:
    first = objects_of(read(folder, task(result(image_rotation=90))))
    assert first.boxes_xyxy.tolist() == [[10, 5, 40, 30]]
    assert first.extra[0]["labelstudio"] == {"image_rotation": 90}
    again, losses = own.round_trip(labelstudio, first, folder / "out")
    assert (again, losses) == (first, set())


# --- brush ------------------------------------------------------------------------------------------------


@given(hnp.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.integers(0, 300), st.integers(0, 300))
def test_a_mask_comes_back_from_its_bits(mask: np.ndarray[Any, np.dtype[np.bool_]], x: int, y: int) -> None:
    size_wh = (x + mask.shape[1] + 7, y + mask.shape[0] + 3)
    window, (left, top) = labelstudio_rle.decode(labelstudio_rle.encode(mask, (x, y), size_wh), size_wh)
    image, back = np.zeros(size_wh[::-1], bool), np.zeros(size_wh[::-1], bool)
    image[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    back[top : top + window.shape[0], left : left + window.shape[1]] = window
    assert (back == image).all()


def test_bits_made_by_hand_with_single_values_are_read() -> None:
    """A picture of 3 x 1: one value after another for the first pixel, then a run for the others."""
    head = f"{12:032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}"
    single = "0" + "00" + f"{3:03b}" + "".join(f"{v:08b}" for v in (9, 9, 9, 255))
    run = "1" + "01" + f"{7:04b}" + f"{0:08b}"
    bits = head + single + run
    bits += "0" * (-len(bits) % 8) + "00000000"
    values = [int(bits[n : n + 8], 2) for n in range(0, len(bits), 8)]
    mask, corner = labelstudio_rle.decode(values, (3, 1))
    assert (mask.tolist(), corner) == ([[True]], (0, 0))


def test_a_brush_mask_is_a_mask(folder: Path) -> None:
    disk = np.hypot(*np.mgrid[-5:6, -5:6]) < 5
    brush = result("brush", {"format": "rle", "rle": labelstudio_rle.encode(disk, (30, 20), (100, 50))})
    objects = objects_of(read(folder, task(brush)))
    assert objects.kinds.tolist() == [Kind.MASK]
    assert (objects.label_image((100, 50))[20:31, 30:41] == disk).all()


# --- which annotation, which image ------------------------------------------------------------------------


def test_of_several_annotations_the_ground_truth_or_the_last_one_counts(folder: Path) -> None:
    several: list[dict[str, Any]] = [
        {"result": [result(label="old")], "updated_at": "2024-01-01T00:00:00Z"},
        {"result": [result(label="new")], "updated_at": "2024-02-01T00:00:00Z"},
        {"result": [result(), result()], "was_cancelled": True, "updated_at": "2024-03-01T00:00:00Z"},
    ]
    found = read(folder, task(annotations=several))
    assert found.classes == ("new",)
    assert {loss.kind: loss.count for loss in found.losses} == {"annotations-other": 1, "cancelled": 2}
    several[0]["ground_truth"] = True
    assert read(folder, task(annotations=several)).classes == ("old",)


def test_predictions_alone_are_a_draft_by_a_model(folder: Path) -> None:
    guess = {"model_version": "v3", "score": 0.5, "result": [result(score=0.25)]}
    item = read(folder, task(annotations=[], predictions=[guess])).items[0]
    assert (item.state, item.covered, item.objects.authors[0]) == ("draft", (), "model:v3")
    assert item.objects.scores.tolist() == [0.25]
    found = read(folder, task(result(), predictions=[guess]))
    assert [(loss.kind, loss.count) for loss in found.losses] == [("predictions", 1)]
    draft = replace(own.dataset(item.objects).items[0], state="draft", covered=())
    losses = labelstudio.write(Dataset(("cell",), (draft,)), folder, {"1": "a.png"})
    again = labelstudio.read(folder / "labelstudio.json", FolderImages(folder)).items[0]
    assert (again.state, again.objects, list(losses)) == ("draft", item.objects, [])


def test_a_task_without_annotation_is_not_annotated_yet(folder: Path) -> None:
    item = read(folder, task(annotations=[])).items[0]
    assert (item.state, item.covered) == ("new", ())


@pytest.mark.parametrize(
    "named",
    [
        "a.png",
        "/data/upload/3/1f2e3d4c-a.png",
        "/data/local-files/?d=images%5C2024/a.png",
        "s3://bucket/folder/a.png",
        "https://example.org/x/a.png?token=1",
        "1f2e3d4c-a.png",
        "images/%61.png",
    ],
)
def test_the_image_is_found_behind_addresses_and_hashes(folder: Path, named: str) -> None:
    assert read(folder, task(result(), image=named)).items[0].image.path == (folder / "a.png").as_posix()


def test_the_key_of_the_image_may_have_any_name(folder: Path) -> None:
    data = {"text": "hello", "slide": "/data/upload/1/1f2e3d4c-a.png"}
    found = read(folder, {**task(result()), "data": data})
    assert found.items[0].image.name == "a.png"


def test_json_min_is_read(folder: Path) -> None:
    value = {**RECTANGLE, "rectanglelabels": ["cell"], "original_width": 100, "original_height": 50}
    entry = {"image": "/data/upload/1/1f2e3d4c-a.png", "id": 1, "label": [value], "annotator": 1, "annotation_id": 2}
    file = write_json(folder, entry)
    assert labelstudio.sniff(file)
    objects = objects_of(labelstudio.read(file, FolderImages(folder)))
    assert objects.boxes_xyxy.tolist() == [[10, 5, 40, 30]]
    assert objects.extra[0]["labelstudio_annotation"] == {"annotator": 1, "annotation_id": 2}


def test_labels_in_a_result_of_their_own_belong_to_the_shape_of_their_id(folder: Path) -> None:
    shape = {**result(), "type": "rectangle", "value": RECTANGLE}
    labels = {**result(), "type": "labels", "value": {**RECTANGLE, "labels": ["cell"]}}
    text = {"id": "r1", "type": "textarea", "value": {"text": ["a note"]}}
    first = objects_of(read(folder, task(shape, labels, text)))
    assert first.labels.tolist() == ["cell"]
    again, losses = own.round_trip(labelstudio, first, folder / "out")
    assert (again, losses) == (first, set())


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (result(value={**RECTANGLE, "width": 0}), "box-invalid"),
        (result(value={**RECTANGLE, "x": "a"}), "outline-invalid"),
        (result(value={**RECTANGLE, "x": 1e300}), "outline-invalid"),
        (result(label=None), "label-missing"),
        ({**result(), "value": None}, "outline-invalid"),
        (result("polygon", {"points": [[1, 2], [3, 4]]}), "outline-invalid"),
        (result("polygon", {"points": "x"}), "outline-invalid"),
        (result("brush", {"rle": [0, 0, 0, 1]}), "outline-invalid"),
        (result("brush", {"rle": [999]}), "outline-invalid"),
        (result("brush", {"rle": "text"}), "outline-invalid"),
        (result("brush", {"rle": labelstudio_rle.encode(np.zeros((1, 1), bool), (0, 0), (100, 50))}), "empty-object"),
        (result("bitmask", {"imageDataURL": "data:"}), "outline-invalid"),
        (result("cuboid", {"imageDataURL": "data:"}), "shape-type"),
        ({"type": "relation", "from_id": "r1", "to_id": "r2", "direction": "right"}, "relation"),
        ({"id": "q", "type": "choices", "value": {"choices": ["good"]}}, "image-field"),
        (result(value={**RECTANGLE, "x": 110}), "outside-image"),
    ],
)
def test_a_bad_result_is_a_loss_with_its_place_and_the_others_stay(folder: Path, bad: object, kind: str) -> None:
    found = read(folder, task({**result(), "id": "first"}, bad))
    assert len(objects_of(found)) == 1
    assert [loss.kind for loss in found.losses] == [kind]
    assert found.losses.losses[0].place.startswith("[0].annotations.result[1]")


def test_foreign_fields_come_back_equal(folder: Path) -> None:
    value = {**RECTANGLE, "mine": [1], "rectanglelabels": ["cell", "second"]}
    keys: dict[str, Any] = {"from_name": "box", "to_name": "img", "origin": "prediction", "parentID": "p", "score": 0.5}
    shape = {**result(**keys, meta={"text": ["note"]}), "value": value}
    rest: dict[str, Any] = {"file_upload": "1f2e3d4c-a.png", "meta": {"x": None}, "project": 7, "inner_id": 3}
    whole = task(shape, **rest)
    whole["annotations"][0] |= {"completed_by": {"id": 1, "email": "a@b.c"}, "lead_time": 1.5, "ground_truth": True}
    found = read(folder, whole)
    assert objects_of(found).parents.tolist() == ["p"]
    assert set(found.losses.by_kind()) == {"several-labels"}
    labelstudio.write(own.dataset(objects_of(found)), folder, {"1": "a.png"})
    assert json.loads((folder / "labelstudio.json").read_text(encoding="utf-8")) == [whole]


def test_everything_comes_back_from_our_own_files(tmp_path: Path) -> None:
    objects = own.every_column()
    again, losses = own.round_trip(labelstudio, objects, tmp_path)
    assert losses == {"rasterised", "ignored"}
    own.check_same(objects, own.without(again, "labelstudio_task"), 1e-9)


def test_a_shape_that_was_edited_elsewhere_is_believed(tmp_path: Path) -> None:
    circle = Objects.from_shapes(
        [((geometry.ellipse_ring((50, 25), (9, 9)),),)], ["e"], kinds=Kind.ELLIPSE, params=[[50, 25, 9, 9, 0]]
    )
    own.round_trip(labelstudio, circle, tmp_path)
    tasks = json.loads((tmp_path / "labelstudio.json").read_text(encoding="utf-8"))
    tasks[0]["annotations"][0]["result"][0]["value"] |= {"x": 40}
    found = read(tmp_path, *tasks)
    assert objects_of(found).params[0, 0] == 40


@pytest.mark.parametrize("content", ["{}", "[]x", '{"data": 3}', "[1, 2]", '[{"image": "a.png"}]', '["', "3", ""])
def test_a_file_that_is_not_label_studios_is_an_error(folder: Path, content: str) -> None:
    (folder / "bad.json").write_text(content)
    with pytest.raises(AnnotationError, match=r"bad\.json"):
        labelstudio.read(folder / "bad.json", FolderImages(folder))


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("source", "images", "kinds", "losses"),
    [
        ("test_export_coco/data.json", 1, [1, 1, 0, 2, 0, 0], {"image-missing": 4}),
        ("test_export_yolo/data.json", 2, [4, 0, 0, 0, 0, 0], {"image-missing": 4, "annotations-other": 2}),
        ("test_export_yolo/data_keypoints.json", 1, [1, 0, 0, 3, 0, 0], {"image-missing": 9, "relation": 5}),
        ("test_export_yolo/data_obb.json", 3, [0, 0, 0, 0, 0, 25], {"image-missing": 25}),
        ("test_export_yolo/data_polygons.json", 1, [0, 1, 0, 0, 0, 0], {"image-missing": 1}),
    ],
)
def test_real_files_are_read_and_come_back(
    shared_data: Path, tmp_path: Path, source: str, images: int, kinds: list[int], losses: dict[str, int]
) -> None:
    file = shared_data / "formats/labelstudio" / source
    found = labelstudio.read(file, FolderImages(file.parent))
    assert len(found.items) == images
    assert np.bincount(np.concatenate([i.objects.kinds for i in found.items]), minlength=6).tolist() == kinds
    assert {kind: sum(loss.count for loss in several) for kind, several in found.losses.by_kind().items()} == losses
    own.check_real_files_come_back(labelstudio, file, found, tmp_path)


def data_url(mask: Any, mode: str) -> str:
    """A mask as pictures of each kind have it: not transparent, or not black."""
    alpha = (np.asarray(mask) * 255).astype(np.uint8)
    pixels = {"L": alpha, "RGB": np.stack([alpha] * 3, -1)}.get(mode)
    pixels = np.concatenate([np.zeros((*alpha.shape, 3), np.uint8), alpha[..., None]], -1) if pixels is None else pixels
    return f"data:image/png;base64,{png_text.text_of(pixels)}"


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L"])
def test_a_bitmask_is_what_of_its_picture_is_not_transparent(folder: Path, mode: str) -> None:
    mask = np.zeros((50, 100), bool)
    mask[3:9, 20:40], mask[5, 30] = True, False
    first = objects_of(read(folder, task(result("bitmask", {"imageDataURL": data_url(mask, mode)}))))
    assert (first.label_image((100, 50)) == mask).all()
    again, losses = own.round_trip(labelstudio, first, folder / "out")
    (value,) = json.loads((folder / "out/labelstudio.json").read_text())[0]["annotations"][0]["result"]
    assert (value["type"], losses) == ("bitmasklabels", set())
    assert value["value"]["imageDataURL"] == data_url(mask, "RGBA")
    assert again == first


def test_strokes_of_the_brush_and_the_magic_wand_are_masks(folder: Path) -> None:
    mask = np.zeros((50, 100), bool)
    mask[3:9, 20:40] = True
    runs = labelstudio_rle.encode(mask, (0, 0), (100, 50))
    wand = result("magicwand", {"format": "rle", "rle": runs})
    stroke = result("brush", {"format": "rle", "maskDataURL": data_url(mask, "RGBA")}, id="r2")
    first = objects_of(read(folder, task(wand, stroke)))
    assert first.kinds.tolist() == [Kind.MASK, Kind.MASK]
    assert first.shape(0)[0][0].tolist() == first.shape(1)[0][0].tolist()
    own.round_trip(labelstudio, first, folder / "out")
    values = json.loads((folder / "out/labelstudio.json").read_text())[0]["annotations"][0]["result"]
    assert [value["type"] for value in values] == ["magicwandlabels", "brushlabels"]


def vertices(*points: tuple[float, float], **keys: Any) -> list[dict[str, Any]]:
    """A path of points one after another."""
    before = [None, *(f"p{n}" for n in range(len(points) - 1))]
    return [{"id": f"p{n}", "x": x, "y": y, "prevPointId": before[n], **keys} for n, (x, y) in enumerate(points)]


def test_a_closed_path_is_a_polygon(folder: Path) -> None:
    path = vertices((1, 2), (9, 2), (5, 18), isBezier=False)
    objects = objects_of(read(folder, task(result("vector", {"vertices": path, "closed": True}))))
    assert objects.kinds.tolist() == [Kind.POLYGON]
    assert objects.shape(0)[0][0].tolist() == own.TRIANGLE.tolist()


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"vertices": vertices((1, 2), (9, 2), (5, 18)), "closed": False}, "line"),
        ({"vertices": vertices((1, 2), (9, 2), (5, 18), isBezier=True), "closed": True}, "curve"),
        ({"vertices": vertices((1, 2), (9, 2), (5, 18), prevPointId="p0"), "closed": True}, "curve"),
        ({"vertices": "none", "closed": True}, "outline-invalid"),
    ],
)
def test_other_paths_are_losses(folder: Path, value: dict[str, Any], kind: str) -> None:
    found = read(folder, task(result("vector", value), result(id="r2")))
    assert [(loss.kind, loss.place) for loss in found.losses] == [(kind, found.losses.losses[0].place)]
    assert len(objects_of(found)) == 1


@pytest.mark.parametrize("picture", ["data:image/png;base64,iVBORw0KGgo=", "no", 5, "data:image/png;base64,"])
def test_a_broken_bitmask_is_a_loss_with_its_place(folder: Path, picture: object) -> None:
    found = read(folder, task(result(), result("bitmask", {"imageDataURL": picture}, id="r2")))
    assert [(loss.kind, loss.place) for loss in found.losses] == [
        ("outline-invalid", "[0].annotations.result[1].value.imageDataURL")
    ]


def test_videos_and_drafts_are_losses(folder: Path) -> None:
    sequence = {"sequence": [{"frame": 1, "x": 1, "y": 1, "width": 5, "height": 5, "enabled": True}]}
    box = {"id": "v", "type": "videorectangle", "from_name": "box", "to_name": "video", "value": sequence}
    drafted = task(result(), drafts=[{"id": 3, "result": [result(), result(id="r2")]}])
    found = read(folder, drafted, {**task(box), "data": {"video": "/data/upload/1/a.mp4"}})
    assert {loss.kind: loss.count for loss in found.losses} == {"drafts": 2, "video": 1}


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[int], Any]:
    """Packed runs as any writer may lay them out, and the mask that they mean."""
    mask = draw(hnp.arrays(bool, (4, 6)))
    colours = draw(hnp.arrays(np.uint8, (4, 6, 3)))
    values = np.concatenate([colours, mask[..., None] * np.uint8(draw(st.integers(1, 255)))], -1).ravel().tolist()
    widths = draw(st.lists(st.integers(1, 16), min_size=4, max_size=4))
    bits = [f"{len(values):032b}", f"{7:05b}", *(f"{width - 1:04b}" for width in widths)]
    at = 0
    while at < len(values):
        same = next((n for n in range(at, len(values)) if values[n] != values[at]), len(values)) - at
        repeated, which = draw(st.booleans()), draw(st.integers(0, 3))
        length = draw(st.integers(1, min(same if repeated else len(values) - at, 2 ** widths[which])))
        bits += [f"{int(repeated)}{which:02b}{length - 1:0{widths[which]}b}"]
        bits += [f"{value:08b}" for value in (values[at : at + 1] if repeated else values[at : at + length])]
        at += length
    text = "".join(bits) + "0" * draw(st.sampled_from([0, 8]))  # some pad by a byte too many
    text += "0" * (-len(text) % 8)
    return [int(text[n : n + 8], 2) for n in range(0, len(text), 8)], mask


@given(streams())
def test_packed_runs_are_read_however_they_are_laid_out(stream: tuple[list[int], Any]) -> None:
    values, mask = stream
    window, (x, y) = labelstudio_rle.decode(values, (6, 4))
    found = np.zeros((4, 6), bool)
    found[y : y + window.shape[0], x : x + window.shape[1]] = window
    assert (found == mask).all()


def test_percentages_are_of_the_picture_as_a_camera_wants_it_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # stored on its side
    Image.new("L", (50, 100)).save(tmp_path / "a.jpg", exif=exif)
    found = read(tmp_path, task(result(), image="a.jpg"))
    assert (found.items[0].size_wh, objects_of(found).boxes_xyxy.tolist()) == ((100, 50), [[10, 5, 40, 30]])
    assert not list(found.losses)
    sideways = read(tmp_path, task(result(original_width=50, original_height=100), image="a.jpg"))
    assert [loss.kind for loss in sideways.losses] == ["image-size-differs"]
