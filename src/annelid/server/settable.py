"""What can be set for a training, and what would come of it: parameters, where to start, findings of the check."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid import engines
from annelid.engines.base import Engine, Parameter
from annelid.errors import UsageError
from annelid.project import Project
from annelid.server.desk import desk_of
from annelid.server.job_wish import refuse_paths
from annelid.server.reply import body_of, reply

SCRATCH = tuple(f"{family}{size}" for family in ("yolo11", "yolo26", "yolov8") for size in "nsmlx")
"""Architectures that are offered; others can be typed."""


def parameters(request: Request) -> Response:
    """``GET api/parameters``: engines with their parameters, and what a training can start from."""
    project = desk_of(request).project
    return reply(
        {
            "engines": [_engine(engines.get(name)) for name in engines.ENGINES],
            "models": [card.reference for card in reversed(project.models())],
            "weights": sorted(path.name for path in (project.library.folder / "fetched").glob("*.pt")),
        }
    )


def _engine(engine: Engine) -> dict[str, Any]:
    group, heads = "", []
    for name, parameter in engine.PARAMETERS.items():
        group = engine.GROUPS.get(name, group)
        heads.append(_parameter(name, parameter) | {"main": name in engine.MAIN, "group": group})
    order = {name: n for n, name in enumerate(engine.MAIN)}
    return {
        "name": engine.NAME,
        "health": engine.health(),
        "default": dict(engine.DEFAULT_MODEL),
        "architectures": list(SCRATCH) if engine.NAME == "yolo" else [],
        "parameters": sorted(heads, key=lambda each: order.get(each["name"], len(order))),
    }


def _parameter(name: str, parameter: Parameter) -> dict[str, Any]:
    kinds = (type(parameter.default), *parameter.also)
    return {
        "name": name,
        "meaning": parameter.meaning,
        "default": parameter.default,
        "low": parameter.low if math.isfinite(parameter.low) else None,
        "high": parameter.high if math.isfinite(parameter.high) else None,
        "usual": parameter.usual,
        "choices": list(parameter.choices),
        "kind": "switch"
        if kinds == (bool,)
        else "number"
        if {int, float} & set(kinds) and str not in kinds
        else "text",
    }


async def plan(request: Request) -> Response:
    """``POST api/plan``: ``{engine, model, params}``; what such a training would be made of."""
    asked = await body_of(request)
    return reply(await run_in_threadpool(_foreseen, desk_of(request).project, asked))


def _foreseen(project: Project, asked: Mapping[str, Any]) -> dict[str, Any]:
    params = asked.get("params") or {}
    if not isinstance(params, Mapping) or not all(isinstance(name, str) for name in params):
        raise UsageError("params has to be an object of names and values")
    if clash := params.keys() & {"model", "engine"}:
        raise UsageError(f"{min(clash)} is no parameter", next_step="it is named beside params")
    refuse_paths({**params, "model": asked.get("model")})
    model, engine = asked.get("model") or None, asked.get("engine") or "yolo"
    found = project.foresee(model=str(model) if model else None, engine=str(engine), **params).to_dict()
    return found | {"divided": vars(project.settings.split)}


def findings(request: Request) -> Response:
    """``GET api/findings?pixels=0``: what the data check finds; with ``pixels=1`` the images are looked at, too."""
    pixels = request.query_params.get("pixels") == "1"
    return reply(desk_of(request).project.check(pixels=pixels).to_dict())


ROUTES: tuple[BaseRoute, ...] = (
    Route("/parameters", parameters),
    Route("/plan", plan, methods=["POST"]),
    Route("/findings", findings),
)
