"""Files through the browser: uploads, import, and what is said of it; the demo."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from starlette.testclient import TestClient
from tests.server.asking import asking
from tests.small import discs

from annelid.errors import UsageError
from annelid.project import Project
from annelid.server import importing, uploads
from annelid.server.uploads import safe_path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    Project.init(tmp_path / "project").close()
    return tmp_path / "project"


def png(seed: int = 0) -> bytes:
    file = io.BytesIO()
    Image.fromarray(discs(seed)[0]).save(file, "PNG")
    return file.getvalue()


def mask(seed: int = 0) -> bytes:
    file = io.BytesIO()
    Image.fromarray(discs(seed)[1]).save(file, "PNG")
    return file.getvalue()


def labelme(name: str, label: str = "cell") -> bytes:
    shape = {"label": label, "points": [[10, 10], [30, 12], [20, 30]], "shape_type": "polygon"}
    return json.dumps({"imagePath": name, "shapes": [shape], "imageHeight": 64, "imageWidth": 64}).encode()


def put(client: TestClient, files: dict[str, bytes], batch: str = "b1") -> None:
    for name, content in files.items():
        answer = client.put(f"/api/uploads/{name}", params={"batch": batch}, content=content)
        assert answer.status_code == 201, answer.text


def import_(client: TestClient, code: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/import", json={"batch": "b1", **body})
    assert answer.status_code == code, answer.text
    value: dict[str, Any] = answer.json()
    return value


def test_images_and_annotation_that_were_dropped_together_come_in_with_their_folders(
    client: TestClient, root: Path
) -> None:
    put(client, {"set/one/a.png": png(0), "set/one/a.json": labelme("a.png"), "set/two/b.png": png(1)})
    told = import_(client)
    assert told["images"] == {"new": 2, "known": 0, "annotated": 1}
    assert (told["objects"], told["classes_added"], told["format"]) == ({"cell": 1}, ["cell"], "labelme")
    with Project(root) as project:
        paths = sorted(image.path for image in project.store.images())
    assert [path.split("/", 2)[2] for path in paths] == ["set/one/a.png", "set/two/b.png"]
    assert not any((root / "uploads").iterdir())


def test_an_image_that_cannot_be_read_is_told_and_the_others_come_in(client: TestClient, root: Path) -> None:
    put(client, {"a.png": png(), "broken.png": png()[:200], "empty.tif": b""})
    told = import_(client)
    assert told["images"]["new"] == 1
    assert {loss["file"] for loss in told["losses"]} == {"broken.png", "empty.tif"}
    assert all(str(root) not in json.dumps(loss) for loss in told["losses"])


def test_an_image_that_the_project_has_is_no_second_one(client: TestClient, root: Path) -> None:
    put(client, {"a.png": png()})
    import_(client)
    put(client, {"a.png": png(), "a.json": labelme("a.png")})
    told = import_(client)
    assert told["images"] == {"new": 0, "known": 1, "annotated": 1}
    with Project(root) as project:
        (image,) = project.store.images()
        assert (root / image.path).read_bytes() == png()
    assert not [path for path in root.rglob("*") if path.is_symlink()]


def test_what_was_taken_together_belongs_together_though_it_came_in_two_goes(client: TestClient, root: Path) -> None:
    put(client, {"a/movie_t01.png": png(1), "a/alone.png": png(2)})
    import_(client)
    put(client, {"a/movie_t02.png": png(3), "b/alone.png": png(4)})
    import_(client)
    with Project(root) as project:
        groups = {(i.name, i.path.split("/")[-2]): i.group for i in project.store.images()}
    assert groups["movie_t01.png", "a"] == groups["movie_t02.png", "a"] == "images/a/movie"
    assert groups["alone.png", "a"] != groups["alone.png", "b"]


def test_planes_of_a_stack_are_chosen_also_afterwards(client: TestClient, root: Path) -> None:
    stack = io.BytesIO()
    tifffile.imwrite(
        stack, np.arange(5 * 8 * 9, dtype=np.uint16).reshape(5, 8, 9), imagej=True, metadata={"axes": "ZYX"}
    )
    put(client, {"stack.tif": stack.getvalue()})
    (note,) = import_(client)["notes"]
    assert "--" not in note
    assert "Options" in note
    put(client, {"stack.tif": stack.getvalue()})
    import_(client, z="max")
    with Project(root) as project:
        assert [view.projection for view in project.store.views()] == ["", "max"]


def test_unknown_classes_are_asked_about_and_the_upload_stays(client: TestClient, root: Path) -> None:
    with Project(root) as project:
        project.add_classes("nucleus")
    put(client, {"a.png": png(), "a.json": labelme("a.png", "cell")})
    refused = import_(client, 400)["error"]
    assert (refused["type"], refused["classes"]) == ("UnknownClasses", ["cell"])
    assert str(root) not in refused["message"]
    assert import_(client, map={"cell": "nucleus"})["objects"] == {"nucleus": 1}


def test_annotation_of_images_that_the_project_has_may_come_alone(client: TestClient) -> None:
    put(client, {"set/a.png": png()})
    import_(client)
    put(client, {"a.json": labelme("a.png")})
    assert import_(client)["images"]["annotated"] == 1


def test_label_images_of_images_that_the_project_has_may_come_alone(client: TestClient) -> None:
    put(client, {"day/a.png": png(0), "day/b.png": png(1)})
    import_(client)
    put(client, {"a_masks.png": mask(0)})
    assert import_(client, classes=["cell"])["images"] == {"new": 0, "known": 2, "annotated": 1}
    objects = {view["name"]: view["n_objects"] for view in client.get("/api/views").json()}
    assert objects == {"a.png": 3, "b.png": 0}


def test_annotation_without_its_images_is_refused_in_the_words_of_the_page(client: TestClient, root: Path) -> None:
    put(client, {"a.json": labelme("a.png"), "b.png": png()})
    refused = import_(client, 400)["error"]
    assert "the upload" in refused["message"]
    assert "--" not in refused["next_step"]
    assert str(root) not in refused["message"]


def test_annotation_in_no_format_can_be_left_aside(client: TestClient) -> None:
    put(client, {"a.png": png(), "a.json": labelme("a.png"), "coco.json": b'{"images": [], "annotations": [], "categ'})
    refused = client.post("/api/import", json={"batch": "b1"})
    if refused.status_code != 200:
        assert refused.json()["error"]["next_step"]
        assert import_(client, images_only=True)["images"] == {"new": 1, "known": 0, "annotated": 0}


def test_a_zip_brings_images_and_masks(client: TestClient, root: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n in range(2):
            archive.writestr(f"images/{n}.png", png(n))
            archive.writestr(f"masks/{n}.png", mask(n))
    put(client, {"set.zip": packed.getvalue()})
    told = import_(client, classes=["disc"])
    assert told["images"] == {"new": 2, "known": 0, "annotated": 2}
    assert told["objects"] == {"disc": 6}


def test_no_name_leads_out_of_the_uploads(client: TestClient, root: Path) -> None:
    before = {path for path in root.parent.rglob("*") if "annelid.db" not in path.name}
    for name in ("../a.png", "..%2fa.png", "x/../../a.png", "%2e%2e/a.png", "C:/a.png", "x%5c..%5c..%5ca.png"):
        answer = client.put(f"/api/uploads/{name}", params={"batch": "b1"}, content=b"x")
        assert answer.status_code in (201, 400, 404, 405)
    new = {path for path in root.parent.rglob("*") if "annelid.db" not in path.name} - before
    assert all(path.is_relative_to(root / "uploads") for path in new)


@pytest.mark.parametrize("batch", ["..", ".", "a/b", "", "x" * 80, "é"])
def test_a_batch_is_a_plain_name(tmp_path: Path, batch: str) -> None:
    with pytest.raises(UsageError):
        uploads.batch_folder(tmp_path, batch)


def test_a_batch_that_is_a_link_elsewhere_is_refused(client: TestClient, root: Path, tmp_path: Path) -> None:
    (root / "uploads").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (root / "uploads" / "b1").symlink_to(tmp_path / "elsewhere")
    assert client.put("/api/uploads/a.png", params={"batch": "b1"}, content=b"x").status_code == 400
    assert not any((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("set/a.tif", "set/a.tif"),
        ("./set//a.tif", "set/a.tif"),
        ("cells: day 1?.tif", "cells_ day 1_.tif"),
        ("CON.txt", "_CON.txt"),
        ("a. ", "a"),
        ("ö" * 200 + ".tif", "ö" * 98 + ".tif"),
        ("o\u0308.tif", "\u00f6.tif"),
    ],
)
def test_names_are_made_such_that_every_system_holds_them(given: str, safe: str) -> None:
    assert str(safe_path(given)) == safe


def test_a_file_beyond_the_limit_leaves_nothing(
    client: TestClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 1000)
    answer = client.put("/api/uploads/a.png", params={"batch": "b1"}, content=iter([b"x" * 600, b"x" * 600]))
    assert answer.status_code == 400
    assert "0 GiB" in answer.json()["error"]["message"]
    assert not [path for path in (root / "uploads").rglob("*") if path.is_file()]


def test_a_full_drive_is_said_before_anything_is_written(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annelid.atomic.free_bytes", lambda _: uploads.KEPT_FREE + 10)
    answer = client.put("/api/uploads/a.png", params={"batch": "b1"}, content=b"x" * 100)
    assert answer.status_code == 400
    assert "room" in answer.json()["error"]["message"]
    assert client.get("/api/uploads").json()["free_bytes"] == 10


def test_an_upload_that_nobody_imported_is_told_later(
    client: TestClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, {"a.png": png(), "b/b.png": png()})
    assert client.get("/api/uploads").json()["waiting"] == []
    monkeypatch.setattr(uploads, "_QUIET_SECONDS", -1.0)
    (waiting,) = client.get("/api/uploads").json()["waiting"]
    assert (waiting["batch"], waiting["files"], waiting["bytes"]) == ("b1", 2, 2 * len(png()))


def test_a_batch_can_be_forgotten(client: TestClient, root: Path) -> None:
    put(client, {"a.png": png()})
    assert client.delete("/api/uploads/b1").status_code == 200
    assert not (root / "uploads" / "b1").exists()
    assert import_(client, 400)["error"]["message"] == "there is no upload b1"


def test_the_demo_fills_an_empty_project_only(client: TestClient, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "DEMO_IMAGES", 3)
    monkeypatch.setattr(importing, "DEMO_ANNOTATED", 2)
    monkeypatch.setattr(importing, "DEMO_SIZE", 96)
    told = client.post("/api/demo").json()
    assert told["images"] == {"new": 3, "known": 0, "annotated": 2}
    assert told["objects"]["nucleus"] > 2
    assert client.post("/api/demo").status_code == 400
    with Project(root) as project:
        assert project.settings.classes == ("nucleus",)


def test_imports_are_told_to_every_page(root: Path) -> None:
    with asking(root) as client:
        told: list[str] = []
        client.app.state.desk.tell = lambda name, _data: told.append(name)  # type: ignore[attr-defined]
        put(client, {"a.png": png()})
        import_(client)
    assert {"import", "views", "classes"} <= set(told)
