"""Evaluate one COCO file against another, without a project."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from annelid.dataset import Dataset, LabeledImage
from annelid.evaluate import evaluate
from annelid.formats import coco
from annelid.formats.base import LossReport
from annelid.formats.coco_results import read_results
from annelid.formats.images import FolderImages
from annelid.image import View

CONFIDENCE_KEY = "annelid_confidence"
"""In the ``info`` of a COCO file of predictions: the confidence at which P and R are to be given."""


def evaluate_files(truth: Path, predictions: Path) -> dict[str, Any]:
    """The figures of predictions against the truth, at the images' own resolution.

    Args:
        truth: a COCO file.
        predictions: a COCO file with scores, or a bare list of results.

    Returns:
        JSON values: ``metrics.box``, ``metrics.mask`` with rows per class, ``images``, ``objects``, ``notes``.

    Raises:
        AnnotationError: a file can't be read.
    """
    annotations = coco.read(truth, FolderImages())
    losses = LossReport()
    found = read_results(predictions, annotations, losses)
    items = tuple(_named_by_path(item) for item in annotations.items)
    evaluation = evaluate(Dataset(annotations.classes, items), found, conf_for_pr=_stated_confidence(predictions))
    lost = [*annotations.losses, *losses]
    notes = [f"{loss.what} ({loss.file} {loss.place})".strip() for loss in lost]
    return evaluation.to_dict() | {"notes": [*evaluation.notes, *notes]}


def _stated_confidence(predictions: Path) -> float | None:
    """The confidence for P and R that the file itself states, found on other images than those it is about."""
    content = json.loads(predictions.read_text(encoding="utf-8"))
    info = content.get("info") if isinstance(content, dict) else None
    return info.get(CONFIDENCE_KEY) if isinstance(info, dict) else None


def _named_by_path(item: LabeledImage) -> LabeledImage:
    """Files know images by path; an evaluation knows them by id."""
    return replace(item, view=View(replace(item.image, id=item.image.path)))
