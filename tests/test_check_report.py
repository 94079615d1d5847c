"""The page of a check shows the evidence and holds no more than what was found; the sheet counts what there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from tests import small

from annelid.check_report import write_check
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.image import ImageRef, View
from annelid.looks import CACHE, look_at
from annelid.objects import Objects
from annelid.picture.labels import draw_labels
from annelid.picture.pen import class_colour
from annelid.preprocess import Preprocessing
from annelid.project import Project
from annelid.store.changes import ChangeSet


def troubled(folder: Path) -> Project:
    """A project with a flipped copy, a damaged image and a tiny object under a hostile class name."""
    project = small.project_of_discs(folder / "project", images=12)
    source = project.root / "source"
    for kind, pixels in zip(("images", "masks"), small.discs(0), strict=True):
        Image.fromarray(np.ascontiguousarray(pixels[:, ::-1])).save(source / kind / "flipped.png")
    project.import_(source / "images" / "flipped.png", labels=source / "masks" / "flipped.png")
    item = project.dataset().items[3]
    project.add_classes("<b>&")
    tiny = Objects.from_boxes([[30, 30, 31, 40]], ["<b>&"])
    project.store.save(item.id, ChangeSet(item.revision, tiny, author="human:test"))
    (source / "images" / "f.png").write_bytes(b"\x89PNG\r\n\x1a\n and nothing else")
    return project


def test_the_page_shows_pairs_and_objects_and_escapes_what_comes_from_outside(tmp_path: Path) -> None:
    with troubled(tmp_path) as project:
        done = project.check(out=tmp_path / "out")
    assert {"A108", "A209", "A302"} <= {finding.code for finding in done.findings}
    page = (tmp_path / "out" / "check.html").read_text(encoding="utf-8")
    assert done.page == tmp_path / "out" / "check.html"
    for finding in done.findings:
        assert f'<section id="{finding.code}">' in page
        assert f"{finding.code} {finding.severity}" in page
    assert page.count("<figure>") == 2
    assert "flipped left to right" in page
    assert "&lt;b&gt;&amp;" in page
    assert "<b>&" not in page
    assert "http" not in page.split("</style>")[1]
    with Image.open(tmp_path / "out" / "labels.jpg") as sheet:
        assert sheet.size == (1248, 1248)


def test_a_project_without_findings_says_so(tmp_path: Path) -> None:
    with small.project_of_discs(tmp_path / "project", images=12) as project:
        page = write_check(tmp_path / "out", project._subject(), [], project.root, Preprocessing())
    assert "Nothing was found" in page.read_text(encoding="utf-8")


def test_without_pixels_no_image_is_opened(tmp_path: Path) -> None:
    with troubled(tmp_path) as project:
        codes = {finding.code for finding in project.check(pixels=False).findings}
        assert not codes & {"A107", "A108", "A208", "A209"}
        assert not (project.root / CACHE).exists()


def test_looks_are_remembered_until_the_file_changes(tmp_path: Path) -> None:
    with small.project_of_discs(tmp_path / "project", images=3) as project:
        views = project.store.views()
        first = look_at(views, project.root, Preprocessing())
        kept = (project.root / CACHE).stat().st_mtime_ns
        again = look_at(views, project.root, Preprocessing())
        assert (project.root / CACHE).stat().st_mtime_ns == kept
        assert all(np.array_equal(first[id_].thumbnail, again[id_].thumbnail) for id_ in first)  # type: ignore[arg-type]
        file = project.root / views[0].image.path
        file.write_bytes(b"gone bad")
        assert look_at(views, project.root, Preprocessing())[views[0].id].problem
        file.unlink()
        assert "no such file" in look_at(views, project.root, Preprocessing())[views[0].id].problem
        (project.root / CACHE).write_bytes(b"no cache")
        assert look_at(views[1:], project.root, Preprocessing())[views[1].id].thumbnail is not None


def test_a_channel_that_an_image_lacks_is_its_problem(tmp_path: Path) -> None:
    with small.project_of_discs(tmp_path / "project", images=1) as project:
        (look,) = look_at(project.store.views(), project.root, Preprocessing(channels=(4,))).values()
    assert "channels" in look.problem


def test_the_sheet_of_labels_draws_every_class_in_its_colour() -> None:
    objects = Objects.from_boxes([[10.0, 10, 60, 40], [0.0, 0, 10, 10], [np.nan, 0, 5, 5]], ["a", "b", "a"])
    item = LabeledImage(View(ImageRef("1", ("1.png",), (100, 50))), objects, whole_image((100, 50)))
    sheet = draw_labels([item], ("a", "b"))
    assert sheet.shape == (1248, 1248, 3)
    for n in (0, 1):
        colour = tuple(int(class_colour(n)[k : k + 2], 16) for k in (1, 3, 5))
        assert (sheet[:624, :624] == colour).all(2).any()
        assert (sheet[:624, 624:] == colour).all(2).any()
    assert draw_labels([], ()).shape == (1248, 1248, 3)
    assert draw_labels(Dataset((), ()).items, ("a",)).shape == (1248, 1248, 3)
