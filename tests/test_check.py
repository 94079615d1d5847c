"""The data check: every finding is found where it is, and nowhere else."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annelid.check import CHECKS, check
from annelid.check.finding import MOST_EVIDENCE, Finding
from annelid.check.overlap import duplicate_pairs
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.geometry import box_ring
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects
from annelid.split import Split, split_dataset

SIZE = (100, 100)
SQUARE = [[20, 20, 40, 40]]


def item(name: str, objects: Objects | None = None, *, covered: bool = True, **image: Any) -> LabeledImage:
    ref = ImageRef(name, (f"{name}.png",), SIZE, **image)
    found = Objects.from_boxes(SQUARE, ["cell"]) if objects is None else objects
    return LabeledImage(View(ref), found, whole_image(SIZE) if covered else ())


def healthy(n: int = 12, classes: tuple[str, ...] = ("cell",)) -> list[LabeledImage]:
    boxes = SQUARE * len(classes) + np.arange(len(classes))[:, None] * 25.0
    return [item(f"ok{k}", Objects.from_boxes(boxes, classes), group=f"g{k}", fingerprint=f"f{k}") for k in range(n)]


def dataset(*items: LabeledImage, classes: tuple[str, ...] = ("cell",)) -> Dataset:
    return Dataset(classes, items)


def only(code: str, data: Dataset, split: Split | None = None) -> Finding:
    """The one finding, which has this code."""
    (finding,) = check(data, split)
    assert finding.code == code
    assert finding.why
    assert finding.fix
    assert finding.count >= len(finding.evidence) > 0
    return finding


def texts(finding: Finding) -> tuple[str, ...]:
    return tuple(place.text for place in finding.evidence)


def test_healthy_data_raise_no_finding() -> None:
    data = dataset(*healthy())
    assert check(data) == []
    assert check(data, split_dataset(data, test=0.2)) == []


def test_an_empty_dataset_is_only_short_of_images() -> None:
    assert [finding.code for finding in check(Dataset((), ()))] == ["A201"]


def test_copies_in_different_parts_are_an_error_that_names_them() -> None:
    data = dataset(*healthy(), item("a", fingerprint="same"), item("b", fingerprint="same"))
    parts = dict(split_dataset(dataset(*healthy())).parts)
    finding = only("A101", data, Split({**parts, "a": "train", "b": "val"}))
    assert finding.severity == "error"
    assert texts(finding) == ("a.png = b.png (train, val)",)
    assert "annelid check --fix A101" in finding.fix


def test_copies_in_one_part_are_a_warning() -> None:
    data = dataset(*healthy(), item("a", fingerprint="same"), item("b", fingerprint="same"))
    assert texts(only("A102", data)) == ("a.png = b.png",)
    assert only("A102", data, split_dataset(data)).severity == "warning"


def test_planes_of_one_image_are_no_copies() -> None:
    one = item("a", fingerprint="same")
    assert check(dataset(*healthy(), one, replace(one, view=View(one.image, t=1)))) == []


def test_a_group_in_different_parts_is_an_error_unless_it_was_wanted() -> None:
    data = dataset(*healthy(), item("a", group="slide 1"), item("b", group="slide 1"))
    parts = {**split_dataset(dataset(*healthy())).parts, "a": "train", "b": "val"}
    finding = only("A103", data, Split(parts))
    assert (finding.severity, texts(finding)) == ("error", ("group slide 1: train, val",))
    assert only("A103", data, Split(parts, by="image")).severity == "warning"


def test_a_class_that_a_part_lacks_is_named() -> None:
    rare = item("rare", Objects.from_boxes([*SQUARE, [50, 50, 60, 60]], ["cell", "odd"]))
    others = healthy(12, ("cell", "odd"))
    data = dataset(*(replace(i, objects=i.objects[:1]) for i in others[:8]), *others[8:], rare, classes=("cell", "odd"))
    parts = {i.id: "train" for i in others} | {"ok0": "val"}
    finding = only("A104", data, Split({**parts, "rare": "train"}))  # type: ignore[dict-item]
    assert texts(finding) == ("odd: none in val",)


def test_notes_of_the_split_and_images_after_it_are_findings() -> None:
    data = dataset(*healthy())
    split = split_dataset(data)
    assert texts(only("A105", data, replace(split, notes=("careful",)))) == ("careful",)
    assert texts(only("A106", dataset(*data.items, item("late")), split)) == ("late.png",)


def test_few_images_and_images_without_annotation_are_said() -> None:
    assert "only 9 image" in only("A201", dataset(*healthy(9))).what
    new = item("new", Objects.empty(), covered=False)
    assert texts(only("A202", dataset(*healthy(), new))) == ("new.png",)


def test_background_is_counted_and_too_much_of_it_is_a_warning() -> None:
    empty = [item(f"empty{n}", Objects.empty()) for n in range(20)]
    assert only("A203", dataset(*healthy(), empty[0])).severity == "info"
    assert only("A203", dataset(*healthy(), *empty)).severity == "warning"


@pytest.mark.parametrize(("many", "found"), [(9, False), (11, True)])
def test_a_class_with_less_than_a_tenth_of_the_objects_is_rare(many: int, found: bool) -> None:
    boxes = [[n * 9, 0, n * 9 + 5, 5] for n in range(many)] + [[50, 50, 56, 56]]
    items = [item(f"i{k}", Objects.from_boxes(np.array(boxes) + 1.0, ["cell"] * many + ["odd"])) for k in range(10)]
    findings = check(Dataset(("cell", "odd"), tuple(items)))
    assert ("A204" in {f.code for f in findings}) == found


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        ("RBC", "rbc", True),
        ("red cell", "red_cell", True),
        ("nucleus", "nuclues", False),
        ("nucleus", "nucleuss", True),
        ("platelet", "platelets", True),
        ("Platelet", "platelat", True),
        ("cat", "car", False),
        ("stage1", "stage2", False),
        ("stage", "stage2", False),
        ("cell", "debris", False),
    ],
)
def test_class_names_that_differ_by_a_slip_are_alike(a: str, b: str, alike: bool) -> None:
    data = Dataset((a, b), tuple(healthy(12, (a, b))))
    assert [finding.code for finding in check(data)] == ["A205"] * alike


def test_a_class_without_objects_is_named() -> None:
    assert texts(only("A206", dataset(*healthy(), classes=("cell", "ghost")))) == ("ghost",)


BOW_TIE = ((np.array([[10.0, 10], [40, 40], [40, 10], [10, 40]]),),)


@pytest.mark.parametrize(
    ("code", "objects"),
    [
        ("A301", Objects.from_boxes([[5, 5, 5, 9]], ["cell"])),
        ("A301", Objects.from_boxes([[5, 5, np.nan, 9]], ["cell"])),
        ("A301", Objects.from_shapes([()], ["cell"])),
        ("A302", Objects.from_boxes([[5, 5, 7, 30]], ["cell"])),
        ("A303", Objects.from_boxes([[150, 20, 170, 40]], ["cell"])),
        ("A304", Objects.from_shapes([BOW_TIE], ["cell"])),
        ("A305", Objects.from_boxes([[10, 10, 40, 40], [10, 10, 40, 41]], ["cell", "cell"])),
        ("A306", Objects.from_boxes([[0, 10, 30, 40]], ["cell"])),
    ],
)
def test_doubtful_objects_are_found_with_their_place(code: str, objects: Objects) -> None:
    findings = {f.code: f for f in check(dataset(*healthy(), item("bad", objects)))}
    assert findings[code].count == 1
    assert findings[code].evidence[0].text.startswith(f"bad.png: cell {objects.ids[-1]} at x ")


def test_points_and_touching_or_nested_objects_of_other_classes_are_fine() -> None:
    points = Objects.from_points([[5, 5], [99, 99]], ["cell", "cell"])
    nested = Objects.from_boxes([[10, 10, 40, 40], [10, 10, 40, 40]], ["cell", "nucleus"])
    apart = Objects.from_boxes([[50, 50, 60, 60], [60, 50, 70, 60]], ["cell", "cell"])
    data = dataset(*healthy(12, ("cell", "nucleus")), item("fine", Objects.concat([points, nested, apart])))
    assert check(replace(data, classes=("cell", "nucleus"))) == []


def test_odd_sizes_are_found_by_class() -> None:
    boxes = [[10, 10, 20 + n % 3, 20] for n in range(40)]
    items = [item(f"i{n}", Objects.from_boxes([box], ["cell"])) for n, box in enumerate(boxes)]
    big = item("big", Objects.from_boxes([[10, 10, 70, 70]], ["cell"]))
    other = item("other", Objects.from_boxes([[10, 10, 70, 70]], ["tissue"]))
    finding = next(f for f in check(dataset(*items, big, other)) if f.code == "A307")
    assert [place.text.split(":")[0] for place in finding.evidence] == ["big.png"]


def test_errors_come_first_and_evidence_is_limited_but_counted() -> None:
    bad = Objects.from_boxes([[5, 5, 5, 9]] * 200, ["cell"] * 200)
    data = dataset(*healthy(5), item("bad", bad), item("a", fingerprint="s"), item("b", fingerprint="s"))
    findings = check(data, Split({"a": "train", "b": "val"}))
    order = [("error", "warning", "info").index(f.severity) for f in findings]
    assert order == sorted(order)
    empty = next(f for f in findings if f.code == "A301")
    assert (empty.count, len(empty.evidence)) == (200, MOST_EVIDENCE)


@given(st.lists(st.tuples(*[st.floats(-20, 120)] * 4, st.sampled_from("ab"), st.sampled_from(list(Kind))), max_size=8))
def test_no_object_makes_the_check_fail(drawn: list[tuple[float, float, float, float, str, Kind]]) -> None:
    shapes = [((box_ring(*entry[:4]),),) for entry in drawn]
    objects = Objects.from_shapes(
        shapes, [entry[4] for entry in drawn], kinds=np.array([entry[5] for entry in drawn], np.uint8)
    )
    data = dataset(item("x", objects), classes=("a", "b"))
    assert all(finding.count > 0 for finding in check(data, split_dataset(data)))


def test_every_check_is_documented_and_codes_are_unique() -> None:
    assert all(one.__doc__ for one in CHECKS)
    assert len(CHECKS) == len(set(CHECKS)) == 26


def test_pairs_of_duplicates_are_those_of_plain_counting() -> None:
    chance = np.random.default_rng(0)
    corners = chance.integers(0, 6, (60, 2)) * 10.0
    objects = Objects.from_boxes(np.hstack([corners, corners + 10 + chance.integers(0, 2, (60, 2))]), ["c"] * 60)

    def iou(a: int, b: int) -> float:
        one, other = np.zeros((2, *SIZE), int)
        for n, image in ((a, one), (b, other)):
            x1, y1, x2, y2 = objects.boxes_xyxy[n].astype(int)
            image[y1:y2, x1:x2] = 1
        return float((one & other).sum() / (one | other).sum())

    expected = [(a, b) for a in range(60) for b in range(a + 1, 60) if iou(a, b) > 0.9]
    assert sorted(duplicate_pairs(objects, SIZE)) == expected


@pytest.mark.shared_data
def test_real_nuclei_are_checked_in_seconds(shared_data: Path) -> None:
    import tifffile

    items = []
    for path in sorted((shared_data / "segmentation/dsb2018/masks").glob("*.tif"))[:60]:
        mask = tifffile.imread(path)
        size = (mask.shape[1], mask.shape[0])
        image = ImageRef(path.stem, (path.name,), size)
        items.append(LabeledImage(View(image), Objects.from_label_image(mask, "nucleus"), whole_image(size)))
    data = Dataset(("nucleus",), tuple(items))
    started = time.perf_counter()
    codes = {finding.code for finding in check(data, split_dataset(data, test=0.1))}
    assert time.perf_counter() - started < 5
    assert codes <= {"A302", "A306", "A307"}
