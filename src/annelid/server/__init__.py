"""The server of the browser annotator: HTTP around `Project`, and nothing that `Project` does not do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.routing import BaseRoute, Mount, Router

from annelid.server import (
    annotation,
    assisting,
    classes,
    exporting,
    files,
    images,
    importing,
    jobs,
    learned,
    live,
    pixels,
    preparing,
    project,
    uploads,
)
from annelid.server.access import Access
from annelid.server.desk import Desk
from annelid.server.reply import ERROR_HANDLERS, bug
from annelid.server.security import guarded

ROUTES: tuple[BaseRoute, ...] = (
    *project.ROUTES,
    *classes.ROUTES,
    *images.ROUTES,
    *pixels.ROUTES,
    *annotation.ROUTES,
    *live.ROUTES,
    *uploads.ROUTES,
    *importing.ROUTES,
    *preparing.ROUTES,
    *exporting.ROUTES,
    *assisting.ROUTES,
    *jobs.ROUTES,
    *learned.ROUTES,
)


def make_app(root: Path, access: Access, author: str = "") -> Starlette:
    """The ASGI application that serves one project.

    Args:
        root: the project's folder.
        access: who may ask: token, hosts, base path.
        author: name of the person who works here, where the page does not say another.

    Raises:
        ProjectError: the folder is not a project.
    """
    desk = Desk(root, author)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        jobs.watch(desk)
        yield
        desk.close()

    api = Router(ROUTES, redirect_slashes=False)  # where to: a proxy knows it better
    routes: list[BaseRoute] = [Mount("/api", api), *files.ROUTES]
    middleware = [*guarded(access), Middleware(ServerErrorMiddleware, handler=bug)]
    app = Starlette(routes=routes, exception_handlers=ERROR_HANDLERS, lifespan=lifespan, middleware=middleware)
    app.router.redirect_slashes = False
    app.state.desk, app.state.access = desk, access
    return app
