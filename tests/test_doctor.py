from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from annelid import doctor


def test_it_tells_versions_engines_and_space_without_loading_an_engine(tmp_path: Path) -> None:
    state = doctor.examine(tmp_path)
    assert state["packages"]["numpy"] == metadata.version("numpy")
    assert state["engines"] == {"yolo": "ready", "threshold": "ready"}
    assert state["trackers"]["tensorboard"] == state["trackers"]["mlflow"] == "ready"
    assert state["disk_free_gb"] > 0
    assert state["cores"] >= 1
    assert doctor.missing(state) == []


def test_it_works_where_no_folder_is_yet(tmp_path: Path) -> None:
    assert doctor.examine(tmp_path / "not" / "there")["disk_free_gb"] > 0


def test_two_opencvs_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda name: "4.0" if name.startswith("opencv") else "")
    (problem,) = doctor.problems()
    assert "pip uninstall" in problem


def test_a_missing_engine_is_named_with_what_to_type(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    state = doctor.examine(tmp_path)
    assert doctor.missing(state) == ["yolo: Ultralytics is not installed: pip install 'annelid[yolo]'"]
    assert state["gpu"] == "torch is not installed"
