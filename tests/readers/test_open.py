"""What is an image, what is not, and what is said about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from annelid.errors import ImageError
from annelid.fingerprint import fingerprint
from annelid.readers import find_images, image_ref, is_image, open_image
from annelid.readers.base import distinct

NOT_IMAGES = [
    (b"", "empty file"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "git lfs pull"),
    (b"name,area\na,3\n", "text file"),
    (b"GIF89a\1\0\1\0", "GIF"),
    (b"\0\1\2\3\4\5\6\7\x08", "00 01 02 03"),
    (b"BM, a text that begins like a bitmap and goes on", "text file"),
]


@pytest.mark.parametrize(("content", "said"), NOT_IMAGES)
def test_what_is_no_image_is_named_and_advised_on(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    assert not is_image(path)
    with pytest.raises(ImageError, match=said) as raised:
        open_image(path)
    assert str(path) in str(raised.value)
    assert raised.value.next_step


def test_a_missing_file_and_a_folder_are_image_errors(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        open_image(tmp_path / "none.tif")
    with pytest.raises(ImageError, match="a folder"):
        open_image(tmp_path)


@pytest.mark.parametrize("magic", [b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_a_promising_beginning_and_nothing_behind_is_an_image_error(tmp_path: Path, magic: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(magic + bytes(40))
    assert is_image(path)
    with pytest.raises(ImageError, match="a: "):
        open_image(path)


def test_image_ref_carries_what_the_project_needs(tmp_path: Path) -> None:
    data = np.zeros((3, 2, 20, 30), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", data, imagej=True, metadata={"axes": "TCYX", "unit": "um"}, resolution=(2, 2))
    ref = image_ref(tmp_path / "a.tif", id="1", name="raw/a.tif")
    assert (ref.id, ref.paths, ref.size_wh, ref.dtype) == ("1", ("raw/a.tif",), (30, 20), "uint16")
    assert (ref.channels, ref.pixel_size_um, ref.planes) == (("0", "1"), 0.5, (3, 1))
    assert ref.fingerprint == fingerprint(tmp_path / "a.tif")


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 131_072, 300_000])
def test_fingerprints_tell_files_apart_by_size_head_and_tail(tmp_path: Path, size: int) -> None:
    content = np.random.default_rng(size).bytes(size)
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(content)
    second.write_bytes(content)
    assert fingerprint(first) == fingerprint(second)
    assert fingerprint(first).startswith(f"{size}-")
    for place in {0, size // 2 if size <= 131_072 else 0, size - 1} if size else set():
        changed = bytearray(content)
        changed[place] ^= 1
        second.write_bytes(bytes(changed))
        assert fingerprint(first) != fingerprint(second)


def test_a_folder_is_searched_in_natural_order_without_litter(tmp_path: Path) -> None:
    names = ["a10.png", "a2.png", "b/1.png", "B3", "._a2.png", ".hidden/x.png", "__MACOSX/a.png", "Thumbs.db"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (3, 3)).save(tmp_path / name, format="PNG")
    (tmp_path / "notes.txt").write_text("not an image", encoding="utf-8")
    (tmp_path / "lost.tif").touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find_images(tmp_path)]
    assert found == ["a2.png", "a10.png", "b/1.png", "B3", "lost.tif"]


def test_names_become_distinct_however_many_are_equal() -> None:
    assert distinct(["a", "", "a", "a (2)", "a"]) == ("a", "1", "a (2)", "a (2) (2)", "a (3)")
    assert len(set(distinct(["x"] * 70_000))) == 70_000
