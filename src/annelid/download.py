"""Bring a file from a link, only on purpose, whole or not at all."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path, PurePosixPath

from annelid import atomic
from annelid.errors import AnnelidError, UsageError

TIMEOUT_SECONDS = 60
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_link(source: object) -> bool:
    """Whether a source is a link and not a path."""
    return str(source).startswith(("https://", "http://"))


def download(link: str, target: Path) -> None:
    """Write what a link gives to a file, which appears when it is complete.

    Args:
        link: ``https://...``; plain ``http`` only from this computer, as anybody on the way could change the content.
        target: the file.

    Raises:
        UsageError: the link is plain http.
        AnnelidError: there is no network or no such file, it came in part, or it can't be written.
    """
    address = urllib.parse.urlsplit(link)
    if address.scheme != "https" and address.hostname not in _LOOPBACK:
        raise UsageError(f"{link} is not encrypted", next_step="use its https:// address")
    with atomic.replacing(target) as temporary:
        try:
            _copy(link, temporary)
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            next_step = "check the address and the network, or download it elsewhere and give its path"
            raise AnnelidError(f"{link} can't be fetched: {error}", next_step=next_step) from error


def _copy(link: str, path: Path) -> None:
    with (
        urllib.request.urlopen(link, timeout=TIMEOUT_SECONDS) as answer,  # noqa: S310 - the scheme was checked
        path.open("wb") as file,
    ):
        while block := answer.read(2**20):
            file.write(block)
        stated = answer.headers.get("Content-Length")
        if stated and int(stated) != file.tell():
            raise ConnectionError(f"{file.tell()} of {stated} bytes came")


def fetched(link: str, folder: Path) -> Path:
    """The file of a link in a folder, under its own name; one that is there already is not fetched again.

    Raises:
        UsageError: the link names no file, or is plain http.
        AnnelidError: it can't be fetched.
    """
    name = PurePosixPath(urllib.parse.unquote(urllib.parse.urlsplit(link).path)).name
    if not name or name.startswith("."):
        raise UsageError(f"{link} names no file", next_step="give the address of the file itself")
    target = folder / name
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        download(link, target)
    return target
