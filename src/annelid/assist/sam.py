"""Click to segment with SAM, MobileSAM, SAM 2 or FastSAM, whose weights lie in the project.

A network looks at 1,024 x 1,024 pixels. Of larger images it sees a tile around the prompt, thinned to the zoom at which
the person looks; tiles lie on a grid, so that the next click nearby finds the same one, whose embedding is kept.
"""

from __future__ import annotations

import hashlib
import json
import math
from functools import lru_cache
from pathlib import Path

import numpy as np

from annelid import tracing
from annelid.assist.base import Hints, Outline, Picture, Prompt, Window
from annelid.assist.client import WorkerProcess
from annelid.engines import sam as engine
from annelid.engines.sam.network import SIDE
from annelid.errors import UsageError
from annelid.geometry import Shape, move_shape
from annelid.models import sha256_of

_FARTHEST_STEP = 64


class Sam:
    """The assistant that asks a network (see `annelid.assist.base.Assistant`).

    Args:
        weights: its file.
        worker: the process that runs it.
    """

    def __init__(self, weights: Path, worker: WorkerProcess) -> None:
        self.name = f"sam:{weights.name}"
        self._weights, self._worker = weights, worker

    def outline(self, picture: Picture, prompt: Prompt, hints: Hints) -> Outline:  # noqa: ARG002 - a network needs none
        """The object that a prompt means.

        Raises:
            UsageError: the prompt lies beside the picture.
            EngineError: the network can't be loaded, or failed.
        """
        if prompt.outside(picture.size_wh):
            raise UsageError("the prompt lies beside the image", next_step="click inside the image")
        window, step = seen_window(picture.size_wh, prompt)
        x1, y1, x2, y2 = window
        question = {
            "weights": str(self._weights),
            "key": self._key(picture, window, step),
            "size_hw": [-(-(y2 - y1) // step), -(-(x2 - x1) // step)],
            "points": [((p.x - x1) / step, (p.y - y1) / step, int(p.inside)) for p in prompt.points],
            "box": _box_in(prompt, x1, y1, step),
        }
        told, bits = self._worker.answer(question)
        if told.get("need") == "picture":
            told, bits = self._worker.answer(question, picture.rendered(window, step).tobytes())
        h, w = told["size_hw"]
        mask = np.unpackbits(bits, count=h * w).reshape(h, w).astype(bool)
        shape = _within(move_shape(tracing.mask_to_shape(mask), (x1, y1), (step, step)), picture.size_wh)
        return Outline(shape, float(np.clip(told["score"], 0, 1)))

    def _key(self, picture: Picture, window: Window, step: int) -> str:
        """What the embedding depends on."""
        state = self._weights.stat()
        weights = _digest(self._weights, state.st_mtime_ns, state.st_size)
        content = picture.key or hashlib.sha256(picture.rendered(window, step).tobytes()).hexdigest()
        return hashlib.sha256(json.dumps([content, weights, window, step, SIDE]).encode()).hexdigest()


def seen_window(size_wh: tuple[int, int], prompt: Prompt) -> tuple[Window, int]:
    """The part of an image that the network sees, and of how many pixels it takes one."""
    xs = [p.x for p in prompt.points] + ([prompt.box[0], prompt.box[2]] if prompt.box else [])
    ys = [p.y for p in prompt.points] + ([prompt.box[1], prompt.box[3]] if prompt.box else [])
    if max(size_wh) <= SIDE:
        return (0, 0, *size_wh), 1
    extent = max(max(xs) - min(xs), max(ys) - min(ys))
    needed = max(1.0, 1 / prompt.zoom, extent / (SIDE / 2))
    step = min(2 ** math.ceil(math.log2(needed)), _FARTHEST_STEP)
    sides = [_side(length, (min(at) + max(at)) / 2, step) for length, at in zip(size_wh, (xs, ys), strict=True)]
    (left, right), (top, bottom) = sides
    return (left, top, right, bottom), int(step)


def _side(length: int, middle: float, step: int) -> tuple[int, int]:
    """One side of the tile, on a grid of half its own length."""
    whole, half = SIDE * step, SIDE * step // 2
    if length <= whole:
        return 0, length
    start = max(0, round((middle - half) / half) * half)
    start = min(start, -(-(length - whole) // step) * step)
    return start, min(start + whole, length)


def _box_in(prompt: Prompt, left: int, top: int, step: int) -> list[float] | None:
    if prompt.box is None:
        return None
    return [(value - edge) / step for value, edge in zip(prompt.box, (left, top, left, top), strict=True)]


def _within(shape: Shape, size_wh: tuple[int, int]) -> Shape:
    """A shape of thinned pixels may leave the image by less than one of them."""
    return tuple(tuple(np.minimum(ring, size_wh) for ring in part) for part in shape)


@lru_cache(maxsize=32)
def _digest(path: Path, _mtime_ns: int, _size: int) -> str:
    return sha256_of(path)


def weights_in(folder: Path) -> list[Path]:
    """Files in a folder that are named like such weights."""
    return sorted(path for path in folder.glob("*.pt") if engine.is_weights(path.name))
