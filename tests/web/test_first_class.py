"""The first thing that somebody draws, before there is any class."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Route, expect
from tests.small import write_discs
from tests.web.browser import browsing, enter, serving

from annelid.project import Project


def draw_box(page: Page) -> None:
    """In the middle of the image that is open."""
    page.wait_for_selector("#minimap", state="attached")
    frame = page.locator("#viewer").bounding_box()
    assert frame is not None
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.keyboard.press("r")
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    page.mouse.move(x + 60, y + 60, steps=3)
    page.mouse.up()


def test_it_outlives_a_slip_of_the_finger_and_a_server_that_fails(tmp_path: Path) -> None:
    with Project.init(tmp_path / "project") as project:
        images, _ = write_discs(tmp_path / "source", 1)
        project.import_(images, copy=True)
        (view,) = project.store.views()
    with serving(tmp_path / "project") as served, browsing() as page:
        enter(page, served)
        page.goto(served.page_of(f"#/annotate/{view.id}"))
        draw_box(page)
        expect(page.locator("dialog[open] h2")).to_have_text("What did you draw?")
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open] h2")).to_have_text("Throw away what you drew?")
        page.keyboard.press("Escape")
        page.route("**/api/classes", fails, times=1)
        page.fill("#class-name", "cell")
        page.keyboard.press("Enter")
        page.click("[data-answer=name]")
        page.fill("#class-name", "cell")
        page.keyboard.press("Enter")
        expect(page.locator("#image-state")).to_contain_text("1 object")
        expect(page.locator("#save-state")).to_have_text("Saved")
    with Project(tmp_path / "project") as project:
        assert project.store.item(view.id).objects.labels.tolist() == ["cell"]


def fails(route: Route) -> None:
    route.fulfill(status=500, json={"error": {"message": "the disk is full"}})
