"""Ultralytics reads its environment when it is imported: set it before any test module does that."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from annelid.engines.yolo import environment

_PRIVATE = Path(tempfile.mkdtemp(prefix="annelid-tests-"))
atexit.register(shutil.rmtree, _PRIVATE, ignore_errors=True)
environment.isolate(_PRIVATE, trust=False)
