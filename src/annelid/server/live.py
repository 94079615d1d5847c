"""Server-sent events: what changed since.

A stream begins with ``hello``: whoever was away reads what it shows anew. ``view``, ``views`` and ``classes`` tell what
anybody wrote to the project, another program too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from annelid.server.bulletin import Bulletin, Event
from annelid.server.desk import desk_of
from annelid.server.reply import as_json

HEARTBEAT_SECONDS = 15.0
_RETRY_MS = 1000


async def _live(request: Request) -> Response:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(desk_of(request).bulletin), media_type="text/event-stream", headers=headers)


async def stream(bulletin: Bulletin, heartbeat: float = HEARTBEAT_SECONDS) -> AsyncIterator[bytes]:
    """The events of a bulletin as `text/event-stream`, until it is closed or nobody reads any more.

    Args:
        bulletin: where things are told.
        heartbeat: seconds without an event after which a comment keeps the connection open.
    """
    listener = bulletin.listen()
    try:
        yield f"retry: {_RETRY_MS}\n".encode() + _written(Event(0, "hello", {}))
        while True:
            try:
                event = await listener.next(heartbeat)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if event is None:
                return
            yield _written(event)
    finally:
        bulletin.leave(listener)


def _written(event: Event) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.number, event.name.encode(), as_json(event.data))


ROUTES: tuple[BaseRoute, ...] = (Route("/live", _live),)
