"""Time points and focal planes in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from playwright.sync_api import Page, expect
from tests.web.browser import browsing, serving

from annelid.project import Project


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """The annotator at the middle plane of a stack of three."""
    pixels = np.random.default_rng(0).integers(0, 4000, (3, 48, 64), np.uint16)
    tifffile.imwrite(tmp_path / "stack.ome.tif", pixels, metadata={"axes": "ZYX"}, ome=True)
    with Project.init(tmp_path / "project", classes=("cell",)) as project:
        project.import_(tmp_path / "stack.ome.tif")
        view = project.store.views()[0].id
    with serving(tmp_path / "project") as served, browsing() as page:
        page.goto(served.address)
        page.goto(served.page_of(f"#/annotate/{view}"))
        page.click("#tool-point")
        yield page


def test_what_is_drawn_belongs_to_the_plane_that_is_annotated(page: Page) -> None:
    state = page.locator("#image-state")
    page.click("#viewer")
    expect(state).to_contain_text("1 object")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#planes")).to_contain_text("3 / 3")
    page.click("#viewer")
    expect(page.locator("#notices")).to_contain_text("not the plane that is annotated")
    expect(state).to_contain_text("1 object")
    page.keyboard.press("Alt+p")
    expect(state).to_contain_text("0 objects")
    page.click("#viewer", position={"x": 400, "y": 300})
    expect(state).to_contain_text("1 object")
    expect(page.locator("#save-state")).to_have_text("Saved")
    views = page.evaluate("fetch('api/views').then(r => r.json())")
    assert sorted((view["plane"]["z"], view["n_objects"]) for view in views) == [(1, 1), (2, 1)]
