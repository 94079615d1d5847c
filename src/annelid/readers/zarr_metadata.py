"""What a Zarr folder says about the images in it: OME-Zarr 0.4 (Zarr 2) and 0.5 (Zarr 3)."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annelid.errors import ImageError

_FILES = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
_NO_IMAGES = {"labels", "tables", "points", "shapes", "OME"}
_KNOWN_CODECS = {
    *("blosc", "bz2", "gzip", "lz4", "lzma", "zlib", "zstd", "bytes", "crc32c", "sharding_indexed", "transpose"),
    *("delta", "shuffle", "fixedscaleoffset", "quantize", "packbits", "astype", "bitround", "crc32", "adler32"),
}
_DEEPEST = 4
_MOST_IMAGES = 100_000
_LARGEST_JSON = 64 * 2**20
_POINTER = "version https://git-lfs"


@dataclass(frozen=True)
class Multiscale:
    """A pyramid.

    Attributes:
        folder: of the group.
        paths: names of the levels' arrays below it, full resolution first.
        axes: one of t, c, z, y, x for each dimension.
        units: unit of each axis, "" where none is given.
        scale: edge of a full-resolution pixel along each axis; () where unknown.
        channels: names, "" where one has none.
        notes: what was missing or odd.
    """

    folder: Path
    paths: tuple[str, ...]
    axes: str
    units: tuple[str, ...] = ()
    scale: tuple[float, ...] = ()
    channels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def is_zarr(folder: Path) -> bool:
    """Whether a folder is a Zarr group or array, by what lies in it."""
    return folder.is_dir() and any((folder / name).is_file() for name in _FILES)


def is_array(folder: Path) -> bool:
    """Whether a folder is a Zarr array."""
    return (folder / ".zarray").is_file() or _json(folder / "zarr.json").get("node_type") == "array"


def images_in(folder: Path) -> list[Path]:
    """The images in a Zarr folder: itself, or those of its wells, series and elements; label images are none.

    Raises:
        ImageError: its description is damaged.
    """
    found: list[Path] = []
    _search(folder, _DEEPEST, found)
    return found


def _search(folder: Path, depth: int, found: list[Path]) -> None:
    if _multiscales(folder):
        found.append(folder)
    elif depth and len(found) < _MOST_IMAGES and not is_array(folder):
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        for name in names:
            if name not in _NO_IMAGES and not name.startswith("."):
                _search(folder / name, depth - 1, found)


def only_image(folder: Path) -> Path:
    """The folder of the image that is meant.

    Raises:
        ImageError: there is none, or there are several.
    """
    images = images_in(folder)
    if len(images) == 1:
        return images[0]
    if images:
        names = ", ".join(image.relative_to(folder).as_posix() for image in images[:3])
        found = f"{len(images)} images ({names} ...)"
        raise ImageError(
            folder, expected="one image", found=found, next_step=f"name one of them: {images[0]}, or import the folder"
        )
    if is_array(folder):
        found = "an array that does not say what its axes are"
    elif (folder / "labels").is_dir() or _attributes(folder).get("labels"):
        found = "label images only"
    else:
        found = "no image (no multiscales in its metadata)"
    raise ImageError(
        folder, expected="an OME-Zarr image", found=found, next_step="name the folder that has multiscales in it"
    )


def read_multiscale(folder: Path) -> Multiscale:
    """What an image's group says; what is missing is guessed, which is noted.

    Raises:
        ImageError: it names no array that is there.
    """
    attributes = _attributes(folder)
    several = _multiscales(folder)
    first = several[0] if isinstance(several[0], Mapping) else {}
    named = _entries(first, "datasets")
    levels = [entry for entry in named if _is_inside(entry) and is_array(_below(folder, entry))]
    if not levels or levels[0] is not named[0]:  # another level would be an image of another size
        found = f"none of its first level ({str(named[0].get('path'))[:100]!r})" if named else "none"
        raise ImageError(
            folder, expected="the arrays that it names", found=found, next_step="copy the whole folder again"
        )
    for level in levels:
        _check_codecs(_below(folder, level))
    ndim = _ndim(_below(folder, levels[0]))
    axes, units, notes = _axes(folder, first, ndim)
    if len(several) > 1:
        notes.append(f"it holds {len(several)} multiscales: the first is read")
    paths = tuple(str(entry["path"]) for entry in levels)
    scale = _scale(levels[0], first, ndim)
    return Multiscale(folder, paths, axes, units, scale, _channels(attributes), tuple(notes))


def _is_inside(level: Mapping[str, Any]) -> bool:
    path = str(level.get("path", ".."))
    return ".." not in path.replace("\\", "/").split("/") and not Path(path).is_absolute()


def _below(folder: Path, level: Mapping[str, Any]) -> Path:
    return folder / str(level["path"])


def _check_codecs(folder: Path) -> None:
    """Refuse codecs that are not for images: among those that come with Zarr is one that runs code."""
    v2, v3 = _json(folder / ".zarray"), _json(folder / "zarr.json")
    filters = [*(v2.get("filters") or []), *filter(None, [v2.get("compressor")]), *_codecs(v3)]
    for codec in filters:
        name = str(codec.get("id") or codec.get("name")) if isinstance(codec, Mapping) else repr(codec)
        if name.removeprefix("numcodecs.") not in _KNOWN_CODECS:
            raise ImageError(
                folder,
                place="codecs",
                expected=", ".join(sorted(_KNOWN_CODECS)),
                found=name[:100] or "one without a name",
                next_step="export it again with zstd, blosc or gzip",
            )


def _codecs(value: Mapping[str, Any]) -> list[Any]:
    """The codecs of an array of Zarr 3, those within shards included."""
    found: list[Any] = []
    for key in ("codecs", "index_codecs"):
        listed = value.get(key) or []
        found += listed if isinstance(listed, list) else [listed]
    inner = [c["configuration"] for c in found if isinstance(c, Mapping) and isinstance(c.get("configuration"), dict)]
    return found + [codec for configuration in inner for codec in _codecs(configuration)]


def _axes(folder: Path, multiscale: Mapping[str, Any], ndim: int) -> tuple[str, tuple[str, ...], list[str]]:
    """Axes, their units and notes; 0.3 had bare names, 0.1 and 0.2 always tczyx."""
    given = multiscale.get("axes")
    entries = given if isinstance(given, list) else []
    names = [str(e.get("name", "")) if isinstance(e, Mapping) else str(e) for e in entries]
    units = tuple(str(e.get("unit") or "") if isinstance(e, Mapping) else "" for e in entries)
    axes = "".join(_role(name, entry) for name, entry in zip(names, entries, strict=True))
    if len(axes) == ndim and set("yx") <= set(axes) and len(set(axes)) == ndim:
        return axes, units, []
    if ndim not in range(2, 6) or (entries and len(entries) == ndim):
        raise ImageError(
            folder,
            place="multiscales[0].axes",
            expected="y and x, and of t, c and z what there is",
            found=f"{', '.join(names) or 'none'} for {ndim} dimensions",
            next_step="export it with axes in the order t, c, z, y, x",
        )
    guessed = "tczyx"[-ndim:]
    return guessed, ("",) * ndim, [f"it does not say what its {ndim} axes are: taken as {', '.join(guessed)}"]


def _role(name: str, entry: object) -> str:
    name = name.casefold()
    kind = str(entry.get("type", "")) if isinstance(entry, Mapping) else ""
    return name if name in tuple("tczyx") else {"time": "t", "channel": "c"}.get(kind, "?")


def _scale(level: Mapping[str, Any], multiscale: Mapping[str, Any], ndim: int) -> tuple[float, ...]:
    """The product of the scales of the level and of the whole."""
    scale = [1.0] * ndim
    found = False
    for owner in (level, multiscale):
        for transform in _entries(owner, "coordinateTransformations"):
            values = transform.get("scale")
            if isinstance(values, list) and len(values) == ndim and all(isinstance(v, int | float) for v in values):
                scale, found = [a * float(b) for a, b in zip(scale, values, strict=True)], True
    return tuple(scale) if found else ()


def _channels(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    omero = attributes.get("omero")
    entries = _entries(omero, "channels") if isinstance(omero, Mapping) else []
    return tuple("" if entry.get("label") is None else str(entry["label"]) for entry in entries)


def _ndim(folder: Path) -> int:
    description = _json(folder / ".zarray") or _json(folder / "zarr.json")
    shape = description.get("shape")
    if not isinstance(shape, list) or not all(isinstance(n, int) and 0 < n < 2**40 for n in shape):
        raise ImageError(folder, place="shape", expected="sizes of its dimensions", found=repr(shape)[:100])
    if math.prod(shape) > 2**50:
        raise ImageError(folder, place="shape", expected="a plausible size", found=repr(shape)[:100])
    return len(shape)


def _multiscales(folder: Path) -> list[Any]:
    several = _attributes(folder).get("multiscales")
    return several if isinstance(several, list) and several else []


def _entries(owner: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    value = owner.get(key)
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _attributes(folder: Path) -> Mapping[str, Any]:
    """The attributes of a group: under ``attributes.ome`` in 0.5, in ``.zattrs`` in 0.4."""
    attributes = _json(folder / "zarr.json").get("attributes")
    if isinstance(attributes, Mapping):
        ome = attributes.get("ome")
        return ome if isinstance(ome, Mapping) else attributes
    return _json(folder / ".zattrs")


def _json(path: Path) -> Mapping[str, Any]:
    """A JSON object from a file; empty where there is no such file."""
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise ImageError(path, expected="a description", found=f"{path.stat().st_size:,} bytes")
        text = path.read_text(encoding="utf-8")
        value = json.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        pointer = isinstance(error, ValueError) and text_begins(path, _POINTER)
        raise ImageError(
            path,
            expected="a JSON object",
            found="a Git LFS pointer instead of the file itself" if pointer else f"no JSON ({error})",
            next_step="run `git lfs pull` in its folder" if pointer else "copy the whole folder again",
        ) from error
    if not isinstance(value, Mapping):
        raise ImageError(path, expected="a JSON object", found=type(value).__name__, next_step="export it again")
    return value


def text_begins(path: Path, text: str) -> bool:
    """Whether a file begins with a text."""
    with path.open("rb") as file:
        return file.read(len(text)) == text.encode()
