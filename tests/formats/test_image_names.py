"""How images are called in what is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annelid.formats.image_names import below_common_folder, image_names

FOLDERS = st.sampled_from(["a", "A", "images", "JPEGImages", "train", "val", "b c"])
FILES = st.tuples(st.sampled_from(["x", "X", "images_x", "x_png", "y.1"]), st.sampled_from([".png", ".tif", ""])).map(
    "".join
)
PATHS = st.lists(st.tuples(st.lists(FOLDERS, max_size=3), FILES).map(lambda p: "/".join([*p[0], p[1]])), max_size=12)


def names(*paths: str, part: str = "", by_stem: bool = True) -> list[str]:
    by_id = {str(n): path for n, path in enumerate(paths)}
    return list(image_names(by_id, dict.fromkeys(by_id, part) if part else {}, by_stem=by_stem).values())


@given(PATHS, st.booleans(), st.sampled_from(["", "train"]))
def test_names_differ_where_paths_do_on_every_drive(paths: list[str], by_stem: bool, part: str) -> None:
    found = names(*paths, part=part, by_stem=by_stem)
    keys = {(name.rpartition(".")[0] or name if by_stem else name).casefold() for name in found}
    assert len(keys) == len(set(paths))
    assert all(name.startswith(f"{part}/" if part else "") and not name.startswith("/") for name in found)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["images/a.png", "images/b.png"], ["a.png", "b.png"]),
        (["JPEGImages/a.jpg"], ["a.jpg"]),
        (["images/default/a.jpg"], ["a.jpg"]),
        (["a/images/a.png", "b/images/b.png"], ["a.png", "b.png"]),
        (["human brain/tissue images/a.png"], ["human brain/a.png"]),
        (["plate 1/a.tif", "plate 2/a.tif", "plate 2/b.tif"], ["plate 1/a.tif", "plate 2/a.tif", "plate 2/b.tif"]),
        (["images/Train/a.jpg", "images/Test/a.jpg"], ["Train/a.jpg", "Test/a.jpg"]),
        (["a/images/x.png", "a/raw images/x.png", "a/y.png"], ["a/images_x.png", "a/raw images_x.png", "a/y.png"]),
        (["a/x.png", "a/x.tif", "a/y.tif"], ["a/x_png.png", "a/x_tif.tif", "a/y.tif"]),
        (["x.png", "X.png"], ["x_png.png", "X_png_2.png"]),
    ],
)
def test_folders_stay_where_they_say_something(paths: list[str], expected: list[str]) -> None:
    assert names(*paths) == expected


def test_the_part_comes_first_in_place_of_that_of_the_path() -> None:
    assert names("train/images/a.jpg", "valid/images/b.jpg", "c/train/a.jpg", part="val") == [
        "val/a.jpg",
        "val/b.jpg",
        "val/c/train/a.jpg",
    ]
    assert names("train/a.jpg", "valid/a.jpg", part="train") == ["train/train_a.jpg", "train/valid_a.jpg"]


def test_endings_tell_apart_where_no_file_is_named_after_the_image() -> None:
    assert names("x.png", "x.tif", by_stem=False) == ["x.png", "x.tif"]


def test_paths_from_anywhere_are_seen_from_their_common_folder() -> None:
    paths = {"1": "../data/set/a/x.png", "2": "../data/set/b/y.png"}
    assert below_common_folder(paths) == {"1": "a/x.png", "2": "b/y.png"}
    assert below_common_folder({"1": "C:/d/x.png", "2": "/abs/y.png"}) == {"1": "d/x.png", "2": "abs/y.png"}
    assert below_common_folder({"1": "/abs/deep/y.png"}) == {"1": "y.png"}
    assert below_common_folder({}) == {}
