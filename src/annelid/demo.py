"""The whole loop at once: on a synthetic set with known truth, or on one's own images."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annelid import atomic, synthetic
from annelid.errors import UsageError
from annelid.evaluate.files import CONFIDENCE_KEY
from annelid.export import unique_names
from annelid.formats import coco
from annelid.jobs import Event
from annelid.measured import Measured
from annelid.project import Project
from annelid.report.data import Step
from annelid.results import Trained
from annelid.run_report import Extras

IMAGES = 60
SIZE = 256
PICTURES_SEEN = 800
"""Training pictures times epochs: as many as two processor cores see in two to six minutes."""

Say = Callable[[str], Any]


@dataclass(frozen=True)
class Demo:
    """What the demo leaves behind.

    Attributes:
        seconds: how long it took.
        report: the HTML report.
        truth: COCO file of the true objects of the measured part.
        predictions: COCO file of the predicted ones, with scores.
        measured: the figures.
        baseline: those of the threshold engine.
        trained: the model.
        next_commands: what to type for one's own images.
    """

    seconds: float
    report: Path
    truth: Path
    predictions: Path
    measured: Measured
    baseline: Measured
    trained: Trained
    next_commands: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        figures = self.measured.to_dict()
        return {
            "seconds": round(self.seconds, 1),
            "report": str(self.report),
            "truth": str(self.truth),
            "predictions": str(self.predictions),
            "metrics": figures["metrics"],
            "part": figures["part"],
            "groups": figures["groups"],
            "images": figures["images"],
            "objects": figures["objects"],
            "model": self.trained.card.reference,
            "baseline": {"engine": "threshold", "metrics": self.baseline.to_dict()["metrics"]},
            "notes": figures["notes"],
        }


@dataclass
class _Clock:
    """Notes what was done and how long it took."""

    say: Say
    steps: list[Step] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)
    last: float = field(default_factory=time.perf_counter)

    def step(self, what: str, note: str) -> None:
        now = time.perf_counter()
        self.steps.append(Step(what, now - self.last, note))
        self.say(f"{what}: {note} ({now - self.last:.1f} s)")
        self.last = now


def run(
    out: Path,
    *,
    images: Path | None = None,
    labels: Path | None = None,
    epochs: int | None = None,
    imgsz: int | None = None,
    seed: int = 0,
    say: Say = lambda _: None,
    watch: Callable[[Event], None] | None = None,
) -> Demo:
    """Run import, check, split, train from scratch, evaluate, predict and report.

    Args:
        out: folder for the demo's project; a number is put behind where it exists.
        images: folder of images; None makes a synthetic set.
        labels: their annotation.
        epochs: how long to train; None suits the number of images.
        imgsz: side that images are scaled to; None suits the size of the images.
        seed: of the synthetic set and of the training.
        say: called with a line after every step.
        watch: called with every event of the training; None shows the progress.

    Raises:
        UsageError: ``images`` without ``labels`` or the reverse.
        AnnelidError: a step failed.
    """
    if (images is None) != (labels is None):
        raise UsageError("--images and --labels belong together", next_step="give both, or neither")
    clock = _Clock(say)
    out = _free(out)
    with Project.init(out) as project:
        _import(project, images, labels, seed, clock)
        findings = project.check().findings
        clock.step("check", f"{len(findings)} finding{'' if len(findings) == 1 else 's'}")
        split = project.split(val=0.2, test=0.2)
        parts = list(split.parts.values())
        clock.step(
            "split",
            ", ".join(f"{parts.count(p)} {p}" for p in ("train", "val", "test")) + f", groups {split.group_source}",
        )
        trained = _train(project, epochs, imgsz, seed, synthetic_set=images is None, watch=watch)
        clock.step(
            "train", f"{trained.card.reference}, {trained.card.epochs_run} epochs, best {trained.card.best_epoch}"
        )
        measured = project.evaluate(trained.card.reference, watch=watch)
        baseline = project.evaluate("threshold", watch=watch)
        clock.step("evaluate", _headline(measured, baseline))
        truth, predictions = _write_coco(measured, project)
        clock.step("predict", f"{sum(len(i.objects) for i in measured.predicted.items)} candidate objects with scores")
        commands = _commands(images, labels)
        files = {"truth": truth, "predictions": predictions}
        report = project.report(measured, Extras(baseline, findings, clock.steps, files, commands)) or out
        clock.step("report", str(report))
    seconds = time.perf_counter() - clock.started
    return Demo(seconds, report, truth, predictions, measured, baseline, trained, tuple(commands))


def _free(out: Path) -> Path:
    candidates = (out if k == 1 else out.with_name(f"{out.name}-{k}") for k in range(1, 10_000))
    return next(path for path in candidates if not path.exists())


def _import(project: Project, images: Path | None, labels: Path | None, seed: int, clock: _Clock) -> None:
    pattern = ""
    if images is None or labels is None:
        synthetic.write_nuclei(project.root / "nuclei", images=IMAGES, size=SIZE, seed=seed)
        images, labels = project.root / "nuclei" / "images", project.root / "nuclei" / "masks"
        pattern = "{group}_*"
        project.add_classes("nucleus")
        clock.step("make", f"{IMAGES} synthetic 16-bit images with known truth")
    done = project.import_(images, labels=labels, group=pattern)
    counts = ", ".join(f"{n} {name}" for name, n in done.objects.items())
    clock.step("import", f"{done.images_new} images, {done.annotated} annotated: {counts or 'no objects'}")


def _train(
    project: Project, epochs: int | None, imgsz: int | None, seed: int, *, synthetic_set: bool, watch: Any
) -> Trained:
    images = sum(part == "train" for part in project.split().parts.values())
    params: dict[str, Any] = {"seed": seed, "epochs": epochs or min(60, max(8, PICTURES_SEEN // images))}
    if imgsz or synthetic_set:
        params["imgsz"] = imgsz or SIZE
    return project.train(watch=watch, **params)


def _headline(measured: Measured, baseline: Measured) -> str:
    best, base = measured.headline(), baseline.headline()
    kind = "mask" if "mask" in best else "box"
    images = f"{len(measured.truth)} {measured.part} images"
    return f"{kind} mAP50 {best[kind]:.3f} on {images} (threshold: {base.get(kind, 0):.3f})"


def _write_coco(measured: Measured, project: Project) -> tuple[Path, Path]:
    """Truth and predictions of the measured part as COCO files."""
    folder = project.root / "coco"
    folder.mkdir()
    names = unique_names(measured.truth.items)
    paths = folder / "truth.json", folder / "predictions.json"
    for dataset, path in zip((measured.truth, measured.predicted), paths, strict=True):
        coco.write(dataset, folder, names)
        shutil.move(folder / "annotations.json", path)
    _note_confidence(paths[1], measured)
    return paths


def _note_confidence(path: Path, measured: Measured) -> None:
    """Say in the file at which confidence P and R were taken, so that its evaluation gives the same."""
    part = measured.evaluation.mask or measured.evaluation.box
    content = json.loads(path.read_text(encoding="utf-8"))
    content["info"] = {**content.get("info", {}), CONFIDENCE_KEY: part.conf}
    atomic.write_text(path, json.dumps(content))


def _commands(images: Path | None, labels: Path | None) -> list[str]:
    """How to do the same with one's own images."""
    own_images, own_labels = images or "IMAGES", labels or "LABELS"
    return [
        "annelid init my-project",
        "cd my-project",
        f"annelid import {own_images} --labels {own_labels}",
        "annelid check",
        "annelid split 70",
        "annelid train --epochs 100",
        "annelid evaluate my-project",
        "annelid predict my-project NEW-IMAGES --out predictions --save coco,masks,overlays",
    ]
