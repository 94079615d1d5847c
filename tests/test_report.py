"""The report: one file, nothing fetched, everything escaped, honest about where its figures come from."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import InputError
from annelid.evaluate import evaluate
from annelid.image import ImageRef, View
from annelid.objects import Objects
from annelid.report import (
    DatasetFacts,
    Finding,
    ModelFacts,
    PartFacts,
    ReportData,
    Shown,
    Step,
    page,
    read_curves,
    write_report,
)
from annelid.report.charts import charts

HOSTILE = '<script>alert(\'x\')</script>" onload="y" & $title \udcff\x00‮'
VOID = {"meta", "img", "br", "line", "polyline", "circle"}


def evaluated(tp: int = 90, fp: int = 10, fn: int = 10, name: str = "nucleus", **more: Any) -> dict[str, Any]:
    figures = {
        "objects": tp + fn,
        "P": 0.9,
        "R": 0.9,
        "F1": 0.9,
        "mAP50": 0.93,
        "mAP75": None,
        "mAP50-95": 0.6,
    }
    return {
        "metrics": {"box": None, "mask": {**figures, "conf": 0.4, "classes": [{"name": name, **figures}]}},
        "bio": {"thresholds": [{"iou": 0.5, "tp": tp, "fp": fp, "fn": fn}]},
        "confusion": {
            "names": [name, "background"],
            "matrix": [[tp, fp], [fn, 0]],
            "conf": 0.25,
            "iou": 0.45,
        },
        "images": 8,
        "objects": tp + fn,
        "notes": [],
        **more,
    }


def report_data(**changes: Any) -> ReportData:
    data = ReportData(
        title="Nuclei",
        dataset=DatasetFacts(40, {"nucleus": 1200}, {"train": PartFacts(32, 1100, 6), "test": PartFacts(8, 100, 2)}),
        model=ModelFacts("nuclei@v1", "yolo", 30, 25, 120.0, "a laptop", {"epochs": 30}),
        part="test",
        metrics=evaluated(),
    )
    return replace(data, **changes)


def hostile_data() -> ReportData:
    picture = Shown("best", HOSTILE, np.zeros((20, 20, 3), np.uint8), Objects.empty(), Objects.empty(), [])
    return ReportData(
        title=HOSTILE,
        dataset=DatasetFacts(1, {HOSTILE: 3}, {HOSTILE: PartFacts(1, 3)}, "declared", HOSTILE),
        model=ModelFacts(HOSTILE, HOSTILE, 1, 1, 1.0, HOSTILE, {HOSTILE: HOSTILE}),
        part="val",
        metrics=evaluated(name=HOSTILE, notes=[HOSTILE]),
        conf_source=HOSTILE,
        pictures=[picture],
        curves={"epoch": [1, 2], f"train/{HOSTILE}loss": [1.0, 2.0]},
        findings=[Finding(HOSTILE, HOSTILE, HOSTILE, HOSTILE)],
        steps=[Step(HOSTILE, 1.0, HOSTILE)],
        files={HOSTILE: HOSTILE},
        commands=[HOSTILE],
        methods=HOSTILE,
        made=HOSTILE,
    )


class Checker(HTMLParser):
    """Collects tags and attributes and sees that every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag


def words_of(data: ReportData) -> str:
    text = re.sub(r"<style>.*?</style>", "", page(data), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_hostile_names_stay_text_everywhere() -> None:
    checked = Checker(page(hostile_data()))
    assert "script" not in checked.tags
    assert not any(name.startswith("on") for name in checked.attributes)
    page(hostile_data()).encode()


def test_the_page_fetches_nothing() -> None:
    text = page(hostile_data())
    assert all(link.startswith("data:image/") for link in Checker(text).links)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_a_report_without_optional_parts_is_a_whole_page() -> None:
    text = page(report_data())
    Checker(text)
    assert "What was noticed" not in text
    assert "How the training went" not in text


def test_an_evaluation_without_any_figures_is_shown_as_unknown() -> None:
    empty: dict[str, Any] = {
        "metrics": {"box": None, "mask": None},
        "bio": None,
        "images": 0,
        "objects": 0,
        "notes": [],
    }
    text = words_of(report_data(metrics=empty))
    assert "Cannot be said" in text
    assert "nan" not in text.lower().split()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999))
def test_the_counts_in_words_are_the_counts(tp: int, fp: int, fn: int) -> None:
    text = words_of(report_data(metrics=evaluated(tp, fp, fn)))
    assert f"found {tp:,} of" in text
    assert f"missed {fn:,} and drew {fp:,} that are not there" in text


@pytest.mark.parametrize(
    ("tp", "answer"),
    [(95, "Yes"), (80, "Nearly"), (60, "Not yet"), (10, "No ")],
    ids=["good", "fair", "weak", "bad"],
)
def test_the_answer_follows_from_f1(tp: int, answer: str) -> None:
    assert f"Is it good enough? {answer}" in words_of(report_data(metrics=evaluated(tp, 100 - tp, 100 - tp)))


def test_it_says_where_the_figures_come_from() -> None:
    text = words_of(report_data())
    assert "measured on 8 images with 100 objects of the test part · groups assumed" in text
    assert "assumed to stand alone" in text
    assert "chosen on these same images" in words_of(report_data(part="val"))
    assert "Cannot be said" in words_of(report_data(part="train"))


def test_it_tells_what_an_evaluation_found() -> None:
    truth = Objects.from_boxes([(10 * i, 0, 10 * i + 8, 8) for i in range(5)], ["cell"] * 5)
    image = LabeledImage(View(ImageRef("i", ("i.tif",), (100, 100))), truth, whole_image((100, 100)))
    found = evaluate(Dataset(("cell",), (image,)), {"i": truth[:3].replace(scores=0.9)})
    text = words_of(report_data(metrics=found.to_dict()))
    assert "found 3 of 5 true objects (60%), missed 2 and drew 0 that are not there" in text
    assert "In all it counts 3 where people counted 5: 40.0% too few." in text


def test_few_images_are_a_caution() -> None:
    assert "Few images" in words_of(report_data(metrics=evaluated(images=2)))
    assert "Few images" not in words_of(report_data(metrics=evaluated(190)))


def test_a_baseline_is_set_beside_the_model() -> None:
    assert "plain threshold" in words_of(report_data(baseline=evaluated()))
    assert "plain threshold" not in words_of(report_data())


def test_curves_become_charts_that_survive_gaps_and_single_epochs() -> None:
    curves = {
        "epoch": [1.0, 2.0, 3.0],
        "train/seg_loss": [3.0, math.nan, math.inf],
        "val/seg_loss": [2.0, 1.0, 0.5],
    }
    text = page(report_data(curves=curves))
    Checker(text)
    assert "Outline loss" in text
    assert "nan" not in "".join(re.findall(r"<svg.*?</svg>", text)).replace("ends at inf", "")
    Checker(page(report_data(curves={"epoch": [1.0], "metrics/precision(M)": [0.5], "metrics/recall(M)": [0.4]})))


def test_a_loss_that_a_model_does_not_have_gets_no_chart() -> None:
    curves = {"epoch": [1.0, 2.0], "train/sem_loss": [0.0, 0.0], "val/sem_loss": [0.0, 0.0], "val/box_loss": [0.0, 1.0]}
    assert [chart.title for chart in charts(curves)] == ["Box loss"]


def test_results_csv_is_read_with_padded_names_and_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("  epoch,  train/box_loss\n1, 0.5\n2,\n\n3,x,\n4\n", encoding="utf-8")
    columns = read_curves(path)
    assert columns["epoch"] == [1, 2, 3, 4]
    assert columns["train/box_loss"][0] == 0.5
    assert all(math.isnan(value) for value in columns["train/box_loss"][1:])


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "\ufeff"], ids=["empty", "no-epoch", "mark"])
def test_what_is_not_a_results_csv_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "results.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="epoch"):
        read_curves(path)


def test_writing_leaves_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        write_report(tmp_path / "report.html", hostile_data())
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")
