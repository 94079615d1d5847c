"""What the report says of intervals and of a comparison."""

from __future__ import annotations

from typing import Any

from annelid.report import certainty


def metrics(**more: Any) -> dict[str, Any]:
    known = {"level": 0.95, "groups": 12, "group_source": "declared", "why_not": None, "notes": ["mind this"]}
    return {"uncertainty": known, "bio": {"intervals": {"count_error": [-0.031, 0.08]}}, **more}


def test_an_interval_is_written_in_words() -> None:
    assert certainty.within({"mAP50": 0.69, "intervals": {"mAP50": [0.5512, 0.794]}}, "mAP50") == "0.55 to 0.79"
    assert certainty.within({"mAP50": 0.69, "intervals": {}}, "mAP50") == ""
    assert certainty.within({"mAP50": 0.69}, "mAP50") == ""


def test_the_groups_are_named_or_the_reason_why_there_are_no_intervals() -> None:
    assert "95% interval over 12 groups (declared)" in certainty.over_groups(metrics())
    few = {**metrics()["uncertainty"], "why_not": "no intervals: 3 images of 1 group"}
    assert certainty.over_groups({"uncertainty": few}) == "No intervals: 3 images of 1 group."
    assert certainty.over_groups({}) == ""


def test_the_count_has_its_interval_too() -> None:
    assert certainty.count_off(metrics()) == " (95 % interval: 3.1% too few to 8.0% too many)"
    assert certainty.count_off({}) == ""


def test_the_verdict_and_its_notes_are_told() -> None:
    told = metrics(comparison={"sentence": "a is better than b", "notes": ["b has seen 3"]})
    assert certainty.better(told) == "a is better than b"
    assert certainty.cautions(told) == ["mind this", "b has seen 3"]
    assert certainty.better({"comparison": None}) == ""
    assert certainty.cautions({}) == []
