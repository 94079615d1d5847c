"""Atomic writing: the old file or the new one, never a half."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from annelid import atomic
from annelid.atomic import new_folder, replacing, write_bytes, write_text
from annelid.errors import AnnelidError, AnnotationError


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def fail_halfway(path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text("half", encoding="utf-8")
        raise RuntimeError("halfway")


def test_text_is_written_as_utf8_with_the_line_ends_given(tmp_path: Path) -> None:
    write_text(tmp_path / "ä.txt", "µm\nzweite\n")
    assert (tmp_path / "ä.txt").read_bytes() == "µm\nzweite\n".encode()


def test_an_old_file_is_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_text(path, "old, and longer")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a.json"]


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_text(path, "old")
    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["a.csv"]


def test_the_temporary_file_has_the_same_suffix_and_folder(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.png") as temporary:
        assert (temporary.suffix, temporary.parent) == (".png", tmp_path.resolve())
        temporary.write_bytes(b"x")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
def test_a_drive_that_refuses_is_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def refuse(_: Path) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(atomic, "_flush", refuse)
    with pytest.raises(AnnelidError, match=r"a\.txt could not be written") as caught:
        write_text(path, "new")
    assert caught.value.next_step
    assert path.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnnelidError, match="could not be written") as caught:
        write_text(tmp_path / "no" / "a.txt", "new")
    assert caught.value.next_step == "create the folder first"


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes of POSIX")
def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path) -> None:
    path, link = tmp_path / "a.txt", tmp_path / "link.txt"
    write_text(path, "old")
    path.chmod(0o600)
    link.symlink_to(path)
    write_text(link, "new")
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_error_about_a_file_in_a_new_folder_names_the_folder_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError) as caught, new_folder(tmp_path / "out") as working:
        raise AnnotationError(working / "a.txt", place="line 1", expected="more", found=f"{working / 'b.txt'}")
    assert (caught.value.file, caught.value.found) == (str(tmp_path / "out" / "a.txt"), str(tmp_path / "out" / "b.txt"))
    assert names(tmp_path) == []
