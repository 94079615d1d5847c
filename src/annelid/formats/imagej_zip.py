"""Zips of ImageJ ROIs; the zip's comment, which ImageJ skips, keeps the order of the classes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from annelid.errors import AnnotationError
from annelid.formats import archive as archives
from annelid.formats import ours
from annelid.formats.archive import is_junk, refuse_bomb

BROKEN = (*archives.BROKEN, RuntimeError, OSError, ValueError)
"""What reading a broken zip raises."""
_EARLY = (1980, 1, 1, 0, 0, 0)
_LONGEST_COMMENT = 65_535

Roi = tuple[str, bytes]
"""Name of a file and its content."""


def holds_rois(path: Path) -> bool:
    """Whether a file is a zip in which a ROI is among the first files."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(_is_roi(name) for name in archive.namelist()[:50])
    except BROKEN:
        return False


def _is_roi(name: str) -> bool:
    return name.lower().endswith(".roi") and not is_junk(name)


def is_empty_zip(path: Path) -> bool:
    """Whether a file is a zip without any file in it.

    Raises:
        zipfile.BadZipFile: it is none (or another of `BROKEN`).
    """
    with zipfile.ZipFile(path) as archive:
        return not archive.namelist()


def rois_in_zip(file: Path) -> Iterator[Roi]:
    """The ROIs of a zip; nothing is unpacked to disk.

    Raises:
        AnnotationError: the zip is broken, or grows beyond measure.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if _is_roi(member.filename)]
            refuse_bomb(file, members)
            for member in members:
                yield member.filename, archive.read(member)
    except BROKEN as error:
        step = "save the ROI set again"
        found = str(error) or "its end too early"
        raise AnnotationError(file, expected="a whole zip of ROIs", found=found, next_step=step) from error


def header_of_zip(file: Path) -> dict[str, Any]:
    """What `packed` kept in a zip's comment; nothing where it is no such zip."""
    try:
        with zipfile.ZipFile(file) as archive:
            comment = ours.loads(archive.comment.decode("utf-8", "replace"))
    except BROKEN:
        return {}
    header = comment.get(ours.KEY) if isinstance(comment, dict) else None
    return header if isinstance(header, dict) else {}


def packed(rois: Sequence[Roi], header: Mapping[str, Any]) -> bytes:
    """A zip of ROIs, with what is to be kept beside them as far as a zip's comment can hold it."""
    buffer = io.BytesIO()
    comment = json.dumps({ours.KEY: header}).encode() if header else b""
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in rois:
            archive.writestr(zipfile.ZipInfo(name, _EARLY), data, zipfile.ZIP_DEFLATED)
        archive.comment = comment if len(comment) <= _LONGEST_COMMENT else b""
    return buffer.getvalue()
