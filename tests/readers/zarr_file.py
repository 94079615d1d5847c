"""Write small OME-Zarr images for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, cast

import zarr
from numpy.typing import NDArray

Version = Literal[2, 3]


def write_image(
    folder: Path, pixels: NDArray[Any], order: str, version: Version, *, levels: int = 1, **multiscale: Any
) -> Path:
    """An OME-Zarr 0.4 (Zarr 2) or 0.5 (Zarr 3) image in small chunks; a level is every second pixel of the last."""
    group = zarr.open_group(folder, mode="w", zarr_format=version)
    datasets = []
    for n in range(levels):
        level = pixels[..., :: 2**n, :: 2**n] if n else pixels
        chunks = tuple(16 if axis in "yx" else 1 for axis in order)
        array = group.create_array(str(n), shape=level.shape, chunks=chunks, dtype=level.dtype)
        array[...] = level
        scale = [0.5 * 2**n if axis in "yx" else 1.0 for axis in order]
        datasets.append({"path": str(n), "coordinateTransformations": [{"type": "scale", "scale": scale}]})
    kinds = {"t": "time", "c": "channel"}
    units = {axis: {"unit": "micrometer"} for axis in "zyx"}
    axes = [{"name": axis, "type": kinds.get(axis, "space"), **units.get(axis, {})} for axis in order]
    entry = {"version": "0.4", "axes": axes, "datasets": datasets, **multiscale}
    put(folder, version, multiscales=[{k: v for k, v in entry.items() if v is not None}])
    return folder


def put(folder: Path, version: Version, **attributes: Any) -> None:
    group = zarr.open_group(folder, mode="a", zarr_format=version)
    if version == 2:
        group.attrs.update(attributes)
    else:
        before = cast("dict[str, Any]", group.attrs.get("ome", {}))
        group.attrs["ome"] = {**before, "version": "0.5", **attributes}


def put_group(folder: Path, version: Version, **attributes: Any) -> None:
    zarr.open_group(folder, mode="a", zarr_format=version)
    put(folder, version, **attributes)
