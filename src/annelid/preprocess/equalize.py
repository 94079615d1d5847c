"""Histogram equalisation, global or by cell, frozen into lookup tables that any window can be put through."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

_SMALLEST_CELL = 16


@dataclass(frozen=True, eq=False)
class EqualizeGrid:
    """A lookup table for each cell of a grid that covers the image.

    Between the centres of cells the tables are blended by absolute position, so a pixel comes out the same in
    whatever window it is asked for.

    Attributes:
        tables: uint8 ``[row of cells, column of cells, value]``, 256 values.
        size_wh: width and height of the whole image in pixels.
    """

    tables: NDArray[np.uint8]
    size_wh: tuple[int, int]

    def apply(self, plane: Plane, origin_xy: tuple[int, int]) -> Plane:
        """Put a window ``[y, x]`` whose top-left pixel lies at ``origin_xy`` through the tables.

        Takes some 20 bytes of memory a pixel while it works.
        """
        if self.tables.shape[:2] == (1, 1):
            return np.asarray(self.tables[0, 0][plane])
        x, y = origin_xy
        rows, columns = self.tables.shape[:2]
        y1, y2, fy = _neighbours(np.arange(y, y + plane.shape[0]), self.size_wh[1], rows)
        x1, x2, fx = _neighbours(np.arange(x, x + plane.shape[1]), self.size_wh[0], columns)
        flat = self._flat
        upper, lower = (row[:, None] * columns for row in (y1, y2))

        def values(cells: NDArray[np.intp]) -> NDArray[np.float32]:
            return np.asarray(flat[cells * 256 + plane])

        left, right, across = x1[None, :], x2[None, :], fx[None, :]
        above = values(upper + left) * (1 - across) + values(upper + right) * across
        below = values(lower + left) * (1 - across) + values(lower + right) * across
        down = fy[:, None]
        return np.rint(above * (1 - down) + below * down).astype(np.uint8)

    @cached_property
    def _flat(self) -> NDArray[np.float32]:
        return self.tables.astype(np.float32).ravel()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; the tables as base64."""
        tables = base64.b64encode(self.tables.tobytes()).decode("ascii")
        return {"grid": list(self.tables.shape[:2]), "size_wh": list(self.size_wh), "tables": tables}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EqualizeGrid:
        """The inverse of `to_dict`."""
        tables = np.frombuffer(base64.b64decode(data["tables"]), np.uint8).reshape(*data["grid"], 256)
        return cls(tables, (int(data["size_wh"][0]), int(data["size_wh"][1])))


def _neighbours(
    places: NDArray[np.int64], size: int, cells: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """The two cells between whose centres each pixel lies, and how far it is towards the second (0 to 1)."""
    position = np.clip((places + 0.5) * cells / size - 0.5, 0, cells - 1)
    first = np.minimum(position.astype(np.intp), max(0, cells - 2))
    return first, np.minimum(first + 1, cells - 1), (position - first).astype(np.float32)


def fit_histogram(overview: Plane, size_wh: tuple[int, int]) -> EqualizeGrid:
    """One table for all of the image, which spreads the grey values of the overview evenly."""
    counts = np.bincount(overview.ravel(), minlength=256)
    cumulated = np.cumsum(counts)
    lowest = int(counts[overview.min()])
    spread = overview.size - lowest
    if spread <= 0:
        table = np.arange(256, dtype=np.uint8)
    else:
        table = np.rint(np.clip((cumulated - lowest) / spread, 0, 1) * 255).astype(np.uint8)
    return EqualizeGrid(table[None, None], size_wh)


def fit_clahe(overview: Plane, size_wh: tuple[int, int], cells: int, clip_limit: float) -> EqualizeGrid:
    """Contrast-limited tables for each cell.

    Args:
        overview: the image thinned, uint8 ``[y, x]``.
        size_wh: width and height of the whole image in pixels.
        cells: cells along the longer side of the image; fewer where a cell would be under 16 pixels.
        clip_limit: largest share of a cell's pixels that one grey value may count for; the rest goes to
            all values alike. 1/256 leaves the contrast as it is, 1 limits nothing.
    """
    columns, rows = _grid_size(size_wh, cells)
    cell_y = np.arange(overview.shape[0]) * rows // overview.shape[0]
    cell_x = np.arange(overview.shape[1]) * columns // overview.shape[1]
    cell = cell_y[:, None] * columns + cell_x
    counts = np.bincount((cell * 256 + overview).ravel(), minlength=rows * columns * 256).reshape(-1, 256)
    everywhere = counts.sum(0)
    filled = np.where(counts.sum(1, keepdims=True) > 0, counts, everywhere)
    return EqualizeGrid(_limited_tables(filled, clip_limit).reshape(rows, columns, 256), size_wh)


def _grid_size(size_wh: tuple[int, int], cells: int) -> tuple[int, int]:
    side = max(max(size_wh) / cells, _SMALLEST_CELL)
    return max(1, round(size_wh[0] / side)), max(1, round(size_wh[1] / side))


def _limited_tables(counts: NDArray[np.int64], clip_limit: float) -> NDArray[np.uint8]:
    """Cumulated histograms (n, 256), no value counting for more than ``clip_limit`` of the pixels."""
    shares = counts / counts.sum(1, keepdims=True)
    clipped = np.minimum(shares, clip_limit)
    clipped += (1 - clipped.sum(1, keepdims=True)) / 256
    table: NDArray[np.uint8] = np.rint(np.clip(np.cumsum(clipped, 1), 0, 1) * 255).astype(np.uint8)
    return table
