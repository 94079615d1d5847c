"""What lies beside Pascal VOC's XML files: lists of images."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from annelid.atomic import write_text
from annelid.formats.data_yaml import PARTS
from annelid.formats.jsontext import read_text
from annelid.formats.voc_colours import LABELMAP, labelmap_text
from annelid.formats.writing import part_of_name

_ENTRY = re.compile(r'\s*(?:"([^"]+)"|([^\s#"]+))')
_LISTS = ("ImageSets/Main", "ImageSets/Segmentation", "ImageSets")


def parts_of(root: Path) -> dict[str, str]:
    """Id of an image (path of its XML below ``Annotations``, without ending) -> part, from the lists.

    Only lists called train, val or test count; ``aeroplane_train.txt`` is about a class.
    """
    parts: dict[str, str] = {}
    for folder in _LISTS:
        for file in sorted((root / folder).glob("*.txt")):
            part = PARTS.get(file.stem.lower())
            for name in _entries(file) if part else []:
                parts.setdefault(name, part or "")
        if parts:
            break
    return parts


def _entries(file: Path) -> list[str]:
    """First words of the lines, or what stands in quotes; notes behind # are left out."""
    found = (_ENTRY.match(line) for line in read_text(file).splitlines())
    return [match.group(1) or match.group(2) for match in found if match]


def write_lists(out: Path, names: Mapping[str, str], classes: Sequence[str], folders: Sequence[str]) -> None:
    """Write ``trainval.txt``, a list for each part that the images' names have, and labelmap.txt.

    Args:
        out: root of the data set.
        names: id of each image -> its name, whose first folder may be a part.
        classes: class names in order.
        folders: folders of ``ImageSets`` that get the lists.
    """
    lists: dict[str, list[str]] = {"trainval": []}
    for key, name in names.items():
        part = part_of_name(name)
        for listed in {part, "test" if part == "test" else "trainval"} - {""}:
            lists.setdefault(listed, []).append(f'"{key}"' if re.search(r"[\s#]", key) else key)
    for folder in folders:
        (out / "ImageSets" / folder).mkdir(parents=True, exist_ok=True)
        for part, entries in lists.items():
            write_text(out / "ImageSets" / folder / f"{part}.txt", "".join(f"{entry}\n" for entry in entries))
    write_text(out / LABELMAP, labelmap_text(classes))
