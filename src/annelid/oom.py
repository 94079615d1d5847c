"""Tell a process that the system killed for want of memory from one that a person killed.

Both die of signal 9. The kernel counts the first kind: for the group of processes that this one is in (a container, a
session), else for the whole machine.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

WINDOW_SECONDS = 10.0
"""A count that rose at most so long (or twice as long) before a death is taken for its cause."""


class OomKills:
    """How many processes were killed for want of memory lately; look at it now and then while a process runs."""

    def __init__(self, system: Path = Path("/")) -> None:
        self._system = system
        self._older = self._newer = kills(system)
        self._since = time.monotonic()

    def look(self) -> None:
        """Remember the count, so that only what is added from now on (give or take the window) is taken as late."""
        if time.monotonic() - self._since > WINDOW_SECONDS:
            self._older, self._newer = self._newer, kills(self._system)
            self._since = time.monotonic()

    def rose(self) -> bool:
        """Whether one was killed within the window; False where nobody counts (Windows, macOS)."""
        now = kills(self._system)
        return self._older is not None and now is not None and now > self._older


def kills(system: Path = Path("/")) -> int | None:
    """The kernel's count for this process's group, else for the machine; None where there is none."""
    for path in _counters(system):
        try:
            found = re.search(r"^oom_kill (\d+)$", path.read_text(encoding="ascii", errors="replace"), re.MULTILINE)
        except OSError:
            continue
        if found:
            return int(found[1])
    return None


def _counters(system: Path) -> Iterator[Path]:
    """Where the count may be: control groups (2, 1), where containers see them, the machine."""
    groups = system / "sys/fs/cgroup"
    try:
        lines = (system / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        inside = path.strip("/")
        if not controllers:
            yield groups / inside / "memory.events"
        elif "memory" in controllers.split(","):
            yield groups / "memory" / inside / "memory.oom_control"
    yield groups / "memory.events"
    yield groups / "memory/memory.oom_control"
    yield system / "proc/vmstat"
