"""The definitions of the classes beside Darwin's files: ``.v7/metadata.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from annelid.errors import AnnotationError
from annelid.formats import jsontext
from annelid.formats.base import LossReport

METADATA = Path(".v7", "metadata.json")
_DRAWN = {"polygon", "bounding_box", "ellipse", "keypoint", "mask"}


def metadata_beside(files: Sequence[Path], losses: LossReport) -> dict[str, Any]:
    """What the first such file beside annotation files says, nothing where there is none."""
    for file in dict.fromkeys(file.parent / METADATA for file in files):
        if not file.is_file():
            continue
        try:
            value = jsontext.parse(jsontext.read_text(file), file)
        except AnnotationError as problem:
            losses.add("file-unreadable", problem.message, file)
            continue
        if isinstance(value, dict) and isinstance(value.get("classes"), list):
            return value
    return {}


def classes_of(metadata: Mapping[str, Any]) -> list[str]:
    """Names of the classes that can have objects, in order, each once."""
    entries = [entry for entry in metadata.get("classes", []) if isinstance(entry, Mapping)]
    names = [entry.get("name") for entry in entries if entry.get("type") in _DRAWN]
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name.strip()))
