"""Where Node is: on PATH, or the one that Playwright brings along."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest


def node() -> str:
    """The program; the test is skipped where there is none."""
    on_path = shutil.which("node")
    if on_path:
        return on_path
    playwright = importlib.util.find_spec("playwright")
    if playwright is not None and playwright.origin:
        brought = Path(playwright.origin).parent / "driver" / "node"
        if brought.exists():
            return str(brought)
    pytest.skip("Node is neither on PATH nor in the playwright package")
