"""Raw typed tiles, display ranges, histograms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid.errors import ProjectError
from annelid.image import View
from annelid.readers.base import Pixels
from annelid.server import levels
from annelid.server.desk import desk_of
from annelid.server.pixel_desk import PixelDesk
from annelid.server.pixel_facts import facts_of, wire_dtype
from annelid.server.pyramid import Pyramid
from annelid.server.reply import reply
from annelid.server.view_ids import checked_plane

_FOREVER = "private, max-age=31536000, immutable"
_PATIENCE_SECONDS = 0.3
"""A page rather shows a part now."""
_ASK_AGAIN = "private, no-cache"


def _facts(request: Request) -> Response:
    desk = desk_of(request)
    view = _view(request, desk.pixels)
    return reply(facts_of(view, desk.pixels.pyramids.of(view), desk.pixels.version(view), desk.id))


async def _tile(request: Request) -> Response:
    pixels = desk_of(request).pixels
    async with pixels.turn(request.path_params["id"]):
        if await request.is_disconnected():  # the page went on to another place meanwhile
            return Response(status_code=499)
        return await run_in_threadpool(_answer, request, pixels)


def _answer(request: Request, pixels: PixelDesk) -> Response:
    view = _view(request, pixels)
    version = pixels.version(view)
    level, x, y = (request.path_params[name] for name in ("level", "x", "y"))
    chosen = request.query_params.get("c", "")
    tag = f'"{version}-{view.suffix}-{level}-{x}-{y}-{chosen}"'
    is_lasting = request.query_params.get("v") == version
    headers = {"ETag": tag, "Cache-Control": _FOREVER if is_lasting else _ASK_AGAIN}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    pyramid = pixels.pyramids.of(view)
    _check_tile(pyramid, level, x, y)
    channels = _channels(chosen, len(pyramid.info.channels))
    found, is_whole = pyramid.tile(level, x, y, _PATIENCE_SECONDS)
    planes = _planar(found, channels)
    if not is_whole:
        headers = {"Cache-Control": "no-store", "X-Annelid-Partial": "1"}
    headers |= {"X-Annelid-Dtype": planes.dtype.name, "X-Annelid-Shape": ",".join(map(str, planes.shape))}
    if planes.dtype.name != pyramid.info.dtype:
        headers["X-Annelid-Stored-Dtype"] = pyramid.info.dtype
    return Response(planes.tobytes(), media_type="application/octet-stream", headers=headers)


def _view(request: Request, pixels: PixelDesk) -> View:
    """The view of a request's address, on the plane that it may ask for instead."""
    view = pixels.view(request.path_params["id"])
    asked = request.query_params
    t, z = (_index(asked.get(name), name, getattr(view, name)) for name in ("t", "z"))
    projection = asked.get("projection", "" if "z" in asked else view.projection)
    return checked_plane(replace(view, t=t, z=0 if projection else z), projection=projection)


def _index(text: str | None, name: str, default: int) -> int:
    if text is None:
        return default
    if not text.isdecimal():
        raise ProjectError(f"there is no {name} {text!r}", next_step="planes are counted from 0")
    return int(text)


def _check_tile(pyramid: Pyramid, level: int, x: int, y: int) -> None:
    size = pyramid.info.size_wh
    if not levels.has_tile(size, level, x, y):
        raise ProjectError(
            f"there is no tile {x}, {y} of level {level}: the image of {size[0]} x {size[1]} pixels has the levels "
            f"0 to {levels.level_count(size) - 1}, in tiles of {levels.TILE}",
            next_step="ask for the facts of its pixels again: perhaps the file has changed",
        )


def _channels(text: str, count: int) -> Sequence[int]:
    """The numbers in ``0,2``; all for "".

    Raises:
        ProjectError: one is no channel of the image.
    """
    if not text:
        return range(count)
    numbers = text.split(",")
    if not all(number.isdecimal() and int(number) < count for number in numbers):
        raise ProjectError(f"there are no channels {text}", next_step=f"they are counted from 0 to {count - 1}")
    return [int(number) for number in numbers]


def _planar(pixels: Pixels, channels: Sequence[int]) -> Pixels:
    """Pixels ``[y, x, c]`` as they travel: ``[c, y, x]``, little-endian."""
    dtype = np.dtype(wire_dtype(pixels.dtype.name)).newbyteorder("<")
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[list(channels)], dtype)


ROUTES: tuple[BaseRoute, ...] = (
    Route("/views/{id}/pixels", _facts),
    Route("/views/{id}/tiles/{level:int}/{x:int}/{y:int}", _tile),
)
