"""Channel names and calibration of TIFF files: OME, ImageJ, Aperio and plain resolution tags."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import tifffile

from annelid.readers import calibration, tiff_makers
from annelid.readers.base import distinct
from annelid.readers.calibration import Calibration, number

_RESOLUTION_UNITS = {2: "inch", 3: "cm"}


def channel_names(
    tif: tifffile.TiffFile, count: int, place: int, *, is_rgb: bool, is_stack: bool
) -> tuple[tuple[str, ...], str]:
    """A distinct name for each of ``count`` channels, and what to say where those in the file do not fit.

    Args:
        tif: the file.
        count: of the channels.
        place: the image's in the OME metadata.
        is_rgb: whether they are the colours of one picture.
        is_stack: whether there are several planes; the labels of ImageJ name planes then.
    """
    if is_rgb:
        return ("red", "green", "blue"), ""
    names = _ome_names(tif, place) or tiff_makers.channels_of(tif)
    note = f"it names {len(names)} channels and has {count}: the names are left out"
    if names and len(names) != count:
        return distinct([""] * count), note
    names = names or ([] if is_stack else _imagej_labels(tif))
    return distinct(names if len(names) == count else [""] * count), ""


def _ome_names(tif: tifffile.TiffFile, place: int) -> list[str]:
    pixels = _ome_pixels(tif, place)
    if pixels is None:
        return []
    names: list[str] = []
    for channel in pixels.iterfind("{*}Channel"):
        samples = int(channel.get("SamplesPerPixel") or 1)
        names += [channel.get("Name") or ""] * samples
    return names


def _imagej_labels(tif: tifffile.TiffFile) -> list[str]:
    labels = (tif.imagej_metadata or {}).get("Labels") or []
    return [str(label) for label in ([labels] if isinstance(labels, str) else labels)]


def pixel_size(tif: tifffile.TiffFile, page: tifffile.TiffPage, place: int) -> Calibration:
    """The calibration of the source that knows best: OME, the microscope's maker, ImageJ, Aperio, resolution tags."""
    pixels = _ome_pixels(tif, place)
    if pixels is not None and pixels.get("PhysicalSizeX"):
        x, y = number(pixels.get("PhysicalSizeX")), number(pixels.get("PhysicalSizeY"))
        return calibration.from_size(x, y, pixels.get("PhysicalSizeXUnit") or "µm")
    makers = tiff_makers.calibration_of(tif)
    if makers is not None:
        return makers
    x, y = (number(page.tags.valueof(f"{axis}Resolution")) for axis in "XY")
    unit = str((tif.imagej_metadata or {}).get("unit") or "")
    if unit:
        return calibration.from_resolution(x, y, unit)
    aperio = re.search(r"\bMPP\s*=\s*([0-9.eE+-]+)", page.description) if tif.is_svs else None
    if aperio:
        return calibration.from_size(number(aperio[1]), None, "µm")
    return calibration.from_print_resolution(x, y, _RESOLUTION_UNITS.get(_unit_tag(page), ""))


def ome_images(tif: tifffile.TiffFile) -> list[ET.Element]:
    """The Image elements of the OME metadata; none where there are no such, or damaged ones."""
    if not tif.is_ome or not tif.ome_metadata:
        return []
    try:
        root = ET.fromstring(tif.ome_metadata)  # noqa: S314 - expat refuses entity bombs and fetches nothing
    except ET.ParseError:
        return []
    return [image for image in root.iterfind("{*}Image") if image.find("{*}Pixels") is not None]


def _ome_pixels(tif: tifffile.TiffFile, place: int) -> ET.Element | None:
    images = ome_images(tif)
    return images[place].find("{*}Pixels") if place < len(images) else None


def _unit_tag(page: tifffile.TiffPage) -> int:
    return int(page.tags.valueof("ResolutionUnit", default=0) or 0)
