"""What can be said of views without reading a single outline, and what became of one object.

Every function works inside the transaction of its caller.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from annelid.dataset import State
from annelid.geometry import Ring
from annelid.objects import Objects
from annelid.store.revisions import covered_from_json, read_head
from annelid.store.rows import ObjectRow, from_rows

_OBJECT = "o.id, o.label, o.kind, o.score, o.author, o.origin, o.parent, o.ignored, o.params, o.geometry, o.extra"
_COUNT = (
    "SELECT (SELECT id FROM views WHERE key = view), label, count(*), sum(author GLOB 'model:*'),"
    " min(CASE WHEN author GLOB 'model:*' THEN score END) FROM objects"
    " WHERE valid_to IS NULL AND view IN (SELECT key FROM views WHERE id IN (SELECT value FROM json_each(?)))"
    " GROUP BY view, label"
)
_HEADS = (
    "SELECT v.id, v.revision, v.state, v.covered, r.created FROM views v"
    " LEFT JOIN revisions r ON r.view = v.key AND r.revision = v.revision"
)
_VERSIONS = (
    f"SELECT o.valid_from, o.valid_to, {_OBJECT} FROM objects o"  # noqa: S608
    " WHERE o.view = ? AND o.id = ? ORDER BY o.valid_from"
)


@dataclass(frozen=True)
class Head:
    """The annotation of a view without its objects.

    Attributes:
        revision: 0 when it was never saved.
        state: new, draft or reviewed.
        covered: the areas in which every object is annotated.
        changed: when it was saved last, UTC, ISO 8601; "" when never.
    """

    revision: int = 0
    state: State = "new"
    covered: tuple[Ring, ...] = ()
    changed: str = ""


@dataclass(frozen=True)
class Tally:
    """How many objects lie on a view.

    Attributes:
        counts: class -> number of objects.
        by_models: how many of them have a model for an author.
        certainty: least score among those; None when there are none.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    by_models: int = 0
    certainty: float | None = None


@dataclass(frozen=True)
class Version:
    """What an object was for a while.

    Attributes:
        revision: the view's revision since which it was so.
        until: the revision since which it is not so any more; None for now.
        author: who saved it so.
        message: why.
        created: when, UTC, ISO 8601.
        object: the one object; None where it was removed.
    """

    revision: int
    until: int | None
    author: str
    message: str
    created: str
    object: Objects | None


def heads(db: sqlite3.Connection) -> dict[str, Head]:
    """View id -> its annotation without the objects, in the order in which the views came."""
    return {row[0]: _head(row) for row in db.execute(f"{_HEADS} ORDER BY v.key")}


def head(db: sqlite3.Connection, view_id: str) -> Head:
    """The annotation of one view without the objects; ProjectError when the project does not have it."""
    return _head(db.execute(f"{_HEADS} WHERE v.key = ?", (read_head(db, view_id).key,)).fetchone())


def _head(row: tuple[Any, ...]) -> Head:
    _, revision, state, covered, changed = row
    return Head(revision, state, covered_from_json(covered), changed or "")


def numbers(db: sqlite3.Connection) -> dict[str, int]:
    """View id -> its revision."""
    return dict(db.execute("SELECT id, revision FROM views ORDER BY key").fetchall())


def tallies(db: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Tally]:
    """How many objects lie on views; those without objects are left out."""
    found: dict[str, Tally] = {}
    for id_, label, count, by_models, least in db.execute(_COUNT, (json.dumps(list(ids)),)):
        old = found.get(id_, Tally())
        certainty = min((score for score in (old.certainty, least) if score is not None), default=None)
        found[id_] = Tally({**old.counts, label: count}, old.by_models + by_models, certainty)
    return found


def versions(db: sqlite3.Connection, view_id: str, object_id: str) -> list[Version]:
    """What an object was, oldest first; () when there never was one of that id."""
    head = read_head(db, view_id)
    rows = db.execute(_VERSIONS, (head.key, object_id)).fetchall()
    found: list[Version] = []
    for begin, end, *values in rows:
        if found and found[-1].until != begin:
            found.append(_version(db, head.key, found[-1].until or begin, begin, None))
        found.append(_version(db, head.key, begin, end, from_rows([ObjectRow._make(values)])))
    if found and (removed := found[-1].until) is not None:
        found.append(_version(db, head.key, removed, None, None))
    return found


def _version(db: sqlite3.Connection, view: int, begin: int, end: int | None, found: Objects | None) -> Version:
    query = "SELECT author, message, created FROM revisions WHERE view = ? AND revision = ?"
    author, message, created = db.execute(query, (view, begin)).fetchone()
    return Version(begin, end, author, message, created, found)
