"""JSON files from outside: read with the place of a mistake, written so that every reader takes them."""

from __future__ import annotations

import gc
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from annelid.errors import AnnotationError

_NUMBER_OF_300_DIGITS = re.compile(r"[0-9]{300}")
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")

_DEEPEST = 60


def read_text(path: Path) -> str:
    """A text file in UTF-8 (with or without byte order mark) or UTF-16.

    Raises:
        AnnotationError: the file cannot be read, or is in no such encoding.
    """
    return decoded(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        AnnotationError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise AnnotationError(path, expected="a readable file", found=error.strerror or str(error)) from error


@contextmanager
def mapped(path: Path) -> Iterator[bytes | mmap]:
    """The bytes of a file, which need no memory while they are not looked at.

    Raises:
        AnnotationError: the file cannot be read.
    """
    data: bytes | mmap
    try:
        with path.open("rb") as file:
            data = mmap(file.fileno(), 0, access=ACCESS_READ)
    except (OSError, ValueError):  # empty, or on a drive that cannot do it
        data = read_bytes(path)
    try:
        yield data
    finally:
        if isinstance(data, mmap):
            with suppress(BufferError):  # an error still holds a piece of it
                data.close()


def decoded(data: bytes, file: Path | str) -> str:
    """The text of a file in UTF-8 (with or without byte order mark) or UTF-16.

    Raises:
        AnnotationError: it is in no such encoding.
    """
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise AnnotationError(
            file,
            place=f"byte {error.start}",
            expected="text in UTF-8",
            found="other bytes",
            next_step="save the file again as UTF-8",
        ) from error


def parse(text: str, file: Path | str) -> Any:
    """The value of a JSON text.

    Raises:
        AnnotationError: the text is not JSON; it names line and column, and says when the file was cut off.
    """
    try:
        with collecting_nothing():
            return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return _parse_leniently(text, file)


def _parse_leniently(text: str, file: Path | str) -> Any:
    """What the strict parser refuses: NaN and huge numbers are let in, for all else the place is found."""
    huge = _NUMBER_OF_300_DIGITS.search(text) is not None
    try:
        with collecting_nothing():
            value = json.loads(text, parse_int=_int_or_inf) if huge else json.loads(text)
        if _HALF_CHARACTER.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        cut = not text[error.pos :].strip() or error.msg.startswith("Unterminated string")
        found = f"the end of the file after {len(text.encode())} bytes: it was cut off" if cut else error.msg
        step = "export or copy the file again, it is not whole" if cut else "correct the file there, or export it again"
        place = f"line {error.lineno}, column {error.colno}"
        raise AnnotationError(file, place=place, expected="JSON", found=found, next_step=step) from error
    except RecursionError as error:
        raise AnnotationError(file, expected="JSON", found="brackets nested thousands deep") from error
    except UnicodeEncodeError as error:
        found = f"half a character, {error.object[error.start]!a}"
        raise AnnotationError(file, expected="text", found=found, next_step="correct it in the file") from error
    return value


def _int_or_inf(digits: str) -> int | float:
    """A number that no float holds is infinite: as a coordinate it is then refused, with its place."""
    return float(digits) if len(digits) > 300 else int(digits)


@contextmanager
def collecting_nothing() -> Iterator[None]:
    """Keep Python from looking for garbage where millions of lists are made and none is: half the time goes there."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def dump(value: Any) -> str:
    """A JSON text on one line; numbers that JSON does not have become null, numpy's become plain ones."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)


def plain(value: Any, depth: int = 0) -> Any:
    """A value that was read, without the numbers that JSON does not have: ``NaN`` becomes a text, as others write it.

    Raises:
        RecursionError: it is nested deeper than can be meant.
    """
    if depth > _DEEPEST:
        raise RecursionError(f"brackets nested more than {_DEEPEST} deep")
    if isinstance(value, dict):
        return {str(key): plain(entry, depth + 1) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry, depth + 1) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return _finite(value.tolist())
    return str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
