"""Recognising network drives from the table of mounts."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from annelid.store import drive

LINUX = "/dev/sda1 / ext4 rw 0 0\nserver:/lab /mnt/lab nfs4 rw 0 0\n//s/x /mnt/my\\040share cifs rw 0 0\n"
MACOS = "/dev/disk1 on / (apfs, local)\n//ann@server/lab on /Volumes/lab data (smbfs, nodev, nosuid)\n"


@pytest.mark.parametrize(
    ("mounts", "path", "expected"),
    [
        (LINUX, "/home/ann", "ext4"),
        (LINUX, "/mnt/lab/project", "nfs4"),
        (LINUX, "/mnt/laboratory", "ext4"),
        (LINUX, "/mnt/my share/p", "cifs"),
        (MACOS, "/Users/ann", "apfs"),
        (MACOS, "/Volumes/lab data/p", "smbfs"),
        ("", "/x", ""),
    ],
)
def test_the_innermost_mount_tells_the_file_system(mounts: str, path: str, expected: str) -> None:
    assert drive.file_system(PurePosixPath(path), mounts) == expected


def test_a_table_that_cannot_be_read_means_no_network_drive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse() -> str:
        raise OSError

    monkeypatch.setattr(drive, "_mounts", refuse)
    assert not drive.on_network_drive(tmp_path)
