"""Train, watch and learn in a real browser: from the button to the mistakes one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests import small
from tests.web.browser import browsing, serving

from annelid import queue

pytestmark = pytest.mark.slow


def start(page: Page, name: str) -> None:
    page.select_option("#train-engine", "threshold")
    page.fill("#train-name", name)
    page.fill("#parameter-sigma", "6")  # so much blur that there are mistakes to look at
    page.keyboard.press("Tab")
    expect(page.locator("#train-plan")).to_contain_text("8 reviewed images")
    page.click("#train-start")


def test_a_model_is_trained_watched_and_its_mistakes_are_looked_through(tmp_path: Path) -> None:
    with small.project_of_discs(tmp_path / "project") as project:
        project.split(val=0.25)
    with serving(tmp_path / "project") as served, browsing() as page:
        page.goto(served.address)
        page.goto(served.page_of("#/train"))
        expect(page.locator("#findings")).to_contain_text("checked")
        page.fill("#parameter-epochs", "-3")
        page.keyboard.press("Tab")
        expect(page.locator("#train-plan")).to_contain_text("epochs: expected 1")
        expect(page.locator("#train-start")).to_be_disabled()
        for _ in range(2):  # the person still looks when its turn comes
            queue.add(served.root, "check", {})
        start(page, "discs")
        page.wait_for_url("**/#/runs/discs", timeout=60_000)
        expect(page.locator("#verdict .answer")).to_be_visible(timeout=60_000)
        expect(page.locator("#figures-val [data-figure=F1]").first).to_contain_text("0.")
        page.locator("#mistakes [data-view]").first.click()
        page.wait_for_selector("#mistake-place")
        page.keyboard.press("t")
        expect(page.locator("#mistake-place")).to_contain_text("1 of")
        page.goto(served.page_of("#/models"))
        expect(page.locator("[data-version='discs@v1'] .chip.good")).to_have_text("in use")
