"""The whole loop in a real browser, from an empty folder: bring, prepare, label, train, look, correct, export."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson
import pytest
import tifffile
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from tests.web.browser import Served, browsing, enter, serving

from annelid.project import Project
from annelid.synthetic import write_nuclei

MINUTES = 60_000
NEW = ("fieldA_01", "fieldH_01")


class Person:
    """Somebody with a browser who looks at every step.

    Args:
        page: the page.
        folder: where what was seen is kept.
    """

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder, self.seen = page, folder, 0

    def look(self, what: str) -> None:
        self.seen += 1
        self.page.screenshot(path=self.folder / f"{self.seen:02d}-{what}.png")

    def go(self, served: Served, hash_: str) -> None:
        self.page.goto(served.page_of(hash_))

    def screen_of(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the image is on the screen, from what the status line says under two places of it."""
        frame = self.page.locator("#viewer").bounding_box()
        assert frame is not None
        centre = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
        first, second = (self._under(centre[0] + d, centre[1] + d) for d in (-150, 150))
        scale = 300 / (second[0] - first[0])
        return (
            centre[0] + (x - (first[0] + second[0]) / 2) * scale,
            centre[1] + (y - (first[1] + second[1]) / 2) * scale,
        )

    def _under(self, sx: float, sy: float) -> tuple[float, float]:
        self.page.mouse.move(sx, sy)
        self.page.wait_for_timeout(150)
        numbers = re.findall(r"-?\d+", self.page.inner_text("#cursor-place"))
        return float(numbers[0]), float(numbers[1])


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``images/`` and ``masks/`` of 8 fields of nuclei, 16 bits."""
    folder = tmp_path_factory.mktemp("field")
    write_nuclei(folder, images=8, size=160, seed=3)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("loop") / "project") as served:
        yield served


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    kept = os.environ.get("ANNELID_TEST_SCREENSHOTS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("seen")
    folder.mkdir(parents=True, exist_ok=True)
    with browsing() as page:
        yield Person(page, folder)


def lonely(labels: NDArray[np.integer], margin: int = 5) -> list[int]:
    """Objects that touch no other and no border, largest first."""
    found = []
    for value in np.unique(labels)[1:]:
        ys, xs = np.nonzero(labels == value)
        top, left, bottom, right = ys.min() - margin, xs.min() - margin, ys.max() + margin, xs.max() + margin
        if min(top, left) < 0 or bottom >= len(labels) or right >= labels.shape[1]:
            continue
        if set(np.unique(labels[top:bottom, left:right])) == {0, value}:
            found.append((len(ys), int(value)))
    return [value for _, value in sorted(found, reverse=True)]


def bring(person: Person, served: Served, field: Path) -> None:
    page = person.page
    enter(page, served, "Ann")
    person.look("empty")
    page.set_input_files("#choose-files", [field / "images" / f"{name}.tif" for name in NEW])
    page.click("#import")
    page.wait_for_selector("#import-report")
    person.look("imported")


def prepare(person: Person, served: Served) -> None:
    page = person.page
    person.go(served, "#/preprocessing")
    page.wait_for_selector("#preview-after")
    before = page.get_attribute("#preview-after", "src")
    page.select_option("#equalize", "clahe")
    page.wait_for_function("before => document.querySelector('#preview-after').src !== before", arg=before)
    person.look("clahe")
    page.click("#use-preprocessing")
    page.click("dialog[open] .primary")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#preprocessing-words")).to_contain_text("CLAHE")


def label(person: Person, served: Served, masks: NDArray[np.integer]) -> list[int]:
    """Click three objects of the first image; returns which."""
    page = person.page
    person.go(served, "#/images")
    page.locator(".image-name", has_text="fieldA_01.tif").first.click()
    page.wait_for_selector("#tool-assist")
    page.click("#tool-assist")
    wanted = lonely(masks)[:3]
    for n, value in enumerate(wanted):
        ys, xs = np.nonzero(masks == value)
        page.mouse.click(*person.screen_of(xs.mean() + 0.5, ys.mean() + 0.5))
        expect(page.locator("#assist-state")).to_contain_text("Enter")
        person.look(f"assist-{n}")
        page.keyboard.press("Enter")
        if n == 0:
            page.fill("#class-name", "nucleus")
            page.keyboard.press("Enter")
        expect(page.locator("#image-state")).to_contain_text(re.compile(rf"\b{n + 1} object"))
    expect(page.locator("#save-state")).to_contain_text("Saved")
    return wanted


def bring_annotated(person: Person, served: Served, field: Path) -> None:
    """The other images come with label images that somebody made elsewhere."""
    page = person.page
    person.go(served, "#/import")
    images = [path for path in (field / "images").iterdir() if path.stem not in NEW]
    masks = [path.rename(path.with_stem(f"{path.stem}_masks")) for path in (field / "masks").iterdir()]
    masks = [path for path in masks if path.stem.removesuffix("_masks") not in NEW]
    page.set_input_files("#choose-files", sorted([*images, *masks]))
    page.click("summary")
    page.fill("#import-classes", "nucleus")
    page.click("#import")
    page.wait_for_selector("#import-report")
    person.look("with-masks")


def train(person: Person, served: Served, *, engine: str, name: str, **parameters: int) -> None:
    page = person.page
    person.go(served, "#/train")
    page.select_option("#train-engine", engine)
    page.fill("#train-name", name)
    for key, value in parameters.items():
        page.fill(f"#parameter-{key}", str(value))
    person.look(f"train-{name}")
    page.click("#train-start")
    page.wait_for_url(f"**/#/runs/{name}", timeout=MINUTES)
    page.wait_for_selector("#verdict", timeout=3 * MINUTES)
    person.look(f"run-{name}")


def propose_and_correct(person: Person, served: Served, view: str, model: str) -> None:
    """A model's proposals: one is removed, the others are taken as they are."""
    page = person.page
    person.go(served, f"#/annotate/{view}")
    page.click("#proposals-again")
    page.select_option("#propose-model", model)
    page.get_by_role("button", name="Propose", exact=True).click()
    expect(page.locator("#proposals-open")).to_contain_text(re.compile(r"[1-9]\d* proposal"), timeout=MINUTES)
    person.look("proposals")
    page.click("#tool-select")
    page.locator("#objects .object-row").first.click()
    page.keyboard.press("Delete")
    page.click("#proposals-accept")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#image-state")).to_contain_text("reviewed")
    expect(page.locator("#save-state")).to_contain_text("Saved")
    person.look("corrected")


def export(person: Person, served: Served) -> dict[str, object]:
    """The COCO file in the zip that the page gives."""
    page = person.page
    person.go(served, "#/export")
    page.wait_for_selector("#export")
    page.click("input[value=coco]")
    page.click("#export")
    with page.expect_download() as download:
        page.click("#export-report a")
    person.look("exported")
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".json"))
        content: dict[str, object] = orjson.loads(archive.read(name))
    return content


def test_from_an_empty_folder_to_corrected_proposals_of_an_own_model(
    person: Person, served: Served, field: Path
) -> None:
    truth = tifffile.imread(field / "masks" / "fieldA_01.tif")
    bring(person, served, field)
    prepare(person, served)
    drawn = label(person, served, truth)
    bring_annotated(person, served, field)
    with Project(served.root) as project:
        items = {item.image.stem: item for item in project.store.items()}
        assert sum(item.state == "reviewed" for item in items.values()) == 6
        clicked = items["fieldA_01"].objects
        ious = [best_iou(clicked.label_image((160, 160)) > 0, truth == value) for value in drawn]
        assert len(clicked) == len(drawn)
        assert min(ious) > 0.6
    train(person, served, engine="yolo", name="first", epochs=2, imgsz=96)
    assert person.page.locator("#curves").count() == 1
    train(person, served, engine="threshold", name="bright")
    propose_and_correct(person, served, items["fieldH_01"].id, "bright@v1")
    with Project(served.root) as project:
        found = project.store.item(items["fieldH_01"].id)
        assert found.state == "reviewed"
        assert found.is_complete
        assert len(found.objects)
        assert {str(author) for author in found.objects.authors} == {"human:Ann"}
    coco = export(person, served)
    assert len(coco["images"]) == 7  # type: ignore[arg-type]


def best_iou(found: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> float:
    """IoU of what lies within 5 pixels of an object with it."""
    ys, xs = np.nonzero(wanted)
    near = (slice(ys.min() - 5, ys.max() + 5), slice(xs.min() - 5, xs.max() + 5))
    return float((found[near] & wanted[near]).sum() / (found[near] | wanted[near]).sum())
