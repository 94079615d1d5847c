"""Time to a good model from scratch: the small recipe against stock Ultralytics and StarDist, on the same images.

    uv run python benchmarks/training.py IMAGES MASKS [--quick] [--stardist PYTHON] [--out DIR]

IMAGES and MASKS are folders of the grey fluorescence images of DSB2018 and their label images (others, stained tissue
and brightfield, are left out). 160 images are learned from, 40 choose the best epoch, the rest test. Every method is
run with several numbers of epochs, each with its own schedule, in a process of its own; the time is wall time from its
start until its ``best.pt`` is final. All are measured by Annelid's evaluator on the test part, at the images' own
resolution.

* ``stock``: ``yolo train`` with its defaults at imgsz 320 (at its default of 640 an epoch takes four times as long).
* ``tuned``: as well as stock's own arguments allow: imgsz 640, batch = nbs = 4, AdamW, a short warm-up, all rotations.
* ``small``: ``annelid train --recipe small``.
* ``stardist``: from scratch for ``--minutes``, in a Python that has it; ``small`` then gets ``--epochs``.
* with ``--fine-tune``: ``stock`` and ``small`` go on from the best weights of ``small`` on the images that were left
  out, three fifths of them to learn from; 3 times sooner is wanted.

What was measured is kept in ``DIR/runs.jsonl``: a run that was interrupted goes on. The last line is ``ratio X``: how
many times sooner than stock's best figure the small recipe reaches it (6 is wanted), or than tuned's where that is the
harder one (2 is wanted, given as three times as much).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from annelid.dataset import Dataset
from annelid.engines import yolo
from annelid.engines.base import PredictConfig
from annelid.evaluate import evaluate
from annelid.evaluate.figures import Evaluation
from annelid.examples import render_view
from annelid.match import THRESHOLDS
from annelid.measured import confidence_of_best_f1
from annelid.objects import Objects
from annelid.predict import predict_view
from annelid.project import Project
from annelid.tracing import label_image_to_shapes

BUDGETS = {"stock": (30, 60, 90), "tuned": (6, 12, 18), "small": (2, 3, 4, 6, 9)}
QUICK = {"stock": (45,), "tuned": (9,), "small": (2, 3, 4)}
FINE_TUNING = {"stock": (10, 20, 40), "small": (1, 2, 3, 5, 10)}
TUNED = {
    "imgsz": 640,
    "batch": 4,
    "nbs": 4,
    "optimizer": "AdamW",
    "lr0": 0.002,
    "momentum": 0.9,
    "warmup_epochs": 1,
    "warmup_bias_lr": 0,
    "degrees": 180,
    "flipud": 0.5,
}
STOCK = """
import sys
from ultralytics import YOLO, settings
settings.update({name: False for name in ("clearml", "comet", "dvc", "mlflow", "raytune")})  # or their time counts
YOLO(sys.argv[6]).train(data=sys.argv[1], project=sys.argv[2], name="run", epochs=int(sys.argv[3]),
    seed=int(sys.argv[4]), device="cpu", plots=False, **eval(sys.argv[5]))
"""
PEER = Path(__file__).with_name("stardist_peer.py")


@dataclass(frozen=True)
class Run:
    """One training and its figures.

    Attributes:
        method: which one.
        budget: epochs, or minutes for ``stardist``.
        seed: of the training.
        seconds: wall time from the start of its process.
        map50: mask mAP50 on the test part.
        ap: TP / (TP + FP + FN) at IoU .5, .55 ... .95 at the confidence that is best on validation.
    """

    method: str
    budget: int
    seed: int
    seconds: float
    map50: float
    ap: tuple[float, ...]


class Bench:
    """The data, and what was measured on them.

    Args:
        out: folder for everything.
        images: folder of the images.
        masks: folder of their label images.
        start: an architecture, or weights to go on from; then the images are those that are no fluorescence.
    """

    def __init__(self, out: Path, images: Path, masks: Path, start: str = "yolo11n-seg.yaml") -> None:
        self.out, self.log, self.start = out, out / "runs.jsonl", start
        self.root = out / "project"
        if not self.root.exists():
            scratch = start.endswith(".yaml")
            with Project.init(self.root) as project:
                _link(images, masks, out / "source", fluorescence=scratch)
                project.import_(out / "source" / "images", labels=out / "source" / "masks")
                total = len(project.dataset())
                project.split(val=40 / total if scratch else 0.1, test=1 - 200 / total if scratch else 0.3)
                project.export(out / "yolo", "yolo")
        self.done = [Run(**json.loads(line)) for line in _lines(self.log)]

    def run(self, method: str, budget: int, seed: int, **more: Any) -> None:
        """Train and measure, unless that was done before."""
        if any((r.method, r.budget, r.seed) == (method, budget, seed) for r in self.done):
            return
        seconds, map50, ap = getattr(self, f"_{method}")(budget, seed, **more)
        run = Run(method, budget, seed, round(seconds, 1), round(map50, 4), tuple(round(v, 4) for v in ap))
        self.done.append(run)
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(run)) + "\n")
        print(_line(run), flush=True)

    def all(self, budgets: Mapping[str, Sequence[int]], seeds: Sequence[int]) -> None:
        """Run every method with each of its budgets."""
        for seed, (method, several) in product(seeds, budgets.items()):
            for budget in several:
                self.run(method, budget, seed)

    def weights(self, epochs: int, seed: int) -> Path:
        """Where the best weights of a run of ``small`` are."""
        return self.root / "runs" / f"small-{epochs}-{seed}" / "weights" / "best.pt"

    def _stock(self, epochs: int, seed: int, name: str = "stock", **options: Any) -> tuple[float, float, Any]:
        folder = _fresh(self.out / f"{name}-{epochs}-{seed}")
        arguments = [self.out / "yolo" / "data.yaml", folder, epochs, seed, options or {"imgsz": 320}, self.start]
        best = folder / "run" / "weights" / "best.pt"
        seconds = _timed([sys.executable, "-c", STOCK, *map(str, arguments)], folder, best)
        return seconds, *self._measured_whole(best)

    def _tuned(self, epochs: int, seed: int) -> tuple[float, float, Any]:
        return self._stock(epochs, seed, "tuned", **TUNED, close_mosaic=epochs // 4)

    def _small(self, epochs: int, seed: int) -> tuple[float, float, Any]:
        name = f"small-{epochs}-{seed}"
        typed = ["train", "--model", self.start, "--name", name, "--recipe", "small", f"epochs={epochs}"]
        typed += [f"seed={seed}", "plots=False"]
        best = self.weights(epochs, seed)
        _fresh(best.parents[1])
        seconds = _timed([sys.executable, "-m", "annelid", "-C", str(self.root), *typed], self.out / name, best)
        return seconds, *self._measured(name)

    def _stardist(self, minutes: int, seed: int, python: str) -> tuple[float, float, Any]:
        data, out = self.out / "arrays", self.out / f"stardist-{minutes}-{seed}"
        with Project(self.root) as project:
            dataset, parts = project.dataset(), project.split().parts
            if not data.exists():
                _write_arrays(project, data)
        _timed([python, str(PEER), *map(str, (data, out, minutes, seed))], out, out / "log.txt")
        test = Dataset(dataset.classes, tuple(i for i in dataset.items if parts[i.id] == "test"))
        found = {i.id: _objects(np.load(out / f"{i.id}.npy"), dataset.classes[0]) for i in test.items}
        return 60.0 * minutes, *_figures(evaluate(test, found))

    def _measured_whole(self, weights: Path) -> tuple[float, Any]:
        """Stock's weights on whole images scaled to the input, as stock predicts."""
        config = PredictConfig(conf=0.001, max_det=30_000, tile=10_000)
        with Project(self.root) as project:
            predictor = yolo.load(weights, config, ())
            dataset, split, view = project.dataset(), project.split(), project.settings.preprocessing
            items = [item for item in dataset.items if split.parts[item.id] != "train"]
            found = {i.id: predict_view(predictor, i.view, project.root, view) for i in items}
        items = [replace(item, objects=found[item.id]) for item in items]
        conf = confidence_of_best_f1(dataset, Dataset(dataset.classes, tuple(items)), split)
        test = dataset.subset(split.ids("test"))
        return _figures(evaluate(test, {i.id: found[i.id] for i in test.items}, conf_for_pr=conf))

    def _measured(self, model: str) -> tuple[float, Any]:
        with Project(self.root) as project:
            return _figures(project.evaluate(model, part="test", watch=lambda _: None).evaluation)


def _figures(found: Evaluation) -> tuple[float, tuple[float, ...]]:
    assert found.mask is not None
    return found.to_dict()["metrics"]["mask"]["mAP50"], tuple(tally.ap for tally in found.bio.tallies)


def _link(images: Path, masks: Path, folder: Path, *, fluorescence: bool) -> None:
    """Link the grey images on a dark ground, or all others, beside their label images."""
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for path in sorted(images.glob("*.png")):
        pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
        if (np.ptp(pixels, axis=2).max() < 3 and np.median(pixels) < 80) == fluorescence:
            (folder / "images" / path.name).symlink_to(path.resolve())
            mask = (masks / path.stem).with_suffix(".tif")
            (folder / "masks" / mask.name).symlink_to(mask.resolve())


def _write_arrays(project: Project, folder: Path) -> None:
    parts, preprocessing = project.split().parts, project.settings.preprocessing
    for item in project.dataset().items:
        for what in ("images", "masks"):
            (folder / parts[item.id] / what).mkdir(parents=True, exist_ok=True)
        grey = render_view(item.view, project.root, preprocessing)[..., 0]
        np.save(folder / parts[item.id] / "images" / f"{item.id}.npy", grey)
        np.save(folder / parts[item.id] / "masks" / f"{item.id}.npy", item.objects.label_image(item.size_wh))


def _objects(labels: Any, name: str) -> Objects:
    shapes = list(label_image_to_shapes(labels).values())
    return Objects.from_shapes(shapes, [name] * len(shapes))


def _fresh(folder: Path) -> Path:
    """A folder without what an interrupted run left there: the next one would take another name beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _timed(command: list[str], folder: Path, made: Path) -> float:
    """Seconds from the start of a process until a file was written last; what it says goes to another one."""
    folder.mkdir(parents=True, exist_ok=True)
    quiet = os.environ | {"YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": str(folder)}
    started = time.time()
    with (folder / "log.txt").open("w", encoding="utf-8") as log:
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=quiet, check=False)
    if done.returncode:
        raise SystemExit(f"{command[:3]} failed: see {folder / 'log.txt'}")
    return made.stat().st_mtime - started


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _line(run: Run) -> str:
    ap = " ".join(
        f"{iou:.2g}:{v:.3f}" for iou, v in zip(THRESHOLDS, run.ap, strict=True) if iou in (0.5, 0.7, 0.75, 0.9)
    )
    return (
        f"{run.method:9} budget {run.budget:3} seed {run.seed} {run.seconds:6.0f} s mask mAP50 {run.map50:.3f}  AP {ap}"
    )


def reached(runs: list[Run], peer: str) -> float:
    """How many times sooner the small recipe has the best mean mAP50 of a peer; 0 where it never does."""
    means: dict[tuple[str, int], list[Run]] = defaultdict(list)
    for run in runs:
        means[run.method, run.budget].append(run)
    points = {key: (mean(r.seconds for r in several), mean(r.map50 for r in several)) for key, several in means.items()}
    best_seconds, best = max((p for (m, _), p in points.items() if m == peer), key=lambda p: p[1])
    ours = [seconds for (m, _), (seconds, map50) in points.items() if m == "small" and map50 >= best]
    times = best_seconds / min(ours) if ours else 0.0
    print(f"{peer}'s best mask mAP50 {best:.3f} after {best_seconds:.0f} s: reached {times:.1f} times sooner")
    return times


def main() -> None:
    """Run what was not run before, print the figures and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("masks", type=Path)
    parser.add_argument("--quick", action="store_true", help="one seed, fewer budgets")
    parser.add_argument("--stardist", metavar="PYTHON", help="a Python with StarDist and TensorFlow")
    parser.add_argument("--minutes", type=int, default=20, help="for StarDist")
    parser.add_argument("--epochs", type=int, default=30, help="of the small recipe in that time")
    parser.add_argument("--fine-tune", action="store_true", help="also go on from weights, on other images")
    parser.add_argument("--out", type=Path, help="keep everything here, and go on with what is there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        out, seeds = args.out or Path(passing), (0,) if args.quick else (0, 1, 2)
        bench = Bench(out, args.images, args.masks)
        bench.all(QUICK if args.quick else BUDGETS, seeds)
        for seed in seeds if args.stardist else ():
            bench.run("stardist", args.minutes, seed, python=args.stardist)
            bench.run("small", args.epochs, seed)
        if args.fine_tune:
            start = bench.weights(4, 0)
            tuning = Bench(out / "fine-tuning", args.images, args.masks, str(start))
            tuning.all(FINE_TUNING, seeds)
            print("fine-tuning:")
            reached(tuning.done, "stock")
        for run in bench.done:
            print(_line(run))
        print(f"ratio {min(reached(bench.done, 'stock'), 3 * reached(bench.done, 'tuned')):.2f}")


if __name__ == "__main__":
    main()
