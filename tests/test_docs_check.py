"""docs/check.md names every finding, with its name, its severity and whether it can be mended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from annelid.check import KINDS
from annelid.check.alike import COARSE, DETAIL

DOCS = (Path(__file__).resolve().parents[1] / "docs" / "check.md").read_text(encoding="utf-8")
ROWS = {
    row[0]: row[1:]
    for row in re.findall(r"^\| (A\d+) \| (\S+) \| (\w+)[^|]*\| ([^|]+) \|([^|]*)\|$", DOCS, re.MULTILINE)
}


def test_the_table_lists_every_code_and_no_other() -> None:
    assert list(ROWS) == sorted(KINDS)


@pytest.mark.parametrize("code", sorted(KINDS))
def test_a_row_says_what_the_finding_says(code: str) -> None:
    name, severity, when, fix = ROWS[code]
    kind = KINDS[code]
    assert (name, severity) == (kind.name, kind.severity)
    assert when.strip()
    assert bool(fix.strip()) == kind.fixable


def test_the_limits_are_those_of_the_code() -> None:
    assert f"correlate by {COARSE:g}" in DOCS
    assert f"by {DETAIL:g} in their detail" in DOCS
