from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import datasets

from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError
from annelid.geometry import box_ring
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

FULL_REF = ImageRef(
    "i1",
    ("images/ä b.tif", "/old/place.tif"),
    (20, 10),
    ("DAPI", "GFP"),
    "uint16",
    0.325,
    "wellA",
    "declared",
    "9-ab",
    (3, 2),
)


def item(objects: Objects | None = None, ref: ImageRef = FULL_REF, **fields: Any) -> LabeledImage:
    objects = Objects.from_boxes([[1, 2, 3, 4]], ["a"], ids=["1"]) if objects is None else objects
    return LabeledImage(View(ref), objects, **fields)


@given(datasets(attributes=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_saved_dataset_comes_back_equal(tmp_path: Path, dataset: Dataset) -> None:
    dataset.save(tmp_path / "data.npz")
    back = Dataset.load(tmp_path / "data.npz")
    assert back == dataset
    assert back.digest == dataset.digest
    assert hash(back) == hash(dataset)


def test_every_field_of_an_image_comes_back(tmp_path: Path) -> None:
    covered = (box_ring(0, 0, 5, 5), np.array([[6.0, 1], [9, 1], [7.5, 8.25]]))
    one = LabeledImage(View(FULL_REF, 2, 1), Objects.empty(), covered, 7, "draft")
    Dataset(("a", "débris"), (one,)).save(tmp_path / "data.npz")
    (back,) = Dataset.load(tmp_path / "data.npz").items
    assert back.view == one.view
    assert dataclasses.asdict(back.image) == dataclasses.asdict(FULL_REF)
    assert (back.revision, back.state) == (7, "draft")
    assert [ring.tolist() for ring in back.covered] == [ring.tolist() for ring in covered]


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 no zip", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_snapshot_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.npz").write_bytes(content)
    with pytest.raises(AnnotationError, match=r"data\.npz: expected a dataset snapshot"):
        Dataset.load(tmp_path / "data.npz")


def test_a_snapshot_that_was_cut_off_anywhere_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    Dataset(("a",), (item(),)).save(path)
    whole = path.read_bytes()
    for end in range(0, len(whole), 97):
        path.write_bytes(whole[:end])
        with pytest.raises(AnnotationError):
            Dataset.load(path)
    with pytest.raises(AnnotationError):
        Dataset.load(tmp_path / "missing.npz")


def test_nothing_in_a_snapshot_is_unpickled(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "ran",)

    evil = np.empty(1, object)
    evil[0] = Evil()
    np.savez(tmp_path / "data.npz", allow_pickle=True, header=evil)
    with pytest.raises(AnnotationError):
        Dataset.load(tmp_path / "data.npz")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"objects": Objects.from_boxes([[1, 2, 3, 5]], ["a"], ids=["1"])},
        {"objects": Objects.empty()},
        {"covered": whole_image((20, 10))},
        {"view": View(FULL_REF, 1)},
        {"view": View(dataclasses.replace(FULL_REF, fingerprint="9-ac"))},
    ],
)
def test_the_digest_follows_what_is_learned(change: dict[str, Any]) -> None:
    before = Dataset(("a",), (item(),))
    assert Dataset(("a",), (dataclasses.replace(item(), **change),)).digest != before.digest
    assert Dataset(("a", "b"), before.items).digest != before.digest


def test_the_digest_does_not_follow_where_files_lie_nor_revisions() -> None:
    moved = dataclasses.replace(FULL_REF, paths=("elsewhere.tif",))
    assert Dataset(("a",), (item(),)).digest == Dataset(("a",), (item(ref=moved, revision=3),)).digest


def test_the_same_areas_in_another_image_are_another_dataset() -> None:
    other = dataclasses.replace(FULL_REF, id="i2")
    area = whole_image((20, 10))
    first = Dataset(("a",), (item(covered=area), item(ref=other)))
    second = Dataset(("a",), (item(), item(ref=other, covered=area)))
    assert first.digest != second.digest


def test_boxes_are_detected_and_outlines_segmented() -> None:
    box, polygon = Objects.from_boxes([[0, 0, 1, 1]], ["a"]), Objects.from_boxes([[0, 0, 1, 1]], ["a"])
    assert Dataset(("a",), (item(box),)).task == "detect"
    assert Dataset(("a",), (item(box), item(polygon.replace(kinds=Kind.POLYGON)))).task == "segment"
    assert Dataset(("a",), (item(Objects.from_points([[1, 1]], ["a"])),)).task == "detect"
    assert Dataset((), ()).task == "detect"


def test_class_indices_are_the_places_of_the_names() -> None:
    dataset = Dataset(("b", "a"), (item(Objects.from_boxes([[0, 0, 1, 1]] * 3, ["a", "b", "a"])),))
    assert dataset.class_indices(dataset.items[0].objects).tolist() == [1, 0, 1]
    assert (dataset.count("a"), dataset.count("b"), dataset.count("c")) == (2, 1, 0)
    with pytest.raises(KeyError):
        dataset.class_indices(Objects.from_points([[0, 0]], ["c"]))


@given(datasets(), st.data())
def test_a_subset_keeps_the_order(dataset: Dataset, data: st.DataObject) -> None:
    ids = data.draw(st.lists(st.sampled_from([i.id for i in dataset.items] + ["nobody"])))
    subset = dataset.subset(ids)
    assert [i.id for i in subset.items] == [i.id for i in dataset.items if i.id in ids]
    assert subset.classes == dataset.classes
    assert len(subset) == len(subset.items)


def test_an_image_is_complete_when_the_whole_of_it_is_covered() -> None:
    assert item(covered=whole_image((20, 10))).is_complete
    assert not item(covered=whole_image((20, 9))).is_complete
    assert not item().is_complete
    assert item(covered=(box_ring(0, 0, 3, 3), *whole_image((20, 10)))).is_complete


def test_labeled_images_are_equal_by_value() -> None:
    assert item() == item()
    assert hash(item()) == hash(item())
    assert item() != item(revision=1)
    assert item() != item(covered=whole_image((20, 10)))
    assert item() != 3
