"""TIFF of every kind that a microscope or a script writes."""

from __future__ import annotations

import contextlib
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tests.contracts.reader import check_damage, check_reader
from tests.readers.samples import texture, write_lsm

from annelid.errors import ImageError, UsageError
from annelid.readers import find_images, open_image
from annelid.readers.opening import open_here

RNG = np.random.default_rng(0)


def _ramp(*shape: int, dtype: str = "uint16") -> NDArray[Any]:
    return (np.arange(np.prod(shape)).reshape(shape) * 7 % 251).astype(dtype)


DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64"]
STORAGE: list[dict[str, Any]] = [
    {},
    {"rowsperstrip": 5},
    {"tile": (16, 32)},
    {"compression": "zlib", "rowsperstrip": 5},
    {"compression": "lzw", "tile": (32, 16), "predictor": True},
    {"compression": "zstd", "tile": (16, 16)},
    {"byteorder": ">"},
    {"byteorder": ">", "compression": "zlib", "bigtiff": True},
]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_pixel_type_comes_back_as_it_was(tmp_path: Path, dtype: str) -> None:
    data = _ramp(40, 53, dtype=dtype)
    tifffile.imwrite(tmp_path / "a.tif", data)
    check_reader(tmp_path / "a.tif", data[..., None])


@pytest.mark.parametrize("storage", STORAGE, ids=str)
def test_every_storage_reads_the_same_windows(tmp_path: Path, storage: dict[str, Any]) -> None:
    data = _ramp(40, 53)
    tifffile.imwrite(tmp_path / "a.tif", data, **storage)
    check_reader(tmp_path / "a.tif", data[..., None])
    check_damage(tmp_path / "a.tif", tmp_path)


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    samples=st.sampled_from([1, 3]),
    planar=st.booleans(),
    storage=st.sampled_from(STORAGE),
)
def test_any_size_and_storage_holds_the_contract(
    tmp_path_factory: pytest.TempPathFactory,
    size: tuple[int, int],
    samples: int,
    planar: bool,
    storage: dict[str, Any],
) -> None:
    data = _ramp(*size, samples)
    path = tmp_path_factory.mktemp("any") / "a.tif"
    if samples == 1:
        tifffile.imwrite(path, data[..., 0], **storage)
    elif planar:
        tifffile.imwrite(path, data.transpose(2, 0, 1), photometric="rgb", planarconfig="separate", **storage)
    else:
        tifffile.imwrite(path, data, photometric="rgb", **storage)
    check_reader(path, data)


@pytest.mark.parametrize("storage", [{}, {"compression": "zlib"}], ids=["plain", "deflate"])
@pytest.mark.parametrize("axes", ["TZCYX", "CTZYX", "ZCYX", "YXS", "TYXS", "CYX", "TCYX", "YXC", "XYC", "YXZ"])
def test_every_order_of_axes_finds_its_plane(tmp_path: Path, axes: str, storage: dict[str, Any]) -> None:
    sizes = {"T": 3, "Z": 4, "C": 2, "Y": 20, "X": 31, "S": 3}
    data = _ramp(*(sizes[axis] for axis in axes))
    photometric = "rgb" if "S" in axes else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", data, metadata={"axes": axes}, photometric=photometric, **storage)
    t, z = (2 if "T" in axes else 0), (1 if "Z" in axes else 0)
    pick: tuple[Any, ...] = tuple({"T": t, "Z": z}.get(axis, slice(None)) for axis in axes)
    left = [axis for axis in axes if axis not in "TZ"]
    plane = data[pick].transpose([left.index(axis) for axis in "YXCS" if axis in left])
    check_reader(tmp_path / "a.tif", plane.reshape(20, 31, -1), t=t, z=z)
    with open_image(tmp_path / "a.tif") as file:
        assert file.info.planes == (sizes["T"] if "T" in axes else 1, sizes["Z"] if "Z" in axes else 1)


def test_ome_names_the_channels_and_the_pixel_size(tmp_path: Path) -> None:
    metadata = {
        "axes": "CYX",
        "Channel": {"Name": ["DAPI", "GFP"]},
        "PhysicalSizeX": 325.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 325.0,
        "PhysicalSizeYUnit": "nm",
    }
    tifffile.imwrite(tmp_path / "a.ome.tif", _ramp(2, 20, 31), metadata=metadata)
    with open_image(tmp_path / "a.ome.tif") as file:
        assert file.info.channels == ("DAPI", "GFP")
        assert file.info.pixel_size_um == 0.325
        assert not file.info.is_rgb


def test_imagej_labels_and_unit_are_used(tmp_path: Path) -> None:
    metadata = {"axes": "CYX", "unit": "micron", "Labels": ["phase", "phase"]}
    resolution = (1 / 0.65, 1 / 0.65)
    tifffile.imwrite(tmp_path / "a.tif", _ramp(2, 20, 31), imagej=True, resolution=resolution, metadata=metadata)
    with open_image(tmp_path / "a.tif") as file:
        assert file.info.channels == ("phase", "phase (2)")
        assert file.info.pixel_size_um == pytest.approx(0.65, rel=1e-5)


@pytest.mark.parametrize(
    ("resolution", "unit", "expected"),
    [
        (20000, "CENTIMETER", 0.5),
        (72, "INCH", None),
        (300, "INCH", None),
        (50800, "INCH", 0.5),
        (1, "NONE", None),
    ],
)
def test_resolution_tags_count_unless_they_are_a_printers(
    tmp_path: Path, resolution: float, unit: str, expected: float | None
) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif",
        _ramp(9, 9),
        resolution=(resolution, resolution),
        resolutionunit=unit,
        metadata=None,
    )
    with open_image(tmp_path / "a.tif") as file:
        assert file.info.pixel_size_um == expected


def test_absurd_calibration_is_ignored_and_noted(tmp_path: Path) -> None:
    metadata = {"axes": "YX", "PhysicalSizeX": 0.0, "PhysicalSizeXUnit": "µm"}
    tifffile.imwrite(tmp_path / "a.ome.tif", _ramp(9, 9), metadata=metadata)
    with open_image(tmp_path / "a.ome.tif") as file:
        assert file.info.pixel_size_um is None
        assert any("calibration ignored" in note for note in file.info.notes)


def test_alpha_is_dropped_and_noted(tmp_path: Path) -> None:
    data = _ramp(12, 13, 4, dtype="uint8")
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="rgb", extrasamples=["unassalpha"])
    check_reader(tmp_path / "a.tif", data[..., :3])
    grey = _ramp(12, 13, 2, dtype="uint8")
    tifffile.imwrite(
        tmp_path / "b.tif", grey, photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"]
    )
    check_reader(tmp_path / "b.tif", grey[..., :1])
    for name in ("a.tif", "b.tif"):
        with open_image(tmp_path / name) as file:
            assert "the alpha channel is ignored" in file.info.notes


def test_one_bit_pictures_are_0_and_255(tmp_path: Path) -> None:
    data = _ramp(12, 13) % 2 == 0
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="minisblack")
    check_reader(tmp_path / "a.tif", data[..., None] * np.uint8(255))


def test_a_stack_without_names_says_what_was_assumed(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "few.tif", _ramp(3, 30, 31), photometric="minisblack")
    tifffile.imwrite(tmp_path / "many.tif", _ramp(9, 30, 31), photometric="minisblack")
    with open_image(tmp_path / "few.tif") as few, open_image(tmp_path / "many.tif") as many:
        assert (few.info.channels, few.info.planes) == (("0", "1", "2"), (1, 1))
        assert (many.info.channels, many.info.planes) == (("0",), (9, 1))
        assert "channels" in few.info.notes[0]
        assert "time points" in many.info.notes[0]


def test_an_overview_takes_the_pyramid(tmp_path: Path) -> None:
    data = _ramp(256, 300)
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(data, subifds=2, tile=(64, 64), metadata={"axes": "YX"})
        tif.write(np.full((128, 150), 1, np.uint16), subfiletype=1, tile=(64, 64))
        tif.write(np.full((64, 75), 2, np.uint16), subfiletype=1, tile=(64, 64))
    check_reader(tmp_path / "a.tif", data[..., None])
    with open_image(tmp_path / "a.tif") as file:
        assert (file.read(step=2) == 1).all()
        assert (file.read(step=3) == 1).all()
        assert (file.overview(75) == 2).all()
        assert file.read((10, 10, 50, 20), step=4).shape == (3, 10, 1)


def test_a_window_of_a_compressed_file_decodes_only_its_own_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", _ramp(512, 512), tile=(64, 64), compression="zlib")
    with open_here(tmp_path / "a.tif") as file:
        planes = file._planes  # type: ignore[attr-defined]
        decoded: list[int] = []
        decode = planes._decode

        def counted(page: int, index: int) -> Any:
            decoded.append(index)
            return decode(page, index)

        monkeypatch.setattr(planes, "_decode", counted)
        file.read((60, 70, 130, 100))
        assert decoded == [8, 9, 10]
        file.read((60, 70, 130, 100))
        assert len(decoded) == 3


def test_missing_tiles_are_zero(tmp_path: Path) -> None:
    tiles = (np.full((16, 16), 5, np.uint8) if i != 1 else None for i in range(4))
    tifffile.imwrite(tmp_path / "a.tif", tiles, shape=(32, 32), dtype="uint8", tile=(16, 16), compression="zlib")
    with open_image(tmp_path / "a.tif") as file:
        pixels = file.read()[..., 0]
    assert (pixels[:16, 16:] == 0).all()
    assert (pixels[16:] == 5).all()


def test_complex_pixels_are_refused_with_advice(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((9, 9), np.complex64))
    with pytest.raises(ImageError, match="complex64"):
        open_image(tmp_path / "a.tif")


def test_a_header_that_promises_too_much_is_an_image_error(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, _ramp(9, 9), metadata=None)
    content = bytearray(path.read_bytes())
    at = content.find(struct.pack("<HHI", 257, 3, 1))
    at = at if at >= 0 else content.find(struct.pack("<HHI", 257, 4, 1))
    content[at + 8 : at + 10] = struct.pack("<H", 60000)
    path.write_bytes(bytes(content))
    with pytest.raises(ImageError, match=r"a\.tif"), open_image(path) as file:
        file.read()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_damaged_byte_leads_to_anything_but_an_image_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "a.tif"
    tifffile.imwrite(path, _ramp(40, 30), compression="zlib", rowsperstrip=8)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    with contextlib.suppress(ImageError), open_image(path) as file:
        file.read((0, 0, 1, 1))
        file.overview(8)


@pytest.mark.shared_data
def test_real_files_hold_the_contract(shared_data: Path) -> None:
    for folder in (
        "microscopy/neubias/image_data",
        "segmentation/celldetective/assets",
        "segmentation/omnipose",
    ):
        for path in sorted((shared_data / folder).glob("*.tif")):
            check_reader(path)


@pytest.mark.shared_data
def test_real_calibration_is_found(shared_data: Path) -> None:
    known = {
        "microscopy/neubias/image_data/xy_8bit__nucleus_calibrated.tif": 0.13,
        "microscopy/czi_ometiff_pairs/bioio_conversion/tests/resources/s_1_t_1_c_1_z_1.ome.tiff": 1.08333,
        "microscopy/hostile_slides/small.svs": 0.499,
        "microscopy/hostile_slides/boxes.tiff": None,
        "segmentation/instanseg/examples/HE_example.tif": 0.50008,
    }
    for name, expected in known.items():
        with open_image(shared_data / name) as file:
            assert file.info.pixel_size_um == expected, name


def test_a_multi_file_ome_tiff_is_followed_and_a_missing_part_is_noted(tmp_path: Path) -> None:
    schema = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
    ids = [f"urn:uuid:00000000-0000-0000-0000-00000000000{i}" for i in range(3)]
    places = "".join(
        f'<TiffData FirstC="0" FirstT="0" FirstZ="{i}" IFD="0" PlaneCount="1">'
        f'<UUID FileName="z{i}.ome.tif">{uuid}</UUID></TiffData>'
        for i, uuid in enumerate(ids)
    )
    for i, uuid in enumerate(ids):
        ome = (
            f'<?xml version="1.0"?><OME xmlns="{schema}" UUID="{uuid}"><Image ID="Image:0">'
            '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="31" SizeY="20" '
            'SizeZ="3" SizeC="1" SizeT="1">'
            f'<Channel ID="Channel:0:0" Name="DAPI"/>{places}</Pixels></Image></OME>'
        )
        data = np.full((20, 31), i + 1, np.uint16)
        tifffile.imwrite(tmp_path / f"z{i}.ome.tif", data, description=ome, metadata=None, compression="zlib")
    for z in range(3):
        check_reader(tmp_path / "z0.ome.tif", np.full((20, 31, 1), z + 1), z=z)
    (tmp_path / "z2.ome.tif").unlink()
    with open_image(tmp_path / "z0.ome.tif") as file:
        assert file.info.planes == (1, 3)
        assert (file.read(z=1) == 2).all()
        assert (file.read(z=2) == 0).all()
        assert any("missing" in note for note in file.info.notes)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_tag_is_applied(tmp_path: Path, orientation: int) -> None:
    stored = np.arange(37 * 53, dtype=np.uint16).reshape(37, 53)
    shown = {
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.T,
        6: stored.T[:, ::-1],
        7: stored.T[::-1, ::-1],
        8: stored.T[::-1],
    }.get(orientation, stored)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stored, extratags=[(274, 3, 1, orientation, True)], rowsperstrip=8, compression="zlib")
    check_reader(path, shown[..., None])


def test_a_colour_table_gives_colours_and_a_ramp_of_one_hue_intensities(tmp_path: Path) -> None:
    values = RNG.integers(0, 256, (20, 30)).astype(np.uint8)
    table = RNG.integers(0, 2**16, (3, 256)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "colours.tif", values, photometric="palette", colormap=table)
    check_reader(tmp_path / "colours.tif", (table >> 8).T.astype(np.uint8)[values])
    green = np.zeros((3, 256), np.uint16)
    green[1] = np.arange(256) * 257
    tifffile.imwrite(tmp_path / "green.tif", values, photometric="palette", colormap=green)
    check_reader(tmp_path / "green.tif", values[..., None])
    with open_image(tmp_path / "green.tif") as image:
        assert any("one hue" in note for note in image.info.notes)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16])
def test_white_stored_as_0_is_turned_round(tmp_path: Path, dtype: type) -> None:
    values: NDArray[Any] = RNG.integers(0, 2 if dtype is bool else 200, (20, 30)).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="miniswhite")
    expected = (~values).astype(np.uint8) * 255 if dtype is bool else np.iinfo(dtype).max - values
    check_reader(tmp_path / "a.tif", expected[..., None])
    with open_image(tmp_path / "a.tif") as image:
        assert any("turned round" in note for note in image.info.notes)


def test_images_of_an_ome_tiff_are_scenes_with_names_and_sizes_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    first = RNG.integers(0, 255, (2, 20, 30)).astype(np.uint8)
    second = RNG.integers(0, 60_000, (40, 50)).astype(np.uint16)
    with tifffile.TiffWriter(path, ome=True) as tif:
        for name, pixels, axes, size in (("A", first, "CYX", 0.5), ("B", second, "YX", 0.25)):
            tif.write(pixels, metadata={"axes": axes, "Name": name, "PhysicalSizeX": size, "PhysicalSizeY": size})
    with open_image(path) as a, open_image(path, 1) as b:
        assert a.info.scenes == b.info.scenes == ("A", "B")
        assert (a.info.pixel_size_um, b.info.pixel_size_um) == (0.5, 0.25)
        np.testing.assert_array_equal(a.read(), first.transpose(1, 2, 0))
        np.testing.assert_array_equal(b.read()[..., 0], second)
    with pytest.raises(UsageError, match="no scene 2"):
        open_image(path, 2)


def test_pictures_of_another_size_are_scenes_and_thumbnails_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(np.zeros((20, 30), np.uint8))
        tif.write(np.ones((40, 50), np.uint8))
        tif.write(np.full((4, 5), 2, np.uint8), subfiletype=1)
    with open_image(path) as image, open_image(path, 1) as other:
        assert (image.info.size_wh, other.info.size_wh) == ((50, 40), (30, 20))
        assert len(image.info.scenes) == 2
        assert any("1 further picture" in note for note in image.info.notes)


@pytest.mark.shared_data
def test_a_set_of_ome_tiff_files_is_one_image(shared_data: Path) -> None:
    folder = shared_data / "microscopy" / "viv" / "sites" / "avivator" / "data"
    assert [file.name for file in find_images(folder)] == ["multi-channel.ome.tif", "multifile.companion.ome"]
    check_reader(folder / "multifile.companion.ome", z=3)
    with open_image(folder / "multifile.companion.ome") as whole, open_image(folder / "multifile-Z4.ome.tiff") as one:
        assert whole.info == one.info
        assert whole.info.planes == (1, 5)
        np.testing.assert_array_equal(whole.read(z=3)[..., 0], tifffile.imread(folder / "multifile-Z4.ome.tiff"))
        np.testing.assert_array_equal(whole.read(z=3), one.read(z=3))


def test_a_companion_without_its_files_is_an_image_error(tmp_path: Path) -> None:
    path = tmp_path / "a.companion.ome"
    path.write_text('<?xml version="1.0"?><OME><Image><Pixels><TiffData><UUID FileName="a.tif"/></TiffData></Pixels>')
    with pytest.raises(ImageError, match=r"a\.tif"):
        open_image(path)


@pytest.mark.shared_data
def test_bad_calibration_of_real_files_is_not_used(shared_data: Path) -> None:
    folder = shared_data / "microscopy" / "neubias" / "image_data"
    with open_image(folder / "xyz_8bit__mitotic_plate_calibrated.tif") as good:
        assert good.info.pixel_size_um
    with open_image(folder / "xyz_8bit__mitotic_plate_badZcalibrated.tif") as bad:
        assert bad.info.size_wh == good.info.size_wh


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
def test_luma_and_chromas_that_no_decoder_turns_into_colours_are(tmp_path: Path, compression: str | None) -> None:
    picture = Image.fromarray(_ramp(24, 32, 3).astype(np.uint8)).convert("YCbCr")
    stored = np.asarray(picture)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="ycbcr", compression=compression, subsampling=(1, 1))
    check_reader(tmp_path / "a.tif")
    with open_image(tmp_path / "a.tif") as file:
        assert file.info.is_rgb
        assert np.abs(file.read().astype(int) - np.asarray(picture.convert("RGB"))).max() <= 1


@pytest.mark.parametrize("mode", ["CMYK", "LAB"])
def test_other_colours_are_channels_and_that_is_said(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(_ramp(24, 32, 3).astype(np.uint8)).convert("RGB").convert(mode)
    picture.save(tmp_path / "a.tif")
    with open_image(tmp_path / "a.tif") as file:
        assert not file.info.is_rgb
        assert any("each is taken as a channel" in note for note in file.info.notes)


@pytest.mark.parametrize("size", ["0", "-1", "NaN", "INF", "1e9", "0.3 um", "None"])
def test_a_pixel_size_of_ome_that_is_none_is_said_and_not_used(tmp_path: Path, size: str) -> None:
    tifffile.imwrite(tmp_path / "a.ome.tif", _ramp(9, 9), ome=True, metadata={"axes": "YX", "PhysicalSizeX": 0.123456})
    content = (tmp_path / "a.ome.tif").read_bytes()
    (tmp_path / "a.ome.tif").write_bytes(content.replace(b'"0.123456"', f'"{size}"'.ljust(10).encode()))
    with open_image(tmp_path / "a.ome.tif") as file:
        assert file.info.pixel_size_um is None
        assert any("calibration ignored" in note for note in file.info.notes)


@pytest.mark.parametrize("resolution", [(0, 0), (0, 1), (1, 0)])
def test_a_resolution_of_imagej_that_is_none_is_said_and_not_used(tmp_path: Path, resolution: tuple[int, int]) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, _ramp(9, 9), imagej=True, resolution=(4, 4), metadata={"unit": "um"})
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tif:
        places = [tif.pages.first.tags[name].valueoffset for name in ("XResolution", "YResolution")]
        order = tif.byteorder
    for place in places:
        struct.pack_into(f"{order}II", content, place, *resolution)
    path.write_bytes(content)
    with open_image(path) as file:
        assert file.info.pixel_size_um is None
        assert any("calibration ignored" in note for note in file.info.notes)


@pytest.mark.parametrize(("voxel_um", "expected"), [(0.2, 0.2), (0, None), (float("nan"), None), (1e9, None)])
def test_an_lsm_has_channels_planes_names_and_a_pixel_size(
    tmp_path: Path, voxel_um: float, expected: float | None
) -> None:
    pixels = texture(3, 4, 20, 30)
    names = ("DAPI", "GFP", "GFP", "RFP")
    path = write_lsm(tmp_path / "a.lsm", pixels, voxel_um, names)
    check_reader(path, pixels[1].transpose(1, 2, 0), z=1)
    with open_image(path) as image:
        assert image.info.channels == ("DAPI", "GFP", "GFP (2)", "RFP")
        assert (image.info.planes, image.info.pixel_size_um) == ((1, 3), expected)
        assert expected or any("calibration ignored" in note for note in image.info.notes)


def write_virtual_stack(path: Path, count: int, side: int) -> int:
    """An ImageJ stack of more than 4 GB as ImageJ writes it: one directory, planes behind it; empty but for a mark.

    Returns:
        Where the pixels begin.
    """
    said = f"ImageJ=1.54f\nimages={count}\nslices={count}\nunit=um\n\0".encode()
    shorts = {256: side, 257: side, 258: 16, 259: 1, 262: 1, 277: 1, 278: side}
    at = 8 + 2 + 12 * 10 + 4
    first = at + len(said)
    entries = {tag: (3, 1, value << 16) for tag, value in shorts.items()}
    entries |= {270: (2, len(said), at), 273: (4, 1, first), 279: (4, 1, 2 * side * side)}
    packed = b"".join(struct.pack(">HHII", tag, *entries[tag]) for tag in sorted(entries))
    with path.open("wb") as file:
        file.write(b"MM\0*" + struct.pack(">IH", 8, len(entries)) + packed + bytes(4) + said)
        file.truncate(first + 2 * side * side * count)
        for z in (0, count - 1):
            file.seek(first + 2 * side * (side * z + 3) + 2 * 5)
            file.write(struct.pack(">H", z + 7))
    return first


@pytest.mark.skipif(sys.platform == "win32", reason="empty files are not sparse there")
def test_an_imagej_stack_of_more_than_4_gb_has_one_directory_and_is_refused_when_cut_off(tmp_path: Path) -> None:
    count, side, path = 2200, 1024, tmp_path / "a.tif"
    first = write_virtual_stack(path, count, side)
    with open_image(path) as image:
        assert (image.info.planes, image.info.size_wh, image.info.dtype) == ((1, count), (side, side), "uint16")
        for z in (0, count - 1):
            assert image.read((4, 2, 9, 9), z=z)[1, 1, 0] == z + 7
    with path.open("r+b") as file:
        file.truncate(first + 2 * side * side * 1000)
    with pytest.raises(ImageError, match="cut off"):
        open_image(path)


def test_a_description_that_speaks_of_more_pictures_than_there_are_is_said(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", _ramp(9, 9), description="ImageJ=1.54f\nimages=5\nslices=5\n", metadata=None)
    with open_image(tmp_path / "a.tif") as file:
        assert file.info.planes == (1, 1)
        assert any("5 pictures, and holds 1" in note for note in file.info.notes)


def test_pages_and_descriptions_behind_the_end_of_a_file_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tif:
        for _ in range(3):
            tif.write(texture(9, 9), contiguous=False, metadata=None)
    with tifffile.TiffFile(path) as tif:
        third = tif.pages[2].offset
    content = path.read_bytes()
    path.write_bytes(content[:third])
    with open_image(path) as file:
        assert file.info.planes == (2, 1)
        assert any("cut off behind its page 2" in note for note in file.info.notes)


def test_tiles_that_are_not_stored_are_said_and_too_few_are_refused(tmp_path: Path) -> None:
    tiles = (np.full((16, 16), 5, np.uint8) if i != 1 else None for i in range(4))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, tiles, shape=(32, 32), dtype="uint8", tile=(16, 16), compression="zlib")
    with open_image(path) as file:
        assert "1 of its strips or tiles are not stored: they are black" in file.info.notes
    with tifffile.TiffFile(path) as tif:
        at = tif.pages.first.tags["TileOffsets"].offset
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, at + 4, 3)
    path.write_bytes(content)
    with pytest.raises(ImageError, match="expected 4 strips or tiles"):
        open_image(path)
