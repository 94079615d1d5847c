"""The project as a whole: what the first page shows, preview of the preprocessing, the demo."""

from __future__ import annotations

from starlette.routing import BaseRoute

ROUTES: tuple[BaseRoute, ...] = ()
