from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests import small

from annelid import errors, jobs, start, train
from annelid.dataset import Dataset
from annelid.engines.base import TrainConfig
from annelid.jobs import Job
from annelid.preprocess import Preprocessing
from annelid.project import Project
from annelid.split import Split


def quiet(_: Any) -> None:
    """Watch and say nothing."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = small.project_of_discs(tmp_path_factory.mktemp("train") / "project", equalize="clahe")
    made.split(val=0.25, test=0.25)
    return made


def plan(project: Project, name: str = "run", **params: Any) -> train.Plan:
    return train.Plan(name, "threshold", TrainConfig("otsu", "segment", params=params), project.settings.preprocessing)


def prepared(project: Project, name: str = "run", **params: Any) -> Job:
    return train.prepare(plan(project, name, **params), project.dataset(), project.split(), project.root)


def test_a_run_holds_all_that_its_worker_needs(project: Project) -> None:
    job = prepared(project, "needs", sigma=2)
    job.write()
    assert Dataset.load(job.folder / "dataset.npz") == project.dataset()
    kept = Split.from_dict(json.loads((job.folder / "split.json").read_text(encoding="utf-8")))
    assert kept.parts == project.split().parts
    again = Job.read(job.folder)
    assert again == Job("train", job.folder, jobs.plain(dict(job.arguments)))
    assert again.arguments["config"]["params"] == {"sigma": 2}
    assert Preprocessing.from_dict(again.arguments["preprocessing"]) == project.settings.preprocessing


def test_the_worker_trains_and_takes_the_model_in_once(project: Project) -> None:
    job = prepared(project, "once")
    events: list[str] = []
    first = train.work(job, lambda name, _: events.append(name))
    second = train.work(job, lambda *_: None)
    assert first["model"] == second["model"] == "once@v1"
    assert [c.reference for c in project.library.cards("once")] == ["once@v1"]
    assert {"progress", "header", "epoch"} <= set(events)
    assert not (job.folder / "data").exists()
    card = project.library.get("once")
    assert (card.images, card.task, card.classes) == ({"train": 4, "val": 2, "test": 2}, "segment", ("disc",))
    assert len(card.learned_from) == 6
    assert card.dataset_digest == project.dataset().digest
    assert card.preprocessing["equalize"] == "clahe"
    assert card.tile == 64
    assert card.seconds >= 0
    assert card.machine
    assert card.versions["annelid"]


def test_a_name_that_is_taken_gets_a_number(project: Project) -> None:
    names = [prepared(project, "twin").folder.name for _ in range(3)]
    assert names == ["twin", "twin-2", "twin-3"]


def test_the_name_of_a_run_whose_folder_is_gone_is_not_used_again(project: Project) -> None:
    """Its model is still there, and the new training must not be taken for it."""
    first = train.work(prepared(project, "gone"), lambda *_: None)
    shutil.rmtree(first["run"])
    second = train.work(prepared(project, "gone", sigma=3), lambda *_: None)
    assert (first["model"], second["model"]) == ("gone@v1", "gone@v2")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "-x", "a b", "x" * 100, "con", "nul.txt", "a."])
def test_names_that_are_no_folder_on_every_system_are_refused(project: Project, name: str) -> None:
    with pytest.raises(errors.UsageError, match="can't name a run"):
        prepared(project, name)


@pytest.mark.parametrize(
    ("text", "name"), [("my cells", "my-cells"), ("ä/ö", "ä-ö"), ("...", "model"), ("", "model"), ("a" * 5, "aaaaa")]
)
def test_any_text_makes_a_name(text: str, name: str) -> None:
    assert train.safe_name(text) == name


def test_wrong_parameters_leave_no_folder(project: Project) -> None:
    before = sorted((project.root / "runs").iterdir())
    with pytest.raises(errors.UsageError, match="epochs"):
        prepared(project, "wrong", epochs=3)
    assert sorted((project.root / "runs").iterdir()) == before


def test_without_validation_images_it_says_what_to_do(tmp_path: Path) -> None:
    lonely = small.project_of_discs(tmp_path / "p", images=1)
    with pytest.raises(errors.UsageError, match="part") as caught:
        lonely.train(engine="threshold", watch=quiet)
    assert "annotate more" in caught.value.next_step
    lonely.close()


def test_a_run_is_resumed_by_name_by_folder_and_by_its_weights(project: Project) -> None:
    job = prepared(project, "broken")
    job.write()
    weights = job.folder / "weights" / "last.pt"
    assert train.resume(job.folder).arguments["config"]["resume"] is None
    weights.parent.mkdir()
    weights.touch()
    for place in (job.folder, weights):
        assert train.resume(place).arguments["config"]["resume"] == str(weights)


def test_what_is_no_run_finished_or_running_is_not_resumed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.UsageError, match="is not a run"):
        train.resume(project.root)
    job = prepared(project, "busy")
    job.write()
    monkeypatch.setattr(train, "still_runs", lambda _: True)
    with pytest.raises(errors.UsageError, match="run busy is running"):
        train.resume(job.folder)
    (job.folder / "result.json").write_text('{"ok": true, "value": {}}', encoding="utf-8")
    with pytest.raises(errors.UsageError, match="run busy is finished"):
        train.resume(job.folder)


def test_runs_are_listed_with_how_far_they_are(tmp_path: Path) -> None:
    def run(name: str, result: Any = None, epoch: int = 0, beat: bool = False) -> None:
        job = Job("train", tmp_path / "runs" / name, {})
        job.write()
        if epoch:
            line = {"time": 1, "event": "epoch", "data": {"epoch": epoch, "epochs": 9}}
            (job.folder / "events.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
        if result is not None:
            (job.folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
        if beat:
            (job.folder / "heartbeat").touch()

    run("a", {"ok": True, "value": {}}, 9)
    run("b", {"ok": False, "error": {"type": "Interrupted", "message": "", "next_step": ""}}, 3)
    run("c", {"ok": False, "error": {"type": "EngineError", "message": "", "next_step": ""}})
    run("d", None, 2, beat=True)
    run("e", None, 2)
    found = {r.name: (r.state, r.epoch, r.epochs) for r in train.runs(tmp_path)}
    assert found == {
        "a": ("finished", 9, 9),
        "b": ("interrupted", 3, 9),
        "c": ("failed", 0, 0),
        "d": ("running", 2, 9),
        "e": ("interrupted", 2, 9),
    }
    assert train.runs(tmp_path / "nowhere") == []


def test_a_model_is_refined_with_its_own_preprocessing(project: Project) -> None:
    first = project.train(engine="threshold", name="parent", sigma=2, watch=quiet)
    other = Preprocessing(range="minmax")
    begin = start.start_from("parent@v1", "yolo", project.dataset(), other, project.library)
    assert (begin.engine, begin.task, begin.name, begin.parent) == ("threshold", "segment", "parent", "parent@v1")
    assert begin.preprocessing == project.settings.preprocessing != other
    assert Path(begin.model) == project.library.weights(first.card)
