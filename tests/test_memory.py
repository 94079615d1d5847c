"""A training that runs out of memory, without one: the engine's side is in tests/engines/yolo/test_failures.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annelid import jobs, memory, train
from annelid.errors import EngineError, OutOfMemory, UsageError
from annelid.jobs import Event, Job

Tries = Callable[..., list[Job]]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = Job("train", tmp_path / "run", {"config": {"model": "m", "task": "detect", "params": {}}})
    made.write()
    return made


@pytest.fixture
def tries(job: Job, monkeypatch: pytest.MonkeyPatch) -> Tries:
    """Let attempts end in the given ways, the last of which is a success; gives the jobs that were run."""

    def tries(*ends: tuple[list[Event], Exception | None]) -> list[Job]:
        run: list[Job] = []

        def attempt(job: Job, watch: Any) -> dict[str, Any]:
            events, error = ends[len(run)]
            run.append(job)
            job.write()
            for event in events:
                watch(event)
            if error:
                result = {"ok": False, "error": {"type": "OutOfMemory", "message": "", "next_step": ""}}
                (job.folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
                raise error
            return {"run": str(job.folder)}

        monkeypatch.setattr(jobs, "run", attempt)
        return run

    return tries


def takes(batch: int) -> Event:
    return Event("log", {"text": "", "batch": batch})


def epoch(number: int) -> Event:
    return Event("epoch", {"epoch": number, "epochs": 9})


FULL = OutOfMemory("the memory is full")


def test_each_time_that_memory_is_full_half_as_many_images_are_taken_at_once(job: Job, tries: Tries) -> None:
    run = tries(([takes(6)], FULL), ([takes(3), epoch(1), epoch(2)], FULL), ([takes(1)], None))
    seen: list[Event] = []
    assert memory.run(job, seen.append) == {"run": str(job.folder)}
    assert [j.arguments["config"].get("batch") for j in run] == [None, 3, 1]
    assert run[2].arguments["remarks"] == [
        "the memory was full with 6 images at once; at the start it went on with 3, as many to a step",
        "the memory was full with 3 images at once; after epoch 2 it went on with 1, as many to a step",
    ]
    assert [event.name for event in seen] == ["log", "log", "epoch", "epoch", "log"]
    assert Job.read(job.folder).arguments["config"]["batch"] == 1


def test_it_goes_on_from_the_last_epoch_that_was_kept(job: Job, tries: Tries) -> None:
    last = job.folder / "weights" / "last.pt"
    last.parent.mkdir()
    last.touch()
    run = tries(([takes(4)], FULL), ([], None))
    memory.run(job, lambda _: None)
    assert run[1].arguments["config"]["resume"] == str(last)


def test_when_one_image_has_no_room_it_ends_and_says_what_needs_less(job: Job, tries: Tries) -> None:
    tries(([takes(1)], FULL))
    with pytest.raises(OutOfMemory, match="even with one image at a time") as caught:
        memory.run(job, lambda _: None)
    assert "imgsz" in caught.value.next_step


def test_memory_that_is_full_before_any_image_was_taken_is_not_tried_again(job: Job, tries: Tries) -> None:
    run = tries(([takes(4)], FULL), ([], FULL))
    with pytest.raises(OutOfMemory):
        memory.run(job, lambda _: None)
    assert len(run) == 2


def test_whoever_kills_a_training_does_not_start_it_again(job: Job, tries: Tries) -> None:
    run = tries(([takes(4)], EngineError("the train process was killed (signal 9)")))
    with pytest.raises(EngineError, match="killed"):
        memory.run(job, lambda _: None)
    assert len(run) == 1


@pytest.mark.parametrize("batch", [0, -1, 0.5, True, "many"])
def test_a_run_goes_on_with_a_whole_number_of_images(job: Job, batch: Any) -> None:
    with pytest.raises(UsageError, match="whole number"):
        train.resume(job.folder, batch)


def test_a_batch_to_resume_with_is_kept(job: Job) -> None:
    train.resume(job.folder, 2).write()
    assert train.resume(job.folder).arguments["config"]["batch"] == 2
