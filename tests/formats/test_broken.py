"""Files that were once misread, or ended in a traceback: each of them found by spoiling others (see tests/fuzzing)."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from roifile import ROI_SUBTYPE, ROI_TYPE, ImagejRoi
from tests.contracts import own_files as own
from tests.fuzzing.foreign import picture

from annelid import formats, geometry
from annelid.convert import convert
from annelid.errors import AnnelidError, AnnotationError
from annelid.formats.archive import opened
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.objects import Kind

SQUARE = [[1, 1], [9, 1], [9, 9]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own.picture(tmp_path)


def read(name: str, folder: Path, **files: Any) -> Annotations:
    """What is read of files whose names are given with ``__`` for a point and ``___`` for a slash."""
    for key, value in files.items():
        file = folder / key.replace("___", "/").replace("__", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return formats.get(name).read(folder, FolderImages(folder))


def losses(found: Annotations) -> list[tuple[str, str]]:
    return [(loss.kind, loss.place) for loss in found.losses]


def count(found: Annotations) -> int:
    return sum(len(item.objects) for item in found.items)


# --- masks and their tables -----------------------------------------------------------------------------------------


def test_a_png_whose_end_is_zeros_is_not_a_mask_with_less_in_it(folder: Path) -> None:
    mask = picture(np.random.default_rng(0).integers(0, 2, (50, 100), np.uint8) * np.uint8(255))
    whole = read("maskfolder", folder, x___images___x__png=(folder / "a.png").read_bytes(), x___masks___1__png=mask)
    assert count(whole) == 1
    found = read("maskfolder", folder, x___masks___1__png=mask[:400] + bytes(len(mask) - 400))
    assert (count(found), losses(found)) == (0, [("file-unreadable", "")])


def labelmask(folder: Path, table: bytes) -> Annotations:
    labels = np.zeros((50, 100), np.uint8)
    labels[5:9, 5:9], labels[20:30, 20:30] = 1, 2
    return read("labelmask", folder, masks___a__png=picture(labels), classes__csv=table)


def test_what_a_table_and_its_mask_do_not_agree_about_is_told(folder: Path) -> None:
    found = labelmask(folder, b"image,value,class,score\na.png,1,cell,\na.png,7,cell,\n")
    assert [(loss.kind, loss.count) for loss in found.losses] == [("object-missing", 1), ("class-missing", 1)]
    assert found.items[0].objects.labels.tolist() == ["cell", "object"]


@pytest.mark.parametrize(
    "table", [b"image,value,class,score\na.png\n", b"image,value,class,score\na.png,1," + b"x" * 200_000, b"\r\r\n"]
)
def test_a_table_that_is_none_is_refused(folder: Path, table: bytes) -> None:
    with pytest.raises(AnnotationError, match=r"classes\.csv: .*expected image,value,class,score, found \S"):
        labelmask(folder, table)


def test_a_mask_that_a_list_names_and_that_is_not_there_is_told(folder: Path) -> None:
    mask = picture(np.eye(50, 100, dtype=np.uint8))
    table = b"image,mask,class,score\nx.png,1.png,cell,\nx.png,2.png,cell,\n"
    images = {"x___images___x__png": (folder / "a.png").read_bytes(), "x___masks___1__png": mask}
    found = read("maskfolder", folder, **images, x___masks___3__png=mask, masks__csv=table)
    assert losses(found) == [("mask-missing", "line 3"), ("class-missing", "")]


# --- outlines -----------------------------------------------------------------------------------------------------


def test_parts_that_overlap_are_cut_at_the_edge_of_the_image(folder: Path) -> None:
    parts = [[[[1, 1], [-59, 1], [35, 9], [1, 1]]], [[[3, 1], [-9, 5], [35, 9], [3, 1]]]]
    feature = {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": parts}, "properties": {}}
    found = read("geojson", folder, a__geojson=[feature])
    assert losses(found) == [("clipped", "[0].geometry")]
    both = [geometry.clip_shape(((np.array(part[0][:-1], float),),), (0, 0, 100, 50)) for part in parts]
    union = geometry.shape_to_mask(both[0], (50, 100)) | geometry.shape_to_mask(both[1], (50, 100))
    np.testing.assert_array_equal(found.items[0].objects.mask(0, (100, 50))[0].sum(), union.sum())


def test_a_polygon_of_two_points_is_none(folder: Path) -> None:
    features = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}}
        for ring in ([[1, 1], [20, 1], [1, 1]], SQUARE)
    ]
    found = read("geojson", folder, a__geojson=features)
    assert (count(found), losses(found)) == (1, [("outline-invalid", "[0].geometry.coordinates[0]")])


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ({"segmentation": {"size": [100, 50], "counts": [0, 10, 4990]}}, "size-mismatch"),
        ({"segmentation": [[1, 1, 1e308, 1, 5, -1e308]]}, "outline-invalid"),
        ({"bbox": [1, 1, 1e308, 5]}, "box-invalid"),
    ],
)
def test_coco_masks_for_another_size_and_coordinates_beyond_any_image(
    folder: Path, annotation: dict[str, Any], kind: str
) -> None:
    value = {
        "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": 1, **a} for n, a in enumerate((annotation, {"bbox": [1, 1, 5, 5]}))
        ],
    }
    found = read("coco", folder, c__json=value)
    assert (count(found), [kind for kind, _ in losses(found)]) == (1, [kind])


def test_two_categories_of_one_name_are_told(folder: Path) -> None:
    categories = [{"id": 1, "name": "cell"}, {"id": 2, "name": "cell"}]
    images = [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}]
    found = read("coco", folder, c__json={"images": images, "categories": categories, "annotations": []})
    assert losses(found) == [("class-twice", "categories[1]")]


# --- what stands in the place of something else ---------------------------------------------------------------------


@pytest.mark.parametrize("shape", [{"shape_type": ["polygon"]}, {"points": [[1, 1], [1e300, 1], [5, 5]]}])
def test_a_labelme_shape_of_a_strange_type_or_place_is_left_out(folder: Path, shape: dict[str, Any]) -> None:
    good = {"label": "a", "points": SQUARE, "shape_type": "polygon"}
    value = {"shapes": [{**good, **shape}, good], "imagePath": "a.png", "imageWidth": 0.5, "imageHeight": 0.5}
    found = read("labelme", folder, a__json=value)
    assert count(found) == 1
    assert [place[:9] for _, place in losses(found)] == ["shapes[0]"]


def test_what_is_kept_for_annelid_may_be_nonsense(folder: Path) -> None:
    own.picture(folder, "b.png")
    formats.get("labelme").write(own.dataset(own.every_column()), folder, {"1": "a.png"})
    value = json.loads((folder / "a.json").read_text())
    for shape in value["shapes"]:
        if "exact" in shape["annelid"]:
            shape["annelid"]["exact"]["shape"] = [[[1, [2]]]]
    assert count(read("labelme", folder, a__json=value)) == len(own.every_column())


def test_a_via_region_of_no_image_and_regions_that_are_none_are_told(folder: Path) -> None:
    three = {
        "project": {"pid": "x"},
        "file": {"1": {"fname": "a.png"}},
        "view": {"1": {"fid_list": ["1"]}},
        "metadata": {"1_a": {"vid": "7", "xy": [2, 1, 1, 5, 5], "av": {}}},
    }
    assert ("image-invalid", "metadata.1_a") in losses(read("via", folder, v__json=three))
    two = {"a.png9": {"filename": "a.png", "size": 9, "regions": "none", "file_attributes": {}}}
    assert ("shape-invalid", "a.png9.regions") in losses(read("via", folder, v__json=two))


def test_label_studio_results_and_annotations_that_are_none_are_told(folder: Path) -> None:
    size = {"original_width": 100, "original_height": 50, "from_name": "label", "to_name": "image"}
    box = {"type": "rectanglelabels", "value": {"x": 1, "y": 1, "width": 5, "height": 5, "rectanglelabels": ["a"]}}
    task = {"data": {"image": "a.png"}, "annotations": [{"result": [5, {**size, **box}]}, 7]}
    kinds = {"annotations[1]": "annotation-invalid", "annotations.result[0]": "image-field"}
    found = read("labelstudio", folder, p__json=[task])
    assert set(losses(found)) == {(kind, f"[0].{place}") for place, kind in kinds.items()}


@pytest.mark.parametrize("name", ["via", "darwin", "labelstudio", "cvat"])
def test_a_broken_file_beside_whole_ones_is_told(name: str, folder: Path) -> None:
    formats.get(name).write(own.dataset(own.every_column()), folder, {"1": "a.png"})
    found = read(name, folder, broken__json=b'{"version"', broken__xml=b"<annotations")
    told = [loss.file for loss in found.losses if loss.kind == "file-unreadable"]
    assert len(told) == (2 if name == "cvat" else 1)


# --- text, paths, archives --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", ["nan", "inf", "1e400", "-1", "0.5"])
def test_a_yolo_class_that_is_no_number_is_refused_with_its_line(folder: Path, index: str) -> None:
    with pytest.raises(AnnotationError, match=r"a\.txt: line 2: expected a class index"):
        read("yolo", folder, a__txt=f"0 .5 .5 .2 .2\n{index} .5 .5 .2 .2\n".encode())


@pytest.mark.parametrize(
    "text", ["names: [" + "[" * 1000, "names: [[a]]", "names: {0: {a: b}}", "names: {²: a}", "nc: -1\nnames: 5"]
)
def test_class_names_that_are_none_are_refused(folder: Path, text: str) -> None:
    with pytest.raises(AnnotationError, match=r"data\.yaml"):
        formats.get("yolo").read(_written(folder / "data.yaml", text), FolderImages(folder))


def _written(file: Path, text: str) -> Path:
    file.write_text(f"{text}\ntrain: .\n", encoding="utf-8")
    return file


def test_parts_may_be_called_what_no_drive_takes(folder: Path) -> None:
    text = f"names: [a]\ntrain: {'x' * 5000}\nval: /dev/zero\n".encode()
    found = read("yolo", folder, data__yaml=text, a__txt=b"0 .5 .5 .2 .2\n")
    assert [loss for loss in losses(found) if loss[0] == "part-missing"] == [
        ("part-missing", "train"),
        ("part-missing", "val"),
    ]


def test_a_name_that_no_drive_takes_is_written_as_one_that_it_does(folder: Path) -> None:
    shapes = [{"label": "a", "points": SQUARE, "shape_type": "polygon"}]
    value = {"shapes": shapes, "imagePath": "x\0y.png", "imageWidth": 9, "imageHeight": 9}
    read("labelme", folder, z__json=value)
    assert convert(folder / "z.json", folder / "out", "voc").objects == 1
    assert [path.name for path in (folder / "out" / "Annotations").iterdir()] == ["x_y.xml"]


@pytest.mark.skipif(os.name != "posix", reason="links")
@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_links_to_themselves_are_passed_by(name: str, folder: Path) -> None:
    formats.get(name).write(own.dataset(own.every_column()), folder, {"1": "a.png"})
    for link in ("loop.png", "loop_masks.tif", "loop.json", "loop.xml", "loop.txt", "loop.roi"):
        (folder / link).symlink_to(link)
    assert count(read(name, folder)) > 0


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_zip_is_an_error_however_it_was_packed(tmp_path: Path, method: int) -> None:
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("é.json", b"[1, 2, 3]" * 200)
    data = file.read_bytes()
    for at in range(0, len(data), 7):
        file.write_bytes(data[:at] + bytes([data[at] ^ 0xA5]) + data[at + 1 :])
        with suppress(AnnelidError), opened(file):
            pass


def test_the_axes_of_an_ellipse_that_do_not_fit_its_points_are_not_believed(folder: Path) -> None:
    roi = ImagejRoi.frompoints(geometry.ellipse_ring((50, 25), (9, 5), 0.25).astype(np.float32))
    roi.roitype, roi.subtype, roi.arrow_style_or_aspect_ratio = ROI_TYPE.FREEHAND, ROI_SUBTYPE.ELLIPSE, 0
    roi.x1, roi.y1, roi.x2, roi.y2 = 1e30, 0, 2e30, 0
    data = bytearray(roi.tobytes())
    data[52:56] = struct.pack(">f", 0.5)  # the ratio of the axes
    found = read("imagej", folder, a__roi=bytes(data))
    assert [kind for kind, _ in losses(found)] == ["axes-differ"]
    assert found.items[0].objects.kinds.tolist() == [Kind.POLYGON]


def test_a_cvat_label_of_two_names_is_called_by_the_first(folder: Path) -> None:
    label = "<label><name>a</name><name>b</name></label>"
    box = '<box label="a" xtl="1" ytl="1" xbr="5" ybr="5"/>'
    image = f'<image id="0" name="a.png" width="100" height="50">{box}</image>'
    text = f"<annotations><meta><task><labels>{label}</labels></task></meta>{image}</annotations>"
    assert read("cvat", folder, a__xml=text.encode()).classes == ("a",)
