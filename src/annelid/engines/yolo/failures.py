"""What made a training fail, as an error that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from annelid import atomic
from annelid.errors import AnnelidError, EngineError, OutOfMemory

_NO_MEMORY = re.compile(
    r"out of memory|(not enough|insufficient) memory|can(no|')t allocate memory|bad_alloc"
    r"|CUBLAS_STATUS_ALLOC_FAILED|unable to find an engine",
    re.IGNORECASE,
)
_TORN_FILE = re.compile(r"PytorchStreamWriter failed|unexpected pos \d+ vs", re.IGNORECASE)
"""What PyTorch says when a file takes no more."""
_SAID_BY_LIBRARIES = (RuntimeError, ValueError, OSError, ImportError, TypeError, AssertionError, MemoryError, cv2.error)


@contextmanager
def explained(out: Path) -> Iterator[None]:
    """Turn what the libraries raise in a block into errors that name cause and remedy.

    Args:
        out: the run folder.

    Raises:
        OutOfMemory: memory is full.
        EngineError: anything else that went wrong.
    """
    try:
        yield
    except AnnelidError as error:
        if atomic.is_full(error):
            raise _disk_full(out) from error
        raise
    except _SAID_BY_LIBRARIES as error:
        raise _told(error, out) from error


def _told(error: Exception, out: Path) -> EngineError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    if atomic.is_full(error) or _TORN_FILE.search(str(error)):
        return _disk_full(out)
    if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)):
        step = f"close other programs; annelid train --resume {out.name} --batch N goes on with N images at once"
        return OutOfMemory(f"the memory is full ({reason})", next_step=step)
    return EngineError(f"YOLO training failed: {reason}", next_step=f"more is in {out / 'worker.log'}")


def _disk_full(out: Path) -> EngineError:
    free = atomic.free_bytes(out)
    room = "" if free is None else f", where {free:,} bytes are free"
    kept = "the last epoch that was kept is whole" if (out / "weights" / "last.pt").is_file() else "no epoch was kept"
    return EngineError(
        f"the disk is full: {out} could not be written{room}; {kept}",
        next_step=f"free some disk space, then annelid train --resume {out.name}",
    )
