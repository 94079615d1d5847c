from __future__ import annotations

import struct
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.contracts.reader import check_damage, check_reader

from annelid.errors import ImageError, UsageError
from annelid.readers import find_images, is_image, open_image
from annelid.readers.nd2 import Nd2Image
from annelid.readers.opening import open_here

FILES = {
    "nd2": "nd2/cluster.nd2",
    "liffile": "lif/artifacts/xz-example/xz-example.lif",
    "openslide": "hostile_slides/boxes_0.dcm",
}


@pytest.fixture
def microscopy(shared_data: Path) -> Path:
    return shared_data / "microscopy"


@pytest.mark.shared_data
@pytest.mark.parametrize("package", FILES)
def test_without_the_extra_the_error_says_how_to_install_it(
    microscopy: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert is_image(microscopy / FILES[package])
    with pytest.raises(ImageError, match=package) as caught:
        open_here(microscopy / FILES[package])
    assert "pip install 'annelid[vendor]'" in caught.value.next_step


@pytest.mark.shared_data
@pytest.mark.parametrize("package", FILES)
def test_real_files_hold_the_contract(microscopy: Path, package: str, tmp_path: Path) -> None:
    pytest.importorskip(package)
    path = microscopy / FILES[package]
    check_reader(path)
    check_damage(path, tmp_path)
    with pytest.raises(UsageError, match="no scene"):
        open_image(path, 7)


@pytest.mark.shared_data
def test_nd2_planes_agree_with_the_library(microscopy: Path) -> None:
    nd2 = pytest.importorskip("nd2")
    path = microscopy / FILES["nd2"]
    with nd2.ND2File(path) as file:
        expected = file.asarray()
    with open_image(path) as image:
        assert (image.info.planes, image.info.size_wh) == ((3, 10), (38, 31))
        assert image.info.channels == ("5-FAM/pH 9.0", "FM 4-64/2% CHAPS")
        assert image.info.pixel_size_um == pytest.approx(0.167809)
        for t, z in np.ndindex(3, 10):
            np.testing.assert_array_equal(image.read(t=t, z=z), expected[t, z].transpose(1, 2, 0))


class PositionsOf2:
    """What the nd2 library shows of a file of two positions, recorded position by position within each time point."""

    sizes: ClassVar[dict[str, int]] = {"T": 3, "P": 2, "Z": 2, "C": 2, "Y": 5, "X": 7}
    loop_indices: ClassVar[list[dict[str, int]]] = [
        {"T": t, "P": p, "Z": z} for t in range(3) for p in range(2) for z in range(2)
    ]
    metadata = SimpleNamespace(channels=[])
    points: ClassVar[list[Any]] = [SimpleNamespace(name=name) for name in ("left", "right")]
    experiment: ClassVar[list[Any]] = [SimpleNamespace(parameters=SimpleNamespace(points=points))]
    dtype = np.uint16
    pixels = np.arange(3 * 2 * 2 * 2 * 5 * 7, dtype=np.uint16).reshape(12, 2, 5, 7)

    def read_frame(self, number: int) -> Any:
        return self.pixels[number]

    def close(self) -> None:
        """Nothing to do."""


def test_positions_of_an_nd2_are_scenes(tmp_path: Path) -> None:
    for scene in range(2):
        image = Nd2Image(tmp_path / "a.nd2", PositionsOf2(), scene)
        assert (image.info.planes, image.info.size_wh, image.info.scenes) == ((3, 2), (7, 5), ("left", "right"))
        for t, z in np.ndindex(3, 2):
            expected = PositionsOf2.pixels.reshape(3, 2, 2, 2, 5, 7)[t, scene, z].transpose(1, 2, 0)
            np.testing.assert_array_equal(image.read(t=t, z=z), expected)
    with pytest.raises(UsageError, match="no scene 2"):
        Nd2Image(tmp_path / "a.nd2", PositionsOf2(), 2)


@pytest.mark.shared_data
def test_planes_that_an_nd2_does_not_hold_are_said_and_one_that_is_cut_off_is_refused(
    microscopy: Path, tmp_path: Path
) -> None:
    pytest.importorskip("nd2")
    content = (microscopy / FILES["nd2"]).read_bytes()
    entry = content.rindex(b"ImageDataSeq|4!") + len(b"ImageDataSeq|4!")
    path = tmp_path / "a.nd2"
    path.write_bytes(content[: entry - 15] + b"ImageDataLos|4!" + content[entry:])
    with open_image(path) as image:
        assert "1 planes were not recorded: they are black" in image.info.notes
        assert not image.read(z=4).any()
        assert image.read(z=5).any()
    path.write_bytes(content[:entry] + struct.pack("<Q", 2**40) + content[entry + 8 :])
    with pytest.raises(ImageError, match="cut off"):
        open_image(path)


@pytest.mark.shared_data
def test_lif_planes_agree_with_those_that_the_microscope_exported(microscopy: Path) -> None:
    pytest.importorskip("liffile")
    path = microscopy / FILES["liffile"]
    with open_image(path) as image:
        assert image.info.scenes == ("xzt", "xzy", "xz")
        assert image.info.planes == (20, 1)
        assert any("no y" in note for note in image.info.notes)
        for channel, time in ((0, 0), (1, 8)):
            exported = tifffile.imread(path.parent / "expected-outputs" / f"c{channel}t{time}.tif")
            np.testing.assert_array_equal(image.read(t=time)[..., channel], exported)
    with open_image(path, 1) as image:
        assert (image.info.size_wh, image.info.planes) == ((128, 23), (1, 128))


@pytest.mark.shared_data
def test_slides_that_are_damaged_or_oddly_named(microscopy: Path) -> None:
    folder = microscopy / "hostile_slides"
    assert len(find_images(folder)) == 10
    check_reader(folder / "😐.svs")
    for name in ("unreadable.svs", "unopenable.tiff"):
        with pytest.raises(ImageError, match=name), open_image(folder / name) as image:
            image.read()
    with pytest.raises(ImageError, match="Git LFS pointer"):
        open_image(microscopy / "lfs_pointers" / "c1_gray8.czi")


def test_a_slide_without_its_companion_files_is_an_image_error(tmp_path: Path) -> None:
    pytest.importorskip("openslide")
    path = tmp_path / "a.mrxs"
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    with pytest.raises(ImageError, match=r"a\.mrxs"):
        open_image(path)


def test_an_aperio_slide_is_read_as_openslide_reads_it(tmp_path: Path) -> None:
    openslide = pytest.importorskip("openslide")
    y, x = np.mgrid[:600, :900]
    base = np.stack([128 + 100 * np.sin(x / 60), 128 + 100 * np.cos(y / 40), (x + y) % 256], 2).astype(np.uint8)
    said = "Aperio Image Library v11.2.1 \r\n900x600 (256x256) JPEG/RGB Q=90|AppMag = 20|MPP = 0.4990"
    with tifffile.TiffWriter(tmp_path / "a.svs") as tif:
        options: dict[str, Any] = {"photometric": "rgb", "compression": "jpeg", "metadata": None, "software": False}
        tif.write(base, tile=(256, 256), description=said, **options)
        tif.write(np.ascontiguousarray(base[::3, ::3]), description="Aperio", rowsperstrip=16, **options)
        tif.write(np.ascontiguousarray(base[::4, ::4]), description=said, tile=(256, 256), **options)
        tif.write(base[:90, :80], description="Aperio\r\nlabel 80x90", subfiletype=1, **options)
        tif.write(base[:100, :200], description="Aperio\r\nmacro 200x100", subfiletype=9, **options)
    check_reader(tmp_path / "a.svs")
    with openslide.OpenSlide(tmp_path / "a.svs") as slide, open_image(tmp_path / "a.svs") as image:
        assert (image.info.size_wh, image.info.pixel_size_um, image.info.scenes) == ((900, 600), 0.499, ())
        window = slide.read_region((300, 200), 0, (250, 350)).convert("RGB")
        np.testing.assert_array_equal(image.read((300, 200, 550, 550)), np.asarray(window))
        level = slide.read_region((0, 0), 1, (225, 150)).convert("RGB")
        np.testing.assert_array_equal(image.read(step=4), np.asarray(level))


@pytest.mark.parametrize("compression", [33003, 33005])
def test_an_aperio_slide_in_jpeg_2000_has_the_colours_that_openslide_sees(tmp_path: Path, compression: int) -> None:
    openslide = pytest.importorskip("openslide")
    y, x = np.mgrid[:256, :512]
    rgb = np.stack([128 + 100 * np.sin(x / 60), 128 + 100 * np.cos(y / 40), (x + y) % 256], 2).astype(np.uint8)
    stored = np.asarray(Image.fromarray(rgb).convert("YCbCr")) if compression == 33003 else rgb
    tiles = (
        bytes(imagecodecs.jpeg2k_encode(np.ascontiguousarray(tile), level=0, codecformat="j2k", mct=False))
        for tile in (stored[:, :256], stored[:, 256:])
    )
    said = "Aperio Image Library v11.2.1 \r\n512x256 (256x256) J2K/YUV16 Q=90|AppMag = 20|MPP = 0.4990"
    options: dict[str, Any] = {"photometric": "rgb", "metadata": None, "software": False, "description": said}
    with tifffile.TiffWriter(tmp_path / "a.svs") as tif:
        tif.write(tiles, shape=rgb.shape, dtype=np.uint8, tile=(256, 256), compression=compression, **options)
    check_reader(tmp_path / "a.svs")
    with openslide.OpenSlide(tmp_path / "a.svs") as slide, open_image(tmp_path / "a.svs") as image:
        seen = np.asarray(slide.read_region((0, 0), 0, slide.dimensions).convert("RGB"))
        assert np.abs(image.read().astype(int) - seen).max() <= 1
        assert np.abs(seen.astype(int) - rgb).max() <= 4


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["small.svs", "boxes.tiff", "boxes_0.dcm"])
def test_real_slides_are_read_as_openslide_reads_them(microscopy: Path, name: str) -> None:
    openslide = pytest.importorskip("openslide")
    path = microscopy / "hostile_slides" / name
    with openslide.OpenSlide(path) as slide, open_image(path) as image:
        whole = slide.read_region((0, 0), 0, slide.dimensions)
        np.testing.assert_array_equal(image.read(), np.asarray(whole)[..., :3])
