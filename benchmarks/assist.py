"""Click to segment on real nuclei and cells of all kinds: how good one click is, how good three, and how fast.

    python benchmarks/assist.py ../shared/data [--nuclei 200] [--near]

The first click lies where the object is deepest, or (--near) anywhere within 40 % of its depth from there; each further
one in the middle of the largest connected mistake, + where something is missing, - where there is too much. The last
line is ``iou1 X iou3 Y``: medians over DSB2018 nuclei drawn at random from all of its images.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from annelid import geometry
from annelid.assist.base import ArrayPicture, Assistant, Hints, Point, Prompt
from annelid.assist.classical import Classical

CLICKS = 5
LEAST = 30
"""Objects of fewer pixels, most of them cut off by the border, are left out; in square pixels."""
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Field:
    """An image with the objects on it."""

    kind: str
    pixels: NDArray[np.generic]
    labels: NDArray[np.integer]


def dsb2018(root: Path) -> Iterator[Field]:
    """Fluorescence, stained tissue on white and on purple, brightfield."""
    for path in sorted((root / "segmentation/dsb2018/images").glob("*.png")):
        pixels = np.asarray(Image.open(path).convert("RGB"))
        kind = _stain(pixels)
        shown = pixels[..., :1] if kind in ("fluorescence", "brightfield") else pixels
        yield Field(kind, shown, tifffile.imread(root / "segmentation/dsb2018/masks" / f"{path.stem}.tif"))


def _stain(pixels: NDArray[np.uint8]) -> str:
    values = pixels.astype(float)
    if np.abs(values[..., 0] - values[..., 2]).mean() < 1:
        return "fluorescence" if values.mean() < 100 else "brightfield"
    return "purple on white" if values.mean() > 160 else "purple on purple"


def others(root: Path) -> Iterator[Field]:
    """H&E, 16-bit fluorescence, phase contrast."""
    folder = root / "segmentation"
    for path in sorted(folder.glob("nuinsseg/*/tissue images/*.png")):
        labels = path.parents[1] / "label masks modify" / f"{path.stem}.tif"
        yield Field("H&E (NuInsSeg)", np.asarray(Image.open(path).convert("RGB")), tifffile.imread(labels))
    for name in ("stardist", "stardist/pairs"):
        yield _plain("16-bit, dense (StarDist)", folder / name / "img2d.tif", folder / name / "mask2d.tif")
    sample = tifffile.imread(folder / "celldetective/assets/sample.tif")[3]
    labels = tifffile.imread(folder / "celldetective/assets/sample_labelled.tif")
    yield Field("16-bit cells (celldetective)", sample[..., None], labels)
    for i in range(5):
        name = folder / "yeast_movie"
        yield _plain("yeast, phase, 16-bit", name / f"im00{i}_channel1_phase.tif", name / f"im00{i}_mask1.tif")
    bacteria = folder / "omnipose"
    yield _plain("bacteria with stalks", bacteria / "caulo_15.tif", bacteria / "masks/caulo_15_cp_masks.tif")


def _plain(kind: str, image: Path, mask: Path) -> Field:
    return Field(kind, tifffile.imread(image)[..., None], tifffile.imread(mask))


def drawn(fields: list[Field], count: int) -> list[tuple[Field, int]]:
    """Objects at random from all of the images."""
    every = []
    for field in fields:
        areas = np.bincount(field.labels.ravel())
        every += [(field, int(n)) for n in np.flatnonzero(areas >= LEAST) if n]
    random.Random(0).shuffle(every)
    return every[:count]


def depth(mask: Bits) -> NDArray[np.float64]:
    """Distance of each pixel from what the mask leaves out, the border of the image included."""
    return np.asarray(ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1])


def first_click(truth: Bits, *, near: bool, seed: int) -> Point:
    """In the middle of an object, or near it."""
    deep = depth(truth)
    ys, xs = np.nonzero(deep >= (0.6 if near else 1) * deep.max())
    at = random.Random(seed).randrange(len(ys)) if near else 0
    return Point(xs[at] + 0.5, ys[at] + 0.5)


def next_click(mask: Bits, truth: Bits) -> Point | None:
    """In the middle of the largest mistake; None where there is none."""
    mistakes = []
    for wrong, inside in ((truth & ~mask, True), (mask & ~truth, False)):
        areas, found = ndimage.label(wrong)
        if found:
            sizes = np.bincount(areas.ravel())[1:]
            mistakes.append((int(sizes.max()), areas == sizes.argmax() + 1, inside))
    if not mistakes:
        return None
    _, area, inside = max(mistakes, key=lambda m: m[0])
    y, x = np.unravel_index(depth(area).argmax(), area.shape)
    return Point(float(x) + 0.5, float(y) + 0.5, inside)


def clicked(assistant: Assistant, field: Field, number: int, *, near: bool) -> tuple[list[float], list[float]]:
    """IoU after each click, and the seconds that each took."""
    truth = field.labels == number
    points, picture = [first_click(truth, near=near, seed=number)], ArrayPicture(field.pixels)
    overlaps, seconds = [], []
    while len(overlaps) < CLICKS:
        began = time.perf_counter()
        shape = assistant.outline(picture, Prompt(tuple(points)), Hints()).shape
        seconds.append(time.perf_counter() - began)
        mask = geometry.shape_to_mask(shape, truth.shape)
        overlaps.append(float((mask & truth).sum() / (mask | truth).sum()))
        click = next_click(mask, truth)
        if click is None:
            overlaps += [overlaps[-1]] * (CLICKS - len(overlaps))
        else:
            points.append(click)
    return overlaps, seconds


def boxed(assistant: Assistant, field: Field, number: int) -> float:
    """IoU of what a box gives."""
    truth = field.labels == number
    ys, xs = np.nonzero(truth)
    box = (float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))
    shape = assistant.outline(ArrayPicture(field.pixels), Prompt((), box), Hints()).shape
    mask = geometry.shape_to_mask(shape, truth.shape)
    return float((mask & truth).sum() / (mask | truth).sum())


def row(assistant: Assistant, name: str, objects: list[tuple[Field, int]], *, near: bool) -> NDArray[np.float64]:
    """Measure one kind, print its line, and return the IoUs (objects, CLICKS)."""
    done = [clicked(assistant, *one, near=near) for one in objects]
    overlaps = np.array([each for each, _ in done])
    box = np.median([boxed(assistant, *one) for one in objects])
    times = 1e3 * np.array([second for _, seconds in done for second in seconds])
    shares = " ".join(f"{value:6.3f}" for value in np.median(overlaps, 0))
    speed = f"{np.median(times):5.0f} {np.percentile(times, 95):5.0f}"
    print(f"{name:30s} {len(objects):5d}   {shares}   {box:6.3f}   {speed}", flush=True)
    return overlaps


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the shared data")
    parser.add_argument("--nuclei", type=int, default=200, help="how many objects of each kind")
    parser.add_argument("--near", action="store_true", help="the first click lies near the middle, not in it")
    given = parser.parse_args()
    assistant = Classical()
    clicks = " ".join(f"{n:6d}" for n in range(1, CLICKS + 1))
    print(f"{'median IoU after clicks':30s} {'n':>5s}   {clicks}   {'box':>6s}   {'ms':>5s} {'p95':>5s}")
    fields = list(dsb2018(given.data))
    kinds = {field.kind: [f for f in fields if f.kind == field.kind] for field in fields}
    for field in others(given.data):
        kinds.setdefault(field.kind, []).append(field)
    for kind, of_kind in kinds.items():
        row(assistant, kind, drawn(of_kind, given.nuclei), near=given.near)
    overlaps = row(assistant, "DSB2018, all images", drawn(fields, 3 * given.nuclei), near=given.near)
    median = np.median(overlaps, 0)
    print(f"iou1 {median[0]:.3f} iou3 {median[2]:.3f}")


if __name__ == "__main__":
    main()
