"""CVAT's XML, for images and for video."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from tests.contracts import own_files as own

from annelid import geometry
from annelid.dataset import Dataset
from annelid.errors import AnnotationError
from annelid.formats import cvat, safe_xml
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.objects import Kind, Objects

BOX = '<box label="cell" occluded="0" xtl="10" ytl="5" xbr="40" ybr="30"/>'
TRIANGLE = "1,1;9,1;5,9"


def image(*shapes: str, name: str = "a.png", more: str = "") -> str:
    return f'<image id="0" name="{name}" width="100" height="50" {more}>{"".join(shapes)}</image>'


def write_xml(file: Path, *inside: str, meta: str = "") -> Path:
    text = f"<annotations><version>1.1</version><meta><task>{meta}</task></meta>{''.join(inside)}</annotations>"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own.picture(tmp_path)


def read(folder: Path, *shapes: str, classes: tuple[str, ...] = ()) -> Annotations:
    return cvat.read(write_xml(folder / "annotations.xml", image(*shapes)), FolderImages(folder), classes)


def objects_of(found: Annotations) -> Objects:
    return found.items[0].objects


def polygon(points: str = TRIANGLE, label: str = "cell", **keys: str) -> str:
    return f'<polygon label="{label}" points="{points}" {" ".join(f"{k}={v!r}" for k, v in keys.items())}/>'


def test_every_kind_of_shape_becomes_an_object(folder: Path) -> None:
    turned = BOX.replace("/>", ' rotation="90"/>')
    ellipse = '<ellipse label="cell" cx="50" cy="25" rx="9" ry="5" rotation="30"/>'
    points = '<points label="cell" points="3.5,4"/>'
    objects = objects_of(read(folder, BOX, polygon(), turned, ellipse, points))
    kinds = [Kind.BOX, Kind.POLYGON, Kind.ROTATED_BOX, Kind.ELLIPSE, Kind.POINT]
    assert objects.kinds.tolist() == kinds
    assert objects.boxes_xyxy[0].tolist() == [10, 5, 40, 30]
    assert np.allclose(objects.boxes_xyxy[2], [12.5, 2.5, 37.5, 32.5])
    assert np.allclose(objects.params[3], [50, 25, 9, 5, math.radians(30)])


def test_a_mask_runs_along_the_rows_of_its_box_background_first(folder: Path) -> None:
    mask = '<mask label="cell" rle="1, 2, 2, 1" left="10" top="20" width="3" height="2"/>'
    objects = objects_of(read(folder, mask))
    assert objects.kinds.tolist() == [Kind.MASK]
    assert objects.label_image((100, 50))[20:22, 10:13].tolist() == [[0, 1, 1], [0, 0, 1]]
    assert objects.areas.tolist() == [3]


def test_polygons_and_masks_of_one_group_and_label_are_one_object(folder: Path) -> None:
    far = "20,20;30,20;25,30"
    shapes = [polygon(group_id="1"), polygon(far, group_id="1"), polygon(far, "other", group_id="1"), polygon()]
    assert [len(shape) for shape in objects_of(read(folder, *shapes)).shapes] == [2, 1, 1]


def test_several_points_in_one_shape_are_an_object_each_and_that_is_said(folder: Path) -> None:
    found = read(folder, '<points label="cell" points="1,2;3,4;5,6"/>')
    assert objects_of(found).coords.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert [(loss.kind, loss.count) for loss in found.losses] == [("points-split", 3)]


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ('<polyline label="cell" points="1,2;3,4"/>', "line"),
        ('<cuboid label="cell" xtl1="1"/>', "shape-type"),
        ('<skeleton label="cell"><points label="x" points="1,2"/></skeleton>', "shape-type"),
        ('<hexagon label="cell"><points label="x" points="1,2"/></hexagon>', "shape-type"),
        ('<tag label="cell"/>', "image-tag"),
        (polygon(label=""), "label-missing"),
        (polygon("1,2;3,4"), "outline-invalid"),
        (polygon("1,2;3,4;x,y"), "outline-invalid"),
        (polygon("1,2,3;3,4,5;6,7,8"), "outline-invalid"),
        (polygon("1,2;3;4,5"), "outline-invalid"),
        (BOX.replace('"40"', '"10"'), "box-invalid"),
        (BOX.replace('"40"', '"inf"'), "outline-invalid"),
        ('<ellipse label="cell" cx="1" cy="1" rx="0" ry="5"/>', "outline-invalid"),
        ('<mask label="cell" rle="1,9" left="1" top="1" width="3" height="2"/>', "outline-invalid"),
        ('<mask label="cell" rle="6" left="1" top="1" width="3" height="2"/>', "empty-object"),
        ('<mask label="cell" rle="0,-4,8" left="1" top="1" width="2" height="2"/>', "outline-invalid"),
        ('<mask label="cell" rle="0,99999999999999999999" left="1" top="1" width="9" height="2"/>', "outline-invalid"),
        (polygon("200,1;300,1;300,9"), "outside-image"),
    ],
)
def test_a_bad_shape_is_a_loss_with_its_line_and_the_others_stay(folder: Path, bad: str, kind: str) -> None:
    found = read(folder, BOX, bad)
    assert len(objects_of(found)) == 1
    assert [loss.kind for loss in found.losses] == [kind]
    assert found.losses.losses[0].place.startswith("line 1, ")


def test_classes_come_in_the_order_of_the_labels(folder: Path) -> None:
    labels = "<labels><label><name>debris</name></label><label><name>cell</name></label></labels>"
    file = write_xml(folder / "a.xml", image(BOX), meta=labels)
    assert cvat.read(file, FolderImages(folder)).classes == ("debris", "cell")


def test_every_label_in_use_is_declared_as_cvat_wants_it(tmp_path: Path) -> None:
    objects = Objects.from_boxes([[1, 2, 9, 8], [3, 2, 9, 8]], ["cell", "__ignore__"], ignore=[False, True])
    item = own.dataset(objects).items[0]
    cvat.write(Dataset(("nucleus", "cell"), (item,)), tmp_path, {item.id: "a.png"})
    root = safe_xml.parse(tmp_path / "annotations.xml")
    assert [label.value("name") for label in root.all("meta/task/labels/label")] == ["nucleus", "cell", "__ignore__"]


def test_foreign_fields_come_back_equal(folder: Path) -> None:
    attributes = '<attribute name="a b">x &amp; y</attribute><attribute name="n">-2.4</attribute>'
    keys = 'label="cell" occluded="1" z_order="3" source="auto" group_id="7" mine="ü"'
    shape = f'<polygon {keys} points="{TRIANGLE}">{attributes}</polygon>'
    field = "<attribute><name>a b</name><mutable>True</mutable><input_type>text</input_type></attribute>"
    label = (
        f"<label><name>cell</name><color>#fa3253</color><type>any</type><attributes>{field}{field}</attributes></label>"
    )
    more = 'subset="Train" task_id="39"'
    file = write_xml(folder / "a.xml", image(shape, BOX, more=more), meta=f"<labels>{label}</labels>")
    found = cvat.read(file, FolderImages(folder))
    extra = objects_of(found).extra[0]
    given = {"occluded": "1", "z_order": "3", "source": "auto", "group_id": "7", "mine": "ü"}
    assert extra["cvat"] == {**given, "attributes": {"a b": "x & y", "n": "-2.4"}}
    assert extra["cvat_image"] == {"id": "0", "subset": "Train", "task_id": "39"}
    assert extra["cvat_file"]["labels"][0]["color"] == "#fa3253"
    assert list(found.parts.values()) == ["train"]
    again, losses = own.round_trip(cvat, objects_of(found), folder / "out")
    assert again == objects_of(found)
    assert not losses


def test_what_differs_between_the_parts_of_a_group_comes_back(folder: Path) -> None:
    far = "20,20;30,20;25,30"
    first = objects_of(read(folder, polygon(group_id="1", z_order="1"), polygon(far, group_id="1", z_order="2")))
    again, _ = own.round_trip(cvat, first, folder / "out")
    assert again == first
    assert first.extra[0]["cvat"]["parts"][0]["z_order"] == "2"


def test_everything_comes_back_from_our_own_files(tmp_path: Path) -> None:
    objects = own.every_column()
    again, losses = own.round_trip(cvat, objects, tmp_path)
    assert losses == {"rasterised", "score", "ignored"}
    own.check_same(objects, own.without(again, "cvat_image"))


def test_parts_become_polygons_of_a_group_that_no_other_object_has(tmp_path: Path) -> None:
    ring = own.TRIANGLE
    two = [((ring,), (ring + 20,)), ((ring + 5,), (ring + 30,))]
    objects = Objects.from_shapes(two, ["cell", "cell"])
    again, _ = own.round_trip(cvat, objects, tmp_path)
    text = (tmp_path / "annotations.xml").read_text(encoding="utf-8")
    assert [f'group_id="{n}"' in text for n in (1, 2, 3)] == [True, True, False]
    assert own.without(again, "cvat_image") == objects


def test_a_shape_that_was_edited_elsewhere_is_believed(tmp_path: Path) -> None:
    holed = own.every_column()[[0]]
    own.round_trip(cvat, holed, tmp_path)
    file = tmp_path / "annotations.xml"
    file.write_text(file.read_text(encoding="utf-8").replace('left="1"', 'left="2"'), encoding="utf-8")
    again = objects_of(cvat.read(tmp_path, FolderImages(tmp_path)))
    assert again.kinds.tolist() == [Kind.MASK]
    assert (again.ids.tolist(), again.boxes_xyxy[0, 0]) == (holed.ids.tolist(), 2)


def test_equal_names_in_several_subsets_are_several_images(tmp_path: Path) -> None:
    for subset in ("Train", "Validation"):
        own.picture(tmp_path, f"images/{subset}/a.png")
    images = [image(BOX, more='subset="Train"'), image(BOX, BOX, more='subset="Validation"')]
    found = cvat.read(write_xml(tmp_path / "annotations.xml", *images), FolderImages(tmp_path))
    assert [len(item.objects) for item in found.items] == [1, 2]
    assert list(found.parts.values()) == ["train", "val"]


# --- video ------------------------------------------------------------------------------------------------

SIZE = "<size>4</size><original_size><width>100</width><height>50</height></original_size>"


def tracked(frame: int, x: float, *, outside: int = 0, keyframe: int = 1) -> str:
    where = f'xtl="{x}" ytl="5" xbr="{x + 10}" ybr="15"'
    return f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="{keyframe}" {where}/>'


def read_video(folder: Path, *boxes: str, meta: str = SIZE) -> Annotations:
    track = f'<track id="3" label="cell" source="manual">{"".join(boxes)}</track>'
    return cvat.read(write_xml(folder / "annotations.xml", track, meta=meta), FolderImages(folder))


def test_a_track_is_an_object_on_every_frame_until_it_is_outside(tmp_path: Path) -> None:
    for n in range(4):
        own.picture(tmp_path, f"frame_{n:06d}.png")
    found = read_video(tmp_path, tracked(0, 1), tracked(1, 2, keyframe=0), tracked(2, 3, outside=1))
    boxes = {item.image.name: item.objects.boxes_xyxy[:, 0].tolist() for item in found.items}
    assert boxes == {"frame_000000.png": [1], "frame_000001.png": [2], "frame_000002.png": [], "frame_000003.png": []}
    assert found.items[1].objects.extra[0]["cvat"] == {"track_id": "3", "keyframe": "0"}
    assert not list(found.losses)


def test_between_key_frames_boxes_move_in_a_straight_line(tmp_path: Path) -> None:
    found = read_video(tmp_path, tracked(0, 10), tracked(4, 30), tracked(5, 30, outside=1))
    assert [item.objects.boxes_xyxy[0, 0] for item in found.items] == [10, 15, 20, 25, 30]
    assert set(found.losses.by_kind()) == {"image-missing"}


def test_frames_that_were_left_out_on_purpose_are_not_filled(tmp_path: Path) -> None:
    found = read_video(tmp_path, tracked(0, 10), tracked(5, 30), meta=f"{SIZE}<frame_filter>step=5</frame_filter>")
    assert [item.image.name for item in found.items] == ["frame_000000", "frame_000005"]


@pytest.mark.parametrize("frame", ["-1", "x", "", "9" * 30])
def test_a_frame_that_is_no_number_is_a_loss(tmp_path: Path, frame: str) -> None:
    bad = tracked(1, 2).replace('frame="1"', f'frame="{frame}"')
    assert "frame-invalid" in read_video(tmp_path, tracked(0, 1), bad).losses.by_kind()


def test_key_frames_a_million_apart_are_not_filled(tmp_path: Path) -> None:
    found = read_video(tmp_path, tracked(0, 1), tracked(999_999_999, 2))
    assert len(found.items) == 2
    assert found.losses.by_kind()["not-interpolated"][0].count == 999_999_998


@pytest.mark.parametrize("content", ["<annotation/>", "<annotations>", "", "<annotations><image></annotations>"])
def test_a_file_that_is_not_cvat_is_an_error(folder: Path, content: str) -> None:
    (folder / "bad.xml").write_text(content)
    with pytest.raises(AnnotationError, match=r"bad\.xml"):
        cvat.read(folder / "bad.xml", FolderImages(folder))


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("source", "images", "objects", "losses"),
    [
        ("export_project", 6, 15, {"line": 3, "points-split": 9}),
        ("export_task", 2, 4, {"line": 1, "points-split": 3, "label-missing": 1}),
    ],
)
def test_real_files_are_read_and_come_back(
    shared_data: Path, tmp_path: Path, source: str, images: int, objects: int, losses: dict[str, int]
) -> None:
    folder = shared_data / "formats/datumaro/cvat_dataset/for_images" / source
    found = cvat.read(folder, FolderImages(folder))
    assert (len(found.items), sum(len(item.objects) for item in found.items)) == (images, objects)
    assert {kind: sum(loss.count for loss in several) for kind, several in found.losses.by_kind().items()} == losses
    own.check_real_files_come_back(cvat, folder, found, tmp_path)


def test_a_rotation_survives_reading_and_writing_without_drift(folder: Path) -> None:
    first = objects_of(read(folder, '<box label="cell" xtl="30.3" ytl="15" xbr="50.1" ybr="25.7" rotation="30.1"/>'))
    for n in range(3):
        again, _ = own.round_trip(cvat, first, folder / f"{n}")
        assert again == first
        first = again
    assert np.allclose(first.coords, geometry.rotated_box_ring(*first.params[0]))
