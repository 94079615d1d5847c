"""A block that one process at a time is in; the lock of one that dies is free again, on every system."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

FOREVER = 2e6
"""Weeks, in seconds; SQLite counts milliseconds in 31 bits."""


@contextmanager
def alone(path: Path, seconds: float = FOREVER) -> Iterator[bool]:
    """Wait until no other process is in a block of the same lock.

    Args:
        path: file of the lock; it is made, and stays.
        seconds: how long to wait.

    Yields:
        Whether this process is alone now; False when another one did not leave in time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=seconds, isolation_level=None)) as connection:
        yield _begun(connection)


def _begun(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return False
        raise
    return True
