"""The JSON of a COCO file, read piece by piece: rings become arrays, never lists of four times the size."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from mmap import mmap
from typing import Any, NamedTuple

import orjson

from annelid.formats.coco_shape import DECODED, OURS, score_of
from annelid.formats.coco_table import AnnotationTable, Polygon
from annelid.formats.jsontext import collecting_nothing, decoded, parse
from annelid.steps import told

# There is no wheel for some Pythons and processors: there, large files take longer, and more memory.
simdjson: Any = import_module("simdjson") if find_spec("simdjson") else None

_PIECE = 2**18
"""Bytes that are parsed at a time; what is made of them stays in the cache of the processor."""
_START = re.compile(rb'"annotations"\s*:\s*\[\s*(?=\{)')
_NEXT = re.compile(rb"\}\s*,\s*(?=\{)")
_OTHER_KEYS = (b'"images"', b'"categories"', b'"info"', b'"licenses"')
_TAIL = 2**24
"""Bytes at the end of a file in which the other lists are looked for, where they do not stand before."""
_HOLE = "the annotations, which are read apart"
_TRIES = 200
_IDS = {int, str}
_NEEDED = {"id", "image_id", "category_id", "segmentation"}


class UnusualError(Exception):
    """The text is not laid out so that it can be taken apart, or is no JSON."""


class _Layout(NamedTuple):
    """The keys of an annotation that may be a plain polygon."""

    foreign: tuple[str, ...]
    has_score: bool
    has_crowd: bool
    has_box: bool


@collecting_nothing()
def parse_coco(data: bytes | mmap, file: str) -> tuple[Any, AnnotationTable]:
    """The value of a COCO file's text and, apart from it where it is a data set, its annotations.

    Raises:
        AnnotationError: the text is not JSON (see `parse`).
    """
    try:
        return _in_pieces(data)
    except (UnusualError, orjson.JSONDecodeError):
        value = parse(decoded(bytes(data), file), file)
    annotations = value.get("annotations") if isinstance(value, dict) else None
    return value, AnnotationTable.of_values(annotations if isinstance(annotations, list) else [])


def _in_pieces(data: bytes | mmap) -> tuple[Any, AnnotationTable]:
    """As `parse_coco`, where ``annotations`` is a list of objects and a key of the outermost object.

    Both are proved by parsing: what is left when the list is taken out must be JSON that has a mark in its place, and
    what lies between two cuts must be a list of its own, which no cut inside a text or a bracket leaves.

    Raises:
        UnusualError: it is not laid out so.
    """
    start, end = _bounds(data)
    rest = orjson.loads(b'%b"%b"%b' % (data[: start - 1], _HOLE.encode(), data[end + 1 :]))
    if not isinstance(rest, dict) or rest.get("annotations") != _HOLE:
        raise UnusualError
    reader = _PieceReader()
    at = start
    while at < end:
        at = reader.take_piece(data, at, end)
        told("reading (MB)", at // 2**20, end // 2**20)
    if reader.brackets:
        raise UnusualError
    return {**rest, "annotations": []}, reader.table


def _bounds(data: bytes | mmap) -> tuple[int, int]:
    """Where the list's first value begins, and its closing bracket."""
    found = _START.search(data) if simdjson is not None else None
    if not found:
        raise UnusualError
    before, end = data[: found.start()], len(data)
    for key in _OTHER_KEYS:
        if key not in before:
            later = data.rfind(key, max(found.end(), len(data) - _TAIL), end)
            end = later if later > 0 else end
    end = data.rfind(b"]", found.end(), end)
    if end < 0:
        raise UnusualError
    return data.find(b"[", found.start()) + 1, end


class _PieceReader:
    """Reads the list of annotations, some at a time, into a table.

    Attributes:
        table: what was read.
        brackets: opening brackets in the text less those of the values; a list in a ring, which simdjson runs
            together with it, is one too many.
    """

    def __init__(self) -> None:
        self.table, self.brackets = AnnotationTable(), 0
        self._parser = simdjson.Parser()
        self._number = 0

    def take_piece(self, data: bytes | mmap, start: int, end: int) -> int:
        """Take the next annotations, and return where those after them begin.

        Raises:
            UnusualError: there is no JSON value between start and end.
        """
        cuts = _NEXT.finditer(data, min(start + _PIECE, end), end)
        for _, cut in zip(range(_TRIES), cuts, strict=False):
            try:
                self._take(data[start : cut.start() + 1])
            except (ValueError, RuntimeError):
                continue  # inside an annotation
            return cut.end()
        try:
            self._take(data[start:end])
        except (ValueError, RuntimeError):
            raise UnusualError from None
        return end

    def _take(self, text: bytes) -> None:
        for value in self._parser.parse(b"[%b]" % text):
            if not (isinstance(value, simdjson.Object) and self._take_polygon(value)):
                self._take_other(_plain(value))
            self._number += 1
        self.brackets += text.count(b"[")

    def _take_other(self, value: Any) -> None:
        self.table.add(self._number, value)
        self.brackets -= _brackets(value)

    def _take_polygon(self, value: Any) -> bool:
        """Take an annotation if it is a plain polygon."""
        layout = _layout(tuple(value.keys()))
        if layout is None or (layout.has_crowd and value["iscrowd"]):
            return False
        image, identity, outline = value["image_id"], value["id"], value["segmentation"]
        ring: Any = outline[0] if type(outline) is simdjson.Array and len(outline) == 1 else None
        if type(ring) is not simdjson.Array or type(identity) is not int or type(image) not in _IDS:
            return False
        size = len(ring)
        if size < 6 or size % 2:
            return False
        try:
            memory = ring.as_buffer(of_type="d")
        except TypeError:  # not only numbers
            return False
        foreign = {key: _plain(value[key]) for key in layout.foreign} if layout.foreign else {}
        score = score_of(value["score"]) if layout.has_score else math.nan
        polygon = Polygon(self._number, str(value["category_id"]), str(identity), memory, size // 2, score, foreign)
        self.table.polygons[str(image)].append(polygon)
        boxed = layout.has_box and type(value["bbox"]) is simdjson.Array
        self.brackets -= 2 + boxed + (_brackets(foreign) if foreign else 0)
        return True


@lru_cache
def _layout(keys: tuple[str, ...]) -> _Layout | None:
    if not set(keys) >= _NEEDED or OURS in keys or len(set(keys)) < len(keys):
        return None
    return _Layout(tuple(key for key in keys if key not in DECODED), "score" in keys, "iscrowd" in keys, "bbox" in keys)


def _brackets(value: Any) -> int:
    return orjson.dumps(value).count(b"[")


def _plain(value: Any) -> Any:
    if isinstance(value, simdjson.Array):
        return value.as_list()
    return value.as_dict() if isinstance(value, simdjson.Object) else value
