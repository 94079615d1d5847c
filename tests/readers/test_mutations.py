"""Broken and hostile image files: an error that helps, or pixels as they were promised; never less without a word."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from tests.fuzzing.hunt import rounds_of_today, seed_of_today
from tests.fuzzing.mutate import BYTES, Mutation, other_values, png_bomb, torn
from tests.readers.samples import FILES, FOLDERS, OME_XML_BOMB, TIFFS, texture, tiff_entries

from annelid.errors import ImageError
from annelid.readers import ImageInfo, open_image
from annelid.readers import decoder_process as process_module

ROUNDS = 1000
MEMORY = 2**30
LIMITED = f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({MEMORY}, {MEMORY}));"
SECONDS = 10.0
"""No file may keep a decoder busy for longer."""

REAL = {
    "nd2": "nd2/cluster.nd2",
    "lif": "lif/artifacts/xz-example/xz-example.lif",
    "svs": "hostile_slides/small.svs",
    "dicom": "hostile_slides/boxes_0.dcm",
    "czi": "czi_ometiff_pairs/bioio_conversion/tests/resources/s_1_t_1_c_1_z_1.czi",
    "ome-tiff": "viv/packages/loaders/tests/fixtures/multi-channel.ome.tif",
    "imagej": "neubias/image_data/xyc_16bit__cell_dna_mts_actin.tif",
}


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that takes more memory or time than any of these small files can need is found out."""
    monkeypatch.setattr("annelid.readers.apart._SECONDS", SECONDS)
    process_module.decoder_process.end()
    if sys.platform == "linux":
        monkeypatch.setattr(process_module, "START", LIMITED + process_module.START)


@dataclass(frozen=True)
class Look:
    """What is seen of an image: what its file says, and some pixels of its first and last plane."""

    info: ImageInfo
    pixels: tuple[NDArray[np.generic], ...]

    def is_like(self, other: Look) -> bool:
        """Whether nothing is lost or changed."""
        return self.info == other.info and all(map(np.array_equal, self.pixels, other.pixels))


def look_at(path: Path) -> Look:
    """Open and read; every array must have the size and type that were promised."""
    with open_image(path) as image:
        info = image.info
        w, h = info.size_wh
        assert min(w, h, *info.planes) >= 1
        places = {(0, 0), (info.planes[0] - 1, info.planes[1] - 1)}
        windows = [(0, 0, min(w, 300), min(h, 300)), (max(0, w - 3), max(0, h - 3), w, h)]
        pixels = [image.read(window, t=t, z=z) for t, z in sorted(places) for window in windows]
        assert {p.dtype.name for p in pixels} == {info.dtype}
        assert {p.shape[2] for p in pixels} == {len(info.channels)}
    return Look(info, tuple(pixels))


def answer(path: Path) -> Look | ImageError:
    """What came of it; anything but these two is a defect."""
    try:
        return look_at(path)
    except ImageError as error:
        return error


def hold(path: Path, whole: Look, *, is_cut: bool) -> None:
    """Whatever became of a file: an error with all its parts, or pixels; what is missing is said."""
    found = answer(path)
    if isinstance(found, Look):
        said = set(found.info.notes) - set(whole.info.notes)
        assert not is_cut or found.is_like(whole) or said, found.info
        return
    assert str(path) in str(found)
    assert found.expected
    assert found.found
    assert found.next_step
    assert not any(said in found.found for said in ("crashed", "its decoder was stopped"))


def hunt(path: Path, whole: Look, key: str, mutations: Sequence[Mutation], rounds: int) -> None:
    """Spoil the content of a file, over and over; it is as before at the end."""
    content = path.read_bytes()
    for number in range(rounds):
        chance = Random(f"{key} {seed_of_today()} {number}")
        mutation = chance.choice(mutations)
        path.write_bytes(mutation(content, chance))
        try:
            hold(path, whole, is_cut=mutation is torn)
        except BaseException as error:
            error.add_note(f"round {number} of {key}: {mutation.__name__}; the file is {path}")
            raise
    path.write_bytes(content)


def directories(path: Path) -> Mutation:
    """Something odd in an entry of a TIFF directory: its tag, type, count, or value."""
    entries = list(tiff_entries(path))

    def changed(data: bytes, chance: Random) -> bytes:
        at, order, is_big = chance.choice(entries)
        wide = 8 if is_big else 4
        place, size = chance.choice(((0, 2), (2, 2), (4, wide), (4 + wide, wide)))
        odd: tuple[int, ...] = (0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**63, at)
        number = chance.choice((*odd, chance.randrange(len(data)), chance.randrange(9))) % 256**size
        value: bytes = number.to_bytes(size, "little" if order == "<" else "big")
        return data[: at + place] + value + data[at + place + size :]

    return changed


def mutations_of(path: Path) -> Sequence[Mutation]:
    if path.suffix == ".png":
        return (*BYTES, png_bomb)
    return (*BYTES, *(directories(path),) * 12) if path.suffix in (".tif", ".tiff", ".lsm", ".svs") else BYTES


@pytest.mark.parametrize("name", FILES)
def test_spoiled_files_end_in_an_error_that_helps_or_in_pixels(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    FILES[name](path)
    hunt(path, look_at(path), name, mutations_of(path), rounds_of_today(ROUNDS))


@pytest.mark.parametrize("name", FOLDERS)
def test_spoiled_folders_do_so_too(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    FOLDERS[name](path)
    whole = look_at(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    described = [file for file in files if file.name in (".zarray", ".zattrs", ".zgroup", "zarr.json")]
    share = rounds_of_today(ROUNDS) // len(files)
    for file in files:
        mutations = (*BYTES, *(other_values,) * 20) if file in described else (torn, *BYTES)
        hunt(file, whole, f"{name} {file.name}", mutations, share * (1 + 3 * (file in described)))
        hold_without(file, path, whole)


def hold_without(file: Path, path: Path, whole: Look) -> None:
    """The same for a folder that lacks a file."""
    content = file.read_bytes()
    file.unlink()
    hold(path, whole, is_cut=True)
    file.write_bytes(content)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", REAL)
def test_spoiled_real_files_do_so_too(name: str, tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "microscopy" / REAL[name]
    path = tmp_path / source.name
    shutil.copyfile(source, path)
    hunt(path, look_at(path), name, mutations_of(path), rounds_of_today(ROUNDS))


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".czi", ".nd2", ".lif", ".dcm", ".txt", ""])
@pytest.mark.parametrize("name", ["imagej.tif", "rgb.png", "mosaic.czi"])
def test_a_wrong_extension_changes_nothing(name: str, suffix: str, tmp_path: Path) -> None:
    FILES[name](tmp_path / name)
    whole = look_at(tmp_path / name)
    assert look_at((tmp_path / name).rename(tmp_path / f"other{suffix}")).is_like(whole)


@pytest.mark.parametrize("name", TIFFS)
def test_a_tiff_cut_off_anywhere_is_refused_or_it_is_said(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    TIFFS[name](path)
    whole, content = look_at(path), path.read_bytes()
    for length in range(8, len(content), max(1, len(content) // 40)):
        path.write_bytes(content[:length])
        hold(path, whole, is_cut=True)


def _xml_bomb(path: Path) -> None:
    tifffile.imwrite(path, texture(2, 20, 30), description=OME_XML_BOMB, metadata=None, photometric="minisblack")


def _promise(path: Path) -> None:
    tifffile.imwrite(path, texture(20, 30), compression="zlib", metadata=None, rowsperstrip=20)
    content = path.read_bytes()
    with tifffile.TiffFile(path) as tif:
        tags = tif.pages.first.tags
        places = [(tags[code].valueoffset, tags[code].dtype) for code in (256, 257, 278)]
    for at, kind in places:
        size = 2 if kind == 3 else 4
        content = content[:at] + (60_000).to_bytes(size, "little") + content[at + size :]
    path.write_bytes(content)


@pytest.mark.parametrize("make", [_xml_bomb, _promise], ids=["xml", "strip"])
def test_bombs_are_refused_or_read_within_bounds(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "a.tif")
    found = answer(tmp_path / "a.tif")
    if isinstance(found, Look):
        assert found.info.size_wh == (30, 20)
    else:
        assert "memory" not in found.found  # seen before, not met
