"""By what a server knows those who may ask: its token, its own names, what a proxy puts in front."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from annelid.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Access:
    """Who may ask.

    Attributes:
        token: what the first visit brings in its address; a cookie afterwards.
        hosts: names in ``Host`` that are answered; others are refused (DNS rebinding). With a port, only that one.
        base_path: what a proxy puts in front of every address, "" or ``/user/ann/annelid``; it may take it off or not.
        proxies: further names, by which browsers may know this server although a proxy asks it by one of the others.
        any_address: whether any number such as ``192.168.1.5`` is answered: no foreign name can be one.

    Raises:
        UsageError: there is no token, or a base path that is none.
    """

    token: str
    hosts: tuple[str, ...] = LOOPBACK
    base_path: str = ""
    proxies: tuple[str, ...] = ()
    any_address: bool = False

    def __post_init__(self) -> None:
        if not self.token:
            raise UsageError("the token is empty", next_step="leave --token out: one is made up then")
        path = self.base_path
        if path and (not path.startswith("/") or path.endswith("/") or set(path) & set("?#\\%;, ") or ".." in path):
            raise UsageError(f"{path!r} is no base path", next_step="write it as /user/ann/annelid")

    def is_token(self, text: str) -> bool:
        """Whether it is the token, in a time that does not tell how much of it is right."""
        return secrets.compare_digest(text.encode(), self.token.encode())

    def knows(self, netloc: str) -> bool:
        """Whether this server goes by what stands in ``Host``."""
        return _is_among(netloc, (*self.hosts, *self.proxies)) or (self.any_address and _is_number(netloc))

    def is_home(self, origin: str, host: str) -> bool:
        """Whether a page of that ``Origin`` came from here, asked as ``host``."""
        try:
            parts = urlsplit(origin)
        except ValueError:  # http://[ and the like
            return False
        is_origin = parts.scheme in ("http", "https") and not parts.path
        return is_origin and (parts.netloc.lower() == host.lower() or _is_among(parts.netloc, self.proxies))


def new_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(32)


def _is_among(netloc: str, names: Iterable[str]) -> bool:
    """Whether a name, with a port or without, is among others; one without a port is so on any."""
    asked = netloc.lower()
    return any(name.lower() in (asked, _without_port(asked)) for name in names)


def _is_number(netloc: str) -> bool:
    try:
        ip_address(_without_port(netloc).strip("[]"))
    except ValueError:
        return False
    return True


def _without_port(netloc: str) -> str:
    name, colon, port = netloc.rpartition(":")
    return name if colon and port.isdecimal() and not name.endswith(":") else netloc
