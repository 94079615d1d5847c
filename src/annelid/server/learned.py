"""What was learned, and what of: runs, their mistakes, models, and what can be set for a training."""

from __future__ import annotations

from starlette.routing import BaseRoute

from annelid.server import mistakes, models, runs, settable

ROUTES: tuple[BaseRoute, ...] = (*runs.ROUTES, *mistakes.ROUTES, *models.ROUTES, *settable.ROUTES)
