"""The queue: train, propose, predict, export as jobs that outlive the page and the server."""

from __future__ import annotations

from starlette.routing import BaseRoute

ROUTES: tuple[BaseRoute, ...] = ()
