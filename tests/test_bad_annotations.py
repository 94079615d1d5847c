"""Bad annotation: one bad object or file is a loss with its place, a bad whole is an error; the rest stays."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tests.bad import SQUARES, annelid, coco, labelme, picture, pictures, rectangle, states

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    annelid("init", tmp_path / "project")
    return tmp_path / "project"


# --- LabelMe --------------------------------------------------------------------------------------------------


def png_bomb() -> str:
    """A PNG that says to have 2^34 pixels."""
    header = struct.pack(">IIBBBBB", 2**17, 2**17, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")
    packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(packed)).decode()


BAD_SHAPES: dict[str, tuple[Any, str]] = {
    "one point": (rectangle("cell", [1, 1]), "points-invalid"),
    "a polygon of two": ({**rectangle("cell", [1, 1], [9, 9]), "shape_type": "polygon"}, "points-invalid"),
    "no area": (rectangle("cell", [3, 3], [3, 9]), "points-invalid"),
    "outside": (rectangle("cell", [50, 50], [90, 90]), "outside-image"),
    "half outside": (rectangle("cell", [20, 20], [90, 90]), "clipped"),
    "not a number": (rectangle("cell", [NAN, 1], [9, 9]), "points-invalid"),
    "infinite": (rectangle("cell", [1, 1], [INF, 9]), "points-invalid"),
    "400 digits": (rectangle("cell", [1, 1], [10**400, 9]), "points-invalid"),
    "words": (rectangle("cell", "ab", "cd"), "points-invalid"),
    "no label": (rectangle(None, [1, 1], [9, 9]), "label-missing"),
    "no shape": (5, "shape-invalid"),
    "a broken mask": ({**rectangle("cell", [1, 1], [9, 9]), "shape_type": "mask", "mask": "!"}, "mask-invalid"),
    "a cut mask": ({**rectangle("cell", [1, 1], [9, 9]), "shape_type": "mask", "mask": "iVBORw0KGgo="}, "mask-invalid"),
    "a bomb": ({**rectangle("cell", [1, 1], [9, 9]), "shape_type": "mask", "mask": png_bomb()}, "mask-invalid"),
}


@pytest.mark.parametrize("name", BAD_SHAPES)
def test_one_bad_shape_is_a_loss_with_its_place_and_the_others_stay(project: Path, tmp_path: Path, name: str) -> None:
    shape, kind = BAD_SHAPES[name]
    picture(tmp_path / "images" / "a.png")
    labelme(tmp_path / "images" / "a.json", "a.png", [SQUARES[0], shape])
    done = annelid("-C", project, "import", tmp_path / "images")
    assert done.losses == {kind: 1}
    assert done.value["losses"][0]["place"].startswith("shapes[1]")
    assert done.value["objects"]["cell"] == (2 if kind == "clipped" else 1)


def test_a_rectangle_of_two_points_in_any_order_is_a_box(project: Path, tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    labelme(tmp_path / "images" / "a.json", "a.png", [rectangle("cell", [9, 1], [1, 9])])
    assert annelid("-C", project, "import", tmp_path / "images").losses == {}


BAD_JSON: dict[str, bytes] = {
    "cut off": b'{"shapes": [{"label": "cell", "points": [[1, 1], [3,',
    "Latin-1": '{"shapes": [], "imagePath": "im\xe9.png"}'.encode("latin-1"),
    "a list": b"[1, 2, 3]",
    "null": b"null",
    "empty": b"",
    "no shapes": b'{"shapes": null}',
    "nested": b"[" * 100_000,
    "half a character": b'{"shapes": [{"label": "\\ud800", "points": [[1, 1], [9, 9]], "shape_type": "rectangle"}]}',
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_one_bad_file_is_a_loss_and_alone_an_error(project: Path, tmp_path: Path, name: str) -> None:
    folder = pictures(tmp_path / "images", 2)
    (folder / "im0.json").write_bytes(BAD_JSON[name])
    assert annelid("-C", project, "import", folder).losses == {"file-unreadable": 1}
    assert states(project) == ({"new": 1, "reviewed": 1}, {"cell": 2})
    alone = annelid("-C", project, "import", folder / "im0.json", code=1).message
    assert "im0.json" in alone
    assert "expected" in alone


@pytest.mark.parametrize("label", ["", " ", "two\nlines", "bell\a"])
def test_a_label_that_no_class_file_could_hold_is_not_taken_in(project: Path, tmp_path: Path, label: str) -> None:
    picture(tmp_path / "images" / "a.png")
    labelme(tmp_path / "images" / "a.json", "a.png", [rectangle(label, [1, 1], [9, 9])])
    done = annelid("-C", project, "import", tmp_path / "images", code=None)
    assert done.code == 2 or done.losses == {"label-missing": 1}
    assert states(project)[1] == {}


# --- COCO, YOLO, masks ----------------------------------------------------------------------------------------


def test_a_coco_file_cut_off_at_any_byte_is_an_error_and_nothing_is_imported(project: Path, tmp_path: Path) -> None:
    folder, text = pictures(tmp_path / "images", 1), coco({"bbox": [1, 1, 8, 8]})
    for end in range(0, len(text) - 1, 7):
        (tmp_path / "cut.json").write_text(text[:end])
        assert "cut.json" in annelid("-C", project, "import", tmp_path / "cut.json", "--images", folder, code=1).message
    assert states(project) == ({}, {})


BAD_ANNOTATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "no area": ({"bbox": [3, 3, 0, 5]}, "box-invalid"),
    "outside": ({"bbox": [100, 100, 5, 5]}, "outside-image"),
    "not a number": ({"bbox": [NAN, 1, 1, 1]}, "box-invalid"),
    "400 digits": ({"bbox": [10**400, 1, 1, 1]}, "box-invalid"),
    "two points": ({"segmentation": [[1, 1, 5, 5]]}, "outline-invalid"),
    "unknown class": ({"bbox": [1, 1, 5, 5], "category_id": 9}, "class-unknown"),
    "unknown image": ({"bbox": [1, 1, 5, 5], "image_id": 9}, "image-unknown"),
    "broken runs": ({"segmentation": {"size": [32, 32], "counts": "!!"}}, "outline-invalid"),
    "a huge mask": ({"segmentation": {"size": [10**6, 10**6], "counts": [0, 10**12]}}, "outline-invalid"),
}


@pytest.mark.parametrize("name", BAD_ANNOTATIONS)
def test_one_bad_coco_annotation_is_a_loss(project: Path, tmp_path: Path, name: str) -> None:
    folder, (bad, kind) = pictures(tmp_path / "images", 1), BAD_ANNOTATIONS[name]
    (tmp_path / "c.json").write_text(coco({"bbox": [1, 1, 8, 8]}, bad))
    done = annelid("-C", project, "import", tmp_path / "c.json", "--images", folder)
    assert done.losses == {kind: 1}
    assert done.value["objects"] == {"cell": 1}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("0 .5 .5 0 .2", "points-invalid"),
        ("9 .5 .5 .2 .2", "class-unknown"),
        ("-1 .5 .5 .2 .2", "file-unreadable"),
        ("0 nan .5 .2 .2", "file-unreadable"),
        ("0 10 10 20 20", "file-unreadable"),
        ("0 .5 .5", "file-unreadable"),
        ("hello world", "file-unreadable"),
    ],
)
def test_a_bad_yolo_line_is_a_loss_that_names_it(project: Path, tmp_path: Path, line: str, kind: str) -> None:
    for n, name in enumerate(("a", "b")):
        picture(tmp_path / "set" / "images" / f"{name}.png", n)
    (tmp_path / "set" / "labels").mkdir()
    (tmp_path / "set" / "classes.txt").write_text("cell\n")
    (tmp_path / "set" / "labels" / "a.txt").write_text(f"{line}\n")
    (tmp_path / "set" / "labels" / "b.txt").write_text("0 .5 .5 .2 .2\n")
    done = annelid("-C", project, "import", tmp_path / "set")
    assert done.losses == {kind: 1}
    assert done.value["losses"][0]["place"] == "line 1"
    (tmp_path / "set" / "classes.txt").write_text("cell\ncell\n")
    assert "'cell' twice" in annelid("-C", project, "import", tmp_path / "set", code=1).message


@pytest.mark.parametrize("mask", ["larger", "smaller", "fractions", "volume", "photograph", "cut off"])
def test_a_bad_mask_is_a_loss_and_is_not_taken_for_an_image(project: Path, tmp_path: Path, mask: str) -> None:
    folder = tmp_path / "images"
    for n, name in enumerate(("a", "b")):
        picture(folder / f"{name}.png", n)
    good = np.zeros((32, 32), np.uint16)
    good[4:14, 4:14] = 1
    made: dict[str, Any] = {
        "larger": np.ones((64, 64), np.uint8),
        "smaller": np.ones((16, 16), np.uint8),
        "fractions": np.full((32, 32), 0.5, np.float32),
        "volume": np.ones((5, 32, 32), np.uint8),
        "photograph": np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8),
    }
    tifffile.imwrite(folder / "b_masks.tif", good, photometric="minisblack")
    kind = "rgb" if mask == "photograph" else "minisblack"
    tifffile.imwrite(folder / "a_masks.tif", made.get(mask, good), photometric=kind)
    if mask == "cut off":
        (folder / "a_masks.tif").write_bytes((folder / "a_masks.tif").read_bytes()[:200])
    done = annelid("-C", project, "import", folder)
    assert sum(done.losses.values()) >= 1
    assert states(project) == ({"new": 1, "reviewed": 1}, {"object": 1})


def test_pixels_of_a_mask_that_are_no_numbers_are_background_and_said(project: Path, tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    tifffile.imwrite(tmp_path / "images" / "a_masks.tif", np.full((32, 32), NAN, np.float32), photometric="minisblack")
    assert annelid("-C", project, "import", tmp_path / "images").losses == {"no-number": 32 * 32}
