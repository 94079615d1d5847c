"""A project whose settings or database are broken: an error that names file and place, and nothing is lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.bad import annelid, files, labelme, picture, pictures, states


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Four annotated images beside the project."""
    annelid("init", tmp_path / "project")
    annelid("-C", tmp_path / "project", "import", pictures(tmp_path / "images", 4))
    return tmp_path / "project"


# --- annelid.yaml and annelid.db --------------------------------------------------------------------------------

BAD_SETTINGS = {
    "bad YAML": (b"classes: [a, b\nsplit: {", "line 2"),
    "code": (b'classes: !!python/object/apply:os.system ["touch evil"]', "expected YAML"),
    "Latin-1": ("classes: [caf\xe9]".encode("latin-1"), "UTF-8"),
    "a list": (b"- a\n- b\n", "key: value"),
    "a word": (b"hello", "key: value"),
    "a key misspelt": (b"clases: [cell]", "'clases'"),
    "a key twice": (b"classes: [cell]\nclasses: [cell]", "duplicate"),
    "classes as text": (b"classes: cell", "a list of names"),
    "a class twice": (b"classes: [cell, cell]", "'cell' twice"),
    "a class without name": (b"classes: [cell, '']", "a list of names"),
    "an unknown share": (b"classes: [cell]\nsplit: {vall: .2}", "'vall'"),
    "a share of words": (b"classes: [cell]\nsplit: {val: lots}", "split: val"),
    "a share too large": (b"classes: [cell]\nsplit: {val: 5}", "split: val"),
    "an unknown unit": (b"classes: [cell]\nsplit: {by: moon}", "split: by"),
    "an unknown preprocessing": (b"classes: [cell]\npreprocessing: {rnge: auto}", "rnge"),
    "a preprocessing of words": (b"classes: [cell]\npreprocessing: {low: x}", "low"),
    "a preprocessing as list": (b"classes: [cell]\npreprocessing: [1]", "preprocessing"),
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_settings_broken_by_hand_name_file_and_place(tmp_path: Path, name: str) -> None:
    content, place = BAD_SETTINGS[name]
    annelid("init", tmp_path)
    (tmp_path / "annelid.yaml").write_bytes(content)
    message = annelid("-C", tmp_path, "status", code=1).message
    assert "annelid.yaml" in message
    assert place in message
    annelid("-C", tmp_path, "classes", "add", "new", code=1)
    assert (tmp_path / "annelid.yaml").read_bytes() == content
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("names", [("no", "1", "null", "~"), ("ce ll", "zöl'l\"😀", "a/b\\c:d*?<>|", "-x", "CON")])
def test_names_of_classes_survive_yaml_and_every_format(tmp_path: Path, names: tuple[str, ...]) -> None:
    picture(tmp_path / "images" / "a b.png")
    shapes = [{"label": n, "points": [[2, 2], [9, 9]], "shape_type": "rectangle"} for n in names]
    labelme(tmp_path / "images" / "a b.json", "a b.png", shapes)
    annelid("init", tmp_path / "one")
    annelid("-C", tmp_path / "one", "import", tmp_path / "images")
    for form in ("coco", "yolo", "labelme"):
        annelid("-C", tmp_path / "one", "export", tmp_path / form, "--format", form)
        annelid("init", tmp_path / f"{form}-project")
        annelid("-C", tmp_path / f"{form}-project", "import", tmp_path / form, "--images", tmp_path / "images")
        assert states(tmp_path / f"{form}-project")[1] == dict.fromkeys(names, 1)


def test_a_class_taken_out_of_the_settings_is_missed_where_it_matters_and_said(project: Path, tmp_path: Path) -> None:
    (project / "annelid.yaml").write_text("classes: [other]\n")
    for verb in (("split",), ("export", tmp_path / "out"), ("train", "--engine", "threshold")):
        assert "lacks classes" in annelid("-C", project, *verb, code=1).message
    annelid("-C", project, "classes", "add", "cell")
    annelid("-C", project, "export", tmp_path / "out")


def test_a_deleted_class_comes_back_with_a_revision_and_cannot_be_trained_on(project: Path) -> None:
    annelid("-C", project, "classes", "delete", "cell")
    assert "no classes" in annelid("-C", project, "train", "--engine", "threshold", code=2).message
    assert "it has none yet" in annelid("-C", project, "classes", "delete", "cell", code=2).message
    annelid("-C", project, "restore", "im0", "1")
    assert states(project)[1] == {"cell": 2}


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "half", "foreign", "a folder", "a row", "newer"])
def test_a_broken_database_is_named_and_left_as_it_is(project: Path, tmp_path: Path, damage: str) -> None:
    file = project / "annelid.db"
    whole = file.read_bytes()
    content = {"empty": b"", "garbage": b"garbage" * 1000, "half": whole[: len(whole) // 2]}.get(damage)
    if damage in ("missing", "foreign", "a folder"):
        file.unlink()
    if damage == "a folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    elif damage != "missing":
        change = {
            "foreign": "CREATE TABLE x (y)",
            "a row": "UPDATE images SET paths = 'no JSON'",
            "newer": "UPDATE meta SET value = '99'",
        }[damage]
        with sqlite3.connect(file) as db:
            db.execute(change)
        db.close()
    before = file.read_bytes() if file.is_file() else None
    for verb in (("status",), ("import", tmp_path / "images")):
        assert "annelid.db" in annelid("-C", project, *verb, code=1).message
    assert (file.read_bytes() if file.is_file() else None) == before


def test_half_a_project_says_which_half_is_missing(project: Path) -> None:
    (project / "annelid.yaml").unlink()
    for arguments in (("-C", project, "status"), ("init", project)):
        assert "no annelid.yaml" in annelid(*arguments, code=1).message
    (project / "annelid.yaml").write_text("classes: [cell]\n")
    assert states(project) == ({"reviewed": 4}, {"cell": 8})


@pytest.mark.parametrize("verb", [("status",), ("models",), ("jobs",), ("import", "x"), ("check",)])
def test_a_folder_that_is_no_project_is_not_made_one(tmp_path: Path, verb: tuple[str, ...]) -> None:
    assert "annelid init" in annelid("-C", tmp_path / "nowhere", *verb, code=1).message
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        ("--classes", "a,a"),
        ("--classes", "no/file.txt"),
        ("--range", "foo"),
        ("--channels", "1,2,3,4"),
        ("--low", "99.9"),
    ],
)
def test_init_with_bad_options_makes_nothing(tmp_path: Path, wrong: tuple[str, str]) -> None:
    annelid("init", tmp_path / "new", *wrong, code=2)
    assert files(tmp_path) == []
