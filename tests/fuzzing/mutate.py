"""Ways to spoil the bytes of a file: what breaks on the way, what a wrong program writes, what an enemy makes."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from random import Random
from typing import Any

Mutation = Callable[[bytes, Random], bytes]

ODD: tuple[Any, ...] = (
    *(None, True, "", " ", "nan", "inf", "1e400", "-1", 0, -1, 1e308, -1e308, 2**63, 2**200, 1e-320, "\x00", "é" * 9),
    *([], {}, [[]], [None], [[1]], [1, [2]], {"a": {"b": []}}, [[[[[]]]]], "x" * 5000, [0] * 999, float("nan")),
    *("\ud800", "../../a", "/dev/zero", "C:\\a", "a\nb", float("inf"), 1e7, 10**9, 3.5),
)
"""Values that stand where others belong."""

LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d7a" * 16 + b"\nsize 12345\n"
NUMBERS = ("1e999", "-5", "NaN", "99999999999999999999", "0", "1e7", "0x1", "", "-0", "1_0", "１", "1,5")
INTEGERS = (0, 1, -1, 2**15 - 1, -(2**15), 2**31 - 1, -(2**31), 2**63 - 1, 64, 0x7FC00000, 0x7F800000, 255)


# --- any file ---------------------------------------------------------------------------------------------------


def torn(data: bytes, chance: Random) -> bytes:
    return data[: chance.randrange(len(data))]


def without_head(data: bytes, chance: Random) -> bytes:
    return data[chance.randrange(len(data)) :]


def emptied(data: bytes, chance: Random) -> bytes:
    return chance.choice((b"", b"\n", b"\0" * len(data), b" " * 9))


def flipped(data: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 30))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def repeated(data: bytes, chance: Random) -> bytes:
    a, b = sorted(chance.randrange(len(data)) for _ in range(2))
    at = chance.randrange(len(data))
    return data[:at] + data[a:b] + data[at:]


def cut_out(data: bytes, chance: Random) -> bytes:
    a, b = sorted(chance.randrange(len(data)) for _ in range(2))
    return data[:a] + data[b:]


def pointer(data: bytes, chance: Random) -> bytes:
    """What Git leaves in the place of a file whose content it keeps elsewhere."""
    return LFS_POINTER if chance.random() < 0.5 else LFS_POINTER + data


def rewritten(data: bytes, chance: Random) -> bytes:
    """A whole number of two, four or eight bytes, anywhere and in either order, is another one."""
    at, size = chance.randrange(len(data)), chance.choice((2, 4, 4, 8))
    value: int = chance.choice(INTEGERS) % 256**size
    changed = value.to_bytes(size, chance.choice(("big", "little")))
    return data[:at] + changed + data[at + size :]


# --- text -------------------------------------------------------------------------------------------------------


def renumbered(data: bytes, chance: Random) -> bytes:
    """Another number in the place of a digit."""
    text = data.decode("utf-8", "replace")
    digits = [n for n, sign in enumerate(text) if sign.isdigit()]
    if not digits:
        return flipped(data, chance)
    at = chance.choice(digits)
    return (text[:at] + chance.choice(NUMBERS) + text[at + 1 :]).encode()


def nested(data: bytes, chance: Random) -> bytes:
    depth, at = chance.choice((50, 5000, 100_000)), chance.randrange(len(data))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>")))
    return data[:at] + opening * depth + closing * depth + data[at:]


def encoded(data: bytes, chance: Random) -> bytes:
    """The same text in another encoding, with or without a mark of it."""
    text = data.decode("utf-8", "replace")
    text = text.replace("a", "ä", 1) if chance.random() < 0.5 else text
    name = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "cp1252", "utf-32", "cp037"))
    return text.encode(name, "replace")


def with_other_lines(data: bytes, chance: Random) -> bytes:
    """Lines swapped, doubled, lost, or ended as other systems end them."""
    lines = data.split(b"\n")
    kind = chance.randrange(4)
    if kind == 0:
        chance.shuffle(lines)
    elif kind == 1:
        lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    elif kind == 2:
        lines.pop(chance.randrange(len(lines)))
    return chance.choice((b"\r\n", b"\r", b"\n\n", b"\0\n") if kind == 3 else (b"\n",)).join(lines)


def with_entities(data: bytes, chance: Random) -> bytes:
    """XML that declares what grows without end, or reads other files."""
    grow = b'<!ENTITY a0 "aaa">' + b"".join(b'<!ENTITY a%d "&a%d;&a%d;">' % (n, n - 1, n - 1) for n in range(1, 9))
    declared = chance.choice((grow, b'<!ENTITY a SYSTEM "file:///etc/passwd">', b'<!ENTITY % a SYSTEM "x.dtd"> %a;'))
    head, _, rest = data.partition(b"?>")
    return head + b"?><!DOCTYPE a [" + declared + b"]>" + rest.replace(b">", b">&a;", 5)


# --- values in JSON -----------------------------------------------------------------------------------------------


def other_values(data: bytes, chance: Random) -> bytes:
    """A value of another type somewhere in the JSON; elsewhere another number."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return renumbered(data, chance)
    for _ in range(chance.choice((1, 1, 4))):
        value = swapped(value, chance)
    return json.dumps(value).encode()


def swapped(value: Any, chance: Random) -> Any:
    """The value with something odd in the place of one of those in it, or of itself."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        if chance.random() < 0.1:
            return {k if k != key else chance.choice(("", "id", "a b")): v for k, v in value.items()}
        return {**value, key: swapped(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        n = chance.randrange(len(value))
        if chance.random() < 0.1:
            return [*value[:n], value[n], *value[n:]]
        return [*value[:n], swapped(value[n], chance), *value[n + 1 :]]
    return chance.choice(ODD)


# --- archives and pictures ------------------------------------------------------------------------------------------


def packed_again(mutate: Mutation) -> Mutation:
    """Mutate the files in a zip instead of the zip."""

    def mutated(data: bytes, chance: Random) -> bytes:
        buffer = io.BytesIO()
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
                for name in source.namelist():
                    content = source.read(name) or b"\0"
                    target.writestr(name, mutate(content, chance) if chance.random() < 0.5 else content)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
            return mutate(data, chance)
        return buffer.getvalue()

    return mutated


def png_of_size(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says to have this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")
    packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def png_bomb(_: bytes, chance: Random) -> bytes:
    return png_of_size(*chance.choice(((2**17, 2**17), (2**31 - 1, 1), (0, 0), (30_000, 30_000), (100, 50))))


# --- which for which file -------------------------------------------------------------------------------------------

ANY: Sequence[Mutation] = (torn, torn, without_head, emptied, flipped, repeated, cut_out, pointer)
TEXT: Sequence[Mutation] = (*ANY, renumbered, renumbered, renumbered, nested, encoded, with_other_lines)
BYTES: Sequence[Mutation] = (*ANY, flipped, flipped, flipped, *(rewritten,) * 6)
_OF: dict[str, Sequence[Mutation]] = {
    ".json": (*TEXT, *(other_values,) * 10),
    ".geojson": (*TEXT, *(other_values,) * 10),
    ".xml": (*TEXT, *(renumbered,) * 6, with_entities),
    ".zip": (*ANY, *map(packed_again, BYTES), *map(packed_again, (rewritten,) * 8)),
    ".png": (*BYTES, png_bomb),
    **dict.fromkeys((".txt", ".csv", ".yaml", ".yml", ""), (*TEXT, *(renumbered,) * 3)),
}


def spoiled(data: bytes, name: str, chance: Random) -> bytes:
    """The data of a file with one or two mutations that suit its ending."""
    mutations = _OF.get(PurePosixPath(name).suffix.lower(), BYTES)
    whole = data
    for _ in range(chance.choice((1, 1, 2))):
        data = chance.choice(mutations)(data or whole or b"\0", chance)
    return data
