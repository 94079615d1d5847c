"""A project that is moved, locked, full or used twice at once: an error that says what to do, and nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bad import annelid, files, labelme, picture, pictures, states

from annelid import atomic
from annelid.errors import AnnelidError
from annelid.image import ImageRef
from annelid.ingest import images as ingest_images
from annelid.project import Project
from annelid.readers import image_ref


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Four annotated images beside the project."""
    annelid("init", tmp_path / "project")
    annelid("-C", tmp_path / "project", "import", pictures(tmp_path / "images", 4))
    return tmp_path / "project"


# --- places -----------------------------------------------------------------------------------------------------


def test_a_project_that_moves_with_its_images_still_finds_them(tmp_path: Path) -> None:
    annelid("init", tmp_path / "old")
    annelid("-C", tmp_path / "old", "import", pictures(tmp_path / "old" / "images"))
    (tmp_path / "old").rename(tmp_path / "new")
    annelid("-C", tmp_path / "new", "preview")
    annelid("-C", tmp_path / "new", "import", tmp_path / "new" / "images")
    assert states(tmp_path / "new") == ({"reviewed": 2}, {"cell": 4})


def test_moved_images_are_missed_and_found_again_by_their_content(project: Path, tmp_path: Path) -> None:
    (tmp_path / "images").rename(tmp_path / "elsewhere")
    assert "annelid import" in annelid("-C", project, "preview", code=1).message
    done = annelid("-C", project, "import", tmp_path / "elsewhere").value
    assert (done["images"]["new"], done["images"]["known"]) == (0, 4)
    annelid("-C", project, "preview")


def test_importing_the_same_again_changes_nothing_not_even_the_history(project: Path, tmp_path: Path) -> None:
    annelid("-C", project, "import", tmp_path / "images")
    assert states(project) == ({"reviewed": 4}, {"cell": 8})
    assert len(annelid("-C", project, "history", "im0").value["revisions"]) == 1


def test_groups_declared_at_a_second_import_count(project: Path, tmp_path: Path) -> None:
    annelid("-C", project, "import", tmp_path / "images", "--group", "{group}m*")
    assert annelid("-C", project, "status").value["groups"] == {"declared": 1}


def test_an_import_that_breaks_off_is_completed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    annelid("init", tmp_path / "project")
    folder = pictures(tmp_path / "images")
    with monkeypatch.context() as patch, Project(tmp_path / "project") as opened:
        patch.setattr(opened.store, "save_many", lambda changes: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            opened.import_(folder, copy=True)
    annelid("-C", tmp_path / "project", "import", folder, "--copy")
    assert states(tmp_path / "project") == ({"reviewed": 2}, {"cell": 4})
    assert len(list((tmp_path / "project" / "images").iterdir())) == 2


# --- no permission, a file in the way, a full disk ----------------------------------------------------------------


@pytest.fixture
def locked(project: Path) -> Iterator[Path]:
    """The project, in a folder that nobody may write to."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    tool, on, off = ("chattr", "+i", "-i") if as_root else ("chmod", "a-w", "u+w")
    if sys.platform == "win32" or not shutil.which(tool):
        pytest.skip("no way to lock a folder here")
    if subprocess.run([tool, "-R", on, str(project)], capture_output=True).returncode:
        pytest.skip("this file system cannot be locked")
    yield project
    subprocess.run([tool, "-R", off, str(project)], check=True)


def test_a_project_that_may_not_be_written_can_be_read_and_says_so_otherwise(locked: Path, tmp_path: Path) -> None:
    before = files(locked)
    for verb in (("status",), ("check",), ("classes",), ("export", tmp_path / "out")):
        annelid("-C", locked, *verb)
    for refused in (
        ("import", tmp_path / "images", "--missing", "background"),
        ("split",),
        ("classes", "add", "x"),
        ("classes", "rename", "cell", "x"),
        ("preview",),
        ("predict", "threshold", tmp_path / "images", "--out", tmp_path / "found"),
        ("train", "--engine", "threshold"),
    ):
        annelid("-C", locked, *refused, code=1)
    assert files(locked) == before
    assert not (tmp_path / "found").exists()


@pytest.mark.parametrize("name", ["runs", "jobs", "previews", "images"])
def test_a_file_where_a_folder_should_be_is_an_error(project: Path, tmp_path: Path, name: str) -> None:
    (project / name).write_text("mine")
    verb: dict[str, tuple[str | Path, ...]] = {
        "runs": ("train", "--engine", "threshold"),
        "jobs": ("predict", "threshold", tmp_path / "images", "--out", tmp_path / "out"),
        "previews": ("preview",),
        "images": ("import", tmp_path / "images", "--copy"),
    }
    assert name in annelid("-C", project, *verb[name], code=1).message
    assert (project / name).read_text() == "mine"


@pytest.mark.parametrize("verb", ["predict", "export", "convert"])
def test_a_place_that_is_taken_is_never_written_to(project: Path, tmp_path: Path, verb: str) -> None:
    images = tmp_path / "images"
    before = {path: path.read_bytes() for path in images.iterdir()}
    for out in (images, images / "im0.png", images / "im0.png" / "below"):
        arguments: dict[str, tuple[str | Path, ...]] = {
            "predict": ("-C", project, "predict", "threshold", images / "im1.png", "--out", out),
            "export": ("-C", project, "export", out),
            "convert": ("convert", images, out, "--to", "yolo"),
        }
        annelid(*arguments[verb], code=None).message  # noqa: B018 - an error, or this fails
    assert {path: path.read_bytes() for path in images.iterdir()} == before


def _full(path: Path) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


def test_a_full_disk_leaves_the_old_or_nothing(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic, "_flush", _full)
    before, settings = files(tmp_path), (project / "annelid.yaml").read_bytes()
    for verb in (
        ("-C", project, "classes", "add", "x"),
        ("-C", project, "import", tmp_path / "images", "--copy"),
        ("-C", project, "train", "--engine", "threshold"),
        ("-C", project, "predict", "threshold", tmp_path / "images", "--out", tmp_path / "out"),
        ("init", tmp_path / "new"),
    ):
        assert "disk space" in annelid(*verb, code=1).message
    folders = {"project/images", "project/runs", "project/jobs", "project/cache"}
    assert [name for name in files(tmp_path) if name not in folders] == before
    assert (project / "annelid.yaml").read_bytes() == settings


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("room", [0, 30_000, 70_000])
def test_an_import_onto_a_full_disk_can_be_repeated_when_there_is_room(
    small_disk: Path, tmp_path: Path, room: int
) -> None:
    project, folder = small_disk / "project", pictures(tmp_path / "images", 40)
    annelid("init", project)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - room))
    assert "disk space" in annelid("-C", project, "import", folder, "--copy", code=1).message
    annelid("convert", folder, small_disk / "out", "--to", "yolo", code=1 if room < 70_000 else None)
    assert [path.name for path in small_disk.iterdir() if path.name.startswith(".")] == []
    filler.unlink()
    annelid("-C", project, "import", folder)
    assert states(project) == ({"reviewed": 40}, {"cell": 80})


# --- two at once --------------------------------------------------------------------------------------------------


def test_two_imports_at_once_double_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    annelid("init", tmp_path / "project")
    folder = pictures(tmp_path / "images")
    calls: list[Path] = []

    def meanwhile(file: Path, **named: Any) -> ImageRef:
        calls.append(file)
        if len(calls) == 1:
            with Project(tmp_path / "project") as other:
                other.import_(folder)
        return image_ref(file, **named)

    monkeypatch.setattr(ingest_images, "image_ref", meanwhile)
    with Project(tmp_path / "project") as opened:
        opened.import_(folder)
    assert states(tmp_path / "project") == ({"reviewed": 2}, {"cell": 4})


def test_two_proposals_at_once_double_nothing_and_touch_nothing_reviewed(tmp_path: Path) -> None:
    annelid("init", tmp_path / "project", "--classes", "cell")
    for n in range(3):
        picture(tmp_path / "images" / f"im{n}.png", n)
    annelid("-C", tmp_path / "project", "import", tmp_path / "images")
    labels = labelme(tmp_path / "labels" / "im0.json", "im0.png").parent
    with Project(tmp_path / "project") as one, Project(tmp_path / "project") as other:
        predict = one._predict

        def meanwhile(*args: Any, **named: Any) -> Any:
            found = predict(*args, **named)
            other.propose()
            other.import_(labels)
            return found

        one._predict = meanwhile  # type: ignore[method-assign]
        one.propose()
    assert states(tmp_path / "project") == ({"draft": 2, "reviewed": 1}, {"cell": 6})


def test_a_copy_that_cannot_be_made_is_an_error_not_a_loss(project: Path, tmp_path: Path) -> None:
    with Project(project) as opened, pytest.raises(AnnelidError, match="no folder"):
        opened.backup(tmp_path / "nowhere" / "copy.db")
