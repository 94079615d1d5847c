"""data.yaml of a YOLO dataset, and the class lists that lie about in its place."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from annelid import readers
from annelid.errors import AnnotationError
from annelid.formats import jsontext
from annelid.formats.base import LossReport

PARTS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
"""Keys of data.yaml, and names of folders, -> part."""

_MOST_CLASSES = 100_000
_DEEPEST = 20

CLASS_FILES = (
    *("classes.txt", "obj.names", "class_names.txt", "class_name.txt", "names.txt", "predefined_classes.txt"),
    "notes.json",
)


@dataclass(frozen=True)
class DataYaml:
    """What a data.yaml says.

    Attributes:
        file: where it lies.
        classes: class names by index; () when it has none.
        parts: part -> folders or lists of images, as written.
        roots: folders that they may be relative to, likeliest first.
    """

    file: Path
    classes: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    roots: tuple[Path, ...] = ()


def find_data_yaml(folder: Path) -> Path | None:
    """The data.yaml of a folder: by that name, else the only YAML file in it that has ``names``."""
    files = sorted(p for pattern in ("*.yaml", "*.yml") for p in folder.glob(pattern))
    named = [p for p in files if p.stem.lower() in {"data", "dataset"}] or files
    return next((p for p in named if is_data_yaml(p)), None)


def is_data_yaml(file: Path) -> bool:
    """Whether a file is a YAML mapping with class names and a ``train``, ``val`` or ``nc``."""
    try:
        value = _load(file)
    except AnnotationError:
        return False
    return "names" in value and any(key in value for key in (*PARTS, "nc", "path"))


def read_data_yaml(file: Path) -> DataYaml:
    """Read a data.yaml.

    Raises:
        AnnotationError: it is not YAML, or its names are no class names.
    """
    value = _load(file)
    parts: dict[str, tuple[str, ...]] = {}
    for key, part in PARTS.items():
        entry = value.get(key)
        entries = [entry] if isinstance(entry, str) else entry if isinstance(entry, list) else []
        if entries:
            parts[part] = (*parts.get(part, ()), *(str(e).replace("\\", "/") for e in entries))
    root = str(value.get("path") or "").replace("\\", "/")
    roots = [file.parent / root, file.parent.parent / root, file.parent] if root else [file.parent]
    return DataYaml(file, _names(file, value), parts, tuple(roots))


def _load(file: Path) -> dict[str, Any]:
    text = jsontext.read_text(file)
    if _is_deep(text):
        raise AnnotationError(file, expected="YAML", found=f"brackets nested more than {_DEEPEST} deep")
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else ""
        found = str(getattr(error, "problem", None) or error)
        raise AnnotationError(file, place=place, expected="YAML", found=found) from error
    except (ValueError, RecursionError) as error:
        raise AnnotationError(file, expected="YAML", found=str(error)) from error
    if not isinstance(value, dict):
        found = type(value).__name__
        raise AnnotationError(file, expected="names, train and val", found=found)
    return value


def _is_deep(text: str) -> bool:
    """Whether brackets are nested deeper than can be meant: the parser takes the square of that."""
    depth = 0
    for bracket in re.findall(r"[\[{}\]]", text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        if depth > _DEEPEST:
            return True
    return False


def _names(file: Path, value: Mapping[str, Any]) -> tuple[str, ...]:
    names, count = value.get("names"), value.get("nc")
    found: tuple[str, ...]
    if isinstance(names, list):
        found = tuple(_name(file, name, i) for i, name in enumerate(names))
    elif isinstance(names, dict):
        indices = [int(i) if isinstance(i, int | str) and str(i).isdecimal() else -1 for i in names]
        if not indices or min(indices) < 0:
            expected, keys = "class indices 0, 1, ... before the names", ", ".join(map(str, list(names)[:5]))
            raise AnnotationError(file, place="names", expected=expected, found=keys)
        by_index = {i: _name(file, name, i) for i, name in zip(indices, names.values(), strict=True)}
        found = tuple(by_index.get(i, str(i)) for i in range(min(max(by_index) + 1, _MOST_CLASSES)))
    elif names is None:
        found = tuple(str(i) for i in range(min(count, _MOST_CLASSES))) if isinstance(count, int) else ()
    else:
        raise AnnotationError(file, place="names", expected="a list of names", found=type(names).__name__)
    if len(set(found)) != len(found):
        raise AnnotationError(file, place="names", expected="each name once", found=", ".join(found[:10]))
    return found


def _name(file: Path, value: object, index: int) -> str:
    """A class name; a list in the place of one may be as large as it likes by naming others."""
    if isinstance(value, list | dict | set):
        raise AnnotationError(file, place=f"names[{index}]", expected="a name", found=type(value).__name__)
    return str(value) if str(value).strip() else str(index)


def part_images(data: DataYaml, losses: LossReport) -> dict[str, list[Path]]:
    """Part -> image files, from folders or lists of images; a missing one is a loss."""
    found: dict[str, list[Path]] = {}
    for part, entries in data.parts.items():
        for entry in entries:
            place = _existing(data, entry)
            if place is None:
                losses.add("part-missing", f"{entry} does not exist", data.file, part)
                continue
            found.setdefault(part, []).extend(_images_at(place))
    return found


def _existing(data: DataYaml, entry: str) -> Path | None:
    """The place that an entry means; exporters write ``../train/images`` for ``train/images``."""
    inside = entry
    while inside.startswith(("./", "../")):
        inside = inside.partition("/")[2]
    tried = [root / name for name in (entry, inside) for root in data.roots]
    return next((path for path in tried if _is_file(path) or os.path.isdir(path)), None)  # noqa: PTH112 - never raises


def _images_at(place: Path) -> list[Path]:
    if place.is_dir():
        return list(readers.find_images(place))
    lines = (line.strip().replace("\\", "/") for line in jsontext.read_text(place).splitlines())
    paths = [place.parent / line.removeprefix("./") for line in lines if line]
    return [path for path in paths if _is_file(path)]


def _is_file(path: Path) -> bool:
    """Whether a plain file lies there, however odd the name; a device or a pipe could be read without end."""
    return os.path.isfile(path)  # noqa: PTH113 - pathlib's raises for names that are too long


def read_class_file(file: Path) -> tuple[str, ...]:
    """Class names from a text file, one a line, or from Label Studio's ``notes.json``.

    Raises:
        AnnotationError: it cannot be read, or has a name twice.
    """
    text = jsontext.read_text(file)
    if "\0" in text:
        raise AnnotationError(file, expected="class names", found="bytes that are no text")
    if file.suffix.lower() != ".json":
        names = tuple(line.strip() for line in text.splitlines() if line.strip())
        each_once(file, names)
        return names
    value = jsontext.parse(text, file)
    entries = value.get("categories") if isinstance(value, dict) else None
    if not isinstance(entries, list) or not all(isinstance(e, dict) and "name" in e for e in entries):
        found = json.dumps(entries)[:80]
        raise AnnotationError(file, place="categories", expected="a list of id and name", found=found)
    ordered = sorted(entries, key=lambda e: e.get("id") if isinstance(e.get("id"), int) else 0)
    return tuple(str(entry["name"]) for entry in ordered)


def each_once(file: Path, names: Sequence[str]) -> None:
    """Refuse a list of class names that has one twice.

    Raises:
        AnnotationError: it has.
    """
    twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
    if twice is not None:
        step = "remove or rename the second one: the order of the names gives the class numbers"
        raise AnnotationError(file, expected="each name once", found=f"{twice!r} twice", next_step=step)


def class_files(folders: Sequence[Path]) -> dict[Path, tuple[str, ...]]:
    """The class files that lie in some folders, and what they list."""
    files = (folder / name for folder in dict.fromkeys(folders) for name in CLASS_FILES)
    return {file: read_class_file(file) for file in files if file.is_file()}


def data_yaml_text(classes: Sequence[str], parts: Mapping[str, str]) -> str:
    """The text of a data.yaml.

    It has no ``path``: Ultralytics then starts from the file's own folder, wherever that is moved to.

    Args:
        classes: class names in order.
        parts: ``train``, ``val``, ``test`` -> folder of the images, relative to the file.
    """
    lines = [f"{part}: {_quoted(folder)}" for part, folder in parts.items()]
    lines += [f"nc: {len(classes)}", "names:"] + [f"  {i}: {_quoted(name)}" for i, name in enumerate(classes)]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A YAML string in quotes: bare, YAML 1.1 reads ``no`` as false and ``1e3`` as a number."""
    return json.dumps(text, ensure_ascii=False)
