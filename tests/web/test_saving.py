"""What the page saves, in a real browser on a real server: two tabs, a server that dies, a tab that dies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.server.small_project import make_project
from tests.web.browser import Served, browsing, start

from annelid.project import Project

TOKEN = "a-token-that-outlives-the-server"
OPEN = """async (view) => {
  const load = (name) => import(new URL(name, document.baseURI).href);
  const [{ AnnotationStore }, { Autosave }, { Live }, { journalOfPage }, { get }] = await Promise.all(
    ["core/store.js", "core/autosave.js", "core/live.js", "journal_of_page.js", "api.js"].map(load));
  const store = new AnnotationStore(await get(`api/views/${encodeURIComponent(view)}/annotation`));
  const live = new Live();
  const options = { author: "human:ann", live, journal: await journalOfPage(), firstWaitMs: 50 };
  const autosave = new Autosave(store, options);
  const square = (id, x) => ({ id, label: "cell", kind: "polygon", shape: [[[x, 0, x + 9, 0, x + 9, 9, x, 9]]],
    params: null, score: null, author: "human:ann", origin: "", parent: "", ignore: false, extra: {} });
  const put = (...pairs) => store.apply({ upsert: pairs.map(([id, x]) => square(id, x)) });
  window.t = { store, autosave, live, put, at: (id) => store.get(id)?.shape[0][0][0] ?? null };
  return autosave.recover();
}"""


class Place:
    """A project of three images that is served, and a browser that was there."""

    def __init__(self, root: Path, views: list[str], served: Served, first: Page) -> None:
        self.root, self.served, self._views, self._first = root, served, views, first
        first.goto(served.address)
        first.goto("about:blank")

    def view(self) -> str:
        """An image that nobody touched."""
        return self._views.pop()

    def tab(self, view: str | None = None) -> Page:
        """A new tab, with a view open where one is given."""
        page = self._first.context.new_page()
        page.goto(self.served.page_of("#/images"))
        if view is not None:
            page.evaluate(OPEN, view)
        return page

    def objects(self, view: str) -> dict[str, float]:
        """What the database has: left edge by id."""
        with Project(self.root) as project:
            found = project.store.item(view).objects
            return dict(zip(map(str, found.ids), found.boxes_xyxy[:, 0].tolist(), strict=True))

    def close_tabs(self) -> None:
        """Close all tabs but the first."""
        for page in self._first.context.pages[1:]:
            page.close(run_before_unload=False)

    def kill(self) -> None:
        """End the server at once, as a power cut does."""
        self.served.process.kill()
        self.served.process.communicate()

    def start_again(self) -> None:
        """Serve at the same address."""
        self.served = start(self.root, "--token", TOKEN, "--port", str(self.served.port))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("saving") / "p"
    views = make_project(root, "a.png", "b.png", "c.png")
    with browsing() as first:
        made = Place(root, views, start(root, "--token", TOKEN), first)
        yield made
        made.kill()


@pytest.fixture(autouse=True)
def no_tabs_stay(place: Place) -> Iterator[None]:
    """Tabs of one test say nothing in the next."""
    yield
    place.close_tabs()


def until(page: Page, holds: str) -> None:
    """Wait for something to hold; `Page.wait_for_function` needs what the page's security policy forbids."""
    for _ in range(200):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{holds} does not come true: {page.evaluate('t.autosave.text.value')}")


def is_in(page: Page, state: str) -> None:
    until(page, f"t.autosave.state.value === '{state}'")


def test_two_tabs_see_each_other_and_clash_on_the_same_object_only(place: Place) -> None:
    view = place.view()
    first, second = place.tab(view), place.tab(view)
    first.evaluate("t.put(['a', 1], ['b', 1])")
    until(second, "t.at('a') === 1 && t.at('b') === 1")
    second.evaluate("t.put(['a', 2])")
    first.evaluate("t.put(['b', 2])")
    until(first, "t.at('a') === 2")
    until(second, "t.at('b') === 2")
    for page in (first, second):
        page.evaluate("t.live.close()")
    first.evaluate("t.put(['a', 3]), t.autosave.flush()")
    second.evaluate("t.put(['a', 4], ['c', 4]), t.autosave.flush()")
    is_in(second, "conflict")
    clash: list[dict[str, Any]] = second.evaluate("t.autosave.conflicts.value")
    assert [(c["id"], c["mine"]["shape"][0][0][0], c["theirs"]["shape"][0][0][0]) for c in clash] == [("a", 4, 3)]
    assert place.objects(view) == {"a": 3, "b": 2, "c": 4}
    second.evaluate("t.autosave.resolve('a', 'mine'), t.autosave.flush()")
    is_in(second, "saved")
    assert place.objects(view) == {"a": 4, "b": 2, "c": 4}


def test_what_a_dead_tab_left_is_saved_by_the_next_one_and_not_by_one_beside_it(place: Place) -> None:
    view = place.view()
    first = place.tab(view)
    first.evaluate("t.put(['a', 1]), t.autosave.flush()")
    first.context.route("**/changes", lambda route: route.abort())
    first.evaluate("t.put(['a', 5], ['new', 5])")
    is_in(first, "offline")
    second = place.tab()
    assert second.evaluate(OPEN, view) == 0
    first.context.unroute("**/changes")
    first.evaluate("t.autosave.close()")
    first.close(run_before_unload=False)
    third = place.tab()
    third.get_by_text("Changes on 1 image that were not saved before are saved now").wait_for()
    assert place.objects(view) == {"a": 5, "new": 5}
    until(second, "t.at('new') === 5")


def test_a_server_that_is_killed_loses_nothing_and_is_found_again(place: Place) -> None:
    view = place.view()
    page = place.tab(view)
    page.evaluate("t.put(['a', 1]), t.autosave.flush()")
    place.kill()
    page.evaluate("async () => { for (let n = 0; n < 50; n++) { t.put([`o${n}`, n]); await null; } }")
    is_in(page, "offline")
    page.evaluate("t.put(['a', 2])")
    assert "51 objects" in page.evaluate("t.autosave.text.value")
    place.start_again()
    is_in(page, "saved")
    assert place.objects(view) == {"a": 2, **{f"o{n}": n for n in range(50)}}
