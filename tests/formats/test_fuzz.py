"""Broken and hostile files: an error that names the file, or losses; never anything else, and never for long."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.contracts import own_files as own

from annelid import formats
from annelid.errors import AnnotationError
from annelid.formats.images import FolderImages

NAMES = ("voc", "cvat", "labelstudio", "via")
ROUNDS = 300
SECONDS = 5.0
ODD: tuple[Any, ...] = (
    *(None, True, "", "nan", "inf", "1e400", "-1", 0, -1, 1e308, -1e308, 2**63, 2**200, 1e-320, "\x00", "é" * 9),
    *([], {}, [[]], [None], [[1]], [1, [2]], {"a": {"b": []}}, [[[[[]]]]], "x" * 5000, [0] * 999, float("nan")),
)


def torn(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 30))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def repeated(data: bytes, chance: random.Random) -> bytes:
    a, b = sorted(chance.randrange(len(data)) for _ in range(2))
    at = chance.randrange(len(data))
    return data[:at] + data[a:b] + data[at:]


def renumbered(data: bytes, chance: random.Random) -> bytes:
    """Another number in the place of one."""
    text = data.decode("utf-8", "replace")
    digits = [n for n, sign in enumerate(text) if sign.isdigit()]
    at = chance.choice(digits) if digits else 0
    number = chance.choice(("1e999", "-5", "NaN", "99999999999999999999", "0", "1e7", "0x1", ""))
    return (text[:at] + number + text[at + 1 :]).encode()


def nested(data: bytes, chance: random.Random) -> bytes:
    depth, at = chance.choice((50, 5000, 200_000)), chance.randrange(len(data))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>")))
    return data[:at] + opening * depth + closing * depth + data[at:]


def other_types(data: bytes, chance: random.Random) -> bytes:
    """A value of another type somewhere in the JSON; elsewhere another attribute."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return renumbered(data, chance)
    for _ in range(chance.choice((1, 1, 4))):
        value = _swapped(value, chance)
    return json.dumps(value).encode()


def _swapped(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        return {**value, key: _swapped(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        n = chance.randrange(len(value))
        return [*value[:n], _swapped(value[n], chance), *value[n + 1 :]]
    return chance.choice(ODD)


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(torn, flipped, flipped, repeated, renumbered, renumbered, nested),
    *(other_types,) * 5,
)


@pytest.mark.parametrize("name", NAMES)
def test_mutated_files_end_in_an_error_that_names_them_or_in_losses(name: str, tmp_path: Path) -> None:
    module, chance = formats.get(name), random.Random(name)
    own.picture(tmp_path)
    module.write(own.dataset(own.every_column()), tmp_path, {"1": "a.png"})
    file = next(path for path in sorted(tmp_path.rglob("*")) if path.suffix in {".xml", ".json"})
    whole, images = file.read_bytes(), FolderImages(tmp_path)
    for _ in range(ROUNDS):
        data = whole
        for _ in range(chance.choice((1, 1, 2))):
            data = chance.choice(MUTATIONS)(data or whole, chance)
        file.write_bytes(data)
        begin = time.perf_counter()
        try:
            module.sniff(file)
            found = module.read(file, images)
            for item in found.items:
                assert (item.objects.boxes_xyxy >= 0).all()
                assert (item.objects.boxes_xyxy[:, 2:] <= item.size_wh).all()
        except AnnotationError as error:
            assert file.name in str(error)  # noqa: PT017 - most mutations are errors, some are not
        except Exception:
            (tmp_path / "culprit").write_bytes(data)
            raise
        assert time.perf_counter() - begin < SECONDS
