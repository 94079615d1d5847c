"""Ask a server in this process as its page does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from annelid.server import make_app
from annelid.server.access import Access

TOKEN = "a-token-of-the-tests"


@contextmanager
def asking(root: Path) -> Iterator[TestClient]:
    """A client that may ask the server of a project."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with TestClient(make_app(root, Access(TOKEN)), base_url="http://127.0.0.1", headers=headers) as client:
        yield client
