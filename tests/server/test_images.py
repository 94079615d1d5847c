"""The list of images, thumbnails, classes and the project over HTTP."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from starlette.testclient import TestClient
from tests.server.asking import asking
from tests.server.small_project import make_project, polygon

from annelid.objects import Objects
from annelid.picture.pen import class_colour
from annelid.project import Project
from annelid.server import thumbnails
from annelid.store.changes import ChangeSet

WHOLE = [0, 0, 64, 0, 64, 48, 0, 48]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_project(tmp_path / "p", "a.png", "b.png", "c.png")
    return tmp_path / "p"


@pytest.fixture
def client(root: Path) -> Iterator[TestClient]:
    with asking(root) as client:
        yield client


def views(client: TestClient) -> dict[str, Any]:
    return {view["name"]: view for view in client.get("/api/views").json()}


def change(client: TestClient, view: str, **body: Any) -> None:
    base = client.get(f"/api/views/{view}").json()["revision"]
    done = client.post(f"/api/views/{view}/changes", json={"base_revision": base, "author": "ann", **body})
    assert done.status_code == 200, done.text


# --- the list


def test_an_image_that_nobody_touched_has_a_line(client: TestClient) -> None:
    line = views(client)["a.png"]
    assert line == client.get(f"/api/views/{line['id']}").json()
    id_, image, path = line.pop("id"), line.pop("image"), line.pop("path")
    assert id_ == image
    assert path.endswith("a.png")
    assert line.pop("group") is not None
    assert line == {
        "name": "a.png",
        "size_wh": [64, 48],
        "channels": ["0"],
        "dtype": "uint8",
        "pixel_size_um": None,
        "planes": [1, 1],
        "plane": {"t": 0, "z": 0, "scene": 0, "projection": ""},
        "state": "new",
        "complete": False,
        "covered": 0.0,
        "revision": 0,
        "changed": "",
        "n_objects": 0,
        "counts": {},
        "proposals": 0,
        "certainty": None,
        "part": "",
    }


def test_a_line_counts_classes_proposals_and_what_is_covered(client: TestClient) -> None:
    view = views(client)["b.png"]["id"]
    found = [polygon("m1", author="model:m@v1", score=0.9), polygon("m2", author="model:m@v1", score=0.4)]
    change(client, view, upsert=[polygon("a"), polygon("b", label="nucleus"), *found])
    line = views(client)["b.png"]
    assert (line["n_objects"], line["counts"]) == (4, {"cell": 3, "nucleus": 1})
    assert line["changed"] == client.get(f"/api/views/{view}/revisions").json()[-1]["created"]
    assert (line["proposals"], line["certainty"], line["state"]) == (2, 0.4, "draft")
    change(client, view, removed=["m2", "b"])
    line = views(client)["b.png"]
    assert (line["counts"], line["proposals"], line["certainty"]) == ({"cell": 2}, 1, 0.9)
    change(client, view, covered=[[0, 0, 32, 0, 32, 48, 0, 48], [0, 0, 16, 0, 16, 48, 0, 48]], state="reviewed")
    line = views(client)["b.png"]
    assert (line["covered"], line["complete"], line["proposals"]) == (0.5, False, 0)
    change(client, view, covered=[WHOLE])
    line = views(client)["b.png"]
    assert (line["covered"], line["complete"], line["state"]) == (1.0, True, "reviewed")


def test_what_a_model_found_outside_the_reviewed_area_is_still_a_proposal(client: TestClient) -> None:
    view = views(client)["a.png"]["id"]
    inside = polygon("in", author="model:m", score=0.2)
    outside = polygon("out", author="model:m", score=0.7, shape=[[[50, 40, 60, 40, 60, 46]]])
    change(client, view, upsert=[inside, outside], covered=[[0, 0, 32, 0, 32, 48, 0, 48]], state="reviewed")
    line = client.get(f"/api/views/{view}").json()
    assert (line["proposals"], line["certainty"]) == (1, 0.7)


def test_the_list_sees_what_another_program_saved_and_how_images_are_divided(client: TestClient, root: Path) -> None:
    before = views(client)["c.png"]
    with Project(root) as project:
        for view in project.store.views():
            boxes = Objects.from_boxes([[1, 2, 3, 4]], ["cell"])
            covered = (np.array(WHOLE, float).reshape(-1, 2),)
            project.store.save(view.id, ChangeSet(0, boxes, author="human:eve", covered=covered, state="reviewed"))
        project.split(val=0.34)
    after = views(client)
    assert (before["n_objects"], after["c.png"]["n_objects"]) == (0, 1)
    assert sorted(line["part"] for line in after.values()) == ["train", "train", "val"]
    assert client.get("/api/project").json()["split"]["parts"] == {"train": 2, "val": 1}


# --- thumbnails


def picture(answer: Any) -> Image.Image:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    return Image.open(io.BytesIO(answer.content))


def test_a_thumbnail_fits_its_size_and_is_kept(client: TestClient, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"/api/views/{views(client)['a.png']['id']}/thumbnail"
    assert picture(client.get(address)).size == (64, 48)
    first = client.get(f"{address}?size=32")
    assert picture(first).size == (32, 24)
    monkeypatch.setattr(thumbnails, "_jpeg", None)
    assert client.get(f"{address}?size=32").content == first.content
    known = {"If-None-Match": first.headers["etag"]}
    assert client.get(f"{address}?size=32", headers=known).status_code == 304
    assert len(list((root / thumbnails.FOLDER).rglob("*.jpg"))) == 2


def test_a_thumbnail_shows_what_the_preprocessing_makes(client: TestClient, root: Path) -> None:
    address = f"/api/views/{views(client)['a.png']['id']}/thumbnail"
    plain = client.get(address)
    text = (root / "annelid.yaml").read_text()
    (root / "annelid.yaml").write_text(text.replace("equalize: none", "equalize: clahe"))
    equalized = client.get(address, headers={"If-None-Match": plain.headers["etag"]})
    assert np.std(np.asarray(picture(equalized))) != pytest.approx(np.std(np.asarray(picture(plain))), abs=1)
    assert len(list((root / thumbnails.FOLDER).iterdir())) == 1


@pytest.mark.parametrize("size", ["0", "31", "9999", "-5", "big", "1e2", ""])
def test_a_size_that_makes_no_sense_is_refused(client: TestClient, size: str) -> None:
    answer = client.get(f"/api/views/{views(client)['a.png']['id']}/thumbnail?size={size}")
    assert answer.status_code == 400


def test_an_image_that_is_gone_or_damaged_says_so(client: TestClient, root: Path) -> None:
    line = views(client)["a.png"]
    file = (root / line["path"]).resolve()
    file.write_bytes(file.read_bytes()[:40])
    damaged = client.get(f"/api/views/{line['id']}/thumbnail")
    assert damaged.status_code == 422
    file.unlink()
    gone = client.get(f"/api/views/{line['id']}/thumbnail")
    assert gone.status_code == 422
    assert "no such file" in gone.json()["error"]["message"]


def test_thin_images_and_images_of_16_bits_and_of_many_channels_have_thumbnails(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    noise = np.random.default_rng(0)
    tifffile.imwrite(folder / "dot.tif", np.full((1, 1), 7, np.uint16))
    tifffile.imwrite(folder / "thin.tif", noise.integers(0, 60_000, (1, 3000), np.uint16))
    tifffile.imwrite(folder / "many.tif", noise.random((5, 40, 30), np.float32), imagej=True, metadata={"axes": "CYX"})
    with Project.init(tmp_path / "p") as project:
        project.import_(folder)
    with asking(tmp_path / "p") as client:
        sizes = {n: picture(client.get(f"/api/views/{v['id']}/thumbnail")).size for n, v in views(client).items()}
    assert sizes == {"dot.tif": (1, 1), "thin.tif": (160, 1), "many.tif": (30, 40)}


# --- classes


def test_classes_have_the_colours_of_reports_and_counts(client: TestClient) -> None:
    change(client, views(client)["a.png"]["id"], upsert=[polygon("a"), polygon("b")])
    assert client.get("/api/classes").json() == [
        {"name": "cell", "color": class_colour(0), "count": 2},
        {"name": "nucleus", "color": class_colour(1), "count": 0},
    ]


def test_classes_are_added_renamed_merged_and_deleted_in_every_image(client: TestClient) -> None:
    lines = views(client)
    change(client, lines["a.png"]["id"], upsert=[polygon("a"), polygon("b", label="nucleus")])
    change(client, lines["b.png"]["id"], upsert=[polygon("c")])

    def told(body: dict[str, Any]) -> dict[str, int]:
        answer = client.post("/api/classes", json=body)
        assert answer.status_code == 200, answer.text
        return {one["name"]: one["count"] for one in answer.json()["classes"]}

    assert told({"add": ["virus", " mitosis "]}) == {"cell": 2, "nucleus": 1, "virus": 0, "mitosis": 0}
    assert told({"map": {"cell": "blood cell"}}) == {"blood cell": 2, "nucleus": 1, "virus": 0, "mitosis": 0}
    assert told({"map": {"nucleus": "blood cell", "virus": "mitosis"}}) == {"blood cell": 3, "mitosis": 0}
    assert told({"map": {"blood cell": None}, "author": "eve"}) == {"mitosis": 0}
    revisions = client.get(f"/api/views/{lines['a.png']['id']}/revisions").json()
    assert revisions[-1]["author"] == "human:eve"
    assert client.post(f"/api/views/{lines['a.png']['id']}/restore", json={"revision": 1}).status_code == 200
    assert {one["name"] for one in client.get("/api/classes").json()} == {"mitosis", "cell", "nucleus"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"add": "cell"},
        {"add": ["cell"]},
        {"add": ["x", "x"]},
        {"add": [""]},
        {"add": ["a\tb"]},
        {"add": [7]},
        {"map": {}},
        {"map": []},
        {"map": {"virus": "cell"}},
        {"map": {"cell": ""}},
        {"map": {"cell": 3}},
        {"add": ["x"], "map": {"cell": None}},
    ],
)
def test_classes_that_make_no_sense_are_refused(client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post("/api/classes", json=body)
    assert answer.status_code == 400
    assert [one["name"] for one in client.get("/api/classes").json()] == ["cell", "nucleus"]


# --- the project


def test_the_project_in_one_answer(client: TestClient, root: Path) -> None:
    change(client, views(client)["a.png"]["id"], upsert=[polygon()])
    told = client.get("/api/project").json()
    assert (told["name"], told["classes"], told["is_empty"]) == ("p", ["cell", "nucleus"], False)
    assert (told["states"], told["n_images"], told["n_objects"]) == ({"new": 2, "draft": 1, "reviewed": 0}, 3, 1)
    assert told["preprocessing"]["equalize"] == "none"
    assert told["split"] == {"val": 0.2, "test": 0.0, "by": "group", "seed": 0, "parts": {}}


def test_an_empty_project_says_so(tmp_path: Path) -> None:
    Project.init(tmp_path / "p").close()
    with asking(tmp_path / "p") as client:
        assert client.get("/api/project").json()["is_empty"] is True
        assert client.get("/api/views").json() == []
        assert client.get("/api/classes").json() == []
