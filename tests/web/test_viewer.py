"""The viewer in a real browser: both ways of drawing look the same, and the pointer moves the image as it should."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page
from tests.web.browser import FLAGS, browsing, chromium, serving

from annelid.project import Project

SHOW = """
async ([view, renderer, scale, gamma]) => {
  const [{ Viewer }, { Signal }, { initialChannels }, { get }] = await Promise.all(
    ["view/viewer.js", "signal.js", "core/channels.js", "api.js"].map((name) => import(new URL(name, location.href))));
  const facts = await get(`api/views/${view}/pixels`);
  const channels = new Signal(initialChannels(facts).map((one) => ({ ...one, shown: true, gamma })));
  window.viewer?.close();
  const host = document.createElement("div");
  host.id = "tried";
  Object.assign(host.style, { position: "fixed", inset: "0", width: "500px", height: "400px", zIndex: 99 });
  document.querySelector("#tried")?.remove();
  document.body.append(host);
  const viewer = (window.viewer = new Viewer(host, { channels, renderer }));
  viewer.load(view, facts);
  if (scale) viewer.zoomTo(scale, [140, 100]);
  const frame = () => new Promise(requestAnimationFrame);
  do { await frame(); await frame(); } while (viewer.state.value.pending);
  await frame();
  host.querySelectorAll("div").forEach((part) => part.remove());
  return viewer.image.kind;
}
"""


def made() -> dict[str, NDArray[Any]]:
    """16 bits in two channels, numbers of which some are none, and a large picture of 8 bits."""
    y, x = np.mgrid[:200, :280]
    waves = 2000 + 1500 * np.sin(x / 9) * np.cos(y / 7) + np.random.default_rng(3).normal(0, 300, (200, 280))
    real = (waves / 1000).astype(np.float32)
    real[90:110, 120:150] = np.nan
    large = np.tile((waves / 16).clip(0, 255).astype(np.uint8), (8, 8))
    return {"deep": np.stack([waves, 4000 - waves]).astype(np.uint16), "real": real, "large": large}


PIXELS = made()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The page's address, and the id of each picture's view."""
    root = tmp_path_factory.mktemp("viewer") / "project"
    with Project.init(root) as project:
        for name, pixels in PIXELS.items():
            tifffile.imwrite(root / f"{name}.ome.tif", pixels, metadata={"axes": "CYX" if pixels.ndim == 3 else "YX"})
            project.import_(root / f"{name}.ome.tif")
        ids = {view.image.stem: view.id for view in project.store.views()}
    with serving(root) as served:
        yield served.address, ids


@pytest.fixture(scope="module")
def page(address: tuple[str, dict[str, str]]) -> Iterator[Page]:
    with browsing(900, 600) as page:
        page.goto(address[0])
        yield page


def picture(page: Page, view: str, renderer: str, scale: float = 0, gamma: float = 1) -> NDArray[Any]:
    assert page.evaluate(SHOW, [view, renderer, scale, gamma]) == renderer
    shot = page.screenshot(clip={"x": 0, "y": 0, "width": 500, "height": 400})
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def test_webgl_and_lookup_tables_give_the_same_pixels(page: Page, address: tuple[str, dict[str, str]]) -> None:
    _, ids = address
    if not page.evaluate("!!document.createElement('canvas').getContext('webgl2')"):
        pytest.skip("this browser has no WebGL2")
    for name, scale, gamma in [("deep", 1, 1), ("deep", 5, 0.6), ("real", 3.3, 1.5), ("large", 0.5, 1)]:
        found = [picture(page, ids[name], renderer, scale, gamma) for renderer in ("webgl2", "2d")]
        assert found[0].std() > 20, "there is something to be seen"
        assert np.abs(found[0] - found[1]).max() <= 1, (name, scale, gamma)
    found = [picture(page, ids["large"], renderer, 0.31) for renderer in ("webgl2", "2d")]
    assert (np.abs(found[0] - found[1]) > 1).mean() < 0.002, "blended pixels too, but for some at edges"


def test_pixels_are_where_they_should_be(page: Page, address: tuple[str, dict[str, str]]) -> None:
    _, ids = address
    shown = picture(page, ids["real"], "2d", 4)
    left, top = page.evaluate("viewer.toScreen(120, 90)")
    right, bottom = page.evaluate("viewer.toScreen(150, 110)")
    hole = shown[round(top) : round(bottom), round(left) : round(right)]
    assert not hole.any(), "not-a-number is black"
    assert shown[round(bottom) + 1 :, round(left) : round(right)].mean() > 50


def test_wheel_pan_and_keys_move_the_image(page: Page, address: tuple[str, dict[str, str]]) -> None:
    _, ids = address
    picture(page, ids["large"], "2d")
    before = page.evaluate("viewer.toImage(200, 150)")
    page.mouse.move(200, 150)
    page.mouse.wheel(0, -200)
    page.wait_for_function("viewer.transform.value.scale > 0.3")
    assert page.evaluate("viewer.toImage(200, 150)") == pytest.approx(before), "zoom keeps what is under the pointer"
    page.keyboard.down("Space")
    page.mouse.down()
    page.mouse.move(260, 190)
    page.mouse.up()
    page.keyboard.up("Space")
    assert page.evaluate("viewer.toImage(260, 190)") == pytest.approx(before), "the space bar drags the image"
    assert page.evaluate("viewer.cursor.value.x") == pytest.approx(before[0])


def test_raw_values_are_those_of_the_file(page: Page, address: tuple[str, dict[str, str]]) -> None:
    picture(page, address[1]["deep"], "2d", 1)
    assert page.evaluate("[...viewer.source.valueAt(10.7, 20.2).values.values()]") == PIXELS["deep"][:, 20, 10].tolist()
    assert page.evaluate("viewer.source.valueAt(-1, 5)") is None
    assert page.evaluate("viewer.source.valueAt(280, 5)") is None


def test_without_webgl_the_image_is_drawn_all_the_same(page: Page, address: tuple[str, dict[str, str]]) -> None:
    assert page.context.browser is not None
    launch = page.context.browser.browser_type.launch
    browser = launch(executable_path=chromium(), args=[*FLAGS, "--disable-3d-apis"])
    other = browser.new_page()
    other.goto(address[0])
    assert other.evaluate(SHOW, [address[1]["deep"], "auto", 1, 1]) == "2d"
    browser.close()
