"""Read a ``.npy`` file that holds a pickled dict of arrays, without running anything that it says.

A pickle is a program that may call any function by name. Here the few names that numpy's arrays need stand for
plain Python objects of this module, every other name is refused, and numpy itself only ever gets bytes and a number
type.
"""

from __future__ import annotations

import io
import math
import pickle
import struct
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from annelid.errors import AnnotationError

_MAGIC = b"\x93NUMPY"
_MOST_VALUES = 1_000_000
_DEEPEST = 50
_BROKEN = (
    pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, IndexError, KeyError, MemoryError,
    OverflowError, RecursionError, AssertionError, struct.error,
)  # fmt: skip
_NUMBERS = "biufc?SU"


def is_pickled_npy(head: bytes) -> bool:
    """Whether a file that begins so is a ``.npy`` of Python objects."""
    return head.startswith(_MAGIC) and b"|O" in head[:200]


def load_arrays(file: Path) -> Any:
    """The object in the file: dicts, lists, texts, numbers and arrays.

    Raises:
        AnnotationError: it is no such file, or asks for anything but arrays.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise AnnotationError(file, expected="a readable file", found=error.strerror or str(error)) from error
    if not is_pickled_npy(data[:256]):
        raise AnnotationError(file, expected="a .npy file with a dict of arrays", found=f"{data[:16]!r}")
    start = 10 + int.from_bytes(data[8:10], "little") if data[6] == 1 else 12 + int.from_bytes(data[8:12], "little")
    try:
        return _plain(_ArraysOnly(io.BytesIO(data[start:])).load(), [_MOST_VALUES], 0)
    except _Refused as error:
        step = "do not open this file in other programs unless you know who made it"
        raise AnnotationError(file, expected="arrays and nothing else", found=str(error), next_step=step) from error
    except _BROKEN as error:
        found = str(error) or type(error).__name__
        step = "save or copy the file again"
        raise AnnotationError(file, expected="a whole .npy file", found=found, next_step=step) from error


class _Refused(Exception):  # noqa: N818 - the file's fault
    """The pickle asks for something that is no array."""


class _ArraysOnly(pickle._Unpickler):  # noqa: SLF001 - its memo cannot be blown up
    """Python's own slow unpickler with other names in it."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream, encoding="latin1")

    def find_class(self, module: str, name: str) -> object:
        """What stands for a name; a new object each time, so that a pickle cannot change the next one's."""
        module = module.replace("numpy._core", "numpy.core")
        if (module, name) not in _NAMES:
            raise _Refused(f"a call of {module}.{name}".replace("\n", " ")[:200])
        return _Call(_NAMES[module, name])


class _Call:
    """A function that a pickle may call and can't change."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, *args: object) -> object:
        return self._function(*args)

    def __setstate__(self, state: object) -> None:
        raise _Refused("an attempt to change a function")


class _Type:
    """Stands for a numpy dtype of plain numbers or texts."""

    __slots__ = ("text",)

    def __init__(self, text: object, *_: object) -> None:
        text = text.decode("latin1") if isinstance(text, bytes) else text
        if not isinstance(text, str) or len(text) > 12 or text.lstrip("<>=|")[:1] not in f"{_NUMBERS}O":
            raise _Refused(f"an array of {text!r:.60}")
        self.text = text

    def __setstate__(self, state: object) -> None:
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else "|"
        if order in ("<", ">"):
            self.text = f"{order}{self.text.lstrip('<>=|')}"

    @property
    def is_object(self) -> bool:
        return self.text.lstrip("<>=|")[:1] == "O"


class _Array:
    """Stands for a numpy array until everything has been read."""

    __slots__ = ("items", "value")

    def __init__(self, *_: object) -> None:
        self.value: Any = np.zeros(0)
        self.items: list[Any] | None = None

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise _Refused("an array of an unknown kind")
        _, shape, dtype, is_fortran, data = state
        self.fill(data, dtype, shape, "F" if is_fortran is True else "C")

    def fill(self, data: object, dtype: object, shape: object, order: object) -> None:
        """Take the content; object arrays keep their elements as they are."""
        if not isinstance(dtype, _Type) or not isinstance(shape, tuple) or len(shape) > 8:
            raise _Refused("an array of an unknown kind")
        if not all(isinstance(n, int) and 0 <= n < 2**40 for n in shape):
            raise ValueError(f"an array of the shape {shape!r:.60}")
        if dtype.is_object:
            if not isinstance(data, list) or len(data) != math.prod(shape):
                raise ValueError("an array with too few objects")
            self.items = data if shape else data[:1]
            self.value = shape
            return
        raw = data.encode("latin1") if isinstance(data, str) else data
        if not isinstance(raw, bytes | bytearray):
            raise _Refused("an array whose content is no bytes")
        flat = np.frombuffer(bytes(raw), np.dtype(dtype.text))
        self.value = flat.reshape(shape, order="F" if order == "F" else "C")


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _from_buffer(data: object, dtype: object, shape: object, order: object) -> _Array:
    array = _Array()
    array.fill(data, dtype, shape, order)
    return array


def _scalar(dtype: object, data: object = b"") -> _Array:
    array = _Array()
    array.fill(data, dtype, (), "C")
    return array


def _encode(text: object, encoding: object = "latin1") -> bytes:
    """How Python 2 wrote bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise _Refused("bytes in an unknown encoding")
    return text.encode("latin1")


def _path(*parts: object) -> str:
    return str(PurePosixPath(*(part for part in parts if isinstance(part, str))))


def _nothing(*_: object) -> None:
    return None


_NAMES: Mapping[tuple[str, str], Callable[..., object]] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("numpy", "ndarray"): _nothing,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encode,
    ("pathlib", "PosixPath"): _path,
    ("pathlib", "WindowsPath"): _path,
    ("pathlib", "PurePosixPath"): _path,
    ("pathlib", "PureWindowsPath"): _path,
    ("pathlib._local", "PosixPath"): _path,
    ("pathlib._local", "WindowsPath"): _path,
}
"""What a pickle may name (``numpy._core`` counts as ``numpy.core``)."""


def _plain(value: object, left: list[int], depth: int) -> Any:
    """The object without what stood for arrays; ``left`` counts down how many values there may be."""
    left[0] -= 1
    if depth > _DEEPEST or left[0] < 0:
        raise ValueError("values nested too deep, or too many of them")
    if isinstance(value, _Array):
        if value.items is None:
            return value.value[()] if value.value.ndim == 0 else value.value
        items = [_plain(item, left, depth + 1) for item in value.items]
        return items if value.value else items[0]
    if isinstance(value, dict):
        return {key: _plain(entry, left, depth + 1) for key, entry in value.items() if isinstance(key, str | int)}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(entry, left, depth + 1) for entry in value]
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return value
    raise _Refused(f"a {type(value).__name__}")
