"""ImageJ ROIs and zips of them."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from PIL import Image
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi, roiread
from tests.strategies import datasets

from annelid import formats, geometry, tracing
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError
from annelid.formats import imagej
from annelid.formats.archive import opened
from annelid.formats.base import Annotations
from annelid.formats.even_odd import parts_of_rings
from annelid.formats.images import FolderImages
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

SIZE = (200, 100)
TRIANGLE = [[10, 10], [30, 10], [20, 40]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("L", SIZE).save(tmp_path / "a.png")
    return tmp_path


def roi(points: Any = TRIANGLE, roitype: ROI_TYPE = ROI_TYPE.POLYGON, **fields: Any) -> ImagejRoi:
    """A ROI as roifile makes it."""
    made = ImagejRoi.frompoints(np.array(points))
    made.roitype, made.options, made.name = roitype, made.options & ROI_OPTIONS.SUB_PIXEL_RESOLUTION, ""
    for key, value in fields.items():
        setattr(made, key, value)
    return made


def rectangle(roitype: ROI_TYPE = ROI_TYPE.RECT, **fields: Any) -> ImagejRoi:
    made = ImagejRoi(roitype=roitype, left=10, top=20, right=40, bottom=30)
    for key, value in fields.items():
        setattr(made, key, value)
    return made


def packed(path: Path, *rois: ImagejRoi | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for n, one in enumerate(rois):
            archive.writestr(f"r{n}.roi", one if isinstance(one, bytes) else one.tobytes())
    return path


def read(
    folder: Path, *rois: ImagejRoi | bytes, name: str = "a_rois.zip", classes: tuple[str, ...] = ()
) -> Annotations:
    return imagej.read(packed(folder / name, *rois), FolderImages(folder), classes)


def objects_of(found: Annotations) -> Objects:
    return found.items[0].objects


def kinds(found: Annotations) -> list[tuple[str, str]]:
    return [(loss.kind, loss.place) for loss in found.losses]


def written(objects: Objects, out: Path, view: View | None = None) -> list[ImagejRoi]:
    view = view or View(ImageRef("1", ("a.png",), SIZE))
    item = LabeledImage(view, objects, whole_image(SIZE), state="reviewed")
    classes = tuple(dict.fromkeys(map(str, objects.labels)))
    assert not list(imagej.write(Dataset(classes, (item,)), out, {view.id: "a.png"}))
    found = roiread(out / "a_rois.zip")
    assert isinstance(found, list)
    return found


def again(objects: Objects, folder: Path) -> Objects:
    written(objects, folder)
    return objects_of(imagej.read(folder / "a_rois.zip", FolderImages(folder)))


def test_a_polygon_makes_the_image_reviewed_and_covered(folder: Path) -> None:
    found = read(folder, roi())
    assert objects_of(found).shape(0)[0][0].tolist() == TRIANGLE
    assert objects_of(found).labels.tolist() == ["object"]
    assert (found.items[0].is_complete, found.items[0].state) == (True, "reviewed")
    assert formats.sniff(folder).NAME == "imagej"


def test_sub_pixels_are_read(folder: Path) -> None:
    points = [[10.25, 10.5], [30.125, 10], [20, 40.75]]
    assert objects_of(read(folder, roi(points))).shape(0)[0][0].tolist() == points


def test_outlines_that_cellpose_saves_are_filled_with_the_pixels_that_they_run_through(folder: Path) -> None:
    mask = np.hypot(*np.mgrid[-9:10, -9:10]) < 8
    ring = tracing.boundary_pixel_rings(mask, (20, 30))[0][0] - 0.5
    steps = np.roll(ring, -1, 0) - ring
    chain = [p + k * np.sign(s) for p, s in zip(ring, steps, strict=True) for k in range(int(np.abs(s).max()))]
    saved = ImagejRoi.frompoints(np.array(chain, np.int32))
    found = read(folder, saved)
    assert kinds(found) == [("outline-through-centres", "r0.roi")]
    pixels, corner = objects_of(found).mask(0, SIZE)
    assert (corner, pixels.tolist()) == ((22, 32), mask[2:-2, 2:-2].tolist())
    assert objects_of(found).kinds.tolist() == [Kind.MASK]
    assert again(objects_of(found), folder) == objects_of(found)
    saved.name = "0039-0029"  # as ImageJ calls what a hand drew
    assert objects_of(read(folder, saved)).kinds.tolist() == [Kind.POLYGON]


def test_rectangles_and_ovals_keep_their_parameters(folder: Path) -> None:
    fine: dict[str, Any] = {
        "options": ROI_OPTIONS.SUB_PIXEL_RESOLUTION,
        "xd": 10.5,
        "yd": 20.5,
        "widthd": 20.0,
        "heightd": 9.0,
    }
    rois = [rectangle(), rectangle(**fine), rectangle(ROI_TYPE.OVAL), rectangle(ROI_TYPE.OVAL, **fine)]
    objects = objects_of(read(folder, *rois))
    assert objects.kinds.tolist() == [Kind.BOX, Kind.BOX, Kind.ELLIPSE, Kind.ELLIPSE]
    assert objects.boxes_xyxy[:2].tolist() == [[10, 20, 40, 30], [10.5, 20.5, 30.5, 29.5]]
    assert objects.params[2:].tolist() == [[25, 25, 15, 5, 0], [20.5, 25, 10, 4.5, 0]]
    back = written(objects, folder)
    assert [(r.roitype, r.subpixelrect) for r in back] == [(r.roitype, r.subpixelrect) for r in rois]
    assert [(r.left, r.top, r.right, r.bottom) for r in back[::2]] == [(10, 20, 40, 30)] * 2


@pytest.mark.parametrize(
    ("kind", "ring"),
    [
        (Kind.ELLIPSE, geometry.ellipse_ring((60, 40), (20, 8), 0.4)),
        (Kind.ROTATED_BOX, np.array([[20, 10], [30, 20], [25, 25], [15, 15]], float)),
    ],
)
def test_turned_ellipses_and_boxes_come_back_exactly(folder: Path, kind: Kind, ring: Any) -> None:
    params = [60, 40, 20, 8, 0.4] if kind == Kind.ELLIPSE else [22.5, 17.5, 200**0.5, 50**0.5, np.pi / 4]
    objects = Objects.from_shapes([((ring,),)], ["x"], kinds=kind, params=[params])
    back = written(objects, folder)[0]
    assert back.subtype == (ROI_SUBTYPE.ELLIPSE if kind == Kind.ELLIPSE else ROI_SUBTYPE.ROTATED_RECT)
    assert np.allclose(again(objects, folder).params, params, atol=1e-4)
    bare = back.tobytes()
    clean = ImagejRoi.frombytes(bare)
    clean.props = ""
    plain = objects_of(read(folder, clean))
    assert plain.kinds.tolist() == [kind]
    assert np.allclose(plain.params[0], params, atol=1e-4)


def test_a_composite_roi_has_parts_and_holes(folder: Path) -> None:
    outer, hole, island = (geometry.box_ring(*box) for box in ((10, 10, 50, 50), (15, 15, 45, 45), (20, 20, 40, 40)))
    far = np.array([[60, 10], [80, 10], [70, 30.5]])
    shape = ((outer, hole), (island,), (far,))
    objects = Objects.from_shapes([shape], ["x"], authors="import:imagej")
    back = written(objects, folder)[0]
    assert back.composite
    rings = back.coordinates(multi=True)
    assert [shapely.Polygon(ring).area for ring in rings] == [1600, 900, 400, 205]
    assert again(objects, folder) == objects
    back.props = ""
    assert [len(part) for part in objects_of(read(folder, back)).shape(0)] == [2, 1, 1]


def test_curves_of_a_composite_roi_are_flattened_and_open_pieces_said(folder: Path) -> None:
    path = [0, 10, 10, 1, 30, 10, 2, 30, 30, 10, 30, 3, 5, 25, 5, 15, 10, 10, 4, 0, 1, 1, 1, 5, 5]
    made = rectangle(multi_coordinates=np.array(path, np.float32), shape_roi_size=len(path))
    found = read(folder, made)
    assert 300 < objects_of(found).areas[0] < 450
    assert kinds(found) == [("line", "r0.roi")]


def test_points_of_one_roi_become_objects_and_one_roi_again(folder: Path) -> None:
    counters = {"counters": np.array([0, 1, 1], np.uint8), "counter_positions": np.array([1, 1, 0], np.uint32)}
    made = roi([[3, 4], [5, 6], [7.25, 8]], ROI_TYPE.POINT, **counters)
    objects = objects_of(read(folder, made))
    assert objects.coords.tolist() == [[3.5, 4.5], [5.5, 6.5], [7.75, 8.5]]
    assert objects.labels.tolist() == ["counter 0", "counter 1", "counter 1"]
    back = written(objects, folder)
    assert len(back) == 1
    assert np.array(back[0].coordinates()).tolist() == [[3, 4], [5, 6], [7.25, 8]]
    assert back[0].counters is not None
    assert back[0].counters.tolist() == [0, 1, 1]
    assert again(objects, folder) == objects
    mixed = objects.replace(labels=["a", "b", "b"])
    assert again(mixed, folder) == mixed


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({}, "object"),
        ({"group": 3}, "group 3"),
        ({"props": "qupath.object.classification: Tumor: Positive\n"}, "Tumor: Positive"),
        ({"props": "Class: cell\nother: 1\n", "group": 3}, "cell"),
        ({"name": "Tumor"}, "object"),
    ],
)
def test_the_class_is_a_property_or_the_group_and_never_the_name(
    folder: Path, fields: dict[str, Any], label: str
) -> None:
    objects = objects_of(read(folder, roi(**fields)))
    assert objects.labels.tolist() == [label]
    back = written(objects, folder)[0]
    assert (back.group, back.name) == (fields.get("group", 0), fields.get("name", "r0"))
    assert fields.get("props", "").strip() in back.props or "other: 1\nClass: cell" in back.props
    assert again(objects, folder) == objects


def test_a_class_goes_through_javas_properties(folder: Path) -> None:
    labels = ["débris 2", "a\\b", " x: y", "zwei\nZeilen", "😀"]
    objects = Objects.from_boxes([[1, 1, 9, 9]] * 5, labels)
    assert all(r.props.isascii() for r in written(objects, folder))
    assert again(objects, folder).labels.tolist() == labels
    assert "qupath.object.classification: d\\u00e9bris 2\n" in written(objects, folder)[0].props


def test_what_has_no_class_gets_the_only_one_that_is_given(folder: Path) -> None:
    assert objects_of(read(folder, roi(), classes=("cell",))).labels.tolist() == ["cell"]


def test_foreign_fields_come_back_equal(folder: Path) -> None:
    fields: dict[str, Any] = {
        "name": "n 1", "props": "a: b\n", "stroke_color": b"\xff\x01\x02\x03", "fill_color": b"\x80\x04\x05\x06",
        "stroke_width": 3, "float_stroke_width": 2.5, "position": 1, "c_position": 2, "z_position": 1, "t_position": 1,
        "overlay_label_color": b"\xff\x00\x00\x01", "overlay_font_size": 9, "group": 7, "image_opacity": 3,
        "arrow_style_or_aspect_ratio": 2, "arrow_head_size": 4, "roitype": ROI_TYPE.FREEHAND,
    }  # fmt: skip
    found = read(folder, roi(**fields))
    assert not list(found.losses)
    back = written(objects_of(found), folder)[0]
    props = fields.pop("props")
    assert {key: getattr(back, key) for key in fields} == fields
    assert str(props) in back.props
    assert again(objects_of(found), folder) == objects_of(found)


def test_objects_of_another_plane_are_said(folder: Path) -> None:
    found = read(folder, roi(z_position=4), roi(position=2), roi(position=1), roi(c_position=3))
    assert [(loss.kind, loss.count) for loss in found.losses] == [("plane", 2)]
    view = View(ImageRef("1", ("a.png",), SIZE, planes=(1, 5)), z=2)
    back = written(Objects.from_boxes([[1, 1, 9, 9]], ["x"]), folder, view)[0]
    assert (back.c_position, back.z_position, back.t_position) == (1, 3, 1)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (roi(roitype=ROI_TYPE.POLYLINE), "line"), (roi(roitype=ROI_TYPE.FREELINE), "line"),
        (roi(roitype=ROI_TYPE.ANGLE), "line"), (ImagejRoi(roitype=ROI_TYPE.LINE, x2=5.0), "line"),
        (rectangle(subtype=ROI_SUBTYPE.TEXT, text="hello"), "text"), (ImagejRoi(roitype=ROI_TYPE.NOROI), "shape-type"),
        (rectangle(right=10), "outline-invalid"), (roi([[1, 1], [2, 2]]), "outline-invalid"),
        (roi([[1.5, 1], [2, 2], [5, 5]]).tobytes().replace(b"\x3f\xc0\0\0", b"\x7f\xc0\0\0"), "outline-invalid"),
        (b"Iout", "roi-invalid"),
        (roi().tobytes()[:70], "roi-invalid"), (b"version https://git-lfs" * 4, "roi-invalid"),
        (roi([[900, 1], [950, 1], [900, 9]]), "outside-image"),
    ],
)  # fmt: skip
def test_a_bad_roi_is_a_loss_with_its_place_and_the_others_stay(
    folder: Path, bad: ImagejRoi | bytes, kind: str
) -> None:
    found = read(folder, roi(), bad)
    assert len(objects_of(found)) == 1
    assert kinds(found) == [(kind, "r1.roi")]


def test_rounded_corners_and_splines_are_said(folder: Path) -> None:
    found = read(folder, rectangle(rounded_rect_arc_size=5), roi(options=ROI_OPTIONS.SPLINE_FIT))
    assert kinds(found) == [("corners", "r0.roi"), ("spline", "r1.roi")]
    assert len(objects_of(found)) == 2


def test_properties_that_are_cut_off_are_said(folder: Path) -> None:
    data = roi(props="class: cell\n").tobytes()
    found = read(folder, data[:-4], data)
    assert kinds(found) == [("roi-cut", "r0.roi")]
    assert objects_of(found).labels.tolist() == ["object", "cell"]


def test_a_set_of_nothing_but_lines_is_refused(folder: Path) -> None:
    with pytest.raises(AnnotationError, match=r"a_rois\.zip: r0\.roi: .*polyline"):
        read(folder, roi(roitype=ROI_TYPE.POLYLINE))


@pytest.mark.parametrize("name", ["a.zip", "a_rois.zip", "RoiSet_a.zip", "a_RoiSet.zip", "a.tif.zip", "sub/a.zip"])
def test_a_zip_is_named_after_its_image(folder: Path, name: str) -> None:
    Image.new("L", (9, 9)).save(folder / "b.png")
    found = read(folder, roi(), name=name)
    assert found.items[0].image.path == (folder / "a.png").as_posix()
    assert not list(found.losses)


def test_a_set_without_a_name_belongs_to_the_folder_or_the_only_image(folder: Path) -> None:
    assert kinds(read(folder, roi(), name="RoiSet.zip")) == [("image-assumed", "")]
    Image.new("L", (9, 9)).save(folder / "b.png")
    with pytest.raises(AnnotationError, match=r"tells the size"):
        read(folder, roi(), name="RoiSet.zip")
    assert read(folder, roi(), name="a/RoiSet.zip").items[0].image.name == "a.png"


def test_loose_rois_belong_to_the_image_of_their_folder_or_of_their_own_name(folder: Path) -> None:
    Image.new("L", SIZE).save(folder / "b.png")
    for place in ("a_rois/1.roi", "a_rois/2.roi", "a_rois/._2.roi", "__MACOSX/x.roi", "rois/b.roi"):
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_bytes(roi().tobytes())
    found = imagej.read(folder, FolderImages(folder))
    assert {item.image.name: len(item.objects) for item in found.items} == {"a.png": 2, "b.png": 1}
    assert not list(found.losses)


def test_an_archive_that_was_opened_still_says_its_image(folder: Path) -> None:
    Image.new("L", SIZE).save(folder / "b.png")
    with opened(packed(folder / "b_rois.zip", roi())) as place:
        assert imagej.sniff(place)
        assert imagej.read(place, FolderImages(folder)).items[0].image.name == "b.png"


def test_an_empty_set_says_that_there_is_nothing(folder: Path) -> None:
    packed(folder / "a_rois.zip")
    item = imagej.read(folder, FolderImages(folder)).items[0]
    assert (len(item.objects), item.is_complete) == (0, True)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip"])
def test_a_broken_zip_is_an_error_alone_and_a_loss_among_others(folder: Path, content: bytes) -> None:
    (folder / "x_rois.zip").write_bytes(content)
    with pytest.raises(AnnotationError, match=r"x_rois\.zip"):
        imagej.read(folder / "x_rois.zip", FolderImages(folder))
    packed(folder / "a.zip", roi())
    found = imagej.read(folder, FolderImages(folder))
    assert set(found.losses.by_kind()) == {"file-unreadable"}
    assert len(found.items) == 1


def test_a_zip_bomb_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annelid.formats.archive.FREE_BYTES", 1000)
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.roi", roi().tobytes() + b"\0" * 10**7)
    with pytest.raises(AnnotationError, match="100 times"):
        imagej.read(folder / "a.zip", FolderImages(folder))


def test_a_set_that_is_there_already_is_replaced(folder: Path) -> None:
    objects = Objects.from_boxes([[1, 1, 9, 9], [2, 2, 9, 9]], ["x", "x"])
    assert len(written(objects, folder)) == 2
    assert len(written(objects[:1], folder)) == 1


def test_coordinates_beyond_two_bytes_are_written_with_sub_pixels(tmp_path: Path) -> None:
    big = (100_000, 90_000)
    ring = np.array([[70_000, 80_000], [99_000, 80_000], [80_000, 89_999]], float)
    objects = Objects.from_shapes([((ring,),), ((geometry.box_ring(65_000, 10, 99_000, 20),),)], ["x", "x"])
    objects = objects.replace(kinds=[Kind.POLYGON, Kind.BOX])
    item = LabeledImage(View(ImageRef("1", ("a.png",), big)), objects, whole_image(big), state="reviewed")
    imagej.write(Dataset(("x",), (item,)), tmp_path, {"1": "a.png"})
    first, second = roiread(tmp_path / "a_rois.zip")  # type: ignore[misc]
    assert np.array(first.coordinates()).tolist() == ring.tolist()
    assert (second.xd, second.widthd) == (65_000, 34_000)


def test_names_in_a_zip_are_safe_and_differ(folder: Path) -> None:
    extra = [{"imagej": {"name": name}} for name in ("../a", "b", "B", "b", "con:x", "")]
    objects = Objects.from_boxes([[1, 1, 9, 9]] * 6, ["x"] * 6, extra=extra)
    written(objects, folder)
    with zipfile.ZipFile(folder / "a_rois.zip") as archive:
        names = archive.namelist()
    assert names == ["__a.roi", "b.roi", "B-1.roi", "b-2.roi", "con_x.roi", "x-0006.roi"]
    assert [e.get("imagej", {}).get("name", "") for e in again(objects, folder).extra][:5] == [
        "../a",
        "b",
        "B",
        "b",
        "con:x",
    ]


def test_a_piece_on_a_hole_is_a_part_of_its_own() -> None:
    boxes = [(20, 20, 30, 30), (0, 0, 50, 50), (10, 10, 40, 40), (22, 22, 24, 24), (60, 0, 70, 9)]
    parts = parts_of_rings([geometry.box_ring(*box) for box in boxes])
    assert [[tuple(ring[0]) for ring in part] for part in parts] == [
        [(20, 20), (22, 22)],
        [(0, 0), (10, 10)],
        [(60, 0)],
    ]


@given(dataset=datasets(attributes=True))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_all_columns_come_back_and_roifile_reads_every_roi(
    tmp_path_factory: pytest.TempPathFactory, dataset: Dataset
) -> None:
    folder = tmp_path_factory.mktemp("imagej")
    imagej.write(dataset, folder, {item.id: item.image.path for item in dataset.items})
    for item in dataset.items:
        Image.new("L", item.size_wh).save(folder / Path(item.image.path).name)
        file = (folder / item.image.path).with_name(f"{item.image.stem}_rois.zip")
        rois = roiread(file)
        assert isinstance(rois, list)
        assert len(rois) == len(item.objects)
        back = imagej.read(file, FolderImages(folder)).items[0].objects
        for name in ("ids", "labels", "authors", "origins", "parents", "kinds", "ignore", "extra"):
            assert getattr(back, name).tolist() == getattr(item.objects, name).tolist(), name
        assert np.allclose(back.coords, item.objects.coords, rtol=0, atol=1e-5)
        assert np.array_equal(back.scores, item.objects.scores, equal_nan=True)


REAL = "formats/imagej_roi/test/data"


@pytest.mark.shared_data
def test_real_rois_say_what_their_other_reader_says(shared_data: Path, tmp_path: Path) -> None:
    Image.new("L", (300, 300)).save(tmp_path / "x.png")
    for file in sorted((shared_data / REAL).glob("*.roi")):
        if file.stem.startswith(("line", "polyline", "freeline")):
            with pytest.raises(AnnotationError, match="covers no area"):
                imagej.read(file, FolderImages(tmp_path))
            continue
        objects = objects_of(imagej.read(file, FolderImages(tmp_path)))
        said = json.loads(file.with_suffix(".json").read_text())[file.stem]
        if file.stem.endswith(("-left", "-top")):  # reach out of the image and were cut
            continue
        if said["type"] == "composite":
            area = shapely.Polygon()
            for path in said["paths"]:
                area = area.symmetric_difference(shapely.Polygon(path))
            assert objects.areas.sum() == pytest.approx(area.area, rel=1e-6), file.name
        elif said["type"] in ("oval", "rectangle"):
            box = (said["left"], said["top"], said["left"] + said["width"], said["top"] + said["height"])
            x, y, rx, ry, _ = objects.params[0]
            found = (x - rx, y - ry, x + rx, y + ry) if said["type"] == "oval" else objects.boxes_xyxy[0]
            assert tuple(found) == box, file.name
        elif "ex1" in said:
            assert objects.params[0, 3] / objects.params[0, 2] == pytest.approx(said["aspect_ratio"])
        else:
            moved = 0.5 if said["type"] == "point" else 0
            assert objects.coords.tolist() == (np.stack([said["x"], said["y"]], 1) + moved).tolist(), file.name


@pytest.mark.shared_data
def test_real_rois_come_back_exactly_from_ours(shared_data: Path, tmp_path: Path) -> None:
    Image.new("L", (300, 300)).save(tmp_path / "x.png")
    found = imagej.read(shared_data / REAL, FolderImages(tmp_path))
    assert len(objects_of(found)) == 32
    assert {loss.kind for loss in found.losses} == {"line", "clipped", "image-assumed"}
    item = replace(found.items[0], view=View(replace(found.items[0].image, id="1")))
    imagej.write(Dataset(found.classes, (item,)), tmp_path, {"1": "x.png"})
    back = objects_of(imagej.read(tmp_path, FolderImages(tmp_path)))
    assert back.extra.tolist() == item.objects.extra.tolist()
    assert np.allclose(back.coords, item.objects.coords, rtol=0, atol=1e-5)
    assert np.allclose(back.params, item.objects.params, rtol=0, atol=1e-5, equal_nan=True)


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "count"), [("measure_shapes_rois", 3), ("measure_intensities_imagej_rois", 6)])
def test_real_zips_are_read(shared_data: Path, tmp_path: Path, name: str, count: int) -> None:
    Image.new("L", (512, 512)).save(tmp_path / "x.png")
    file = shared_data / "microscopy/neubias/figures/resources" / f"{name}.zip"
    found = imagej.read(file, FolderImages(tmp_path))
    assert len(objects_of(found)) == count
