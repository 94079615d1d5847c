"""The verb that opens a project in the browser."""

from __future__ import annotations

import errno
import getpass
import json
import os
import socket
import sys
import threading
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from annelid.cli import Json, app, place, show
from annelid.errors import UsageError

if TYPE_CHECKING:
    from annelid.server.access import Access

_PORT = 8765
_BEYOND = """\
This server answers other computers, not only this one. Whoever has an address above can see and change the project;
it travels unencrypted, so that others on the network can read it. Where that matters, leave --host out and reach this
computer through an SSH tunnel or an HTTPS proxy."""


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="8765, or a free one where that is taken")] = None,
    host: Annotated[str, typer.Option(help="address to listen at; 0.0.0.0 lets other computers in")] = "127.0.0.1",
    allowed_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="name by which a proxy or other computers ask; repeat")
    ] = None,
    base_path: Annotated[str, typer.Option(metavar="PATH", help="what a proxy puts in front: /user/ann/annelid")] = "",
    token: Annotated[str, typer.Option(envvar="ANNELID_TOKEN", help="the token; one is made up when not given")] = "",
    open_: Annotated[bool, typer.Option("--open/--no-open", help="open the browser")] = True,
    author: Annotated[str, typer.Option(metavar="NAME", help="who annotates, where the page is not told")] = "",
    as_json: Json = False,
) -> None:
    """Open the project in the browser: label, correct, train, watch. An empty or new folder becomes a project."""
    from annelid.server.access import LOOPBACK, Access, new_token

    given = tuple(allowed_host or ())
    names = (*LOOPBACK, _in_address(host)) if not _is_everywhere(host) else (*LOOPBACK, socket.gethostname())
    access = Access(token or new_token(), names, base_path.rstrip("/"), given, any_address=_is_everywhere(host))
    _require_project(place())
    with _listening(host, port) as listener:
        number = listener.getsockname()[1]
        addresses = _addresses(host, number, access)
        _say(addresses, access.token, number, place(), is_loopback=_is_loopback(host), as_json=as_json)
        _run(place(), access, author or _user(), listener, addresses[-1] if open_ else "")


def _require_project(folder: Path) -> None:
    """Make a project of a folder that is empty or does not exist; leave others alone.

    Raises:
        ProjectError: the folder holds other things.
    """
    from annelid.folder import require_project
    from annelid.project import Project

    is_empty = folder.is_dir() and all(path.name.startswith(".") for path in folder.iterdir())
    if folder.exists() and not is_empty:
        require_project(folder)
        return
    Project.init(folder).close()
    show.stderr.print(f"made a new project in {folder.resolve()}", markup=False, soft_wrap=True)


def _listening(host: str, port: int | None) -> socket.socket:
    """A socket that listens at the port; where only the usual one was wished for and is taken, at a free one.

    Raises:
        UsageError: the port is taken, or the address is none of this computer.
    """
    try:
        return _bound(host, _PORT if port is None else port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            step = "leave --host out, or name an address of this computer"
            raise UsageError(f"{host} port {port or _PORT}: {error.strerror or error}", next_step=step) from error
        if port is not None:
            step = "choose another --port, or leave it out"
            raise UsageError(f"port {port} is taken by another program", next_step=step) from error
    listener = _bound(host, 0)
    show.stderr.print(f"port {_PORT} is taken by another program: using {listener.getsockname()[1]}")
    return listener


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, its connections send small answers at once; else each would wait 40 ms for the next one.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":  # there it would let two programs listen at one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _addresses(host: str, port: int, access: Access) -> list[str]:
    """The address to open; where everybody is let in, that for others and that for this computer."""
    names = [socket.gethostname(), "127.0.0.1"] if _is_everywhere(host) else [_in_address(host)]
    return [f"http://{name}:{port}{access.base_path}/?token={quote(access.token)}" for name in names]


def _say(addresses: list[str], token: str, port: int, folder: Path, *, is_loopback: bool, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"address": addresses[0], "token": token, "port": port}), flush=True)  # noqa: T201 - one line
    else:
        lines = "".join(f"\n    {address}" for address in addresses)
        show.stdout.print(f"{folder.resolve()}\n{lines}\n", markup=False, soft_wrap=True)
        show.stdout.print("Ctrl-C ends the server; everything that was labelled is saved.", markup=False)
        sys.stdout.flush()
    if not is_loopback:
        show.stderr.print(_BEYOND, markup=False, soft_wrap=True)


def _run(root: Path, access: Access, author: str, listener: socket.socket, to_open: str) -> None:
    """Serve until Ctrl-C."""
    import uvicorn

    from annelid.server import make_app

    application = make_app(root, access, author)

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: Any) -> None:
            application.state.desk.end_streams()
            super().handle_exit(sig, frame)

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            application.state.desk.pixels.warm()
            _open(to_open)

    config = uvicorn.Config(
        application, log_level="warning", server_header=False, proxy_headers=False, timeout_graceful_shutdown=5
    )
    server = Server(config)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        show.stderr.print("ended")


def _open(address: str) -> None:
    """Open the browser, where there is a display."""
    has_display = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if address and has_display:
        import webbrowser

        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, as in many containers
        return ""


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_everywhere(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")  # noqa: S104 - it is only compared


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
