"""Small files that ask for gigabytes, run code or reach out of their folder: refused, or an object's loss."""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tests.contracts import own_files as own
from tests.fuzzing.bounded import bounded
from tests.fuzzing.hunt import check_error
from tests.fuzzing.mutate import png_of_size

from annelid import formats
from annelid.convert import convert
from annelid.errors import AnnelidError, AnnotationError
from annelid.formats.archive import opened
from annelid.formats.images import FolderImages

SIDE = 9_999_999
"""As large as a file may say an image is."""
POINTS: list[list[float]] = [[1, 1], [9e6, 1], [9e6, 9e6]]


def labelme(**shape: Any) -> dict[str, bytes]:
    shapes = [{"label": "a", "shape_type": "polygon", "points": POINTS, **shape}]
    value = {"shapes": shapes, "imagePath": "c.png", "imageWidth": SIDE, "imageHeight": SIDE}
    return {"c.json": json.dumps(value).encode()}


def coco(side: int, **annotation: Any) -> dict[str, bytes]:
    value = {
        "images": [{"id": 1, "file_name": "c.png", "width": side, "height": side}],
        "categories": [{"id": 1, "name": "a"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, **annotation}],
    }
    return {"c.json": json.dumps(value).encode()}


def npy(value: object, shape: tuple[int, ...] | None = None) -> bytes:
    """A ``.npy`` of a pickled object, as numpy writes it."""
    header = f"{{'descr': '|O', 'fortran_order': False, 'shape': {shape or ()}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + pickle.dumps(value)


class Runs:
    """What a pickle with code in it is made of."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, (str(self.mark),)


def roi(**fields: int) -> bytes:
    """An ImageJ polygon of three points, with other numbers in its header."""
    places = {"left": 10, "right": 14, "count": 16, "big_count": 18}
    data = bytearray(b"Iout" + struct.pack(">hBx4hH", 228, 0, 1, 1, 9, 9, 3) + bytes(46) + struct.pack(">6h", *[0] * 6))
    for name, value in fields.items():
        struct.pack_into(">I" if name == "big_count" else ">H", data, places[name], value)
    return bytes(data)


def tiff(width: int, height: int) -> bytes:
    """A TIFF of one strip that says to have this size."""
    tags = ((256, width), (257, height), (258, 16), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 8))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 16) + bytes(8) + struct.pack("<H", len(tags)) + entries + bytes(4)


YAML = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (n, n, b", ".join([b"*%c" % (n - 1)] * 9)) for n in range(ord("b"), ord("j"))
)
LABELS = b"0 .5 .5 .2 .2\n"
FILES: dict[str, tuple[str, dict[str, bytes]]] = {
    "a mask as large as a town": ("coco", coco(SIDE, segmentation={"size": [SIDE, SIDE], "counts": [0, SIDE**2]})),
    "a mask of 60,000 stripes": ("coco", coco(9000, segmentation={"size": [9000, 9000], "counts": [9000] * 9000})),
    "runs that overflow": ("coco", coco(9, segmentation={"size": [9, 9], "counts": [2**62, 2**62, 2**62, 2**62 + 81]})),
    "a mask in a JSON": ("labelme", labelme(shape_type="mask", mask="iVBORw0KGgo=")),
    "YAML that grows": ("yolo", {"data.yaml": YAML + b"names: [*i]\n", "labels/a.txt": LABELS}),
    "a billion classes": ("yolo", {"data.yaml": b"nc: 1000000000\n", "labels/a.txt": LABELS}),
    "a PNG of 16 gigapixels": ("labelmask", {"masks/a.png": png_of_size(2**17, 2**17), "masks/b.png": b""}),
    "a TIFF of 16 gigapixels": ("labelmask", {"masks/a.tif": tiff(2**17, 2**17)}),
    "a mask of a folder": ("maskfolder", {"a/images/a.png": b"", "a/masks/1.png": png_of_size(2**17, 2**17)}),
    "an array larger than its file": ("cellpose", {"a_seg.npy": npy({"masks": []}, (10**9, 10**9))}),
    "four billion points": ("imagej", {"a.roi": roi(count=0, big_count=2**32 - 1)}),
    "sixty thousand points": ("imagej", {"a.roi": roi(count=60_000)}),
}


@pytest.mark.parametrize("what", FILES)
@pytest.mark.filterwarnings("ignore:Image size:Warning")
def test_a_small_file_does_not_ask_for_gigabytes(what: str, tmp_path: Path) -> None:
    name, files = FILES[what]
    own.picture(tmp_path)
    for file, data in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(data)
    with bounded():
        try:
            found = formats.get(name).read(tmp_path, FolderImages(tmp_path))
        except AnnotationError as error:
            check_error(error, tmp_path)
        else:
            assert len(found.losses)


@pytest.mark.parametrize("target", list(formats.FORMATS))
def test_an_image_that_is_said_to_be_huge_is_written_or_refused(target: str, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(labelme()["c.json"])
    with bounded():
        try:
            convert(tmp_path / "c.json", tmp_path / "out", target)
        except AnnelidError as error:
            check_error(error, tmp_path)
            assert [path.name for path in tmp_path.iterdir()] == ["c.json"]


def test_code_in_a_pickle_is_not_run(tmp_path: Path) -> None:
    own.picture(tmp_path)
    mark = tmp_path / "run"
    for value in (Runs(mark), {"masks": Runs(mark)}, [np.zeros(3), Runs(mark)]):
        (tmp_path / "a_seg.npy").write_bytes(npy(value))
        with pytest.raises(AnnotationError, match=r"a_seg\.npy: expected arrays and nothing else"):
            formats.get("cellpose").read(tmp_path, FolderImages(tmp_path))
    assert not mark.exists()


def test_a_zip_cannot_unpack_to_more_than_it_says(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", bytes(2**20))
    data = file.read_bytes()
    file.write_bytes(data.replace(struct.pack("<I", 2**20), struct.pack("<I", 100)))
    with pytest.raises(AnnotationError, match=r"a\.zip: expected a whole zip"), opened(file):
        pass


def test_what_is_left_of_a_tiff_without_some_blocks_is_told(tmp_path: Path) -> None:
    own.picture(tmp_path)
    labels = np.repeat(np.arange(50, dtype=np.uint8)[:, None], 100, 1)
    (tmp_path / "masks").mkdir()
    file = tmp_path / "masks" / "a.tif"
    tifffile.imwrite(file, labels, rowsperstrip=10, photometric="minisblack", compression="zlib")
    with tifffile.TiffFile(file, mode="r+") as opened_file:
        tag = opened_file.pages[0].tags["StripByteCounts"]  # type: ignore[union-attr]
        tag.overwrite((*tag.value[:2], 0, *tag.value[3:]))
    found = formats.get("labelmask").read(tmp_path, FolderImages(tmp_path))
    assert [loss.what for loss in found.losses][:1] == [
        "1 of 5 blocks of pixels are not in the file: taken as background"
    ]
