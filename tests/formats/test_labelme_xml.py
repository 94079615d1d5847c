"""The XML files of the old LabelMe web tool."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.contracts import own_files as own

from annelid import formats
from annelid.errors import AnnotationError
from annelid.formats import labelme, voc
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.objects import Kind
from annelid.project import Project

CORNERS = ((10, 5), (40, 5), (40, 30), (10, 30))


def pts(*points: tuple[object, object]) -> str:
    inside = "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in points)
    return f"<polygon><username>ann</username>{inside}</polygon>"


def thing(inside: str = "", name: str = "cell", number: int = 0, part_of: object = "", has: str = "") -> str:
    parts = f"<parts><hasparts>{has}</hasparts><ispartof>{part_of}</ispartof></parts>"
    head = f"<name>{name}</name><deleted>0</deleted><verified>0</verified><occluded>no</occluded>{parts}"
    return f"<object>{head}<id>{number}</id>{inside or pts(*CORNERS)}</object>"


def segm(mask: str) -> str:
    box = "<box><xmin>10</xmin><ymin>5</ymin><xmax>40</xmax><ymax>30</ymax></box>"
    return f"<segm><username>ann</username>{box}<mask>{mask}</mask></segm>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own.picture(tmp_path, "Images/sub/a.png")


def read(folder: Path, *objects: str, classes: tuple[str, ...] = ()) -> Annotations:
    file = folder / "Annotations/sub/a.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    head = "<filename>a.png</filename><folder>sub</folder><source><sourceAnnotation>x</sourceAnnotation></source>"
    size = "<imagesize><nrows>50</nrows><ncols>100</ncols></imagesize>"
    file.write_text(f"<annotation>{head}{''.join(objects)}{size}</annotation>", encoding="utf-8")
    return labelme.read(folder, FolderImages(folder), classes)


def test_polygons_boxes_and_points_are_read_and_the_image_is_reviewed(folder: Path) -> None:
    box = f"<type>bounding_box</type>{pts(*CORNERS)}"
    found = read(folder, thing(pts((1, 1), (9, 1), (5, 9))), thing(box, number=1), thing(pts((3, 4)), number=2))
    item = found.items[0]
    assert (item.image.name, item.is_complete, item.state) == ("a.png", True, "reviewed")
    assert item.objects.kinds.tolist() == [Kind.POLYGON, Kind.BOX, Kind.POINT]
    assert item.objects.shape(0)[0][0].tolist() == own.TRIANGLE.tolist()
    assert item.objects.boxes_xyxy[1].tolist() == [10, 5, 40, 30]
    assert item.objects.extra[0]["labelmexml"] == {"username": "ann"}
    assert item.objects.extra[0]["labelmexml_file"]["folder"] == "sub"
    assert not list(found.losses)


def test_a_mask_is_what_is_not_transparent(folder: Path) -> None:
    pixels = np.zeros((50, 100, 4), np.uint8)
    pixels[5:30, 10:40] = (0, 0, 153, 20)
    pixels[9, 20] = 0
    (folder / "Masks/sub").mkdir(parents=True)
    Image.fromarray(pixels).save(folder / "Masks/sub/a_mask_0.png")
    objects = read(folder, thing(segm("a_mask_0.png"))).items[0].objects
    assert objects.kinds.tolist() == [Kind.MASK]
    assert (objects.label_image((100, 50)) == (pixels[..., 3] > 0)).all()


def test_a_mask_that_is_not_there_leaves_its_box_and_is_said(folder: Path) -> None:
    found = read(folder, thing(segm("../../etc/passwd")))
    assert found.items[0].objects.boxes_xyxy.tolist() == [[10, 5, 40, 30]]
    assert [(loss.kind, loss.place) for loss in found.losses] == [("mask-missing", "line 1, object[0].segm.mask")]


def test_parts_know_their_whole_however_it_is_said(folder: Path) -> None:
    found = read(folder, thing(number=2, has="3,9"), thing(number=3), thing(number=4, part_of=2), thing(number=5))
    objects = found.items[0].objects
    assert dict(zip(objects.ids, objects.parents, strict=True)) == {"2": "", "3": "2", "4": "2", "5": ""}


@pytest.mark.parametrize(
    ("bad", "kind", "place"),
    [
        (thing().replace("<deleted>0", "<deleted>1"), "deleted", "object[1]"),
        (thing(pts((1, 1), (5, 5))), "line", "object[1].polygon"),
        (thing(pts(("x", 1), (5, 5), (9, 9))), "outline-invalid", "object[1].polygon"),
        (thing("<type>bounding_box</type>" + pts((1, 1), (1, 5))), "box-invalid", "object[1]"),
        (thing(name=" "), "label-missing", "object[1].name"),
        (thing("<nothing/>"), "no-outline", "object[1]"),
        (thing(segm("small.png")), "size-mismatch", "object[1].segm.mask"),
        (thing(segm("broken.png")), "mask-invalid", "object[1].segm.mask"),
        (thing(segm("empty.png")), "empty-object", "object[1].segm.mask"),
        (thing(pts((200, 1), (210, 1), (205, 9))), "outside-image", "object[1]"),
    ],
)
def test_what_is_no_object_is_a_loss_with_its_place(folder: Path, bad: str, kind: str, place: str) -> None:
    masks = folder / "Masks/sub"
    masks.mkdir(parents=True)
    Image.new("L", (10, 10), 1).save(masks / "small.png")
    Image.new("L", (100, 50)).save(masks / "empty.png")
    (masks / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    found = read(folder, thing(), bad)
    assert len(found.items[0].objects) == 1
    assert [(loss.kind, loss.place) for loss in found.losses] == [(kind, f"line 1, {place}")]


def test_it_is_told_from_pascal_voc_by_its_content(folder: Path) -> None:
    read(folder, thing())
    assert formats.sniff(folder) is labelme
    assert not voc.sniff(folder / "Annotations/sub/a.xml")
    with pytest.raises(AnnotationError, match="LabelMe web tool"):
        voc.read(folder / "Annotations/sub/a.xml", FolderImages(folder))


def test_a_broken_file_is_an_error_alone_and_a_loss_among_others(folder: Path) -> None:
    read(folder, thing())
    bad = folder / "Annotations/sub/b.xml"
    bad.write_text("<annotation><imagesize>")
    found = labelme.read(folder, FolderImages(folder))
    assert (len(found.items), set(found.losses.by_kind())) == (1, {"file-unreadable"})


@pytest.mark.shared_data
def test_real_files_are_read(shared_data: Path) -> None:
    folder = shared_data / "formats/datumaro/labelme_dataset"
    assert formats.sniff(folder) is labelme
    found = labelme.read(folder, FolderImages(folder))
    objects = found.items[0].objects
    names = ["window", "license plate", "o1", "q1", "b1", "m1", "hg"]
    kinds = [Kind.POLYGON, Kind.MASK, Kind.POLYGON, Kind.POLYGON, Kind.BOX, Kind.MASK, Kind.POLYGON]
    assert (objects.labels.tolist(), objects.kinds.tolist()) == (names, kinds)
    assert objects.areas[[1, 5]].tolist() == [10, 130]
    assert objects.parents.tolist() == ["", "", "", "2", "2", "", "5"]
    assert objects.extra[5]["labelmexml"]["attributes"] == "d"
    assert not list(found.losses)


@pytest.mark.shared_data
def test_masks_and_scribbles_are_no_images_of_a_project(shared_data: Path, tmp_path: Path) -> None:
    with Project.init(tmp_path / "project") as project:
        done = project.import_(shared_data / "formats/datumaro/labelme_dataset")
        assert (done.images_new, sum(done.objects.values())) == (1, 7)
