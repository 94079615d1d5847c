"""Bad commands, parameters, weights and splits: refused before work is done, by name, with what to do instead."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bad import annelid, files, labelme, picture, pictures, states

from annelid.errors import AnnelidError
from annelid.project import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four annotated images in a project of which no test changes anything."""
    folder = tmp_path_factory.mktemp("commands")
    annelid("init", folder)
    annelid("-C", folder, "import", pictures(folder / "images", 4))
    annelid("-C", folder, "split")
    return folder


@pytest.fixture
def untouched(project: Path) -> Iterator[Path]:
    """The project; when the test is over it must be as it was."""
    before = files(project)
    yield project
    assert files(project) == before


# --- parameters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--epoch", "1"), "did you mean epochs?"),
        (("--epochs", "0"), "epochs"),
        (("--epochs", "many"), "epochs"),
        (("--epochs", "1.5"), "epochs"),
        (("epochs=",), "epochs"),
        (("epochs",), "'epochs' is not a parameter"),
        (("--epochs",), "'--epochs' is not a parameter"),
        (("--lr0", "99"), "lr0"),
        (("--lr0", "nan"), "lr0"),
        (("--imgsz", "8"), "imgsz"),
        (("--optimizer", "magic"), "optimizer"),
        (("--dropout", ".5"), "classification"),
        (("--rect", "true"), "rect"),
        (("--project", "x"), "--name"),
        (("--engine", "magic"), "yolo, threshold"),
        (("--engine", "threshold", "--epochs", "3"), "sigma"),
        (("--engine", "threshold", "--sigma", "-1"), "sigma"),
        (("--engine", "threshold", "--name", "a/b"), "a/b"),
        (("--engine", "threshold", "--name", ".."), "'..'"),
        (("--engine", "threshold", "--name", ""), "''"),
        (("--engine", "threshold", "--name", "CON"), "Windows"),
        (("--engine", "threshold", "--name", "x" * 200), "can't name a run"),
        (("--model", ""), "empty"),
        (("--model", "nowhere.pt"), "annelid models fetch"),
        (("--model", "nowhere@v3"), "none yet"),
        (("--model", "yolo11n-pose.yaml"), "pose"),
        (("--resume", "nowhere"), "is not a run"),
        (("--resume", "nowhere", "--epochs", "3"), "keeps its parameters"),
        (("--data", "nowhere.yaml"), "does not exist"),
    ],
)
def test_a_wrong_training_parameter_is_refused_by_name(untouched: Path, typed: tuple[str, ...], said: str) -> None:
    assert said in annelid("-C", untouched, "train", *typed, code=2).message


@pytest.mark.parametrize(
    ("content", "said", "code"),
    [
        (b"epochs: [1", "line", 1),
        (b"- 1", "epochs: 50", 1),
        (b"epochz: 3", "epochs?", 2),
        (b"\xff\xff", "UTF-8", 1),
        (None, "No such file", 1),
    ],
)
def test_a_wrong_file_of_parameters_is_named(
    untouched: Path, tmp_path: Path, content: bytes | None, said: str, code: int
) -> None:
    if content is not None:
        (tmp_path / "cfg.yaml").write_bytes(content)
    assert said in annelid("-C", untouched, "train", "--cfg", tmp_path / "cfg.yaml", code=code).message


@pytest.mark.parametrize("content", ["train: [", "hello", "names: {x: 1}\ntrain: t", "names: [a, a]\ntrain: t"])
def test_a_wrong_data_yaml_makes_no_project(tmp_path: Path, content: str) -> None:
    (tmp_path / "data.yaml").write_text(content)
    data = tmp_path / "data.yaml"
    assert "data.yaml" in annelid("-C", tmp_path / "new", "train", "--data", data, code=1).message
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--conf", "2"), "--conf"),
        (("--conf", "x"), "--conf"),
        (("--iou", "-1"), "--iou"),
        (("--max-det", "0"), "--max-det"),
        (("--imgsz", "3"), "--imgsz"),
        (("--device", "7"), "device has no effect"),
        (("--save", "foo"), "coco, yolo, masks, overlays"),
        (("--save", ""), "nothing would be saved"),
        (("--nope", "3"), "--nope"),
    ],
)
def test_a_wrong_threshold_is_refused_by_name(project: Path, tmp_path: Path, typed: tuple[str, ...], said: str) -> None:
    images, out = project / "images", tmp_path / "out"
    assert said in annelid("-C", project, "predict", "threshold", images, "--out", out, *typed, code=2).message
    assert not out.exists()


@pytest.mark.parametrize("wrong", [{"conf": 2}, {"conf": "x"}, {"max_det": 2.5}, {"magic": 1}])
def test_a_wrong_threshold_is_refused_in_python_too(project: Path, wrong: dict[str, Any]) -> None:
    with Project(project) as opened, pytest.raises(AnnelidError, match=next(iter(wrong))):
        opened.predict("threshold", **wrong)


@pytest.mark.parametrize(
    "command",
    [
        ("nope",),
        ("-C",),
        ("status", "--jsn"),
        ("predict",),
        ("predict", "nope", "images", "--out", "x"),
        ("predict", "threshold", "nowhere", "--out", "x"),
        ("evaluate",),
        ("evaluate", "nope"),
        ("evaluate", "threshold", "--split", "foo"),
        ("evaluate", "threshold", "--split", "test"),
        ("evaluate", "threshold", "--iou", "7"),
        ("evaluate", "--truth", "x.json"),
        ("models", "show", "nope"),
        ("models", "promote", "nope@v1"),
        ("models", "rollback", "nope"),
        ("models", "fetch", "nope.pt"),
        ("history", "nope"),
        ("preview", "nope"),
        ("restore", "im0", "99"),
        ("restore", "im0", "x"),
        ("export", "x", "--format", "nope"),
        ("split", "abc"),
        ("split", "150"),
        ("split", "--val", "nan", "--resplit"),
        ("split", "--val", "2", "--resplit"),
        ("split", "--by", "moon", "--resplit"),
        ("classes", "delete", "nope"),
        ("classes", "add", ""),
        ("import", "images", "--missing", "perhaps"),
        ("import", "images", "--map", "cell"),
        ("import", "images", "--group", "("),
        ("import", "images", "--format", "nope"),
        ("convert", "nowhere", "x", "--to", "yolo"),
        ("convert", "images", "x", "--to", "nope"),
        ("convert", "images", "x", "--to", "yolo", "--val", "3"),
        ("convert", "images", "x", "--to", "coco", "--val", ".5"),
        ("propose",),
        ("demo", "--images", "images"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_is_a_usage_error(
    untouched: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(untouched)
    assert annelid(*command, code=2).value["error"]["message"]


# --- weights ------------------------------------------------------------------------------------------------------


class _Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def _zipped(pickled: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("archive/data.pkl", pickled)
        made.writestr("archive/version", "3\n")
    return buffer.getvalue()


@pytest.mark.parametrize("verb", ["train", "predict"])
def test_weights_that_are_none_or_carry_code_are_refused_and_run_nothing(
    project: Path, tmp_path: Path, verb: str
) -> None:
    evil = pickle.dumps({"model": _Evil(tmp_path / "ran")})
    contents = {"empty": b"", "text": b"no model", "pickle": evil, "zip": _zipped(evil)}
    for name in ("zip",) if verb == "train" else contents:
        weights = tmp_path / f"{name}.pt"
        weights.write_bytes(contents[name])
        arguments: dict[str, tuple[str | Path, ...]] = {
            "train": ("train", "--model", weights, "--epochs", "1", "--imgsz", "64"),
            "predict": ("predict", weights, project / "images" / "im0.png", "--out", tmp_path / "out"),
        }
        assert f"{name}.pt" in annelid("-C", project, *arguments[verb], code=1).message
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "out").exists()
    assert not list((project / "runs").glob("*/data"))


def test_a_model_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    annelid("init", tmp_path)
    annelid("-C", tmp_path, "import", pictures(tmp_path / "images", 4))
    annelid("-C", tmp_path, "train", "--engine", "threshold", "--name", "m")
    folder = tmp_path / "models" / "m" / "v1"
    weights, card = folder / "best.json", folder / "model.json"
    weights.write_text(weights.read_text() + " ")
    predict = ("-C", tmp_path, "predict", "m", tmp_path / "images", "--out", tmp_path / "out")
    assert "SHA-256" in annelid(*predict, code=1).message
    assert annelid("-C", tmp_path, "models", "verify", code=1).value["models"]["m@v1"]
    for content in ('{"x": 1}', "no JSON"):
        card.write_text(content)
        for command in (predict, ("-C", tmp_path, "models"), ("-C", tmp_path, "status")):
            assert "model.json" in annelid(*command, code=1).message


# --- too little data ----------------------------------------------------------------------------------------------


def test_a_project_without_images_says_so_whatever_is_asked(tmp_path: Path) -> None:
    annelid("init", tmp_path)
    for verb in (("split",), ("train", "--engine", "threshold"), ("evaluate", "threshold"), ("propose",)):
        message = annelid("-C", tmp_path, *verb, code=2).message
        assert "annelid import" in message
    for verb in (("status",), ("check",), ("classes",), ("models",), ("jobs",)):
        annelid("-C", tmp_path, *verb)


@pytest.mark.parametrize("group", ["", "{group}m*"])
def test_one_image_or_one_group_cannot_be_trained_on_and_the_split_says_why(tmp_path: Path, group: str) -> None:
    annelid("init", tmp_path)
    images = pictures(tmp_path / "images", 4 if group else 1)
    annelid("-C", tmp_path, "import", images, *(("--group", group) if group else ()))
    assert "one group" in annelid("-C", tmp_path, "split").value["notes"][0]
    for verb in (("train", "--engine", "threshold"), ("evaluate", "threshold")):
        assert "val part" in annelid("-C", tmp_path, *verb, code=2).message
    assert not (tmp_path / "runs").exists()


def test_one_unreadable_image_in_a_folder_is_a_loss_of_the_prediction(project: Path, tmp_path: Path) -> None:
    for n in range(2):
        picture(tmp_path / "images" / f"im{n}.png", n)
    (tmp_path / "images" / "cut.png").write_bytes((tmp_path / "images" / "im0.png").read_bytes()[:60])
    predict = ("-C", project, "predict", "threshold", tmp_path / "images")
    done = annelid(*predict, "--out", tmp_path / "out")
    assert (done.value["images"], done.losses) == (2, {"image-unreadable": 1})
    assert len(json.loads((tmp_path / "out" / "predictions.json").read_text())["images"]) == 2
    assert (
        "cut.png" in annelid(*predict[:-1], tmp_path / "images" / "cut.png", "--out", tmp_path / "no", code=1).message
    )


def test_odd_names_go_through_the_whole_loop(tmp_path: Path) -> None:
    folder, names = tmp_path / "da ta ü", ("im 0", "emoji 😀", "-dash", "50% #1 [x]", "it's", "a" * 120, "x.y.z")
    for n, name in enumerate(names):
        picture(folder / f"{name}.png", n)
        labelme(folder / f"{name}.json", f"{name}.png")
    project = tmp_path / "pro ject 😀"
    annelid("init", project)
    annelid("-C", project, "import", folder)
    assert states(project) == ({"reviewed": len(names)}, {"cell": 2 * len(names)})
    annelid("-C", project, "train", "--engine", "threshold", "--name", "größe")
    saves = "coco,yolo,masks,overlays"
    done = annelid("-C", project, "predict", "größe", folder, "--out", tmp_path / "o p", "--save", saves)
    assert (done.value["images"], done.losses.get("image-unreadable")) == (len(names), None)
