"""How smooth the annotator is with 5,000 real objects in view: pan, zoom, dragging a vertex; first paint; save.

    python benchmarks/annotator.py [IMAGES MASKS] [--objects 5000] [--frames 180] [--repeat 3] [--no-peers]

IMAGES and MASKS are folders with pictures and label masks of the same names (DSB2018, for one). They are laid out on
one 16-bit image, the annotator is served from a new project, and a headless Chromium without a graphics card works on
it with real input events. Without folders the objects are synthetic nuclei. A vertex is dragged of one large outline
that lies over them all. The peers draw the same outlines in the simplest ways that a browser offers. The last line is
``fps X``: the worst 95th percentile of the time between two frames of the three gestures, as a rate; 60 is the most
that there is.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import CDPSession, Page, ViewportSize, sync_playwright

from annelid import synthetic
from annelid.objects import Objects
from annelid.project import Project
from annelid.store.changes import ChangeSet

HERE = Path(__file__).parent / "annotator"
SCREEN: ViewportSize = {"width": 1200, "height": 800}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu"]
GESTURES = ("pan", "zoom", "drag")
FRAME = 1 / 60
BUSY = 3.0
"""Processes that wait for a processor core, beyond which the figures are those of the others as well."""
WHEEL = (1, 1, -1, -1, -1, -1, 1, 1)
"""Directions of the wheel's notches, again and again: out, back, in, back."""


@dataclass(frozen=True)
class Field:
    """What is annotated.

    Attributes:
        pixels: uint16 ``[y, x]``.
        labels: uint16 ``[y, x]``: 0 is background.
    """

    pixels: NDArray[np.uint16]
    labels: NDArray[np.uint16]


def real_pairs(images: Path, masks: Path) -> Iterator[Field]:
    """Pictures with label masks of the same name, those with the most objects first."""
    pictures = {path.stem: path for path in images.iterdir()}
    found = [(tifffile.imread(path), pictures[path.stem]) for path in sorted(masks.iterdir()) if path.stem in pictures]
    for labels, picture in sorted(found, key=lambda pair: -len(np.unique(pair[0]))):
        grey = np.asarray(Image.open(picture).convert("L"), np.uint16)
        yield Field(grey * 257, np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.uint16))


def synthetic_pairs() -> Iterator[Field]:
    """Synthetic fields of nuclei without end."""
    for seed in range(10_000):
        yield Field(*synthetic.nuclei(np.random.default_rng(seed), 512))


def laid_out(pairs: Iterator[Field], count: int) -> Field:
    """As many fields as hold so many objects, in rows on one image, half as wide again as high."""
    taken: list[Field] = []
    while sum(int(field.labels.max()) for field in taken) < count:
        taken.append(next(pairs))
    taken.sort(key=lambda field: -field.labels.shape[0])
    width = max(int((1.5 * sum(field.labels.size for field in taken)) ** 0.5), taken[0].labels.shape[1])
    corners, x, y, height = [], 0, 0, 0
    for field in taken:
        h, w = field.labels.shape
        if x + w > width:
            x, y, height = 0, y + height, 0
        corners.append((x, y))
        x, height = x + w, max(height, h)
    return pasted(taken, corners, (y + height, width), count)


def pasted(fields: list[Field], corners: list[tuple[int, int]], shape: tuple[int, int], count: int) -> Field:
    """Fields on one image, their objects numbered on; those beyond a number are left out."""
    whole = Field(np.zeros(shape, np.uint16), np.zeros(shape, np.uint16))
    known = 0
    for field, (x, y) in zip(fields, corners, strict=True):
        h, w = field.labels.shape
        whole.pixels[y : y + h, x : x + w] = field.pixels
        whole.labels[y : y + h, x : x + w] = np.where(field.labels, field.labels + known, 0)
        known += int(field.labels.max())
    whole.labels[whole.labels > count] = 0
    return whole


def make_project(root: Path, field: Field) -> tuple[str, Objects]:
    """A project with one image; the objects on it, the large outline first.

    Returns:
        The id of its view, and its objects.
    """
    (root / "in").mkdir(parents=True)
    tifffile.imwrite(root / "in/field.tif", field.pixels, tile=(512, 512), compression="zlib")
    shapes = list(Objects.from_label_image(field.labels, "nucleus").shapes)
    outline = (region(field.labels.shape),)
    objects = Objects.from_shapes(
        [(outline,), *shapes], ["region", *["nucleus"] * len(shapes)], authors="human:benchmark"
    )
    with Project.init(root / "project", classes=("nucleus", "region")) as project:
        project.import_(root / "in/field.tif")
        view = project.store.views()[0].id
        base = project.store.head(view).revision
        project.store.save(view, ChangeSet(base, objects, author="human:benchmark", state="draft"))
    return view, objects


def region(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """An outline of 24 vertices over most of the image."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    size = np.array([shape[1], shape[0]])
    return np.asarray(size * (0.5 + 0.4 * np.stack([np.cos(angles), np.sin(angles)], 1)), np.float64)


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address of a server of the project."""
    command = [sys.executable, "-m", "annelid", "-C", str(root), "serve", "--port", "0", "--no-open", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["address"]
        finally:
            process.terminate()


@contextmanager
def browser() -> Iterator[Page]:
    """A page of a headless Chromium without a graphics card."""
    found = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
    if found is None:
        sys.exit("needs a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        page = opened.new_page(viewport=SCREEN)
        page.add_init_script(path=HERE / "frames.js")
        yield page
        opened.close()


class Annotator:
    """The annotator's page as a person meets it.

    Args:
        page: where it is open.
        size_wh: of the image.
        labels: where objects are.
    """

    def __init__(self, page: Page, field: Field) -> None:
        self.page = page
        self.field = field
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("Performance.enable", {"timeDomain": "threadTicks"})

    def open(self, address: str, view: str) -> tuple[float, float]:
        """Open the image; milliseconds until it is painted: from the list of images, and in a page that loads."""
        self.page.goto(address)
        self.page.wait_for_timeout(2000)
        here = self._painted(f"() => {{ location.hash = '#/annotate/{view}'; return performance.now() }}")
        self.page.reload()
        anew = self._painted("() => 0")
        return here, anew

    def _painted(self, start: str) -> float:
        began = float(self.page.evaluate(start))
        painted = -1.0
        while painted < 0:
            self.page.wait_for_timeout(200)
            painted = self.page.evaluate("benchmarkFrames.firstPaint ?? -1")
        self.page.wait_for_timeout(2000)
        return painted - began

    def fit(self) -> None:
        """Show the whole image, with the tool that selects, the pointer beside all controls."""
        box = self._box()
        self.page.mouse.move(box["x"] + 5, box["y"] + 5)
        for key in ("Escape", "v", "0"):
            self.page.keyboard.press(key)
        self.page.wait_for_timeout(700)

    def measured(self, gesture: Callable[[], None]) -> tuple[list[float], float]:
        """Milliseconds between the frames of a gesture, and those of the page's thread for one of them."""
        before = self._busy()
        self.page.evaluate("benchmarkFrames.start()")
        gesture()
        times = self.page.evaluate("benchmarkFrames.stop()")
        return times, (self._busy() - before) / max(1, len(times))

    def pan(self, frames: int) -> None:
        """Drag the image about with the middle button."""
        x, y = self._middle()
        self.page.mouse.move(x, y)
        self.page.mouse.down(button="middle")
        for n in paced(frames):
            self.page.mouse.move(x + 120 * np.sin(n / 20), y + 60 * np.sin(n / 13))
        self.page.mouse.move(x, y)
        self.page.mouse.up(button="middle")

    def zoom(self, frames: int) -> None:
        """Turn the wheel, a notch each third frame."""
        self.page.mouse.move(*self._middle())
        for n in paced(frames):
            if n % 3 == 0:
                self.page.mouse.wheel(0, 100 * WHEEL[n // 3 % len(WHEEL)])

    def take(self) -> tuple[float, float]:
        """Select the large outline and take hold of a vertex; where that is."""
        self.page.mouse.click(*self._to_screen(*self._free_spot()))
        self.page.wait_for_timeout(300)
        vertex = self._to_screen(*region(self.field.labels.shape)[3])
        self.page.mouse.move(*vertex)
        self.page.mouse.down()
        return vertex

    def drag(self, frames: int, vertex: tuple[float, float]) -> None:
        """Move what was taken hold of."""
        for n in paced(frames):
            self.page.mouse.move(vertex[0] + 40 * np.sin(n / 15), vertex[1] + 40 * np.sin(n / 11))

    def let_go(self) -> float:
        """Let go; milliseconds until the server has it."""
        with self.page.expect_event("requestfinished", lambda request: request.url.endswith("/changes")) as saved:
            self.page.mouse.up()
        timing = saved.value.timing
        return float(timing["responseEnd"] - timing["requestStart"])

    def _busy(self) -> float:
        metrics = self.cdp.send("Performance.getMetrics")["metrics"]
        return 1000 * float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    def _box(self) -> dict[str, float]:
        box = self.page.locator("canvas.viewer-objects").bounding_box()
        assert box is not None
        return {**box}  # type: ignore[dict-item]

    def _middle(self) -> tuple[float, float]:
        box = self._box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def _to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the image is while the whole image is fitted, 16 pixels off the border."""
        box = self._box()
        height, width = self.field.labels.shape
        scale = min((box["width"] - 32) / width, (box["height"] - 32) / height)
        middle_x, middle_y = self._middle()
        return middle_x + (x - width / 2) * scale, middle_y + (y - height / 2) * scale

    def _free_spot(self) -> tuple[float, float]:
        """A place on the large outline far from all nuclei."""
        ring = region(self.field.labels.shape)
        spots = [(float(x), float(y)) for x, y in (ring + np.roll(ring, -1, 0)) / 2]
        return max(spots, key=self._emptiness)

    def _emptiness(self, spot: tuple[float, float]) -> float:
        x, y = map(int, spot)
        return float((self.field.labels[max(0, y - 60) : y + 60, max(0, x - 60) : x + 60] == 0).mean())


def paced(frames: int) -> Iterator[int]:
    """Numbers at the pace of the screen."""
    start = time.perf_counter()
    for n in range(frames):
        time.sleep(max(0.0, start + n * FRAME - time.perf_counter()))
        yield n


def work(annotator: Annotator, frames: int) -> tuple[dict[str, tuple[list[float], float]], float]:
    """Each gesture once; and the milliseconds of the save after the drag."""
    found = {}
    for name in ("pan", "zoom"):
        annotator.fit()
        found[name] = annotator.measured(lambda name=name: getattr(annotator, name)(frames))  # type: ignore[misc]
    annotator.fit()
    vertex = annotator.take()
    found["drag"] = annotator.measured(lambda: annotator.drag(frames, vertex))
    return found, annotator.let_go()


def told(name: str, times: list[float], busy: float | None = None) -> str:
    """A line of the table."""
    median, p95, worst = np.percentile(times, [50, 95, 100])
    rest = "" if busy is None else f"{busy:9.1f}"
    return f"{name:16}{median:9.1f}{p95:9.1f}{worst:9.1f}{rest}"


def p95_of(times: list[float]) -> float:
    """95th percentile."""
    return float(np.percentile(times, 95))


def peers(page: Page, objects: Objects, size_wh: tuple[int, int], frames: int) -> dict[str, float]:
    """Worst 95th percentile of each naive way to draw; prints its table."""
    shapes = [[np.round(ring, 2).ravel().tolist() for part in shape for ring in part] for shape in objects.shapes]
    page.goto("about:blank")
    page.add_script_tag(path=HERE / "naive.js")
    worst = {}
    for kind in ("svg", "canvas"):
        given: list[Any] = [kind, shapes, size_wh, frames]
        times = page.evaluate("given => benchmarkNaive(...given)", given)
        for name in GESTURES:
            print(told(f"{kind} {name}", times[name]))
        worst[kind] = max(p95_of(times[name]) for name in GESTURES)
    return worst


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="?", type=Path)
    parser.add_argument("masks", nargs="?", type=Path)
    parser.add_argument("--objects", type=int, default=5000)
    parser.add_argument("--frames", type=int, default=180)
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many: other programs disturb")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--picture", type=Path, help="where to keep a screenshot")
    wish = parser.parse_args()
    pairs = real_pairs(wish.images, wish.masks) if wish.images and wish.masks else synthetic_pairs()
    field = laid_out(pairs, wish.objects)
    with tempfile.TemporaryDirectory() as folder:
        view, objects = make_project(Path(folder), field)
        vertices = np.median(np.diff(objects.ring_offsets))
        height, width = field.labels.shape
        print(f"{len(objects)} objects, {vertices:.0f} vertices in the middle, on {width} x {height} pixels of 16 bits")
        with served(Path(folder) / "project") as address, browser() as page:
            measure(page, address, view, field, objects, wish)


def measure(page: Page, address: str, view: str, field: Field, objects: Objects, wish: argparse.Namespace) -> None:
    """Work on the page; print the tables."""
    annotator = Annotator(page, field)
    here, anew = annotator.open(address, view)
    rounds = [work(annotator, wish.frames) for _ in range(wish.repeat)]
    if wish.picture:
        page.screenshot(path=wish.picture)
    print(f"{'ms a frame':16}{'median':>9}{'p95':>9}{'worst':>9}{'thread':>9}")
    best = {name: min((found[name] for found, _ in rounds), key=lambda one: p95_of(one[0])) for name in GESTURES}
    for name, (times, busy) in best.items():
        print(told(name, times, busy))
    slowest = max(p95_of(times) for times, _ in best.values())
    if not wish.no_peers:
        naive = peers(page, objects, field.labels.shape[::-1], min(wish.frames, 40))
        print(", ".join(f"{kind}: {p95 / slowest:.1f} times as long" for kind, p95 in naive.items()))
    print(f"first paint {here:.0f} ms from the list of images, {anew:.0f} ms in a page that loads")
    print(f"save {min(save for _, save in rounds):.0f} ms")
    if (load := os.getloadavg()[0]) > BUSY:
        print(f"other programs were at work, too (load {load:.1f}): measure again when it is quiet")
    print(f"fps {1000 / slowest:.1f}")


if __name__ == "__main__":
    main()
