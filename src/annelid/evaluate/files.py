"""Evaluate one COCO file against another, without a project."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from annelid.dataset import Dataset, LabeledImage
from annelid.errors import UsageError
from annelid.evaluate import evaluate
from annelid.evaluate.compare import compare
from annelid.evaluate.figures import Evaluation
from annelid.evaluate.intervals import Groups, uncertainty
from annelid.formats import coco
from annelid.formats.base import LossReport
from annelid.formats.coco_results import read_results
from annelid.formats.images import FolderImages, Names
from annelid.image import View
from annelid.split.groups import group_by_pattern, infer_group

CONFIDENCE_KEY = "annelid_confidence"
"""In the ``info`` of a COCO file of predictions: the confidence at which P and R are to be given."""


def evaluate_files(
    truth: Path, predictions: Path, *, compare_with: Path | None = None, group: str = ""
) -> dict[str, Any]:
    """The figures of predictions against the truth, at the images' own resolution.

    Args:
        truth: a COCO file.
        predictions: a COCO file with scores, or a bare list of results.
        compare_with: the same of another model about the same images: is the first better?
        group: pattern of the images' names that tells which belong together, as `group_by_pattern` takes it; ""
            reads it from the names as far as they tell.

    Returns:
        JSON values: ``metrics.box``, ``metrics.mask`` with rows per class and ``intervals`` beside the figures,
        ``images``, ``objects``, ``uncertainty``, ``comparison`` (None where none was asked for), ``notes``.

    Raises:
        AnnotationError: a file can't be read.
        UsageError: the two predictions are about different images, or the pattern does not fit.
    """
    annotations = coco.read(truth, FolderImages())
    items = tuple(_named_by_path(item) for item in annotations.items)
    dataset, losses = Dataset(annotations.classes, items), LossReport()

    def figures_of(file: Path) -> Evaluation:
        return evaluate(dataset, read_results(file, annotations, losses), conf_for_pr=_stated_confidence(file))

    evaluation, groups = figures_of(predictions), _groups([item.id for item in items], group)
    comparison = None
    if compare_with is not None:
        _require_same_images(predictions, compare_with, [item.id for item in items])
        comparison = compare(evaluation, figures_of(compare_with), groups, (str(predictions), str(compare_with)))
    lost = [*annotations.losses, *losses]
    notes = [f"{loss.what} ({loss.file} {loss.place})".strip() for loss in lost]
    return uncertainty(evaluation, groups).beside(evaluation.to_dict()) | {
        "comparison": comparison.to_dict() if comparison else None,
        "notes": [*evaluation.notes, *notes],
    }


def _groups(names: Sequence[str], pattern: str) -> Groups:
    if pattern:
        return Groups(group_by_pattern(names, pattern), "declared")
    inferred = infer_group(names)
    alone = any(source == "assumed" for _, source in inferred.values())
    return Groups({name: group for name, (group, _) in inferred.items()}, "assumed" if alone else "inferred")


def _require_same_images(a: Path, b: Path, known: Sequence[str]) -> None:
    """Refuse predictions of which one leaves out images that the other is about: those would count as missed."""
    one, other = _images_of(a, known), _images_of(b, known)
    for file, left_out in ((a, other - one), (b, one - other)):
        if one and other and left_out:
            raise UsageError(
                f"{file} says nothing about {len(left_out)} image(s) that the other is about, such as {min(left_out)}",
                next_step="predict on the same images with both models, and compare those files",
            )


def _images_of(predictions: Path, known: Sequence[str]) -> set[str]:
    """The images that a COCO file lists; a bare list of results lists none."""
    content = json.loads(predictions.read_text(encoding="utf-8"))
    listed = content.get("images", ()) if isinstance(content, dict) else ()
    names, places = Names([Path(name) for name in known]), {Path(name): name for name in known}
    found = (names.find(str(entry.get("file_name"))) for entry in listed if isinstance(entry, dict))
    return {places[file] for file in found if file is not None}


def _stated_confidence(predictions: Path) -> float | None:
    """The confidence for P and R that the file itself states, found on other images than those it is about."""
    content = json.loads(predictions.read_text(encoding="utf-8"))
    info = content.get("info") if isinstance(content, dict) else None
    return info.get(CONFIDENCE_KEY) if isinstance(info, dict) else None


def _named_by_path(item: LabeledImage) -> LabeledImage:
    """Files know images by path; an evaluation knows them by id."""
    return replace(item, view=View(replace(item.image, id=item.image.path)))
