"""How to train on so much data: what is chosen where the user chose nothing.

``small`` is made for 20 to 1,000 images; ``ultralytics`` leaves everything as Ultralytics has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annelid.engines.yolo.pieces import windows
from annelid.engines.yolo.survey import Survey

MOST_IMAGES = 1000
"""With more images the defaults of Ultralytics have steps enough."""
DIAMETERS = (40.0, 64.0)
"""Input pixels that the median object should measure across at least and at most.

40 are ten of the masks, which are learned at a quarter; more than 64 cost time and show nothing new.
"""
LEAST_DIAMETER = 16.0
"""Where an input size that was typed would show the median object smaller, pictures are cut into windows."""
SIDES = (320, 640)
"""Least and greatest side of the network's input that is chosen."""
MOST_ZOOM = 4.0
FITS = 1.2
"""Pictures that are larger than a window by less than this factor are taken whole."""
MOST_WHOLE = 2048
"""Greatest input that is proposed to programs which know no windows."""
WARMUP_STEPS = 100
ALIGNED = 0.5


@dataclass(frozen=True)
class Recipe:
    """What was chosen.

    Attributes:
        name: ``small`` or ``ultralytics``.
        params: parameter -> value, of those that nobody typed.
        said: a sentence for the user, "" where nothing was chosen.
    """

    name: str
    params: Mapping[str, Any]
    said: str = ""


def choose(
    found: Survey, used: Mapping[str, Any], typed: Mapping[str, Any], *, from_scratch: bool, gpu: bool
) -> Recipe:
    """Choose for a training set.

    Args:
        found: the training set.
        used: every parameter as it would be used without a recipe.
        typed: those that the user chose; they are never changed.
        from_scratch: whether training starts from an architecture rather than from weights.
        gpu: whether it runs on a GPU.
    """
    name = used["recipe"] or ("small" if len(found.sizes_wh) <= MOST_IMAGES else "ultralytics")
    if name == "ultralytics":
        return Recipe(name, {})
    imgsz, tile = scale(found, typed.get("imgsz"), typed.get("tile"))
    pieces = count(found, tile) * used["augmentation_factor"]
    chosen = {"imgsz": imgsz, "tile": tile} | _steps(pieces, imgsz, used, typed, gpu=gpu)
    chosen |= _turned(found.aligned)
    if from_scratch and used["optimizer"] == "auto":
        chosen |= {"optimizer": "AdamW", "lr0": 0.002, "momentum": 0.9, "warmup_bias_lr": 0.0}
    chosen = {key: value for key, value in chosen.items() if key not in typed}
    return Recipe(name, chosen, _sentence(found, {**used, **chosen}, pieces))


def scale(found: Survey, imgsz: int | None, tile: int | None) -> tuple[int, int | None]:
    """The side of the network's input, and of the windows in image pixels that fill it (None: whole pictures).

    Objects shall be `DIAMETERS` across on the input. Pictures that are too large for that at `SIDES` are cut into
    windows; so are pictures of different sizes, for their objects to be shown at one scale.

    Args:
        found: the training set.
        imgsz: the side that the user typed.
        tile: the windows that the user typed; 0 is whole pictures.
    """
    side = found.side
    if tile == 0 or not found.diameter:
        return imgsz or SIDES[1], None
    if imgsz and not tile:
        small = found.diameter * imgsz / side < LEAST_DIAMETER
        return imgsz, round(imgsz * found.diameter / LEAST_DIAMETER) if small else None
    least, most = (diameter / found.diameter for diameter in DIAMETERS)
    zoom = min(max(1.0, least), most, MOST_ZOOM)
    if not imgsz:
        lowest = min(SIDES[0], imgsz_of(side * MOST_ZOOM))
        imgsz = min(max(imgsz_of((tile or side) * zoom), lowest), SIDES[1])
    tile = tile or (side if side * zoom < FITS * imgsz else round(imgsz / zoom))
    alike = all(0.9 * tile <= max(size) <= tile for size in found.sizes_wh)
    return imgsz, None if alike else tile


def whole_imgsz(found: Survey, imgsz: int, tile: int | None) -> int:
    """The input size at which a whole image of the usual size is seen at the scale of the windows."""
    return min(imgsz_of(found.side * imgsz / tile), MOST_WHOLE) if tile else imgsz


def imgsz_of(side: float) -> int:
    """The nearest side that the network takes: a multiple of 32."""
    return max(32, round(side / 32) * 32)


def count(found: Survey, tile: int | None) -> int:
    """How many pictures or windows of them an epoch shows."""
    return sum(1 if tile is None else windows(size, tile) for size in found.sizes_wh)


def _steps(pieces: int, imgsz: int, used: Mapping[str, Any], typed: Mapping[str, Any], *, gpu: bool) -> dict[str, Any]:
    """Optimiser steps in proportion to the data: at least ten an epoch where the images allow it.

    Ultralytics adds gradients up to 64 images whatever the data: 40 images would make one step an epoch. The warm-up
    takes `WARMUP_STEPS` and not a tenth of the run; the last quarter of a short run goes without mosaic.
    """
    most = 16 if gpu else 8 if imgsz <= 384 else 4
    batch = typed.get("batch", min(2 ** (min(max(pieces // 10, 2), 64).bit_length() - 1), most))
    an_epoch = pieces / batch if batch >= 1 else 1.0
    return {
        "batch": batch,
        "nbs": batch if batch >= 1 else used["nbs"],
        "close_mosaic": min(used["close_mosaic"], used["epochs"] // 4),
        "warmup_epochs": round(min(WARMUP_STEPS / an_epoch, used["warmup_epochs"], 0.1 * used["epochs"]), 2),
    }


def _turned(aligned: float) -> dict[str, Any]:
    """Rotations and flips: all where objects lie in any direction, small ones where they share one."""
    return {"degrees": 10.0} if aligned >= ALIGNED else {"degrees": 180.0, "flipud": 0.5}


def _sentence(found: Survey, used: Mapping[str, Any], pieces: int) -> str:
    imgsz, tile = used["imgsz"], used["tile"]
    zoom = imgsz / (tile or max(max(size) for size in found.sizes_wh))
    what = f"windows of {tile} px" if tile else "whole images"
    steps = f"{pieces} an epoch in batches of {used['batch']}"
    return (
        f"recipe small ({len(found.sizes_wh)} images): median diameter {found.diameter:.0f} px: "
        f"training at {zoom:.1f}x on {what}, imgsz {imgsz}; {steps}"
    )
