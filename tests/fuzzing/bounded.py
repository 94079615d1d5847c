"""A bound on memory, where the system lets one set it: a file of some bytes must not ask for gigabytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def bounded(more_bytes: int = 2**30) -> Iterator[None]:
    """Let the block take this much memory beyond what is taken now; `MemoryError` is raised beyond.

    Elsewhere than on Linux nothing is bounded.
    """
    if sys.platform != "linux":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + more_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
