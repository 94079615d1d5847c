"""Who may ask: token, Host and Origin, base path, and what pages may load."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.middleware import Middleware


@dataclass(frozen=True)
class Access:
    """Who may ask.

    Attributes:
        token: what the first visit brings in its address; a cookie afterwards.
        hosts: names in ``Host`` that are answered; others are refused (DNS rebinding).
        base_path: what a proxy puts in front of every address, "" or ``/user/ann/annelid``.
    """

    token: str
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    base_path: str = ""


def guarded(access: Access) -> list[Middleware]:
    """The middleware that holds it."""
    raise NotImplementedError(access)
