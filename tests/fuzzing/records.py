"""The objects of annotation files one by one: where each is written, how to leave it out, how to spoil only it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from random import Random
from typing import Any, Protocol

from tests.fuzzing.mutate import BYTES, swapped

_TOKENS = ("nan", "inf", "-1e9", "1e9", "x", "", "-0.5", "7", "1e400", "é", "0")


class Records(Protocol):
    """A file as a list of objects."""

    def places(self, data: bytes) -> Sequence[Any]:
        """Where each object is."""

    def without(self, data: bytes, place: Any) -> bytes | None:
        """The file less one of its objects; None for no file."""

    def spoiled(self, data: bytes, place: Any, chance: Random) -> bytes:
        """The file with something odd in one of its objects."""

    def names(self, data: bytes, place: Any) -> str:
        """A pattern for what a loss says of where the object is."""


@dataclass(frozen=True)
class InJson:
    """Elements of lists or dicts below a path of keys; ``*`` stands for every one.

    Attributes:
        path: the path.
        kept: keys of an object that are left alone, as they say which objects belong together.
    """

    path: tuple[str, ...]
    kept: frozenset[str] = frozenset({"group_id", "parentID"})

    def places(self, data: bytes) -> Sequence[Any]:
        return list(_below(json.loads(data), self.path))

    def without(self, data: bytes, place: Any) -> bytes:
        value = json.loads(data)
        del _at(value, place[:-1])[place[-1]]
        return json.dumps(value).encode()

    def replaced(self, data: bytes, place: Any, odd: Any) -> bytes:
        """The file with something else in the place of what is there."""
        value = json.loads(data)
        _at(value, place[:-1])[place[-1]] = odd
        return json.dumps(value).encode()

    def spoiled(self, data: bytes, place: Any, chance: Random) -> bytes:
        value = json.loads(data)
        parent, last = _at(value, place[:-1]), place[-1]
        before = parent[last]
        parent[last] = swapped(before, chance)
        if isinstance(before, dict) and isinstance(parent[last], dict):
            parent[last] |= {key: before[key] for key in self.kept & before.keys()}
        return json.dumps(value).encode()

    def names(self, data: bytes, place: Any) -> str:
        return rf"\b{re.escape(str(place[-1]))}\b"


def _below(value: Any, path: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    if not path:
        yield ()
        return
    keys = [path[0]] if path[0] != "*" else list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        if isinstance(value, list) == isinstance(key, int) and (isinstance(key, int) or key in value):
            yield from ((key, *rest) for rest in _below(value[key], path[1:]))


def _at(value: Any, place: Sequence[Any]) -> Any:
    for key in place:
        value = value[key]
    return value


@dataclass(frozen=True)
class InXml:
    """Elements of some tags, that hold none of their own kind.

    Attributes:
        tags: a pattern of their names.
    """

    tags: str

    def places(self, data: bytes) -> Sequence[Any]:
        pattern = rf"<({self.tags})\b(?![^>]*\bframe=)[^>]*?(/>|>.*?</\1>)"  # what is on a track depends on the others
        return [found.span() for found in re.finditer(pattern, data.decode(), re.DOTALL)]

    def without(self, data: bytes, place: Any) -> bytes:
        text = data.decode()
        return (text[: place[0]] + "\n" * text[slice(*place)].count("\n") + text[place[1] :]).encode()

    def spoiled(self, data: bytes, place: Any, chance: Random) -> bytes:
        text = data.decode()
        values = [found.span(1) for found in re.finditer(r'="([^"]*)"|>([^<]+)<', text[slice(*place)])]
        values += [found.span(2) for found in re.finditer(r'="([^"]*)"|>([^<]+)<', text[slice(*place)]) if found[2]]
        begin, end = (place[0] + at for at in chance.choice([span for span in values if span[0] >= 0]))
        return (text[:begin] + chance.choice(_TOKENS) + text[end:]).encode()

    def names(self, data: bytes, place: Any) -> str:
        begin, end = (data.decode()[:at].count("\n") + 1 for at in place)
        return rf"\bline ({'|'.join(map(str, range(begin, end + 1)))})\b"


@dataclass(frozen=True)
class Lines:
    """A line for each object."""

    def places(self, data: bytes) -> Sequence[Any]:
        return [n for n, line in enumerate(data.split(b"\n")) if line.strip()]

    def without(self, data: bytes, place: Any) -> bytes:
        lines = data.split(b"\n")
        return b"\n".join(lines[:place] + lines[place + 1 :])

    def spoiled(self, data: bytes, place: Any, chance: Random) -> bytes:
        lines = data.split(b"\n")
        words = re.split(rb"([ ,])", lines[place])
        words[chance.randrange(0, len(words), 2)] = chance.choice(_TOKENS).encode()
        lines[place] = b"".join(words)
        return b"\n".join(lines)

    def names(self, data: bytes, place: Any) -> str:
        return rf"\b{place + 1}\b"


@dataclass(frozen=True)
class InZip:
    """A file in an archive for each object."""

    def places(self, data: bytes) -> Sequence[Any]:
        return zipfile.ZipFile(io.BytesIO(data)).namelist()

    def without(self, data: bytes, place: Any) -> bytes:
        return self._with(data, place, None)

    def spoiled(self, data: bytes, place: Any, chance: Random) -> bytes:
        content = zipfile.ZipFile(io.BytesIO(data)).read(place)
        return self._with(data, place, chance.choice(BYTES)(content, chance))

    def names(self, data: bytes, place: Any) -> str:
        return re.escape(str(place))

    def _with(self, data: bytes, place: str, content: bytes | None) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
            for name in source.namelist():
                changed = content if name == place else source.read(name)
                if changed is not None:
                    target.writestr(name, changed)
        return buffer.getvalue()


@dataclass(frozen=True)
class WholeFile:
    """A file for each object."""

    def places(self, data: bytes) -> Sequence[Any]:
        return [None]

    def without(self, data: bytes, place: Any) -> bytes | None:
        return None

    def spoiled(self, data: bytes, place: Any, chance: Random) -> bytes:
        return chance.choice(BYTES)(data, chance)

    def names(self, data: bytes, place: Any) -> str:
        return ""


_XML = InXml("object|box|polygon|polyline|points|ellipse|mask")
RECORDS: dict[tuple[str, str], Records] = {
    ("labelme", "*.json"): InJson(("shapes", "*")),
    ("labelme", "*.xml"): _XML,
    ("coco", "*.json"): InJson(("annotations", "*")),
    ("yolo", "*[ab].txt"): Lines(),
    ("voc", "*.xml"): _XML,
    ("cvat", "*.xml"): _XML,
    ("cvat", "annotations.json"): InJson(("*", "shapes", "*")),
    ("labelstudio", "*.json"): InJson(("*", "annotations", "*", "result", "*")),
    ("via", "via_project.json"): InJson(("_via_img_metadata", "*", "regions", "*")),
    ("via", "via_region_data.json"): InJson(("*", "regions", "*")),
    ("via", "via3.json"): InJson(("metadata", "*")),
    ("geojson", "[ab].geojson"): InJson(("features", "*")),
    ("geojson", "*.png.geojson"): InJson(("*",)),
    ("imagej", "*.zip"): InZip(),
    ("imagej", "*.roi"): WholeFile(),
    ("maskfolder", "*/masks/*.png"): WholeFile(),
    ("cellpose", "*.txt"): Lines(),
    ("darwin", "*.json"): InJson(("annotations", "*")),
}
"""Format and pattern of file names -> how its objects are written."""


def records_of(name: str, file: str) -> Records | None:
    """How the objects of a file are written, None for those that hold none or hold them together."""
    return next((kind for (of, pattern), kind in RECORDS.items() if of == name and fnmatch(file, pattern)), None)
