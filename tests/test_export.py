from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from annelid import formats
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import UsageError
from annelid.export import check_saves, export_dataset, save_predictions, unique_names
from annelid.formats.images import FolderImages
from annelid.image import ImageRef, View
from annelid.objects import Objects
from annelid.preprocess import Preprocessing

SIZE = (30, 20)
PATHS = st.lists(st.sampled_from(["a", "A", "0_a", "1_a"]), min_size=1, max_size=3).map("/".join)


def item(path: str, number: int, objects: Objects | None = None, dtype: str = "uint8") -> LabeledImage:
    boxes = Objects.from_boxes([[1, 2, 11, 12]], ["cell"], ids=[f"o{number}"], scores=0.5)
    view = View(ImageRef(f"i{number}", (path,), SIZE, dtype=dtype))
    return LabeledImage(view, boxes if objects is None else objects, whole_image(SIZE), 1, "reviewed")


@given(st.lists(st.tuples(PATHS, st.sampled_from([".png", ".tif"])).map("".join), unique=True, max_size=8))
def test_names_in_an_export_are_different_even_without_their_ending(paths: list[str]) -> None:
    names = unique_names([item(path, n) for n, path in enumerate(paths)])
    assert len(names) == len(paths)
    stems = [name.rsplit(".", 1)[0].lower() for name in names.values()]
    assert len(set(stems)) == len(stems)
    assert not any(name.startswith("/") for name in names.values())


def test_names_in_an_export_are_paths_below_the_folder_of_all_images() -> None:
    items = [item("../set/x/a.png", 0), item("../set/y/images/a.png", 1), item("../set/x/b.png", 2)]
    assert list(unique_names(items).values()) == ["x/a.png", "y/a.png", "x/b.png"]
    assert list(unique_names(items[:1]).values()) == ["a.png"]
    assert list(unique_names(items[:1], {"i0": "val"}).values()) == ["val/a.png"]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "b.tif", pixels.astype(np.uint16) * 200)
    return Dataset(("cell",), (item("a.png", 0), item("b.tif", 1, dtype="uint16")))


def test_a_yolo_export_has_pictures_in_parts_8_bit_ones_as_they_were(tmp_path: Path, dataset: Dataset) -> None:
    out = tmp_path / "out"
    export_dataset(dataset, out, "yolo", tmp_path, Preprocessing(), {"i0": "train", "i1": "val"})
    assert (out / "images" / "train" / "a.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    with Image.open(out / "images" / "val" / "b.png") as picture:
        assert (picture.size, picture.mode) == (SIZE, "RGB")
    read = formats.get("yolo").read(out, FolderImages(out))
    assert sorted(read.parts.values()) == ["train", "val"]
    assert sum(len(i.objects) for i in read.items) == 2


def test_an_export_that_fails_leaves_nothing(tmp_path: Path, dataset: Dataset) -> None:
    (tmp_path / "b.tif").unlink()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Exception, match=r"b\.tif"):
        export_dataset(dataset, tmp_path / "out", "yolo", tmp_path, Preprocessing(), {})
    assert sorted(tmp_path.iterdir()) == before


def test_predictions_are_saved_in_every_way_that_is_asked_for(tmp_path: Path, dataset: Dataset) -> None:
    saves = ("coco", "yolo", "masks", "overlays")
    written, _ = save_predictions(dataset, tmp_path / "out", saves, tmp_path, Preprocessing())
    assert list(written) == list(saves)
    assert all(path.exists() for path in written.values())
    found = json.loads(written["coco"].read_text(encoding="utf-8"))
    assert [a["score"] for a in found["annotations"]] == [0.5, 0.5]
    text = next(written["yolo"].rglob("a.txt")).read_text(encoding="utf-8").split()
    assert len(text) == 5
    assert float(text[1]) == pytest.approx(6 / 30)
    assert len(list(written["masks"].rglob("*.tif"))) == 2
    with Image.open(written["overlays"] / "a.png") as picture:
        assert picture.size[0] >= 30


def test_an_image_on_which_nothing_was_found_has_its_empty_files(tmp_path: Path, dataset: Dataset) -> None:
    nothing = Dataset(("cell",), (replace(item("a.png", 0, Objects.empty()), covered=(), state="draft"),))
    saves = ("coco", "yolo", "masks", "overlays")
    written, _ = save_predictions(nothing, tmp_path / "out", saves, tmp_path, Preprocessing())
    assert all(path.exists() for path in written.values())
    assert (written["yolo"] / "a.txt").read_bytes() == b""
    assert not tifffile.imread(next(written["masks"].rglob("*.tif"))).any()


def test_what_cannot_be_saved_is_said_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--save pictures"):
        check_saves(["coco", "pictures"], None)
    with pytest.raises(UsageError, match="nothing would be saved"):
        check_saves([], tmp_path / "out")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="exists"):
        check_saves(["coco"], tmp_path)
    check_saves(["coco"], tmp_path / "new")


def test_views_of_one_image_are_named_after_their_planes() -> None:
    image = ImageRef("s", ("a/stack.tif",), (10, 10))
    items = [LabeledImage(view, Objects.empty()) for view in (View(image), View(image, z=5))]
    assert list(unique_names(items).values()) == ["stack.tif", "stack_t0z5.tif"]


def test_predictions_on_planes_name_their_image_and_have_a_picture_each(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "stack.tif", np.zeros((3, 20, 30), np.uint8), imagej=True, metadata={"axes": "ZYX"})
    image = ImageRef("s", ("stack.tif",), SIZE, planes=(1, 3))
    boxes = Objects.from_boxes([[1, 2, 11, 12]], ["cell"], scores=0.5)
    items = tuple(LabeledImage(View(image, z=z), boxes) for z in (0, 2))
    save_predictions(Dataset(("cell",), items), tmp_path / "out", ["coco", "overlays"], tmp_path, Preprocessing())
    found = formats.get("coco").read(tmp_path / "out/predictions.json", FolderImages(tmp_path))
    assert [(i.image.name, i.view.z) for i in found.items] == [("stack.tif", 0), ("stack.tif", 2)]
    pictures = sorted(path.name for path in (tmp_path / "out/overlays").iterdir())
    assert pictures == ["stack.png", "stack_t0z2.png"]
