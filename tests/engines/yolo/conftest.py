"""Ultralytics reads its environment when it is imported: set it before any test module does that."""

from __future__ import annotations

import atexit
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from annelid.engines.yolo import environment

_PRIVATE = Path(tempfile.mkdtemp(prefix="annelid-tests-"))
atexit.register(shutil.rmtree, _PRIVATE, ignore_errors=True)
environment.isolate(_PRIVATE, trust=False)


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Iterator[None]:
    logger = logging.getLogger("ultralytics")
    before = list(logger.handlers)
    yield
    logger.handlers = before
