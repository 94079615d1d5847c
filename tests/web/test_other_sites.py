"""What a real browser lets another site do to a project that its user has open: nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.server.small_project import make_project
from tests.web.browser import browsing, serving

from annelid.project import Project

ATTACK = """async (base) => {
  const tried = {};
  const fetched = (name, options) => fetch(`${base}api/classes`, { credentials: "include", ...options })
    .then((answer) => (answer.type === "opaque" ? "sent" : answer.status), () => "refused")
    .then((what) => { tried[name] = what; });
  const element = (name, tag, source) => new Promise((done) => {
    const made = document.createElement(tag);
    made.onload = () => done(tried[name] = "shown");
    made.onerror = () => done(tried[name] = "refused");
    made.src = source;
    document.body.append(made);
  });
  const body = JSON.stringify({ add: ["virus"] });
  await fetched("read", {});
  await fetched("blind", { mode: "no-cors" });
  await fetched("change", { method: "POST", mode: "no-cors", body });
  await fetched("json", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  await element("picture", "img", `${base}icon.svg`);
  await element("script", "script", `${base}signal.js`);
  return tried;
}"""
FORM = """(base) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: `${base}api/classes`, enctype: "text/plain" });
  form.innerHTML = `<input name='{"add": ["virus"], "x": "' value='"}'>`;
  document.body.append(form);
  form.submit();
}"""


@contextmanager
def another_site(page: str = "<!doctype html><body>") -> Iterator[int]:
    """Its port; as ``localhost`` it is another site than ``127.0.0.1``, as ``127.0.0.1`` another origin."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_another_site_neither_reads_nor_changes_nor_shows_anything(tmp_path: Path) -> None:
    make_project(tmp_path / "p")
    with serving(tmp_path / "p") as served, browsing() as page, another_site() as port:
        page.goto(served.address)
        base = page.url.split("#", maxsplit=1)[0]
        assert page.evaluate("async () => (await fetch('api/classes')).status") == 200
        for host in ("localhost", "127.0.0.1"):
            page.goto(f"http://{host}:{port}/")
            tried = page.evaluate(ATTACK, base)
            assert set(tried.values()) <= {"refused", "sent"}, tried
            assert {tried["read"], tried["json"], tried["picture"], tried["script"]} == {"refused"}
            with page.expect_navigation():
                page.evaluate(FORM, base)
            assert page.url.startswith(base)
    with Project(tmp_path / "p") as project:
        assert project.settings.classes == ("cell", "nucleus")


def test_a_link_with_the_token_opens_the_page_also_from_another_site(tmp_path: Path) -> None:
    make_project(tmp_path / "p")
    with (
        serving(tmp_path / "p") as served,
        browsing() as page,
        another_site(f'<!doctype html><a id="a" href="{served.address}">open</a>') as port,
    ):
        page.goto(f"http://localhost:{port}/")
        page.click("#a")
        page.wait_for_selector(".header, header")
        assert "token" not in page.url
        assert page.evaluate("async () => (await fetch('api/classes')).status") == 200
