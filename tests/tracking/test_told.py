from __future__ import annotations

from pathlib import Path

import pytest
from tests.tracking import runs

from annelid.tracking import told


def test_the_curves_bear_ultralytics_names_and_leave_out_what_is_no_number(tmp_path: Path) -> None:
    folder = runs.make_run(tmp_path, epochs=1)
    (epoch,) = told.epochs(folder, 0)
    assert (epoch.number, epoch.time) == (1, runs.STARTED + 1)
    assert epoch.figures == {
        "train/box_loss": 1.0,
        "metrics/mAP50(B)": 0.1,
        "lr": 0.01,
        "speed/images_per_s": 20.0,
        "speed/memory_gb": 1.5,
    }


def test_an_epoch_that_was_run_again_is_told_once(tmp_path: Path) -> None:
    folder = runs.make_run(tmp_path, epochs=3)
    for number in (3, 4):
        runs.add_epoch(folder, number)
    assert [epoch.number for epoch in told.epochs(folder, 1)] == [2, 3, 4]


def test_a_picture_that_is_being_written_waits(tmp_path: Path) -> None:
    folder = runs.make_run(tmp_path)
    runs.add_pictures(folder, "labels.jpg", "unknown.jpg", "results.png")
    (folder / "results.png").touch()
    assert list(told.files(folder, ended=False)) == ["labels.jpg"]
    assert list(told.files(folder, ended=True)) == ["labels.jpg", "results.png"]


def test_parameters_are_those_in_use_before_the_end_and_after(tmp_path: Path) -> None:
    folder = runs.make_run(tmp_path)
    head = {"engine": "threshold", "model": "otsu", "images": 2}
    assert told.parameters(folder) == {**head, "sigma": 2.0, "split": True}
    (folder / "args.yaml").write_text("sigma: 3.0\nproject: /home/me\n", encoding="utf-8")
    assert told.parameters(folder) == {**head, "sigma": 3.0, "split": True}
    runs.end(folder)
    assert told.parameters(folder) == {**head, "min_area": 9, "sigma": 2.0, "split": True}


@pytest.mark.parametrize(
    ("error", "state"), [("", "finished"), ("EngineError", "failed"), ("Interrupted", "interrupted")]
)
def test_the_state_of_a_run_is_that_of_its_result(tmp_path: Path, error: str, state: str) -> None:
    folder = runs.make_run(tmp_path)
    assert told.state(folder) == "running"
    runs.end(folder, error)
    assert told.state(folder) == state


def test_the_summary_has_the_figures_of_the_model_and_no_others(tmp_path: Path) -> None:
    folder = runs.make_run(tmp_path)
    assert told.summary(folder) == {}
    runs.end(folder)
    assert told.summary(folder) == {
        "final/best_epoch": 0.0,
        "final/epochs_run": 0.0,
        "final/seconds": 0.0,
        "final/val/box/mAP50": 0.75,
        "final/val/mAP50-95(M)": 0.5,
    }


def test_a_project_that_was_moved_is_told_from_where_it_is(tmp_path: Path) -> None:
    folder = runs.make_run(tmp_path / "before")
    (tmp_path / "before").rename(tmp_path / "after")
    about = told.about(tmp_path / "after" / "runs" / folder.name)
    assert (about.root, about.project, about.notes) == (tmp_path / "after", "after", "a dry run")
    assert about.started == runs.STARTED
