"""The page's geometry is the server's: the same pixels, the same outlines, the same figures."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from tests.web.node import node

from annelid.geometry import (
    Shape,
    ellipse_ring,
    has_self_intersection,
    rotated_box_ring,
    shape_area,
    shape_box,
    shape_to_mask,
)
from annelid.tracing import mask_to_shape

Mask = NDArray[np.bool_]


def made_by_the_page(cases: Sequence[tuple[str, Any]]) -> list[Any]:
    """What the page's modules make of values, all at once."""
    script = Path(__file__).with_name("agree.js")
    done = subprocess.run(
        [node(), str(script)], input=json.dumps(cases), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    made: list[Any] = json.loads(done.stdout)
    return made


def flat(shape: Shape) -> list[list[list[float]]]:
    """A shape as the page has it."""
    return [[ring.reshape(-1).tolist() for ring in part] for part in shape]


def window(size_hw: tuple[int, int], origin_xy: tuple[int, int]) -> dict[str, int]:
    return {"x": origin_xy[0], "y": origin_xy[1], "w": size_hw[1], "h": size_hw[0]}


def bitmap(mask: Mask, origin_xy: tuple[int, int] = (0, 0)) -> dict[str, Any]:
    return {**window((mask.shape[0], mask.shape[1]), origin_xy), "data": mask.astype(int).ravel().tolist()}


@pytest.fixture(scope="module")
def chance() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture(scope="module")
def shapes(chance: np.random.Generator) -> list[Shape]:
    """Shapes of one or two parts with or without holes; coordinates on pixel centres and edges among them."""
    return [_any_shape(chance, n) for n in range(150)]


def _any_shape(chance: np.random.Generator, n: int) -> Shape:
    def ring(x: float, y: float, radius: float) -> NDArray[np.float64]:
        t = np.sort(chance.uniform(0, 2 * np.pi, chance.integers(3, 12)))
        points = np.stack([x + radius * np.cos(t), y + radius * np.sin(t)], 1)
        return np.asarray(points if n % 3 else np.round(points * 2) / 2, np.float64)

    parts = [(ring(10 + 14 * k, 12, 9.3), ring(10 + 14 * k, 12, 3.1))[: 1 + n % 2] for k in range(1 + n % 4 // 2)]
    return tuple(parts)


def test_masks_of_shapes_are_the_same_pixels(shapes: list[Shape]) -> None:
    frames = [((24, 36), (0, 0)), ((9, 11), (5, 6)), ((30, 30), (-3, -4))]
    cases = [(shape, *frame) for shape in shapes for frame in frames]
    made = made_by_the_page([("mask", {"shape": flat(s), "window": window(hw, xy)}) for s, hw, xy in cases])
    for (shape, size_hw, origin), pixels in zip(cases, made, strict=True):
        np.testing.assert_array_equal(np.array(pixels).reshape(size_hw) == 1, shape_to_mask(shape, size_hw, origin))


def test_outlines_of_masks_are_the_same_rings_in_the_same_order(chance: np.random.Generator) -> None:
    sizes = chance.integers(1, 14, (300, 2))
    masks = [chance.random((h, w)) < share for (h, w), share in zip(sizes, chance.uniform(0.1, 0.95, 300), strict=True)]
    made = made_by_the_page([("shape", bitmap(mask, (3, -2))) for mask in masks])
    for mask, shape in zip(masks, made, strict=True):
        assert shape == flat(mask_to_shape(mask, (3, -2)))


def test_areas_and_boxes_are_the_same(shapes: list[Shape]) -> None:
    areas = made_by_the_page([("area", flat(shape)) for shape in shapes])
    np.testing.assert_allclose(areas, [shape_area(shape) for shape in shapes], rtol=1e-9, atol=1e-9)
    assert made_by_the_page([("box", flat(shape)) for shape in shapes]) == [list(shape_box(shape)) for shape in shapes]


def test_ellipses_and_rotated_boxes_are_the_same_figures(chance: np.random.Generator) -> None:
    params = chance.uniform(-3, 40, (40, 5)).tolist()
    ellipses = made_by_the_page([("ellipse", p) for p in params])
    boxes = made_by_the_page([("rotated_box", p) for p in params])
    for (x, y, a, b, angle), ellipse, box in zip(params, ellipses, boxes, strict=True):
        np.testing.assert_allclose(np.reshape(ellipse, (-1, 2)), ellipse_ring((x, y), (a, b), angle), atol=1e-9)
        np.testing.assert_allclose(np.reshape(box, (-1, 2)), rotated_box_ring(x, y, a, b, angle), atol=1e-9)


def test_the_same_outlines_cross_themselves(chance: np.random.Generator) -> None:
    rings = [chance.integers(0, 12, (chance.integers(4, 8), 2)).astype(float) for _ in range(300)]
    rings = [ring for ring in rings if len(np.unique(ring, axis=0)) == len(ring)]
    found = made_by_the_page([("crosses", flat(((ring,),))) for ring in rings])
    assert found == [has_self_intersection(((ring,),)) for ring in rings]


@pytest.mark.shared_data
def test_real_nuclei_are_the_same_there_and_back(shared_data: Path) -> None:
    masks = sorted((shared_data / "segmentation" / "dsb2018" / "masks").glob("*.tif"))[:12]
    assert masks
    found = [labels == n for path in masks for labels in [tifffile.imread(path)] for n in np.unique(labels)[1:6]]
    cut = [mask[np.ix_(mask.any(1), mask.any(0))] for mask in found]
    outlines = made_by_the_page([("shape", bitmap(mask)) for mask in cut])
    assert outlines == [flat(mask_to_shape(mask)) for mask in cut]
    pixels = made_by_the_page(
        [
            ("mask", {"shape": s, "window": window((m.shape[0], m.shape[1]), (0, 0))})
            for s, m in zip(outlines, cut, strict=True)
        ]
    )
    for mask, back in zip(cut, pixels, strict=True):
        np.testing.assert_array_equal(np.array(back).reshape(mask.shape) == 1, mask)
