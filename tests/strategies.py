"""Hypothesis strategies: small objects of every kind, labeled images and datasets."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from annelid import geometry, tracing
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.geometry import Ring, Shape
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

CLASSES = ("cell", "nucleus", "débris 2")
ALL_KINDS = tuple(Kind)


def quarters(low: int, high: int) -> st.SearchStrategy[float]:
    """Coordinates that are whole quarters of a pixel."""
    return st.integers(low * 4, high * 4).map(lambda v: v / 4)


@st.composite
def rings(draw: st.DrawFn, x1: int, y1: int, x2: int, y2: int) -> Ring:
    """A star-shaped ring of 3 to 9 vertices inside a window; it does not cross itself and has an area."""
    n = draw(st.integers(3, 9))
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
    lengths = np.array(draw(st.lists(st.floats(0.4, 1), min_size=n, max_size=n)))
    centre, radius = np.array([x1 + x2, y1 + y2]) / 2, np.array([x2 - x1, y2 - y1]) / 2
    ring = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * lengths[:, None] * radius
    return np.asarray(np.clip(np.round(ring * 64) / 64, (x1, y1), (x2, y2)), np.float64)


@st.composite
def windows(draw: st.DrawFn, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """A window of at least 6 x 6 pixels of an image."""
    w, h = size_wh
    x1, y1 = draw(st.integers(0, w - 6)), draw(st.integers(0, h - 6))
    return x1, y1, draw(st.integers(x1 + 6, w)), draw(st.integers(y1 + 6, h))


@st.composite
def polygons(draw: st.DrawFn, size_wh: tuple[int, int], *, holes: bool = True, parts: bool = True) -> Shape:
    """One or two parts beside each other, with or without holes."""
    x1, y1, x2, y2 = draw(windows(size_wh))
    middle = (x1 + x2) // 2
    halves = [(x1, middle), (middle + 1, x2)]
    spans = halves if parts and x2 - x1 >= 12 and draw(st.booleans()) else [(x1, x2)]
    shape: list[tuple[Ring, ...]] = []
    for left, right in spans:
        ring = draw(rings(left, y1, right, y2))
        centre = np.array([left + right, y1 + y2]) / 2
        with_hole = holes and draw(st.booleans())
        shape.append((ring, centre + 0.4 * (ring - centre)[::-1]) if with_hole else (ring,))
    return tuple(shape)


@st.composite
def masks(draw: st.DrawFn, size_wh: tuple[int, int]) -> Shape:
    """Any mask with at least one pixel, traced along pixel edges."""
    x1, y1, x2, y2 = draw(windows(size_wh))
    mask = draw(hnp.arrays(bool, (y2 - y1, x2 - x1)))
    mask[draw(st.integers(0, y2 - y1 - 1)), draw(st.integers(0, x2 - x1 - 1))] = True
    return tracing.mask_to_shape(mask, (x1, y1))


@st.composite
def outlines(
    draw: st.DrawFn, size_wh: tuple[int, int], kinds: tuple[Kind, ...]
) -> tuple[Shape, Kind, tuple[float, ...]]:
    """Shape, kind and params of one object."""
    kind = draw(st.sampled_from(kinds))
    none = (np.nan,) * 5
    x1, y1, x2, y2 = draw(windows(size_wh))
    centre, angle = ((x1 + x2) / 2, (y1 + y2) / 2), draw(st.sampled_from([0.0, 0.25, 1.5]))
    if kind == Kind.BOX:
        left, top = draw(quarters(x1, x1 + 2)), draw(quarters(y1, y1 + 2))
        return ((geometry.box_ring(left, top, x2, y2),),), kind, none
    if kind == Kind.POLYGON:
        return draw(polygons(size_wh)), kind, none
    if kind == Kind.MASK:
        return draw(masks(size_wh)), kind, none
    if kind == Kind.POINT:
        return ((np.array([centre]),),), kind, none
    if kind == Kind.ELLIPSE:
        radius = min(x2 - x1, y2 - y1) / 2 - 0.5
        params = (*centre, radius, draw(st.sampled_from([radius, radius / 2])), angle)
        return ((geometry.ellipse_ring(centre, (params[2], params[3]), angle),),), kind, params
    width, height = min(x2 - x1, y2 - y1) * 0.7, min(x2 - x1, y2 - y1) * 0.5
    return ((rotated_box(centre, width, height, angle),),), kind, (*centre, width, height, angle)


def rotated_box(centre_xy: tuple[float, float], width: float, height: float, angle: float) -> Ring:
    """The corners of a rotated box."""
    along = np.array([np.cos(angle), np.sin(angle)]) * width / 2
    across = np.array([-np.sin(angle), np.cos(angle)]) * height / 2
    corners = [-along - across, along - across, along + across, -along + across]
    return np.array([centre_xy + corner for corner in corners])


@st.composite
def object_sets(
    draw: st.DrawFn,
    size_wh: tuple[int, int],
    kinds: tuple[Kind, ...] = ALL_KINDS,
    classes: tuple[str, ...] = CLASSES,
    max_size: int = 4,
    *,
    attributes: bool = False,
) -> Objects:
    """The objects of one image; with all columns filled where attributes are asked for."""
    found = draw(st.lists(outlines(size_wh, kinds), max_size=max_size))
    n = len(found)
    texts = st.lists(st.sampled_from(["", "human:ann", "model:m1", "import:coco"]), min_size=n, max_size=n)
    scores = st.lists(st.sampled_from([np.nan, 0.0, 0.25, 1.0]), min_size=n, max_size=n)
    flags = st.lists(st.booleans(), min_size=n, max_size=n)
    extras = st.lists(
        st.sampled_from([{}, {"coco": {"attributes": {"a": 1}}}, {"b": [1, "x"]}]), min_size=n, max_size=n
    )
    columns: dict[str, Any] = (
        {
            "scores": np.array(draw(scores), np.float64),
            "authors": draw(texts),
            "origins": draw(texts),
            "parents": draw(texts),
            "ignore": np.array(draw(flags), bool),
            "extra": draw(extras),
        }
        if attributes
        else {}
    )
    return Objects.from_shapes(
        [shape for shape, _, _ in found],
        draw(st.lists(st.sampled_from(classes), min_size=n, max_size=n)),
        kinds=[kind for _, kind, _ in found],
        params=[params for _, _, params in found] if n else None,
        ids=[f"o{i}" for i in range(n)],
        **columns,
    )


@st.composite
def datasets(
    draw: st.DrawFn,
    kinds: tuple[Kind, ...] = ALL_KINDS,
    classes: tuple[str, ...] = CLASSES,
    *,
    attributes: bool = False,
) -> Dataset:
    """One to three images, some without objects, one in a sub-folder; all reviewed as a whole."""
    items = []
    for n in range(draw(st.integers(1, 3))):
        size_wh = draw(st.tuples(st.integers(12, 40), st.integers(12, 40)))
        path = ("a.png", "b.png", "sub/c.png")[n]
        objects = draw(object_sets(size_wh, kinds, classes, attributes=attributes))
        view = View(ImageRef(f"i{n}", (path,), size_wh))
        items.append(LabeledImage(view, objects, whole_image(size_wh), state="reviewed"))
    return Dataset(classes, tuple(items))
