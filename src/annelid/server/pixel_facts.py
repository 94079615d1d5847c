"""What a page has to know before it shows pixels: size, levels, channels with their ranges and colours."""

from __future__ import annotations

from typing import Any

from annelid.image import View
from annelid.server import levels
from annelid.server.pyramid import Pyramid

_WIRE = {"uint8": "uint8", "uint16": "uint16", "int16": "int16", "float32": "float32", "int8": "int16"}


def wire_dtype(dtype: str) -> str:
    """How pixels of a type travel: what a page cannot show exactly, as float32."""
    return _WIRE.get(dtype, "float32")


def facts_of(view: View, pyramid: Pyramid, version: str, project: str) -> dict[str, Any]:
    """The facts of a view's pixels, as ``GET api/views/ID/pixels`` answers them.

    Args:
        view: the view.
        pyramid: its levels.
        version: what changes with the file.
        project: id of the project.

    Raises:
        ImageError: the file cannot be read.
    """
    info, count = pyramid.info, levels.level_count(pyramid.info.size_wh)
    return {
        "view": view.id,
        "project": project,
        "version": version,
        "size_wh": info.size_wh,
        "dtype": wire_dtype(info.dtype),
        "stored_dtype": info.dtype,
        "is_rgb": info.is_rgb,
        "tile": levels.TILE,
        "levels": [levels.level_size(info.size_wh, level) for level in range(count)],
        "planes": view.image.planes,
        "plane": {"t": view.t, "z": view.z, "projection": view.projection},
        "pixel_size_um": view.image.pixel_size_um or info.pixel_size_um,
        "notes": info.notes,
        "channels": pyramid.channels,
    }
