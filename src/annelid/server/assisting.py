"""Clicks become outlines; proposals of whole images."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid.assist.base import Hints, Outline, Prompt
from annelid.assist.file_picture import FilePicture
from annelid.errors import ProjectError, UsageError
from annelid.geometry import Shape
from annelid.image import View
from annelid.server.desk import Desk, desk_of
from annelid.server.jobs import enqueue
from annelid.server.reply import body_of, reply
from annelid.server.view_ids import checked_plane, view_by_id


def _engines(request: Request) -> Response:
    """``GET api/assist``."""
    return reply([asdict(choice) for choice in desk_of(request).assistants.listed()])


async def _outline(request: Request) -> Response:
    """``POST api/assist/outline``: ``{view, plane, engine, points, box, zoom, channels, hints}``."""
    asked = await body_of(request)
    return await run_in_threadpool(lambda: reply(outlined(desk_of(request), asked)))


def outlined(desk: Desk, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The object that a prompt means.

    Args:
        desk: the server's.
        asked: ``view``, an id; ``points``, ``[x, y, 1 or 0]`` each; ``box``, ``[x1, y1, x2, y2]``; ``engine``, by
            default ``classical``; ``plane``, ``{t, z, projection}`` where it is not that of the view; ``zoom``, screen
            pixels for each image pixel; ``channels``, indices; ``hints``, ``{radius, spread}`` of objects like it.

    Returns:
        ``shape`` (rings along pixel edges, [] where nothing was found), ``kind``, ``score``, ``seconds``, ``engine``.

    Raises:
        UsageError: the prompt makes no sense.
        ProjectError: there is no such view.
        ImageError: the image cannot be read.
        EngineError: the engine can't work, or failed.
    """
    began = time.perf_counter()
    prompt = Prompt.of(asked.get("points") or [], asked.get("box"), asked.get("zoom"))
    name = str(asked.get("engine") or "classical")
    assistant, view = desk.assistants.get(name), _view(desk, asked)
    pixels, preprocessing = desk.pixels, desk.settings.preprocessing
    info, version = pixels.pyramids.of(view).info, pixels.version(view)
    reading = partial(pixels.images.reading, view)
    picture = FilePicture(reading, info, preprocessing, version, view.plane, _channels(asked))
    found = assistant.outline(picture, prompt, _hints(asked.get("hints")))
    return _answer(found, name, time.perf_counter() - began)


def _answer(found: Outline, engine: str, seconds: float) -> dict[str, Any]:
    shape = _rings(found.shape)
    return {"shape": shape, "kind": "mask", "score": found.score, "seconds": round(seconds, 4), "engine": engine}


def _rings(shape: Shape) -> list[list[list[float]]]:
    return [[ring.reshape(-1).tolist() for ring in part] for part in shape]


def _view(desk: Desk, asked: Mapping[str, Any]) -> View:
    """The view that is looked at: another plane than that which is annotated has other pixels."""
    view = view_by_id(desk.project.store, str(asked.get("view", "")))
    plane = asked.get("plane")
    if plane is None:
        return view
    try:
        t, z = int(plane.get("t", view.t)), int(plane.get("z", view.z))
        projection = str(plane.get("projection", view.projection) or "")
    except (AttributeError, TypeError, ValueError) as error:
        raise UsageError("plane: expected {t, z}", next_step="leave it out for that of the view") from error
    return checked_plane(View(view.image, t, z, view.scene), projection=projection)


def _channels(asked: Mapping[str, Any]) -> list[int]:
    given = asked.get("channels") or []
    if not isinstance(given, list) or not all(type(c) is int for c in given):
        raise UsageError("channels: expected a list of indices")
    return given


def _hints(given: Any) -> Hints:
    if given is None:
        return Hints()
    if not isinstance(given, Mapping):
        raise UsageError("hints: expected {radius, spread}")
    radius, spread = given.get("radius"), given.get("spread", 0.4)
    numbers = all(isinstance(v, int | float) and 0 < v < 1e6 for v in (radius or 1, spread))
    if not numbers:
        raise UsageError("hints: expected numbers above 0")
    return Hints(float(radius) if radius else None, min(max(float(spread), 0.2), 2.0))


async def _propose(request: Request) -> Response:
    """``POST api/proposals``: ``{views, model, conf}``; a job that proposes."""
    asked = await body_of(request)
    entry = await run_in_threadpool(proposed, desk_of(request), asked)
    return reply(entry, 201)


def proposed(desk: Desk, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Queue proposals for some views; without any, for all that nobody has reviewed.

    Raises:
        UsageError: there is no such image, all are reviewed already, or the confidence is none.
    """
    views, conf = asked.get("views") or [], asked.get("conf")
    if not isinstance(views, list):
        raise UsageError("views: expected a list of ids")
    ids, heads = list(map(str, views)), desk.project.store.heads()
    if missing := set(ids) - heads.keys():
        raise ProjectError(f"the project has no image {min(missing)}", next_step="go back to the list of images")
    if ids and all(heads[id_].state == "reviewed" for id_ in ids):
        step = "proposals are for what is not complete: reopen the image first"
        raise UsageError("these images are complete already", next_step=step)
    if conf is not None and not (isinstance(conf, int | float) and 0 <= conf <= 1):
        raise UsageError(f"conf: expected 0 to 1, found {conf!r:.40}")
    arguments: dict[str, Any] = {"model": str(asked.get("model") or "threshold"), "images": ids}
    if conf is not None:
        arguments["conf"] = float(conf)
    return enqueue(desk, "propose", arguments).to_dict()


ROUTES: tuple[BaseRoute, ...] = (
    Route("/assist", _engines),
    Route("/assist/outline", _outline, methods=["POST"]),
    Route("/proposals", _propose, methods=["POST"]),
)
