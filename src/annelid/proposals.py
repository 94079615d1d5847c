"""Turn predictions into drafts that a person corrects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from annelid.dataset import Dataset, LabeledImage
from annelid.match import iou_matrix
from annelid.objects import Kind, Objects
from annelid.store.changes import ChangeSet, diff

TOLERANCE = 0.75
"""Pixels; less would keep every step of an outline that was traced along pixel edges."""

SAME = 0.5
"""Overlap (IoU) with a person's object from which on a prediction is that object."""


def proposals(items: Sequence[LabeledImage], predicted: Dataset, model: str) -> dict[str, ChangeSet]:
    """Change sets that put predictions on images as drafts.

    What a person drew or accepted stays, and is not proposed once more; what a model proposed before is replaced.

    Args:
        items: the images as they are now.
        predicted: what was found on them.
        model: reference of the model.

    Returns:
        View id -> change set; views without one stay as they are.
    """
    found = {item.id: editable(item.objects) for item in predicted.items}
    changes = {}
    for item in items:
        if item.id not in found:
            continue
        by_model = np.array([str(author).startswith("model:") for author in item.objects.authors], bool)
        fresh = _unlike(found[item.id], item.objects[~by_model], item.size_wh)
        upsert, removed = diff(item.objects[by_model], fresh)
        if not len(upsert) and not removed:
            continue  # an image on which nothing was found is no draft
        changes[item.id] = ChangeSet(
            item.revision, upsert, removed, author=f"model:{model}", message="proposed", state="draft"
        )
    return changes


def _unlike(found: Objects, drawn: Objects, size_wh: tuple[int, int]) -> Objects:
    """Those of the found objects that are none of the drawn ones."""
    if not len(found) or not len(drawn):
        return found
    return found[iou_matrix(drawn, found, size_wh).max(0) < SAME]


def editable(objects: Objects) -> Objects:
    """Masks of one part without holes as polygons of few vertices, which every annotator can edit.

    The outline moves by less than a pixel. Other masks stay: polygons could not hold them everywhere.
    """
    kinds, shapes = objects.kinds.copy(), list(objects.shapes)
    for n, shape in enumerate(shapes):
        if kinds[n] == Kind.MASK and len(shape) == 1 and len(shape[0]) == 1:
            line = shapely.Polygon(shape[0][0]).simplify(TOLERANCE).exterior
            shapes[n], kinds[n] = ((np.asarray(line.coords)[:-1],),), Kind.POLYGON
    changed = Objects.from_shapes(shapes, list(objects.labels), kinds=kinds, ids=list(objects.ids))
    columns = {name: getattr(objects, name) for name in ("params", "scores", "authors", "origins", "parents", "ignore")}
    return changed.replace(extra=list(objects.extra), **columns)
