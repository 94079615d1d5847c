"""docs/diagnosis.md names every code, and none that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

from annelid.diagnose import KINDS

DOCS = Path(__file__).resolve().parents[1] / "docs" / "diagnosis.md"


def test_the_table_of_codes_is_that_of_the_program() -> None:
    rows = re.findall(r"^\| (D\d{3}) \| ([\w-]+) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(kind.code, kind.name) for kind in KINDS]
