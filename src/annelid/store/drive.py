"""Whether a path lies on a network drive, where SQLite's write-ahead log cannot be trusted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

NETWORK_FILE_SYSTEMS = frozenset(
    (
        *(
            "9p",
            "afpfs",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "davfs",
            "fuse.davfs",
            "fuse.davfs2",
            "fuse.glusterfs",
        ),
        *(
            "fuse.rclone",
            "fuse.sshfs",
            "glusterfs",
            "gpfs",
            "lustre",
            "ncpfs",
            "nfs",
            "nfs3",
            "nfs4",
            "prl_fs",
        ),
        *("smb2", "smb3", "smbfs", "vboxsf", "webdav"),
    )
)
_DRIVE_REMOTE = 4


def on_network_drive(path: Path) -> bool:
    """Whether a path lies on a drive that another machine serves; False where that cannot be found out."""
    full = path.resolve()
    if sys.platform == "win32":
        return _is_remote_drive(full)
    try:
        text = _mounts()
    except (OSError, subprocess.SubprocessError):
        return False
    return file_system(PurePosixPath(full), text) in NETWORK_FILE_SYSTEMS


def file_system(path: PurePosixPath, mounts: str) -> str:
    """Type of the file system that holds a path, or "".

    Args:
        path: an absolute path.
        mounts: lines as in ``/proc/mounts`` (``device folder type ...``) or as ``mount`` of macOS writes them
            (``device on folder (type, ...)``).
    """
    entries = map(_parse_mount, mounts.splitlines())
    holding = [(folder, kind) for folder, kind in entries if folder and path.is_relative_to(folder)]
    return max(holding, key=lambda entry: len(entry[0]), default=("", ""))[1]


def _parse_mount(line: str) -> tuple[str, str]:
    if " on /" in line and line.endswith(")"):
        folder, _, options = line.partition(" on ")[2].rpartition(" (")
        return folder, options.rstrip(")").split(",")[0]
    fields = line.split(" ")
    return (fields[1].replace("\\040", " "), fields[2]) if len(fields) > 2 else ("", "")


def _mounts() -> str:
    if sys.platform == "darwin":
        return subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=True).stdout
    return Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")


def _is_remote_drive(path: Path) -> bool:
    if sys.platform == "win32":
        import ctypes

        root = path.drive + os.sep
        return root.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(root) == _DRIVE_REMOTE
    return False
