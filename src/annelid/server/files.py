"""The page itself: index.html, modules, style sheets."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

import annelid

WEB = Path(annelid.__file__).parent / "web"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}


def _page(request: Request) -> Response:
    path = request.path_params["path"] or "index.html"
    found = contained(WEB, path)
    if found is None or found.suffix not in TYPES:
        return PlainTextResponse(f"there is no page {path[:200]}: Annelid begins at its first address\n", 404)
    return unless_known(request, found, TYPES[found.suffix])


def contained(folder: Path, path: str) -> Path | None:
    """The file that a path from a request means, links followed; None when it is none or lies elsewhere.

    Args:
        folder: what it has to lie in.
        path: with "/" between names, relative to the folder.
    """
    names = path.split("/")
    if any(name in ("", ".", "..") or set(name) & set("\\:\0") for name in names):
        return None
    home = os.path.realpath(folder)
    try:
        real = Path(os.path.realpath(Path(home, *names)))
        return real if real.is_file() and real.is_relative_to(home) else None
    except (OSError, ValueError):  # a name that is too long, or no text
        return None


def unless_known(request: Request, file: Path, media_type: str) -> Response:
    """A file's content, or 304 when the browser has it; it asks every time, so that an update is seen at once."""
    state = file.stat()
    tag = f'"{state.st_mtime_ns:x}-{state.st_size:x}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = [text.strip().removeprefix("W/") for text in request.headers.get("if-none-match", "").split(",")]
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(file.read_bytes(), media_type=media_type, headers=headers)


ROUTES: tuple[BaseRoute, ...] = (Route("/{path:path}", _page),)
