"""``python -m annelid.worker FOLDER`` runs one job in this process: the only place where engines are imported."""

from __future__ import annotations

import importlib
import json
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from annelid import atomic
from annelid.errors import AnnelidError, Bug, OutOfMemory
from annelid.jobs import HEARTBEAT_SECONDS, Job

KINDS: Mapping[str, str] = {"train": "annelid.train", "predict": "annelid.predict", "verb": "annelid.queue.verbs"}
"""Kind of job -> module with a function ``work(job, report)`` that returns JSON values."""


def main(folder: Path) -> int:
    """Run the job of a folder and write its result.

    Returns:
        Exit code: 0 done, that of the error, or 3 for a bug (its traceback is in ``worker.log``).
    """
    job = Job.read(folder)
    _beat(folder / "heartbeat")
    with (folder / "events.jsonl").open("a", encoding="utf-8") as stream:
        if stream.tell():
            stream.write("\n")  # ends what the last worker left half-written

        def report(event: str, data: Mapping[str, Any]) -> None:
            stream.write(json.dumps({"time": time.time(), "event": event, "data": data}, default=_plain) + "\n")
            stream.flush()

        try:
            value = importlib.import_module(KINDS[job.kind]).work(job, report)
        except AnnelidError as error:
            if error.__cause__ is not None:
                traceback.print_exc()  # into the log, for whoever wants to know more than the sentence
            _write_error(folder, error, error.next_step)
            return error.exit_code
        except Exception as error:  # noqa: BLE001 - the last line of defence: a bug becomes a result, with its log
            outer = _outer_cause(error)
            if outer is not None:
                _write_error(folder, outer, outer.next_step)
                return outer.exit_code
            traceback.print_exc()
            _write_error(folder, error, f"this is a bug in Annelid; please report it with {folder / 'worker.log'}")
            return Bug.exit_code
    atomic.write_text(folder / "result.json", json.dumps({"ok": True, "value": value}, default=_plain))
    return 0


def _outer_cause(error: Exception) -> AnnelidError | None:
    """What the machine ran out of, as an error that says what to do; None for what may be a bug."""
    if isinstance(error, MemoryError):
        return OutOfMemory(f"the memory is full: {error}", next_step="close other programs and try again")
    return atomic.explained(error) if isinstance(error, OSError) else None


def _write_error(folder: Path, error: Exception, next_step: str) -> None:
    message = error.message if isinstance(error, AnnelidError) else f"{type(error).__name__}: {error}"
    kind = type(error) if isinstance(error, AnnelidError) else Bug
    content = {"type": kind.__name__, "message": message, "next_step": next_step}
    atomic.write_text(folder / "result.json", json.dumps({"ok": False, "error": content}))


def _beat(path: Path) -> None:
    """Touch a file every few seconds from a thread that ends with the process."""

    def beat() -> None:
        while path.parent.exists():
            with suppress(OSError):  # a network drive may be away for a moment
                path.touch()
            time.sleep(HEARTBEAT_SECONDS)

    path.touch()
    threading.Thread(target=beat, daemon=True).start()


def _plain(value: Any) -> Any:
    """NumPy scalars and paths as JSON has them."""
    return value.item() if hasattr(value, "item") else str(value)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
