"""What somebody did to the objects of one image, and how two versions differ."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from annelid.dataset import State
from annelid.geometry import Ring
from annelid.objects import Objects
from annelid.store.rows import ObjectRow, to_rows


@dataclass(frozen=True)
class ChangeSet:
    """A change to the annotation of one view.

    Attributes:
        base_revision: the revision that the author saw.
        upsert: objects to add, or to put in the place of those with the same id.
        removed: ids of objects to take away.
        author: ``human:ann``, ``model:<id>``, ``import:coco``.
        message: why, in a few words.
        covered: the areas that are annotated completely from now on; None leaves them as they are.
        state: the state from now on; None leaves it.
    """

    base_revision: int
    upsert: Objects = field(default_factory=Objects.empty)
    removed: tuple[str, ...] = ()
    author: str = ""
    message: str = ""
    covered: tuple[Ring, ...] | None = None
    state: State | None = None


@dataclass(frozen=True)
class Revision:
    """One entry of a view's history.

    Attributes:
        view_id: the view.
        revision: 1, 2, 3 ... on this view.
        base: the revision that its author saw.
        author: who.
        message: why.
        created: when, UTC, ISO 8601.
        state: the state since then.
        n_added: how many objects came.
        n_changed: how many changed.
        n_removed: how many went.
    """

    view_id: str
    revision: int
    base: int
    author: str
    message: str
    created: str
    state: State
    n_added: int
    n_changed: int
    n_removed: int


def diff(old: Objects, new: Objects) -> tuple[Objects, tuple[str, ...]]:
    """What has to be saved so that ``old`` becomes ``new``, object by object.

    Args:
        old: the objects as they are stored.
        new: the objects as they shall be.

    Returns:
        The objects of ``new`` that ``old`` lacks or has otherwise, and the ids that ``new`` lacks:
        `ChangeSet.upsert` and `ChangeSet.removed`.
    """
    before = {row.id: row for row in to_rows(old)}
    after = to_rows(new)
    changed = [n for n, row in enumerate(after) if before.get(row.id) != row]
    kept = {row.id for row in after}
    return new[np.array(changed, np.int64)], tuple(id_ for id_ in before if id_ not in kept)


def keep_ids(old: Objects, new: Objects) -> Objects:
    """``new`` with the ids of the equal objects of ``old``, so that reading a file again changes nothing.

    Args:
        old: the objects as they are stored.
        new: the objects as they shall be; ids that ``old`` has too stay.
    """
    known, given = set(map(str, old.ids)), set(map(str, new.ids))
    free: dict[ObjectRow, list[str]] = {}
    for row in to_rows(old):
        if row.id not in given:
            free.setdefault(nameless(row), []).append(row.id)
    names: dict[str, str] = {}
    for row in to_rows(new):
        equal = free.get(nameless(row))
        if row.id not in known and equal:
            names[row.id] = equal.pop(0)
    if not names:
        return new
    ids, parents = ([names.get(str(name), str(name)) for name in column] for column in (new.ids, new.parents))
    return new.replace(ids=ids, parents=parents)


def nameless(row: ObjectRow) -> ObjectRow:
    """What of an object can be seen: not its name, nor who made it of what."""
    return row._replace(id="", parent="", origin="", author="", score=None)
