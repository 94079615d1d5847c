"""The project as a whole: what the first page shows."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

import annelid
from annelid.server.desk import Desk, desk_of
from annelid.server.reply import reply


def _project(request: Request) -> Response:
    desk = desk_of(request)
    settings, states = desk.settings, _states(desk)
    return reply(
        {
            "id": desk.id,
            "name": desk.project.root.name,
            "root": str(desk.project.root),
            "version": annelid.__version__,
            "author": desk.author,
            "classes": settings.classes,
            "states": states,
            "n_images": sum(states.values()),
            "n_objects": sum(desk.summaries.by_class().values()),
            "preprocessing": settings.preprocessing.to_dict(),
            "split": {**vars(settings.split), "parts": _parts(desk)},
            "is_empty": not any(states.values()),
            "is_read_only": desk.project.store.journal_mode == "off",
        }
    )


def _states(desk: Desk) -> dict[str, int]:
    states = [head.state for head in desk.project.store.heads().values()]
    return {state: states.count(state) for state in ("new", "draft", "reviewed")}


def _parts(desk: Desk) -> dict[str, int]:
    """Part -> number of images; empty before the images are divided."""
    split = desk.project.store.last_split()
    placed = list(split.get("parts", {}).values()) if split else []
    return {part: placed.count(part) for part in ("train", "val", "test") if part in placed}


ROUTES: tuple[BaseRoute, ...] = (Route("/project", _project),)
