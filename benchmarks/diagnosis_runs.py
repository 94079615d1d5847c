"""Make real trainings that fail, each in its own way, and keep what is known of them for the tests of `diagnose`.

    python benchmarks/diagnosis_runs.py [NAME ...] [--out tests/data/diagnosis] [--work DIR] [--seed 0]

Every run trains yolo11n-seg on drawn pictures of 128 pixels: from scratch where it matters, else from the weights of
the run `healthy`. What is kept is the record that `annelid diagnose` reads, with the codes that it has to give: a few
KB a run, no pictures. Takes about half a minute a run on two cores; the last line counts the runs that are told right.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.draw import polygon

from annelid import run_record
from annelid.diagnose import Record, diagnose
from annelid.errors import AnnelidError
from annelid.project import Project

OUT = Path(__file__).resolve().parents[1] / "tests" / "data" / "diagnosis"
SIDE = 128
BASE = "healthy"

Ring = NDArray[np.float64]
Thing = tuple[int, Ring]
"""Class and outline of an object, float64 (K, 2) x and y."""
Change = Callable[[np.random.Generator, list[Thing]], list[Thing]]


@dataclass(frozen=True)
class Scene:
    """How pictures are drawn.

    Attributes:
        radius: least and greatest radius of the objects, in pixels.
        count: least and greatest number of objects.
        light: how bright objects are above the ground, in grey values.
        noise: standard deviation of the grey values.
        debris: number of bright shapes that are no objects.
        classes: share of every class.
        alike: whether the classes look the same; else the second has a hole and the third is a triangle.
        touching: share of the objects that get a neighbour that touches them.
        stretch: how much longer than broad objects are.
        inverted: dark objects on a bright ground.
        varied: light, noise, size and whether it is inverted differ from picture to picture.
    """

    radius: tuple[float, float] = (7, 11)
    count: tuple[int, int] = (5, 9)
    light: float = 110
    noise: float = 6
    debris: int = 0
    classes: tuple[float, ...] = (1.0,)
    alike: bool = False
    touching: float = 0.0
    stretch: float = 1.0
    inverted: bool = False
    varied: bool = False

    def one(self, rng: np.random.Generator) -> Scene:
        """The scene of one picture."""
        if not self.varied:
            return self
        size = float(rng.uniform(4, 12))
        look = {"light": float(rng.uniform(25, 130)), "noise": float(rng.uniform(3, 20))}
        return replace(self, **look, radius=(size, 1.3 * size), inverted=bool(rng.uniform() < 0.5))


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        codes: what it has to be told.
        params: of the training.
        train: pictures to learn from.
        val: pictures to validate with.
        images: number of pictures of train and of val.
        learned: what is done to the annotation to learn from, as by a careless annotator.
        told: the same for validation.
        odd: pictures at the end of val that are drawn by another scene.
        odd_images: how many of them.
        leak: validation pictures are training pictures.
        from_base: start from the weights of the run `BASE`.
        names: of the classes.
    """

    codes: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    train: Scene = Scene()
    val: Scene | None = None
    images: tuple[int, int] = (40, 16)
    learned: Change | None = None
    told: Change | None = None
    odd: Scene | None = None
    odd_images: int = 0
    leak: bool = False
    from_base: bool = True
    names: tuple[str, ...] = ("cell",)


# --- pictures ------------------------------------------------------------------------------------------------------


def things(rng: np.random.Generator, scene: Scene) -> list[Thing]:
    """Objects that do not overlap; some touch."""
    placed: list[tuple[float, float, float]] = []
    found: list[Thing] = []
    for _ in range(int(rng.integers(scene.count[0], scene.count[1] + 1))):
        radius = float(rng.uniform(*scene.radius))
        spot = _free_spot(rng, placed, radius * scene.stretch)
        if spot is None:
            continue
        kind = int(rng.choice(len(scene.classes), p=scene.classes))
        angle = float(rng.uniform(0, np.pi))
        found.append((kind, _outline(*spot, radius, scene.stretch, angle, 0 if scene.alike else kind)))
        placed.append((*spot, radius * scene.stretch))
        if rng.uniform() < scene.touching:
            beside = (spot[0] + 1.86 * radius * np.cos(angle), spot[1] + 1.86 * radius * np.sin(angle))
            if all(radius < c < SIDE - radius for c in beside):
                found.append((kind, _outline(*beside, radius, 1.0, 0.0, 0)))
                placed.append((*beside, radius))
    return found


def _free_spot(
    rng: np.random.Generator, placed: Sequence[tuple[float, float, float]], radius: float
) -> tuple[float, float] | None:
    for _ in range(40):
        x, y = rng.uniform(radius + 1, SIDE - radius - 1, 2)
        if all(np.hypot(x - a, y - b) > radius + r + 3 for a, b, r in placed):
            return float(x), float(y)
    return None


def _outline(x: float, y: float, radius: float, stretch: float, angle: float, kind: int) -> Ring:
    """A slightly uneven disc, or for the third class a triangle."""
    corners = 3 if kind == 2 else 40
    theta = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    along, across = radius * stretch * np.cos(theta), radius * np.sin(theta)
    if corners > 3:
        along, across = along * (1 + 0.05 * np.sin(3 * theta)), across * (1 + 0.05 * np.cos(2 * theta))
    turned = along * np.cos(angle) - across * np.sin(angle), along * np.sin(angle) + across * np.cos(angle)
    return np.stack([x + turned[0], y + turned[1]], 1).clip(0.5, SIDE - 0.5)


def draw(rng: np.random.Generator, scene: Scene, objects: Sequence[Thing]) -> NDArray[np.uint8]:
    """The picture ``[y, x]``."""
    light = np.full((SIDE, SIDE), 50.0)
    for kind, ring in objects:
        light[polygon(ring[:, 1], ring[:, 0], light.shape)] = 50 + scene.light * rng.uniform(0.85, 1.15)
        if kind == 1 and not scene.alike:
            hole = ring.mean(0) + 0.55 * (ring - ring.mean(0))
            light[polygon(hole[:, 1], hole[:, 0], light.shape)] = 55
        if len(objects) > 1 and scene.touching:  # a dim seam between neighbours
            light[polygon(*_rim(ring), light.shape)] *= 0.97
    for _ in range(scene.debris):
        spot = rng.uniform(12, SIDE - 12, 2)
        shape = _outline(*spot, float(rng.uniform(5, 9)), 1.3, float(rng.uniform(0, 3)), 0)
        clear = all(np.hypot(*(spot - ring.mean(0))) > 22 for _, ring in objects)
        if clear:
            light[polygon(shape[:, 1], shape[:, 0], light.shape)] = 50 + scene.light * rng.uniform(0.8, 1.1)
    picture = ndimage.gaussian_filter(light, 0.8) + rng.normal(0, scene.noise, light.shape)
    picture = 220 - picture if scene.inverted else picture
    return np.asarray(picture.clip(0, 255), np.uint8)


def _rim(ring: Ring) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return ring[:, 1], ring[:, 0]


# --- what careless annotators do -------------------------------------------------------------------------------------


def any_class(rng: np.random.Generator, objects: list[Thing]) -> list[Thing]:
    """A third of the objects bears the name of the other class."""
    return [(1 - kind if rng.uniform() < 0.33 else kind, ring) for kind, ring in objects]


def elsewhere(rng: np.random.Generator, objects: list[Thing]) -> list[Thing]:
    """The outlines of another picture."""
    del objects
    return things(rng, Scene())


def merged(_: np.random.Generator, objects: list[Thing]) -> list[Thing]:
    """Neighbours that touch are drawn as one."""
    import shapely

    whole = shapely.union_all([shapely.Polygon(ring).buffer(1) for _, ring in objects])
    parts = list(whole.geoms) if hasattr(whole, "geoms") else [whole]
    return [(0, np.asarray(part.exterior.coords).clip(0, SIDE)) for part in parts]


def halved(_: np.random.Generator, objects: list[Thing]) -> list[Thing]:
    """Every object is drawn as two halves, left and right or top and bottom of its middle."""
    import shapely

    found: list[Thing] = []
    for kind, ring in objects:
        (x, y), long_side = ring.mean(0), np.ptp(ring, axis=0).argmax()
        cut = shapely.box(0, 0, x, SIDE) if long_side == 0 else shapely.box(0, 0, SIDE, y)
        shape = shapely.Polygon(ring).buffer(0)
        halves = (shape & cut, shape - cut)
        found += [(kind, np.asarray(half.exterior.coords)) for half in halves if half.geom_type == "Polygon"]
    return found


# --- the runs --------------------------------------------------------------------------------------------------------

SHORT = {"epochs": 12, "imgsz": SIDE}
PLAIN = {"mosaic": 0.0, "scale": 0.0, "translate": 0.0, "hsv_v": 0.0, "fliplr": 0.0}
TWO = ("cell", "ring")
PAIR = Scene(classes=(0.5, 0.5))

RUNS: Mapping[str, Run] = {
    BASE: Run(("D100",), {"epochs": 40, "imgsz": SIDE}, from_base=False),
    "healthy-two-classes": Run(("D100",), {**SHORT, "epochs": 20}, PAIR, names=TWO),
    "healthy-touching": Run(("D100",), {**SHORT, "epochs": 20}, Scene(touching=0.4)),
    "healthy-dim": Run(("D100",), {**SHORT, "epochs": 16}, Scene(light=60, noise=10)),
    "healthy-dense": Run(("D100",), {**SHORT, "epochs": 20}, Scene(radius=(5, 8), count=(12, 20))),
    "learning-rate-far-too-high": Run(("D101",), {"epochs": 12, "imgsz": SIDE, "lr0": 1.0}, from_base=False),
    "learning-rate-too-high": Run(("D101",), {"epochs": 20, "imgsz": SIDE, "lr0": 0.4}, from_base=False),
    "fine-tuning-rate-too-high": Run(("D101",), {**SHORT, "lr0": 0.05}),
    "learning-rate-too-low": Run(("D102",), {"epochs": 20, "imgsz": SIDE, "lr0": 1e-5}, from_base=False),
    "fine-tuning-rate-too-low": Run(("D102",), {**SHORT, "lr0": 1e-7}, Scene(inverted=True)),
    "one-epoch": Run(("D103",), {"epochs": 1, "imgsz": SIDE}, from_base=False),
    "stopped-early": Run(("D103",), {"epochs": 8, "imgsz": SIDE}, from_base=False),
    "stopped-while-rising": Run(("D103",), {"epochs": 6, "imgsz": SIDE}, Scene(inverted=True)),
    "noise": Run(("D104",), {**SHORT, "epochs": 24}, Scene(light=9, noise=24, radius=(9, 9.6))),
    "labels-of-other-images": Run(("D105",), {**SHORT, "epochs": 20}, learned=elsewhere, told=elsewhere),
    "training-labels-of-other-images": Run(("D105",), {**SHORT, "epochs": 16}, learned=elsewhere),
    "four-images": Run(("D106",), {**SHORT, "epochs": 80, **PLAIN}, Scene(light=25, noise=22), images=(4, 16)),
    "four-images-of-many-kinds": Run(("D106",), {**SHORT, "epochs": 60, **PLAIN}, Scene(varied=True), images=(4, 24)),
    "hundred-steps": Run(
        ("D103",), {**SHORT, "epochs": 50, **PLAIN}, Scene(varied=True), images=(4, 24), from_base=False
    ),
    "copies-in-validation": Run(("D201",), SHORT, leak=True),
    "three-validation-images": Run(("D202",), SHORT, images=(40, 3)),
    "rare-class": Run(("D301",), SHORT, Scene(classes=(0.97, 0.03)), PAIR, names=TWO),
    "classes-alike": Run(("D302",), {**SHORT, "epochs": 16}, replace(PAIR, alike=True), names=("live", "dead")),
    "classes-swapped": Run(("D302",), {**SHORT, "epochs": 16}, PAIR, learned=any_class, told=any_class, names=TWO),
    "cautious": Run(("D401",), {**SHORT, "conf": 0.93}),
    "careless": Run(("D402",), {**SHORT, "conf": 0.002}),
    "debris-never-seen": Run(("D403",), SHORT, val=Scene(debris=4), odd=Scene(count=(0, 0), debris=5), odd_images=6),
    "debris-like-cells": Run(("D403",), SHORT, Scene(debris=2)),
    "small-objects": Run(("D404",), {"epochs": 14, "imgsz": 64}, Scene(radius=(2, 12), count=(8, 14))),
    "neighbours-drawn-as-one": Run(("D405",), SHORT, Scene(touching=0.6), learned=merged),
    "halves": Run(("D406",), {**SHORT, "epochs": 20}, Scene(radius=(6, 8), stretch=2.2, count=(3, 6)), learned=halved),
    "coarse": Run(("D407",), {"epochs": 20, "imgsz": 64}, Scene(radius=(4, 6), count=(5, 9))),
    "one-odd-image": Run(("D408",), SHORT, odd=Scene(inverted=True, count=(14, 18)), odd_images=1),
}


# --- from a run to its record ----------------------------------------------------------------------------------------


def write_data(folder: Path, run: Run, seed: int) -> Path:
    """A YOLO data set; returns its ``data.yaml``."""
    for number, part in enumerate(("train", "val")):
        rng = np.random.default_rng([7 + seed, 0 if run.leak else number])
        scene = run.train if part == "train" else run.val or run.train
        change = run.learned if part == "train" else run.told
        for n in range(run.images[number]):
            odd = part == "val" and run.odd is not None and n >= run.images[1] - run.odd_images
            drawn = run.odd if odd and run.odd else scene.one(rng)
            objects = things(rng, drawn)
            picture = draw(rng, drawn, objects)
            _write_image(folder, part, n, picture, change(rng, objects) if change else objects)
    content = {"path": str(folder), "train": "images/train", "val": "images/val", "names": dict(enumerate(run.names))}
    (folder / "data.yaml").write_text(json.dumps(content))
    return folder / "data.yaml"


def _write_image(folder: Path, part: str, n: int, picture: NDArray[np.uint8], objects: Sequence[Thing]) -> None:
    for kind in ("images", "labels"):
        (folder / kind / part).mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(folder / "images" / part / f"{part}{n:02d}.png")
    lines = [f"{kind} " + " ".join(f"{v:.5f}" for v in (ring / SIDE).ravel()) for kind, ring in objects]
    (folder / "labels" / part / f"{part}{n:02d}.txt").write_text("\n".join(lines))


def make(name: str, work: Path, seed: int = 0) -> Record:
    """Train one run and read what is known of it."""
    run = RUNS[name]
    data = write_data(work / "data" / name, run, seed)
    folder = work / "project"
    with Project(folder) if (folder / "annelid.yaml").exists() else Project.init(folder) as project:
        base = folder / "runs" / BASE / "weights" / "best.pt"
        model = str(base) if run.from_base else "yolo11n-seg.yaml"
        params = {"plots": False, "device": "cpu", **({"seed": seed} if seed else {}), **run.params}
        try:
            trained = project.train(
                data=data, name=name, model=model, allow_leakage=run.leak, watch=lambda _: None, **params
            )
            place, card = trained.run, trained.card
        except AnnelidError as error:
            print(f"    {error}")
            place, card = folder / "runs" / name, None
        record = run_record.read_record(place, card)
        return replace(record, started_from=Path(record.started_from).name)


def main() -> None:
    """Make the records that are asked for and say which are told right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *RUNS])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="other pictures and other weights")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    work = given.work or Path(tempfile.mkdtemp(prefix="diagnosis"))
    right = 0
    names = given.names or list(RUNS)
    for name in names:
        record = make(name, work, given.seed)
        expected, told = set(RUNS[name].codes), {finding.code for finding in diagnose(record)}
        content = {"expected": sorted(expected), "record": record.to_dict()}
        text = json.dumps(content, separators=(",", ":")).replace(f"{work / 'data'}/", "")
        (given.out / f"{name}.json").write_text(text + "\n")
        right += expected == told
        print(f"{'right' if expected == told else 'WRONG'}  {name}: {', '.join(sorted(told))}", flush=True)
    print(f"right {right} of {len(names)}")


if __name__ == "__main__":
    main()
