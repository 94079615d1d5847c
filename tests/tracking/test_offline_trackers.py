"""Trackers with a service of their own, through their offline modes; skipped where their package is absent."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from tests.tracking import runs

from annelid import tracking
from annelid.tracking.follow import finish
from annelid.tracking.sent import Sent

SERVICES = ("wandb", "comet", "clearml")
_SWITCHES = ("WANDB_MODE", "COMET_MODE", "CLEARML_OFFLINE_MODE", "WANDB_PROJECT", "COMET_PROJECT_NAME")


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A tracker that is installed, with nothing set that would let it use the network."""
    if problem := tracking.get(request.param).health():
        pytest.skip(problem)
    for name in _SWITCHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return str(request.param)


def tell(folder: Path, service: str) -> Sent:
    sent = finish(folder, [service], seconds=60)[service]
    assert sent.problem == "", (folder / "tracking" / f"{service}.log").read_text(encoding="utf-8")
    return sent


def test_a_run_is_kept_in_its_folder_and_goes_on(service: str, tmp_path: Path) -> None:
    folder = runs.make_run(tmp_path / "project")
    runs.add_pictures(folder, "labels.jpg", "results.png")
    runs.end(folder, "Interrupted")
    first = tell(folder, service)
    assert (first.epoch, first.state) == (3, "interrupted")
    runs.add_epoch(folder, 4)
    runs.end(folder)
    second = tell(folder, service)
    assert (second.epoch, second.state) == (4, "finished")
    assert str(folder) in second.place or folder.as_posix() in second.place
    kept = b"".join(path.read_bytes() for path in _written(folder / service))
    for words in (b"box_loss", b"final/val/box/mAP50", b"labels", b"sigma"):
        assert words in kept, words
    if service != "clearml":  # its offline sessions are joined when they are imported
        assert second.id == first.id


def _written(folder: Path) -> list[Path]:
    """Every file below a folder, zips unpacked beside themselves."""
    for path in folder.rglob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(path.with_suffix(""))
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".zip"]


def test_comet_tells_each_epoch_once(tmp_path: Path) -> None:
    if problem := tracking.get("comet").health():
        pytest.skip(problem)
    os.environ.pop("COMET_MODE", None)
    folder = runs.make_run(tmp_path / "project")
    runs.end(folder)
    tell(folder, "comet")
    (messages,) = [path for path in _written(folder / "comet") if path.name == "messages.json"]
    told = [json.loads(line) for line in messages.read_text(encoding="utf-8").splitlines()]
    metrics = [each["payload"]["metric"] for each in told if each["type"] == "metric_msg"]
    losses = [(m["step"], m["metricValue"]) for m in metrics if m["metricName"] == "train/box_loss"]
    assert losses == [(n, pytest.approx(1 / n)) for n in (1, 2, 3)]
