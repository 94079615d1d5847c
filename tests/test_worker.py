from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from annelid import errors, jobs, worker
from annelid.jobs import Job

Work = Callable[[Job, Any], Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Work], tuple[int, dict[str, Any]]]:
    """Run a job in this process whose work is a function; gives its exit code and result."""

    def run(work: Work) -> tuple[int, dict[str, Any]]:
        monkeypatch.setitem(sys.modules, "the_test_work", SimpleNamespace(work=work))
        monkeypatch.setattr(worker, "KINDS", {"test": "the_test_work"})
        Job("test", tmp_path / "job", {"a": 1}).write()
        code = worker.main(tmp_path / "job")
        return code, json.loads((tmp_path / "job" / "result.json").read_text(encoding="utf-8"))

    return run


Run = Callable[[Work], tuple[int, dict[str, Any]]]


def test_what_the_work_returns_is_the_result(run: Run, tmp_path: Path) -> None:
    code, result = run(lambda job, _: {"a": job.arguments["a"], "n": np.float32(0.5), "path": Path("x/y")})
    assert (code, result) == (0, {"ok": True, "value": {"a": 1, "n": 0.5, "path": str(Path("x/y"))}})


def test_events_are_appended_as_they_happen(run: Run, tmp_path: Path) -> None:
    seen = []

    def work(job: Job, report: Any) -> dict[str, Any]:
        report("epoch", {"epoch": np.int64(1), "loss": np.float64(0.25)})
        seen.extend(jobs.events(job.folder))
        report("log", {"text": "é\nb"})
        return {}

    run(work)
    run(work)
    assert [e.data for e in seen][:1] == [{"epoch": 1, "loss": 0.25}]
    assert [e.name for e in jobs.events(tmp_path / "job")] == ["epoch", "log"] * 2
    assert abs(jobs.events(tmp_path / "job")[0].time - time.time()) < 60


@pytest.mark.parametrize(
    "error",
    [
        errors.UsageError("no", next_step="do"),
        errors.Interrupted("no", next_step="do"),
        errors.EngineError("no", next_step="do"),
        errors.ImageError("a.tif", expected="b", found="c", next_step="do"),
    ],
)
def test_an_error_on_purpose_becomes_a_result_with_its_exit_code(run: Run, error: errors.AnnelidError) -> None:
    def work(*_: Any) -> None:
        raise error

    code, result = run(work)
    assert code == error.exit_code
    assert result == {"ok": False, "error": {"type": type(error).__name__, "message": error.message, "next_step": "do"}}


def test_a_bug_becomes_a_result_with_exit_code_3_and_its_traceback_in_the_log(
    run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def faulty_line(*_: Any) -> None:
        raise KeyError("surprise")

    code, result = run(faulty_line)
    assert code == 3
    assert result["error"]["type"] == "Bug"
    assert "KeyError: 'surprise'" in result["error"]["message"]
    assert str(tmp_path / "job" / "worker.log") in result["error"]["next_step"]
    assert "faulty_line" in capfd.readouterr().err
    with pytest.raises(errors.Bug, match="report it with"):
        jobs.result(Job.read(tmp_path / "job"), code)


def test_the_cause_of_a_failure_is_in_the_log(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    def work(*_: Any) -> None:
        raise errors.EngineError("it failed") from RuntimeError("deep inside")

    assert run(work)[0] == 1
    assert "deep inside" in capfd.readouterr().err


def test_a_full_disk_is_no_bug(run: Run) -> None:
    def work(*_: Any) -> None:
        raise OSError(28, "No space left on device", "weights/last.pt")

    code, result = run(work)
    assert code == 1
    assert "No space left" in result["error"]["message"]


def test_a_full_memory_is_no_bug(run: Run) -> None:
    def work(*_: Any) -> None:
        raise MemoryError("Unable to allocate 9 GiB")

    code, result = run(work)
    assert (code, result["error"]["type"]) == (1, "OutOfMemory")
    assert "9 GiB" in result["error"]["message"]


def test_an_event_starts_a_new_line_where_the_last_worker_died_in_the_middle_of_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "events.jsonl").write_text('{"time": 1, "ev', encoding="utf-8")
    run(lambda _, report: report("log", {"text": "a"}) or {})
    assert [event.data for event in jobs.events(tmp_path / "job")] == [{"text": "a"}]


def test_not_a_number_can_be_reported(run: Run, tmp_path: Path) -> None:
    def work(_: Job, report: Any) -> dict[str, Any]:
        report("epoch", {"loss": math.nan})
        return {"loss": math.inf}

    assert run(work)[0] == 0
    assert math.isnan(jobs.events(tmp_path / "job")[0].data["loss"])


def test_it_beats_while_it_works(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "HEARTBEAT_SECONDS", 0.02)

    def work(job: Job, _: Any) -> dict[str, Any]:
        heartbeat = job.folder / "heartbeat"
        os.utime(heartbeat, (0, 0))
        deadline = time.monotonic() + 5
        while heartbeat.stat().st_mtime == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        return {"beats": jobs.is_running(job.folder)}

    assert run(work)[1]["value"] == {"beats": True}


def test_a_heart_that_lost_its_folder_stops_quietly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of a prediction goes when its results were collected; the thread must not fail then."""
    monkeypatch.setattr(worker, "HEARTBEAT_SECONDS", 0.02)
    folder = tmp_path / "gone"
    folder.mkdir()
    worker._beat(folder / "heartbeat")
    (folder / "heartbeat").unlink()
    while folder.exists():
        try:
            folder.rmdir()
        except OSError:  # it beat in between
            (folder / "heartbeat").unlink(missing_ok=True)
    time.sleep(0.2)
    assert not folder.exists()


def test_the_process_reports_a_job_that_is_none(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "annelid.worker", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode != 0
    assert "is not a job" in done.stderr


def test_a_worker_loads_no_engine_before_its_job_asks_for_one() -> None:
    code = "import sys, annelid.worker; print([m for m in ('torch', 'ultralytics', 'cv2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
