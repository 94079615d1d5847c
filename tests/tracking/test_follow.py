from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.tracking import runs

from annelid import errors, jobs, tracking
from annelid.tracking import follow
from annelid.tracking.base import About, State, Value, needs
from annelid.tracking.sent import Sent, path_of, trackers_of


class Recorder:
    """A tracker that remembers what it was told; it fails as often as it is asked to."""

    NAME = "recorder"

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.failures = 0
        self.id, self.place = "7", "here"

    def health(self) -> str | None:
        return None

    def begin(self, about: About, known: str) -> Recorder:
        self.told.append(("begin", known))
        return self

    def parameters(self, values: Mapping[str, Value]) -> None:
        self.told.append(("parameters", sorted(values)))

    def figures(self, values: Mapping[str, float], *, epoch: int, time: float) -> None:
        if self.failures and epoch == 2:
            self.failures -= 1
            raise RuntimeError("the server is gone\nand more")
        self.told.append(("epoch", epoch))

    def file(self, path: Path, *, epoch: int) -> None:
        self.told.append(("file", path.name))

    def summary(self, values: Mapping[str, float]) -> None:
        self.told.append(("summary", len(values)))

    def close(self, state: State) -> None:
        self.told.append(("close", state))


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made = Recorder()
    monkeypatch.setattr(follow, "get", lambda _: made)
    return made


def test_a_run_that_is_over_is_told_whole_and_then_nothing_more(tmp_path: Path, recorder: Recorder) -> None:
    folder = runs.make_run(tmp_path)
    runs.add_pictures(folder, "labels.jpg")
    runs.end(folder)
    assert follow.follow(folder, "recorder") == 0
    assert [what for what, _ in recorder.told] == [
        *("begin", "parameters", "epoch", "epoch", "epoch", "file", "summary", "close"),
    ]
    assert recorder.told[-1] == ("close", "finished")
    recorder.told.clear()
    assert follow.follow(folder, "recorder") == 0
    assert recorder.told == []
    runs.add_pictures(folder, "results.png")  # measured since
    assert follow.follow(folder, "recorder") == 0
    assert recorder.told == [("begin", "7"), ("file", "results.png"), ("close", "finished")]


def test_a_run_is_followed_while_it_goes_on(tmp_path: Path, recorder: Recorder) -> None:
    folder = runs.make_run(tmp_path, epochs=1)

    def train() -> None:
        for number in (2, 3):
            time.sleep(0.1)
            runs.add_epoch(folder, number)
        time.sleep(0.1)
        runs.end(folder)

    training = threading.Thread(target=train)
    training.start()
    assert follow.follow(folder, "recorder", poll_seconds=0.02) == 0
    training.join()
    assert [what for what in recorder.told if what[0] in ("begin", "epoch", "close")] == [
        *(("begin", ""), ("epoch", 1), ("epoch", 2), ("epoch", 3), ("close", "finished")),
    ]


def test_a_run_that_goes_on_after_an_interruption_is_the_same_tracked_run(tmp_path: Path, recorder: Recorder) -> None:
    folder = runs.make_run(tmp_path, epochs=2)
    runs.end(folder, "Interrupted")
    follow.follow(folder, "recorder")
    assert (recorder.told[-1], Sent.read(folder, "recorder").state) == (("close", "interrupted"), "interrupted")
    recorder.told.clear()
    runs.add_epoch(folder, 2)
    runs.add_epoch(folder, 3)
    runs.end(folder)
    follow.follow(folder, "recorder")
    assert [each for each in recorder.told if each[0] in ("begin", "epoch")] == [("begin", "7"), ("epoch", 3)]


def test_a_worker_that_died_without_a_word_is_an_interruption(
    tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT_SECONDS", 0.02)
    folder = runs.make_run(tmp_path)
    os.utime(folder / "heartbeat", (0, 0))
    assert follow.follow(folder, "recorder") == 0
    assert recorder.told[-1] == ("close", "interrupted")


def test_a_failure_is_noted_in_a_sentence_and_the_rest_is_told_later(
    tmp_path: Path, recorder: Recorder, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = runs.make_run(tmp_path)
    runs.end(folder)
    recorder.failures = 1
    assert follow.follow(folder, "recorder") == 1
    assert Sent.read(folder, "recorder").problem == "the server is gone"
    assert "RuntimeError: the server is gone" in capfd.readouterr().err
    assert follow.follow(folder, "recorder") == 0
    sent = Sent.read(folder, "recorder")
    assert (sent.problem, sent.epoch, sent.state) == ("", 3, "finished")
    assert [number for what, number in recorder.told if what == "epoch"] == [1, 2, 3]


def test_a_failure_is_tried_again_while_the_run_goes_on(
    tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "RETRY_SECONDS", 0.02)
    folder = runs.make_run(tmp_path)
    recorder.failures = 3
    threading.Timer(0.5, lambda: runs.end(folder)).start()
    assert follow.follow(folder, "recorder", poll_seconds=0.02) == 0
    assert [number for what, number in recorder.told if what == "epoch"] == [1, 2, 3]


def test_a_disk_that_takes_no_note_does_not_stop_the_tracker(
    tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise errors.AnnelidError("no space left")

    folder = runs.make_run(tmp_path)
    runs.end(folder)
    monkeypatch.setattr(Sent, "write", full)
    assert follow.follow(folder, "recorder") == 1


def test_the_second_process_for_a_tracker_waits_for_the_first(tmp_path: Path) -> None:
    folder = runs.make_run(tmp_path)
    runs.end(folder)
    held = "import sys, time; from pathlib import Path; from annelid.alone import alone\n"
    held += "with alone(Path(sys.argv[1])): print('mine', flush=True); time.sleep(60)"
    lock = path_of(folder, "tensorboard", ".lock")
    with subprocess.Popen([sys.executable, "-c", held, str(lock)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "mine\n"
        assert follow.finish(folder, ["tensorboard"], seconds=0.5)["tensorboard"].problem.startswith("it takes long")
        first.kill()
    deadline = time.monotonic() + 20
    while Sent.read(folder, "tensorboard").state != "finished" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert Sent.read(folder, "tensorboard").state == "finished"


def test_a_training_says_once_that_a_tracker_failed_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = runs.make_run(tmp_path)
    monkeypatch.setattr(follow, "start", lambda *_: None)
    seen: list[tuple[str, Any]] = []
    with follow.followed(folder, ["mlflow"], lambda event, data: seen.append((event, data))) as report:
        report("epoch", {"epoch": 1})
        Sent("mlflow", problem="no route").write(folder)
        for number in (2, 3):
            report("epoch", {"epoch": number})
    assert [event for event, _ in seen] == ["epoch", "epoch", "log", "epoch"]
    assert seen[2][1] == {"level": "WARNING", "text": "tracker mlflow: no route; the training goes on"}


def test_a_tracker_whose_process_cannot_start_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(follow, "start", fail)
    seen: list[Any] = []
    with follow.followed(runs.make_run(tmp_path), ["mlflow"], lambda _, data: seen.append(data["text"])):
        pass
    assert ["Cannot allocate memory" in text for text in seen] == [True]


def test_what_was_told_is_lost_with_a_broken_file_only(tmp_path: Path) -> None:
    folder = runs.make_run(tmp_path)
    Sent("mlflow", "3", epoch=2).write(folder)
    assert (Sent.read(folder, "mlflow").epoch, trackers_of(folder)) == (2, ["mlflow"])
    path_of(folder, "mlflow").write_text("{", encoding="utf-8")
    assert Sent.read(folder, "mlflow") == Sent("mlflow")


def test_an_unknown_tracker_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(errors.UsageError, match="there is no tracker 'tensorbord'") as caught:
        tracking.ready(["tensorbord"])
    assert caught.value.next_step == "did you mean tensorboard?"


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    assert needs("x", "numpy", "nowhere|numpy", install="x") is None
    sentence = needs("mlflow", "no-such-package|neither", install="'annelid[track]'")
    assert (
        sentence == "tracking with mlflow needs no-such-package, which is not installed: pip install 'annelid[track]'"
    )


@pytest.mark.parametrize("name", tracking.TRACKERS)
def test_every_tracker_is_one(name: str) -> None:
    tracker = tracking.get(name)
    assert name == tracker.NAME
    health = tracker.health()
    assert health is None or "pip install" in health
