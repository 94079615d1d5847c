"""PNG, JPEG and BMP."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tests.contracts.reader import check_damage, check_reader

from annelid.errors import ImageError
from annelid.readers import open_image


def _noise(*shape: int, dtype: str = "uint8") -> NDArray[Any]:
    top = np.iinfo(dtype).max
    return np.random.default_rng(1).integers(0, top, shape, dtype=dtype)


@pytest.mark.parametrize("shape", [(20, 31), (20, 31, 3)], ids=["grey", "colour"])
@pytest.mark.parametrize("suffix", [".png", ".bmp"])
def test_8_bit_pictures_come_back_as_they_were(tmp_path: Path, shape: tuple[int, ...], suffix: str) -> None:
    data = _noise(*shape)
    path = tmp_path / f"a{suffix}"
    Image.fromarray(data).save(path)
    check_reader(path, data.reshape(20, 31, -1))
    check_damage(path, tmp_path)


@pytest.mark.parametrize("shape", [(20, 31), (20, 31, 3), (20, 31, 4)], ids=["grey", "colour", "alpha"])
def test_16_bit_png_keeps_its_16_bits(tmp_path: Path, shape: tuple[int, ...]) -> None:
    data = _noise(*shape, dtype="uint16")
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(data))
    check_reader(tmp_path / "a.png", data.reshape(20, 31, -1)[..., :3])


def test_jpeg_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    data = np.zeros((16, 32, 3), np.uint8)
    data[:, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    Image.fromarray(data).save(tmp_path / "a.jpg", exif=exif, quality=95)
    check_reader(tmp_path / "a.jpg")
    check_damage(tmp_path / "a.jpg", tmp_path)
    with open_image(tmp_path / "a.jpg") as file:
        assert file.info.size_wh == (16, 32)
        pixels = file.read()
    assert pixels[:14].min() > 240
    assert pixels[18:].max() < 15


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied(tmp_path: Path, orientation: int, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(_noise(16, 24, 3)).save(tmp_path / f"a{suffix}", exif=exif)
    with Image.open(tmp_path / f"a{suffix}") as picture:
        check_reader(tmp_path / f"a{suffix}", np.asarray(ImageOps.exif_transpose(picture)))


def test_a_png_of_16_bits_is_turned_too(tmp_path: Path) -> None:
    data = _noise(9, 16, dtype="uint16")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(data).save(tmp_path / "a.png", exif=exif)
    check_reader(tmp_path / "a.png", np.rot90(data, -1)[..., None])


@pytest.mark.parametrize("shape", [(40, 32), (40, 32, 3)], ids=["grey", "colour"])
def test_a_jpeg_of_12_bits_keeps_them_and_is_refused_when_cut_off(tmp_path: Path, shape: tuple[int, ...]) -> None:
    data = np.linspace(0, 4000, int(np.prod(shape))).astype(np.uint16).reshape(40, 32, -1)
    packed = bytes(imagecodecs.jpeg8_encode(data.reshape(shape), level=98, bitspersample=12))
    (tmp_path / "a.jpg").write_bytes(packed)
    check_reader(tmp_path / "a.jpg")
    with open_image(tmp_path / "a.jpg") as file:
        assert np.abs(file.read().astype(int) - data).max() < 40
    (tmp_path / "a.jpg").write_bytes(packed[: len(packed) * 2 // 3])
    with pytest.raises(ImageError, match="cut off"):
        open_image(tmp_path / "a.jpg")


def test_a_png_with_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(_noise(30, 31)).save(path, compress_level=0)
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 200] ^= 1
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"a\.png"), open_image(path) as file:
        file.read()


def test_of_an_animation_the_first_picture_is_read_and_that_is_said(tmp_path: Path) -> None:
    first, second = (Image.fromarray(_noise(9, 8, 3)[:: 1 - 2 * n]) for n in range(2))
    first.save(tmp_path / "a.png", save_all=True, append_images=[second])
    check_reader(tmp_path / "a.png", np.asarray(first))
    with open_image(tmp_path / "a.png") as file:
        assert file.info.notes == ("the file holds 2 pictures: the first is read",)


def test_cmyk_becomes_colours_and_that_is_said(tmp_path: Path) -> None:
    Image.fromarray(_noise(16, 24, 3)).convert("CMYK").save(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as picture:
        check_reader(tmp_path / "a.jpg", np.asarray(picture.convert("RGB")))
    with open_image(tmp_path / "a.jpg") as file:
        assert any("CMYK" in note for note in file.info.notes)


@pytest.mark.parametrize("transparency", [3, bytes(range(7))], ids=["a colour", "a value for each"])
def test_a_transparent_palette_becomes_its_colours(tmp_path: Path, transparency: int | bytes) -> None:
    picture = Image.fromarray(_noise(9, 8, 3)).quantize(7)
    picture.save(tmp_path / "a.png", transparency=transparency)
    check_reader(tmp_path / "a.png", np.asarray(picture.convert("RGB")))
    with open_image(tmp_path / "a.png") as file:
        assert file.info.notes == ("the alpha channel is ignored",)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_dropped_and_noted(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(_noise(9, 8, 4)).convert(mode)
    picture.save(tmp_path / "a.png")
    bands = np.asarray(picture)
    check_reader(tmp_path / "a.png", bands[..., : 3 if mode == "RGBA" else 1])
    with open_image(tmp_path / "a.png") as file:
        assert file.info.notes == ("the alpha channel is ignored",)


def test_a_palette_becomes_its_colours(tmp_path: Path) -> None:
    picture = Image.fromarray(_noise(9, 8, 3)).quantize(7)
    picture.save(tmp_path / "a.png")
    check_reader(tmp_path / "a.png", np.asarray(picture.convert("RGB")))


def test_one_bit_pictures_are_0_and_255(tmp_path: Path) -> None:
    mask = _noise(9, 8) > 100
    Image.fromarray(mask).save(tmp_path / "a.png")
    check_reader(tmp_path / "a.png", mask[..., None] * np.uint8(255))


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    Image.fromarray(_noise(9, 8)).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a")
    check_reader(tmp_path / "a")


def test_a_header_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b""))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ImageError, match="100000 x 100000"):
            open_image(tmp_path / "bomb.png")


def test_a_large_picture_opens_without_a_warning(tmp_path: Path) -> None:
    Image.new("1", (14_000, 14_000)).save(tmp_path / "large.png")
    with open_image(tmp_path / "large.png") as file:
        assert file.info.size_wh == (14_000, 14_000)
