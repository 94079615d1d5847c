"""Objects at the seams between tiles: who owns them, who sees them whole, which pieces belong together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from annelid import geometry
from annelid.objects import Objects

MARGIN = 1.0
"""An outline that comes this close to a tile's inner border, in pixels, counts as cut by it."""

SLACK = 2.0
"""How far outside its tile's core, in pixels, a centre may lie: two tiles may see different outlines."""


OWN, NEAR, ONLY_HERE, CUT, DROPPED = range(5)
"""A tile's claim on an object: its own; nearly its own; the owner sees it cut; it is cut; none."""


@dataclass(frozen=True)
class Seams:
    """All objects of all tiles of an image.

    Attributes:
        found: N objects in coordinates of the image.
        tile_of: int64 (N,), the tile on which each was found.
        reads: float64 (M, 4), what every tile looks at: ``x1, y1, x2, y2``.
        cores: float64 (M, 4), what every tile owns; a grid that partitions the image.
        size_wh: width and height of the image in pixels.
    """

    found: Objects
    tile_of: NDArray[np.int64]
    reads: NDArray[np.float64]
    cores: NDArray[np.float64]
    size_wh: tuple[int, int]

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """float64 (N, 4)."""
        return self.found.boxes_xyxy

    @cached_property
    def seen_whole(self) -> NDArray[np.float64]:
        """float64 (M, 4): what lies strictly inside is not cut by the tile."""
        return _inner_borders(self.reads, self.size_wh) + np.array([1, 1, -1, -1]) * MARGIN

    @cached_property
    def _outlines(self) -> NDArray[np.object_]:
        """Object (N,): what `outline` has made, None elsewhere."""
        return np.full(len(self.found), None, object)

    def outline(self, which: NDArray[np.int64]) -> NDArray[np.object_]:
        """Valid shapely geometries of some objects, each made once."""
        for n in np.unique(which)[[self._outlines[i] is None for i in np.unique(which)]]:
            shape = geometry.repair_shape(self.found.shape(int(n)))
            self._outlines[n] = geometry.shape_to_shapely(shape)
        return self._outlines[which]

    def ranks(self) -> NDArray[np.int64]:
        """int64 (N,): the claim of each object's tile on it."""
        boxes, own = self.boxes, self.tile_of
        centre = (boxes[:, :2] + boxes[:, 2:]) / 2
        whole = _inside(boxes, self.seen_whole[own])
        rank = np.where(whole, DROPPED, CUT)
        at = np.concatenate([centre, centre], 1)
        owner = self._owners(centre)
        rank[whole & ~_inside(boxes, self.seen_whole[owner])] = ONLY_HERE
        widened = self.cores[own] + np.array([-1, -1, 1, 1]) * SLACK
        rank[whole & _inside(at, widened)] = NEAR
        rank[whole & (owner == own)] = OWN
        return rank

    def _owners(self, centre: NDArray[np.float64]) -> NDArray[np.int64]:
        """int64 (N,): the tile whose core holds each point; points outside the image go to the nearest."""
        inside = np.clip(np.nan_to_num(centre), 0, np.array(self.size_wh) - 0.5)
        left, top = np.unique(self.cores[:, 0]), np.unique(self.cores[:, 1])
        column = np.searchsorted(left, inside[:, 0], side="right") - 1
        row = np.searchsorted(top, inside[:, 1], side="right") - 1
        place = {(x, y): n for n, (x, y) in enumerate(self.cores[:, :2].tolist())}
        return np.array([place[x, y] for x, y in zip(left[column].tolist(), top[row].tolist(), strict=True)], np.int64)

    def neighbours(self, a: NDArray[np.int64], b: NDArray[np.int64], grow: float = 0) -> NDArray[np.int64]:
        """int64 (2, pairs): objects of a and b on different tiles, of one label, whose boxes meet."""
        import shapely

        tree = shapely.STRtree(shapely.box(*(self.boxes[b] + np.array([-1, -1, 1, 1]) * grow).T))
        i, j = tree.query(shapely.box(*self.boxes[a].T))
        i, j = a[i], b[j]
        fits = (self.tile_of[i] != self.tile_of[j]) & (self.found.labels[i] == self.found.labels[j])
        return np.stack([i[fits], j[fits]])

    def common_of_boxes(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
        """Area that the boxes of pairs share: their outlines share no more, and cost a thousand times as much."""
        low, high = np.maximum(self.boxes[i, :2], self.boxes[j, :2]), np.minimum(self.boxes[i, 2:], self.boxes[j, 2:])
        return np.asarray(np.maximum(high - low, 0).prod(1))

    def unexplained(self, pieces: NDArray[np.int64], whole: NDArray[np.int64], threshold: float) -> NDArray[np.int64]:
        """Those of the cut pieces that no tile sees better."""
        pieces = pieces[~self._seen_better(pieces)]
        if not len(pieces) or not len(whole):
            return pieces
        import shapely

        i, j = self.neighbours(pieces, whole)
        wanted = threshold * shapely.area(self.outline(i))
        i, j, wanted = (column[self.common_of_boxes(i, j) >= wanted] for column in (i, j, wanted))
        shared = shapely.area(shapely.intersection(self.outline(i), self.outline(j)))
        return np.setdiff1d(pieces, i[shared >= wanted])

    def _seen_better(self, pieces: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a piece lies wholly inside another tile, which then sees at least as much of the object."""
        import shapely

        windows = np.clip(self.seen_whole, -1e9, 1e9)
        tree = shapely.STRtree(shapely.box(*windows.T))
        i, tile = tree.query(shapely.box(*self.boxes[pieces].T), predicate="within")
        better = np.zeros(len(pieces), bool)
        better[i[_inside(self.boxes[pieces][i], self.seen_whole[tile])]] = True
        return better

    def groups(self, pieces: NDArray[np.int64], threshold: float) -> list[NDArray[np.int64]]:
        """The pieces of each object."""
        if not len(pieces):
            return []
        i, j = self.neighbours(pieces, pieces, grow=0.5)
        i, j = i[i < j], j[i < j]
        same = self._agree(i, j, threshold) if len(i) else np.zeros(0, bool)
        n = len(pieces)
        edges = (np.searchsorted(pieces, i[same]), np.searchsorted(pieces, j[same]))
        graph = sparse.coo_array((np.ones(len(edges[0])), edges), (n, n))
        group = sparse.csgraph.connected_components(graph, directed=False)[1]
        order = np.argsort(group, kind="stable")
        return np.split(pieces[order], np.flatnonzero(np.diff(group[order])) + 1)

    def _agree(self, i: NDArray[np.int64], j: NDArray[np.int64], threshold: float) -> NDArray[np.bool_]:
        """Whether two pieces are the same where both tiles look: in the strip, or else along the seam."""
        import shapely

        a, b = self.reads[self.tile_of[i]], self.reads[self.tile_of[j]]
        low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
        met = (high >= low).all(1)
        flat = np.asarray((high <= low).any(1), bool)
        strip = np.where(flat, shapely.linestrings(np.stack([low, high], 1)), shapely.box(*low.T, *high.T))
        in_i, in_j = self._inside_strips(i, j, strip, flat), self._inside_strips(j, i, strip, flat)
        smaller = np.minimum(_size(in_i, flat), _size(in_j, flat))
        near = met & (smaller > 0) & (flat | (self.common_of_boxes(i, j) >= threshold * smaller))
        shared = _size(shapely.intersection(in_i[near], in_j[near]), flat[near])
        near[near] = shared >= threshold * smaller[near]
        return np.asarray(near, bool)

    def _inside_strips(
        self, which: NDArray[np.int64], others: NDArray[np.int64], strip: NDArray[np.object_], flat: NDArray[np.bool_]
    ) -> NDArray[np.object_]:
        """What of each object lies in the strip that its tile shares with another's; each is cut once."""
        import shapely

        keys = which * len(self.reads) + self.tile_of[others]
        _, first, back = np.unique(keys, return_index=True, return_inverse=True)
        cut = shapely.intersection(self.outline(which[first]), strip[first])
        return np.asarray(_of_dimension(cut, flat[first])[back])


def _size(geometries: NDArray[np.object_], flat: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Their lengths on a seam, else their areas."""
    import shapely

    return np.asarray(np.where(flat, shapely.length(geometries), shapely.area(geometries)), np.float64)


def _of_dimension(geometries: NDArray[np.object_], flat: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Mixed results of an intersection without their lesser parts: only polygons, or lines on a seam."""
    import shapely

    mixed = np.flatnonzero(shapely.get_type_id(geometries) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for n in mixed:
        parts = shapely.get_parts(geometries[n])
        geometries[n] = shapely.union_all(parts[shapely.get_dimensions(parts) == (1 if flat[n] else 2)])
    return geometries


def _inside(boxes: NDArray[np.float64], windows: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Bool (N,): whether each box lies strictly inside its window."""
    return np.asarray((boxes[:, :2] > windows[:, :2]).all(1) & (boxes[:, 2:] < windows[:, 2:]).all(1), bool)


def without_twins(
    seams: Seams, candidates: NDArray[np.int64], rank: NDArray[np.int64], threshold: float
) -> NDArray[np.int64]:
    """Leave out what a tile with a better claim has found as well."""
    import shapely

    shared = candidates[_near_seams(seams, candidates)]
    if not len(shared):
        return candidates
    i, j = seams.neighbours(shared, shared)
    larger = np.maximum(shapely.area(seams.outline(i)), shapely.area(seams.outline(j)))
    near = seams.common_of_boxes(i, j) >= threshold * larger
    i, j = i[near], j[near]
    common = shapely.area(shapely.intersection(seams.outline(i), seams.outline(j)))
    both = shapely.area(seams.outline(i)) + shapely.area(seams.outline(j)) - common
    same = (common > 0) & (common >= threshold * both)
    scores = np.nan_to_num(seams.found.scores, nan=1.0)
    dropped: set[int] = set()
    # Every pair is there twice; the better claim, then the better score, goes first and wins.
    for n in np.flatnonzero(same)[np.lexsort((i[same], -scores[i[same]], rank[i[same]]))].tolist():
        if i[n] not in dropped:
            dropped.add(int(j[n]))
    return np.setdiff1d(candidates, np.array(sorted(dropped), np.int64))


def _near_seams(seams: Seams, which: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether another tile may have found the object as well."""
    import shapely

    tree = shapely.STRtree(shapely.box(*seams.reads.T))
    i, _ = tree.query(shapely.box(*seams.boxes[which].T))
    return np.bincount(i, minlength=len(which)) > 1


def _inner_borders(reads: NDArray[np.float64], size_wh: tuple[int, int]) -> NDArray[np.float64]:
    """Where windows cut objects: their borders, those on the image's border moved to infinity.

    Args:
        reads: float64 (N, 4), windows ``x1, y1, x2, y2``.
        size_wh: width and height of the image in pixels.

    Returns:
        float64 (N, 4).
    """
    outer = reads == np.array([0, 0, *size_wh])
    return np.where(outer, np.array([-np.inf, -np.inf, np.inf, np.inf]), reads)
