from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from annelid import errors, jobs
from annelid.jobs import Event, Job


def script(text: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", text])


def write_result(job: Job, content: Any) -> None:
    (job.folder / "result.json").write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = Job("train", tmp_path / "job ä", {"n": 1, "deep": {"a": [1, None]}})
    made.write()
    return made


def test_a_job_comes_back_as_it_was_written(job: Job) -> None:
    assert Job.read(job.folder) == job


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"kind": "train"}', "\x00"])
def test_a_folder_that_is_no_job_is_an_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(errors.ProjectError, match="is not a job"):
        Job.read(tmp_path)
    (tmp_path / "job.json").write_text(content, encoding="utf-8")
    with pytest.raises(errors.ProjectError, match="is not a job"):
        Job.read(tmp_path)


def test_events_are_followed_to_the_end_and_torn_lines_wait_for_their_rest(job: Job) -> None:
    writer = f"""
import json, time
with open({str(job.folder / "events.jsonl")!r}, "a") as stream:
    for n in range(5):
        line = json.dumps({{"time": n, "event": "epoch", "data": {{"epoch": n}}}}) + "\\n"
        stream.write(line[:9]); stream.flush(); time.sleep(.05)
        stream.write(line[9:]); stream.flush()
"""
    seen = list(jobs.follow(job, script(writer), poll_seconds=0.01))
    assert [(e.name, e.data["epoch"], e.time) for e in seen] == [("epoch", n, n) for n in range(5)]
    assert jobs.events(job.folder) == seen


def test_only_new_events_are_followed(job: Job) -> None:
    (job.folder / "events.jsonl").write_text('{"time": 1, "event": "log", "data": {}}\n', encoding="utf-8")
    assert list(jobs.follow(job, script(""), 0.01)) == []
    assert len(jobs.events(job.folder)) == 1


def test_a_job_without_events_has_none(tmp_path: Path) -> None:
    assert jobs.events(tmp_path) == []


def test_a_result_is_given_back(job: Job) -> None:
    write_result(job, {"ok": True, "value": {"model": "a@v1"}})
    assert jobs.result(job, 0) == {"model": "a@v1"}


@pytest.mark.parametrize(
    ("kind", "raised", "code"),
    [
        ("UsageError", errors.UsageError, 2),
        ("Interrupted", errors.Interrupted, 130),
        ("EngineError", errors.EngineError, 1),
        ("OutOfMemory", errors.OutOfMemory, 1),
        ("ImageError", errors.EngineError, 1),
        ("Conflict", errors.EngineError, 1),
        ("Bug", errors.Bug, 3),
        ("SystemExit", errors.EngineError, 1),
    ],
)
def test_what_the_worker_raised_is_raised_again(
    job: Job, kind: str, raised: type[errors.AnnelidError], code: int
) -> None:
    write_result(job, {"ok": False, "error": {"type": kind, "message": "it broke", "next_step": "mend it"}})
    with pytest.raises(raised) as caught:
        jobs.result(job, 1)
    assert (caught.value.message, caught.value.next_step, caught.value.exit_code) == ("it broke", "mend it", code)


def test_a_worker_that_died_is_an_error_that_says_how(job: Job) -> None:
    with pytest.raises(errors.EngineError, match=r"ended without a result \(code 1\)") as caught:
        jobs.result(job, 1)
    assert str(job.folder / "worker.log") in caught.value.next_step
    with pytest.raises(errors.EngineError, match=r"killed \(signal 9\).*memory") as caught:
        jobs.result(job, -9)
    assert f"--resume {job.folder.name}" in caught.value.next_step
    assert not isinstance(caught.value, errors.OutOfMemory)


def test_a_worker_that_the_system_killed_for_want_of_memory_is_told_from_one_that_a_person_killed(job: Job) -> None:
    with pytest.raises(errors.OutOfMemory, match="the memory was full"):
        jobs.result(job, -9, starved=True)
    with pytest.raises(errors.EngineError, match=r"killed \(signal 15\)"):
        jobs.result(job, -15, starved=True)


def test_a_worker_that_could_not_even_write_its_result_says_that_the_disk_is_full(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annelid.atomic.free_bytes", lambda _: 4096)
    with pytest.raises(errors.EngineError, match=r"disk is full: 4,096 bytes are free in") as caught:
        jobs.result(job, 1)
    assert f"--resume {job.folder.name}" in caught.value.next_step


def test_what_a_dying_worker_left_half_written_is_no_event(job: Job) -> None:
    whole = '{"time": 1, "event": "log", "data": {}}\n'
    torn = '{"time": 2, "event": "lo'
    (job.folder / "events.jsonl").write_text(f"{whole}{torn}\n{whole}", encoding="utf-8")
    assert [event.time for event in jobs.events(job.folder)] == [1, 1]


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_real_worker_that_is_killed_is_such_an_error(tmp_path: Path) -> None:
    job = Job("predict", tmp_path, {})
    job.write()
    process = jobs.start(job)
    process.kill()
    assert list(jobs.follow(job, process)) == []
    with pytest.raises(errors.EngineError, match="the predict process was killed"):
        jobs.result(job, process.wait())


def test_starting_again_forgets_the_last_result_and_the_wish_to_stop(job: Job) -> None:
    write_result(job, {"ok": True, "value": {}})
    jobs.stop(job.folder)
    process = jobs.start(job, python=sys.executable)
    assert not (job.folder / "stop").exists()
    process.kill()
    process.wait()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_in_the_terminal_does_not_reach_the_worker(job: Job) -> None:
    process = jobs.start(job)
    assert os.getpgid(process.pid) != os.getpgid(0)
    process.kill()
    process.wait()


def test_a_running_job_beats_and_a_dead_one_does_not(job: Job) -> None:
    assert not jobs.is_running(job.folder)
    heartbeat = job.folder / "heartbeat"
    heartbeat.touch()
    assert jobs.is_running(job.folder)
    old = time.time() - 100
    os.utime(heartbeat, (old, old))
    assert not jobs.is_running(job.folder)


def test_a_fresh_heartbeat_alone_is_not_taken_for_a_running_worker(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT_SECONDS", 0.2)
    assert not jobs.still_runs(job.folder)
    (job.folder / "heartbeat").touch()
    assert not jobs.still_runs(job.folder)
    touch = f"pathlib.Path({str(job.folder)!r}, 'heartbeat').touch(); time.sleep(.1)"
    beats = script(f"import pathlib, time\nfor _ in range(200): {touch}")
    time.sleep(0.3)
    assert jobs.still_runs(job.folder)
    write_result(job, {"ok": True, "value": {}})
    assert not jobs.still_runs(job.folder)
    beats.kill()
    beats.wait()


def test_ctrl_c_asks_the_worker_to_stop_and_a_second_one_leaves_it_alone(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = script("import time; time.sleep(60)")
    monkeypatch.setattr(jobs, "start", lambda _: process)
    presses: list[bool] = []

    def follow(_: Job, __: Any) -> Any:
        presses.append((job.folder / "stop").exists())
        if presses:
            raise KeyboardInterrupt
        yield Event("log", {})

    monkeypatch.setattr(jobs, "follow", follow)
    with pytest.raises(errors.Interrupted, match="left alone"):
        jobs.run(job)
    assert presses == [False, True]
    assert process.poll() is None
    process.kill()
    process.wait()


def test_a_job_that_cannot_be_started_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Job) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs, "start", fail)
    with pytest.raises(OSError, match="No space"):
        jobs.run(Job("train", tmp_path / "new", {}))
    assert not (tmp_path / "new").exists()


def test_a_watcher_sees_every_event(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [Event("epoch", {"epoch": n}, n) for n in range(3)]
    monkeypatch.setattr(jobs, "start", lambda _: script(""))
    monkeypatch.setattr(jobs, "follow", lambda *_: iter(events))
    write_result(job, {"ok": True, "value": {"done": True}})
    seen: list[Event] = []
    assert jobs.run(job, seen.append) == {"done": True}
    assert seen == events


def test_values_become_plain() -> None:
    assert jobs.plain({"path": Path("a"), "n": 1, "t": (1, 2)}) == {"path": "a", "n": 1, "t": [1, 2]}
