"""One line about every view (`ViewSummary` of types.js), counted without reading outlines.

What was counted is kept until the view's revision is another one: of 5,000 images those are counted that changed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from annelid.dataset import whole_image
from annelid.errors import ProjectError
from annelid.geometry import Ring
from annelid.image import View
from annelid.store import Store
from annelid.store.overview import Head, Tally


@dataclass(frozen=True)
class _Counted:
    revision: int
    tally: Tally
    proposals: int
    certainty: float | None


class Summaries:
    """Counts of a project's views; for several threads."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, threading.Lock()
        self._counted: dict[str, _Counted] = {}

    def all(self) -> list[dict[str, Any]]:
        """The line of every view, in the order in which they came."""
        heads, views, parts = self._store.heads(), self._store.views(), self._parts()
        with self._lock:
            self._count(heads, {view.id: view for view in views})
            return [summary(view, heads[view.id], self._counted[view.id], parts) for view in views if view.id in heads]

    def one(self, view: View) -> dict[str, Any]:
        """The line of one view; of a plane that was never saved, as it begins."""
        try:
            head = self._store.head(view.id)
        except ProjectError:
            head = Head()
        with self._lock:
            self._count({view.id: head}, {view.id: view})
            return summary(view, head, self._counted[view.id], self._parts())

    def by_class(self) -> dict[str, int]:
        """Class -> number of objects in the project."""
        total: dict[str, int] = {}
        heads = self._store.heads()
        with self._lock:
            self._count(heads, {view.id: view for view in self._store.views()})
            for view_id in heads:
                for label, count in self._counted[view_id].tally.counts.items():
                    total[label] = total.get(label, 0) + count
        return total

    def _parts(self) -> Mapping[str, str]:
        split = self._store.last_split()
        return split.get("parts", {}) if split else {}

    def _count(self, heads: Mapping[str, Head], views: Mapping[str, View]) -> None:
        """Count what was never counted, or has changed since."""
        changed = [id_ for id_, head in heads.items() if self._is_news(id_, head)]
        tallies = self._store.tallies(changed) if changed else {}
        for id_ in changed:
            tally, head = tallies.get(id_, Tally()), heads[id_]
            proposals, certainty = self._proposals(id_, head, tally, views[id_].image.size_wh)
            self._counted[id_] = _Counted(head.revision, tally, proposals, certainty)

    def _is_news(self, view_id: str, head: Head) -> bool:
        kept = self._counted.get(view_id)
        return kept is None or kept.revision != head.revision

    def _proposals(self, view_id: str, head: Head, tally: Tally, size_wh: tuple[int, int]) -> tuple[int, float | None]:
        """How many objects of a model nobody reviewed, and the least score among them."""
        if not tally.by_models or head.state != "reviewed":
            return tally.by_models, tally.certainty
        if is_whole(head.covered, size_wh):
            return 0, None
        objects = self._store.item(view_id).objects
        boxes = objects.boxes_xyxy
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        seen = shapely.contains_xy(_areas(head.covered), centres[:, 0], centres[:, 1])
        is_open = np.array([str(author).startswith("model:") for author in objects.authors], bool) & ~seen
        scores = objects.scores[is_open & ~np.isnan(objects.scores)]
        return int(is_open.sum()), float(scores.min()) if len(scores) else None


def summary(view: View, head: Head, counted: _Counted, parts: Mapping[str, str]) -> dict[str, Any]:
    """One line, as JSON values."""
    image, is_complete = view.image, is_whole(head.covered, view.image.size_wh)
    return {
        "id": view.id,
        "image": image.id,
        "name": f"{image.name}{view.suffix.replace('_', ' ')}",
        "path": image.path,
        "size_wh": image.size_wh,
        "channels": image.channels,
        "dtype": image.dtype,
        "pixel_size_um": image.pixel_size_um,
        "group": image.group,
        "planes": image.planes,
        "plane": {"t": view.t, "z": view.z, "scene": view.scene, "projection": view.projection},
        "state": head.state,
        "complete": is_complete,
        "covered": 1.0 if is_complete else covered_share(head.covered, image.size_wh),
        "revision": head.revision,
        "changed": head.changed,
        "n_objects": sum(counted.tally.counts.values()),
        "counts": counted.tally.counts,
        "proposals": counted.proposals,
        "certainty": counted.certainty,
        "part": parts.get(view.id, ""),
    }


def is_whole(covered: Sequence[Ring], size_wh: tuple[int, int]) -> bool:
    """Whether areas say that every object of the image is annotated."""
    whole = whole_image(size_wh)[0]
    return any(ring.shape == whole.shape and bool((ring == whole).all()) for ring in covered)


def covered_share(covered: Sequence[Ring], size_wh: tuple[int, int]) -> float:
    """Share of an image that areas cover together, 0..1."""
    if not covered:
        return 0.0
    image = shapely.box(0, 0, *size_wh)
    return float(min(1.0, shapely.intersection(_areas(covered), image).area / image.area))


def _areas(covered: Sequence[Ring]) -> shapely.Geometry:
    polygons = [shapely.make_valid(shapely.Polygon(ring)) for ring in covered if len(ring) > 2]
    return shapely.union_all(polygons)
