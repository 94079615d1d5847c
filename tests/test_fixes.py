"""Every fix mends its finding, and what it did to annotation can be taken back."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests import small

from annelid.check import KINDS
from annelid.errors import UsageError
from annelid.fixes import FIXABLE
from annelid.objects import Objects
from annelid.project import Project
from annelid.split import Split
from annelid.store.changes import ChangeSet


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return small.project_of_discs(tmp_path / "project", images=12)


def codes(project: Project) -> set[str]:
    return {finding.code for finding in project.check().findings}


def add(project: Project, name: str, pixels: np.ndarray | None, labels: np.ndarray) -> None:
    """Import a picture with its mask; None leaves the picture to who wrote it."""
    source = project.root / "source"
    if pixels is not None:
        Image.fromarray(pixels).save(source / "images" / f"{name}.png")
    Image.fromarray(labels).save(source / "masks" / f"{name}.png")
    project.import_(source / "images" / f"{name}.png", labels=source / "masks" / f"{name}.png")


def objects_of(project: Project, name: str) -> Objects:
    return next(item.objects for item in project.dataset().items if item.image.name == name)


def put(project: Project, name: str, extra: Objects) -> None:
    item = next(item for item in project.dataset().items if item.image.name == name)
    project.store.save(item.id, ChangeSet(item.revision, extra, author="human:test"))


def test_a_healthy_project_has_nothing_to_mend(project: Project) -> None:
    assert codes(project) == set()
    for code in FIXABLE[3:]:
        done = project.fix(code)
        assert done.revisions == {}
        assert "nothing to mend" in str(done) or done.parts


def test_what_can_be_mended_is_what_says_so() -> None:
    assert {code for code, kind in KINDS.items() if kind.fixable} == set(FIXABLE)
    assert all(f"check --fix {code}" in KINDS[code].fix for code in FIXABLE)


def test_copies_are_left_out_and_come_back(project: Project) -> None:
    source = project.root / "source"
    for kind in ("images", "masks"):
        shutil.copy(source / kind / "a.png", source / kind / "copy.png")
    add(project, "copy", None, np.asarray(Image.open(source / "masks" / "copy.png")))
    assert codes(project) == {"A102"}
    (view_id,) = project.fix("A102").revisions
    assert codes(project) == {"A210"}
    assert len(project.split().parts) == 12
    assert len(project.store.item(view_id).objects) == 3
    history = project.revisions(view_id)
    assert "a copy of source/images/a.png" in history[-1].message
    project.restore(view_id, history[-2].revision)
    assert codes(project) >= {"A102"}


def test_near_copies_are_left_out_the_better_one_stays(project: Project) -> None:
    pixels, labels = small.discs(0)
    flipped, mirrored = np.ascontiguousarray(pixels[:, ::-1]), np.ascontiguousarray(labels[:, ::-1])
    add(project, "flipped", flipped, np.where(mirrored == 1, 0, mirrored).astype(np.uint8))
    assert codes(project) == {"A108"}
    (view_id,) = project.fix("a108").revisions
    assert project.store.item(view_id).image.name == "flipped.png"
    assert codes(project) == {"A210"}


def test_damaged_and_blank_images_are_left_out(project: Project) -> None:
    add(project, "blank", np.full((64, 64), 9, np.uint8), np.zeros((64, 64), np.uint8))
    damaged = project.root / "source" / "images" / "b.png"
    damaged.write_bytes(damaged.read_bytes()[:200])
    assert codes(project) == {"A203", "A208", "A209"}
    assert len(project.fix("A208").revisions) == len(project.fix("A209").revisions) == 1
    assert codes(project) == {"A210"}


def test_objects_without_area_and_second_copies_are_deleted(project: Project) -> None:
    before = objects_of(project, "a.png")
    again = before[:1].replace(ids=["again"])
    put(project, "a.png", Objects.concat([again, Objects.from_boxes([[5, 5, 5, 9]], ["disc"], ids=["flat"])]))
    assert codes(project) == {"A301", "A305"}
    project.fix("A301")
    project.fix("A305")
    assert codes(project) == set()
    assert set(objects_of(project, "a.png").ids) == set(before.ids)


def test_names_alike_become_the_frequent_one_and_unused_classes_go(project: Project) -> None:
    project.add_classes("Disc", "ghost")
    put(project, "a.png", Objects.from_boxes([[2, 20, 12, 30]], ["Disc"], ids=["odd"]))
    assert {"A205", "A206"} <= codes(project)
    assert project.fix("A205").classes == {"Disc": "disc"}
    assert project.fix("A206").classes == {"ghost": None}
    assert project.classes() == {"disc": 37}


def test_late_images_are_placed_and_nothing_else_moves(project: Project) -> None:
    before = project.split().parts
    add(project, "late", *small.discs(40))
    assert codes(project) == {"A106"}
    project.fix("A106")
    split = project.split()
    assert codes(project) == set()
    assert {id_: split.parts[id_] for id_ in before} == before


@pytest.mark.parametrize(("code", "says"), [("A302", "look at them"), ("A201", "annotate"), ("X1", "A101")])
def test_what_needs_a_person_says_what_to_do(project: Project, code: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        project.fix(code)
    assert says in refused.value.next_step


def test_a_split_keeps_images_together_that_show_the_same(project: Project) -> None:
    for n in range(6):
        pixels, labels = small.discs(n)
        add(project, f"turned{n}", np.rot90(pixels).copy(), np.rot90(labels).copy())
    parts = project.split(val=0.4).parts
    names = {item.image.stem: parts[item.id] for item in project.dataset().items}
    assert all(names[f"turned{n}"] == names[chr(ord("a") + n)] for n in range(6))
    assert "A107" not in codes(project)


def test_a_split_that_came_with_the_data_keeps_the_sizes_of_its_parts_when_it_is_mended(tmp_path: Path) -> None:
    with small.project_of_discs(tmp_path / "project", images=12) as project:
        items = project.dataset().items
        parts = dict(zip([item.id for item in items], ["train"] * 6 + ["val"] * 3 + ["test"] * 3, strict=True))
        project.store.save_split(Split(parts, by="given").to_dict())  # type: ignore[arg-type]
        assert project.fix("A101").parts == {"train": 6, "val": 3, "test": 3}
