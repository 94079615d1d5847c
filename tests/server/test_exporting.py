"""Annotation for other programs through the browser."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.small import project_of_discs

from annelid import formats
from annelid.server.exporting import zipped


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "discs"
    project_of_discs(folder, 2).close()
    return folder


def test_every_format_has_a_line(client: TestClient) -> None:
    told = client.get("/api/formats").json()
    assert [one["name"] for one in told] == list(formats.FORMATS)
    assert all(one["title"] and one["line"] for one in told)


def test_an_export_is_a_folder_of_the_project_and_a_zip(client: TestClient, root: Path) -> None:
    told = client.post("/api/exports", json={"format": "coco"}).json()
    assert (root / "exports" / told["name"]).is_dir()
    answer = client.get(f"/api/exports/{told['name']}/zip")
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{told['name']}.zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        content = json.loads(archive.read(f"{told['name']}/annotations.json"))
    assert len(content["annotations"]) == 6
    assert told["name"] in [one["name"] for one in client.get("/api/exports").json()]


def test_what_a_format_cannot_carry_is_told(client: TestClient) -> None:
    told = client.post("/api/exports", json={"format": "yolo"}).json()
    assert {loss["kind"] for loss in told["losses"]} >= {"no-validation-part"}


@pytest.mark.parametrize("body", [{"format": "nothing"}, {"state": "new"}, {"state": "draft"}])
def test_what_cannot_be_exported_is_refused_in_words(client: TestClient, body: dict[str, str]) -> None:
    answer = client.post("/api/exports", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["next_step"]


@pytest.mark.parametrize("name", ["..", "%2e%2e", "nothing", "..%2f..%2fannelid.db"])
def test_no_name_leads_out_of_the_exports(client: TestClient, name: str) -> None:
    assert client.get(f"/api/exports/{name}/zip").status_code == 404


def test_a_zip_is_packed_block_by_block(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "large.bin").write_bytes(b"ab" * 2**21)
    blocks = list(zipped(folder))
    assert len(blocks) > 3
    with zipfile.ZipFile(io.BytesIO(b"".join(blocks))) as archive:
        assert archive.read("set/large.bin") == b"ab" * 2**21
