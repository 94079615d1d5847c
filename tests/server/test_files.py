"""The page's own files, and nothing else of the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.server.asking import asking
from tests.server.small_project import make_project

from annelid.server import files


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A web folder with a secret beside it."""
    folder = tmp_path / "web"
    (folder / "core").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>page")
    (folder / "core" / "store.js").write_text("export {};")
    (folder / "notes.txt").write_text("not for the browser")
    (tmp_path / "secret.js").write_text("secret")
    monkeypatch.setattr(files, "WEB", folder)
    return folder


@pytest.fixture
def client(tmp_path: Path, web: Path) -> Iterator[TestClient]:
    make_project(tmp_path / "p")
    with asking(tmp_path / "p") as client:
        yield client


def test_the_page_and_its_modules_come_with_their_types(client: TestClient) -> None:
    page = client.get("/")
    assert page.text == "<!doctype html>page"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert client.get("/core/store.js").headers["content-type"] == "text/javascript; charset=utf-8"


def test_the_browser_asks_each_time_but_gets_only_what_is_new(client: TestClient, web: Path) -> None:
    first = client.get("/core/store.js")
    assert first.headers["cache-control"] == "no-cache"
    again = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
    assert client.get("/core/store.js", headers=again).status_code == 304
    (web / "core" / "store.js").write_text("export const a = 1;")
    assert client.get("/core/store.js", headers=again).text == "export const a = 1;"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.js",
        "/..%2Fsecret.js",
        "/%2e%2e/secret.js",
        "/core/../../secret.js",
        "/core/..%2f..%2fsecret.js",
        "/..%5Csecret.js",
        "/core\\..\\..\\secret.js",
        "//secret.js",
        "/C:/secret.js",
        "/core/store.js%00.html",
        "/" + "a" * 5000,
    ],
)
def test_no_path_leads_out_of_the_folder(client: TestClient, path: str) -> None:
    answer = client.get(f"http://127.0.0.1{path}")
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace(path[:200], "").replace("secret.js", "")


def test_an_absolute_path_is_none(client: TestClient, tmp_path: Path) -> None:
    assert client.get(f"/{tmp_path / 'secret.js'}").status_code == 404
    assert files.contained(files.WEB, str(tmp_path / "secret.js")) is None
    for path in ("..", "./index.html", "core//store.js", "core/", "", "core/../index.html", "c:index.html"):
        assert files.contained(files.WEB, path) is None


def test_a_link_out_of_the_folder_is_not_followed(client: TestClient, web: Path, tmp_path: Path) -> None:
    (web / "out.js").symlink_to(tmp_path / "secret.js")
    (web / "up").symlink_to(tmp_path)
    (web / "in.js").symlink_to(web / "core" / "store.js")
    assert client.get("/out.js").status_code == 404
    assert client.get("/up/secret.js").status_code == 404
    assert client.get("/in.js").text == "export {};"


def test_folders_other_kinds_of_files_and_missing_ones_are_not_found(client: TestClient) -> None:
    for path in ("/core", "/core/", "/notes.txt", "/missing.js"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "there is no page" in answer.text


def test_an_unknown_address_of_the_api_is_said_in_words(client: TestClient) -> None:
    answer = client.get("/api/nothing")
    assert answer.status_code == 404
    assert "not found" in answer.json()["error"]["message"]
    assert client.delete("/api/views").status_code == 405
    assert client.get("/api/views/").status_code == 404
    assert client.get("/api").status_code == 404
