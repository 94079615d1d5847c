from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from tests.contracts.reader import check_damage, check_reader
from tests.readers.czi_file import JPEG_XR, LZW, RAW, ZSTD, ZSTD_HEADED, Piece, write_czi

from annelid.errors import ImageError, UsageError
from annelid.readers import image_ref, open_image

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 60_000, (37, 53, 1)).astype(np.uint16)
COLOUR = RNG.integers(0, 255, (37, 53, 3)).astype(np.uint8)
_CHANNELS = '<Channels><Channel Id="Channel:0" Name="DAPI"/><Channel Id="Channel:1"/></Channels>'
_SCENES = '<S><Scenes><Scene Index="0" Name="well A"/><Scene Index="1" Name="well B"/></Scenes></S>'
_SIZES = "".join(f'<Distance Id="{axis}"><Value>{{size}}</Value></Distance>' for axis in "XY")
XML = f"""<ImageDocument><Metadata>
<Information><Image><Dimensions>{_CHANNELS}{_SCENES}</Dimensions></Image></Information>
<Scaling><Items>{_SIZES}</Items></Scaling>
<DisplaySetting><Channels><Channel Id="Channel:1" Name="GFP"/></Channels></DisplaySetting>
</Metadata></ImageDocument>"""


@pytest.mark.parametrize("compression", [RAW, LZW, JPEG_XR, ZSTD, ZSTD_HEADED])
@pytest.mark.parametrize("pixels", [GREY, GREY.astype(np.uint8), COLOUR], ids=["16", "8", "colour"])
def test_every_lossless_compression_gives_the_pixels_back(tmp_path: Path, compression: int, pixels: np.ndarray) -> None:
    path = write_czi(tmp_path / "a.czi", [Piece(pixels, compression=compression)])
    check_reader(path, pixels)
    check_damage(path, tmp_path)


def test_scenes_channels_planes_and_names(tmp_path: Path) -> None:
    planes = RNG.integers(0, 60_000, (2, 2, 3, 2, 11, 13, 1)).astype(np.uint16)
    pieces = [
        Piece(planes[s, t, z, c], (40 * s - 7, 5), places={"S": s, "T": t + 4, "Z": z, "C": c})
        for s, t, z, c in np.ndindex(*planes.shape[:4])
    ]
    path = write_czi(tmp_path / "a.czi", pieces, XML.format(size=3.25e-7))
    for s in range(2):
        with open_image(path, s) as image:
            assert image.info.channels == ("DAPI", "GFP")
            assert image.info.scenes == ("well A", "well B")
            assert (image.info.planes, image.info.size_wh, image.info.pixel_size_um) == ((2, 3), (13, 11), 0.325)
            for t, z in np.ndindex(2, 3):
                np.testing.assert_array_equal(image.read(t=t, z=z), planes[s, t, z, ..., 0].transpose(1, 2, 0))
    with pytest.raises(UsageError, match="no scene 2"):
        open_image(path, 2)
    assert image_ref(path, id="1", name="a.czi", scene=1).size_wh == (13, 11)


def test_a_later_piece_lies_above_an_earlier_one_and_gaps_are_black(tmp_path: Path) -> None:
    ones = np.ones((10, 10, 1), np.uint8)
    pieces = [Piece(ones * 2, (5, 5), places={"M": 1}), Piece(ones, (0, 0), places={"M": 0})]
    with open_image(write_czi(tmp_path / "a.czi", pieces)) as image:
        pixels = image.read()[..., 0]
    assert pixels.shape == (15, 15)
    assert (pixels[5:, 5:] == 2).all()
    assert (pixels[:5, :10] == 1).all()
    assert (pixels[:5, 10:] == 0).all()


def test_an_overview_takes_the_pyramid_where_it_covers_the_image(tmp_path: Path) -> None:
    full = [Piece(np.full((16, 16, 1), 1, np.uint8), (16 * x, 0)) for x in range(4)]
    level = Piece(np.full((4, 16, 1), 2, np.uint8), size=(64, 16))
    part = Piece(np.full((2, 2, 1), 3, np.uint8), size=(16, 16))
    with open_image(write_czi(tmp_path / "a.czi", [*full, level, part])) as image:
        assert (image.read() == 1).all()
        assert (image.read(step=3) == 1).all()
        assert (image.read(step=4) == 2).all()
        assert (image.read(step=8) == 2).all()
    check_reader(tmp_path / "a.czi")


def test_planes_that_were_not_recorded_and_other_dimensions_are_said(tmp_path: Path) -> None:
    pieces = [Piece(GREY, places={"Z": z, "C": c, "H": 0}) for z, c in ((0, 0), (0, 1), (1, 0))]
    with open_image(write_czi(tmp_path / "a.czi", [*pieces, Piece(GREY, places={"H": 1})])) as image:
        assert image.read(z=1)[..., 1].max() == 0
        assert any("1 of 4 planes were not recorded" in note for note in image.info.notes)
        assert any("first of its 2 phases" in note for note in image.info.notes)


def test_a_window_of_a_long_canvas_decodes_only_what_it_touches(tmp_path: Path) -> None:
    tile = np.ones((512, 440, 1), np.uint8)
    pieces = [Piece(tile * (n % 200), (0, 512 * n), compression=ZSTD) for n in range(176)]
    path = write_czi(tmp_path / "a.czi", pieces)
    content = path.read_bytes()
    damaged = content.replace(content[content.index(b"\x28\xb5\x2f\xfd") :][:8], b"damaged!", 1)  # the first piece
    path.write_bytes(damaged)
    with open_image(path) as image:
        assert image.info.size_wh == (440, 512 * 176)
        window = image.read((0, 512 * 100 - 10, 440, 512 * 101))
        assert np.unique(window).tolist() == [99, 100]
        with pytest.raises(ImageError, match=r"a\.czi"):
            image.read((0, 0, 10, 10))


def test_a_sparse_mosaic_of_440_by_90544_overlaps_in_its_order_and_has_levels_that_name_no_scene(
    tmp_path: Path,
) -> None:
    rng, height = np.random.default_rng(3), 90_544
    tops = [top for top in range(0, height - 600, 540) if top == 0 or rng.random() < 0.7] + [height - 600]
    expected, pieces = np.zeros((height, 440, 1), np.uint8), []
    for n, top in enumerate(tops):
        tile = np.full((600, 440, 1), 1 + n % 250, np.uint8)
        expected[top : top + 600] = tile
        pieces.append(Piece(tile, (-220, top + 1000), places={"M": n, "S": 3}, compression=ZSTD))
    mixed = [pieces[n] for n in rng.permutation(len(pieces))]
    blocks = [(top, expected[top : top + 4096]) for top in range(0, height, 4096)]
    levels = [Piece(b[::8, ::8], (-220, top + 1000), (440, len(b)), compression=ZSTD) for top, b in blocks]
    with open_image(write_czi(tmp_path / "a.czi", [*mixed, *levels])) as image:
        assert (image.info.size_wh, image.info.scenes, image.info.planes) == ((440, height), (), (1, 1))
        np.testing.assert_array_equal(image.read((7, 45_000, 440, 46_024)), expected[45_000:46_024, 7:])
        np.testing.assert_array_equal(image.read(), expected)
        np.testing.assert_array_equal(image.read(step=8), expected[::8, ::8])


@pytest.mark.parametrize("size", ["0", "NaN", "-1e-7", "5", "nonsense"])
def test_bad_calibration_is_not_used_and_said(tmp_path: Path, size: str) -> None:
    with open_image(write_czi(tmp_path / "a.czi", [Piece(GREY)], XML.format(size=size))) as image:
        assert image.info.pixel_size_um is None
        assert any("calibration ignored" in note for note in image.info.notes)


def test_damaged_xml_costs_only_names_and_calibration(tmp_path: Path) -> None:
    with open_image(write_czi(tmp_path / "a.czi", [Piece(GREY)], "<ImageDocument><Meta")) as image:
        assert any("XML is damaged" in note for note in image.info.notes)
        np.testing.assert_array_equal(image.read(), GREY)


def test_changed_bytes_never_do_worse_than_an_image_error(tmp_path: Path) -> None:
    pieces = [Piece(GREY, (53 * n, 0), compression=kind) for n, kind in enumerate((RAW, ZSTD, ZSTD_HEADED, LZW))]
    path = write_czi(tmp_path / "a.czi", pieces, XML.format(size=1e-7))
    whole = path.read_bytes()
    for _ in range(300):
        damaged = bytearray(whole)
        for place in RNG.integers(0, len(whole), 20):
            damaged[place] = RNG.integers(0, 256)
        path.write_bytes(damaged)
        with contextlib.suppress(ImageError), open_image(path) as image:
            if np.prod(image.info.size_wh) < 10**7:
                image.read()


@pytest.mark.shared_data
def test_real_files_hold_the_contract_and_agree_with_other_programs(shared_data: Path) -> None:
    folder = shared_data / "microscopy"
    pair = folder / "czi_ometiff_pairs" / "bioio_conversion" / "tests" / "resources" / "s_1_t_1_c_1_z_1.czi"
    green = np.load(folder / "czi" / "RGB-8bit_Gplane.npy").squeeze()
    with open_image(pair) as czi, open_image(pair.with_suffix(".ome.tiff")) as tiff:
        assert czi.info == tiff.info
        np.testing.assert_array_equal(czi.read(), tiff.read())
    with open_image(folder / "czi" / "RGB-8bit.czi") as image:
        np.testing.assert_array_equal(image.read()[..., 1], green)
    for path in (pair, folder / "czi" / "RGB-8bit.czi", folder / "rgb" / "test_image.czi"):
        check_reader(path)
