"""Open images: read by one at a time, each by one of a few decoders, let go of after a while."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from annelid.image import View
from annelid.readers import image_ref
from annelid.server import open_images
from annelid.server.open_images import OpenImages


def make_view(root: Path, name: str) -> View:
    tifffile.imwrite(root / name, np.arange(64, dtype=np.uint16).reshape(8, 8))
    return View(image_ref(root / name, id=name, name=name))


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(OpenImages, "_warm_one_more", lambda images: None)  # takes a second
    opened = OpenImages(tmp_path)
    yield opened
    opened.close()


def test_two_images_are_decoded_by_two_processes_at_once(tmp_path: Path, images: OpenImages) -> None:
    a, b = make_view(tmp_path, "a.tif"), make_view(tmp_path, "b.tif")
    with images.reading(a) as first, images.reading(b) as second:
        assert first.read().sum() == second.read().sum()
        assert len({id(one.decoder) for one in images._open.values()}) == 2


def test_an_image_moves_where_its_decoder_is_busy_with_another(tmp_path: Path, images: OpenImages) -> None:
    a, b = make_view(tmp_path, "a.tif"), make_view(tmp_path, "b.tif")
    for view in (a, b):
        with images.reading(view):
            pass
    first, second = images._open.values()
    second.decoder = first.decoder
    with images.reading(a), images.reading(b) as file:
        assert first.decoder is not second.decoder
        assert file.read().shape == (8, 8, 1)


def test_one_image_is_read_by_one_thread_at_a_time(tmp_path: Path, images: OpenImages) -> None:
    view = make_view(tmp_path, "a.tif")
    seen: list[str] = []

    def read() -> None:
        with images.reading(view) as file:
            seen.append(f"second {file.read().shape}")

    with images.reading(view):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join(0.1)
        seen.append("first")
    thread.join()
    assert seen == ["first", "second (8, 8, 1)"]


def test_only_so_many_stay_open(tmp_path: Path, images: OpenImages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_images, "_MOST_OPEN", 2)
    for name in ("a.tif", "b.tif", "c.tif", "d.tif"):
        with images.reading(make_view(tmp_path, name)) as file:
            file.read()
    assert [Path(key[0]).name for key in images._open] == ["c.tif", "d.tif"]


def test_what_nobody_looked_at_for_long_is_closed(
    tmp_path: Path, images: OpenImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    with images.reading(make_view(tmp_path, "a.tif")):
        pass
    monkeypatch.setattr(open_images, "_IDLE_SECONDS", -1.0)
    with images.reading(make_view(tmp_path, "b.tif")):
        pass
    assert not images._open
