"""What MLflow's own client reads back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.tracking import runs

from annelid.tracking import mlflow
from annelid.tracking.catch_up import Telling

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A run that was interrupted, went on and ended: its folder, MLflow's client, and MLflow's run."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
            patch.delenv(name, raising=False)
        for name in mlflow._CALM:
            patch.setenv(name, mlflow._CALM[name])
        folder = runs.make_run(tmp_path_factory.mktemp("mlflow") / "project")
        runs.add_pictures(folder, "labels.jpg", "confusion_matrix.png")
        runs.end(folder, "Interrupted")
        first = _tell(folder, ended=True)
        status = _client(folder).get_run(first.split("#")[1]).info.status
        (folder / "result.json").unlink()
        runs.add_epoch(folder, 3)
        runs.add_epoch(folder, 4)
        assert _tell(folder, ended=False) == first
        runs.end(folder)
        assert _tell(folder, ended=True) == first
        yield folder, _client(folder), first.split("#")[1], status


def _tell(folder: Path, *, ended: bool) -> str:
    telling = Telling(folder, mlflow)
    telling.catch_up(ended=ended)
    return telling.sent.id


def _client(folder: Path) -> Any:
    from mlflow import MlflowClient

    uri = f"sqlite:///{(folder.parent.parent / 'mlflow.db').as_posix()}"
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def test_the_run_is_one_and_has_its_name_its_end_and_its_notes(told: Any) -> None:
    folder, client, run, status = told
    experiment = client.get_experiment_by_name("project")
    (found,) = client.search_runs([experiment.experiment_id])
    assert (found.info.run_id, found.info.run_name) == (run, folder.name)
    assert (status, found.info.status) == ("KILLED", "FINISHED")
    assert found.data.tags["mlflow.note.content"] == "a dry run"
    assert found.data.tags["started_from"] == "otsu"
    assert found.info.start_time == int(runs.STARTED * 1000)


def test_every_epoch_is_there_once_with_its_time(told: Any) -> None:
    _, client, run, _ = told
    points = client.get_metric_history(run, "train/box_loss")
    assert [(p.step, p.value, p.timestamp) for p in sorted(points, key=lambda p: p.step)] == [
        (n, pytest.approx(1 / n), int((runs.STARTED + n) * 1000)) for n in (1, 2, 3, 4)
    ]
    assert client.get_run(run).data.metrics["metrics/mAP50B"] == 0.4
    assert client.get_run(run).data.metrics["final/val/box/mAP50"] == 0.75


def test_parameters_are_kept_and_what_changed_later_is_a_tag(told: Any) -> None:
    _, client, run, _ = told
    data = client.get_run(run).data
    assert data.params == {"engine": "threshold", "model": "otsu", "images": "2", "sigma": "2.0", "split": "True"} | {
        "min_area": "9"
    }


def test_a_parameter_that_changed_is_a_tag(told: Any) -> None:
    folder, client, run, _ = told
    session = mlflow.begin(runs_about(folder), f"#{run}")
    session.parameters({"sigma": 3.0})
    session.close("finished")
    data = client.get_run(run).data
    assert (data.params["sigma"], data.tags["sigma.later"]) == ("2.0", "3.0")


def runs_about(folder: Path) -> Any:
    from annelid.tracking.told import about

    return about(folder)


def test_pictures_lie_in_the_project(told: Any) -> None:
    folder, client, run, _ = told
    assert sorted(each.path for each in client.list_artifacts(run)) == ["confusion_matrix.png", "labels.jpg"]
    (kept,) = (folder.parent.parent / "mlartifacts").rglob("labels.jpg")
    assert kept.read_bytes() == (folder / "labels.jpg").read_bytes()


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        ("http://me:secret@server:5000/x", "http://server:5000/x"),
        ("http://server:5000", "http://server:5000"),
        ("sqlite:////a/b.db", "sqlite:////a/b.db"),
    ],
)
def test_passwords_are_not_kept(uri: str, kept: str) -> None:
    assert mlflow._without_password(uri) == kept
