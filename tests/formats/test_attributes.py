"""What is said of attributes that a format has no place for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annelid.formats.attributes import LeftOut
from annelid.formats.base import LossReport


def told(*objects: dict[str, Any], **others: str) -> list[tuple[str, int]]:
    left_out, losses = LeftOut(), LossReport()
    for extra in objects:
        left_out.add(extra, **others)
    left_out.report(losses, Path("a.txt"))
    return [(loss.what, loss.count) for loss in losses]


def test_attributes_are_named_and_their_objects_counted() -> None:
    objects: list[dict[str, Any]] = [{"voc": {"pose": "Left", "difficult": 1}}, {"voc": {"pose": "Right"}}, {}]
    assert told(*objects) == [("attributes of objects were left out: pose, difficult", 2)]
    assert told({}, parent="7", origin="3") == [("attributes of objects were left out: origin, parent", 1)]


@pytest.mark.parametrize(
    "extra",
    [{"labelme": {"flags": {}, "description": None, "text": ""}}, {"label_value": 3, "x_file": {"version": "5"}}],
)
def test_what_says_nothing_is_no_loss(extra: dict[str, Any]) -> None:
    assert told(extra) == []


def test_no_and_nought_say_something() -> None:
    assert told({"labelme": {"flags": {"alive": False}}, "n": 0}) == [
        ("attributes of objects were left out: alive, n", 1)
    ]


def test_the_sentence_stays_short() -> None:
    ((what, _),) = told(dict.fromkeys("abcdefgh", 1))
    assert what.endswith("a, b, c, d, e, f and 2 more")
