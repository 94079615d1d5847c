"""What files say that users should know reaches them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.bad import annelid

from annelid.readers import notes_on

ALPHA = "the alpha channel is ignored"
CALIBRATION = "calibration ignored: a pixel of 0 x 0 µm is not plausible"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for n in range(3):
        Image.fromarray(np.full((8, 9, 4), 40 * n, np.uint8)).save(tmp_path / "images" / f"{n}.png")
    options = {"axes": "YX", "PhysicalSizeX": 0.0, "PhysicalSizeY": 0.0}
    tifffile.imwrite(tmp_path / "images" / "a.ome.tif", np.zeros((8, 9), np.uint8), ome=True, metadata=options)
    return tmp_path / "images"


def test_a_note_is_said_once_with_its_files(images: Path) -> None:
    files = [*sorted(images.iterdir()), images / "none.png"]
    assert notes_on((file, 0) for file in files) == [f"0.png and 2 more: {ALPHA}", f"a.ome.tif: {CALIBRATION}"]


def test_import_and_render_say_them(images: Path, tmp_path: Path) -> None:
    annelid("init", tmp_path / "project")
    expected = {f"0.png and 2 more: {ALPHA}", f"a.ome.tif: {CALIBRATION}"}
    assert expected <= set(annelid("-C", tmp_path / "project", "import", images).value["notes"])
    assert not annelid("-C", tmp_path / "project", "import", images).value["notes"]  # known by now
    assert expected <= set(annelid("render", images, "--out", tmp_path / "out").value["notes"])
