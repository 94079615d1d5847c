"""Embeddings on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annelid.assist.embeddings import Embeddings

ONE = {"features": np.arange(6, dtype=np.float32).reshape(1, 2, 3)}


def key(n: int) -> str:
    return f"{n:064x}"


def test_what_is_kept_is_found_again_by_another_process(tmp_path: Path) -> None:
    Embeddings(tmp_path).put(key(1), ONE)
    found = Embeddings(tmp_path).get(key(1))
    assert found is not None
    np.testing.assert_array_equal(found["features"], ONE["features"])
    assert Embeddings(tmp_path).get(key(2)) is None


def test_a_damaged_file_is_as_none(tmp_path: Path) -> None:
    Embeddings(tmp_path).put(key(1), ONE)
    path = next(tmp_path.glob("*.npz"))
    path.write_bytes(path.read_bytes()[:50])
    assert Embeddings(tmp_path).get(key(1)) is None


def test_the_oldest_make_room(tmp_path: Path) -> None:
    import os

    big = {"features": np.zeros(1000, np.uint8)}
    store = Embeddings(tmp_path, most_bytes=3000)
    for n in range(5):
        store.put(key(n), big)
        os.utime(tmp_path / f"{key(n)}.npz", (n, n)) if n < 4 else None
    left = {path.stem for path in tmp_path.glob("*.npz")}
    assert key(4) in left
    assert len(left) == 2
    assert store.get(key(4)) is not None


def test_a_key_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        Embeddings(tmp_path).put("../x", ONE)
