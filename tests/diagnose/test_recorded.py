"""Real trainings that failed, each in its own way, and healthy ones: the right code and no other.

``python benchmarks/diagnosis_runs.py`` makes the records anew.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from annelid.cli.parameters import typed
from annelid.diagnose import KINDS, Diagnosis, Record, diagnose
from annelid.engines.yolo import parameters

RECORDS = sorted((Path(__file__).resolve().parents[1] / "data" / "diagnosis").glob("*.json"))
VERBS = {"train", "predict", "propose", "import", "check", "split", "classes", "evaluate", "preview", "history"}
MOST_BYTES = 20_000


def content(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def told(path: Path) -> list[Diagnosis]:
    return diagnose(Record.from_dict(content(path)["record"]))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_training_is_told_the_right_code_and_no_other(path: Path) -> None:
    assert sorted(finding.code for finding in told(path)) == content(path)["expected"]


def test_every_code_has_a_training_that_earned_it() -> None:
    assert {code for path in RECORDS for code in content(path)["expected"]} == {kind.code for kind in KINDS}


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_finding_says_what_is_seen_why_it_matters_and_what_to_type(path: Path) -> None:
    for finding in told(path):
        for text in (finding.seen, finding.why, finding.todo):
            assert len(text.split()) > 5
            assert "nan" not in text.lower().split()
        assert finding.seen.endswith(".")
        assert finding.commands
        assert finding.curves or finding.image
        assert any(char.isdigit() for char in finding.seen)


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_what_is_to_be_typed_is_taken(path: Path) -> None:
    for finding in told(path):
        for command in finding.commands:
            program, verb, *words = shlex.split(command)
            assert program == "annelid"
            assert verb in VERBS
            if verb == "train":
                given = [word for word in words if "=" in word]
                parameters.check(typed(given), task="segment", from_scratch="yaml" in command)


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_the_curves_that_a_finding_names_were_recorded(path: Path) -> None:
    recorded = content(path)["record"]["curves"]
    assert all(column in recorded for finding in told(path) for column in finding.curves)


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_small_and_comes_back_as_it_was(path: Path) -> None:
    value = content(path)["record"]
    assert Record.from_dict(value).to_dict() == value
    assert path.stat().st_size < MOST_BYTES
