"""Networks behind clicks: what Ultralytics' own predictors answer, embeddings computed once, a process that may die."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.assist.prompts import CLICKS, PICTURE, prompt
from tests.assist.weights import random_weights

from annelid.assist.base import ArrayPicture, Hints, Point, Prompt
from annelid.assist.choice import Assistants
from annelid.assist.client import WorkerProcess
from annelid.assist.sam import Sam, seen_window
from annelid.engines.sam.network import open_network
from annelid.errors import EngineError, UsageError


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_weights(tmp_path_factory.mktemp("project") / "models/fetched/mobile_sam.pt")


@pytest.fixture(scope="module")
def worker(weights: Path) -> Iterator[WorkerProcess]:
    process = WorkerProcess(weights.parents[2])
    yield process
    process.close()


@pytest.fixture(scope="module")
def key(weights: Path, worker: WorkerProcess) -> str:
    """That of the embedding of `PICTURE`, which the worker has made."""
    sam = Sam(weights, worker)
    sam.outline(ArrayPicture(PICTURE), prompt(*CLICKS), Hints())
    return sam._key(ArrayPicture(PICTURE), (0, 0, 200, 150), 1)


def test_the_encoder_runs_once_for_an_image_and_never_again_after_a_restart(
    weights: Path, worker: WorkerProcess, key: str
) -> None:
    question = {"weights": str(weights), "key": key, "size_hw": [150, 200], "points": CLICKS, "box": None}
    told, bits = worker.answer(question)
    assert told["encoded"] == 1
    began = time.perf_counter()
    worker.answer({**question, "points": CLICKS[:1]})
    assert time.perf_counter() - began < 1.5  # the decoder, on a busy machine; the encoder takes seconds
    assert worker.answer({**question, "key": "a" * 64})[0]["need"] == "picture"
    second = WorkerProcess(weights.parents[2])
    try:
        told, bits_again = second.answer(question)
    finally:
        second.close()
    assert told["encoded"] == 0
    np.testing.assert_array_equal(bits_again, bits)


def test_a_process_that_dies_is_said_and_started_anew(weights: Path, worker: WorkerProcess) -> None:
    question = {"weights": str(weights), "key": "b" * 64, "size_hw": [150, 200], "points": CLICKS, "box": None}
    worker.answer(question)
    assert worker._process is not None
    worker._process.send_signal(signal.SIGKILL)
    worker._process.wait()
    told, _ = worker.answer(question)
    assert told["need"] == "picture"


def test_a_crash_in_the_middle_is_an_error_in_words(weights: Path, tmp_path: Path) -> None:
    process = WorkerProcess(tmp_path)
    question: dict[str, Any] = {
        "weights": str(weights),
        "key": "c" * 64,
        "size_hw": "no size",
        "points": [],
        "box": None,
    }
    with pytest.raises(EngineError, match=r"ValueError|TypeError") as error:
        process.answer(question, b"not a picture")
    assert error.value.next_step
    process._process.stdin.write(b"no question\n")  # type: ignore[union-attr]
    process._process.stdin.flush()  # type: ignore[union-attr]
    with pytest.raises(EngineError, match="process ended"):
        process.answer(question)
    process.close()


def test_an_idle_process_ends_and_comes_back(weights: Path, tmp_path: Path) -> None:
    process = WorkerProcess(tmp_path, idle_seconds=0.2)
    question = {"weights": str(weights), "key": "d" * 64, "size_hw": [150, 200], "points": CLICKS, "box": None}
    process.answer(question)
    deadline = time.monotonic() + 10
    while process.is_running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not process.is_running
    assert process.answer(question)[0]["need"] == "picture"
    process.close()


def test_weights_that_are_none_are_refused_in_words(tmp_path: Path, worker: WorkerProcess) -> None:
    path = tmp_path / "mobile_sam.pt"
    path.write_text("<!doctype html>")
    with pytest.raises(EngineError, match="something else"):
        Sam(path, worker).outline(ArrayPicture(PICTURE), prompt(*CLICKS), Hints())


class _Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("code that ran",)


def test_weights_with_code_in_them_are_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import torch

    path = tmp_path / "mobile_sam.pt"
    torch.save({"model": _Harmful()}, path)
    with pytest.raises(EngineError, match="not the weights of mobile_sam"):
        open_network(path)
    assert "code that ran" not in capfd.readouterr().out


def test_what_there_is_is_listed(weights: Path, tmp_path: Path) -> None:
    empty, full = Assistants(tmp_path), Assistants(weights.parents[2])
    assert [(c.name, bool(c.health)) for c in empty.listed()] == [("classical", False), ("sam", True)]
    assert "models/fetched" in empty.listed()[1].health
    assert [(c.name, c.title) for c in full.listed()][1] == ("sam:mobile_sam.pt", "MobileSAM (mobile_sam.pt)")
    assert full.get("sam:mobile_sam.pt").name == "sam:mobile_sam.pt"
    with pytest.raises(EngineError, match="No weights yet"):
        empty.get("sam")
    with pytest.raises(UsageError, match="no assistant"):
        full.get("sam:../../etc/passwd")


@pytest.mark.parametrize(
    ("size_wh", "at", "zoom", "window", "step"),
    [
        ((800, 600), (1, 1), 0.1, (0, 0, 800, 600), 1),
        ((4000, 3000), (100, 100), 1.0, (0, 0, 1024, 1024), 1),
        ((4000, 3000), (2000, 1500), 1.0, (1536, 1024, 2560, 2048), 1),
        ((4000, 3000), (3990, 2990), 2.0, (2976, 1976, 4000, 3000), 1),
        ((4000, 3000), (2000, 1500), 0.3, (0, 0, 4000, 3000), 4),
    ],
)
def test_the_tile_that_is_seen_lies_on_a_grid(
    size_wh: tuple[int, int], at: tuple[float, float], zoom: float, window: tuple[int, ...], step: int
) -> None:
    seen = seen_window(size_wh, Prompt((Point(*at),), None, zoom))
    assert seen == (window, step)
