"""Gather what the report of a training tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from annelid import __version__
from annelid.check.finding import Finding
from annelid.dataset import Dataset, LabeledImage
from annelid.diagnose import diagnose
from annelid.examples import render_view
from annelid.match import Pairs, iou_matrix, match
from annelid.measured import Measured
from annelid.models import Card
from annelid.objects import Objects
from annelid.preprocess import Preprocessing
from annelid.report import (
    DatasetFacts,
    Diagnosed,
    ModelFacts,
    PartFacts,
    ReportData,
    Shown,
    Step,
    read_curves,
    write_report,
)
from annelid.run_record import read_record
from annelid.split import Split

IOU = 0.5


@dataclass(frozen=True)
class Extras:
    """What a report may tell besides a model and its figures.

    Attributes:
        baseline: another model on the same images.
        findings: what the data check found.
        steps: what was done, in order.
        files: what is in it -> path.
        commands: what to type next.
    """

    baseline: Measured | None = None
    findings: Sequence[Finding] = ()
    steps: Sequence[Step] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    commands: Sequence[str] = ()


def make_report(
    run: Path, card: Card, measured: Measured, dataset: Dataset, split: Split, root: Path, extras: Extras
) -> Path:
    """Write ``report.html`` into the run folder.

    Args:
        run: folder of the run.
        card: the model that came of it.
        measured: its figures on a part of the split.
        dataset: what was learned from and measured on.
        split: which image is in which part.
        root: folder that the images' paths are relative to.
        extras: what else there is to tell.

    Returns:
        The path of the report.
    """
    curves, flattered = run / "results.csv", measured.part == "val"
    data = ReportData(
        title=f"{card.reference}: {', '.join(card.classes)}",
        dataset=_dataset_facts(dataset, split),
        model=_model_facts(card),
        part=measured.part,
        metrics=measured.to_dict(),
        conf_source="best F1 on these images" if flattered else "best F1 on the validation part",
        baseline=extras.baseline.to_dict() if extras.baseline else None,
        pictures=pictures(measured, root, Preprocessing.from_dict(card.preprocessing)),
        curves=read_curves(curves) if curves.exists() else {},
        findings=extras.findings,
        diagnosis=_diagnosed(run, card, measured, root),
        steps=extras.steps,
        files={what: str(file) for what, file in extras.files.items()} | {"run": str(run)},
        commands=extras.commands or [f"annelid predict {card.name} NEW-IMAGES --out predictions"],
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Annelid {__version__}",
    )
    write_report(run / "report.html", data)
    return run / "report.html"


def _model_facts(card: Card) -> ModelFacts:
    return ModelFacts(
        card.reference,
        card.engine,
        card.epochs_run,
        card.best_epoch,
        card.seconds,
        card.machine,
        card.parameters,
        card.remarks,
    )


def _dataset_facts(dataset: Dataset, split: Split) -> DatasetFacts:
    parts = {}
    for part in ("train", "val", "test"):
        items = [item for item in dataset.items if split.parts.get(item.id) == part]
        if items:
            groups = {item.image.group for item in items}
            parts[part] = PartFacts(len(items), sum(len(item.objects) for item in items), len(groups))
    return DatasetFacts(
        images=len(dataset),
        objects={name: dataset.count(name) for name in dataset.classes},
        parts=parts,
        group_source=split.group_source,
    )


@dataclass(frozen=True)
class _Judged:
    """An image, what was found on it, and which objects are the same."""

    item: LabeledImage
    found: Objects
    pairs: Pairs

    @property
    def f1(self) -> float:
        return 2 * len(self.pairs) / max(len(self.item.objects) + len(self.found), 1)


def _judge(measured: Measured) -> list[_Judged]:
    """Every measured image, best first by F1."""
    part = measured.evaluation.mask or measured.evaluation.box
    found = {item.id: item.objects for item in measured.predicted.items}
    judged = []
    for item in measured.truth.items:
        if item.id in found:
            objects = found[item.id][found[item.id].scores >= part.conf]
            iou = iou_matrix(item.objects, objects, item.size_wh, part.by)
            same = item.objects.labels[:, None] == objects.labels[None]
            judged.append(_Judged(item, objects, match(np.where(same, iou, 0.0), IOU, objects.scores)))
    return sorted(judged, key=lambda each: -each.f1)


def _shown(rank: str, judged: _Judged, root: Path, preprocessing: Preprocessing) -> Shown:
    item = judged.item
    pixels = render_view(item.view, root, preprocessing)
    return Shown(rank, item.image.name, pixels, item.objects, judged.found, judged.pairs)


def pictures(measured: Measured, root: Path, preprocessing: Preprocessing) -> list[Shown]:
    """The best, the median and the worst image by F1, with what was found, missed and made up."""
    judged = _judge(measured)
    if not judged:
        return []
    chosen = {"best": judged[0], "median": judged[len(judged) // 2], "worst": judged[-1]}
    return [_shown(rank, each, root, preprocessing) for rank, each in chosen.items()]


def _diagnosed(run: Path, card: Card, measured: Measured, root: Path) -> list[Diagnosed]:
    """The findings about a run, each with the image that shows it where that is among the measured ones."""
    preprocessing = Preprocessing.from_dict(card.preprocessing)
    judged = {each.item.image.name: each for each in reversed(_judge(measured))}
    return [
        Diagnosed(f, _shown(f.name.replace("-", " "), judged[f.image], root, preprocessing))
        if f.image in judged
        else Diagnosed(f)
        for f in diagnose(read_record(run, card))
    ]
