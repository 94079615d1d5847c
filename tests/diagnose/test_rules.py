"""The rules on made-up values: what they must never do, and where causes end the search."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annelid.diagnose import KINDS, Record, diagnose
from annelid.diagnose.advice import train_larger
from annelid.diagnose.chance import half_width, interval, is_clearly_below
from annelid.diagnose.course import Course, gain, level
from annelid.diagnose.outcomes import ClassOutcome, Fit, ImageOutcome, Outcomes, SizeBin
from annelid.diagnose.record import Facts

CODES = {kind.code for kind in KINDS}
LOSSES = ("train/box_loss", "train/cls_loss", "val/box_loss", "val/cls_loss")
COLUMNS = (*LOSSES, "metrics/mAP50-95(M)", "metrics/precision(M)", "metrics/recall(M)", "lr/pg0")


def outcome(part: str, objects: int, found: int, predicted: int, images: int = 16, **more: Any) -> Outcomes:
    precision, recall = found / max(predicted, 1), found / max(objects, 1)
    figures: dict[str, Any] = {
        "conf": 0.3,
        "precision": precision,
        "recall": recall,
        "best_conf": 0.3,
        "best_precision": precision,
        "best_recall": recall,
        "map": 0.6 * recall,
        "missed": {"unseen": objects - found} if objects > found else {},
        "extra": {"background": predicted - found} if predicted > found else {},
        "classes": (ClassOutcome("cell", objects, found, predicted, recall),),
        "sizes": (SizeBin(16.0, objects, found),),
        "fit": Fit(found, 0.85, 0.86, 0.5),
    }
    return Outcomes(part, images, images, objects, predicted, found, **{**figures, **more})


def curves(epochs: int, *, falling: float = 0.9) -> dict[str, list[float]]:
    """A training that learned in its first third and has been flat since."""
    rise = [min(1.0, 3 * n / epochs) for n in range(epochs)]
    loss = [5 - falling * 4 * r for r in rise]
    return {
        **dict.fromkeys(LOSSES, loss),
        "metrics/mAP50-95(M)": [0.6 * r for r in rise],
        "lr/pg0": [0.01] * epochs,
    }


def record(val: Outcomes | None, train: Outcomes | None = None, **more: Any) -> Record:
    parts = {part.part: part for part in (val, train) if part}
    facts = Facts({"train": 40, "val": 16}, {"cell": 300}, 256.0)
    given: dict[str, Any] = {"model": "cells@v1", "params": {"imgsz": 256, "optimizer": "SGD"}, "facts": facts}
    return Record("cells", **{**given, "curves": curves(30), "parts": parts, **more})


def codes(value: Record) -> list[str]:
    return [finding.code for finding in diagnose(value)]


GOOD_VAL, GOOD_TRAIN = outcome("val", 200, 190, 195), outcome("train", 400, 390, 395)


def test_a_good_model_is_healthy() -> None:
    assert codes(record(GOOD_VAL, GOOD_TRAIN)) == ["D100"]


def test_larger_pictures_keep_the_windows_that_a_run_had() -> None:
    windows = record(GOOD_VAL, params={"imgsz": 640, "tile": 960})
    assert train_larger(windows) == "annelid train imgsz=1280 tile=960"
    assert train_larger(record(GOOD_VAL)) == "annelid train imgsz=512"


def test_copies_end_the_search() -> None:
    facts = Facts({"train": 40, "val": 16}, {"cell": 300}, 256.0, copies=["a.tif"])
    assert codes(record(outcome("val", 200, 20, 500), GOOD_TRAIN, facts=facts)) == ["D201"]


def test_a_loss_that_is_no_number_ends_the_search() -> None:
    broken = {**curves(10), "train/box_loss": [1.0, math.nan, *[math.nan] * 8]}
    (finding,) = diagnose(record(None, curves=broken))
    assert finding.code == "D101"
    assert "epoch 2" in finding.seen
    assert "lr0=0.001" in finding.commands[0]


def test_precision_far_above_recall_is_told_with_the_better_confidence() -> None:
    val = outcome("val", 200, 40, 41, conf=0.9, best_conf=0.31, best_precision=0.95, best_recall=0.95)
    (finding,) = diagnose(record(val, GOOD_TRAIN))
    assert finding.code == "D401"
    assert finding.commands[0] == "annelid predict cells@v1 IMAGES --out found --conf=0.31"


def test_few_objects_are_no_evidence_of_a_difference() -> None:
    few = outcome("val", 6, 3, 4, images=6)
    assert codes(record(few, outcome("train", 6, 5, 6))) == ["D202"]


def test_rare_classes_that_are_found_as_well_as_others_are_no_finding() -> None:
    rows = (ClassOutcome("cell", 180, 172, 175, 0.9), ClassOutcome("rare", 20, 18, 20, 0.9))
    facts = Facts({"train": 40, "val": 16}, {"cell": 300, "rare": 10}, 256.0)
    val = replace(GOOD_VAL, classes=rows, confusion=((172, 0, 0), (0, 18, 0), (8, 2, 0)))
    assert codes(record(val, GOOD_TRAIN, facts=facts)) == ["D100"]


def test_errors_spread_over_images_are_not_those_of_one() -> None:
    images = tuple(ImageOutcome(f"{n}.tif", 12, 10, 1) for n in range(16))
    assert "D408" not in codes(record(replace(GOOD_VAL, per_image=images), GOOD_TRAIN))


def test_without_looking_at_objects_only_the_curves_are_judged() -> None:
    assert codes(record(None)) == []
    assert codes(record(None, curves={name: column[:2] for name, column in curves(30).items()})) == ["D103"]


counts = st.integers(0, 60)


@st.composite
def records(draw: st.DrawFn) -> Record:
    epochs = draw(st.integers(0, 12))
    value = st.one_of(st.floats(0, 50), st.sampled_from([math.nan, math.inf, 0.0]))
    columns = {name: draw(st.lists(value, min_size=epochs, max_size=epochs)) for name in COLUMNS if draw(st.booleans())}
    parts = []
    for part in ("val", "train"):
        if draw(st.booleans()):
            found, missed, extra = draw(counts), draw(counts), draw(counts)
            kinds = {draw(st.sampled_from(["unseen", "merged", "loose"])): missed} if missed else {}
            wrong = {draw(st.sampled_from(["background", "piece", "twice"])): extra} if extra else {}
            more: dict[str, Any] = {"missed": kinds, "extra": wrong, "images": draw(st.integers(0, 20))}
            parts.append(outcome(part, found + missed, found, found + extra, **more))
    val, train = ((*(p for p in parts if p.part == name), None)[0] for name in ("val", "train"))
    return record(val, train, curves=columns, outside=draw(st.booleans()))


@settings(max_examples=150, deadline=None)
@given(records())
def test_whatever_was_recorded_something_sensible_is_said(value: Record) -> None:
    found = diagnose(value)
    assert {finding.code for finding in found} <= CODES
    assert len({finding.code for finding in found}) == len(found)
    for finding in found:
        assert "nan" not in f"{finding.seen} {finding.todo}".lower().split()
        assert finding.to_dict()["seen"] == finding.seen
        assert finding.severity != "good" or len(found) == 1
    assert Record.from_dict(value.to_dict()).to_dict() == value.to_dict()


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_its_share_and_shrinks_with_more_objects(k: int, n: int) -> None:
    k = min(k, n)
    low, high = interval((k, n))
    assert 0 <= low <= k / n + 1e-9
    assert k / n - 1e-9 <= high <= 1
    assert half_width((4 * k, 4 * n)) <= half_width((k, n)) + 1e-9
    assert not is_clearly_below((k, n), (k, n))


def test_nothing_is_known_of_no_objects() -> None:
    assert interval((0, 0)) == (0.0, 1.0)


def test_a_gain_is_that_of_the_last_window_over_the_one_before() -> None:
    rising = np.arange(8.0)
    rise, error = gain(rising, 4)
    assert rise == pytest.approx(4.0)
    assert error == pytest.approx(0.0, abs=1e-9)
    assert level(rising, 4) == pytest.approx(5.5)
    assert math.isnan(gain(rising[:3], 4)[0])


def test_the_course_prefers_masks_and_adds_up_the_losses() -> None:
    course = Course.of(
        {"metrics/mAP50-95(B)": [0.1], "metrics/mAP50-95(M)": [0.2], "train/a_loss": [1], "train/b_loss": [2]}
    )
    assert course.name == "metrics/mAP50-95(M)"
    assert course.train_loss.tolist() == [3.0]
    assert course.val_loss.size == 0
