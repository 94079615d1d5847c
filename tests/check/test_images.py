"""Findings that need the pixels, or that are about images as wholes: each fires where it should, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from annelid.check import check
from annelid.check.finding import Finding
from annelid.check.look import SIDE, Look
from annelid.check.scan import scan
from annelid.check.subject import Subject
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.geometry import box_ring
from annelid.image import ImageRef, View
from annelid.objects import Objects
from annelid.split import Split, split_dataset

SIZE = (100, 100)


def item(name: str, *, covered: bool = True, **image: Any) -> LabeledImage:
    ref = ImageRef(name, (f"{name}.png",), SIZE, **{"fingerprint": name, **image})
    objects = Objects.from_boxes([[20, 20, 40, 40]], ["cell"])
    return LabeledImage(View(ref), objects, whole_image(SIZE) if covered else (), state="reviewed")


def look(seed: int) -> Look:
    walk = np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)).cumsum(0).cumsum(1)
    return Look(walk.astype(np.float32))


ITEMS = [item(f"i{n}") for n in range(12)]
LOOKS = {f"i{n}": look(n) for n in range(12)}


def found(*items: LabeledImage, split: Split | None = None, **looks: Look) -> dict[str, Finding]:
    return found_with(looks, *items, split=split)


def found_with(looks: dict[str, Look], *items: LabeledImage, split: Split | None = None) -> dict[str, Finding]:
    data = Dataset(("cell",), (*ITEMS, *items))
    return {finding.code: finding for finding in check(data, split, LOOKS | looks)}


def parts(**own: str) -> Split:
    return Split({**split_dataset(Dataset(("cell",), tuple(ITEMS))).parts, **own})  # type: ignore[dict-item]


def test_images_that_differ_raise_no_finding() -> None:
    assert found() == {}
    assert found(item("new"), new=look(99)) == {}


def test_near_copies_in_different_parts_are_an_error_with_their_figures() -> None:
    copy = replace(look(7), thumbnail=np.ascontiguousarray(look(0).thumbnail[::-1] * 3 + 40))  # type: ignore[index]
    finding = found(item("a"), item("b"), split=parts(a="train", b="val"), a=look(0), b=copy, i0=look(50))["A107"]
    assert finding.severity == "error"
    assert finding.evidence[0].text == "a.png flipped top to bottom = b.png (train, val)"
    assert finding.evidence[0].items == ("a", "b")
    assert finding.evidence[0].numbers["correlation"] > 0.99
    assert finding.fixable


def test_near_copies_in_one_part_are_a_warning_unless_they_share_a_group() -> None:
    both = {"a": look(60), "b": look(60)}
    assert found_with(both, item("a"), item("b"))["A108"].evidence[0].text == "a.png = b.png"
    assert "A107" not in found_with(both, item("a"), item("b"))
    assert found_with(both, item("a", group="movie"), item("b", group="movie")) == {}


def test_byte_identical_files_and_planes_of_one_image_are_no_near_copies() -> None:
    twins = found(item("a", fingerprint="same"), item("b", fingerprint="same"), a=look(60), b=look(60))
    assert set(twins) == {"A102"}
    one = item("a")
    plane = replace(one, view=replace(one.view, z=1))
    assert found_with({one.id: look(60), plane.id: look(60)}, one, plane) == {}


def test_scenes_of_one_file_are_no_copies() -> None:
    a, b = item("a", fingerprint="same"), item("b", fingerprint="same")
    assert found(a, replace(b, view=replace(b.view, scene=1)), a=look(60), b=look(61)) == {}


def test_blank_and_unreadable_images_are_named() -> None:
    even, damaged = Look(np.full((SIDE, SIDE), 7, np.float32)), Look(problem="damaged")
    findings = found(item("even"), item("bad"), even=even, bad=damaged)
    assert {code: f.evidence[0].text for code, f in findings.items()} == {
        "A208": "even.png",
        "A209": "bad.png: damaged",
    }
    assert findings["A209"].severity == "error"


def test_partly_annotated_images_are_told_from_complete_ones() -> None:
    partly = replace(item("some"), covered=(box_ring(0, 0, 50, 50),))
    assert {code: f.evidence[0].text for code, f in found(partly).items()} == {"A207": "some.png"}


def test_what_was_left_out_is_listed_and_counts_for_nothing_else() -> None:
    out = item("a", covered=False, fingerprint="i0")
    findings = found(out, a=look(0))
    assert set(findings) == {"A210"}
    assert findings["A210"].evidence[0].items == ("a",)


def test_groups_that_only_names_tell_are_a_warning_when_cut() -> None:
    cut = [item(name, group="g", group_source="inferred") for name in "ab"]
    assert found(*cut, split=parts(a="train", b="val"))["A103"].severity == "warning"
    cut = [item(name, group="g", group_source="declared") for name in "ab"]
    assert found(*cut, split=parts(a="train", b="val"))["A103"].severity == "error"


def test_the_scan_counts_each_part_as_training_programs_do() -> None:
    empty = replace(item("empty"), objects=Objects.empty())
    data = Dataset(("cell",), (item("a"), item("b"), empty, item("late")))
    split = Split({"a": "train", "b": "val", "empty": "train"})
    lines = [str(line) for line in scan(Subject(data, split, {"b": Look(problem="gone")}))]
    assert lines == [
        "train: 2 images, 1 backgrounds, 0 corrupt, 1 objects",
        "val: 1 images, 0 backgrounds, 1 corrupt, 1 objects",
        "new: 1 images, 0 backgrounds, 0 corrupt, 1 objects",
    ]
