"""What is queued: the folders, what state they are in, how they come in and go."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from annelid import atomic, jobs
from annelid.errors import ProjectError, UsageError
from annelid.jobs import Job

KIND = "verb"
State = Literal["queued", "running", "finished", "failed", "interrupted", "removed"]
SECONDS_TO_START = 60.0
"""So long a worker may take from its start to its first heartbeat."""
_TAIL_BYTES = 8192


@dataclass(frozen=True)
class Queued:
    """A verb in the queue, or one that was there.

    Attributes:
        id: its number, ``0001``, ``0002`` ...: the order in which they are run.
        verb: name of a method of `annelid.project.Project`.
        arguments: what it is called with; images and sources by these names.
        state: ``interrupted`` when somebody stopped it or it was killed, ``removed`` when that was before its turn.
        stopping: whether it was asked to stop.
        added: Unix time in seconds.
        started: the same, or None.
        ended: the same, or None.
        run: name of the run of a training, or "".
        progress: ``what``, ``done``, ``of`` of the last event that has them; {} where there is none.
        error: ``type``, ``message``, ``next_step``; {} where there is none.
    """

    id: str
    verb: str
    arguments: Mapping[str, Any]
    state: State
    stopping: bool
    added: float
    started: float | None
    ended: float | None
    run: str
    progress: Mapping[str, Any]
    error: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def add(root: Path, verb: str, arguments: Mapping[str, Any]) -> Queued:
    """Put a verb at the end of the queue; `annelid.queue.begin` sees to it that it is run.

    Args:
        root: the project's folder.
        verb: ``train``, ``resume``, ``propose``, ``predict``, ``evaluate``, ``export``, ``check``, ``diagnose``.
        arguments: JSON values; paths are absolute or relative to the project.

    Raises:
        UsageError: there is no such verb, or it takes no such argument.
    """
    from annelid.queue.verbs import require  # the runner needs no verb, and stays small without

    require(verb, arguments)
    folder = folder_of(root)
    draft = folder / f".{uuid.uuid4().hex}"
    Job(KIND, draft, {"verb": verb, "arguments": jobs.plain(dict(arguments))}).write()
    return _read(_placed(draft, folder))


def _placed(draft: Path, folder: Path) -> Path:
    """The folder under the next number; whoever takes the same one at the same moment takes the next."""
    number = max((int(path.name) for path in entries(folder)), default=0) + 1
    while True:
        place = folder / f"{number:04}"
        try:
            return draft.rename(place)
        except OSError:
            if not place.exists():
                raise
            number += 1


def listed(root: Path, skip: Collection[str] = ()) -> list[Queued]:
    """Everything in the queue and what became of it, in order, but for some ids."""
    return [_read(folder) for folder in entries(folder_of(root)) if folder.name not in skip]


def find(root: Path, id: str) -> Queued:  # noqa: A002 - the name of the field
    """One entry.

    Raises:
        UsageError: there is none of that number.
    """
    return _read(_folder(root, id))


def result(root: Path, id: str) -> dict[str, Any]:  # noqa: A002
    """What a finished entry returned as JSON values; {} where it is not finished.

    Raises:
        UsageError: there is none of that number.
    """
    return _result(_folder(root, id)).get("value") or {}


def stop(root: Path, id: str) -> Queued:  # noqa: A002
    """Take a verb out of the queue; if it is running, ask it to end cleanly, as Ctrl-C does.

    Raises:
        UsageError: there is none of that number, or it is over.
    """
    folder = _folder(root, id)
    found = _read(folder)
    if found.state not in ("queued", "running"):
        raise UsageError(f"job {found.id} is {found.state} already", next_step="annelid jobs shows what there is")
    jobs.stop(folder)
    return _read(folder)


def resume(root: Path, id: str) -> Queued:  # noqa: A002
    """Queue what did not come to its end once more: a training goes on with its run.

    Raises:
        UsageError: there is none of that number, or it is waiting, running or finished.
    """
    found = find(root, id)
    if found.state not in ("interrupted", "failed", "removed"):
        raise UsageError(f"job {found.id} is {found.state}", next_step="annelid jobs shows what there is")
    if found.run:
        return add(root, "resume", {"run": found.run})
    return add(root, found.verb, found.arguments)


def folder_of(root: Path) -> Path:
    """Where the jobs of a project lie."""
    return root / "jobs"


def entries(folder: Path) -> list[Path]:
    """The folders of the queue, in order."""
    found = [path for path in folder.glob("[0-9]*") if path.name.isdecimal() and (path / "job.json").is_file()]
    return sorted(found, key=lambda path: int(path.name))


def _folder(root: Path, id: str) -> Path:  # noqa: A002
    wanted = id if id.isascii() and id.isdecimal() else "0"
    found = next((path for path in entries(folder_of(root)) if int(path.name) == int(wanted)), None)
    if found is None:
        raise UsageError(f"there is no job {id!r}", next_step="annelid jobs shows what there is")
    return found


def _read(folder: Path) -> Queued:
    job, result, started = Job.read(folder), _result(folder), folder / "started"
    run = folder / "run"
    return Queued(
        folder.name,
        str(job.arguments["verb"]),
        job.arguments["arguments"],
        state_of(folder, result),
        (folder / "stop").exists(),
        (folder / "job.json").stat().st_mtime,
        started.stat().st_mtime if started.exists() else None,
        (folder / "result.json").stat().st_mtime if result else None,
        run.read_text(encoding="utf-8").strip() if run.exists() else "",
        _progress(folder),
        result.get("error") or {},
    )


def state_of(folder: Path, result: Mapping[str, Any]) -> State:
    """The state of an entry, by what its folder holds."""
    if result:
        is_stopped = (result.get("error") or {}).get("type") == "Interrupted"
        return "finished" if result["ok"] else "interrupted" if is_stopped else "failed"
    if not (folder / "started").exists():
        return "removed" if (folder / "stop").exists() else "queued"
    return "running" if is_alive(folder) else "interrupted"


def is_alive(folder: Path) -> bool:
    """Whether a worker gave a sign of life lately, or was only just started."""
    if (folder / "heartbeat").exists():
        return jobs.is_running(folder)
    return time.time() - (folder / "started").stat().st_mtime < SECONDS_TO_START


def _result(folder: Path) -> dict[str, Any]:
    path = folder / "result.json"
    if not path.exists():
        return {}
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ProjectError(f"{path} is damaged: {error}", next_step=f"remove {folder}") from error
    return content


def _progress(folder: Path) -> dict[str, Any]:
    """How far it has come, by its last events."""
    path = folder / "events.jsonl"
    start = max(path.stat().st_size - _TAIL_BYTES, 0) if path.exists() else 0
    last: dict[str, Any] = {}
    for event in jobs.events_since(folder, start)[0]:
        if event.name in ("progress", "batch"):
            last = {key: event.data.get(key) for key in ("what", "done", "of")}
        elif event.name == "epoch":
            last = {"what": "epoch", "done": event.data.get("epoch"), "of": event.data.get("epochs")}
            last["seconds_left"] = event.data.get("seconds_left")
    return last


def note_death(folder: Path, message: str, next_step: str) -> None:
    """Write the result of a job whose worker cannot."""
    error = {"type": "Interrupted", "message": message, "next_step": next_step}
    atomic.write_text(folder / "result.json", json.dumps({"ok": False, "error": error}))
