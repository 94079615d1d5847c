from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.strategies import object_sets

from annelid import geometry
from annelid.geometry import Shape
from annelid.objects import Kind, Objects, new_ids

SIZE = (40, 30)
OBJECTS = object_sets(SIZE, attributes=True, max_size=5)
COLUMNS = ("ids", "labels", "kinds", "params", "scores", "authors", "origins", "parents", "ignore", "extra")


def _lists(shape: Shape) -> list[list[Any]]:
    return [[ring.tolist() for ring in part] for part in shape]


def _rows(objects: Objects) -> list[Any]:
    """Every object with all that belongs to it, as text."""
    columns = [getattr(objects, name).tolist() for name in COLUMNS]
    return [repr((row, _lists(shape))) for *row, shape in zip(*columns, objects.shapes, strict=True)]


# --- like an array ----------------------------------------------------------------------------------------------


@given(OBJECTS, st.data())
def test_they_are_filtered_by_a_mask_like_an_array(objects: Objects, data: st.DataObject) -> None:
    which = data.draw(hnp.arrays(bool, len(objects)))
    assert _rows(objects[which]) == [row for row, keep in zip(_rows(objects), which, strict=True) if keep]


@given(OBJECTS, st.slices(5))
def test_they_are_sliced_like_an_array(objects: Objects, which: slice) -> None:
    assert _rows(objects[which]) == _rows(objects)[which]


@given(OBJECTS.filter(len), st.data())
def test_they_are_picked_in_any_order_and_more_than_once(objects: Objects, data: st.DataObject) -> None:
    index = data.draw(st.lists(st.integers(-len(objects), len(objects) - 1), max_size=6))
    assert _rows(objects[index]) == [_rows(objects)[i] for i in index]


@given(OBJECTS.filter(len))
def test_one_number_picks_one_object(objects: Objects) -> None:
    assert _rows(objects[0]) == _rows(objects)[:1]
    assert _rows(objects[-1]) == _rows(objects)[-1:]


@given(OBJECTS.filter(len))
def test_what_is_not_there_is_an_index_error(objects: Objects) -> None:
    with pytest.raises(IndexError):
        objects[[len(objects)]]
    with pytest.raises(IndexError):
        objects[np.ones(len(objects) + 1, bool)]


@given(st.lists(OBJECTS, max_size=4))
def test_joined_they_are_all_there_in_order(several: list[Objects]) -> None:
    assert _rows(Objects.concat(several)) == [row for objects in several for row in _rows(objects)]


@given(OBJECTS, st.integers(0, 5))
def test_cut_and_joined_again_they_are_the_same(objects: Objects, at: int) -> None:
    assert Objects.concat([objects[:at], objects[at:]]) == objects
    assert Objects.concat(objects[i] for i in range(len(objects))) == objects


def test_none_at_all_is_a_value() -> None:
    assert len(Objects.empty()) == 0
    assert Objects.empty()[[]] == Objects.empty() == Objects.concat([])
    assert Objects.empty().boxes_xyxy.shape == (0, 4)
    assert Objects.empty().label_image((4, 3)).shape == (3, 4)
    assert Objects.from_bytes(Objects.empty().to_bytes()) == Objects.empty()


# --- bytes and digest -------------------------------------------------------------------------------------------


@given(OBJECTS)
def test_bytes_and_back_is_the_same(objects: Objects) -> None:
    back = Objects.from_bytes(objects.to_bytes())
    assert back == objects
    assert hash(back) == hash(objects)
    assert _rows(back) == _rows(objects)


@given(OBJECTS, OBJECTS)
def test_the_digest_is_equal_exactly_when_the_objects_are(a: Objects, b: Objects) -> None:
    assert (a == b) == (_rows(a) == _rows(b))
    assert (a.digest == b.digest) == (_rows(a) == _rows(b))


@given(OBJECTS.filter(len), st.sampled_from(["ids", "labels", "authors", "origins", "parents"]))
def test_a_change_of_any_text_changes_the_digest(objects: Objects, column: str) -> None:
    values = getattr(objects, column).tolist()
    assert objects.replace(**{column: [values[0] + "x", *values[1:]]}) != objects


@pytest.mark.parametrize(
    "changed", [{"ignore": np.array([True])}, {"scores": 0.5}, {"kinds": Kind.MASK}, {"extra": [{"a": 1}]}]
)
def test_a_change_of_any_other_column_changes_the_digest(changed: dict[str, Any]) -> None:
    objects = Objects.from_boxes([[0, 0, 1, 1]], ["a"], ids=["1"])
    assert objects.replace(**changed) != objects


def test_an_object_of_two_parts_is_not_a_part_with_a_hole() -> None:
    outer, inner = geometry.box_ring(0, 0, 9, 9), geometry.box_ring(3, 3, 6, 6)
    hole = Objects.from_shapes([((outer, inner),)], ["a"], ids=["1"])
    parts = Objects.from_shapes([((outer,), (inner,))], ["a"], ids=["1"])
    assert hole.digest != parts.digest
    assert (hole.areas[0], parts.areas[0]) == (72, 90)


def test_the_order_of_foreign_attributes_does_not_matter() -> None:
    one, other = (
        Objects.from_boxes([[0, 0, 1, 1]], ["a"], ids=["1"], extra=[extra])
        for extra in ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    )
    assert one == other


def test_nothing_in_the_bytes_is_unpickled(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "ran",)

    good = Objects.from_boxes([[0, 0, 1, 1]], ["a"]).to_bytes()
    with np.load(io.BytesIO(good)) as archive:
        columns = dict(archive)
    for name in ("labels", "coords", "extra"):
        evil = np.empty(1, object)
        evil[0] = Evil()
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=True, **{**columns, name: evil})
        with pytest.raises(ValueError, match="allow_pickle"):
            Objects.from_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match=r"allow_pickle|pickled"):
        Objects.from_bytes(pickle.dumps(Evil()))
    assert not (tmp_path / "ran").exists()
    assert {name.removesuffix(".npy") for name in zipfile.ZipFile(io.BytesIO(good)).namelist()} == set(columns)


# --- making and changing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns",
    [
        {"ids": ["a", "b"]},
        {"authors": ["a", "b"]},
        {"extra": [{}, {}]},
        {"scores": [0.1, 0.2]},
        {"ignore": [True, False]},
    ],
)
def test_columns_of_different_lengths_are_refused(columns: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Objects.from_boxes([[0, 0, 1, 1]], ["a"], **columns)


def test_labels_are_needed_for_each() -> None:
    with pytest.raises(ValueError, match="expected 2 strings, found 1"):
        Objects.from_boxes([[0, 0, 1, 1], [0, 0, 2, 2]], ["a"])


def test_offsets_that_do_not_end_at_the_end_are_refused() -> None:
    objects = Objects.from_boxes([[0, 0, 1, 1]], ["a"])
    for name in ("object_offsets", "part_offsets", "ring_offsets"):
        with pytest.raises(ValueError, match="offsets"):
            objects.replace(**{name: np.array([0, 7])})


def test_ids_are_made_up_where_there_are_none() -> None:
    objects = Objects.from_points([[1, 2], [3, 4]], ["a", "b"])
    assert len(set(objects.ids)) == 2
    assert len(set(new_ids(100))) == 100
    assert objects.kinds.tolist() == [Kind.POINT] * 2
    assert not objects.has_area.any()
    assert objects.areas.tolist() == [0, 0]


@given(hnp.arrays(np.uint16, (7, 9), elements=st.integers(0, 4)))
def test_a_label_image_comes_back_from_its_objects(labels: np.ndarray) -> None:
    objects = Objects.from_label_image(labels, "nucleus")
    values = [extra["label_value"] for extra in objects.extra]
    assert values == sorted(set(labels.ravel().tolist()) - {0})
    assert objects.areas.tolist() == [(labels == v).sum() for v in values]
    back = np.array([0, *values])[objects.label_image((9, 7))]
    np.testing.assert_array_equal(back, labels)
    for n, value in enumerate(values):
        mask, (x, y) = objects.mask(n, (9, 7))
        whole = np.zeros((7, 9), bool)
        whole[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
        np.testing.assert_array_equal(whole, labels == value)


def test_the_later_object_covers_the_earlier_one() -> None:
    objects = Objects.from_boxes([[0, 0, 4, 4], [2, 0, 6, 4], [50, 50, 60, 60]], ["a"] * 3)
    assert objects.label_image((6, 4))[0].tolist() == [1, 1, 2, 2, 2, 2]
    assert objects.mask(2, (6, 4))[0].size == 0


@given(OBJECTS)
def test_boxes_hold_the_vertices(objects: Objects) -> None:
    for box, shape in zip(objects.boxes_xyxy, objects.shapes, strict=True):
        points = np.concatenate([ring for part in shape for ring in part])
        assert box.tolist() == [*points.min(0), *points.max(0)]


def test_an_object_without_vertices_has_no_box() -> None:
    objects = Objects.from_shapes([(), ((geometry.box_ring(0, 0, 1, 1),),), ()], ["a"] * 3)
    assert np.isnan(objects.boxes_xyxy).all(1).tolist() == [True, False, True]
    assert objects[[1]].boxes_xyxy.tolist() == [[0, 0, 1, 1]]


OFFSETS = st.tuples(st.integers(-30, 30), st.integers(-30, 30))


@given(OBJECTS, OFFSETS)
def test_moved_there_and_back_they_are_the_same(objects: Objects, offset: tuple[int, int]) -> None:
    there = objects.moved(offset)
    assert there.kinds.tolist() == objects.kinds.tolist()
    np.testing.assert_allclose(there.boxes_xyxy, objects.boxes_xyxy + np.tile(offset, 2))
    back = there.moved((-offset[0], -offset[1]))
    np.testing.assert_allclose(back.coords, objects.coords)
    np.testing.assert_allclose(back.params, objects.params)
    assert back.replace(coords=objects.coords, params=objects.params) == objects


@given(OBJECTS, st.sampled_from([(2.0, 2.0), (0.5, 0.5), (2.0, 3.0)]))
def test_scaled_their_areas_grow_and_params_still_describe_the_outline(
    objects: Objects, scale: tuple[float, float]
) -> None:
    scaled = objects.moved((3, 4), scale)
    np.testing.assert_allclose(scaled.areas, objects.areas * scale[0] * scale[1], atol=1e-9)
    assert not (scaled.kinds == Kind.MASK).any()  # a mask runs along the pixel edges of its own image
    for n in np.flatnonzero(scaled.kinds == Kind.ELLIPSE).tolist():
        x, y, rx, ry, angle = scaled.params[n].tolist()
        ring = geometry.ellipse_ring((x, y), (rx, ry), angle)
        np.testing.assert_allclose(scaled.shape(n)[0][0], ring, atol=1e-9)
    bent = ~np.isin(scaled.kinds, (Kind.ELLIPSE, Kind.ROTATED_BOX))
    assert np.isnan(scaled.params[bent]).all()


@given(OBJECTS)
def test_objects_do_not_change_when_others_are_made_of_them(objects: Objects) -> None:
    before = objects.digest
    objects.moved((5, 5), (2, 3))
    objects.replace(labels="other", scores=0.5)
    changed = objects[:]
    changed.scores[:] = 0.125
    again = Objects.from_bytes(objects.to_bytes())
    assert again.digest == before


def test_one_value_goes_to_every_object() -> None:
    objects = Objects.from_boxes([[0, 0, 1, 1], [0, 0, 2, 2]], ["a", "b"])
    changed = objects.replace(labels="c", authors="human:ann", scores=0.5, ignore=True, kinds=Kind.POLYGON)
    assert changed.labels.tolist() == ["c", "c"]
    assert changed.scores.tolist() == [0.5, 0.5]
    assert changed.ignore.tolist() == [True, True]
    assert objects.labels.tolist() == ["a", "b"]


def test_extra_survives_as_json() -> None:
    extra: dict[str, Any] = {"flags": {"é": True}, "n": [1, 2.5, None]}
    objects = Objects.from_boxes([[0, 0, 1, 1]], ["débris"], extra=[extra])
    assert Objects.from_bytes(objects.to_bytes()).extra.tolist() == [json.loads(json.dumps(extra))]
