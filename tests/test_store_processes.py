"""The store under several processes, and under one that is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from annelid.image import ImageRef, View
from annelid.objects import Objects
from annelid.store import Store
from annelid.store.changes import ChangeSet

HEAD = """
import sys
from pathlib import Path
from annelid.store import revisions
from annelid.store.changes import ChangeSet
from annelid.objects import Objects
from annelid.store import Store

def boxes(*ids, label="cell"):
    return Objects.from_boxes([[0, 0, 1, 1]] * len(ids), [label] * len(ids), ids=ids)

store = Store.open(Path(sys.argv[1]))
"""
KILLED = """
import os, signal
def die(*_):
    print("saving", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
revisions.now_utc = die  # called when the objects are written and the revision is not
store.save("i", ChangeSet(1, boxes("x", *(f"n{i}" for i in range(3000)), label="new")))
"""
SAVES = """
for k in range(10):
    store.save("i", ChangeSet(1, boxes(f"{sys.argv[2]}-{k}")))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store whose image i has revision 1 with the object x."""
    with Store.create(tmp_path / "annelid.db") as store:
        store.add_images([View(ImageRef("i", ("i.png",), (9, 9)))])
        store.save("i", ChangeSet(0, Objects.from_boxes([[0, 0, 1, 1]], ["cell"], ids=["x"])))
    return tmp_path / "annelid.db"


def start(script: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", HEAD + script, *args], stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_save_that_is_killed_halfway_leaves_the_old_revision(path: Path) -> None:
    out, _ = start(KILLED, str(path)).communicate(timeout=60)
    assert out == "saving\n"
    with Store.open(path) as store:
        assert list(store.item("i").objects.ids) == ["x"]
        assert list(store.item("i").objects.labels) == ["cell"]
        assert store.item("i").revision == len(store.revisions("i")) == 1
        assert store.save("i", ChangeSet(1, removed=("x",))) == 2


def test_processes_that_save_different_objects_of_one_image_all_succeed(path: Path) -> None:
    processes = [start(SAVES, str(path), name) for name in ("ann", "bob")]
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0, 0]
    with Store.open(path) as store:
        wanted = {"x", *(f"{name}-{k}" for name in ("ann", "bob") for k in range(10))}
        assert set(store.item("i").objects.ids) == wanted
        assert store.item("i").revision == 21
