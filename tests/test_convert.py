"""Conversion without a project: whole or not at all, from files, folders and archives."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from annelid import formats
from annelid.convert import convert, read_classes
from annelid.errors import AnnelidError, AnnotationError, UsageError
from annelid.formats.images import FolderImages

SIZE = (40, 30)


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", SIZE).save(path)
    return path


def labelme(path: Path, image: str, *labels: str) -> Path:
    """A LabelMe file with one triangle a label."""
    points = [[2, 2], [20, 2], [2, 20.5]]
    shapes = [{"label": name, "points": points, "shape_type": "polygon", "group_id": None} for name in labels]
    value: dict[str, Any] = {
        "version": "5",
        "flags": {},
        "shapes": shapes,
        "imagePath": image,
        "imageData": None,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**value, "imageWidth": SIZE[0], "imageHeight": SIZE[1]}))
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of ten annotated images."""
    folder = tmp_path / "source"
    for n in range(10):
        picture(folder / "images" / f"cell{n}x.png")
        labelme(folder / f"cell{n}x.json", f"images/cell{n}x.png", "a", "b")
    return folder


def coco_objects(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["annotations"]
    return found


def test_a_folder_becomes_one_file(source: Path, tmp_path: Path) -> None:
    done = convert(source, tmp_path / "out", "coco")
    assert (done.items, done.objects, done.classes) == (10, 20, ("a", "b"))
    assert [path.name for path in done.out.iterdir()] == ["annotations.json"]
    assert coco_objects(done.out / "annotations.json")[0]["segmentation"] == [[2, 2, 20, 2, 2, 20.5]]


def test_a_json_path_gives_a_file(source: Path, tmp_path: Path) -> None:
    done = convert(source, tmp_path / "sub" / "out.json", "coco")
    assert len(coco_objects(done.out)) == 20
    assert [path.name for path in done.out.parent.iterdir()] == ["out.json"]


def test_many_files_do_not_fit_into_one(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="10 files"):
        convert(source, tmp_path / "out.json", "labelme")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_there_and_back_is_the_same(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "out.json", "coco")
    done = convert(tmp_path / "out.json", tmp_path / "back", "labelme", images=source)
    assert not list(done.losses)
    images = FolderImages(source)
    before, after = (formats.get("labelme").read(path, images) for path in (source, done.out))
    assert {i.image.name: i.objects.coords.tolist() for i in before.items} == {
        i.image.name: i.objects.coords.tolist() for i in after.items
    }


def test_a_zip_is_read_and_named_in_what_is_said(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "source.zip"
    labelme(source / "bad.json", "nothing.png", "a")
    with zipfile.ZipFile(path, "w") as made:
        for file in source.rglob("*.*"):
            made.write(file, Path("wrapped") / file.relative_to(source))
    done = convert(path, tmp_path / "out", "coco")
    assert done.objects == 21
    assert [(loss.kind, loss.file) for loss in done.losses] == [("image-missing", str(path / "bad.json"))]


def test_images_may_lie_elsewhere(source: Path, tmp_path: Path) -> None:
    (source / "images").rename(tmp_path / "elsewhere")
    done = convert(source, tmp_path / "out", "coco", images=tmp_path / "elsewhere")
    assert not list(done.losses)
    names = {image["file_name"] for image in json.loads((done.out / "annotations.json").read_text())["images"]}
    assert "cell0x.png" in names


def test_given_classes_set_the_order(source: Path, tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("b\na\n")
    done = convert(source, tmp_path / "out", "yolo", classes=tmp_path / "classes.txt")
    assert done.classes == ("b", "a")
    lines = next((done.out / "labels").rglob("cell0x.txt")).read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["1", "0"]


def test_classes_that_may_be_one_stay_two_and_that_is_said(tmp_path: Path) -> None:
    picture(tmp_path / "source" / "a.png")
    labelme(tmp_path / "source" / "a.json", "a.png", "platelets", "Platelets", "rbc")
    done = convert(tmp_path / "source", tmp_path / "out", "coco", strict=True)
    assert done.classes == ("platelets", "Platelets", "rbc")
    [said] = done.losses
    assert (said.kind, said.count) == ("class-names-alike", 0)
    assert "Platelets and platelets" in said.what


def test_yolo_comes_with_its_images(source: Path, tmp_path: Path) -> None:
    done = convert(source, tmp_path / "out", "yolo")
    assert len(list((done.out / "images").rglob("*.png"))) == 10
    again = formats.get("yolo").read(done.out, FolderImages(done.out))
    assert sum(len(item.objects) for item in again.items) == 20


def test_a_validation_part_is_split_off(source: Path, tmp_path: Path) -> None:
    done = convert(source, tmp_path / "out", "yolo", val=0.2)
    again = formats.get("yolo").read(done.out, FolderImages(done.out))
    parts = [again.parts[item.image.path] for item in again.items]
    assert (parts.count("train"), parts.count("val")) == (8, 2)


def test_what_was_taken_together_stays_together(tmp_path: Path) -> None:
    folder = tmp_path / "source"
    for movie in "abcde":
        for n in range(4):
            picture(folder / f"{movie}_t{n:03}.png")
            labelme(folder / f"{movie}_t{n:03}.json", f"{movie}_t{n:03}.png", "a")
    done = convert(folder, tmp_path / "out", "yolo", val=0.2)
    movies = [{p.name[0] for p in (done.out / "labels" / part).rglob("*.txt")} for part in ("train", "val")]
    assert movies[0] & movies[1] == set()
    assert all(movies)


def test_the_parts_of_the_source_are_kept(tmp_path: Path) -> None:
    for part in ("train", "valid"):
        picture(tmp_path / "source" / part / "a.png")
        entry = {"id": 1, "file_name": "a.png", "width": SIZE[0], "height": SIZE[1]}
        box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}
        value = {"images": [entry], "categories": [{"id": 1, "name": "x"}], "annotations": [box]}
        (tmp_path / "source" / part / "_annotations.coco.json").write_text(json.dumps(value))
    done = convert(tmp_path / "source", tmp_path / "out", "yolo")
    written = {path.relative_to(done.out).as_posix() for path in done.out.rglob("a.*")}
    assert written == {"images/train/a.png", "images/val/a.png", "labels/train/a.txt", "labels/val/a.txt"}


def test_nothing_is_overwritten(source: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("")
    (tmp_path / "out.json").write_text("mine")
    for name in ("full", "out.json"):
        with pytest.raises(UsageError, match=name):
            convert(source, tmp_path / name, "coco")
    assert (tmp_path / "out.json").read_text() == "mine"


def test_an_empty_folder_may_be_filled(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert (convert(source, tmp_path / "out", "coco").out / "annotations.json").is_file()


def test_a_failure_leaves_nothing_behind(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        (next(tmp_path.glob(".out*")) / "half").write_text("")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(formats.get("coco"), "write", fail)
    with pytest.raises(AnnelidError, match="No space left"):
        convert(source, tmp_path / "out", "coco")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"to": "dota"}, "no format 'dota'"),
        ({"to": "coco", "val": 0.2}, "no validation part"),
        ({"to": "yolo", "val": 1}, "val is 1"),
        ({"to": "coco", "format": "dota"}, "no format 'dota'"),
        ({"to": "coco", "src": "nothing"}, "nothing does not exist"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_done(
    source: Path, tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        convert(**{"src": source, "dst": tmp_path / "out", **arguments})
    assert not (tmp_path / "out").exists()


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "a.png")
    with pytest.raises(AnnotationError, match="labelme, coco, yolo"):
        convert(tmp_path / "in", tmp_path / "out", "coco")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("classes.txt", "\ufeffcell\n\n nucleus \r\n"),
        ("classes.names", "cell\nnucleus"),
        ("data.yaml", "names:\n  0: cell\n  1: nucleus\nnc: 2\ntrain: x\n"),
        ("notes.json", '{"categories": [{"id": 1, "name": "nucleus"}, {"id": 0, "name": "cell"}]}'),
        ("list.json", '["cell", "nucleus"]'),
        ("dicts.json", '[{"name": "cell"}, {"name": "nucleus"}]'),
    ],
)
def test_class_names_come_from_many_files(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert read_classes(tmp_path / name) == ("cell", "nucleus")


@pytest.mark.parametrize(
    ("content", "message"), [("a\nb\na\n", "'a' twice"), ("\n\n", "class names"), ("", "class names")]
)
def test_class_files_that_make_no_sense_are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "classes.txt").write_text(content)
    with pytest.raises(AnnotationError, match=message):
        read_classes(tmp_path / "classes.txt")


@pytest.mark.shared_data
def test_real_boxes_become_yolo_with_their_parts(shared_data: Path, tmp_path: Path) -> None:
    done = convert(shared_data / "detection/rbc_coco", tmp_path / "out", "yolo")
    assert (done.items, done.objects) == (240, 5638)
    again = formats.get("yolo").read(done.out, FolderImages(done.out))
    assert sum(len(item.objects) for item in again.items) == 5638
    assert set(again.parts.values()) == {"train", "val", "test"}


def test_strict_refuses_a_loss_and_writes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "a.json"
    shapes = [{"label": "cell", "points": [[5, 5]], "shape_type": "point"}]
    source.write_text(json.dumps({"shapes": shapes, "imagePath": "a.png", "imageHeight": 9, "imageWidth": 9}))
    with pytest.raises(AnnotationError, match="1 x point"):
        convert(source, tmp_path / "out", "coco", strict=True)
    assert not (tmp_path / "out").exists()
    assert convert(source, tmp_path / "out", "labelme", strict=False).objects == 1


def test_planes_of_a_stack_stay_apart_from_format_to_format(tmp_path: Path) -> None:
    Image.new("L", (40, 30)).save(tmp_path / "stack.png")
    image = {"file_name": "stack.png", "width": 40, "height": 30}
    planes: list[dict[str, Any]] = [{}, {"annelid": {"plane": [0, 5]}}, {"annelid": {"plane": [1, 0, 0, "max"]}}]
    images = [{**image, **plane, "id": n} for n, plane in enumerate(planes, 1)]
    boxes = [{"id": n, "image_id": n, "category_id": 1, "bbox": [n, 2, 5, 6]} for n in (1, 2, 3)]
    data = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "cell"}]}
    (tmp_path / "in.json").write_text(json.dumps(data))
    source, told = tmp_path / "in.json", []
    for number, name in enumerate(["labelme", "voc", "cvat", "via", "labelstudio", "geojson", "imagej", "coco"]):
        out = tmp_path / str(number)
        told.append("plane" in convert(source, out, name, images=tmp_path).losses.by_kind())
        source = out
    found = formats.get("coco").read(source, FolderImages(tmp_path))
    assert {item.view.plane: item.objects.boxes_xyxy[0, 0] for item in found.items} == {
        (0, 0, 0, ""): 1,
        (0, 5, 0, ""): 2,
        (1, 0, 0, "max"): 3,
    }
    assert all(told)
    with pytest.raises(AnnotationError, match="one plane of each image"):
        convert(source, tmp_path / "masks", "labelmask", images=tmp_path)
