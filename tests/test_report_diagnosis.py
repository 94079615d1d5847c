"""The report shows findings about the training with their curve or picture, and explains its own words."""

from __future__ import annotations

import re

import numpy as np
import pytest
from tests.test_report import HOSTILE, Checker, report_data, words_of

from annelid.diagnose import KINDS
from annelid.objects import Objects
from annelid.report import Diagnosed, Shown, page
from annelid.report.charts import LOSSES
from annelid.report.course import FIGURES, PICTURES

CURVES = {"epoch": [1.0, 2.0, 3.0], "train/cls_loss": [3.0, 2.0, 1.0], "val/cls_loss": [3.0, 3.5, 4.0]}
OVERFITTING = next(kind for kind in KINDS if kind.name == "overfitting")


def test_a_finding_stands_with_its_curve_its_reason_and_its_command() -> None:
    finding = OVERFITTING.finding("The losses part.", "Annotate more.", "annelid propose", curves=tuple(CURVES)[1:])
    data = report_data(diagnosis=[Diagnosed(finding)], curves=CURVES)
    text = words_of(data)
    assert "Overfitting D106 worth a change The losses part. Why it matters: it learns" in text
    assert "annelid propose" in text
    part = re.search(r'<section id="diagnosis">.*?</section>', page(data), re.DOTALL)
    assert part
    assert part[0].count("<polyline") == 2
    assert "Class loss" in part[0]


def test_a_finding_stands_with_the_picture_that_shows_it() -> None:
    shown = Shown("one image", "a.tif", np.zeros((20, 20, 3), np.uint8), Objects.empty(), Objects.empty(), [])
    finding = OVERFITTING.finding("Seen.", "Do.", image="a.tif", curves=("train/not-recorded",))
    text = page(report_data(diagnosis=[Diagnosed(finding, shown)]))
    assert "a.tif" in text
    assert "data:image/" in text
    Checker(text)


def test_hostile_names_in_findings_stay_text() -> None:
    finding = OVERFITTING.finding(HOSTILE, HOSTILE, HOSTILE, curves=("train/cls_loss",), image=HOSTILE)
    checked = Checker(page(report_data(diagnosis=[Diagnosed(finding)], curves=CURVES)))
    assert "script" not in checked.tags
    assert not any(name.startswith("on") for name in checked.attributes)


@pytest.mark.parametrize("row", [*FIGURES, *PICTURES, *LOSSES.values()], ids=lambda row: row[0])
def test_every_figure_loss_and_picture_is_explained_in_two_lines(row: tuple[str, str, str]) -> None:
    term, what, how = row
    assert term
    assert all(20 < len(line) <= 160 and line.endswith(".") for line in (what, how))


def test_the_page_explains_the_losses_that_were_recorded_and_no_others() -> None:
    text = words_of(report_data(curves=CURVES))
    folded = text[text.index("How to read this page") :]
    assert "Class loss How often a class is mistaken" in folded
    assert "Outline loss" not in folded
    assert "P, precision" in folded
    assert "val_batch0_pred.jpg" in folded
