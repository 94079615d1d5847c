"""Preprocessing through the browser: looked at, then kept on purpose."""

from __future__ import annotations

import io
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.small import project_of_discs

from annelid import settings
from annelid.examples import render_view
from annelid.preprocess import Preprocessing
from annelid.server.preparing import histogram


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "discs"
    project_of_discs(folder, 2).close()
    return folder


def pixels(uri: str) -> Any:
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(b64decode(data))).convert("RGB"))


def first_view(client: TestClient) -> Any:
    return client.app.state.desk.project.store.views()[0]  # type: ignore[attr-defined]


def test_the_preview_is_what_models_will_see(client: TestClient, root: Path) -> None:
    view, wanted = first_view(client), {"equalize": "clahe", "clahe_cells": 4, "clahe_clip": 0.05}
    told = client.post("/api/preview", json={"view": view.id, "preprocessing": wanted}).json()
    after = render_view(view, root, Preprocessing(equalize="clahe", clahe_cells=4, clahe_clip=0.05))
    assert np.array_equal(pixels(told["after"]), after)
    assert np.array_equal(pixels(told["before"]), render_view(view, root, Preprocessing()))
    assert sum(told["channels"][0]["histogram"]["counts"]) == sum(told["histogram_after"]) == 64 * 64
    assert (told["size_wh"], told["dtype"], told["names"]) == ([64, 64], "uint8", ["0"])


def test_a_window_of_the_preview_is_what_models_see_there(client: TestClient, root: Path) -> None:
    view, clahe = first_view(client), {"equalize": "clahe"}
    asked = {"view": view.id, "preprocessing": clahe, "window": [10, 20, 50, 44]}
    told = client.post("/api/preview", json=asked).json()
    after = render_view(view, root, Preprocessing(equalize="clahe"))
    assert np.array_equal(pixels(told["after"]), after[20:44, 10:50])
    assert told["window"] == [10, 20, 50, 44]


def test_the_preview_without_a_wish_is_that_of_the_project(client: TestClient) -> None:
    told = client.post("/api/preview", json={"view": first_view(client).id}).json()
    assert told["before"] == told["after"]


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"preprocessing": {"equalize": "much"}}, 400, "equalize"),
        ({"preprocessing": {"sharpen": 1}}, 400, "sharpen"),
        ({"preprocessing": [1]}, 400, "object"),
        ({"preprocessing": {"channels": ["DAPI"]}}, 400, "DAPI"),
        ({"view": "nothing"}, 404, "nothing"),
        ({"window": [0, 0, 65, 64]}, 400, "window"),
        ({"window": [0, 0, True, 64]}, 400, "window"),
        ({"window": "all"}, 400, "window"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    client: TestClient, body: dict[str, Any], status: int, word: str
) -> None:
    answer = client.post("/api/preview", json={"view": first_view(client).id, **body})
    assert answer.status_code == status
    assert word in answer.json()["error"]["message"]


def test_keeping_it_changes_the_settings_and_says_which_models_were_made_before(client: TestClient, root: Path) -> None:
    before = settings.load(root)
    answer = client.post("/api/preprocessing", json={"preprocessing": {"equalize": "clahe"}}).json()
    assert answer["preprocessing"]["equalize"] == "clahe"
    assert answer["models"] == []
    assert settings.load(root).preprocessing == Preprocessing(equalize="clahe")
    assert settings.load(root).classes == before.classes
    settings.save(root, before)


def test_histograms_of_integers_have_no_gaps_of_their_own() -> None:
    even = np.arange(28, 219, dtype=np.uint8)
    assert set(histogram(even)["counts"][:-1]) == {2}
    assert sum(histogram(np.array([3], np.uint16))["counts"]) == 1
    assert histogram(np.array([np.nan], np.float32))["counts"] == [0]
    assert sum(histogram(np.array([np.nan, 0.5, 2.0], np.float32))["counts"]) == 2
