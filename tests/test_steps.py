"""A long verb says how far it has come, to whoever watches it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.small import write_discs

from annelid import formats
from annelid.convert import convert
from annelid.steps import counted, told, watched


def test_nobody_needs_to_watch() -> None:
    told("reading", 1)
    assert list(counted("reading", [1, 2])) == [1, 2]


@pytest.mark.parametrize("name", [name for name in formats.FORMATS if name != "labelmask"])
def test_every_conversion_tells_how_many_images_are_read_and_written(tmp_path: Path, name: str) -> None:
    images, masks = write_discs(tmp_path, 4)
    convert(masks, tmp_path / "there", name, images=images, copy=True)
    said: list[tuple[str, int, int]] = []
    with watched(lambda *step: said.append(step)):
        convert(tmp_path / "there", tmp_path / "back", "labelmask", format=name)
    assert {what.split()[0] for what, _, _ in said} >= {"reading", "writing"}
    assert max(done for what, done, _ in said if what == "writing") == 4
    assert all(done <= of for _, done, of in said if of)
    said.clear()
    convert(tmp_path / "there", tmp_path / "again", "labelmask", format=name)
    assert not said
