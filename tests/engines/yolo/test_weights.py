from __future__ import annotations

import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.engines.yolo import tiny

from annelid.engines import yolo
from annelid.engines.base import PredictConfig
from annelid.engines.yolo import weights
from annelid.errors import EngineError

pytestmark = pytest.mark.filterwarnings("ignore")


class Evil:
    """What a hostile file holds: unpickling it makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


def _not_models(folder: Path) -> dict[str, Path]:
    """Files that are called ``.pt`` and are none."""
    mark = folder / "ran"
    files = {
        name: folder / f"{name}.pt" for name in ("text", "empty", "zip", "pickle", "torch", "tensor", "dict", "cut")
    }
    files["text"].write_text("these are not weights", encoding="utf-8")
    files["empty"].write_bytes(b"")
    with zipfile.ZipFile(files["zip"], "w") as archive:
        archive.writestr("readme.txt", "hello")
    files["pickle"].write_bytes(pickle.dumps(Evil(mark)))
    torch.save({"model": Evil(mark)}, files["torch"])
    torch.save(torch.zeros(3), files["tensor"])
    torch.save({"model": None, "ema": None, "epoch": 3}, files["dict"])
    whole = tiny.weights(folder / "whole.pt").read_bytes()
    files["cut"].write_bytes(whole[: len(whole) // 2])
    return files


@pytest.mark.parametrize("name", ["text", "empty", "zip", "pickle", "torch", "tensor", "dict", "cut"])
def test_a_file_that_is_no_model_is_refused_and_no_code_in_it_runs(tmp_path: Path, name: str) -> None:
    path = _not_models(tmp_path)[name]
    with pytest.raises(EngineError) as caught:
        weights.verify(path, trust=False)
    assert path.name in caught.value.message
    assert caught.value.next_step
    with pytest.raises(EngineError):
        yolo.load(path, PredictConfig(), ())
    assert not (tmp_path / "ran").exists()


def test_an_archive_with_code_in_its_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Evil(tmp_path / "ran"), protocol=2))
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
    with pytest.raises(EngineError, match="safe to load"):
        weights.verify(path, trust=False)
    assert not (tmp_path / "ran").exists()


def test_weights_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no weights at"):
        weights.verify(tmp_path / "yolo11n.pt", trust=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "a.pt").mkdir()
    with pytest.raises(EngineError):
        weights.verify(tmp_path / "a.pt", trust=False)


def test_a_model_loads_ready_to_predict(tmp_path: Path) -> None:
    model, checkpoint = weights.open_checkpoint(tiny.weights(tmp_path / "a.pt"), trust=False)
    assert not model.training
    assert next(model.parameters()).dtype == torch.float32
    assert checkpoint["train_args"]["imgsz"] == tiny.IMGSZ


_TRUSTING = """
import sys
from pathlib import Path
from annelid.engines import yolo
from annelid.engines.base import PredictConfig
from annelid.errors import EngineError
try:
    yolo.load(Path(sys.argv[1]), PredictConfig(trust=sys.argv[2] == "trust"), ())
except EngineError as error:
    print(error)
"""


@pytest.mark.parametrize("trust", [True, False])
def test_code_in_weights_runs_only_when_they_are_trusted(tmp_path: Path, trust: bool) -> None:
    path = _not_models(tmp_path)["torch"]
    command = [sys.executable, "-c", _TRUSTING, str(path), "trust" if trust else "no"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ran").exists() == trust
    assert "not a YOLO model" in done.stdout
    assert ("--trust" in done.stdout) != trust
