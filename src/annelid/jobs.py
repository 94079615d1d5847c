"""A job is a folder: what to do, what happened so far, and what came of it.

    job.json       kind and arguments
    events.jsonl   one event per line, appended as it happens
    heartbeat      touched every few seconds while the worker lives
    stop           put there by whoever wants the job to end cleanly
    result.json    written once, at the end, whole
    worker.log     everything that the worker's libraries printed

The worker is a process of its own (``python -m annelid.worker FOLDER``): it outlives the terminal, the notebook and
the page that started it, and whoever likes can follow its events.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from annelid import atomic, errors
from annelid.oom import OomKills

HEARTBEAT_SECONDS = 2.0
LEAST_FREE = 2**20
"""With fewer bytes on the drive, a worker cannot even write what it failed of."""


@dataclass(frozen=True)
class Job:
    """What a worker is to do.

    Attributes:
        kind: ``train`` or ``predict``.
        folder: the job's folder.
        arguments: JSON values; what they are is the kind's affair.
    """

    kind: str
    folder: Path
    arguments: Mapping[str, Any]

    def write(self) -> None:
        """Write ``job.json``, making the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {"kind": self.kind, "arguments": dict(self.arguments)}
        atomic.write_text(self.folder / "job.json", json.dumps(content, indent=1))

    @classmethod
    def read(cls, folder: Path) -> Job:
        """Read ``job.json``.

        Raises:
            ProjectError: there is none, or it is broken.
        """
        try:
            content = json.loads((folder / "job.json").read_text(encoding="utf-8"))
            return cls(content["kind"], folder, content["arguments"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise errors.ProjectError(f"{folder} is not a job: {error}") from error


@dataclass(frozen=True)
class Event:
    """Something that happened in a job.

    Attributes:
        name: ``header``, ``log``, ``epoch``, ``batch``, ``progress``, ``note``; ``run`` names the run of a training.
        data: JSON values.
        time: seconds since the epoch (Unix time).
    """

    name: str
    data: Mapping[str, Any]
    time: float = field(default_factory=time.time)


def start(job: Job, python: str = sys.executable) -> subprocess.Popen[bytes]:
    """Start the worker of a written job; Ctrl-C in this terminal does not reach it."""
    for name in ("stop", "result.json"):
        (job.folder / name).unlink(missing_ok=True)
    with (job.folder / "worker.log").open("ab") as log:
        return spawn([python, "-m", "annelid.worker", str(job.folder)], log)


def spawn(command: Sequence[str], log: BinaryIO) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one and its terminal.

    Args:
        command: program and arguments.
        log: a file for what it prints.
    """
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    new_group = 0x200  # CREATE_NEW_PROCESS_GROUP
    detached: dict[str, Any] = {"creationflags": new_group} if os.name == "nt" else {"start_new_session": True}
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, **detached)


def follow(job: Job, process: subprocess.Popen[bytes], poll_seconds: float = 0.2) -> Iterator[Event]:
    """Events of a running job as they come, until the worker ends."""
    path, position = job.folder / "events.jsonl", _size(job.folder / "events.jsonl")
    while True:
        ended = process.poll() is not None
        lines, position = _new_lines(path, position)
        for line in lines:
            yield Event(line["event"], line["data"], line["time"])
        if ended:
            return
        time.sleep(poll_seconds)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _new_lines(path: Path, position: int) -> tuple[list[dict[str, Any]], int]:
    """Whole lines behind a position; a line that is still being written waits for its end.

    What a worker left half-written when it died is no event.
    """
    if _size(path) <= position:
        return [], position
    with path.open("rb") as file:
        file.seek(position)
        data = file.read()
    whole = data[: data.rfind(b"\n") + 1]
    read = (_event_in(line) for line in whole.splitlines())
    return [line for line in read if line is not None], position + len(whole)


def _event_in(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def events(folder: Path) -> list[Event]:
    """All events of a job so far."""
    return events_since(folder, 0)[0]


def events_since(folder: Path, position: int) -> tuple[list[Event], int]:
    """The events behind a byte of ``events.jsonl``, and the byte to go on from the next time."""
    lines, position = _new_lines(folder / "events.jsonl", position)
    return [Event(line["event"], line["data"], line["time"]) for line in lines], position


def stop(folder: Path) -> None:
    """Ask a job to end cleanly at its next chance."""
    (folder / "stop").touch()


def is_running(folder: Path) -> bool:
    """Whether the worker gave a sign of life lately."""
    heartbeat = folder / "heartbeat"
    return heartbeat.exists() and time.time() - heartbeat.stat().st_mtime < 5 * HEARTBEAT_SECONDS


def still_runs(folder: Path) -> bool:
    """Whether a worker is at work, for sure: one that was killed just now leaves a fresh heartbeat behind."""
    if (folder / "result.json").exists() or not is_running(folder):
        return False
    seen, deadline = (folder / "heartbeat").stat().st_mtime_ns, time.monotonic() + 2.5 * HEARTBEAT_SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.1)
        if (folder / "heartbeat").stat().st_mtime_ns != seen:
            return True
    return False


def result(job: Job, returncode: int | None, *, starved: bool = False) -> dict[str, Any]:
    """What a finished job returned.

    Args:
        job: the job.
        returncode: of its worker.
        starved: whether the system killed a process for want of memory just now.

    Raises:
        AnnelidError: what the worker raised.
        EngineError: the worker died without a word.
        OutOfMemory: it was killed for want of memory.
    """
    path = job.folder / "result.json"
    if not path.exists():
        raise _death(job, returncode, starved=starved)
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if content["ok"]:
        value: dict[str, Any] = content["value"]
        return value
    kind = getattr(errors, content["error"]["type"], errors.EngineError)
    if kind not in (errors.Interrupted, errors.UsageError, errors.OutOfMemory, errors.Bug):
        kind = errors.EngineError
    raise kind(content["error"]["message"], next_step=content["error"]["next_step"])


def _death(job: Job, returncode: int | None, *, starved: bool) -> errors.EngineError:
    log = job.folder / "worker.log"
    resume = f"annelid train --resume {job.folder.name} goes on" if job.kind == "train" else f"the log is in {log}"
    if returncode is not None and returncode < 0:
        if starved and returncode == -9:
            message = f"the system killed the {job.kind} process: the memory was full"
            return errors.OutOfMemory(message, next_step=f"close other programs; {resume}")
        return errors.EngineError(
            f"the {job.kind} process was killed (signal {-returncode}); on a full memory the system does that",
            next_step=f"{resume}, with --batch 4 in less memory" if job.kind == "train" else resume,
        )
    free = atomic.free_bytes(job.folder)
    if free is not None and free < LEAST_FREE:
        return errors.EngineError(
            f"the disk is full: {free:,} bytes are free in {job.folder}", next_step=f"free some of it; {resume}"
        )
    message = f"the {job.kind} process ended without a result (code {returncode})"
    return errors.EngineError(message, next_step=f"read {log}")


def run(job: Job, watch: Any = None) -> dict[str, Any]:
    """Write and start a job, follow it to its end and return its result.

    Ctrl-C asks the worker to stop cleanly; a second one leaves it to finish on its own.

    Args:
        job: the job.
        watch: called with every `Event`, or None.

    Raises:
        Interrupted: the user stopped it.
        AnnelidError: what the worker raised.
    """
    with all_or_nothing(job.folder) if not (job.folder / "job.json").exists() else nullcontext():
        job.write()
        process = start(job)
    followed, kills = follow(job, process), OomKills()
    while True:
        try:
            for event in followed:
                kills.look()
                if watch is not None:
                    watch(event)
            break
        except KeyboardInterrupt:
            if (job.folder / "stop").exists():
                raise errors.Interrupted("left alone; the worker stops by itself") from None
            stop(job.folder)
            followed = follow(job, process)
    return result(job, process.wait(), starved=kills.rose())


@contextmanager
def all_or_nothing(folder: Path) -> Iterator[None]:
    """A block that fills a new folder; when it fails (the disk is full), the folder goes."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def plain(value: Any) -> Any:
    """JSON values of whatever JSON can hold, text for the rest."""
    return json.loads(json.dumps(value, default=str))
