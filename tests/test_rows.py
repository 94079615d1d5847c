"""Objects as rows: what goes in comes out."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annelid.objects import Kind, Objects
from annelid.store.changes import diff
from annelid.store.rows import from_rows, to_rows

coordinate = st.floats(-1e6, 1e6, width=64)
ring = st.lists(st.tuples(coordinate, coordinate), max_size=5).map(lambda r: np.array(r, float).reshape(-1, 2))
shape = st.lists(st.lists(ring, max_size=3).map(tuple), max_size=3).map(tuple)
text = st.text(st.characters(codec="utf-8"), max_size=8)


@st.composite
def some_objects(draw: st.DrawFn) -> Objects:
    """Objects with every column filled at random; parts without rings and objects without parts too."""
    shapes = draw(st.lists(shape, max_size=5))
    n = len(shapes)

    def column(strategy: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(strategy, min_size=n, max_size=n))

    return Objects.from_shapes(
        shapes,
        column(text),
        ids=[f"id{i}" for i in range(n)],
        kinds=np.array(column(st.sampled_from(list(Kind))), np.uint8),
        params=np.array(column(st.lists(st.floats(allow_nan=False), min_size=5, max_size=5)), float).reshape(n, 5),
        scores=np.array(column(st.one_of(st.just(np.nan), st.floats(0, 1))), float),
        authors=column(text),
        origins=column(text),
        parents=column(text),
        ignore=np.array(column(st.booleans()), bool),
        extra=column(st.dictionaries(text, st.one_of(st.integers(), text, st.none()), max_size=2)),
    )


@given(some_objects())
def test_rows_bring_back_the_same_objects(objects: Objects) -> None:
    assert from_rows(to_rows(objects)) == objects


@given(some_objects())
def test_equal_objects_do_not_differ(objects: Objects) -> None:
    upsert, removed = diff(objects, from_rows(to_rows(objects)))
    assert (len(upsert), removed) == (0, ())


@given(some_objects(), some_objects())
def test_a_difference_turns_the_old_objects_into_the_new(old: Objects, new: Objects) -> None:
    upsert, removed = diff(old, new)
    result = {row.id: row for row in to_rows(old) if row.id not in removed}
    result.update({row.id: row for row in to_rows(upsert)})
    assert result == {row.id: row for row in to_rows(new)}


def test_the_difference_names_only_what_changed() -> None:
    old = Objects.from_boxes([[0, 0, 1, 1], [2, 2, 3, 3], [4, 4, 5, 5]], ["a", "a", "a"], ids=["x", "y", "z"])
    new = Objects.concat([old[[0]], old[[1]].replace(labels="b"), old[[2]].replace(ids=["w"])])
    upsert, removed = diff(old, new)
    assert (list(upsert.ids), removed) == (["y", "w"], ("z",))
