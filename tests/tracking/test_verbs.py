"""Tracking as users ask for it: with a training, after it, and refused before it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests import small
from tests.tracking import runs
from tests.tracking.test_tensorboard import read

from annelid import errors, settings, tracking, train
from annelid.cli.track import names_in
from annelid.engines.base import TrainConfig
from annelid.preprocess import Preprocessing
from annelid.project import Project
from annelid.results import Trained
from annelid.tracking import follow, mlflow

pytestmark = pytest.mark.filterwarnings("ignore")  # TensorBoard's own


def quiet(_: Any) -> None:
    """Watch and say nothing."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Trained]:
    """A training with TensorBoard, and with MLflow whose server is gone."""
    project = small.project_of_discs(tmp_path_factory.mktemp("track") / "project")
    project.split(val=0.25)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        done = project.train(engine="threshold", name="run", track=("tensorboard", "mlflow"), watch=quiet)
    return project, done


def test_a_training_is_followed_and_its_measured_figures_are_told(trained: tuple[Project, Trained]) -> None:
    project, done = trained
    board = read(done.run)
    assert [point.step for point in board.Scalars("lr" if "lr" in board.Tags()["scalars"] else "speed/images_per_s")]
    measured = project.library.get("run").metrics["val"]["mask"]["mAP50"]
    assert board.Scalars("final/val/mask/mAP50")[-1].value == pytest.approx(measured)
    assert done.tracked["tensorboard"].problem == ""
    assert done.tracked["tensorboard"].state == "finished"
    assert done.to_dict()["tracked"]["tensorboard"]["place"].startswith("tensorboard --logdir")


def test_a_tracker_whose_server_is_gone_does_not_harm_the_training(trained: tuple[Project, Trained]) -> None:
    project, done = trained
    assert done.card.reference == "run@v1"
    assert "127.0.0.1" in done.tracked["mlflow"].problem or "Max retries" in done.tracked["mlflow"].problem
    assert "Traceback" in (done.run / "tracking" / "mlflow.log").read_text(encoding="utf-8")
    assert not (project.root / "mlflow.db").exists()


def test_a_run_that_was_made_without_a_tracker_is_told_afterwards(trained: tuple[Project, Trained]) -> None:
    project, _ = trained
    folder = runs.make_run(project.root, "silent")
    runs.end(folder)
    with pytest.raises(errors.UsageError, match="no tracker follows run silent"):
        project.track("silent")
    answer = small.answer("track", "silent", "--to", "tensorboard", cwd=project.root)
    assert answer["tensorboard"]["state"] == "finished"
    assert read(folder).Tags()["scalars"]
    assert list(project.track("silent")) == ["tensorboard"]


def test_a_run_that_goes_on_is_followed_from_now_on(
    trained: tuple[Project, Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, _ = trained
    runs.make_run(project.root, "busy")
    started: list[str] = []

    def start(folder: Path, name: str) -> Any:
        started.append(f"{folder.name} {name}")
        return SimpleNamespace()

    monkeypatch.setattr("annelid.jobs.still_runs", lambda _: True)
    monkeypatch.setattr(follow, "start", start)
    assert project.track("busy", "tensorboard")["tensorboard"].problem == ""
    assert started == ["busy tensorboard"]


def test_what_is_not_installed_is_refused_before_the_training(
    trained: tuple[Project, Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, _ = trained
    monkeypatch.setattr(mlflow, "health", lambda: "tracking with mlflow needs x: pip install 'annelid[track]'")
    with pytest.raises(errors.EngineError, match="pip install") as caught:
        project.train(engine="threshold", name="refused", track=["mlflow"], watch=quiet)
    assert "leave mlflow out" in caught.value.next_step
    with pytest.raises(errors.UsageError, match="there is no tracker"):
        project.train(engine="threshold", name="refused", track=["board"], watch=quiet)
    assert not (project.root / "runs" / "refused").exists()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The trackers of each training that would have been started."""
    found: list[Any] = []
    monkeypatch.setattr(Project, "_train", lambda _, job, __: found.append(job.arguments["track"]))
    return found


def test_the_settings_name_trackers_that_a_training_can_leave_out(
    trained: tuple[Project, Trained], asked: list[Any]
) -> None:
    project, _ = trained
    path = project.root / settings.FILE
    content = YAML().load(path)
    YAML().dump({**content, "track": ["tensorboard"]}, path)
    project.add_classes("other")  # writes the settings, and keeps those that are there
    for track in (None, (), ["mlflow", "mlflow"]):
        project.train(engine="threshold", track=track, watch=quiet)
    assert asked == [["tensorboard"], [], ["mlflow"]]
    YAML().dump({**content, "track": "tensorboard"}, path)
    with pytest.raises(errors.InputError, match="a list of trackers"):
        project.train(engine="threshold", watch=quiet)
    YAML().dump(content, path)


def test_a_run_that_goes_on_keeps_its_trackers_unless_others_are_named(
    trained: tuple[Project, Trained], asked: list[Any]
) -> None:
    project, _ = trained
    job = train.prepare(
        train.Plan("stopped", "threshold", TrainConfig("otsu", "segment"), Preprocessing(), track=("tensorboard",)),
        project.dataset(),
        project.split(),
        project.root,
    )
    job.write()
    for track in (None, ["mlflow"], ()):
        project.resume("stopped", track=track)
    assert asked == [["tensorboard"], ["mlflow"], []]


def test_trackers_are_typed_with_commas_and_none_leaves_them_out() -> None:
    assert names_in(None) is None
    assert names_in("tensorboard, mlflow") == names_in(["tensorboard", "mlflow"]) == ["tensorboard", "mlflow"]
    assert names_in("none") == names_in("") == []


def test_asking_for_trackers_loads_none_of_their_packages() -> None:
    import subprocess

    packages = ("mlflow", "tensorboard", "wandb", "comet_ml", "clearml")
    code = "import sys, annelid.project, annelid.tracking as t; [t.get(n).health() for n in t.TRACKERS]\n"
    code += f"print([m for m in {packages} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
    assert set(tracking.TRACKERS) == {"tensorboard", "mlflow", "wandb", "comet", "clearml"}


def test_the_docs_list_every_tracker() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "tracking.md").read_text(encoding="utf-8")
    assert [name for name in tracking.TRACKERS if f"| `{name}` |" not in page] == []
