"""The chain of directories of a TIFF file."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from annelid.errors import AnnotationError, ImageError
from annelid.formats.base import LossReport
from annelid.formats.mask_file import read_labels
from annelid.readers import open_image
from annelid.readers.tiff_directories import check_directories

PAGES = np.zeros((3, 8, 9), np.uint16)


@pytest.mark.parametrize(("byteorder", "is_big"), [("<", False), (">", False), ("<", True), (">", True)])
def test_a_stack_comes_to_its_end(tmp_path: Path, byteorder: str, is_big: bool) -> None:
    file = tmp_path / "a.tif"
    tifffile.imwrite(file, PAGES, byteorder=byteorder, bigtiff=is_big, photometric="minisblack", metadata=None)  # type: ignore[arg-type]
    assert check_directories(file) == ()
    (tmp_path / "cut.tif").write_bytes(file.read_bytes()[:40])
    with pytest.raises(ImageError, match="cut off"):
        check_directories(tmp_path / "cut.tif")


def test_pages_in_a_circle_are_refused_and_not_followed(tmp_path: Path) -> None:
    file = tmp_path / "a.tif"
    tifffile.imwrite(file, PAGES, photometric="minisblack", metadata=None)
    with tifffile.TiffFile(file) as tif:
        first, last = tif.pages[0].offset, tif.pages[2].offset
    data = file.read_bytes()
    count = struct.unpack("<H", data[last : last + 2])[0]
    at = last + 2 + 12 * count
    file.write_bytes(data[:at] + struct.pack("<I", first) + data[at + 4 :])
    with pytest.raises(ImageError, match="leads back to byte"):
        open_image(file)
    with pytest.raises(AnnotationError, match="leads back to byte"):
        read_labels(file, LossReport())
