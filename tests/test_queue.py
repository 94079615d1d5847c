"""Real queues with real runners: each job is a process of its own, so one project serves all tests."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import small

from annelid import jobs, queue
from annelid.cli.run import run
from annelid.errors import UsageError
from annelid.project import Project
from annelid.queue import Queued, runner
from annelid.queue.entries import folder_of

BUSY = """
import sys, time, pathlib
folder = pathlib.Path(sys.argv[1])
for _ in range(600):
    if (folder / "stop").exists():
        break
    (folder / "heartbeat").touch()
    time.sleep(.1)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with small.project_of_discs(tmp_path_factory.mktemp("queue") / "project") as made:
        return made.root


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    with Project.init(tmp_path / "project", classes=("disc",)) as made:
        yield made.root


def until(true: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def states(root: Path) -> list[str]:
    return [entry.state for entry in queue.listed(root)]


@pytest.mark.slow
def test_a_queue_is_worked_off_in_order_whatever_becomes_of_each(root: Path) -> None:
    trained = queue.add(root, "train", {"engine": "threshold", "name": "discs"})
    failed = queue.add(root, "evaluate", {"model": "no-such-model"})
    proposed = queue.add(root, "predict", {"model": "threshold", "sources": [str(root / "source/images/a.png")]})
    assert [trained.id, failed.id, proposed.id] == ["0001", "0002", "0003"]
    assert states(root) == ["queued"] * 3
    runner.work_off(root)
    done = queue.listed(root)
    assert [entry.state for entry in done] == ["finished", "failed", "finished"]
    assert done[0].run == "discs"
    assert done[1].error["message"] == "no model 'no-such-model'"
    assert "discs@v1" in done[1].error["next_step"]
    assert [e.started for e in done] == sorted(e.started or 0 for e in done)
    assert queue.find(root, "1") == done[0]
    result = json.loads((folder_of(root) / "0003" / "result.json").read_text(encoding="utf-8"))
    assert (result["value"]["images"], result["value"]["objects"]) == (1, {"disc": 3})
    assert any(event.name == "epoch" for event in jobs.events(folder_of(root) / "0001"))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_runner_and_a_killed_worker_are_found_and_the_queue_goes_on(root: Path) -> None:
    """The worker of a dead runner is waited for; a dead worker is an interruption; a third job is run."""
    alive = queue.add(root, "check", {"pixels": False})
    dead = queue.add(root, "check", {"pixels": False})
    for entry in (alive, dead):  # as a runner that was killed leaves them
        (folder_of(root) / entry.id / "started").touch()
    worker = jobs.spawn([sys.executable, "-c", BUSY, str(folder_of(root) / alive.id)], sys.stderr.buffer)
    until(lambda: queue.find(root, alive.id).state == "running")
    heartbeat = folder_of(root) / dead.id / "heartbeat"
    heartbeat.touch()
    os.utime(heartbeat, (0, 0))
    assert queue.find(root, dead.id).state == "interrupted"
    assert queue.find(root, alive.id).state == "running"
    last = queue.add(root, "check", {"pixels": False})
    assert queue.begin(root)
    until(lambda: not queue.begin(root))
    assert queue.find(root, last.id).state == "queued"
    (folder_of(root) / alive.id / "result.json").write_text('{"ok": true, "value": {}}', encoding="utf-8")
    until(lambda: queue.find(root, last.id).state == "finished")
    worker.kill()
    worker.wait()
    assert [queue.find(root, entry.id).state for entry in (alive, dead)] == ["finished", "interrupted"]
    again = queue.resume(root, dead.id)
    assert (again.verb, again.arguments, again.state) == ("check", {"pixels": False}, "queued")
    assert queue.stop(root, again.id).state == "removed"


def test_the_training_of_a_worker_that_died_ends_cleanly_before_the_next_begins(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT_SECONDS", 0.3)
    entry = queue.add(project, "train", {"name": "cells"})
    folder, run = folder_of(project) / entry.id, project / "runs" / "cells"
    jobs.Job("train", run, {}).write()
    for path in (folder / "started", folder / "heartbeat"):
        path.touch()
        os.utime(path, (0, 0))
    (folder / "run").write_text("cells", encoding="utf-8")
    orphan = jobs.spawn([sys.executable, "-c", BUSY, str(run)], sys.stderr.buffer)
    until((run / "heartbeat").exists)
    runner.work_off(project)
    assert (run / "stop").exists()
    assert orphan.wait(5) == 0
    found = queue.find(project, entry.id)
    assert (found.state, found.error["next_step"]) == ("interrupted", "resume goes on where it was")


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_what_runs_is_stopped_as_by_ctrl_c(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from annelid.queue import verbs

    entry = queue.add(root, "check", {})
    folder = folder_of(root) / entry.id

    def long(self: Project, **_: Any) -> None:
        jobs.stop(folder)
        time.sleep(60)

    monkeypatch.setattr(Project, "check", long)
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(Exception, match="check was stopped"):
            verbs.work(jobs.Job.read(folder), lambda *_: None)
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_is_not_yet_running_is_removed(project: Path) -> None:
    first, second = (queue.add(project, "check", {}) for _ in range(2))
    assert queue.stop(project, first.id).state == "removed"
    assert queue.stop(project, second.id).state == "removed"
    with pytest.raises(UsageError, match="is removed already"):
        queue.stop(project, first.id)
    assert not queue.begin(project)
    runner.work_off(project)
    assert states(project) == ["removed", "removed"]
    assert queue.resume(project, first.id).id == "0003"


def test_the_terminal_lists_the_queue_and_takes_jobs_out_of_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue.add(project, "evaluate", {"model": "cells"})
    assert run(["-C", str(project), "jobs", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["queue"]
    assert (entry["id"], entry["verb"], entry["state"]) == ("0001", "evaluate", "queued")
    assert run(["-C", str(project), "jobs", "--stop", "1"]) == 0
    assert "job 0001 (evaluate) was taken out of the queue" in capsys.readouterr().out
    assert run(["-C", str(project), "jobs", "--stop", "1"]) == 2
    assert run(["-C", str(project), "jobs"]) == 0
    assert "removed" in capsys.readouterr().out


def test_what_is_interrupted_goes_on_with_its_run(project: Path) -> None:
    entry = queue.add(project, "train", {"name": "cells"})
    folder = folder_of(project) / entry.id
    (folder / "started").touch()
    (folder / "run").write_text("cells", encoding="utf-8")
    (folder / "result.json").write_text(
        '{"ok": false, "error": {"type": "Interrupted", "message": "stopped", "next_step": ""}}', encoding="utf-8"
    )
    again = queue.resume(project, entry.id)
    assert (again.verb, again.arguments) == ("resume", {"run": "cells"})


@pytest.mark.parametrize(
    ("verb", "arguments", "said"),
    [
        ("backup", {"out": "x"}, "no verb 'backup'"),
        ("evaluate", {}, "missing a required argument: 'model'"),
        ("check", {"colour": 1}, "unexpected keyword argument 'colour'"),
        ("propose", {"images": "a.png"}, "images has to be a list"),
        ("predict", {"sources": ["a.png"], "colour": 1, "model": "m", "out": "o", "saves": "x", "watch": 1}, "watch"),
        ("train", {"watch": 1}, "watch is no argument"),
    ],
)
def test_what_cannot_be_called_is_refused_at_once(project: Path, verb: str, arguments: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        queue.add(project, verb, arguments)
    assert queue.listed(project) == []


@pytest.mark.parametrize("id_", ["7", "", "../1", "predict-1", "²"])
def test_an_unknown_job_is_an_error(project: Path, id_: str) -> None:
    with pytest.raises(UsageError, match="there is no job"):
        queue.find(project, id_)


def test_other_jobs_are_not_of_the_queue(project: Path) -> None:
    jobs.Job("predict", project / "jobs" / "predict-12ab", {}).write()
    (project / "jobs" / "0001").mkdir()
    assert queue.listed(project) == []
    assert isinstance(queue.add(project, "check", {}), Queued)


def test_two_that_add_at_once_get_two_numbers(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.add(project, "check", {})
    monkeypatch.setattr("annelid.queue.entries.entries", lambda _: [])
    assert queue.add(project, "check", {}).id == "0002"
