"""A process that tells one run to one tracker, from where it stopped before, until the run is over."""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from annelid import jobs
from annelid.alone import alone
from annelid.engines.base import Report
from annelid.errors import AnnelidError
from annelid.tracking import get
from annelid.tracking.catch_up import Telling
from annelid.tracking.sent import FOLDER, Sent, path_of

POLL_SECONDS = 3.0
RETRY_SECONDS = 60.0
"""After a failure; a server that was restarted is there again."""
LAST_SECONDS = 60.0
"""So long a finished training waits for its trackers; they go on by themselves."""


def start(folder: Path, name: str) -> subprocess.Popen[bytes]:
    """Start the process of a tracker; what its libraries print goes to ``tracking/NAME.log``.

    Args:
        folder: the run.
        name: the tracker.
    """
    (folder / FOLDER).mkdir(exist_ok=True)
    with path_of(folder, name, ".log").open("ab") as log:
        return jobs.spawn([sys.executable, "-m", "annelid.tracking", str(folder), name], log)


@contextmanager
def followed(folder: Path, names: Sequence[str], report: Report) -> Iterator[Report]:
    """A training whose events trackers follow; what goes wrong with one of them is said once, and changes nothing.

    Args:
        folder: the run.
        names: of the trackers.
        report: where the events go.

    Yields:
        What to report events to.
    """
    said: set[str] = set()

    def say(name: str, problem: str) -> None:
        said.add(name)
        report("log", {"text": f"tracker {name}: {problem}; the training goes on", "level": "WARNING"})

    def passed_on(event: str, data: Mapping[str, Any]) -> None:
        report(event, data)
        if event == "epoch":
            for name in set(names) - said:
                if problem := Sent.read(folder, name).problem:
                    say(name, problem)

    processes = []
    for name in names:
        try:
            processes.append(start(folder, name))
        except OSError as error:
            say(name, f"its process could not be started ({error})")
    yield passed_on


def begin(folder: Path, names: Sequence[str]) -> dict[str, Sent]:
    """Let trackers follow a run that goes on.

    Returns:
        Tracker -> how far it had come before.
    """
    for name in names:
        start(folder, name).returncode = 0  # left to itself
    return {name: Sent.read(folder, name) for name in names}


def finish(folder: Path, names: Sequence[str], seconds: float = LAST_SECONDS) -> dict[str, Sent]:
    """Tell trackers what is new about a run, and how it went.

    Args:
        folder: the run.
        names: of the trackers.
        seconds: how long to wait for them; those that take longer go on by themselves.

    Returns:
        Tracker -> how far it has come; `Sent.problem` says why not to the end.
    """
    processes = {name: start(folder, name) for name in names}
    deadline = time.monotonic() + seconds
    return {name: _outcome(folder, name, process, deadline) for name, process in processes.items()}


def _outcome(folder: Path, name: str, process: subprocess.Popen[bytes], deadline: float) -> Sent:
    try:
        code = process.wait(max(0.0, deadline - time.monotonic()))
        problem = f"it failed; read {path_of(folder, name, '.log')}" if code else ""
    except subprocess.TimeoutExpired:
        process.returncode = 0  # left to itself
        problem = "it takes long, and goes on by itself"
    sent = Sent.read(folder, name)
    sent.problem = sent.problem or problem
    return sent


def follow(folder: Path, name: str, poll_seconds: float = POLL_SECONDS) -> int:
    """Tell a run to a tracker until the run is over; waits while another process does.

    Args:
        folder: the run.
        name: the tracker.
        poll_seconds: how often to look for something new.

    Returns:
        Exit code: 0 when everything was told.
    """
    with alone(path_of(folder, name, ".lock")):
        telling, again = Telling(folder, get(name)), 0.0
        while True:
            over = _is_over(folder)
            if over or time.monotonic() >= again:
                fine = _tried(telling, over=over)
                again = 0.0 if fine else time.monotonic() + RETRY_SECONDS
            if over:
                return 0 if fine else 1
            time.sleep(poll_seconds)


def _tried(telling: Telling, *, over: bool) -> bool:
    try:
        telling.catch_up(ended=over)
    except Exception as error:  # noqa: BLE001 - trackers raise what they like; it is noted, and tried again
        traceback.print_exc()  # into its log
        with suppress(OSError, AnnelidError):  # a disk that is full takes no note either; the exit code says it
            telling.give_up(_sentence(error))
        return False
    return True


def _sentence(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


def _is_over(folder: Path) -> bool:
    """Whether nothing more comes: there is a result, or the worker is dead (not only asleep, as after a suspension)."""
    if (folder / "result.json").exists():
        return True
    return not jobs.is_running(folder) and not _wakes(folder)


def _wakes(folder: Path) -> bool:
    time.sleep(2.5 * jobs.HEARTBEAT_SECONDS)
    return jobs.is_running(folder)
