"""Who may ask the server: token, Host, Origin, base path, size, and what answers say."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.testclient import TestClient
from tests.server.small_project import make_project

from annelid.errors import UsageError
from annelid.server import make_app, security
from annelid.server.access import Access, new_token
from annelid.server.reply import ERROR_HANDLERS
from annelid.server.security import guarded

TOKEN = "a-token"
KNOWN = {"Authorization": f"Bearer {TOKEN}"}
LINK = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


async def _hello(request: Request) -> Response:
    size = len(await request.body())
    return PlainTextResponse(f"{request.scope['path']} {size}")


def _report(_request: Request) -> Response:
    return PlainTextResponse("report", headers={"Content-Security-Policy": "sandbox; default-src 'none'"})


ROUTES: list[BaseRoute] = [Route("/report", _report), Route("/{path:path}", _hello, methods=["GET", "POST", "PUT"])]


@contextmanager
def asked(**access: Any) -> Iterator[TestClient]:
    app = Starlette(routes=ROUTES, middleware=guarded(Access(TOKEN, **access)), exception_handlers=ERROR_HANDLERS)
    with TestClient(app, base_url="http://127.0.0.1:8765", follow_redirects=False) as client:
        yield client


@pytest.fixture
def client() -> Iterator[TestClient]:
    with asked() as client:
        yield client


# --- the token


def test_without_the_token_nothing_is_told(client: TestClient) -> None:
    for path in ("/", "/app.js", "/api/views", "/?token=", "/?token=a-toke", "/?token=a-tokenn"):
        assert client.get(path).status_code == 401
    assert client.post("/api/x").status_code == 401
    assert client.get("/", headers={"Authorization": "Bearer no"}).status_code == 401
    assert client.get("/", headers={"Authorization": "Basic a-token"}).status_code == 401


def test_a_person_without_the_token_is_told_in_words_what_to_open(client: TestClient) -> None:
    page = client.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 401
    assert page.headers["content-type"].startswith("text/html")
    assert "Open the address that annelid serve printed" in page.text
    assert "annelid serve" in client.get("/api/views").json()["error"]["next_step"]


def test_the_first_visit_turns_the_token_into_a_cookie_and_takes_it_out_of_the_address(client: TestClient) -> None:
    answer = client.get(f"/?token={TOKEN}&x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "./?x=1"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"annelid-8765={TOKEN};")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert client.get("/").status_code == 200
    assert client.get("/api/views").status_code == 200


def test_a_program_brings_the_token_in_a_header_or_in_the_address(client: TestClient) -> None:
    assert client.get("/api/views", headers=KNOWN).status_code == 200
    assert client.post("/api/x", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200
    assert client.get(f"/api/views?token={TOKEN}").status_code == 200
    assert not client.cookies


def test_the_cookie_of_a_server_at_another_port_is_none_of_this_one(client: TestClient) -> None:
    client.cookies.set("annelid-8766", TOKEN)
    assert client.get("/").status_code == 401


def test_a_letter_that_no_token_has_is_refused_and_no_crash(client: TestClient) -> None:
    assert client.get("/?token=%F0%9F%94%AC").status_code == 401
    assert client.get("/", headers={"Authorization": b"Bearer \xff\xfe"}).status_code == 401


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 40
    with pytest.raises(UsageError, match="token is empty"):
        Access("")


# --- Host: DNS rebinding


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "10.0.0.5:8765"])
def test_another_name_is_refused_even_with_the_token(client: TestClient, host: str) -> None:
    answer = client.get("/api/views", headers={**KNOWN, "Host": host})
    assert answer.status_code == 403
    assert "does not go by the name" in answer.json()["error"]["message"]


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "127.0.0.1", "localhost:9", "LOCALHOST", "[::1]:8765", "[::1]"])
def test_its_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/views", headers={**KNOWN, "Host": host}).status_code == 200


def test_a_name_can_be_allowed_also_for_one_port_only() -> None:
    with asked(proxies=("hub.example", "lab.example:8443")) as client:
        for host, status in (
            ("hub.example", 200),
            ("hub.example:1", 200),
            ("lab.example:8443", 200),
            ("lab.example", 403),
        ):
            assert client.get("/", headers={**KNOWN, "Host": host}).status_code == status


def test_where_other_computers_are_let_in_any_number_is_answered_but_no_name() -> None:
    with asked(any_address=True) as client:
        for host, status in (("192.168.1.5:8765", 200), ("[fe80::1]:8765", 200), ("evil.example", 403)):
            assert client.get("/", headers={**KNOWN, "Host": host}).status_code == status


# --- Origin and Sec-Fetch-Site: requests of other sites

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "none"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Origin": "http://["},
    {"Origin": "file://"},
    {"Origin": "http://127.0.0.1:8765/path"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "cross-site", **LINK},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_another_site_may_neither_read_nor_change(client: TestClient, headers: dict[str, str], method: str) -> None:
    client.cookies.set("annelid-8765", TOKEN)
    for path in ("/api/views", "/app.js"):
        assert client.request(method, path, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none", **LINK},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {},
    ],
)
def test_its_own_pages_and_programs_may(client: TestClient, headers: dict[str, str]) -> None:
    client.cookies.set("annelid-8765", TOKEN)
    assert client.get("/api/views", headers=headers).status_code == 200
    assert client.post("/api/views", headers=headers).status_code == 200


def test_a_link_with_the_token_may_be_followed_from_elsewhere_but_only_by_a_tab_of_its_own(client: TestClient) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    page = client.get(f"/?token={TOKEN}", headers={**foreign, **LINK})
    assert page.status_code == 200  # a redirect would count as the other site's, and keep the cookie back
    assert '<meta http-equiv="refresh" content="0;url=./">' in page.text
    assert TOKEN in page.headers["set-cookie"]
    for more in ({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Mode": "no-cors"}, {}):
        assert client.get(f"/?token={TOKEN}", headers={**foreign, **more}).status_code == 403
    assert client.get(f"/api/views?token={TOKEN}", headers={**foreign, **LINK}).status_code == 403


def test_what_is_said_of_an_address_holds_nothing_that_it_brought(client: TestClient) -> None:
    nasty = f"/x%22%3E%3Cscript%3E?token={TOKEN}&a=%22%3E%3Cscript%3E"
    page = client.get(nasty, headers={"Sec-Fetch-Site": "cross-site", **LINK})
    assert "<script" not in page.text.lower()
    answer = client.get(f"//evil.example?token={TOKEN}")
    assert answer.headers["location"].startswith("./")


def test_behind_a_proxy_the_browser_may_know_another_name() -> None:
    with asked(proxies=("hub.example",)) as client:
        own = {**KNOWN, "Origin": "https://hub.example", "Sec-Fetch-Site": "same-origin"}
        assert client.post("/api/x", headers=own).status_code == 200
        assert client.post("/api/x", headers={**own, "Host": "hub.example"}).status_code == 200
        assert client.post("/api/x", headers={**own, "Origin": "https://evil.example"}).status_code == 403


# --- the base path

BASE = "/user/ann/annelid"


@pytest.mark.parametrize("front", [BASE, ""])
def test_a_proxy_may_take_the_base_path_off_or_not(front: str) -> None:
    with asked(base_path=BASE) as client:
        assert client.get(f"{front}/api/views", headers=KNOWN).text == "/api/views 0"
        assert client.get(f"{front}/", headers=KNOWN).text == "/ 0"
        first = client.get(f"{front}/?token={TOKEN}")
        assert (first.status_code, first.headers["location"]) == (303, "./")
        assert f"Path={BASE};" in first.headers["set-cookie"]


def test_the_base_path_without_its_slash_leads_to_the_one_with_it() -> None:
    with asked(base_path=BASE) as client:
        assert client.get(BASE, headers=KNOWN).headers["location"] == "./annelid/"
        assert client.get(f"{BASE}?token={TOKEN}").headers["location"] == "./annelid/"
        assert client.get(f"{BASE}x/api", headers=KNOWN).text == f"{BASE}x/api 0"


@pytest.mark.parametrize("path", ["user", "/user/", "/", "/a b", "/a?b", "/a/../b", "/a;b"])
def test_what_is_no_base_path_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="no base path"):
        Access(TOKEN, base_path=path)


# --- the size of a request


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: TestClient) -> None:
    length = {**KNOWN, "Content-Length": str(security.MOST_BODY + 1)}
    answer = client.post("/api/x", headers=length, content=b"")
    assert answer.status_code == 413
    assert "64 MiB" in answer.json()["error"]["message"]
    assert client.post("/api/x", headers={**KNOWN, "Content-Length": "-5"}, content=b"").status_code == 413


def test_a_body_that_hides_its_length_is_cut_off(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "MOST_BODY", 100)
    pieces = (b"x" * 60 for _ in range(3))
    assert client.post("/api/x", headers=KNOWN, content=pieces).status_code == 413
    assert client.post("/api/x", headers=KNOWN, content=(b"x" for _ in range(100))).text == "/api/x 100"


def test_an_upload_may_be_larger(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "MOST_BODY", 100)
    assert client.put("/api/uploads/a.tif", headers=KNOWN, content=b"x" * 1000).text == "/api/uploads/a.tif 1000"
    assert client.post("/api/uploads/a.tif", headers=KNOWN, content=b"x" * 1000).status_code == 413
    assert client.put("/api/views", headers=KNOWN, content=b"x" * 1000).status_code == 413


# --- what answers say


@pytest.mark.parametrize("path", ["/", "/api/views", "/?token=wrong", f"/?token={TOKEN}"])
def test_every_answer_says_what_pages_may_load(client: TestClient, path: str) -> None:
    headers = client.get(path, headers={} if "token" in path else KNOWN).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


def test_a_report_may_bring_its_own_policy_but_nobody_may_frame_it(client: TestClient) -> None:
    policy = client.get("/report", headers=KNOWN).headers["content-security-policy"]
    assert policy == "sandbox; default-src 'none'; frame-ancestors 'none'"


def answer_where(failure: Exception, project: Path) -> Any:
    """What a request is answered whose endpoint raises."""

    def fail(_request: Request) -> Response:
        raise failure

    make_project(project)
    app = make_app(project, Access(TOKEN))
    app.router.routes.insert(0, Route("/fail", fail))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        return client.get("/fail", headers=KNOWN)


def test_a_bug_says_so_with_the_same_headers(tmp_path: Path) -> None:
    answer = answer_where(ZeroDivisionError("oh"), tmp_path / "p")
    assert answer.status_code == 500
    assert "bug in Annelid: ZeroDivisionError" in answer.json()["error"]["message"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_full_disk_is_no_bug(tmp_path: Path) -> None:
    answer = answer_where(OSError(errno.ENOSPC, "No space left on device", "/x/y"), tmp_path / "p")
    assert answer.status_code == 503
    assert "free some disk space" in answer.json()["error"]["next_step"]


def test_web_sockets_are_closed(client: TestClient) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/", headers=KNOWN):
        pass
