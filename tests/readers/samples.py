"""Small image files of every kind, made the way the programs do that write them, for tests that damage them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from tests.readers.czi_file import JPEG_XR, LZW, RAW, ZSTD, ZSTD_HEADED, Piece, write_czi
from tests.readers.zarr_file import write_image

OME_XML_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 40))
    + ']><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image Name="&a39;"/></OME>'
)


def texture(*shape: int, dtype: Any = np.uint16) -> NDArray[Any]:
    """Pixels none of which is 0, so that a lost piece is seen."""
    return np.random.default_rng(shape).integers(1, 250, shape).astype(dtype)


def _planar(path: Path) -> None:
    options: dict[str, Any] = {"photometric": "rgb", "planarconfig": "separate", "compression": "zlib"}
    tifffile.imwrite(path, texture(3, 40, 50), predictor=True, rowsperstrip=8, metadata=None, **options)


def _imagej(path: Path) -> None:
    options: dict[str, Any] = {"axes": "TZCYX", "unit": "um", "Labels": ["a", "b"] * 6}
    tifffile.imwrite(path, texture(2, 3, 2, 20, 30), imagej=True, resolution=(4, 4), metadata=options)


def _ome(path: Path) -> None:
    options = {"axes": "TCYX", "PhysicalSizeX": 0.3, "PhysicalSizeXUnit": "µm", "Channel": {"Name": ["DAPI", "GFP"]}}
    tifffile.imwrite(path, texture(2, 2, 40, 30), ome=True, metadata=options, compression="lzw", rowsperstrip=16)


def _tiled(path: Path) -> None:
    tifffile.imwrite(path, texture(70, 90, 3, dtype=np.uint8), tile=(32, 32), photometric="rgb", compression="zstd")


def _jpeg_tiles(path: Path) -> None:
    tifffile.imwrite(path, texture(64, 96, 3, dtype=np.uint8), tile=(32, 32), photometric="rgb", compression="jpeg")


def _pyramid(path: Path) -> None:
    base = texture(96, 128)
    with tifffile.TiffWriter(path, ome=True) as tif:
        tif.write(base, subifds=2, tile=(32, 32), compression="zlib", metadata={"axes": "YX", "PhysicalSizeX": 0.5})
        for n in (2, 4):
            tif.write(base[::n, ::n], subfiletype=1, tile=(16, 16), compression="zlib", metadata=None)


def _bigtiff(path: Path) -> None:
    tifffile.imwrite(path, texture(2, 40, 50), bigtiff=True, compression="packbits", rowsperstrip=10, byteorder=">")


def _raw_pages(path: Path) -> None:
    with tifffile.TiffWriter(path) as tif:
        for _ in range(4):
            tif.write(texture(30, 40), contiguous=False, rowsperstrip=10, metadata=None)


def write_lsm(path: Path, pixels: NDArray[Any], voxel_um: float = 0.2, names: tuple[str, ...] = ()) -> Path:
    """A Zeiss LSM ``[z, c, y, x]`` of 3 or more channels: planar pages, each with a thumbnail behind it."""
    z, c, h, w = pixels.shape
    voxel = [voxel_um * 1e-6] * 3
    head = struct.pack("<Ii8i6dHH", 0x0400494C, 500, w, h, z, c, 1, 1, 8, 8, *voxel, 0, 0, 0, 0, 0)
    info = head.ljust(500, b"\0")
    with tifffile.TiffWriter(path, byteorder="<") as tif:
        for n in range(z):
            tags = [(34412, 1, len(info), info, True)] if n == 0 else []
            tif.write(
                pixels[n], planarconfig="separate", photometric="minisblack", metadata=None, extratags=tags,
                contiguous=False, software=False,
            )  # fmt: skip
            thumb = np.ones((c, 8, 8), np.uint8)
            tif.write(thumb, planarconfig="separate", photometric="minisblack", metadata=None, subfiletype=1,
                      contiguous=False, software=False)  # fmt: skip
    if names:
        _add_lsm_names(path, names)
    return path


def _add_lsm_names(path: Path, names: tuple[str, ...]) -> None:
    """Append the names of the channels, and say in the LSM tag where."""
    with tifffile.TiffFile(path) as tif:
        at = tif.pages.first.tags[34412].valueoffset
    content = bytearray(path.read_bytes())
    listed = b"".join(struct.pack("<I", len(name) + 1) + name.encode() + b"\0" for name in names)
    colours = b"\xff\0\0\0" * len(names)
    head = struct.pack("<6I", 24 + len(colours) + len(listed), len(names), len(names), 24, 24 + len(colours), 0)
    struct.pack_into("<I", content, at + LSM_COLOURS, len(content))
    path.write_bytes(content + head + colours + listed)


LSM_COLOURS = struct.calcsize("<Ii8i6dHH4I")
"""Where in the tag the place of the channel colours stands."""


def _lsm(path: Path) -> None:
    write_lsm(path, texture(2, 3, 20, 30), names=("DAPI", "GFP", "RFP"))


def _picture(**options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        buffer = io.BytesIO()
        Image.fromarray(texture(40, 50, 3, dtype=np.uint8)).save(buffer, **options)
        path.write_bytes(buffer.getvalue())

    return write


def _czi(path: Path) -> None:
    kinds = (RAW, ZSTD, ZSTD_HEADED, LZW, JPEG_XR)
    pieces = [Piece(texture(20, 30, 1), (30 * n, 0), places={"M": n}, compression=k) for n, k in enumerate(kinds)]
    size = "".join(f'<Distance Id="{axis}"><Value>3e-7</Value></Distance>' for axis in "XY")
    xml = f"<ImageDocument><Metadata><Scaling><Items>{size}</Items></Scaling></Metadata></ImageDocument>"
    write_czi(path, pieces, xml)


def _zarr(version: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        write_image(path, texture(2, 20, 30), "cyx", version, levels=2)

    return write


TIFFS: dict[str, Callable[[Path], None]] = {
    "planar.tif": _planar,
    "imagej.tif": _imagej,
    "stack.ome.tif": _ome,
    "tiled.tif": _tiled,
    "jpeg.tif": _jpeg_tiles,
    "pyramid.ome.tif": _pyramid,
    "big.tif": _bigtiff,
    "pages.tif": _raw_pages,
    "confocal.lsm": _lsm,
}
FILES: dict[str, Callable[[Path], None]] = {
    **TIFFS,
    "rgb.png": _picture(format="PNG"),
    "rgb.jpg": _picture(format="JPEG", quality=95),
    "rgb.bmp": _picture(format="BMP"),
    "mosaic.czi": _czi,
}
FOLDERS: dict[str, Callable[[Path], None]] = {"old.zarr": _zarr(2), "new.zarr": _zarr(3)}


def tiff_entries(path: Path) -> Iterator[tuple[int, str, bool]]:
    """Where the entries of a TIFF's directories begin, its byte order, and whether it is a BigTIFF."""
    with tifffile.TiffFile(path) as tif:
        pages: list[Any] = [page.aspage() for page in tif.pages]
        pages += [sub.aspage() for page in list(pages) for sub in page.pages or []]
        for page in pages:
            for tag in page.tags:
                yield tag.offset, tif.byteorder, tif.is_bigtiff
