from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr
from tests.contracts.reader import check_reader
from tests.readers.zarr_file import Version, put, put_group, write_image

from annelid.errors import ImageError, UsageError
from annelid.fingerprint import fingerprint
from annelid.image import View
from annelid.readers import find_images, image_ref, is_image, open_image, open_view

VERSIONS: list[Version] = [2, 3]
PIXELS = np.random.default_rng(0).integers(0, 60_000, (2, 3, 4, 37, 53)).astype(np.uint16)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("axes", ["tczyx", "czyx", "cyx", "zyx", "tyx", "yx", "tzyx", "yxc"])
def test_every_order_of_axes_finds_its_plane(tmp_path: Path, axes: str, version: Version) -> None:
    lengths = dict(zip("tczyx", PIXELS.shape, strict=True))
    rest = tuple(slice(None) if axis in axes else 0 for axis in "tczyx")
    order = [a for a in "tczyx" if a in axes]
    pixels = PIXELS[rest].transpose([order.index(a) for a in axes])
    path = write_image(tmp_path / "a.zarr", pixels, axes, version)
    t, z = lengths["t"] - 1 if "t" in axes else 0, lengths["z"] - 1 if "z" in axes else 0
    expected = PIXELS[t, :, z].transpose(1, 2, 0) if "c" in axes else PIXELS[t, :1, z].transpose(1, 2, 0)
    check_reader(path, expected, t=t, z=z)
    with open_image(path) as image:
        assert image.info.planes == (2 if "t" in axes else 1, 4 if "z" in axes else 1)
        assert image.info.pixel_size_um == 0.5


def test_both_versions_agree(tmp_path: Path) -> None:
    two, three = (write_image(tmp_path / f"{v}.zarr", PIXELS, "tczyx", v, levels=3) for v in VERSIONS)
    for folder, version in zip((two, three), VERSIONS, strict=True):
        put(folder, version, omero={"channels": [{"label": "DAPI"}, {"label": "GFP"}, {"color": "FF0000"}]})
    with open_image(two) as a, open_image(three) as b:
        assert a.info == b.info
        assert a.info.channels == ("DAPI", "GFP", "2")
        np.testing.assert_array_equal(a.read(t=1, z=2), b.read(t=1, z=2))
        np.testing.assert_array_equal(a.overview(20), b.overview(20))


def test_three_channels_called_red_green_and_blue_are_a_colour_picture(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.zarr", PIXELS[0, :, 0].astype(np.uint8), "cyx", 3)
    put(path, 3, omero={"channels": [{"label": name} for name in ("R", "G", "B")]})
    with open_image(path) as image:
        assert image.info.is_rgb
    check_reader(path)


def test_a_window_reads_only_the_chunks_that_it_touches(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.zarr", PIXELS[0, 0, 0], "yx", 3, levels=2)
    for chunk in (path / "0" / "c").rglob("*"):
        if chunk.is_file() and chunk.relative_to(path / "0" / "c").parts != ("1", "2"):
            chunk.write_bytes(b"damaged")
    with open_image(path) as image:
        np.testing.assert_array_equal(image.read((33, 17, 47, 31))[..., 0], PIXELS[0, 0, 0, 17:31, 33:47])
        np.testing.assert_array_equal(image.read(step=2)[..., 0], PIXELS[0, 0, 0, ::2, ::2])
        with pytest.raises(ImageError, match=r"a\.zarr"):
            image.read((0, 0, 8, 8))


@pytest.mark.parametrize("version", VERSIONS)
def test_missing_metadata_is_guessed_and_said(tmp_path: Path, version: Version) -> None:
    path = write_image(tmp_path / "a.zarr", PIXELS[0], "czyx", version, axes=None)
    with open_image(path) as image:
        assert image.info.planes == (1, 4)
        assert any("does not say what its 4 axes are" in note for note in image.info.notes)
        assert image.info.pixel_size_um is None
        assert any("calibration ignored" in note for note in image.info.notes)


def test_odd_scales_are_reported_not_used(tmp_path: Path) -> None:
    datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [0, 0]}]}]
    path = write_image(tmp_path / "a.zarr", PIXELS[0, 0, 0], "yx", 2, datasets=datasets)
    with open_image(path) as image:
        assert image.info.pixel_size_um is None
        assert any("not plausible" in note for note in image.info.notes)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_only_image_in_a_folder_is_opened_of_several_one_must_be_named(tmp_path: Path, version: Version) -> None:
    plate = tmp_path / "plate.zarr"
    zarr.open_group(plate, mode="w", zarr_format=version)
    put(plate, version, plate={"wells": [{"path": "A/1"}]})
    first = write_image(plate / "A" / "1" / "0", PIXELS[0, 0, 0], "yx", version)
    check_reader(plate, PIXELS[0, 0, 0][..., None])
    assert find_images(tmp_path) == [plate]
    second = write_image(plate / "A" / "1" / "1", PIXELS[0, 0, 1], "yx", version)
    with pytest.raises(ImageError, match="2 images") as caught:
        open_image(plate)
    assert str(first) in caught.value.next_step
    assert find_images(tmp_path) == find_images(plate) == [first, second]


def test_labels_are_not_taken_for_an_image(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.zarr", PIXELS[0, 0, 0], "yx", 2)
    write_image(path / "labels" / "cells", PIXELS[0, 0, 0], "yx", 2)
    assert find_images(tmp_path) == [path]
    only = tmp_path / "b.zarr"
    zarr.open_group(only, mode="w", zarr_format=2)
    write_image(only / "labels" / "cells", PIXELS[0, 0, 0], "yx", 2)
    assert not is_image(only)
    with pytest.raises(ImageError, match="label images only"):
        open_image(only)


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "array.zarr", shape=(4, 4), dtype="u1")
    (tmp_path / "empty.zarr").mkdir()
    with pytest.raises(ImageError, match="does not say what its axes are"):
        open_image(tmp_path / "array.zarr")
    with pytest.raises(ImageError, match="no OME-Zarr"):
        open_image(tmp_path / "empty.zarr")
    pointer = tmp_path / "lfs.zarr"
    pointer.mkdir()
    (pointer / "zarr.json").write_text("version https://git-lfs.github.com/spec/v1\nsize 3\n")
    with pytest.raises(ImageError, match="Git LFS pointer"):
        open_image(pointer)
    assert find_images(tmp_path) == [tmp_path / name for name in ("array.zarr", "empty.zarr", "lfs.zarr")]


def test_lost_chunks_and_lost_arrays_are_image_errors(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.zarr", PIXELS[0, 0, 0], "yx", 3)
    shutil.rmtree(path / "0" / "c")
    with pytest.raises(ImageError, match="all would be empty"):
        open_image(path)
    shutil.rmtree(path / "0")
    with pytest.raises(ImageError, match="the arrays that it names"):
        open_image(path)


def test_a_codec_that_runs_code_is_refused(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.zarr", PIXELS[0, 0, 0], "yx", 2)
    described = json.loads((path / "0" / ".zarray").read_text())
    (path / "0" / ".zarray").write_text(json.dumps({**described, "filters": [{"id": "pickle"}]}))
    with pytest.raises(ImageError, match="pickle"):
        open_image(path)


@pytest.mark.parametrize("place", ["../other", "/etc"])
def test_arrays_outside_of_the_image_are_refused(tmp_path: Path, place: str) -> None:
    write_image(tmp_path / "other", PIXELS[0, 0, 0], "yx", 2)
    path = write_image(tmp_path / "a.zarr", PIXELS[0, 0, 0], "yx", 2, datasets=[{"path": place + "/0"}])
    with pytest.raises(ImageError, match="the arrays that it names"):
        open_image(path)


@pytest.mark.parametrize("version", VERSIONS)
def test_damaged_descriptions_are_image_errors(tmp_path: Path, version: Version) -> None:
    rng = np.random.default_rng(0)
    path = write_image(tmp_path / "a.zarr", PIXELS[0, 0, 0], "yx", version)
    files = [file for file in path.rglob("*") if file.suffix == ".json" or file.name.startswith(".z")]
    for n in range(150):
        file = files[n % len(files)]
        whole = file.read_bytes()
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            damaged[place] = rng.integers(32, 127)
        file.write_bytes(damaged[: len(whole) if n % 3 else n % len(whole)])
        try:
            with open_image(path) as image:
                image.read((0, 0, 5, 5))
        except (ImageError, UsageError):
            pass
        file.write_bytes(whole)


def test_a_folder_is_known_by_its_content_and_found_again(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.ome.zarr", PIXELS, "tczyx", 3)
    ref = image_ref(path, id="1", name="a.ome.zarr")
    assert (ref.stem, ref.planes, ref.fingerprint) == ("a", (2, 4), fingerprint(path))
    shutil.copytree(path, tmp_path / "b.zarr")
    assert fingerprint(tmp_path / "b.zarr") == ref.fingerprint
    write_image(tmp_path / "c.zarr", PIXELS + 1, "tczyx", 3)
    assert fingerprint(tmp_path / "c.zarr") != ref.fingerprint
    with open_view(View(ref, t=1, z=3), tmp_path) as image:
        np.testing.assert_array_equal(image.read(), PIXELS[1, :, 3].transpose(1, 2, 0))


@pytest.mark.shared_data
def test_the_same_real_image_in_both_versions_agrees(shared_data: Path, tmp_path: Path) -> None:
    root = shared_data / "microscopy" / "viv" / "packages" / "loaders" / "tests" / "fixtures" / "ome-zarr"
    images = []
    for version in ("v04", "v05"):
        folder = tmp_path / version
        for name, content in json.loads((root / f"blobs_image_{version}.ome.zarr.json").read_text()):
            (folder / name[1:]).parent.mkdir(parents=True, exist_ok=True)
            (folder / name[1:]).write_bytes(base64.b64decode(content))
        check_reader(folder)
        with open_image(folder) as image:
            assert (image.info.size_wh, image.info.channels, image.info.dtype) == ((12, 12), ("0", "1", "2"), "float64")
            images.append(image.read())
    assert [image.shape for image in images] == [(12, 12, 3)] * 2


@pytest.mark.parametrize("version", VERSIONS)
def test_lost_chunks_are_said_and_a_lost_first_level_is_refused(tmp_path: Path, version: Version) -> None:
    path = write_image(tmp_path / "a.zarr", PIXELS[0, :, 0], "cyx", version, levels=2)
    chunk = path / "0" / ("c/1/0/2" if version == 3 else "1.0.2")
    chunk.unlink()
    with open_image(path) as image:
        assert image.info.notes == ("1 of its 36 chunks are not stored: they are taken as empty",)
        assert not image.read()[:16, 32:48, 1].any()
    (path / "0" / ("zarr.json" if version == 3 else ".zarray")).unlink()
    with pytest.raises(ImageError, match="none of its first level"):
        open_image(path)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_image_of_a_plate_and_of_a_series_is_found(tmp_path: Path, version: Version) -> None:
    plate = tmp_path / "plate.zarr"
    put_group(plate, version, plate={"wells": [{"path": "A/1"}, {"path": "B/2"}]})
    for well in ("A/1", "B/2"):
        put_group(plate / well, version, well={"images": [{"path": "0"}, {"path": "1"}]})
        for field in "01":
            write_image(plate / well / field, PIXELS[0, :, 0], "cyx", version)
    series = tmp_path / "series.zarr"
    put_group(series, version, **{"bioformats2raw.layout": 3})
    for name in "01":
        write_image(series / name, PIXELS[1, :, 0], "cyx", version)
    (series / "OME").mkdir()
    (series / "OME" / "METADATA.ome.xml").write_text("<OME/>", encoding="utf-8")
    found = [path.relative_to(tmp_path).as_posix() for path in find_images(tmp_path)]
    assert found == [
        *(f"plate.zarr/{place}" for place in ("A/1/0", "A/1/1", "B/2/0", "B/2/1")),
        *(f"series.zarr/{name}" for name in "01"),
    ]
    check_reader(series / "1", PIXELS[1, :, 0].transpose(1, 2, 0))


def test_shards_are_read_and_a_lost_one_is_said(tmp_path: Path) -> None:
    pixels = PIXELS[0, :, 0]
    path = write_image(tmp_path / "a.zarr", pixels, "cyx", 3)
    group = zarr.open_group(path, mode="a")
    array = group.create_array(
        "0", shape=pixels.shape, chunks=(1, 5, 5), shards=(1, 20, 30), dtype="uint16", overwrite=True
    )
    array[...] = pixels
    check_reader(path, pixels.transpose(1, 2, 0))
    (path / "0" / "c" / "1" / "0" / "0").unlink()
    with open_image(path) as image:
        assert any("1 of its 12 chunks" in note for note in image.info.notes)
