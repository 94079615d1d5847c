"""Where the images of a conversion go, and what the files beside them call them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.test_convert import labelme, picture

from annelid import formats
from annelid.convert import convert
from annelid.errors import UsageError
from annelid.formats.base import LossReport


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def codes(losses: LossReport) -> list[str]:
    return list(losses.by_kind())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two annotated images below ``images``, one of them in a folder of its own."""
    folder = tmp_path / "source"
    for name in ("a", "plate 1/ü 2"):
        picture(folder / "images" / f"{name}.png")
        labelme(folder / "images" / f"{name}.json", f"{Path(name).name}.png", "cell")
    return folder


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("coco", {"images/a.png", "images/plate 1/ü 2.png"}),
        ("yolo", {"images/a.png", "images/plate 1/ü 2.png", "labels/a.txt", "labels/plate 1/ü 2.txt"}),
        ("voc", {"JPEGImages/a.png", "JPEGImages/plate 1/ü 2.png", "Annotations/a.xml", "Annotations/plate 1/ü 2.xml"}),
        ("labelmask", {"images/a.png", "images/plate 1/ü 2.png", "masks/a.tif", "masks/plate 1/ü 2.tif"}),
        ("maskfolder", {"a/images/a.png", "plate 1/ü 2/images/ü 2.png", "a/masks/00001.png"}),
        ("labelme", {"a.png", "plate 1/ü 2.png", "a.json", "plate 1/ü 2.json"}),
        ("celldetective", {"a.png", "plate 1/ü 2.png", "a_labelled.tif", "plate 1/ü 2_labelled.tif"}),
    ],
)
def test_images_lie_where_the_files_expect_them_and_are_found_there(
    source: Path, tmp_path: Path, to: str, expected: set[str]
) -> None:
    done = convert(source, tmp_path / "out", to, copy=True)
    assert expected <= files(done.out)
    again = convert(done.out, tmp_path / "again", "coco")
    assert (again.items, again.objects) == (2, 2)
    assert "image-missing" not in codes(again.losses)


@pytest.mark.parametrize("to", list(formats.FORMATS))
def test_what_was_written_without_images_is_read_with_them(source: Path, tmp_path: Path, to: str) -> None:
    convert(source, tmp_path / "out", to, copy=False)
    again = convert(tmp_path / "out", tmp_path / "again", "coco", images=source)
    assert (again.items, again.objects) == (2, 2)
    assert "image-missing" not in codes(again.losses)


@pytest.mark.parametrize("to", list(formats.FORMATS))
def test_images_that_differ_in_their_endings_alone_stay_two(tmp_path: Path, to: str) -> None:
    for name in ("a.png", "a.bmp"):
        labelme(picture(tmp_path / "source" / name).with_suffix(f"{Path(name).suffix}.json"), name, "cell")
    done = convert(tmp_path / "source", tmp_path / "out", to, copy=True)
    again = convert(done.out, tmp_path / "again", "coco")
    assert (again.items, again.objects) == (2, 2)
    assert ("image-renamed" in codes(done.losses)) == (to in formats.BY_STEM)


def test_parts_that_a_format_cannot_say_are_a_loss(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "yolo", "yolo", val=0.5)
    done = convert(tmp_path / "yolo", tmp_path / "coco", "coco")
    assert "parts" not in codes(done.losses)  # images/train/a.png says it
    lists = tmp_path / "voc" / "ImageSets" / "Main"
    convert(source, tmp_path / "voc", "voc", copy=True)
    (lists / "train.txt").write_text("a\n")
    (lists / "val.txt").write_text('"plate 1/ü 2"\n', encoding="utf-8")
    done = convert(tmp_path / "voc", tmp_path / "out", "coco")
    assert [(x.kind, x.count) for x in done.losses if x.kind == "parts"] == [("parts", 2)]
    assert "1 train, 1 val" in str(done.losses.losses)


def test_yolo_says_which_images_ultralytics_changes(tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    tifffile.imwrite(folder / "deep.tif", np.zeros((30, 40), np.uint16))
    Image.new("RGB", (40, 30)).save(folder / "flat.png")
    for name in ("deep.tif", "flat.png"):
        labelme(folder / f"{Path(name).stem}.json", name, "cell")
    told = [loss for loss in convert(folder, tmp_path / "out", "yolo").losses if loss.kind == "not-8-bit"]
    assert [(Path(loss.file).name, loss.count) for loss in told] == [("deep.tif", 0)]


def test_one_file_of_a_zip_is_converted(source: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for file in files(source):
            archive.write(source / file, file)
    done = convert(tmp_path / "set.zip" / "images" / "a.json", tmp_path / "out", "coco", images=tmp_path / "set.zip")
    assert (done.items, codes(done.losses)) == (1, ["image-unannotated"])


def test_images_are_looked_for_beside_a_zip_that_brings_none(source: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(source / "labels.zip", "w") as archive:
        for file in source.rglob("*.json"):
            archive.write(file, file.name)
            file.unlink()
    assert list(convert(source / "labels.zip", tmp_path / "out", "coco").losses) == []


def test_a_lossless_conversion_is_strict_also_without_a_part_to_validate_on(source: Path, tmp_path: Path) -> None:
    done = convert(source, tmp_path / "out", "yolo", strict=True)
    assert [(loss.kind, loss.count) for loss in done.losses] == [("no-validation-part", 0)]


def test_images_without_annotation_are_said(source: Path, tmp_path: Path) -> None:
    for name in ("images/b.png", "images/c.png"):
        picture(source / name)
    told = list(convert(source, tmp_path / "out", "yolo").losses)
    assert [(Path(x.file).name, x.count) for x in told if x.kind == "image-unannotated"] == [("b.png", 0)]
    assert any("left out: 2" in x.what for x in told)


def test_an_xml_path_gives_a_file(source: Path, tmp_path: Path) -> None:
    done = convert(source, tmp_path / "out.xml", "cvat")
    assert formats.sniff(done.out).NAME == "cvat"
    with pytest.raises(UsageError, match="do not fit"):
        convert(source, tmp_path / "out.json", "cvat")
    assert files(tmp_path) == {*(f"source/{name}" for name in files(source)), "out.xml"}


def test_wrong_paths_and_classes_are_refused_before_anything_is_done(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies in"):
        convert(source, source / "out", "coco")
    with pytest.raises(UsageError, match="nowhere does not exist"):
        convert(source, tmp_path / "out", "coco", images=tmp_path / "nowhere")
    with pytest.raises(UsageError, match="'a' is twice"):
        convert(source, tmp_path / "out", "coco", classes=("a", "b", "a"))
    assert not (tmp_path / "out").exists()
