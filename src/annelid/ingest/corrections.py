"""What a person made of a model's proposals: who drew each object now, and which proposal it corrects."""

from __future__ import annotations

import numpy as np

from annelid.match import iou_matrix, match
from annelid.objects import Objects
from annelid.store.changes import nameless
from annelid.store.rows import ObjectRow, to_rows

IOU = 0.5
"""Overlap from which on a new outline is taken for the correction of a proposal that is gone."""


def inherit(old: Objects, new: Objects, author: str, size_wh: tuple[int, int]) -> Objects:
    """Annotation that comes back, with what the project knows of its objects.

    An object whose outline and class are as they were stays whose it was. One that was changed is the author's, has no
    score, and names the proposal as its origin; so does one that lies where a proposal vanished.

    Args:
        old: the objects as they are stored.
        new: the objects as they came; ids tell which is which.
        author: who changed them, for example ``import:labelme``.
        size_wh: size of the image.
    """
    place = {str(id_): n for n, id_ in enumerate(old.ids)}
    drawn_before, drawn_now = _drawn(old), _drawn(new)
    authors, origins, scores = list(new.authors), list(new.origins), new.scores.copy()
    for n, id_ in enumerate(map(str, new.ids)):
        before = place.get(id_)
        if before is None:
            continue
        if drawn_before[before] == drawn_now[n]:
            authors[n], origins[n], scores[n] = old.authors[before], old.origins[before], old.scores[before]
        elif _is_proposal(old, before):
            authors[n], origins[n], scores[n] = author, old.origins[before] or id_, np.nan
    for n, origin in _vanished(old, new, size_wh).items():
        origins[n] = origins[n] or origin
    return new.replace(authors=authors, origins=origins, scores=scores)


def _is_proposal(objects: Objects, n: int) -> bool:
    return str(objects.authors[n]).startswith("model:")


def _drawn(objects: Objects) -> list[ObjectRow]:
    """Outline and class of each object, whoever drew it."""
    return [nameless(row)._replace(extra=None) for row in to_rows(objects)]


def _vanished(old: Objects, new: Objects, size_wh: tuple[int, int]) -> dict[int, str]:
    """Index of a new object -> id of the proposal, now gone, in whose place it lies."""
    known, kept = set(map(str, old.ids)), set(map(str, new.ids))
    gone = [n for n, id_ in enumerate(map(str, old.ids)) if id_ not in kept and _is_proposal(old, n)]
    fresh = [n for n, id_ in enumerate(map(str, new.ids)) if id_ not in known]
    if not gone or not fresh:
        return {}
    pairs = match(iou_matrix(old[gone], new[fresh], size_wh, "mask"), IOU)
    return {fresh[q]: str(old.ids[gone[p]]) for p, q in pairs.tolist()}
