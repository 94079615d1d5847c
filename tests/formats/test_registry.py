"""Every format of the registry: the contract, names, and telling them apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from tests.contracts import format as contract
from tests.strategies import CLASSES, datasets

from annelid import formats
from annelid.dataset import Dataset
from annelid.errors import AnnotationError, UsageError
from annelid.formats.images import FolderImages
from annelid.image import View
from annelid.objects import Kind

TOLERANCE_PX = {"imagej": 1e-5, "yolo": 1e-4, "labelstudio": 1e-6, "cvat": 1e-6, "voc": 1e-6, "via": 1e-6}
LOSSLESS = {
    "coco": (Kind.BOX, Kind.MASK),
    "geojson": tuple(kind for kind in Kind if kind != Kind.ELLIPSE),
    "labelme": (Kind.BOX, Kind.MASK, Kind.POINT, Kind.ROTATED_BOX),
    "imagej": (Kind.MASK, Kind.POINT),
    "darwin": (Kind.BOX, Kind.POLYGON, Kind.POINT, Kind.ELLIPSE),
}

WITHOUT_PLANES = ("yolo", "labelmask", "maskfolder")
"""Formats that have no place for the plane of a stack."""
WITH_PLANES = [name for name in formats.FORMATS if name not in WITHOUT_PLANES]

_RECTANGLE = {
    "type": "rectanglelabels",
    "original_width": 100,
    "original_height": 50,
    "to_name": "image",
    "from_name": "label",
    "value": {"x": 10, "y": 10, "width": 30, "height": 50, "rotation": 0, "rectanglelabels": ["cell"]},
}

every_format = pytest.mark.parametrize("name", list(formats.FORMATS))
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@every_format
@given(dataset=datasets())
@quick
def test_what_a_format_writes_it_reads_and_what_it_changes_it_reports(name: str, dataset: Dataset) -> None:
    contract.check_what_comes_back(formats.get(name), dataset, TOLERANCE_PX.get(name, 0))


@every_format
@given(dataset=datasets())
@quick
def test_unknown_classes_are_reported(name: str, dataset: Dataset) -> None:
    contract.check_unknown_classes_are_reported(formats.get(name), dataset)


@pytest.mark.parametrize("name", list(LOSSLESS))
def test_what_a_format_can_say_comes_back_exactly(name: str) -> None:
    @given(dataset=datasets(LOSSLESS[name], CLASSES))
    @quick
    def check(dataset: Dataset) -> None:
        contract.check_lossless(formats.get(name), dataset, 0)

    check()


@pytest.mark.parametrize("name", WITH_PLANES)
@pytest.mark.parametrize("view", contract.PLANES, ids=lambda view: view.suffix)
def test_planes_of_one_image_are_kept_apart(name: str, view: View) -> None:
    contract.check_planes_are_kept_apart(formats.get(name), view)


@pytest.mark.parametrize("name", WITHOUT_PLANES)
def test_planes_that_cannot_be_kept_apart_are_refused(name: str) -> None:
    contract.check_several_planes_are_refused(formats.get(name), contract.PLANES[0])


@pytest.mark.parametrize("name", [*WITH_PLANES, *WITHOUT_PLANES])
@pytest.mark.parametrize("view", contract.PLANES, ids=lambda view: view.suffix)
def test_which_plane_is_annotated_comes_back_or_is_a_loss(name: str, view: View) -> None:
    contract.check_a_plane_comes_back_or_is_a_loss(formats.get(name), view)


@every_format
def test_an_empty_folder_is_refused(name: str, tmp_path: Path) -> None:
    contract.check_empty_folder_is_refused(formats.get(name), tmp_path)


@every_format
def test_foreign_files_are_not_recognised(name: str, tmp_path: Path) -> None:
    contract.check_foreign_files_are_not_recognised(formats.get(name), tmp_path)


@every_format
def test_a_format_has_its_own_name(name: str) -> None:
    assert name == formats.get(name).NAME


@pytest.mark.parametrize("name", ["anylabeling", "X-AnyLabeling", "LabelMe", " labelme "])
def test_people_find_a_format_by_other_names_too(name: str) -> None:
    assert formats.get(name).NAME == "labelme"


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"labelme.*coco.*yolo"):
        formats.get("dota")


def test_a_folder_without_annotations_lists_the_known_formats(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("hello")
    with pytest.raises(AnnotationError, match=r"labelme.*coco.*yolo"):
        formats.sniff(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.json", b"", "an empty file"),
        ("a.md", b"# Hello", "a file beginning with '# Hello'"),
        ("deep/a.md", b"", "only other files (1 .md)"),
        ("deep", None, "an empty folder"),
    ],
)
def test_what_is_there_instead_of_annotations_is_said(
    tmp_path: Path, name: str, content: bytes | None, found: str
) -> None:
    file = tmp_path / name
    (file if content is None else file.parent).mkdir(parents=True, exist_ok=True)
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(AnnotationError) as caught:
        formats.sniff(tmp_path / Path(name).parts[0])
    assert caught.value.found == found


def test_two_formats_in_one_folder_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "coco.json").write_text('{"images": [{"id": 1, "file_name": "a"}], "annotations": []}')
    (tmp_path / "a.json").write_text('{"shapes": [], "imagePath": "a.png"}')
    with pytest.raises(AnnotationError, match="labelme and coco"):
        formats.sniff(tmp_path)


@every_format
def test_a_format_is_itself_where_the_words_of_another_ride_along(name: str, tmp_path: Path) -> None:
    task = {
        "id": 1,
        "file_upload": "a.png",
        "total_annotations": 1,
        "data": {"image": "a.png"},
        "annotations": [{"id": 2, "was_cancelled": False, "result": [dict(_RECTANGLE)]}],
    }
    (tmp_path / "task.json").write_bytes(orjson.dumps([task]))
    read = formats.get("labelstudio").read(tmp_path / "task.json", FolderImages(tmp_path))
    item = read.items[0]
    item = replace(item, view=replace(item.view, image=replace(item.image, id="1")))
    out = tmp_path / "out"
    out.mkdir()
    formats.get(name).write(Dataset(read.classes, (item,)), out, {"1": "a.png"})
    assert name == formats.sniff(out).NAME


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("detection/rbc_coco", "coco"),
        ("detection/stomata_yolo_obb", "yolo"),
        ("formats/galaxy_anylabeling/in_json.json", "labelme"),
        ("formats/galaxy_anylabeling/in_json_noext", "labelme"),
        ("formats/labelme/instance_segmentation/data_dataset_coco", "coco"),
        ("formats/xanylabeling/assets/annotations/coco_detection.json", "coco"),
        ("formats/qupath", "geojson"),
        ("formats/qupath_lmd", "geojson"),
        ("formats/galaxy_points", "geojson"),
        ("formats/imagej_roi", "imagej"),
        ("microscopy/neubias/figures/resources/measure_shapes_rois.zip", "imagej"),
        ("segmentation/celldetective", "celldetective"),
        ("formats/datumaro/labelme_dataset", "labelme"),
        ("formats/datumaro/voc_dataset/voc_dataset1", "voc"),
        ("segmentation/omnipose", "labelmask"),
        ("segmentation/nuinsseg", "labelmask"),
        ("metrics/coco_known/dataset/cocoapi/instances_val2014_100.json", "coco"),
    ],
)
def test_real_files_are_told_apart(shared_data: Path, path: str, name: str) -> None:
    assert name == formats.sniff(shared_data / path).NAME
