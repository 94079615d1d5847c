"""The project's classes: add, rename, merge, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid.errors import UsageError
from annelid.picture.pen import class_colour
from annelid.server.annotation import author_of
from annelid.server.desk import Desk, desk_of
from annelid.server.reply import body_of, reply
from annelid.server.wire import listed, text, unlike
from annelid.settings import check_classes


def _classes(request: Request) -> Response:
    return reply(_told(desk_of(request)))


def _told(desk: Desk) -> list[dict[str, Any]]:
    """``ClassInfo`` of types.js; reports draw the classes in the same colours."""
    counts = desk.summaries.by_class()
    names = desk.settings.classes
    return [{"name": name, "color": class_colour(n), "count": counts.get(name, 0)} for n, name in enumerate(names)]


async def _change(request: Request) -> Response:
    body = await body_of(request)
    return await run_in_threadpool(_changed, desk_of(request), body)


def _changed(desk: Desk, body: Mapping[str, Any]) -> Response:
    """Add classes, or map some to others; the answer is what there is now, and which views changed."""
    if ("add" in body) == ("map" in body):
        raise UsageError("expected either add or map", next_step='{"add": ["cell"]} or {"map": {"cel": "cell"}}')
    views: Mapping[str, int] = {}
    with desk.turn_to_write:
        if "add" in body:
            desk.project.add_classes(*_new(body["add"], desk.settings.classes))
        else:
            views = desk.project.map_classes(_mapping(body["map"]), author=author_of(body, desk))
    desk.changed()
    return reply({"classes": _told(desk), "views": views})


def _new(names: Any, known: tuple[str, ...]) -> list[str]:
    new = [text(f"add[{n}]", name).strip() for n, name in enumerate(listed("add", names))]
    check_classes(new)
    if there := [name for name in new if name in known]:
        raise UsageError(f"there is a class {there[0]!r} already", next_step="choose another name")
    return new


def _mapping(value: Any) -> dict[str, str | None]:
    if not isinstance(value, Mapping) or not value:
        raise unlike("map", '{"old": "new"} or {"old": null}', value)
    mapping = {old: None if new is None else text(f"map.{old}", new).strip() for old, new in value.items()}
    check_classes(sorted({new for new in mapping.values() if new is not None}))
    return mapping


ROUTES: tuple[BaseRoute, ...] = (
    Route("/classes", _classes),
    Route("/classes", _change, methods=["POST"]),
)
