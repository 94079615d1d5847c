"""The worker's side of the queue: call a verb of the project, tell what happens, end when asked to."""

from __future__ import annotations

import _thread
import inspect
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from annelid import atomic, jobs, steps
from annelid.engines.base import Report
from annelid.errors import Interrupted, UsageError
from annelid.jobs import Event, Job
from annelid.project import Project

MANY: Mapping[str, str] = {
    "train": "",
    "resume": "",
    "propose": "images",
    "predict": "sources",
    "evaluate": "",
    "export": "",
    "check": "",
    "diagnose": "",
}
"""Verb -> the argument that is a list, and is given one by one."""
_WATCHED = ("train", "resume", "propose", "predict", "evaluate", "diagnose")
_SAY_SECONDS = 0.5
_POLL_SECONDS = 0.2


def require(verb: str, arguments: Mapping[str, Any]) -> None:
    """Refuse what could not be called.

    Raises:
        UsageError: there is no such verb, or it takes no such argument.
    """
    if verb not in MANY:
        raise UsageError(f"there is no verb {verb!r} to queue", next_step=f"choose one of {', '.join(MANY)}")
    many = MANY[verb]
    if not isinstance(arguments.get(many, []), list):
        raise UsageError(f"{verb}: {many} has to be a list", next_step="name one or more in a list")
    ordered, named = _split(verb, arguments)
    try:
        inspect.signature(getattr(Project, verb)).bind(None, *ordered, **named)
    except TypeError as error:
        known = ", ".join(_names(verb))
        raise UsageError(f"{verb}: {error}", next_step=f"it takes {known}") from error
    if "watch" in arguments:
        raise UsageError(
            f"{verb}: watch is no argument of a queued verb", next_step="leave it out: its events are kept"
        )


def _split(verb: str, arguments: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """What is given by its place, and what by name: before a list of many comes what the verb names before it."""
    named, many = dict(arguments), MANY[verb]
    values = named.pop(many, []) if many else []
    if not values:
        return [], named
    parameters = inspect.signature(getattr(Project, verb)).parameters.values()
    first = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]
    for lacking in (p.name for p in first if p.default is p.empty and p.name not in named):
        raise UsageError(f"{verb}: {lacking} is missing", next_step=f"it takes {', '.join(_names(verb))}")
    return [*(named.pop(p.name, p.default) for p in first), *values], named


def _names(verb: str) -> list[str]:
    return [name for name in inspect.signature(getattr(Project, verb)).parameters if name not in ("self", "watch")]


def work(job: Job, report: Report) -> dict[str, Any]:
    """Call the verb; what it returns as JSON values.

    Raises:
        Interrupted: it was asked to stop.
        AnnelidError: what the verb raises.
    """
    verb, arguments = str(job.arguments["verb"]), dict(job.arguments["arguments"])
    try:
        with _stoppable(job.folder), Project(job.folder.parent.parent) as project, steps.watched(_steps(report)):
            ordered, named = _split(verb, arguments)
            watch = {"watch": _watch(job.folder, report)} if verb in _WATCHED else {}
            return _plain(getattr(project, verb)(*ordered, **named, **watch))
    except KeyboardInterrupt:
        raise Interrupted(f"{verb} was stopped", next_step="queue it once more when it is wanted") from None


def _plain(value: Any) -> dict[str, Any]:
    """What a verb returned as a JSON object."""
    if isinstance(value, list):
        return {"findings": [jobs.plain(each.to_dict()) for each in value]}
    if hasattr(value, "to_dict"):
        return dict(jobs.plain(value.to_dict()))
    if isinstance(value, Mapping):
        return {"objects": jobs.plain(dict(value))}
    return {"losses": [jobs.plain(vars(loss)) for loss in value or ()]}


def _watch(folder: Path, report: Report) -> Callable[[Event], None]:
    """Keeps the events of a verb; those of one kind at most twice a second."""
    said: dict[str, float] = {}

    def watch(event: Event) -> None:
        if event.name == "run":
            atomic.write_text(folder / "run", str(event.data["run"]))
        if event.name in ("batch", "progress") and event.data.get("done") != event.data.get("of"):
            if time.monotonic() - said.get(event.name, 0.0) < _SAY_SECONDS:
                return
            said[event.name] = time.monotonic()
        if event.name != "header":
            report(event.name, event.data)

    return watch


def _steps(report: Report) -> steps.Watcher:
    watch = {"said": 0.0}

    def step(what: str, done: int, of: int) -> None:
        if done == of or time.monotonic() - watch["said"] >= _SAY_SECONDS:
            watch["said"] = time.monotonic()
            report("progress", {"what": what, "done": done, "of": of})

    return step


@contextmanager
def _stoppable(folder: Path) -> Iterator[None]:
    """A block in which the file ``stop`` in a folder is what Ctrl-C is in a terminal: once, and nothing afterwards."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever was started in the background ignores it
    over, lock = threading.Event(), threading.Lock()

    def look() -> None:
        while not over.wait(_POLL_SECONDS):
            with lock:
                if not over.is_set() and (folder / "stop").exists():
                    _interrupt()
                    return

    threading.Thread(target=look, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            over.set()


def _interrupt() -> None:
    """Ctrl-C for the main thread, which may be asleep."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()
