"""OME-TIFF in several files, of which each, or a companion file, describes the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

import tifffile

from annelid.errors import ImageError
from annelid.readers.tiff_directories import check_directories

COMPANION = ".companion.ome"
_MOST_XML = 64 * 2**20


def is_companion(head: bytes) -> bool:
    """Whether a file begins like the OME-XML that describes a set of TIFF files."""
    start = rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>)?\s*(<!--.*?-->\s*)*<(\w+:)?OME[\s>]"
    return re.match(start, head, re.DOTALL) is not None


def open_tiff(path: Path) -> tifffile.TiffFile:
    """A TIFF file with the description of the whole set that it belongs to.

    Raises:
        ImageError: it is a companion file none of whose TIFF files is there.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if is_companion(head):
        return _open_set(path, path)
    tif = tifffile.TiffFile(path)
    companion = _companion_of(path, tif)
    if companion is None:
        return tif
    tif.close()
    return _open_set(path, companion)


def _open_set(path: Path, companion: Path) -> tifffile.TiffFile:
    if companion.stat().st_size > _MOST_XML:
        found = f"{companion.stat().st_size:,} bytes"
        raise ImageError(companion, expected="a description of at most 64 MiB", found=found, next_step="leave it out")
    xml = companion.read_text(encoding="utf-8-sig")
    files = [companion.parent / name for name in named_files(xml)]
    first = path if path != companion else next((file for file in files if file.is_file()), None)
    if first is None:
        raise ImageError(
            path,
            expected=f"the TIFF files that it names ({', '.join(file.name for file in files[:3]) or 'none'} ...)",
            found="none of them beside it",
            next_step="copy the files of the set into one folder",
        )
    return tifffile.TiffFile(first, omexml=xml, is_ome=True)


def _companion_of(path: Path, tif: tifffile.TiffFile) -> Path | None:
    """The companion file that a TIFF names instead of describing its set itself; None when it is not there."""
    xml = tif.ome_metadata if tif.is_ome else None
    if not xml or "BinaryOnly" not in xml:
        return None
    try:
        binary = ET.fromstring(xml).find("{*}BinaryOnly")  # noqa: S314 - expat refuses entity bombs, fetches nothing
    except ET.ParseError:
        return None
    name = binary.get("MetadataFile") if binary is not None else None
    companion = path.parent / Path(name.replace("\\", "/")).name if name else None
    return companion if companion and companion.is_file() and companion != path else None


def describes_files(file: Path) -> bool:
    """Whether a file is the description of a set of files; OME-XML also describes other things."""
    if file.stat().st_size > _MOST_XML:
        return False
    content = file.read_bytes()
    return is_companion(content[:512]) and b"FileName" in content


def named_files(xml: str) -> list[str]:
    """The files that a description names, without folders, each once."""
    names = re.findall(r"FileName\s*=\s*[\"']([^\"']+)[\"']", xml)
    return list(dict.fromkeys(Path(name.replace("\\", "/")).name for name in names))


def one_of_each_set(files: Iterable[Path]) -> list[Path]:
    """The files without those that another one, of the same folder, describes: a set is one image."""
    files = list(files)
    left = dict.fromkeys(files)
    candidates = sorted((f for f in files if _may_describe(f)), key=lambda f: not f.name.lower().endswith(COMPANION))
    for file in candidates:
        if file in left:
            for name in _names_in(file):
                other = file.parent / name
                if other != file:
                    left.pop(other, None)
    return list(left)


def _may_describe(file: Path) -> bool:
    return file.name.lower().endswith((COMPANION, ".ome", ".ome.tif", ".ome.tiff"))


def _names_in(file: Path) -> list[str]:
    """The files that one describes; none where it cannot be read, which is said when it is opened."""
    try:
        if describes_files(file):
            return named_files(file.read_text(encoding="utf-8-sig"))
        check_directories(file)
        with tifffile.TiffFile(file) as tif:
            xml = tif.ome_metadata or ""
    except Exception:  # noqa: BLE001 - decoders raise anything for a damaged file
        return []
    return named_files(xml)
