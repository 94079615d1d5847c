from __future__ import annotations

import hashlib
import io
import json
import urllib.error
from pathlib import Path
from typing import Any

import pytest

from annelid import pretrained
from annelid.errors import AnnelidError, UsageError

CONTENT = b"weights" * 1000


class Answer(io.BytesIO):
    """What ``urlopen`` returns."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.headers = {"Content-Length": str(len(content))}


def network(digest: str, content: bytes = CONTENT, calls: list[str] | None = None) -> Any:
    """An ``urlopen`` that knows one release."""
    asset = {"name": "yolo11n.pt", "digest": digest, "browser_download_url": "https://example.invalid/yolo11n.pt"}

    def urlopen(url: str, timeout: float) -> Any:
        assert timeout > 0
        if calls is not None:
            calls.append(url)
        return Answer(content if url.endswith(".pt") else json.dumps({"assets": [asset]}).encode())

    return urlopen


GOOD = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


def test_weights_are_fetched_once_and_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr("urllib.request.urlopen", network(GOOD, calls=calls))
    path = pretrained.fetch("yolo11n.pt", tmp_path / "deep")
    assert path.read_bytes() == CONTENT
    assert pretrained.fetch("yolo11n.pt", tmp_path / "deep") == path
    assert len(calls) == 2
    path.write_bytes(b"other")
    with pytest.raises(AnnelidError, match="was changed since it came"):
        pretrained.fetch("yolo11n.pt", tmp_path / "deep")


def test_weights_of_another_hash_are_refused_and_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.urlopen", network(GOOD, b"tampered"))
    with pytest.raises(AnnelidError, match="expected SHA-256"):
        pretrained.fetch("yolo11n.pt", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_hash_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.urlopen", network(""))
    with pytest.raises(AnnelidError, match="gives no hash"):
        pretrained.fetch("yolo11n.pt", tmp_path)
    with pytest.raises(AnnelidError, match="gives no hash"):
        pretrained.fetch("yolov8n.pt", tmp_path)


@pytest.mark.parametrize("error", [urllib.error.URLError("no route"), TimeoutError("slow"), ValueError("no JSON")])
def test_without_a_network_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def urlopen(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    with pytest.raises(AnnelidError, match="can't be fetched") as caught:
        pretrained.fetch("yolo11n-seg.pt", tmp_path)
    assert "train from scratch" in caught.value.next_step
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["yolo99n.pt", "../yolo11n.pt", "yolo11n.yaml", "http://x/yolo11n.pt", "", "yolo11n-cls.pt"]
)
def test_only_known_names_are_fetched(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is not known"):
        pretrained.fetch(name, tmp_path)
