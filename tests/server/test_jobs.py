"""The queue outlives the server and its runner: real processes, killed for real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests import small

from annelid import queue

TOKEN = "a-token-of-the-tests"


def served(root: Path) -> tuple[subprocess.Popen[str], httpx.Client]:
    """A server of its own on a free port, and who may ask it."""
    command = [sys.executable, "-m", "annelid", "-C", str(root), "serve", "--port", "0", "--token", TOKEN]
    process = subprocess.Popen([*command, "--no-open", "--json"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return process, httpx.Client(base_url=f"http://127.0.0.1:{told['port']}", headers=headers, timeout=30)


def until(true: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def runner_of(root: Path) -> int | None:
    """The process number of the runner of a project."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[1:4] == [b"-m", b"annelid.queue", str(root).encode()]:
            return int(place.parent.name)
    return None


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks processes up in /proc")
def test_the_queue_goes_on_when_the_server_and_then_the_runner_are_killed(tmp_path: Path) -> None:
    with small.project_of_discs(tmp_path / "project") as project:
        root = project.root
    process, client = served(root)
    with client:
        ids = [client.post("api/jobs", json={"verb": "check", "arguments": {}}).json()["id"] for _ in range(3)]
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
    until(lambda: queue.find(root, ids[0]).state == "finished")
    until(lambda: queue.find(root, ids[1]).state == "running")
    os.kill(until(lambda: runner_of(root)), signal.SIGKILL)
    until(lambda: runner_of(root) is None)
    process, client = served(root)  # finds the work, and starts a new runner
    try:
        until(lambda: queue.find(root, ids[2]).state == "finished")
    finally:
        client.close()
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    assert [queue.find(root, each).state for each in ids] == ["finished"] * 3
    times = [time or 0.0 for each in ids for time in (queue.find(root, each).started, queue.find(root, each).ended)]
    assert times == sorted(times), "two workers never run at once"
