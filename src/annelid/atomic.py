"""Write a file so that a reader sees the old content or the new one, never a half of either."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from annelid.errors import AnnelidError, InputError, UsageError

_NEXT_STEP = {
    errno.ENOSPC: "free some disk space and try again",
    errno.EACCES: "close the program that has the file open, or ask for permission to write there",
    errno.EPERM: "close the program that has the file open, or ask for permission to write there",
    errno.EROFS: "the drive is read-only: choose another place",
    errno.ENOENT: "create the folder first",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EEXIST: "something of that name lies there already: remove or rename it",
    errno.ENOTDIR: "a file lies where a folder is needed: remove or rename it",
    errno.EISDIR: "a folder lies where a file is needed: remove or rename it",
    errno.EIO: "check the drive and try again",
    errno.EDQUOT: "your share of the disk is used up: free some of it and try again",
    errno.EFBIG: "the drive takes no file of that size: choose another one",
    errno.EMFILE: "too many files are open: close other programs and try again",
}


# In a folder that appears as a whole or not at all, no file needs that for itself: thousands of flushes take minutes.
_inside_new_folder: ContextVar[bool] = ContextVar("inside_new_folder", default=False)


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8, line ends as given (see `replacing`)."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file (see `replacing`)."""
    if _inside_new_folder.get():
        path.write_bytes(data)
        return
    with replacing(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well.

    The temporary path has the same suffix. When the block fails, ``path`` is as it was, and nothing else
    stays.

    Args:
        path: the file to write; a symbolic link is followed.

    Raises:
        AnnelidError: the file cannot be written (disk full, no permission, no such folder).
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.stem[:80]}.{uuid.uuid4().hex[:12]}{target.suffix}")
    try:
        yield temporary
        _flush(temporary)
        _keep_mode(target, temporary)
        temporary.replace(target)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        _remove(temporary)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside ``path`` that takes its place when the block ends well.

    When the block fails, nothing stays, and an error about a file in it names the place where it would have been.

    Args:
        path: the folder to make; it may exist when it is empty.

    Raises:
        UsageError: there is something in it already.
        AnnelidError: it cannot be written (disk full, no permission).
    """
    refuse_used(path)
    target = path.absolute()
    temporary = target.with_name(f".{target.name[:80]}.{uuid.uuid4().hex[:12]}")
    token = _inside_new_folder.set(True)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if target.is_dir():
            target.rmdir()
        temporary.rename(target)
    except InputError as error:
        raise error.renamed(temporary, path) from error
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        _inside_new_folder.reset(token)
        shutil.rmtree(temporary, ignore_errors=True)


def refuse_used(path: Path) -> None:
    """Refuse a place for a new folder where there is something already.

    Raises:
        UsageError: there is.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{path} exists and is not empty", next_step="name a new folder: nothing is overwritten")


def explained(error: OSError) -> AnnelidError | None:
    """What the drive or its permissions did, as an error that says what to do; None for what may be a bug of ours."""
    if error.errno not in _NEXT_STEP or error.errno == errno.ENOENT:
        return None
    message = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return AnnelidError(message, next_step=_NEXT_STEP[error.errno])


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that a drive has no room left, or no more for one file or one user."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return True
        error = error.__cause__
    return False


def free_bytes(folder: Path) -> int | None:
    """Room on the drive of a folder; None where that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _unwritable(path: Path, error: OSError) -> AnnelidError:
    next_step = _NEXT_STEP.get(error.errno or 0, "check the drive and try again")
    return AnnelidError(f"{path} could not be written: {error.strerror or error}", next_step=next_step)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _keep_mode(old: Path, new: Path) -> None:
    if old.exists():
        new.chmod(old.stat().st_mode & 0o777)


def _remove(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except OSError:  # Windows: still open in the writer that failed; its error is the one to show
        return
