"""The queue: train, propose, predict, export as jobs that outlive the page and the server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid import queue
from annelid.errors import UsageError
from annelid.locate import locate
from annelid.project import Project
from annelid.queue import Queued
from annelid.server.bulletin import Told
from annelid.server.desk import Desk, desk_of
from annelid.server.job_wish import require_sense
from annelid.server.reply import body_of, reply
from annelid.server.runs import folder_of_run
from annelid.train import safe_name


def listed(request: Request) -> Response:
    """``GET api/jobs``: the queue, in order."""
    root = desk_of(request).project.root
    return reply([entry.to_dict() for entry in queue.listed(root)])


def one(request: Request) -> Response:
    """``GET api/jobs/ID``: one entry, with its result."""
    root = desk_of(request).project.root
    entry = queue.find(root, request.path_params["id"])
    return reply(entry.to_dict() | {"result": queue.result(root, entry.id)})


async def add(request: Request) -> Response:
    """``POST api/jobs``: ``{verb, arguments}``; the entry."""
    asked = await body_of(request)
    verb, arguments = asked.get("verb"), asked.get("arguments", {})
    if not isinstance(verb, str) or not isinstance(arguments, dict):
        raise UsageError("a job is a verb and its arguments", next_step='send {"verb": "check", "arguments": {}}')
    entry = await run_in_threadpool(enqueue, desk_of(request), verb, arguments)
    return reply(entry.to_dict(), 201)


def enqueue(desk: Desk, verb: str, arguments: Mapping[str, Any]) -> Queued:
    """Queue what a page asks for and have it begun.

    Args:
        desk: the server's.
        verb: see `annelid.queue.add`.
        arguments: see `annelid.server.job_wish.ALLOWED`; ``images`` are ids of views, ``name`` is a new folder's in
            ``predictions/`` or ``exports/``.

    Raises:
        UsageError: there is no such verb, a page may not ask that, or a value is wrong.
        EngineError: the engine of a training is not installed.
    """
    require_sense(desk.project, verb, arguments)
    root = desk.project.root
    entry = queue.add(root, verb, _arguments(desk.project, verb, dict(arguments)))
    queue.begin(root)
    desk.changed()
    return entry


def _arguments(project: Project, verb: str, given: dict[str, Any]) -> dict[str, Any]:
    if verb == "predict":
        given["sources"] = [str(path) for path in _files(project, given.pop("images", []))]
        given["out"] = _new_folder(project, "predictions", given.pop("name", "") or given.get("model", ""))
    if verb == "export":
        given["out"] = _new_folder(project, "exports", given.pop("name", "") or given.get("format", "coco"))
    if verb in ("resume", "diagnose"):
        given["run"] = folder_of_run(project.root, str(given.get("run", ""))).name
    return given


def _new_folder(project: Project, kind: str, wish: Any) -> str:
    """A folder that is not there yet, and that no job in the queue is about to make."""
    taken = {str(entry.arguments.get("out")) for entry in queue.listed(project.root)}
    name, folder = safe_name(str(wish).replace("@", "-"))[:60], project.root / kind
    places = (folder / (name if n == 1 else f"{name}-{n}") for n in itertools.count(1))
    return next(str(place) for place in places if str(place) not in taken and not place.exists())


def _files(project: Project, ids: Any) -> list[Path]:
    """The files of some views, each once; of every image where none is named."""
    if not isinstance(ids, list):
        raise UsageError("images has to be a list of ids of views")
    views = project.store.views(map(str, ids)) if ids else project.store.views()
    if missing := set(map(str, ids)) - {view.id for view in views}:
        raise UsageError(f"the project has no image {min(missing)}", next_step="GET api/views lists what there is")
    return list(dict.fromkeys(locate(view.image, project.root) for view in views))


def stop(request: Request) -> Response:
    """``POST api/jobs/ID/stop``."""
    desk = desk_of(request)
    entry = queue.stop(desk.project.root, request.path_params["id"])
    desk.changed()
    return reply(entry.to_dict())


def resume(request: Request) -> Response:
    """``POST api/jobs/ID/resume``: once more, at the end of the queue."""
    desk = desk_of(request)
    entry = queue.resume(desk.project.root, request.path_params["id"])
    queue.begin(desk.project.root)
    desk.changed()
    return reply(entry.to_dict(), 201)


class News:
    """What is new in the queue since it was asked last: a source of live events."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._told: dict[str, dict[str, Any]] = {}
        self._runs: dict[str, str] = {}

    def __call__(self) -> Iterator[Told]:
        """Every entry that is not as it was."""
        for entry in queue.listed(self._root, skip=self._over()):
            now = entry.to_dict()
            if now != self._told.get(entry.id):
                self._told[entry.id] = now
                yield "job", now
            if entry.run and self._runs.get(entry.run) != f"{entry.id} {entry.state}":
                self._runs[entry.run] = f"{entry.id} {entry.state}"
                yield "run", {"name": entry.run, "state": entry.state}

    def _over(self) -> set[str]:
        return {id_ for id_, entry in self._told.items() if entry["ended"] is not None or entry["state"] == "removed"}


def watch(desk: Desk) -> None:
    """Go on with what was queued when the server was last there, and tell pages what becomes of the queue."""
    queue.begin(desk.project.root)
    desk.add_source(News(desk.project.root))


ROUTES: tuple[BaseRoute, ...] = (
    Route("/jobs", listed),
    Route("/jobs", add, methods=["POST"]),
    Route("/jobs/{id}", one),
    Route("/jobs/{id}/stop", stop, methods=["POST"]),
    Route("/jobs/{id}/resume", resume, methods=["POST"]),
)
