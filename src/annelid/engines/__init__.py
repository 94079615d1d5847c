"""The engines that train and predict, by name; each is a module of the form `annelid.engines.base.Engine`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import cast

from annelid.engines.base import Engine
from annelid.errors import EngineError, UsageError

ENGINES: Mapping[str, str] = {
    "yolo": "annelid.engines.yolo",
    "threshold": "annelid.engines.threshold",
}
UNTRAINED: Mapping[str, str] = {"sam": "annelid.engines.sam"}
"""Those that only predict, with weights of others."""


def get(name: str) -> Engine:
    """The engine of a name, imported now.

    Raises:
        UsageError: there is no such engine.
    """
    known = {**ENGINES, **UNTRAINED}
    if name not in known:
        raise UsageError(f"there is no engine {name!r}", next_step=f"choose one of {', '.join(ENGINES)}")
    return cast("Engine", importlib.import_module(known[name]))


def ready(name: str) -> Engine:
    """The engine of a name, installed.

    Raises:
        UsageError: there is no such engine.
        EngineError: what it needs is not installed; the message says what to type.
    """
    engine = get(name)
    problem = engine.health()
    if problem:
        raise EngineError(problem)
    return engine
