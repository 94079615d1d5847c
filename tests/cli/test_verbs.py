"""The command line, in this process: every verb answers with one JSON object, and every wrong call with a sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests import small

from annelid.cli.run import run
from annelid.project import Project
from annelid.synthetic import write_nuclei

Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Answer:
    """Run a command with ``--json`` and hold its exit code; gives the one JSON object."""

    def ask(*arguments: str | Path, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        found = run([*map(str, arguments), "--json"])
        out, err = capsys.readouterr()
        assert found == code, f"{arguments}\n{out}\n{err}"
        assert out.count("\n") == 1, out
        value = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        assert isinstance(value, dict)
        assert ("error" in value) == (code != 0)
        if code:
            assert value["error"]["message"] in err
        return value

    return ask


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with eight annotated pictures, a split and a trained threshold."""
    folder = tmp_path_factory.mktemp("made") / "project"
    with small.project_of_discs(folder) as project:
        project.split(val=0.25, test=0.25)
        project.train(engine="threshold", name="first", watch=lambda _: None)
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """The project, to change."""
    return shutil.copytree(made, tmp_path / "copy")


# --- the whole loop, as a newcomer types it -------------------------------------------------------------------------


def test_the_loop_from_a_folder_of_images_to_proposals(ask: Answer, tmp_path: Path) -> None:
    pictures, masks = small.write_discs(tmp_path / "lab")
    root = tmp_path / "project"
    assert ask("init", root, "--classes", "disc")["classes"] == ["disc"]
    there = ("-C", root)
    done = ask(*there, "import", pictures, "--labels", masks)
    assert done["images"] == {"new": 8, "known": 0, "annotated": 8}
    assert done["objects"] == {"disc": 24}
    assert done["losses"] == []
    now = ask(*there, "status")
    assert now["images"] == {"new": 0, "draft": 0, "reviewed": 8}
    assert now["classes"] == {"disc": 24}
    shown = ask(*there, "preview", "a.png")["previews"]
    assert [Path(p["picture"]).is_file() for p in shown] == [True]
    assert {f["severity"] for f in ask(*there, "check")["findings"]} <= {"info", "warning"}
    assert ask(*there, "split", "70")["parts"] == {"train": 6, "val": 1, "test": 1}
    trained = ask(*there, "train", "--engine", "threshold", "--name", "otsu", "sigma=1.5")
    assert trained["model"] == "otsu@v1"
    assert trained["card"]["parameters"]["sigma"] == 1.5
    figures = ask(*there, "evaluate", "otsu", "--split", "test")
    assert figures["metrics"]["mask"]["mAP50"] > 0.9
    assert figures["metrics"]["box"]["classes"][0]["name"] == "disc"
    assert figures["part"] == "test"
    saves = ("--out", tmp_path / "out", "--save", "coco,yolo,masks,overlays", "--conf", "0.1")
    found = ask(*there, "predict", "otsu@v1", pictures, *saves)
    assert found["objects"] == {"disc": 24}
    assert all(Path(path).exists() for path in found["written"].values())
    more = tmp_path / "more"
    more.mkdir()
    Image.fromarray(small.discs(77)[0]).save(more / "new.png")
    assert ask(*there, "import", more)["images"]["new"] == 1
    assert ask(*there, "propose", "--model", "otsu", "--conf", "0.1", "--out", tmp_path / "drafts")["objects"] == 3
    assert (tmp_path / "drafts" / "new.json").exists() or list((tmp_path / "drafts").rglob("new.json"))
    assert ask(*there, "status")["images"]["draft"] == 1
    corrected = ask(*there, "import", tmp_path / "drafts", "--images", more)
    assert corrected["images"]["annotated"] == 1
    assert ask(*there, "status")["images"] == {"new": 0, "draft": 0, "reviewed": 9}
    again = ask(*there, "train", "--model", "otsu@v1")
    assert (again["model"], again["card"]["parent"], again["card"]["images"]["train"]) == ("otsu@v2", "otsu@v1", 7)


@pytest.mark.parametrize("format_name", ["coco", "yolo", "labelme", "labelmask"])
def test_what_is_exported_comes_back(ask: Answer, made: Path, tmp_path: Path, format_name: str) -> None:
    out = tmp_path / "out"
    assert ask("-C", made, "export", out, "--format", format_name)["format"] == format_name
    ask("init", tmp_path / "again", "--classes", "disc")
    images = () if format_name == "yolo" else ("--images", made / "source" / "images")
    done = ask("-C", tmp_path / "again", "import", out, *images)
    assert done["objects"] == {"disc": 24}
    other = ask("convert", out, tmp_path / "converted", "--to", "coco", *images)
    assert (other["objects"], other["items"]) == (24, 8)


def test_an_existing_yolo_data_set_is_trained_on_with_its_own_split(ask: Answer, made: Path, tmp_path: Path) -> None:
    ask("-C", made, "export", tmp_path / "yolo", "--format", "yolo")
    place = tmp_path / "empty"
    place.mkdir()
    done = ask("-C", place, "train", "--data", tmp_path / "yolo" / "data.yaml", "--engine", "threshold")
    assert done["card"]["images"] == {"train": 4, "val": 2, "test": 2}
    assert done["card"]["outside"]
    assert ask("-C", place, "evaluate", done["model"])["part"] == "test"


def test_files_are_evaluated_without_a_project(ask: Answer, made: Path, tmp_path: Path) -> None:
    ask("-C", made, "export", tmp_path / "truth")
    ask("-C", made, "predict", "first", made / "source" / "images", "--out", tmp_path / "found")
    truth, found = tmp_path / "truth" / "annotations.json", tmp_path / "found" / "predictions.json"
    figures = ask("evaluate", "--truth", truth, "--predictions", found)
    assert figures["metrics"]["mask"]["mAP50"] > 0.9
    assert figures["images"] == 8


# --- classes and history --------------------------------------------------------------------------------------------


def test_classes_are_listed_added_renamed_merged_mapped_and_deleted(ask: Answer, copy: Path) -> None:
    there = ("-C", copy)
    assert ask(*there, "classes") == {"classes": {"disc": 24}}
    assert ask(*there, "classes", "add", "débris", "other")["classes"] == {"disc": 24, "débris": 0, "other": 0}
    assert ask(*there, "classes", "rename", "disc", "nucleus")["classes"]["nucleus"] == 24
    assert ask(*there, "classes", "merge", "nucleus", "other", "--into", "cell")["classes"] == {"cell": 24, "débris": 0}
    assert ask(*there, "classes", "map", "cell=a", "débris=b") == {"images_changed": 8, "classes": {"a": 24, "b": 0}}
    assert ask(*there, "classes", "delete", "a")["classes"] == {"b": 0}
    assert ask(*there, "classes", "rename", "nobody", "x", code=2)["error"]["next_step"] == "it has b"


def test_a_deleted_class_comes_back_with_a_restored_revision(ask: Answer, copy: Path) -> None:
    there = ("-C", copy)
    ask(*there, "classes", "add", "other")
    ask(*there, "classes", "delete", "disc")
    assert ask(*there, "status")["classes"] == {"other": 0}
    history = ask(*there, "history", "a")["revisions"]
    assert [r["revision"] for r in history] == [1, 2]
    assert (history[0]["n_added"], history[1]["n_removed"]) == (3, 3)
    assert ask(*there, "restore", "a", "1")["revision"] == 3
    assert ask(*there, "status")["classes"] == {"other": 0, "disc": 3}
    ask(*there, "restore", "a", "99", code=2)
    ask(*there, "history", "nobody.png", code=2)


def test_a_backup_is_a_whole_project_database(ask: Answer, copy: Path, tmp_path: Path) -> None:
    ask("-C", copy, "backup", tmp_path / "backup.db")
    ask("-C", copy, "classes", "delete", "disc")
    shutil.copyfile(tmp_path / "backup.db", copy / "annelid.db")
    for name in ("annelid.db-wal", "annelid.db-shm"):
        (copy / name).unlink(missing_ok=True)
    ask("-C", copy, "classes", "add", "disc")
    assert ask("-C", copy, "classes")["classes"]["disc"] == 24


# --- models ---------------------------------------------------------------------------------------------------------


def test_models_are_listed_shown_promoted_rolled_back_exported_and_verified(
    ask: Answer, copy: Path, tmp_path: Path
) -> None:
    there = ("-C", copy)
    ask(*there, "train", "--model", "first", "sigma=2")
    listed = [card["reference"] for card in ask(*there, "models")["models"]]
    assert listed == ["first@v1", "first@v2"] == [c["reference"] for c in ask(*there, "models", "list")["models"]]
    assert ask(*there, "models", "show", "first")["version"] == 2
    assert ask(*there, "models", "rollback", "first")["promoted"] == "first@v1"
    assert ask(*there, "models", "show", "first")["version"] == 1
    ask(*there, "models", "rollback", "first", code=2)
    assert ask(*there, "models", "promote", "first@v2")["promoted"] == "first@v2"
    files = ask(*there, "models", "export", "first@v1", tmp_path / "out")["files"]
    assert all(Path(file).is_file() for file in files)
    assert ask(*there, "models", "verify")["models"] == {"first@v1": "", "first@v2": ""}
    assert [job["state"] for job in ask(*there, "jobs")["jobs"]] == ["finished", "finished"]


def test_weights_that_were_changed_are_found_and_not_used(
    ask: Answer, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = next((copy / "models" / "first" / "v1").glob("best.*"))
    weights.write_text(weights.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert run(["-C", str(copy), "models", "verify", "--json"]) == 1
    assert "SHA-256 differs" in json.loads(capsys.readouterr().out)["models"]["first@v1"]
    assert "SHA-256" in ask("-C", copy, "evaluate", "first", code=1)["error"]["message"]
    weights.unlink()
    assert "missing" in ask("-C", copy, "evaluate", "first", code=1)["error"]["message"]


def test_a_conversion_names_the_classes_and_copies_the_images_on_request(
    ask: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_nuclei(tmp_path / "set", images=1, size=64)
    typed = ["convert", str(tmp_path / "set"), "--to"]
    assert ask(*typed, "coco", tmp_path / "with", "--copy")["classes"] == ["object"]
    ask(*typed, "yolo", tmp_path / "without", "--no-copy")
    assert len(list((tmp_path / "with").rglob("*.tif"))) == 1
    assert not list((tmp_path / "without").rglob("*.tif"))
    assert run([*typed, "coco", str(tmp_path / "out")]) == 0
    assert "objects of object -> " in capsys.readouterr().out


# --- what is said when something is wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("status", 1, "is not an Annelid project"),
        ("models", 1, "is not an Annelid project"),
        ("jobs", 1, "is not an Annelid project"),
        ("nonsense", 2, "nonsense"),
        ("split --val lots", 2, "val"),
        ("import", 2, "SOURCE"),
        ("evaluate", 2, "nothing to evaluate"),
        ("convert nowhere out --to coco", 2, "nowhere"),
        ("convert https://example.com/a.zip out --to coco", 2, "is a link"),
        ("convert . out --to coco --classes cell,cell", 2, "'cell' is twice"),
        ("train --data nowhere.yaml", 2, "nowhere.yaml"),
    ],
)
def test_outside_of_a_project_wrong_calls_are_said(
    ask: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in ask(*typed.split(), code=code)["error"]["message"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("train --engine nothing", 2, "no engine 'nothing'"),
        ("train --model nobody@v1", 2, "no model 'nobody@v1'"),
        ("train --model missing.pt", 2, "no weights file missing.pt"),
        ("train --model yolo11n.yaml epoch=3", 2, "unknown training parameter 'epoch'"),
        ("train --model yolo11n.yaml --epochs", 2, "'--epochs' is not a parameter"),
        ("train --model yolo11n.yaml epochs", 2, "'epochs' is not a parameter"),
        ("train --engine threshold epochs=3", 2, "unknown parameter 'epochs'"),
        ("train --resume nobody", 2, "is not a run"),
        ("train --resume first", 2, "run first is finished"),
        ("train --resume first epochs=3", 2, "keeps its parameters"),
        ("train --name a/b --engine threshold", 2, "can't name a run"),
        ("train --cfg nowhere.yaml", 1, "nowhere.yaml"),
        ("evaluate nobody", 2, "no model 'nobody'"),
        ("predict first nowhere --out out", 2, "nowhere does not exist"),
        ("predict first source/images --out out --save pictures", 2, "--save pictures is not known"),
        ("predict first source/images --out out --conf 2", 2, "conf"),
        ("predict first source/images --out models", 2, "exists and is not empty"),
        ("propose", 2, "annotated already"),
        ("export out --format nothing", 2, "nothing"),
        ("convert . out --to coco", 2, "is an Annelid project"),
        ("split --val .5", 2, "divided already"),
        ("preview nobody", 2, "no image nobody"),
        ("import source/images --map ab", 2, "expected OLD=NEW"),
        ("models fetch yolo99n.pt", 2, "yolo99n.pt is not known"),
        ("init .", 1, "is an Annelid project already"),
    ],
)
def test_in_a_project_wrong_calls_are_said_and_nothing_stays(
    ask: Answer, made: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, said: str
) -> None:
    monkeypatch.chdir(made)
    before = {path for path in made.rglob("*") if "annelid.db" not in path.name}
    answer = ask(*typed.split(), code=code)
    assert said in answer["error"]["message"]
    assert {path for path in made.rglob("*") if "annelid.db" not in path.name} == before


def test_parameters_may_be_typed_as_ultralytics_users_do(ask: Answer, copy: Path, tmp_path: Path) -> None:
    cfg = tmp_path / "cfg.yaml"
    cfg.write_text("sigma: 3\nmin_area: 7\n", encoding="utf-8")
    typed = ("engine=threshold", "name=typed", "notes=mine", "sigma=2.5", "--min-area=9", "--split", "true")
    card = ask("-C", copy, "train", *typed, "--cfg", cfg)["card"]
    assert (card["name"], card["engine"], card["notes"]) == ("typed", "threshold", "mine")
    assert {k: card["parameters"][k] for k in ("sigma", "min_area", "split")} == {
        "sigma": 2.5,
        "min_area": 9,
        "split": True,
    }


def test_a_bug_is_said_with_a_log(ask: Answer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("annelid.doctor.examine", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    error = ask("doctor", code=3)["error"]
    assert "ZeroDivisionError: surprise" in error["message"]
    (log,) = tmp_path.rglob("traceback.txt")
    assert str(log) in error["next_step"]
    assert "in fail" in log.read_text(encoding="utf-8")


def test_an_interrupt_is_130(ask: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("annelid.doctor.examine", stop)
    assert ask("doctor", code=130)["error"]["message"] == "interrupted"


def test_doctor_says_what_is_there(ask: Answer) -> None:
    state = ask("doctor")
    assert state["engines"] == {"yolo": "ready", "threshold": "ready"}
    assert state["packages"]["torch"]
    assert state["problems"] == []


# --- for people -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("status", "8 reviewed"),
        ("classes", "disc"),
        ("history a", "import:labelmask"),
        ("models", "first@v1"),
        ("models show first", "disc"),
        ("jobs", "finished"),
        ("doctor", "engine threshold ready"),
        ("evaluate first --split val", "mAP50"),
    ],
)
def test_without_json_people_get_lines(made: Path, capsys: pytest.CaptureFixture[str], typed: str, shown: str) -> None:
    assert run(["-C", str(made), *typed.split()]) == 0
    assert shown in capsys.readouterr().out


def test_brackets_in_names_are_no_markup(ask: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Project.init(tmp_path / "p", classes=("[bold]cell[/bold]", "a[1]")):
        pass
    assert run(["-C", str(tmp_path / "p"), "status"]) == 0
    assert "[bold]cell[/bold]" in capsys.readouterr().out
    assert run(["-C", str(tmp_path / "p"), "classes"]) == 0
    assert "[bold]cell[/bold]" in capsys.readouterr().out
    assert np.isfinite(len(ask("-C", tmp_path / "p", "classes")["classes"]))
