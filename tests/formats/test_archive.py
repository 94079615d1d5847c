"""Zip archives: unpacked when they are safe, refused with a reason when not, and gone afterwards."""

from __future__ import annotations

import stat
import tempfile
import zipfile
from pathlib import Path

import pytest

from annelid.errors import AnnotationError
from annelid.formats import archive
from annelid.formats.archive import opened


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which archives are unpacked."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return path


def test_a_folder_is_itself(tmp_path: Path) -> None:
    with opened(tmp_path) as root:
        assert root == tmp_path


def test_a_zip_is_unpacked_and_goes(tmp_path: Path, temporary: Path) -> None:
    path = packed(tmp_path / "a.ZIP", {"annotations/x.json": b"{}", "images/sub\\a.png": b"p"})
    with opened(path) as root:
        assert (root / "annotations" / "x.json").read_bytes() == b"{}"
        assert (root / "images" / "sub" / "a.png").read_bytes() == b"p"
    assert list(temporary.iterdir()) == []


def test_a_folder_around_everything_is_gone_into(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"export-1/labels/a.txt": b"", "__MACOSX/._a": b"", "export-1/.DS_Store": b""})
    with opened(path) as root:
        assert [p.name for p in root.iterdir()] == ["labels"]


def test_one_file_or_folder_of_an_archive_is_unpacked_alone(tmp_path: Path, temporary: Path) -> None:
    path = packed(tmp_path / "a.zip", {"set/labels/a.json": b"{}", "set/labels/b.json": b"[]", "set/a.png": b""})
    with opened(path / "set" / "labels" / "a.json") as root:
        assert (root.name, root.read_bytes()) == ("a.json", b"{}")
        assert [p.name for p in temporary.rglob("*") if p.is_file()] == ["a.json"]
    with opened(path / "set" / "labels") as root:
        assert sorted(p.name for p in root.iterdir()) == ["a.json", "b.json"]
    with pytest.raises(AnnotationError, match="set/a: expected something of this name, found set/labels/a"):
        archive.unpack(path, tmp_path, "set/a")
    assert list(temporary.iterdir()) == []


def test_what_is_wrong_with_a_file_in_an_archive_is_said_by_its_path_there(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"labels/a.json": b"{}"})
    with pytest.raises(AnnotationError) as caught, opened(path / "labels" / "a.json") as root:
        raise AnnotationError(root, found="nothing")
    assert caught.value.file == str(path / "labels" / "a.json")
    assert archive.is_there(path / "labels")
    assert not archive.is_there(tmp_path / "b.zip" / "labels")


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/etc/out.txt", "C:\\out.txt", "..\\out.txt"])
def test_a_path_out_of_the_archive_is_refused(tmp_path: Path, temporary: Path, name: str) -> None:
    path = packed(tmp_path / "a.zip", {"good.txt": b"", name: b"bad"})
    with pytest.raises(AnnotationError, match="path out of it"), opened(path):
        pass
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "out.txt").exists()


def test_a_link_is_refused(tmp_path: Path, temporary: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(info, "/etc/passwd")
    with pytest.raises(AnnotationError, match="symbolic link"), opened(tmp_path / "a.zip"):
        pass
    assert list(temporary.iterdir()) == []


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    path = packed(tmp_path / "a.zip", {f"{n}.txt": b"" for n in range(4)})
    with pytest.raises(AnnotationError, match="at most 3 files"), opened(path):
        pass


def test_a_bomb_is_refused(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FREE_BYTES", 1000)
    path = packed(tmp_path / "a.zip", {"a.bin": bytes(10**6)})
    with pytest.raises(AnnotationError, match="times its size"), opened(path):
        pass
    assert list(temporary.iterdir()) == []


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 10)
    with pytest.raises(AnnotationError, match="GiB"), opened(packed(tmp_path / "a.zip", {"a": b"x" * 11})):
        pass


def test_a_zip_that_is_none_or_is_cut_off_says_so(tmp_path: Path, temporary: Path) -> None:
    whole = packed(tmp_path / "a.zip", {"a.txt": b"hello" * 1000}).read_bytes()
    for data in (b"hello", b"", whole[: len(whole) // 2], whole.replace(b"a.txt", b"b.txt", 1)):
        (tmp_path / "b.zip").write_bytes(data)
        with pytest.raises(AnnotationError, match="whole zip archive"), opened(tmp_path / "b.zip"):
            pass
    assert list(temporary.iterdir()) == []


def test_a_zip_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="no such file"), opened(tmp_path / "nothing.zip"):
        pass
