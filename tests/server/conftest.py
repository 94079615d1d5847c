"""What the tests of the server share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.server.asking import asking


@pytest.fixture
def client(root: Path) -> Iterator[TestClient]:
    """Who may ask the server of the project that the module calls `root`."""
    with asking(root) as client:
        yield client
