"""Bring a file from a link, only on purpose, whole or not at all."""

from __future__ import annotations

import hashlib
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path, PurePosixPath

from annelid import atomic
from annelid.errors import AnnelidError, UsageError

TIMEOUT_SECONDS = 60
_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
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
        UsageError: the link is plain http, or leads to a web page.
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
            if not file.tell() and _PAGE.match(block):
                step = "give the address of the file itself, as the button to download it has it"
                raise UsageError(f"{link} is a web page", next_step=step)
            file.write(block)
        stated = answer.headers.get("Content-Length")
        if stated and int(stated) != file.tell():
            raise ConnectionError(f"{file.tell()} of {stated} bytes came")


def fetched(link: str, folder: Path) -> Path:
    """The file of a link below a folder, under its own name; one that is there already is not fetched again.

    Each link has a folder of its own: another ``images.zip`` is another file.

    Raises:
        UsageError: the link names no file, or is plain http.
        AnnelidError: it can't be fetched.
    """
    name = PurePosixPath(urllib.parse.unquote(urllib.parse.urlsplit(link).path)).name
    if not name or name.startswith("."):
        raise UsageError(f"{link} names no file", next_step="give the address of the file itself")
    target = folder / hashlib.sha256(link.encode()).hexdigest()[:8] / name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            download(link, target)
        except AnnelidError:
            target.parent.rmdir()
            raise
    return target
