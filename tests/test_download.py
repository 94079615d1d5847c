"""Links as sources: fetched once, whole or not at all."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from annelid import Project
from annelid.download import download, fetched
from annelid.errors import AnnelidError, UsageError
from annelid.synthetic import write_nuclei


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address under which this computer serves it."""
    folder = tmp_path / "site"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_zip_behind_a_link_is_imported(tmp_path: Path, site: tuple[Path, str]) -> None:
    folder, address = site
    write_nuclei(tmp_path / "set", images=2, size=64)
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        for file in sorted((tmp_path / "set").rglob("*.tif")):
            archive.write(file, file.relative_to(tmp_path / "set"))
    with Project.init(tmp_path / "project") as project:
        done = project.import_(f"{address}/set.zip")
        assert (done.images_new, done.annotated) == (2, 2)
        assert [file.name for file in (tmp_path / "project" / "downloads").glob("*/*")] == ["set.zip"]


def test_a_file_that_is_there_is_not_fetched_again(tmp_path: Path, site: tuple[Path, str]) -> None:
    folder, address = site
    (folder / "a.txt").write_text("first", encoding="utf-8")
    fetched(f"{address}/a.txt", tmp_path)
    (folder / "a.txt").write_text("second", encoding="utf-8")
    assert fetched(f"{address}/a.txt", tmp_path).read_text(encoding="utf-8") == "first"


def test_files_of_the_same_name_from_two_links_are_two_files(tmp_path: Path, site: tuple[Path, str]) -> None:
    folder, address = site
    for place in ("first", "second"):
        (folder / place).mkdir()
        (folder / place / "a.txt").write_text(place, encoding="utf-8")
    texts = [fetched(f"{address}/{place}/a.txt", tmp_path).read_text(encoding="utf-8") for place in ("first", "second")]
    assert texts == ["first", "second"]


def test_a_link_to_nothing_leaves_nothing(tmp_path: Path, site: tuple[Path, str]) -> None:
    with pytest.raises(AnnelidError, match="404"):
        download(f"{site[1]}/none.zip", tmp_path / "none.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_web_page_in_place_of_a_file_is_refused_and_not_kept(tmp_path: Path, site: tuple[Path, str]) -> None:
    folder, address = site
    (folder / "a.zip").write_text("\n<!DOCTYPE html><title>Log in</title>", encoding="utf-8")
    with pytest.raises(UsageError, match="is a web page"):
        fetched(f"{address}/a.zip", tmp_path / "downloads")
    assert list((tmp_path / "downloads").iterdir()) == []


def test_a_link_that_anybody_could_change_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not encrypted"):
        download("http://example.invalid/a.zip", tmp_path / "a.zip")
