"""Who may ask: token, Host and Origin, base path, size of a request, and what pages may load.

A request passes in this order, and the first door that stays closed answers:

1. **Host** has to be a name that this server goes by. A foreign site that points its own name at 127.0.0.1 (DNS
   rebinding) still sends its own name.
2. **Origin** and **Sec-Fetch-Site**, which browsers add and pages cannot forge, have to name this server. No other site
   may send a form, fetch, or show a picture from here, not even with the cookie of the person who looks at it. Only the
   address with the token may be followed from elsewhere.
3. **The token**, once in the address, then in a cookie that scripts cannot read and other sites do not send; programs
   send ``Authorization: Bearer TOKEN``.
4. **The body** may have 64 MiB; uploads are streamed to disk and limited there.

Every answer says what the page may load (nothing but what lies here), and that nobody may frame it.
"""

from __future__ import annotations

import html
from urllib.parse import quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from annelid.server.access import Access
from annelid.server.reply import TooLarge, refusal

MOST_BODY = 64 * 2**20
_STREAMED = "/api/uploads/"
_OWN = ("same-origin", "none", "")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def guarded(access: Access) -> list[Middleware]:
    """The middleware that holds it."""
    return [Middleware(Guard, access=access)]


class Guard:
    """The doors before an ASGI application."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(_below(scope, self._access.base_path), receive, _with_headers(send))
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        closed = self._refused(request) or self._welcome(request) or _too_large(request)
        if closed is not None:
            await closed(scope, receive, send)
        else:
            await self._app(scope, receive if _is_streamed(request) else _limited(receive), send)

    def _refused(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if not self._access.knows(host):
            step = "open the address that annelid serve printed, or start it with --allowed-host and that name"
            return _said(request, 403, f"this server does not go by the name {host[:100]!r}", step)
        has_token = self._access.is_token(request.query_params.get("token", ""))
        if not self._is_own(request.headers) and not (has_token and _is_visit(request)):
            step = "open the address that annelid serve printed in the browser's address bar"
            return _said(request, 403, "another site may not ask this server", step)
        if has_token or self._is_known(request):
            return None
        step = "open the address that annelid serve printed: it holds the token"
        return _said(request, 401, "this server does not know you yet", step)

    def _is_own(self, headers: Headers) -> bool:
        """Whether a request comes from this server's own pages, from the address bar, or from no browser."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "")
        if origin == "null":  # what sends no referrer may send no origin either; a page in a sandbox is cross-site
            return site == "same-origin"
        return site in _OWN and (origin is None or self._access.is_home(origin, headers["host"]))

    def _is_known(self, request: Request) -> bool:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._access.is_token(credentials.strip())
        return self._access.is_token(request.cookies.get(_cookie(request), ""))

    def _welcome(self, request: Request) -> Response | None:
        """The first visit: the token goes into a cookie and out of the address; None where it is no first visit."""
        base_path, is_bare = self._access.base_path, request.scope.get("annelid.bare", False)
        has_token = "token" in request.query_params and not _is_api(request)
        if request.method != "GET" or not (has_token or is_bare):
            return None
        last = f"{_tail(base_path)}/" if is_bare else _tail(request.scope["path"])
        response = _go_on(request, last)
        if has_token:
            path, secure = base_path or "/", request.url.scheme == "https"
            name, token = _cookie(request), self._access.token
            response.set_cookie(name, token, path=path, secure=secure, httponly=True, samesite="strict")
        return response


def _go_on(request: Request, last: str) -> Response:
    """To the same page without the token, by an address that is right whatever a proxy put in front.

    Args:
        request: the visit.
        last: what comes behind the last but one "/" of the address.
    """
    query = urlencode([(key, value) for key, value in request.query_params.multi_items() if key != "token"])
    target = f"./{quote(last)}" + (f"?{query}" if query else "")
    if request.headers.get("sec-fetch-site", "") in _OWN:
        return RedirectResponse(target, 303, headers={"Cache-Control": "no-store"})
    # A redirect would still count as the other site's, and the browser would keep the cookie back.
    return HTMLResponse(f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(target)}">')


def _below(scope: Scope, base_path: str) -> Scope:
    """The request as it is without the base path, whether the proxy took it off or not."""
    path = scope["path"]
    if not base_path or not (path == base_path or path.startswith(f"{base_path}/")):
        return scope
    rest = path[len(base_path) :]
    raw = scope.get("raw_path", b"").removeprefix(quote(base_path).encode())
    return {**scope, "path": rest or "/", "raw_path": raw or b"/", "annelid.bare": not rest}


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            own = headers.get("Content-Security-Policy")  # a report may allow itself other things
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if own is not None and "frame-ancestors" not in own:
                headers["Content-Security-Policy"] = f"{own}; frame-ancestors 'none'"
        await send(message)

    return sending


def _limited(receive: Receive) -> Receive:
    """The same, but not without end: a body may hide its length."""
    total = 0

    async def receiving() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MOST_BODY:
            raise TooLarge(MOST_BODY)
        return message

    return receiving


def _too_large(request: Request) -> Response | None:
    length = request.headers.get("content-length", "0")
    if _is_streamed(request) or (length.isdecimal() and int(length) <= MOST_BODY):
        return None
    error = TooLarge(MOST_BODY)
    return refusal(413, error.message, error.next_step, type="TooLarge")


def _said(request: Request, status: int, message: str, step: str) -> Response:
    """A refusal in words: a page for people, JSON for programs."""
    if _is_api(request) or "text/html" not in request.headers.get("accept", ""):
        return refusal(status, message, step, type="Refused")
    title, *paragraphs = (
        html.escape(f"{text[0].upper()}{text[1:]}") for text in ("annelid", f"{message}.", f"{step}.")
    )
    body = f"<!doctype html><title>{title}</title><h1>{title}</h1>" + "".join(f"<p>{text}</p>" for text in paragraphs)
    return HTMLResponse(body, status, headers={"Cache-Control": "no-store"})


def _is_visit(request: Request) -> bool:
    """Whether a person followed a link in a tab of its own, rather than a page fetching or framing something."""
    mode, what = (request.headers.get(f"sec-fetch-{name}", "") for name in ("mode", "dest"))
    return request.method == "GET" and mode == "navigate" and what == "document" and not _is_api(request)


def _is_api(request: Request) -> bool:
    path: str = request.scope["path"]
    return path == "/api" or path.startswith("/api/")


def _is_streamed(request: Request) -> bool:
    path: str = request.scope["path"]
    return request.method == "PUT" and path.startswith(_STREAMED)


def _tail(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _cookie(request: Request) -> str:
    """Name of the cookie: browsers do not tell the ports of a host apart."""
    return f"annelid-{(request.scope.get('server') or ('', 0))[1]}"
