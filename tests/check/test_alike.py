"""Images that show the same are found however they were changed; others are not."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from annelid.check.alike import TURNS, Alike, alike_pairs, hashes, turned
from annelid.check.look import SIDE, Look
from annelid.looks import thumbnail_of
from annelid.preprocess import Preprocessing
from annelid.readers.base import ImageFile, ImageInfo, Pixels, Window
from annelid.readers.opening import open_here
from annelid.synthetic import write_nuclei

Picture = NDArray[Any]


class InMemory(ImageFile):
    """An image that is an array."""

    def __init__(self, pixels: Picture) -> None:
        self.pixels = pixels if pixels.ndim == 3 else pixels[..., None]
        h, w, c = self.pixels.shape
        self.path = Path("memory")
        self.info = ImageInfo((w, h), tuple("rgb"[:c]), str(pixels.dtype), is_rgb=c == 3)

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        x1, y1, x2, y2 = window_xyxy or (0, 0, *self.info.size_wh)
        return self.pixels[y1:y2:step, x1:x2:step]

    def close(self) -> None:
        pass


def thumb(pixels: Picture) -> NDArray[np.float32]:
    return thumbnail_of(InMemory(pixels), Preprocessing())


@pytest.fixture(scope="module")
def fields(tmp_path_factory: pytest.TempPathFactory) -> list[Picture]:
    """Twelve synthetic fields of nuclei, uint8 ``[y, x]``."""
    folder = tmp_path_factory.mktemp("nuclei")
    write_nuclei(folder, images=12, size=192)
    found = []
    for path in sorted((folder / "images").iterdir()):
        with open_here(path) as file:
            pixels = file.read()[..., 0].astype(float)
        found.append(np.clip(pixels / pixels.max() * 255, 0, 255).astype(np.uint8))
    return found


def jpeg(pixels: Picture, quality: int) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def scaled(pixels: Picture, factor: float) -> Picture:
    h, w = pixels.shape[:2]
    return np.asarray(Image.fromarray(pixels).resize((round(w * factor), round(h * factor))))


CHANGES: dict[str, Callable[[Picture], Picture]] = {
    "flipped": np.fliplr,
    "upside down": np.flipud,
    "turned by 90": np.rot90,
    "turned by 270": lambda a: np.rot90(a, 3),
    "transposed": np.transpose,
    "half the size": lambda a: scaled(a, 0.5),
    "larger": lambda a: scaled(a, 1.7),
    "JPEG": lambda a: jpeg(a, 30),
    "brighter": lambda a: np.clip(a.astype(int) + 40, 0, 255).astype(np.uint8),
    "darker": lambda a: (a * 0.4).astype(np.uint8),
    "gamma": lambda a: (255 * (a / 255) ** 0.6).astype(np.uint8),
    "16 bits": lambda a: a.astype(np.uint16) * 180 + 500,
    "floats": lambda a: a.astype(np.float32) / 7 - 3,
    "noisy": lambda a: np.clip(a + np.random.default_rng(0).normal(0, 5, a.shape), 0, 255).astype(np.uint8),
    "turned, smaller and compressed": lambda a: jpeg(scaled(np.ascontiguousarray(np.rot90(a)), 0.6), 50),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_and_nothing_else(fields: list[Picture], change: str) -> None:
    copies = [np.ascontiguousarray(CHANGES[change](field)) for field in fields]
    pairs = alike_pairs([thumb(picture) for picture in (*fields, *copies)])
    assert [(pair.first, pair.second) for pair in pairs] == [(n, n + len(fields)) for n in range(len(fields))]


@pytest.mark.parametrize("turn", range(8))
def test_the_turn_that_is_told_makes_one_of_the_other(fields: list[Picture], turn: int) -> None:
    first, second = thumb(fields[0]), np.ascontiguousarray(turned(thumb(fields[0]), turn))
    (pair,) = alike_pairs([first, second])
    assert pair.turn == turn
    assert TURNS[turn]
    assert pair.correlation == pytest.approx(1, abs=1e-4)
    assert hashes(first[None])[turn] == hashes(second[None])[0]


def test_different_fields_and_few_images_have_no_pairs(fields: list[Picture]) -> None:
    assert alike_pairs([thumb(field) for field in fields]) == []
    assert alike_pairs([thumb(fields[0])]) == []
    assert alike_pairs([]) == []


def test_an_even_image_is_blank_and_not_comparable(fields: list[Picture]) -> None:
    assert Look(thumb(np.full((80, 90), 7, np.uint8))).is_blank
    assert not Look(thumb(np.full((80, 90), 7, np.uint16))).is_comparable
    assert Look(thumb(fields[0])).is_comparable
    assert not Look(problem="gone").is_blank
    assert not Look(problem="gone").is_comparable


def test_thousands_of_images_take_seconds() -> None:
    chance = np.random.default_rng(0)
    walks = chance.normal(0, 1, (4000, SIDE, SIDE)).astype(np.float32).cumsum(1).cumsum(2)
    walks[-1] = walks[0].T
    started = time.perf_counter()
    pairs = alike_pairs(list(walks))
    assert time.perf_counter() - started < 20
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 3999)]


def test_a_film_of_one_field_is_held_together_without_comparing_all_frames() -> None:
    chance = np.random.default_rng(0)
    field = chance.normal(0, 1, (SIDE, SIDE)).cumsum(0).cumsum(1)
    frames = [(field + chance.normal(0, 0.1, field.shape)).astype(np.float32) for _ in range(200)]
    pairs = alike_pairs(frames)
    assert len(pairs) < 200 * 25
    assert _connected(pairs, 200) == 1


def _connected(pairs: list[Alike], n: int) -> int:
    root = list(range(n))
    for pair in pairs:
        old, new = root[pair.second], root[pair.first]
        root = [new if r == old else r for r in root]
    return len(set(root))


@pytest.mark.shared_data
def test_no_two_fields_of_dsb2018_or_nuinsseg_are_taken_for_one(shared_data: Path) -> None:
    folder = shared_data / "segmentation"
    paths = [*(folder / "dsb2018/images").glob("*.png"), *folder.glob("nuinsseg/*/tissue images/*")]
    assert len(paths) > 400
    assert alike_pairs([_thumb_of(path) for path in sorted(paths)]) == []


@pytest.mark.shared_data
def test_a_field_that_was_taken_twice_is_found(shared_data: Path) -> None:
    paths = sorted((shared_data / "detection/bccd_voc/JPEGImages").glob("*.jpg"))
    pairs = [(paths[p.first].stem[-2:], paths[p.second].stem[-2:]) for p in alike_pairs([_thumb_of(p) for p in paths])]
    assert pairs == [("37", "38")]


@pytest.mark.shared_data
def test_turned_and_compressed_copies_of_real_fields_are_found(shared_data: Path) -> None:
    paths = sorted((shared_data / "segmentation/dsb2018/images").glob("*.png"))[:30]
    thumbs = [_thumb_of(path) for path in paths]
    for n, path in enumerate(paths):
        pixels = np.asarray(Image.open(path).convert("RGB"))
        changed = jpeg(np.ascontiguousarray(turned(scaled(pixels, 0.7), n % 8)), 40)
        thumbs.append(thumb(changed))
    assert [(p.first, p.second) for p in alike_pairs(thumbs)] == [(n, n + 30) for n in range(30)]


def _thumb_of(path: Path) -> NDArray[np.float32]:
    with open_here(path) as file:
        return thumbnail_of(file, Preprocessing())
