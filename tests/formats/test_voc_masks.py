"""The masks of Pascal VOC: SegmentationObject and SegmentationClass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tests.contracts import own_files as own
from tests.formats.test_voc import box, thing, write_xml

from annelid import formats
from annelid.dataset import Dataset
from annelid.errors import AnnotationError
from annelid.formats import voc
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.formats.voc_colours import LabelMap, colours_of, numbers_of, read_labelmap
from annelid.objects import Kind, Objects

LEFT, RIGHT = (slice(5, 30), slice(10, 40)), (slice(10, 45), slice(60, 90))
BOXES = (box(10, 5, 40, 30), box(60, 10, 90, 45))
LABELMAP = "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncell:250,50,83::\nbud:51,221,255::\n"


def picture(left: Any, right: Any, channels: int = 0) -> NDArray[Any]:
    """A picture of two objects on background, whose values are given."""
    pixels = np.zeros((50, 100, channels) if channels else (50, 100), np.uint8)
    pixels[LEFT], pixels[RIGHT] = left, right
    return pixels


def save(folder: Path, kind: str, pixels: NDArray[Any], *, palette: bool = False) -> None:
    """Write a picture of the image ``a``, with the palette of the PASCAL challenges where it is asked for."""
    file = folder / f"Segmentation{kind}" / "a.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    if palette:
        image.putpalette(colours_of(np.arange(256)).ravel().tolist())
    image.save(file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    own.picture(tmp_path, "JPEGImages/a.png")
    (tmp_path / "labelmap.txt").write_text(LABELMAP, encoding="utf-8")
    return tmp_path


def read(folder: Path, *objects: str, head: str = "") -> Annotations:
    if objects:
        write_xml(folder / "Annotations/a.xml", *objects, head=head)
    return voc.read(folder, FolderImages(folder))


def objects_of(found: Annotations) -> Objects:
    assert [Path(item.image.path).parts[-2] for item in found.items] == ["JPEGImages"]
    return found.items[0].objects


def kinds_of_loss(found: Annotations) -> dict[str, int]:
    return {kind: sum(loss.count for loss in several) for kind, several in found.losses.by_kind().items()}


@pytest.mark.parametrize("swapped", [False, True])
def test_a_mask_outlines_the_object_of_its_class_whose_box_it_fills(folder: Path, *, swapped: bool) -> None:
    save(folder, "Object", picture(2, 1) if swapped else picture(1, 2), palette=True)
    save(folder, "Class", picture((250, 50, 83), (51, 221, 255), 3))
    inside = f"{BOXES[0]}<pose>Left</pose>"
    objects = objects_of(read(folder, thing(inside, "cell"), thing(BOXES[1], "bud")))
    assert objects.labels.tolist() == ["cell", "bud"]
    assert objects.kinds.tolist() == [Kind.MASK, Kind.MASK]
    assert objects.boxes_xyxy.tolist() == [[10, 5, 40, 30], [60, 10, 90, 45]]
    assert objects.extra[0]["voc"] == {"pose": "Left"}


def test_the_border_around_objects_is_said_and_their_boxes_ride_along(folder: Path) -> None:
    pixels = np.pad(picture(1, 2)[1:-1, 1:-1], 1)
    pixels[4:5, 10:40] = pixels[30:31, 10:40] = 255
    save(folder, "Object", pixels, palette=True)
    found = read(folder, thing(box(9, 4, 41, 31), "cell"), thing(BOXES[1], "bud"))
    objects = objects_of(found)
    assert kinds_of_loss(found) == {"void": 1}
    assert objects.boxes_xyxy[0].tolist() == [10, 5, 40, 30]
    assert objects.extra[0]["voc"]["bndbox"] == {"xmin": "9", "ymin": "4", "xmax": "41", "ymax": "31"}
    assert not objects.extra[1]
    again, losses = own.round_trip(voc, objects, folder / "out")
    assert again == objects
    assert not losses
    assert "<xmin>9</xmin>" in (folder / "out/Annotations/a.xml").read_text(encoding="utf-8")


def test_a_mask_without_a_box_and_a_box_without_a_mask_are_objects_and_said(folder: Path) -> None:
    save(folder, "Object", picture(1, 2), palette=True)
    save(folder, "Class", picture((250, 50, 83), (51, 221, 255), 3))
    found = read(folder, thing(BOXES[0], "cell"), thing(box(1, 1, 5, 5), "cell"))
    objects = objects_of(found)
    assert objects.labels.tolist() == ["cell", "cell", "bud"]
    assert objects.kinds.tolist() == [Kind.MASK, Kind.BOX, Kind.MASK]
    assert kinds_of_loss(found) == {"mask-missing": 0, "box-missing": 0}


def test_a_mask_of_another_class_is_another_object(folder: Path) -> None:
    save(folder, "Object", picture(1, 0), palette=True)
    save(folder, "Class", picture((51, 221, 255), 0, 3))
    assert objects_of(read(folder, thing(BOXES[0], "cell"))).labels.tolist() == ["cell", "bud"]


def test_an_outline_in_the_xml_file_is_finer_than_its_mask(folder: Path) -> None:
    save(folder, "Object", picture(1, 0), palette=True)
    corners = "<polygon><x1>10.5</x1><y1>5</y1><x2>40</x2><y2>5.5</y2><x3>40</x3><y3>30</y3></polygon>"
    objects = objects_of(read(folder, thing(BOXES[0] + corners, "cell")))
    assert objects.kinds.tolist() == [Kind.POLYGON]
    assert objects.coords[0].tolist() == [10.5, 5]


@pytest.mark.parametrize("kind", ["RGB", "palette", "grey"])
def test_masks_are_read_without_any_xml_as_cvat_exports_them(folder: Path, kind: str) -> None:
    save(folder, "Object", picture((128, 0, 0), (0, 128, 0), 3))
    if kind == "RGB":
        save(folder, "Class", picture((250, 50, 83), (51, 221, 255), 3))
    else:
        save(folder, "Class", picture(1, 2), palette=kind == "palette")
    (folder / "ImageSets/Segmentation").mkdir(parents=True)
    (folder / "ImageSets/Segmentation/val.txt").write_text("a\n")
    assert formats.sniff(folder) is voc
    found = read(folder)
    objects = objects_of(found)
    assert (found.classes, objects.labels.tolist()) == (("cell", "bud"), ["cell", "bud"])
    assert objects.boxes_xyxy.tolist() == [[10, 5, 40, 30], [60, 10, 90, 45]]
    assert list(found.parts.values()) == ["val"]
    assert not list(found.losses)


def test_classes_alone_give_an_object_for_each_area_and_that_is_said(folder: Path) -> None:
    save(folder, "Class", picture((250, 50, 83), (250, 50, 83), 3))
    found = read(folder)
    assert objects_of(found).labels.tolist() == ["cell", "cell"]
    assert kinds_of_loss(found) == {"semantic": 2}


def test_without_a_labelmap_classes_are_those_of_the_challenges_or_none(folder: Path) -> None:
    (folder / "labelmap.txt").unlink()
    save(folder, "Object", picture(1, 2), palette=True)
    save(folder, "Class", picture(8, 15), palette=True)
    assert objects_of(read(folder)).labels.tolist() == ["cat", "person"]
    found = read(folder, thing(BOXES[0], "nucleus"))
    assert objects_of(found).labels.tolist() == ["nucleus", "object"]
    assert kinds_of_loss(found) == {"box-missing": 0, "class-assumed": 1}


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"no picture", "masks-unreadable"), (b"\x89PNG\r\n\x1a\n", "masks-unreadable"), (None, "size-mismatch")],
)
def test_masks_that_cannot_be_read_leave_the_boxes_and_are_said(folder: Path, content: bytes | None, kind: str) -> None:
    save(folder, "Object", picture(1, 2)[:-1], palette=True)
    if content is not None:
        (folder / "SegmentationObject/a.png").write_bytes(content)
    found = read(folder, thing(BOXES[0], "cell"))
    assert objects_of(found).kinds.tolist() == [Kind.BOX]
    assert kinds_of_loss(found) == {kind: 1}


def test_other_programs_see_each_object_under_its_number_and_each_class_under_its_colour(tmp_path: Path) -> None:
    masks = Objects.from_label_image(picture(1, 2).astype(int), "cell").replace(labels=["cell", "bud"])
    objects = Objects.concat([Objects.from_boxes([[1, 1, 5, 5]], ["bud"]), masks])
    own.round_trip(voc, objects, tmp_path)
    with Image.open(tmp_path / "SegmentationObject/a.png") as image:
        assert (image.mode, np.array(image).tolist()) == ("P", picture(2, 3).tolist())
    with Image.open(tmp_path / "SegmentationClass/a.png") as image:
        colours = np.array(image.convert("RGB"))
    listed = read_labelmap(tmp_path)
    for window, name in ((LEFT, "cell"), (RIGHT, "bud")):
        assert listed.colours[int(numbers_of(colours[window][0, 0]))] == name
    assert (tmp_path / "labelmap.txt").read_text().splitlines()[1] == "background:0,0,0::"
    assert (tmp_path / "ImageSets/Segmentation/trainval.txt").read_text() == "a\n"


def test_boxes_alone_need_no_masks(tmp_path: Path) -> None:
    own.round_trip(voc, Objects.from_boxes([[1, 1, 5, 5]], ["bud"]), tmp_path)
    assert not (tmp_path / "SegmentationObject").exists()


def test_more_objects_than_a_palette_has_colours_come_back(tmp_path: Path) -> None:
    pixels = np.arange(1, 401).reshape(20, 20).repeat(2, 0).repeat(2, 1)
    objects = Objects.from_label_image(pixels, "cell", extra=[{}] * 400)
    again, losses = own.round_trip(voc, objects, tmp_path)
    assert again == objects
    assert not losses
    with Image.open(tmp_path / "SegmentationObject/a.png") as image:
        assert image.mode == "RGB"
        assert len(np.unique(numbers_of(np.array(image)))) == 401


def test_what_another_program_changed_in_the_masks_is_believed(tmp_path: Path) -> None:
    objects = Objects.from_label_image(picture(1, 2).astype(int), "cell", extra=[{}, {}])
    own.round_trip(voc, objects, tmp_path)
    file = tmp_path / "SegmentationObject/a.png"
    with Image.open(file) as image:
        pixels, palette = np.array(image), image.getpalette()
    pixels[5:7, 10:40] = 0
    changed = Image.fromarray(pixels)
    changed.putpalette(palette or [])
    changed.save(file)
    again = voc.read(tmp_path, FolderImages(tmp_path)).items[0].objects
    assert again.boxes_xyxy.tolist() == [[10, 7, 40, 30], [60, 10, 90, 45]]
    assert again.ids.tolist() == objects.ids.tolist()


@given(st.lists(st.integers(0, 2**24 - 1), max_size=9))
def test_every_number_has_a_colour_of_its_own(numbers: list[int]) -> None:
    assert numbers_of(colours_of(np.array(numbers, np.int64))).tolist() == numbers


def test_the_colours_are_those_of_the_challenges() -> None:
    assert colours_of(np.array([0, 1, 2, 8, 15, 255])).tolist() == [
        [0, 0, 0],
        [128, 0, 0],
        [0, 128, 0],
        [64, 0, 0],
        [192, 128, 128],
        [224, 224, 192],
    ]
    assert LabelMap.pascal().name(15, is_colour=True) == "person"


@pytest.mark.shared_data
def test_a_real_mask_without_a_box_is_an_object(shared_data: Path) -> None:
    folder = shared_data / "formats/datumaro/voc_dataset/voc_dataset1"
    found = voc.read(folder, FolderImages(folder))
    objects = found.items[0].objects
    assert objects.labels.tolist() == ["cat", "person", "bicycle"]
    assert objects.boxes_xyxy[2].tolist() == [0, 0, 20, 10]


@pytest.mark.shared_data
def test_real_nuclei_come_back_as_other_programs_and_we_see_them(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "segmentation/stardist"
    found = formats.sniff(folder).read(folder, FolderImages(folder))
    for n, item in enumerate(found.items[:2]):
        out = tmp_path / str(n)
        out.mkdir()
        name = f"{item.image.stem}.png"
        Image.new("L", item.size_wh).save(out / name)
        voc.write(Dataset(found.classes, (item,)), out, {item.id: name})
        again = voc.read(out, FolderImages(out)).items[0].objects
        assert (again.label_image(item.size_wh) == item.objects.label_image(item.size_wh)).all()
        with Image.open(out / f"SegmentationObject/{item.image.stem}.png") as image:
            assert len(np.unique(np.array(image))) == len(item.objects) + 1


def test_a_folder_without_xml_and_masks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "SegmentationObject").mkdir()
    with pytest.raises(AnnotationError):
        voc.read(tmp_path, FolderImages(tmp_path))


@pytest.mark.parametrize("ending", ["", "PNG"])
def test_what_labelmes_converter_writes_is_read(folder: Path, ending: str) -> None:
    (folder / "labelmap.txt").unlink()
    (folder / "class_names.txt").write_text("_background_\ncell\nbud\n")
    pixels = picture(1, 2)
    pixels[0, 0] = 255
    save(folder, f"Object{ending}", pixels, palette=True)
    save(folder, f"Class{ending}", picture(2, 1), palette=True)
    own.picture(folder, "SegmentationClassVisualization/a.png")
    (folder / f"SegmentationClass{'' if ending else 'Npy'}").mkdir(exist_ok=True)
    assert formats.sniff(folder) is voc
    found = read(folder)
    assert (found.classes, objects_of(found).labels.tolist()) == (("cell", "bud"), ["bud", "cell"])
    assert kinds_of_loss(found) == {"void": 1}
    assert [path.parent.name for path in FolderImages(folder).all()] == ["JPEGImages"]
