"""Clicks over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.server.asking import asking

from annelid import geometry
from annelid.assist.base import Outline
from annelid.assist.file_picture import FilePicture
from annelid.locate import locate
from annelid.project import Project

SIZE = 120


def disks(*centres_xy: tuple[int, int], radius: int = 14) -> np.ndarray[Any, np.dtype[np.uint8]]:
    y, x = np.mgrid[:SIZE, :SIZE]
    near = np.min([np.hypot(x - cx, y - cy) for cx, cy in centres_xy], axis=0)
    noise = np.random.default_rng(0).normal(0, 4, (SIZE, SIZE))
    picture: np.ndarray[Any, np.dtype[np.uint8]] = np.clip(
        30 + 120 / (1 + np.exp(near - radius)) + noise, 0, 255
    ).astype(np.uint8)
    return picture


@pytest.fixture
def served(tmp_path: Path) -> Any:
    """A client, and the id of a view with two bright disks."""
    Image.fromarray(disks((40, 50), (85, 70))).save(tmp_path / "disks.png")
    with Project.init(tmp_path / "project", classes=("cell",)) as project:
        project.import_(tmp_path / "disks.png")
        view = project.store.views()[0].id
    with asking(tmp_path / "project") as client:
        yield client, view


def mask_of(answer: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    shape = tuple(tuple(np.array(ring, float).reshape(-1, 2) for ring in part) for part in answer["shape"])
    return geometry.shape_to_mask(shape, (SIZE, SIZE))


def outline(client: TestClient, **asked: Any) -> Any:
    return client.post("/api/assist/outline", json=asked)


def test_the_engines_are_listed_with_what_they_need(served: tuple[TestClient, str]) -> None:
    client, _ = served
    engines = client.get("/api/assist").json()
    assert engines[0]["name"] == "classical"
    assert engines[0]["health"] == ""
    assert not engines[0]["needs_weights"]


def test_one_click_gives_the_object(served: tuple[TestClient, str]) -> None:
    client, view = served
    answer = outline(client, view=view, points=[[40.5, 50.5, 1]]).json()
    y, x = np.mgrid[:SIZE, :SIZE]
    truth = np.hypot(x - 40, y - 50) <= 14
    mask = mask_of(answer)
    assert (mask & truth).sum() / (mask | truth).sum() > 0.9
    assert answer["kind"] == "mask"
    assert 0 < answer["score"] <= 1
    assert answer["seconds"] > 0
    assert all(v == int(v) for part in answer["shape"] for ring in part for v in ring)


def test_a_box_gives_the_object_in_it_and_nothing_beyond(served: tuple[TestClient, str]) -> None:
    client, view = served
    mask = mask_of(outline(client, view=view, box=[70, 55, 100, 85]).json())
    assert mask[70, 85]
    ys, xs = np.nonzero(mask)
    assert (xs.min(), ys.min()) >= (70, 55)
    assert (xs.max(), ys.max()) <= (99, 84)


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"points": []}, 400, "nothing is pointed at"),
        ({"points": [[1, 2, 0]]}, 400, "nothing is pointed at"),
        ({"points": [[1, 2]]}, 400, "triples"),
        ({"points": [[1, "a", 1]]}, 400, "triples"),
        ({"points": "x"}, 400, "triples"),
        ({"points": [[-5, 2, 1]]}, 400, "beside the image"),
        ({"box": [5, 5, 5, 9]}, 400, "box"),
        ({"box": [500, 500, 600, 600]}, 400, "beside the image"),
        ({"points": [[40, 50, 1]], "engine": "magic"}, 400, "no assistant"),
        ({"points": [[40, 50, 1]], "channels": [7]}, 400, "no channel 7"),
        ({"points": [[40, 50, 1]], "channels": [-1]}, 400, "channel"),
        ({"points": [[40, 50, 1]], "zoom": 0}, 400, "zoom"),
        ({"points": [[40, 50, 1]], "hints": {"radius": "big"}}, 400, "hints"),
        ({"points": [[40, 50, 1]], "plane": {"t": 3}}, 404, "no plane"),
        ({"points": [[40, 50, 1]], "view": "elsewhere"}, 404, "no image"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    served: tuple[TestClient, str], asked: dict[str, Any], status: int, said: str
) -> None:
    client, view = served
    answer = outline(client, **{"view": view, **asked})
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]


def test_what_a_network_made_of_a_file_is_forgotten_when_the_file_changes(served: tuple[TestClient, str]) -> None:
    client, view = served
    desk = client.app.state.desk  # type: ignore[attr-defined]
    keys: list[str] = []

    class Noting:
        name = "classical"

        def outline(self, picture: FilePicture, _prompt: Any, _hints: Any) -> Outline:
            keys.append(picture.key)
            with desk.pixels.images.reading(desk.pixels.view(view)):  # others may read while a network thinks
                return Outline((), 0.0)

    desk.assistants.get = lambda _name: Noting()
    path = locate(desk.pixels.view(view).image, desk.project.root)
    for seconds in (1, 1, 2):
        os.utime(path, (seconds, seconds))
        outline(client, view=view, points=[[5, 5, 1]])
    assert keys[0] == keys[1] != keys[2]


def test_proposals_are_queued(served: tuple[TestClient, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annelid.queue.begin", lambda _root: None)
    client, view = served
    answer = client.post("/api/proposals", json={"views": [view], "model": "threshold", "conf": 0.3})
    assert answer.status_code == 201
    entry = answer.json()
    assert (entry["verb"], entry["arguments"]) == ("propose", {"model": "threshold", "images": [view], "conf": 0.3})


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"views": "all"}, 400), ({"views": ["elsewhere"]}, 404), ({"conf": 2}, 400), ({"model": "../x.pt"}, 400)],
)
def test_proposals_that_make_no_sense_are_refused(
    served: tuple[TestClient, str], asked: dict[str, Any], status: int
) -> None:
    client, _ = served
    assert client.post("/api/proposals", json=asked).status_code == status
