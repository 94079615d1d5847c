"""``annelid check`` on the command line: the scan, the findings, the page, the fixes, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests import small

from annelid.cli.run import run


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project of twelve pictures and a copy of one of them, turned."""
    with small.project_of_discs(tmp_path / "project", images=12) as project:
        source = project.root / "source"
        for kind in ("images", "masks"):
            with Image.open(source / kind / "a.png") as picture:
                Image.fromarray(np.rot90(np.asarray(picture)).copy()).save(source / kind / "turned.png")
        project.import_(source / "images" / "turned.png", labels=source / "masks" / "turned.png")
    return tmp_path / "project"


def asked(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert run([*map(str, arguments), "--json"]) == code
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def test_people_read_the_scan_then_findings_with_reason_and_command(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["-C", str(place), "check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "new: 13 images, 0 backgrounds, 0 corrupt, 39 objects"
    assert lines[1] == "A108 warning: 1 pair(s) of images show the same"
    assert "annelid check --fix A108" in lines[3]
    assert "source/images/a.png turned by 270 degrees = source/images/turned.png" in lines[4]


def test_programs_get_the_evidence_with_ids_and_figures(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    value = asked(capsys, "-C", place, "check", "--out", place / "look")
    (finding,) = value["findings"]
    assert finding["fixable"]
    (evidence,) = finding["evidence"]
    assert len(evidence["images"]) == 2
    assert evidence["numbers"]["correlation"] > 0.99
    assert value["scan"][0]["images"] == 13
    assert Path(value["page"]).is_file()
    assert (place / "look" / "labels.jpg").is_file()
    assert asked(capsys, "-C", place, "check", "--no-pixels")["findings"] == []


def test_a_fix_is_done_before_the_check_and_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    value = asked(capsys, "-C", place, "check", "--fix", "A108", "--fix", "A301")
    assert [(f["code"], len(f["revisions"])) for f in value["fixed"]] == [("A108", 1), ("A301", 0)]
    assert [f["code"] for f in value["findings"]] == ["A210"]


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        (("--fix", "A302"), 2, "A302"),
        (("--fix", "nonsense"), 2, "NONSENSE"),
        (("--out", "annelid.db"), 1, "annelid.db"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    place: Path, capsys: pytest.CaptureFixture[str], typed: tuple[str, str], code: int, says: str
) -> None:
    option, value = typed
    wanted = str(place / value) if option == "--out" else value
    assert says in asked(capsys, "-C", place, "check", option, wanted, code=code)["error"]["message"]


def test_a_project_that_was_copied_elsewhere_is_checked_there(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(place, tmp_path / "elsewhere")
    assert [f["code"] for f in asked(capsys, "-C", tmp_path / "elsewhere", "check")["findings"]] == ["A108"]
