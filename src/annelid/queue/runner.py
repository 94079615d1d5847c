"""The runner: one worker after the other, until nothing waits."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from annelid import jobs
from annelid.alone import alone
from annelid.queue.entries import entries, folder_of, is_alive, note_death

_POLL_SECONDS = 0.5


def begin(root: Path) -> bool:
    """Start the runner of a project where there is work and none runs; it outlives this process.

    Returns:
        Whether one was started.
    """
    if not _open(root):
        return False
    with alone(_lock(root), 0) as is_free:
        pass
    if is_free:
        with (folder_of(root) / "queue.log").open("ab") as log:
            process = jobs.spawn([sys.executable, "-m", "annelid.queue", str(root.resolve())], log)
        threading.Thread(target=process.wait, daemon=True).start()  # else it would stay as a zombie
    return is_free


def work_off(root: Path) -> None:
    """Run what is queued, in order, and return; at once where another runner is at work."""
    while _open(root):  # looked at again without the lock: what is added now finds it free
        with alone(_lock(root), 0) as is_free:
            if not is_free:
                return
            for folder in _open(root):
                if (folder / "started").exists():
                    _wait_for(folder)
            while waiting := _open(root):
                _run(waiting[0])


def _lock(root: Path) -> Path:
    return folder_of(root) / "queue.lock"


def _open(root: Path) -> list[Path]:
    """Entries that wait, run, or were left by a runner that was killed."""
    return [
        folder for folder in entries(folder_of(root)) if not (folder / "result.json").exists() and _is_wanted(folder)
    ]


def _is_wanted(folder: Path) -> bool:
    return (folder / "started").exists() or not (folder / "stop").exists()


def _run(folder: Path) -> None:
    (folder / "started").touch()
    with (folder / "worker.log").open("ab") as log:
        process = jobs.spawn([sys.executable, "-m", "annelid.worker", str(folder)], log)
    code = process.wait()
    if not (folder / "result.json").exists():
        how = (
            f"its process was killed (signal {-code})"
            if code < 0
            else f"its process ended without a word (code {code})"
        )
        _bury(folder, how)


def _wait_for(folder: Path) -> None:
    """Wait for a worker that was started by a runner that is no more."""
    while not (folder / "result.json").exists() and (is_alive(folder) or _wakes(folder)):
        time.sleep(_POLL_SECONDS)
    if not (folder / "result.json").exists():
        _bury(folder, "its process was killed, or the computer was switched off")


def _wakes(folder: Path) -> bool:
    """Whether a worker that gave no sign of life was only asleep, as after a suspension of the computer."""
    time.sleep(2.5 * jobs.HEARTBEAT_SECONDS)
    return is_alive(folder)


def _bury(folder: Path, how: str) -> None:
    """Say what became of a worker that died; a training that it was following ends cleanly before the next begins."""
    run = _run_of(folder)
    if run is not None:
        while jobs.still_runs(run):
            jobs.stop(run)
    what = "resume goes on where it was" if run else f"queue it once more; {folder / 'worker.log'} may say why"
    note_death(folder, how, what)


def _run_of(folder: Path) -> Path | None:
    path = folder / "run"
    return folder.parent.parent / "runs" / path.read_text(encoding="utf-8").strip() if path.exists() else None
