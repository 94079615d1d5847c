"""From an empty folder to images in the list, in a real browser: drop, import, prepare, export."""

from __future__ import annotations

import json
import shutil
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.small import project_of_discs, write_discs
from tests.web.browser import Served, browsing, enter, serving

from annelid import settings
from annelid.project import Project

DROP = """files => {
  const transfer = new DataTransfer();
  for (const [name, data] of files)
    transfer.items.add(new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], name));
  for (const kind of ["dragenter", "dragover", "drop"])
    document.getElementById("page").dispatchEvent(
      new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browsing() as page:
        yield page


@pytest.fixture(scope="module")
def discs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("web") / "discs"
    project_of_discs(root, 6).close()
    with serving(root) as served:
        yield served


def drop(page: Page, files: dict[str, bytes]) -> None:
    page.evaluate(DROP, [[name, b64encode(data).decode()] for name, data in files.items()])


def labelme(image: str) -> bytes:
    shape = {"label": "cell", "points": [[10, 10], [30, 12], [20, 30]], "shape_type": "polygon"}
    return json.dumps({"imagePath": image, "shapes": [shape], "imageHeight": 64, "imageWidth": 64}).encode()


def test_files_dropped_on_an_empty_project_come_in_with_their_annotation(page: Page, tmp_path: Path) -> None:
    images, _ = write_discs(tmp_path / "source", 3)
    files = {path.name: path.read_bytes() for path in sorted(images.iterdir())}
    with serving(tmp_path / "project") as served:
        enter(page, served, "Ann")
        page.wait_for_selector("#dropzone")
        drop(page, {**files, "a.json": labelme("a.png"), "broken.png": b"\x89PNG\r\n\x1a\n", ".DS_Store": b"x"})
        page.wait_for_selector("#chosen")
        assert "4 images and 1 annotation file" in page.inner_text("#chosen")
        page.click("#import")
        report = page.wait_for_selector("#import-report")
        assert report is not None
        said = report.inner_text()
        assert "3 images came in" in said
        assert "1 × cell" in said
        assert "broken.png" in report.inner_html()
        page.click("#to-images")
        page.wait_for_selector("#images [data-view]")
        assert page.inner_text("#progress-words") == "1 of 3 images reviewed, 1 object"
        assert page.inner_text("#author") == "Ann"


def test_classes_that_the_project_does_not_have_are_asked_about(page: Page, discs: Served) -> None:
    page.goto(discs.address)
    page.wait_for_selector("#images [data-view]")
    drop(page, {"new.png": (discs.root / "source/images/a.png").read_bytes(), "new.json": labelme("new.png")})
    page.click("#import")
    page.select_option("#import-refused select", "disc")
    page.click("#import-again")
    page.wait_for_selector("#import-report")
    with Project(discs.root) as project:
        assert project.settings.classes == ("disc",)
        assert len(project.store.views()) == 7


def test_images_are_gone_through_picked_and_marked_by_keyboard(page: Page, discs: Served) -> None:
    page.goto(discs.page_of("#/images"))
    page.wait_for_selector("#images [data-view]")
    page.focus("#images")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    assert page.inner_text("#picked") == "2 images selected"
    page.keyboard.press("Escape")
    page.wait_for_selector("#picked", state="hidden")
    page.select_option("#filter-order", "objects")
    page.keyboard.press("End")
    page.click("[data-mode=table]")
    page.fill("#search", "new")
    assert page.locator("#images [data-view]").count() == 1
    page.click("#images .tick")
    page.click("#complete")
    page.click("dialog [data-answer=yes]")
    page.locator("#progress-words", has_text="7 of 7 images reviewed").wait_for()
    page.click("#images .tick")
    page.click("#reopen")
    page.locator("#progress-words", has_text="6 of 7 images reviewed").wait_for()
    page.click("#reset-filters")
    page.click("[data-mode=grid]")


def test_what_others_do_appears_by_itself(page: Page, discs: Served) -> None:
    page.goto(discs.page_of("#/images"))
    page.locator("#progress-words", has_text="of 7 images").wait_for()
    with Project(discs.root) as project:
        shutil.copy(discs.root / "source/images/b.png", discs.root / "source/later.png")
        project.import_(discs.root / "source/later.png")
    page.locator("#progress-words", has_text="of 8 images").wait_for()


def test_filters_and_place_are_kept_while_one_is_elsewhere(page: Page, discs: Served) -> None:
    page.goto(discs.page_of("#/images"))
    page.fill("#search", "b.png")
    page.locator("#images [data-view]").nth(1).wait_for(state="detached")
    page.click("#to-export")
    page.wait_for_selector("#export")
    page.click("nav [data-page=images]")
    page.wait_for_selector("#images [data-view]")
    assert page.input_value("#search") == "b.png"
    assert page.locator("#images [data-view]").count() == 1
    page.click("#reset-filters")


def test_clahe_is_tried_and_then_used_on_purpose(page: Page, discs: Served) -> None:
    page.goto(discs.page_of("#/preprocessing"))
    before = page.wait_for_selector("#preview-after")
    assert before is not None
    plain = before.get_attribute("src")
    page.select_option("#equalize", "clahe")
    page.locator("#preprocessing-words", has_text="Tried").wait_for()
    page.locator(f'#preview-after[src="{plain}"]').wait_for(state="detached")
    assert settings.load(discs.root).preprocessing.equalize == "none"
    page.click("#use-preprocessing")
    page.click("dialog [data-answer=yes]")
    page.locator("#preprocessing-words", has_text="The project uses").wait_for()
    assert settings.load(discs.root).preprocessing.equalize == "clahe"


def test_an_export_is_downloaded_as_a_zip(page: Page, discs: Served, tmp_path: Path) -> None:
    page.goto(discs.page_of("#/export"))
    page.click("input[value=coco]")
    page.click("#export")
    page.wait_for_selector("#export-report")
    with page.expect_download() as download:
        page.click("#export-report a")
    download.value.save_as(tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        assert any(name.endswith("annotations.json") for name in archive.namelist())


def test_light_or_dark_is_kept_and_there_before_anything_is_shown(page: Page, discs: Served) -> None:
    page.goto(discs.page_of("#/images"))
    assert page.get_attribute("html", "data-theme") == "dark"
    page.select_option("#theme", "light")
    assert page.get_attribute("html", "data-theme") == "light"
    page.goto("about:blank")
    page.goto(discs.page_of("#/images"), wait_until="commit")
    page.wait_for_selector("body", state="attached")
    assert page.get_attribute("html", "data-theme") == "light"
    page.select_option("#theme", "system")
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-theme=dark]", state="attached")


def test_a_page_that_is_none_is_said(page: Page, discs: Served) -> None:
    page.goto(discs.page_of("#/nothing"))
    page.wait_for_selector("#try-again")
    assert "no such page" in page.inner_text("#page")
