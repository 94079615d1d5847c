"""Bad images, pairs and archives: each is an error that says what to do, or a loss; nothing is half-imported."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tests.bad import SQUARES, annelid, files, labelme, picture, pictures, rectangle, states

from annelid.formats import archive


@pytest.fixture
def project(tmp_path: Path) -> Path:
    annelid("init", tmp_path / "project")
    return tmp_path / "project"


# --- images ---------------------------------------------------------------------------------------------------


def test_an_empty_folder_and_a_missing_one_are_errors(project: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no images" in annelid("-C", project, "import", tmp_path / "empty", code=2).message
    assert "does not exist" in annelid("-C", project, "import", tmp_path / "nowhere", code=2).message
    assert states(project) == ({}, {})


def test_unreadable_images_among_good_ones_are_losses_whether_annotated_or_not(project: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "images", 3)
    (folder / "zero.png").write_bytes(b"")
    (folder / "text.png").write_text("hello")
    (folder / "broken.tif").symlink_to(tmp_path / "nowhere.tif")
    whole = (folder / "im0.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    labelme(folder / "cut.json", "cut.png")
    labelme(folder / "zero.json", "zero.png")
    done = annelid("-C", project, "import", folder)
    assert done.losses == {"image-unreadable": 4 + 2 * len(SQUARES)}
    assert states(project) == ({"reviewed": 3}, {"cell": 6})


def test_a_name_in_no_encoding_is_a_loss(project: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "images", 1)
    try:
        (folder / b"im\xff.png".decode("utf-8", "surrogateescape")).write_bytes((folder / "im0.png").read_bytes())
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system takes text only")
    assert annelid("-C", project, "import", folder).losses == {"image-unreadable": 1}


@pytest.mark.parametrize("size", [(1, 1), (200, 1), (1, 200)])
def test_an_image_of_one_pixel_is_an_image_like_others(project: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images" / "a.tif", np.full(size[::-1], 7, np.uint8), photometric="minisblack")
    tifffile.imwrite(tmp_path / "images" / "a_masks.tif", np.ones(size[::-1], np.uint8), photometric="minisblack")
    done = annelid("-C", project, "import", tmp_path / "images")
    assert (done.value["images"]["annotated"], done.losses) == (1, {})
    annelid("-C", project, "preview")
    for form in ("coco", "yolo", "labelme", "labelmask"):
        annelid("-C", project, "export", tmp_path / form, "--format", form)


# --- pairing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("copy", [(), ("--copy",)])
def test_equal_names_and_equal_pixels_in_sub_folders_stay_two(
    project: Path, tmp_path: Path, copy: tuple[str, ...]
) -> None:
    for name in ("a", "b"):
        picture(tmp_path / "images" / name / "1.png", seed=7)
        labelme(tmp_path / "images" / name / "1.json", "1.png", [rectangle(name, [1, 1], [9, 9])])
    for _ in range(2):
        annelid("-C", project, "import", tmp_path / "images", *copy)
        assert states(project) == ({"reviewed": 2}, {"a": 1, "b": 1})


def test_equal_names_in_two_sources_each_keep_their_own_annotation(project: Path, tmp_path: Path) -> None:
    sources = [pictures(tmp_path / name / "images") for name in ("one", "two")]
    assert annelid("-C", project, "import", *sources).losses == {}
    assert states(project) == ({"reviewed": 4}, {"cell": 8})


def test_a_label_that_fits_two_images_is_given_to_neither(project: Path, tmp_path: Path) -> None:
    for n, name in enumerate("ab"):
        picture(tmp_path / "images" / name / "1.png", n)
    labelme(tmp_path / "labels" / "1.json", "1.png")
    labelme(tmp_path / "labels" / "2.json", "a/1.png")
    done = annelid("-C", project, "import", tmp_path / "images", "--labels", tmp_path / "labels")
    assert done.losses["image-ambiguous"] == 1
    assert states(project) == ({"new": 1, "reviewed": 1}, {"cell": 2})


def test_a_label_for_a_missing_image_is_a_loss_and_a_second_one_for_an_image_too(project: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "images", 1)
    labelme(folder / "gone.json", "gone.png")
    labelme(folder / "again.json", "im0.png")
    assert annelid("-C", project, "import", folder).losses.keys() == {"image-missing", "image-twice"}
    assert states(project) == ({"reviewed": 1}, {"cell": 2})


def test_an_unknown_class_is_refused_as_a_whole_and_may_be_mapped(project: Path, tmp_path: Path) -> None:
    annelid("-C", project, "classes", "add", "nucleus")
    folder = pictures(tmp_path / "images")
    refused = annelid("-C", project, "import", folder, code=2).message
    assert "cell" in refused
    assert "--map cell=nucleus" in refused
    assert "no class 'cel'" in annelid("-C", project, "import", folder, "--map", "cel=nucleus", code=2).message
    assert states(project) == ({}, {"nucleus": 0})
    annelid("-C", project, "import", folder, "--map", "cell=nucleus")
    assert states(project) == ({"reviewed": 2}, {"nucleus": 4})


def test_what_looks_like_annotation_and_is_none_is_said(project: Path, tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    (tmp_path / "images" / "a.json").write_text('{"foo": 1}')
    assert annelid("-C", project, "import", tmp_path / "images").losses == {"annotation-unrecognised": 1}


# --- archives -------------------------------------------------------------------------------------------------


def _link(archive: zipfile.ZipFile) -> None:
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    archive.writestr(link, "/etc/passwd")


BAD_ZIPS: dict[str, Callable[[zipfile.ZipFile], Any]] = {
    "climbing": lambda z: z.writestr("../evil.txt", "x"),
    "absolute": lambda z: z.writestr("/evil.txt", "x"),
    "a drive": lambda z: z.writestr("C:\\evil.txt", "x"),
    "a link": _link,
    "a bomb": lambda z: z.writestr("zeros.tif", bytes(2**20)),
    "a file as a folder": lambda z: z.writestr("im0.png/x", "x"),
    "a class too many": lambda z: z.writestr("im0.json", json.dumps({"shapes": [rectangle("x", [1, 1], [9, 9])]})),
}


@pytest.mark.parametrize("name", BAD_ZIPS)
def test_a_bad_zip_leaves_nothing_in_the_project(
    project: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "FREE_BYTES", 2**16)
    annelid("-C", project, "classes", "add", "cell")
    folder, before = pictures(tmp_path / "images", 1), files(tmp_path / "project")
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.write(folder / "im0.png", "im0.png")
        BAD_ZIPS[name](made)
    annelid("-C", project, "import", tmp_path / "z.zip", code=2 if name == "a class too many" else 1)
    left = [path for path in files(tmp_path / "project") if path != "images"]
    assert left == before
    assert not list(tmp_path.rglob("evil.txt"))
    assert states(project)[0] == {}


def test_a_broken_zip_and_an_empty_one_are_errors_that_name_it(project: Path, tmp_path: Path) -> None:
    for content in (b"", b"PK\3\4 cut off"):
        (tmp_path / "z.zip").write_bytes(content)
        assert "z.zip" in annelid("-C", project, "import", tmp_path / "z.zip", code=1).message
    zipfile.ZipFile(tmp_path / "z.zip", "w").close()
    assert "z.zip" in annelid("-C", project, "import", tmp_path / "z.zip", code=2).message
    images = pictures(tmp_path / "images", 1)
    assert "z.zip" in annelid("-C", project, "import", tmp_path / "z.zip", "--images", images, code=1).message


def test_another_zip_of_the_same_name_is_another_zip(project: Path, tmp_path: Path) -> None:
    for n, name in enumerate(("one", "two")):
        folder = tmp_path / name
        picture(folder / "im0.png", n)
        labelme(folder / "im0.json", "im0.png")
        with zipfile.ZipFile(folder / "data.zip", "w") as made:
            made.write(folder / "im0.png", "im0.png")
            made.write(folder / "im0.json", "im0.json")
        for _ in range(2):
            annelid("-C", project, "import", folder / "data.zip")
        assert states(project) == ({"reviewed": n + 1}, {"cell": 2 * (n + 1)})
