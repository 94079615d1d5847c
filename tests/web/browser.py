"""A server of its own and a real browser for the tests of the page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu")
expect.set_options(timeout=20_000)  # as long as a page may take on a machine that does other things, too


def chromium() -> str:
    """The path of the browser; the test is skipped where there is none, unless one has to be there."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        if os.environ.get("ANNELID_TEST_BROWSER") == "required":
            pytest.fail("there is no chromium: apt-get install chromium")
        pytest.skip("needs a browser: apt-get install chromium")
    return found


@dataclass
class Served:
    """A running ``annelid serve``.

    Attributes:
        root: the project's folder.
        process: the server.
        address: the page's address with its token.
        port: its port.
    """

    root: Path
    process: subprocess.Popen[str]
    address: str
    port: int

    def page_of(self, hash_: str) -> str:
        """The address of one page, such as ``#/images``, for a browser that was here before."""
        return f"{self.address.split('?')[0]}{hash_}"


def start(root: Path, *more: str) -> Served:
    """Start a server on a free port, in a process of its own; it makes the project where there is none."""
    command = [sys.executable, "-m", "annelid", "-C", str(root), "serve", "--port", "0", "--no-open", "--json", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    told = json.loads(line)
    return Served(root, process, told["address"], told["port"])


@contextmanager
def serving(root: Path, *more: str) -> Iterator[Served]:
    """A server until the block ends."""
    served = start(root, *more)
    try:
        yield served
    finally:
        served.process.terminate()
        served.process.wait(10)
        if served.process.stdout is not None:
            served.process.stdout.close()


@contextmanager
def browsing(width: int = 1280, height: int = 720, flags: tuple[str, ...] = ()) -> Iterator[Page]:
    """A page of a new browser that knows nothing; whatever the page's scripts throw fails the test."""
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *flags])
        page = browser.new_context(viewport={"width": width, "height": height}).new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        yield page
        browser.close()
    assert not problems, problems


def enter(page: Page, served: Served, name: str = "ann") -> None:
    """Open the first page, and say who works here."""
    page.goto(served.address)
    page.fill("#author-name", name)
    page.click("#author-keep")
