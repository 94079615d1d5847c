"""TensorBoard's event files, written without TensorBoard: records of protocol buffers, each with its checksums.

A record is its length (uint64), a checksum of that, the bytes, a checksum of them; an event is a message of the few
fields that are numbered here as in TensorBoard's ``event.proto``, ``summary.proto`` and ``tensor.proto``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import BinaryIO

import google_crc32c

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
_STRING_TENSOR = 7
"""``DT_STRING``"""


def header(time: float) -> bytes:
    """The event that every file begins with."""
    return _double(1, time) + _text(3, "brain.Event:2")


def event(values: Iterable[bytes], *, time: float, step: int) -> bytes:
    """An event with values of `scalar`, `image`, `markdown` and `plugin`.

    Args:
        values: what it shows.
        time: Unix time in seconds.
        step: the epoch, from 1.
    """
    return _double(1, time) + _whole(2, step) + _message(5, b"".join(_message(1, value) for value in values))


def scalar(tag: str, value: float) -> bytes:
    """A point of a curve, kept as float32."""
    return _text(1, tag) + _key(2, _FLOAT) + struct.pack("<f", value)


def image(tag: str, encoded: bytes, *, width: int, height: int) -> bytes:
    """A picture: the bytes of a PNG or JPEG file of RGB or grey."""
    rgb = 3
    return _text(1, tag) + _message(4, _whole(1, height) + _whole(2, width) + _whole(3, rgb) + _message(4, encoded))


def markdown(tag: str, text: str) -> bytes:
    """A text that TensorBoard shows as Markdown."""
    tensor = _whole(1, _STRING_TENSOR) + _message(2, _message(2, _whole(1, 1))) + _text(8, text)
    return plugin(tag, "text") + _message(8, tensor)


def plugin(tag: str, name: str, content: bytes = b"") -> bytes:
    """A value that belongs to a plugin, with what it is told in the plugin's own message."""
    return _text(1, tag) + _message(9, _message(1, _text(1, name) + _message(2, content)))


def session_start(parameters: Iterable[tuple[str, str | float | bool]], *, name: str, time: float) -> bytes:
    """The value that puts a run into the table of hyperparameters."""
    entries = b"".join(_message(1, _text(1, key) + _message(2, _hyperparameter(value))) for key, value in parameters)
    start = entries + _text(4, name) + _double(5, time)
    return plugin("_hparams_/session_start_info", "hparams", _message(3, start))


def session_end(*, done: bool, time: float) -> bytes:
    """The value that says in that table how a run ended."""
    success, failure = 1, 2
    end = _whole(1, success if done else failure) + _double(2, time)
    return plugin("_hparams_/session_end_info", "hparams", _message(4, end))


def write(stream: BinaryIO, data: bytes) -> None:
    """Append one event."""
    length = struct.pack("<Q", len(data))
    stream.write(length + _checksum(length) + data + _checksum(data))


def _hyperparameter(value: str | float | bool) -> bytes:
    if isinstance(value, bool):
        return _key(4, _VARINT) + _varint(int(value))
    return _text(3, value) if isinstance(value, str) else _double(2, value)


def _checksum(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)  # rotated: a sum of sums is none


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _whole(field: int, value: int) -> bytes:
    return _key(field, _VARINT) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _key(field, _DOUBLE) + struct.pack("<d", value)


def _message(field: int, data: bytes) -> bytes:
    return _key(field, _BYTES) + _varint(len(data)) + data


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())
