"""``annelid serve`` as a program: how it starts, how it ends, and what is left when it is killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.server.small_project import make_project, polygon

from annelid.cli import serve as serve_verb
from annelid.cli.run import run
from annelid.errors import UsageError
from annelid.project import Project

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")


@contextlib.contextmanager
def served(root: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A server, and what it said on its first line."""
    command = [sys.executable, "-m", "annelid", "-C", str(root), "serve", "--port", "0", "--no-open", "--json", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stderr
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def knowing(told: dict[str, Any]) -> httpx.Client:
    headers = {"Authorization": f"Bearer {told['token']}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{told['port']}", headers=headers, timeout=30, trust_env=False)


def test_a_new_folder_becomes_a_project_which_the_printed_address_opens(tmp_path: Path) -> None:
    with served(tmp_path / "new" / "p", "--author", "ann", "--token", "t k") as (process, told):
        assert told["address"] == f"http://127.0.0.1:{told['port']}/?token=t%20k"
        with httpx.Client(trust_env=False, timeout=30, follow_redirects=True) as browser:
            page = browser.get(told["address"])
            assert str(page.url) == f"http://127.0.0.1:{told['port']}/"
            assert browser.get(page.url.join("api/project")).json()["author"] == "ann"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)
        assert process.stderr is not None
        assert "made a new project in" in process.stderr.read()


def test_ctrl_c_ends_it_also_while_a_page_listens(tmp_path: Path) -> None:
    make_project(tmp_path / "p")
    with served(tmp_path / "p") as (process, told), knowing(told) as client:
        with client.stream("GET", "/api/live") as live:
            lines = live.iter_lines()
            assert next(lines).startswith("retry")
            process.send_signal(signal.SIGINT)
            assert process.wait(20) in (0, 130, -signal.SIGINT)
            list(lines)
        assert process.stderr is not None
        said = process.stderr.read()
    assert "Traceback" not in said
    assert "bug" not in said


def test_killed_in_mid_save_it_has_kept_every_change_that_it_acknowledged_and_no_half(tmp_path: Path) -> None:
    (view,) = make_project(tmp_path / "p")
    acknowledged: list[list[str]] = []

    def save(told: dict[str, Any], person: int) -> None:
        with knowing(told) as client, contextlib.suppress(httpx.HTTPError):
            for n in range(1000):
                ids = [f"{person}-{n}-{k}" for k in range(3)]
                body = {"base_revision": 0, "author": f"p{person}", "upsert": [polygon(id_) for id_ in ids]}
                assert client.post(f"/api/views/{view}/changes", json=body).status_code == 200
                acknowledged.append(ids)

    with served(tmp_path / "p") as (process, told):
        people = [threading.Thread(target=save, args=(told, n)) for n in range(3)]
        for person in people:
            person.start()
        while len(acknowledged) < 200:
            people[0].join(0.01)
        process.kill()
        for person in people:
            person.join()
    assert len(acknowledged) < 3000
    with Project(tmp_path / "p") as project:
        item = project.store.item(view)
        found = set(map(str, item.objects.ids))
        assert {id_ for ids in acknowledged for id_ in ids} <= found
        assert len(found) == 3 * item.revision  # a change is there as a whole, or not at all
        assert len(project.revisions(view)) == item.revision
    with contextlib.closing(sqlite3.connect(tmp_path / "p" / "annelid.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with served(tmp_path / "p") as (_, told), knowing(told) as client:
        assert len(client.get(f"/api/views/{view}/annotation").json()["objects"]) == len(found)


# --- what it refuses, and what it says


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.docx").write_text("x")
    assert run(["-C", str(tmp_path), "serve", "--no-open"]) == 1
    assert "annelid init" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]
    assert run(["-C", str(tmp_path / "thesis.docx"), "serve", "--no-open"]) == 1


def test_a_port_that_is_taken_is_an_error_when_named_and_another_one_is_found_when_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve_verb._bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is taken"):
            serve_verb._listening("127.0.0.1", port)
        monkeypatch.setattr(serve_verb, "_PORT", port)
        with serve_verb._listening("127.0.0.1", None) as other:
            assert other.getsockname()[1] != port
    assert "is taken by another program: using" in capsys.readouterr().err


def test_small_answers_are_sent_at_once() -> None:
    """Else each would wait for the next one: 40 ms for every save."""
    with serve_verb._bound("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_an_address_that_is_none_of_this_computer_is_refused() -> None:
    for host in ("203.0.113.7", "no such host"):
        with pytest.raises(UsageError, match=host):
            serve_verb._listening(host, 0)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would have been served."""
    calls: list[Any] = []
    monkeypatch.setattr(serve_verb, "_run", lambda *arguments: calls.append(arguments))
    return calls


def test_on_this_computer_only_its_own_names_are_answered(
    tmp_path: Path, started: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    serve = ["-C", str(tmp_path / "p"), "serve", "--port", "0"]
    assert run([*serve, "--allowed-host", "hub.example", "--base-path", "/user/ann/annelid/"]) == 0
    ((_, access, _, listener, address),) = started
    assert listener.fileno() == -1
    assert access.knows("localhost:1")
    assert access.knows("hub.example")
    assert not access.knows("10.0.0.1")
    assert access.base_path == "/user/ann/annelid"
    assert f"/user/ann/annelid/?token={access.token}" in address
    said = capsys.readouterr()
    assert address in said.out
    assert "other computers" not in said.err


def test_beyond_this_computer_it_says_what_that_means(
    tmp_path: Path, started: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(tmp_path / "p"), "serve", "--port", "0", "--host", "0.0.0.0", "--no-open"]) == 0
    ((_, access, _, _, address),) = started
    assert address == ""
    assert access.knows("10.0.0.1:5")
    assert access.knows(socket.gethostname())
    assert not access.knows("evil.example")
    said = capsys.readouterr()
    assert "This server answers other computers" in said.err
    assert "unencrypted" in said.err
    assert f"http://{socket.gethostname()}:" in said.out
    assert "http://127.0.0.1:" in said.out


def test_every_start_has_another_token(tmp_path: Path, started: list[Any]) -> None:
    for _ in range(2):
        run(["-C", str(tmp_path / "p"), "serve", "--port", "0", "--no-open"])
    assert started[0][1].token != started[1][1].token


def test_what_is_no_base_path_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    assert run(["-C", str(tmp_path / "p"), "serve", "--base-path", "a b"]) == 2
    assert not (tmp_path / "p").exists()
