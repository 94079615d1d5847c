"""A training for which memory has no room goes on with half as many images at once."""

from __future__ import annotations

from typing import Any

from annelid import jobs, train
from annelid.errors import OutOfMemory
from annelid.jobs import Event, Job


def run(job: Job, watch: Any) -> dict[str, Any]:
    """Run a training as `annelid.jobs.run` does; when memory is full, go on from the last epoch that was kept.

    As many images go into one step of the optimiser as before: gradients add up over more batches.

    Args:
        job: the training.
        watch: called with every `Event`.

    Raises:
        OutOfMemory: not even one image at a time has room, or the memory was full before any was taken.
        AnnelidError: as `annelid.jobs.run`.
    """
    while True:
        attempt = _Attempt(watch)
        try:
            return jobs.run(job, attempt)
        except OutOfMemory as error:
            job = _with_half(job, attempt, error)


class _Attempt:
    """Passes events on, and remembers what they say about memory."""

    def __init__(self, watch: Any) -> None:
        self._watch = watch
        self.batch = 0  # until the engine says how many images it takes at once
        self.epoch = 0

    def __call__(self, event: Event) -> None:
        self.batch = int(event.data.get("batch", self.batch))
        if event.name == "epoch":
            self.epoch = int(event.data["epoch"])
        self._watch(event)


def _with_half(job: Job, attempt: _Attempt, error: OutOfMemory) -> Job:
    """The job that goes on with half of the batch."""
    batch = attempt.batch // 2
    if attempt.batch == 1:
        step = "a smaller imgsz or a smaller model needs less memory; so does closing other programs"
        raise OutOfMemory(f"{error.message}, even with one image at a time", next_step=step) from error
    if not batch:
        raise error
    resumed = train.resume(job.folder, batch)
    when = f"after epoch {attempt.epoch}" if attempt.epoch else "at the start"
    said = f"the memory was full with {attempt.batch} images at once; {when} it went on with {batch}, as many to a step"
    remarks = [*resumed.arguments.get("remarks", ()), said]
    return Job(resumed.kind, resumed.folder, {**resumed.arguments, "remarks": remarks})
