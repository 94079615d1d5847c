"""Drawing, editing, deciding on proposals by real keys and a real pointer; looked at through what the server keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.small import write_discs
from tests.web.browser import browsing, enter, serving

from annelid.geometry import shape_area
from annelid.project import Project

SIZE = 64
MARGIN = 16


class Annotator:
    """Somebody who annotates ``a.png`` of a project.

    Args:
        page: the page.
        base: the address of the project's pages.
    """

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.views: list[dict[str, Any]] = page.evaluate("fetch('api/views').then(r => r.json())")
        self.views.sort(key=lambda view: view["name"])

    def open(self, number: int = 0) -> Annotator:
        """Open an image, empty it, and put the select tool into the hand."""
        self.page.goto(f"{self.base}#/annotate/{self.views[number]['id']}")
        self.page.wait_for_selector(f"#image-name:text-is('{self.views[number]['name']}')")
        self.page.wait_for_selector("#minimap", state="attached")
        self.page.locator("#viewer").focus()
        self.press("Escape", "0", "v", "Control+a")
        if self.page.locator("#image-state").inner_text().endswith(" 0 objects"):
            return self
        self.press("Alt+k", "Delete")
        expect(self.page.locator("#image-state")).to_contain_text("0 objects")
        return self

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the fitted image is on the screen."""
        frame = self.page.locator("#viewer").bounding_box()
        assert frame is not None
        scale = min((frame["width"] - 2 * MARGIN) / SIZE, (frame["height"] - 2 * MARGIN) / SIZE)
        middle = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
        return middle[0] + (x - SIZE / 2) * scale, middle[1] + (y - SIZE / 2) * scale

    def click(self, *places: tuple[float, float]) -> None:
        for place in places:
            self.page.mouse.click(*self.screen(*place))

    def drag(self, start: tuple[float, float], *places: tuple[float, float], held: str = "") -> None:
        if held:
            self.page.keyboard.down(held)
        self.page.mouse.move(*self.screen(*start))
        self.page.mouse.down()
        for place in places:
            self.page.mouse.move(*self.screen(*place), steps=3)
        self.page.mouse.up()
        if held:
            self.page.keyboard.up(held)

    def saved(self, number: int = 0) -> dict[str, Any]:
        """What the server has once it has everything."""
        self.page.wait_for_timeout(60)
        expect(self.page.locator("#save-state")).to_have_text("Saved")
        address = f"api/views/{self.views[number]['id']}/annotation"
        found: dict[str, Any] = self.page.evaluate("path => fetch(path).then(r => r.json())", address)
        return found

    def objects(self, number: int = 0) -> list[dict[str, Any]]:
        """The objects of it, in the order in which they were made."""
        found: list[dict[str, Any]] = self.saved(number)["objects"]
        return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of discs, the third and fourth with proposals."""
    root = tmp_path_factory.mktemp("annotate") / "project"
    with Project.init(root, classes=("disc",)) as project:
        images, _ = write_discs(root / "source", 4, SIZE)
        project.import_(images)
        project.propose("threshold", "c.png", "d.png")
        project.add_classes("spot")
    return root


@pytest.fixture(scope="module")
def annotator(project: Path) -> Iterator[Annotator]:
    with serving(project) as served, browsing() as page:
        enter(page, served)
        yield Annotator(page, served.page_of(""))


def area(found: dict[str, Any]) -> float:
    """Square pixels of an object, holes off."""
    return shape_area(tuple(tuple(np.reshape(ring, (-1, 2)) for ring in part) for part in found["shape"]))


def rings(found: dict[str, Any]) -> list[int]:
    """How many rings each part has."""
    return [len(part) for part in found["shape"]]


def test_every_tool_draws_its_kind(annotator: Annotator) -> None:
    annotator.open()
    annotator.press("p")
    annotator.click((5, 5), (15, 5), (15, 15), (5, 5))
    annotator.press("r")
    annotator.drag((20, 5), (30, 15))
    annotator.press("o")
    annotator.click((35, 5), (45, 15))
    annotator.press("Shift+R")
    annotator.drag((50, 5), (60, 5))
    annotator.click((55, 15))
    annotator.press("l")
    annotator.drag((5, 25), (15, 25), (15, 35), (5, 35), (5, 26))
    annotator.press("i")
    annotator.click((25, 30))
    annotator.press("Escape", "b")
    annotator.drag((40, 30), (50, 30))
    found = annotator.objects()
    kinds = ["polygon", "box", "ellipse", "rotated_box", "polygon", "point", "mask"]
    assert [one["kind"] for one in found] == kinds
    assert area(found[1]) == pytest.approx(100, rel=0.05)
    assert area(found[2]) == pytest.approx(np.pi * 25, rel=0.05)
    assert area(found[3]) == pytest.approx(100, rel=0.05)
    assert area(found[4]) == pytest.approx(100, rel=0.08)
    assert {one["author"] for one in found} == {"human:ann"}
    assert annotator.saved()["state"] == "draft"


def test_a_polygon_is_taken_back_vertex_by_vertex_or_given_up(annotator: Annotator) -> None:
    annotator.open().press("p")
    annotator.click((10, 10), (30, 10), (50, 50))
    annotator.press("Backspace")
    annotator.click((30, 30))
    annotator.press("Enter", "p")
    annotator.click((40, 40), (50, 40), (50, 50))
    annotator.press("Escape")
    (found,) = annotator.objects()
    assert area(found) == pytest.approx(200, rel=0.03)


def test_vertices_are_dragged_added_and_deleted(annotator: Annotator) -> None:
    annotator.open().press("p")
    annotator.click((20, 20), (40, 20), (40, 40), (20, 40))
    annotator.press("Enter", "v")
    annotator.drag((40, 40), (50, 50))
    assert area(annotator.objects()[0]) == pytest.approx(600, rel=0.03)
    annotator.drag((30, 20), (30, 10))
    assert len(annotator.objects()[0]["shape"][0][0]) == 2 * 5
    annotator.click((30, 10))
    annotator.press("Delete")
    assert area(annotator.objects()[0]) == pytest.approx(600, rel=0.03)
    annotator.press("Control+z", "Control+z", "Control+z")
    assert area(annotator.objects()[0]) == pytest.approx(400, rel=0.03)
    annotator.press("Control+y")
    assert area(annotator.objects()[0]) == pytest.approx(600, rel=0.03)


def test_kinds_stay_what_they_are_where_that_is_exact(annotator: Annotator) -> None:
    annotator.open().press("r")
    annotator.drag((10, 10), (20, 20))
    annotator.press("v")
    annotator.drag((15, 15), (25, 15))
    annotator.drag((30, 20), (35, 30))
    annotator.press("Escape", "o")
    annotator.drag((10, 40), (30, 50))
    annotator.press("v")
    annotator.drag((30, 45), (36, 45))
    box, ellipse = annotator.objects()
    assert (box["kind"], ellipse["kind"]) == ("box", "ellipse")
    assert box["shape"][0][0] == pytest.approx([20, 10, 35, 10, 35, 30, 20, 30], abs=0.3)
    assert ellipse["params"][:4] == pytest.approx([20, 45, 16, 5], abs=0.4)


def test_the_eraser_makes_holes_and_parts_and_filling_mends_them(annotator: Annotator) -> None:
    annotator.open().press("r")
    annotator.drag((10, 10), (50, 50))
    annotator.press("e")
    annotator.click((30, 30))
    (holed,) = annotator.objects()
    assert (holed["kind"], rings(holed)) == ("mask", [2])
    annotator.press("Shift+F")
    assert rings(annotator.objects()[0]) == [1]
    annotator.drag((30, 5), (30, 55))
    (parted,) = annotator.objects()
    assert rings(parted) == [1, 1]
    annotator.press("Shift+P")
    assert [rings(one) for one in annotator.objects()] == [[1], [1]]


def test_a_cut_loses_nothing_and_merging_brings_the_pieces_together(annotator: Annotator) -> None:
    annotator.open().press("r")
    annotator.drag((10, 10), (50, 50))
    annotator.press("Escape", "k")
    annotator.drag((30, 4), (32, 58))
    pieces = annotator.objects()
    assert len(pieces) == 2
    whole = sum(map(area, pieces))
    annotator.press("m")
    (merged,) = annotator.objects()
    assert area(merged) == pytest.approx(whole, rel=0.02)


def test_objects_are_selected_by_a_frame_moved_duplicated_and_made_of_another_class(annotator: Annotator) -> None:
    annotator.open().press("r")
    annotator.drag((10, 10), (15, 15))
    annotator.press("r")
    annotator.drag((20, 10), (25, 15))
    annotator.press("Escape", "v")
    annotator.drag((5, 5), (30, 20))
    annotator.drag((12, 12), (12, 32))
    annotator.drag((12, 32), (32, 32), held="Alt")
    annotator.press("2")
    found = annotator.objects()
    assert [one["label"] for one in found] == ["disc", "disc", "spot", "spot"]
    assert [one["shape"][0][0][1] for one in found] == pytest.approx([30] * 4, abs=0.3)
    annotator.press("Escape", "1")


def test_what_is_typed_for_one_object_is_not_given_to_the_next(annotator: Annotator) -> None:
    annotator.open().press("r")
    annotator.drag((5, 5), (15, 15))
    annotator.drag((30, 30), (40, 40))
    annotator.press("v")
    annotator.page.locator("summary", has_text="Attributes").click()
    annotator.page.fill("#attribute-key", "round")
    annotator.page.fill("#attribute-value", "yes")
    annotator.page.keyboard.press("Enter")
    annotator.page.fill("[data-attribute=round]", "no")
    annotator.click((10, 10))
    annotator.page.locator("summary", has_text="Attributes").click()
    first, second = annotator.objects()
    assert first["extra"] == {}
    assert second["extra"] == {"round": "no"}


def test_a_drag_of_what_changed_meanwhile_is_given_up(annotator: Annotator) -> None:
    annotator.open().press("r")
    annotator.drag((5, 5), (15, 15))
    annotator.press("v")
    annotator.page.mouse.move(*annotator.screen(10, 10))
    annotator.page.mouse.down()
    annotator.page.mouse.move(*annotator.screen(20, 20), steps=3)
    annotator.press("Control+z")
    annotator.page.mouse.up()
    assert annotator.objects() == []
    expect(annotator.page.locator("#notices")).to_contain_text("changed meanwhile")
    annotator.press("Control+Shift+z")
    assert len(annotator.objects()) == 1


def test_what_is_locked_stays(annotator: Annotator) -> None:
    annotator.open().press("r")
    annotator.drag((10, 10), (20, 20))
    annotator.press("v", "Shift+K")
    annotator.drag((15, 15), (35, 35))
    annotator.press("Delete")
    (found,) = annotator.objects()
    assert found["shape"][0][0][:2] == pytest.approx([10, 10], abs=0.3)


def test_copies_go_to_another_image_at_the_same_place(annotator: Annotator) -> None:
    annotator.open(1).open(0).press("r")
    annotator.drag((10, 10), (20, 20))
    annotator.press("Control+c")
    annotator.open(1).press("Control+v")
    (there,), (here,) = annotator.objects(1), annotator.objects(0)
    assert there["shape"] == here["shape"]
    assert there["id"] != here["id"]


def test_proposals_are_decided_one_by_one_and_remember_what_they_were(annotator: Annotator) -> None:
    annotator.page.goto(f"{annotator.base}#/annotate/{annotator.views[2]['id']}")
    expect(annotator.page.locator("#image-state")).to_contain_text("proposals open")
    annotator.page.click("#tool-select")  # keys are the image's after a click on a button
    before = annotator.objects(2)
    annotator.press("Enter", "Enter", "x")
    after = annotator.objects(2)
    assert len(after) == len(before) - 1
    (mine,) = [one for one in after if one["author"] == "human:ann"]
    assert (mine["score"], mine["origin"]) == (None, mine["id"])


def test_complete_asks_what_becomes_of_open_proposals(annotator: Annotator) -> None:
    annotator.page.goto(f"{annotator.base}#/annotate/{annotator.views[3]['id']}")
    expect(annotator.page.locator("#image-state")).to_contain_text("proposals open")
    annotator.page.locator("#viewer").focus()
    annotator.press("Control+Enter", "Escape")
    assert annotator.saved(3)["state"] == "draft"
    annotator.press("Control+Enter")
    annotator.page.click("[data-answer=accept]")
    expect(annotator.page.locator("#image-state")).to_contain_text("reviewed")
    done = annotator.saved(3)
    assert done["covered"] == [[0, 0, SIZE, 0, SIZE, SIZE, 0, SIZE]]
    assert {one["author"] for one in done["objects"]} == {"human:ann"}


def test_what_is_in_hand_is_part_of_what_is_complete(annotator: Annotator) -> None:
    annotator.open().press("p")
    annotator.click((10, 10), (40, 10), (40, 40))
    annotator.press("Control+Enter")
    done = annotator.saved()
    assert (done["state"], len(done["objects"])) == ("reviewed", 1)
    annotator.press("b", "Alt+r")
    assert annotator.saved()["state"] == "draft"


def test_an_area_is_complete(annotator: Annotator) -> None:
    annotator.open().press("Shift+A")
    annotator.click((10, 10), (40, 10), (40, 40), (10, 40), (10, 10))
    done = annotator.saved()
    assert done["state"] == "reviewed"
    assert done["covered"][0] == pytest.approx([10, 10, 40, 10, 40, 40, 10, 40], abs=0.3)
    expect(annotator.page.locator("#image-state")).to_contain_text("reviewed in part")
    annotator.press("Alt+r")
    assert annotator.saved()["state"] == "draft"


def test_the_history_shows_and_restores(annotator: Annotator) -> None:
    annotator.open().press("r")
    annotator.drag((10, 10), (20, 20))
    revision = annotator.saved()["revision"]
    annotator.press("Delete")
    assert annotator.objects() == []
    annotator.page.click("#section-history > summary")
    annotator.page.click(f"[data-revision='{revision}']")
    annotator.page.click("#history-restore")
    expect(annotator.page.locator("#image-state")).to_contain_text("1 object")
    assert len(annotator.objects()) == 1


def test_the_sheet_of_keys_does_what_it_lists(annotator: Annotator) -> None:
    annotator.open().press("?")
    annotator.page.fill("#help-filter", "ellipse")
    annotator.page.click("[data-action=tool-ellipse]")
    expect(annotator.page.locator("#tool-ellipse")).to_have_attribute("aria-pressed", "true")


def test_an_image_that_cannot_be_read_is_no_dead_end(annotator: Annotator) -> None:
    page, (first, second) = annotator.page, annotator.views[:2]
    error = {"message": "a.png: damaged", "next_step": "copy it again", "type": "InputError"}
    page.route(f"**/{first['id']}/pixels*", lambda route: route.fulfill(status=422, json={"error": error}))
    page.goto(f"{annotator.base}#/images")
    page.goto(f"{annotator.base}#/annotate/{first['id']}")
    expect(page.locator(".page-failed")).to_contain_text("damaged")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#image-name:text-is('{second['name']}')")
    page.unroute(f"**/{first['id']}/pixels*")
