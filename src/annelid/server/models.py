"""The model library: cards with versions, what a bare name means."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid.models import Card, Library
from annelid.server.desk import desk_of
from annelid.server.reply import reply

_LONG = ("learned_from", "split")
"""Of every image something: not for a list."""


def listed(request: Request) -> Response:
    """``GET api/models``: every version, the newest first."""
    library = desk_of(request).project.library
    return reply([card_of(card, library) for card in reversed(library.cards())])


def card_of(card: Card, library: Library) -> dict[str, Any]:
    """A card without what is long, and whether its bare name means it."""
    content = {name: value for name, value in card.to_dict().items() if name not in _LONG}
    return content | {"promoted": library.promoted(card.name) == card.version}


def promote(request: Request) -> Response:
    """``POST api/models/REF/promote``: the bare name means this version from now on."""
    desk = desk_of(request)
    card = desk.project.library.promote(request.path_params["reference"])
    desk.tell("models", {"promoted": card.reference})
    return reply(card_of(card, desk.project.library))


def roll_back(request: Request) -> Response:
    """``POST api/models/NAME/rollback``: the bare name means the version before."""
    desk = desk_of(request)
    card = desk.project.library.roll_back(request.path_params["reference"])
    desk.tell("models", {"promoted": card.reference})
    return reply(card_of(card, desk.project.library))


ROUTES: tuple[BaseRoute, ...] = (
    Route("/models", listed),
    Route("/models/{reference}/promote", promote, methods=["POST"]),
    Route("/models/{reference}/rollback", roll_back, methods=["POST"]),
)
