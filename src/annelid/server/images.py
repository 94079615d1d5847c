"""Images: one line about each, and what they look like."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid.errors import UsageError
from annelid.server.desk import Desk, desk_of
from annelid.server.reply import reply
from annelid.server.thumbnails import SIDES, thumbnail
from annelid.server.view_ids import view_by_id


def _views(request: Request) -> Response:
    return reply(desk_of(request).summaries.all())


def _view(request: Request) -> Response:
    desk = desk_of(request)
    return reply(desk.summaries.one(view_by_id(desk.project.store, request.path_params["view"])))


async def _thumbnail(request: Request) -> Response:
    desk = desk_of(request)
    async with desk.thumbnail_turn:  # many large images at once would leave no thread to those who save
        return await run_in_threadpool(_small, desk, request)


def _small(desk: Desk, request: Request) -> Response:
    size = request.query_params.get("size", "160")
    if not size.isdecimal() or not SIDES[0] <= int(size) <= SIDES[1]:
        raise UsageError(f"size: expected {SIDES[0]} to {SIDES[1]}, found {size!r:.40}")
    view = view_by_id(desk.project.store, request.path_params["view"])
    made = thumbnail(view, desk.project.root, desk.settings.preprocessing, int(size))
    headers = {"ETag": f'"{made.key}"', "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(made.jpeg(), media_type="image/jpeg", headers=headers)


ROUTES: tuple[BaseRoute, ...] = (
    Route("/views", _views),
    Route("/views/{view}", _view),
    Route("/views/{view}/thumbnail", _thumbnail),
)
