"""Objects on the canvas of a real browser: what is inside is filled, what is hidden is not, what changes is redrawn."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page
from tests.web.browser import browsing, serving

from annelid.project import Project

SETUP = """
async (objects) => {
  const load = (name) => import(new URL(name, location.href));
  const names = ["view/object_layer.js", "core/store.js", "signal.js"];
  const [{ ObjectLayer }, { AnnotationStore }, { Signal }] = await Promise.all(names.map(load));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [600, 400];
  Object.assign(canvas.style, { position: "fixed", inset: "0", background: "#000", zIndex: 99 });
  document.querySelector("#tried")?.remove();
  canvas.id = "tried";
  document.body.append(canvas);
  const some = { label: "a", kind: "polygon", params: null, score: null, author: "human:ann", ignore: false };
  const store = new AnnotationStore({
    view: "v", revision: 0, state: "draft", covered: [], objects: objects.map((one) => ({ ...some, ...one })),
  });
  const set = () => new Signal(new Set());
  const editor = {
    store, view: { size_wh: [600, 400] }, selection: set(), hidden: set(), locked: set(),
    classes: new Signal([{ name: "a", color: "#ff0000", count: 0 }]),
  };
  let transform = { scale: 1, x: 0, y: 0 };
  let queued = 0;
  let drawn = performance.now();
  const draw = () => { queued = 0; layer.draw(transform); drawn = performance.now(); };
  const pause = () => new Promise((resolve) => setTimeout(resolve, 30));
  const rest = async () => { do await pause(); while (queued || performance.now() - drawn < 200); };
  editor.viewer = {
    screen: { width: 600, height: 400, ratio: 1 },
    invalidate: () => { queued ||= requestAnimationFrame(draw); },
  };
  const layer = new ObjectLayer(canvas, editor);
  layer.options.value = { ...layer.options.value, fill: 1 };
  const show = (place) => { transform = place; editor.viewer.invalidate(); };
  Object.assign(window, { layer, editor, store, show, rest });
  editor.viewer.invalidate();
}
"""


def square(x: float, y: float, side: float) -> list[float]:
    """A ring."""
    return [x, y, x + side, y, x + side, y + side, x, y + side]


OBJECTS: list[dict[str, Any]] = [
    {"id": "holed", "shape": [[square(20, 20, 100), square(50, 50, 40)]]},
    {"id": "over", "shape": [[square(100, 60, 100)]]},
    {"id": "parts", "shape": [[square(300, 20, 60)], [square(340, 60, 60)]]},
    {"id": "bow", "shape": [[[20, 200, 120, 300, 120, 200, 20, 300]]]},
    {"id": "tiny", "shape": [[square(200, 300, 1)]]},
    {"id": "box", "kind": "box", "shape": [[square(450, 250, 80)]]},
    {"id": "point", "kind": "point", "shape": [[[300, 300]]]},
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The application's page, where its modules can be had."""
    root = tmp_path_factory.mktemp("layer") / "project"
    Project.init(root).close()
    with serving(Path(root)) as served, browsing() as shown:
        shown.goto(served.address)
        yield shown


def pixels(page: Page) -> NDArray[np.uint8]:
    """What the canvas shows when it has come to rest, ``[y, x, rgb]``."""
    page.evaluate("rest()")
    picture = page.locator("#tried").screenshot()
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def is_red(seen: NDArray[np.uint8], x: int, y: int) -> bool:
    """Whether an object is filled there."""
    return bool(seen[y, x, 0] > 150)


def test_holes_are_empty_parts_united_and_what_overlaps_is_filled(page: Page) -> None:
    page.evaluate(SETUP, OBJECTS)
    seen = pixels(page)
    assert is_red(seen, 30, 30)
    assert not is_red(seen, 70, 70)
    assert is_red(seen, 110, 80), "two objects overlap there"
    assert is_red(seen, 350, 70), "two parts of one object overlap there"
    assert is_red(seen, 30, 250)
    assert is_red(seen, 110, 250)
    assert not is_red(seen, 70, 210)
    assert is_red(seen, 200, 300)
    assert is_red(seen, 300, 297)
    assert not is_red(seen, 303, 297)
    column = seen[300, 440:460, 0].astype(int)
    assert set(np.abs(np.diff(column)) > 40) == {False, True}


def test_what_is_hidden_or_suppressed_is_not_drawn_and_not_hit(page: Page) -> None:
    page.evaluate(SETUP, OBJECTS)
    pixels(page)
    page.evaluate("editor.hidden.value = new Set(['over']); layer.suppress(['bow'])")
    seen = pixels(page)
    assert not is_red(seen, 180, 150)
    assert not is_red(seen, 30, 250)
    assert is_red(seen, 110, 80), "the other one is still there"
    assert page.evaluate("[layer.hit(180, 150), layer.hit(30, 250), layer.hit(110, 80)]") == [None, None, "holed"]
    page.evaluate("editor.hidden.value = new Set(); layer.suppress([])")
    seen = pixels(page)
    assert is_red(seen, 180, 150)
    assert is_red(seen, 30, 250)


def test_changes_are_drawn_where_an_object_was_and_where_it_is(page: Page) -> None:
    page.evaluate(SETUP, OBJECTS)
    pixels(page)
    page.evaluate("store.apply({upsert: [{...store.get('box'), shape: [[[450, 20, 500, 20, 500, 60, 450, 60]]]}]})")
    seen = pixels(page)
    assert is_red(seen, 470, 40)
    assert not is_red(seen, 490, 290)
    page.evaluate("store.undo(); store.apply({removed: ['parts']}, 'remote')")
    seen = pixels(page)
    assert is_red(seen, 490, 290)
    assert not is_red(seen, 320, 40)


def test_after_a_movement_the_picture_is_that_of_a_fresh_start(page: Page) -> None:
    page.evaluate(SETUP, OBJECTS)
    pixels(page)
    for place in (
        {"scale": 1.3, "x": 5.4, "y": -3},
        {"scale": 3, "x": -300.25, "y": 12},
        {"scale": 0.4, "x": 80, "y": 9.5},
    ):
        page.evaluate("place => show(place)", place)
        moved = pixels(page)
        page.evaluate(SETUP, OBJECTS)
        page.evaluate("place => show(place)", place)
        assert np.array_equal(moved, pixels(page))


def test_the_smallest_object_is_hit_first_then_the_nearest_outline(page: Page) -> None:
    inner = {"id": "inner", "shape": [[square(110, 70, 6)]]}
    page.evaluate(SETUP, [inner, *OBJECTS])
    hits = "[layer.hit(113, 73), layer.hit(70, 70), layer.hit(70, 70, 25), layer.hit(303, 300, 4), layer.hit(590, 390)]"
    assert page.evaluate(hits) == ["inner", None, "holed", "point", None]
    assert page.evaluate("layer.inBox([10, 10, 210, 170])") == ["inner", "holed", "over"]


def test_a_proposal_below_the_least_score_is_neither_drawn_nor_hit(page: Page) -> None:
    proposal = {"id": "p", "author": "model:m@v1", "score": 0.4, "shape": [[square(20, 20, 100)]]}
    page.evaluate(SETUP, [proposal])
    assert page.evaluate("layer.hit(50, 50)") == "p"
    page.evaluate("layer.options.value = {...layer.options.value, minScore: 0.5}")
    assert not is_red(pixels(page), 50, 50)
    assert page.evaluate("layer.hit(50, 50)") is None
