from __future__ import annotations

from pathlib import Path

import pytest

from annelid import oom
from annelid.oom import OomKills, kills


def count(system: Path, place: str, number: int) -> None:
    """Write a counter as the kernel does, among others."""
    path = system / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"oom 7\nunder_oom 0\noom_kill {number}\noom_group_kill 9\n", encoding="ascii")


def group(system: Path, line: str) -> None:
    (system / "proc/self").mkdir(parents=True, exist_ok=True)
    (system / "proc/self/cgroup").write_text(f"1:cpu:/other\n{line}\n", encoding="ascii")


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("0::/user.slice/session-2.scope", "sys/fs/cgroup/user.slice/session-2.scope/memory.events"),
        ("0::/", "sys/fs/cgroup/memory.events"),
        ("0::/a/of/the/host", "sys/fs/cgroup/memory.events"),
        ("4:memory:/docker/abc", "sys/fs/cgroup/memory/docker/abc/memory.oom_control"),
        ("4:hugetlb,memory:/docker/abc", "sys/fs/cgroup/memory/memory.oom_control"),
        ("0::/", "proc/vmstat"),
    ],
)
def test_the_count_is_that_of_the_own_group_else_of_the_machine(tmp_path: Path, line: str, place: str) -> None:
    assert kills(tmp_path) is None
    count(tmp_path, "proc/vmstat", 100)
    group(tmp_path, line)
    count(tmp_path, place, 3)
    assert kills(tmp_path) == 3


def test_a_kill_within_the_window_is_told_from_earlier_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("annelid.oom.time.monotonic", lambda: now[0])
    count(tmp_path, "proc/vmstat", 5)
    seen = OomKills(tmp_path)
    assert not seen.rose()
    count(tmp_path, "proc/vmstat", 6)
    seen.look()
    assert seen.rose()
    for _ in range(2):  # long after that somebody kills the process
        now[0] += oom.WINDOW_SECONDS + 1
        seen.look()
    assert not seen.rose()


def test_where_nobody_counts_nothing_is_taken_for_a_want_of_memory(tmp_path: Path) -> None:
    seen = OomKills(tmp_path)
    count(tmp_path, "proc/vmstat", 1)
    assert not seen.rose()
