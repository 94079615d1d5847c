"""Pascal VOC files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.contracts import own_files as own

from annelid.errors import AnnotationError
from annelid.formats import voc
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.objects import Kind, Objects

BOX = "<bndbox><xmin>10</xmin><ymin>5</ymin><xmax>40</xmax><ymax>30</ymax></bndbox>"


def thing(inside: str = BOX, name: str = "cell") -> str:
    return f"<object><name>{name}</name>{inside}</object>"


def box(x1: object, y1: object, x2: object, y2: object) -> str:
    return f"<bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox>"


def write_xml(file: Path, *objects: str, head: str = "", named: str = "a.png") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    extent = "<size><width>100</width><height>50</height><depth>3</depth></size>"
    body = f"<filename>{named}</filename>{extent}{head}{''.join(objects)}"
    file.write_text(f"<annotation>{body}</annotation>", encoding="utf-8")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own.picture(tmp_path)


def read(folder: Path, *objects: str, head: str = "", classes: tuple[str, ...] = ()) -> Annotations:
    return voc.read(write_xml(folder / "a.xml", *objects, head=head), FolderImages(folder), classes)


def test_a_box_is_read_by_its_edges_and_the_image_is_reviewed(folder: Path) -> None:
    item = read(folder, thing()).items[0]
    assert item.objects.boxes_xyxy.tolist() == [[10, 5, 40, 30]]
    assert item.objects.authors.tolist() == ["import:voc"]
    assert (item.state, item.is_complete, item.image.name) == ("reviewed", True, "a.png")


def test_files_of_the_pascal_challenges_count_pixels_from_one(folder: Path) -> None:
    source = "<source><database>The VOC2007 Database</database><annotation>PASCAL VOC2007</annotation></source>"
    found = read(folder, thing(box(1, 1, 100, 50)), head=source)
    assert found.items[0].objects.boxes_xyxy.tolist() == [[0, 0, 100, 50]]
    voc.write(own.dataset(found.items[0].objects), folder / "out", {"1": "a.png"})
    text = (folder / "out/Annotations/a.xml").read_text(encoding="utf-8")
    assert "<xmin>1</xmin>" in text
    again = voc.read(folder / "out", FolderImages(folder)).items[0].objects
    assert again == found.items[0].objects


def test_outlines_of_roboflow_labelme_and_rolabelimg_are_read(folder: Path) -> None:
    corners = "<x1>1</x1><y1>1</y1><x2>9</x2><y2>1</y2><x3>5</x3><y3>9</y3>"
    points = "".join(f"<point><x>{x}</x><y>{y}</y></point>" for x, y in own.TRIANGLE)
    turned = "<robndbox><cx>50</cx><cy>25</cy><w>20</w><h>10</h><angle>0.5</angle></robndbox>"
    shapes = [f"{BOX}<polygon>{corners}</polygon>", f"{BOX}<polygon>{points}</polygon>", turned]
    objects = read(folder, *map(thing, shapes)).items[0].objects
    assert objects.kinds.tolist() == [Kind.POLYGON, Kind.POLYGON, Kind.ROTATED_BOX]
    assert objects.shape(0)[0][0].tolist() == objects.shape(1)[0][0].tolist() == own.TRIANGLE.tolist()
    assert objects.params[2].tolist() == [50, 25, 20, 10, 0.5]


@pytest.mark.parametrize(
    ("bad", "kind", "place"),
    [
        (thing(box(5, 5, 5, 9)), "box-invalid", "object[1].bndbox"),
        (thing(box(5, 9, 8, 5)), "box-invalid", "object[1].bndbox"),
        (thing(box("a", 5, 9, 9)), "outline-invalid", "object[1].bndbox.xmin"),
        (thing(box("nan", 5, 9, 9)), "outline-invalid", "object[1].bndbox.xmin"),
        (thing(box("1e400", 5, 9, 9)), "outline-invalid", "object[1].bndbox.xmin"),
        (thing(box("-1e8", 5, 9, 9)), "outline-invalid", "object[1]"),
        (thing(box("-1e30", 5, 9, 9)), "outline-invalid", "object[1].bndbox.xmin"),
        (thing(box(200, 5, 210, 9)), "outside-image", "object[1]"),
        (thing(""), "no-outline", "object[1]"),
        (thing(name=" "), "label-missing", "object[1].name"),
        (thing("<polygon><x1>3</x1><y1>3</y1></polygon>"), "outline-invalid", "object[1].polygon"),
    ],
)
def test_a_bad_object_is_a_loss_with_its_place_and_the_others_stay(
    folder: Path, bad: str, kind: str, place: str
) -> None:
    found = read(folder, thing(), bad)
    assert len(found.items[0].objects) == 1
    assert [(loss.kind, loss.place) for loss in found.losses] == [(kind, f"line 1, {place}")]


def test_a_box_over_the_edge_is_cut_and_that_is_said(folder: Path) -> None:
    found = read(folder, thing(box(90, 40, 110, 60)))
    assert found.items[0].objects.boxes_xyxy.tolist() == [[90, 40, 100, 50]]
    assert set(found.losses.by_kind()) == {"clipped"}


def test_foreign_elements_come_back_equal(folder: Path) -> None:
    part = "<part><name>head</name><bndbox><xmin>1.5</xmin></bndbox></part>"
    inside = f"<pose>Left</pose><truncated>1</truncated><difficult>1</difficult><occluded>1</occluded>{part}{part}{BOX}"
    source = "<source><database>D &amp; E</database></source>"
    head = f"<folder>f</folder><path>/x/a.png</path>{source}<segmented>1</segmented>"
    first = read(folder, thing(inside + "<actions><running>1</running></actions>"), head=head).items[0].objects
    extra = first.extra[0]
    assert (extra["voc"]["pose"], extra["voc"]["truncated"], extra["voc"]["difficult"]) == ("Left", "1", "1")
    assert [entry["name"] for entry in extra["voc"]["part"]] == ["head", "head"]
    assert extra["voc_file"]["source"] == {"database": "D & E"}
    again, losses = own.round_trip(voc, first, folder / "out")
    assert again.extra[0] == extra
    assert not losses


def test_everything_comes_back_from_our_own_files(tmp_path: Path) -> None:
    objects = own.every_column()
    kept = objects[objects.kinds != Kind.POINT]
    again, losses = own.round_trip(voc, objects, tmp_path)
    assert losses == {"rasterised", "overlap", "box-only", "score", "point", "ellipse-as-polygon"}
    own.check_same(kept, own.without(again, "voc_file"))


def test_an_ignored_object_is_difficult_to_others_and_nothing_but_ignored_to_us(tmp_path: Path) -> None:
    again, losses = own.round_trip(voc, Objects.from_boxes([[1, 1, 9, 9]], ["cell"], ignore=True), tmp_path)
    assert "<difficult>1</difficult>" in (tmp_path / "Annotations/a.xml").read_text(encoding="utf-8")
    assert (again.ignore.tolist(), "voc" in again.extra[0], losses) == ([True], False, set())


def test_a_box_that_was_edited_elsewhere_is_believed(tmp_path: Path) -> None:
    mask = Objects.from_label_image(np.eye(9, dtype=np.uint8), "cell")
    own.round_trip(voc, mask, tmp_path)
    file = tmp_path / "Annotations/a.xml"
    file.write_text(file.read_text(encoding="utf-8").replace("<xmax>9</xmax>", "<xmax>12</xmax>"), encoding="utf-8")
    again = voc.read(tmp_path, FolderImages(tmp_path)).items[0].objects
    assert (again.kinds.tolist(), again.boxes_xyxy.tolist()) == ([Kind.BOX], [[0, 0, 12, 9]])
    assert again.ids.tolist() == mask.ids.tolist()


def test_lists_of_images_are_the_parts_and_lists_of_classes_are_not(tmp_path: Path) -> None:
    for name in ("a", "b c", "d"):
        own.picture(tmp_path, f"JPEGImages/{name}.png")
        write_xml(tmp_path / f"Annotations/{name}.xml", thing(), named=f"{name}.png")
    lists = tmp_path / "ImageSets/Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text('# those to train with\na  1\n"b c" 1\n')
    (lists / "val.txt").write_text("d\n")
    (lists / "cell_test.txt").write_text("a -1\n")
    found = voc.read(tmp_path, FolderImages(tmp_path))
    parts = {Path(path).stem: part for path, part in found.parts.items()}
    assert parts == {"a": "train", "b c": "train", "d": "val"}


def test_parts_in_the_names_are_written_as_lists_and_read_again(tmp_path: Path) -> None:
    one = own.dataset(Objects.from_boxes([[1, 1, 9, 9]], ["cell"])).items[0]
    voc.write(own.dataset(one.objects), tmp_path, {"1": "val/a b.png"})
    own.picture(tmp_path, "images/val/a b.png")
    found = voc.read(tmp_path, FolderImages(tmp_path))
    assert list(found.parts.values()) == ["val"]
    assert (tmp_path / "ImageSets/Main/val.txt").read_text() == '"val/a b"\n'


def test_each_of_several_data_sets_in_a_folder_has_its_own_images(tmp_path: Path) -> None:
    for name in ("first", "second"):
        own.picture(tmp_path / name / "JPEGImages")
        write_xml(tmp_path / name / "Annotations" / "a.xml", thing(name=name))
    found = voc.read(tmp_path, FolderImages(tmp_path))
    assert [(Path(i.image.path).parts[-3], *i.objects.labels) for i in found.items] == [
        ("first", "first"),
        ("second", "second"),
    ]
    assert list(found.losses) == []


def test_the_folder_of_the_images_is_no_folder_of_the_annotations(tmp_path: Path) -> None:
    voc.write(own.dataset(Objects.from_boxes([[1, 1, 9, 9]], ["cell"])), tmp_path, {"1": "JPEGImages/a.png"})
    assert (tmp_path / "Annotations/a.xml").is_file()
    assert (tmp_path / "ImageSets/Main/trainval.txt").read_text() == "a\n"


def test_misspelt_classes_are_kept(folder: Path) -> None:
    assert read(folder, thing(), thing(name="cel")).classes == ("cell", "cel")


@pytest.mark.parametrize("content", ["<annotations/>", "<annotation>", "", "<annotation><imagesize/></annotation>"])
def test_a_file_that_is_not_voc_is_an_error_alone_and_a_loss_among_others(folder: Path, content: str) -> None:
    (folder / "bad.xml").write_text(content)
    for source in (folder / "bad.xml", folder):
        with pytest.raises(AnnotationError, match=r"bad\.xml"):
            voc.read(source, FolderImages(folder))
    write_xml(folder / "a.xml", thing())
    found = voc.read(folder, FolderImages(folder))
    assert (set(found.losses.by_kind()), len(found.items)) == ({"file-unreadable"}, 1)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("source", "images", "objects", "parts"),
    [
        ("detection/bccd_voc", 120, 1870, {"train": 69, "val": 23, "test": 28}),
        ("formats/datumaro/voc_dataset/voc_dataset1", 1, 3, {"train": 1}),
        ("formats/datumaro/voc_dataset/voc_dataset3", 1, 1, {"train": 1}),
        ("formats/datumaro/roboflow_dataset/voc", 3, 4, {"train": 2, "val": 1}),
    ],
)
def test_real_files_are_read_and_come_back(
    shared_data: Path, tmp_path: Path, source: str, images: int, objects: int, parts: dict[str, int]
) -> None:
    found = voc.read(shared_data / source, FolderImages(shared_data / source))
    assert (len(found.items), sum(len(item.objects) for item in found.items)) == (images, objects)
    counts = list(found.parts.values())
    assert {part: counts.count(part) for part in set(counts)} == parts
    own.check_real_files_come_back(voc, shared_data / source, found, tmp_path)
