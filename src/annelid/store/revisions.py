"""Revisions of annotations in SQL: read one, write the next, refuse what would overwrite somebody's work.

Every function works inside the transaction of its caller.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple, cast

import numpy as np

from annelid.dataset import State
from annelid.errors import Conflict, ProjectError, UsageError
from annelid.geometry import Ring
from annelid.store.changes import ChangeSet, Revision
from annelid.store.rows import ObjectRow, to_rows

_COLUMNS = "id, label, kind, score, author, origin, parent, ignored, params, geometry, extra"
_READ_AT = (
    f"SELECT place, {_COLUMNS} FROM objects WHERE view = ? AND valid_from <= ?"  # noqa: S608
    " AND (valid_to IS NULL OR valid_to > ?) ORDER BY place, key"
)
_READ_NOW = f"SELECT view, place, key, {_COLUMNS} FROM objects WHERE valid_to IS NULL"  # noqa: S608
_READ_SOME = (
    f"SELECT place, {_COLUMNS} FROM objects WHERE view = ? AND valid_to IS NULL"  # noqa: S608
    " AND id IN (SELECT value FROM json_each(?))"
)
_PLACES_EVER = (
    "SELECT id, place FROM objects WHERE view = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY valid_from"
)
_TOUCHED_SINCE = (
    "SELECT id FROM objects WHERE view = ? AND id IN (SELECT value FROM json_each(?))"
    " AND (valid_from > ? OR valid_to > ?)"
)
_BEGIN = f"INSERT INTO objects (view, valid_from, place, {_COLUMNS}) VALUES ({', '.join('?' * 14)})"  # noqa: S608
_END = "UPDATE objects SET valid_to = ? WHERE view = ? AND id = ? AND valid_to IS NULL"
_NOTE = f"INSERT INTO revisions VALUES ({', '.join('?' * 11)})"  # noqa: S608


class Placed(NamedTuple):
    """An object and its place in the drawing order."""

    place: int
    row: ObjectRow


@dataclass(frozen=True)
class Head:
    """The annotation of a view as it is now, without its objects; ``covered`` is JSON."""

    key: int
    view_id: str
    revision: int
    state: State
    covered: str


@dataclass(frozen=True)
class _Note:
    """What is kept with a revision beside its objects."""

    base: int
    author: str
    message: str
    state: State
    covered: str


def read_head(db: sqlite3.Connection, view_id: str) -> Head:
    """The view's present state; ProjectError when the project does not have it."""
    row = db.execute("SELECT key, id, revision, state, covered FROM views WHERE id = ?", (view_id,)).fetchone()
    if row is None:
        raise ProjectError(f"the project has no image {view_id}", next_step="import the image first")
    return Head(*row)


def head_at(db: sqlite3.Connection, head: Head, revision: int) -> Head:
    """The view's state at a revision; UsageError when there was no such revision."""
    if revision == 0:
        return replace(head, revision=0, state="new", covered="[]")
    row = db.execute(
        "SELECT state, covered FROM revisions WHERE view = ? AND revision = ?", (head.key, revision)
    ).fetchone()
    if row is None:
        raise UsageError(
            f"image {head.view_id} has no revision {revision}",
            next_step=f"choose one from 0 to {head.revision}",
        )
    return replace(head, revision=revision, state=row[0], covered=row[1])


def objects_at(db: sqlite3.Connection, head: Head) -> dict[str, Placed]:
    """The objects of ``head.revision`` by id, in their order."""
    rows = db.execute(_READ_AT, (head.key, head.revision, head.revision))
    return {placed.row.id: placed for placed in map(_placed, rows)}


def objects_now(db: sqlite3.Connection, view_keys: Sequence[int] | None) -> dict[int, list[ObjectRow]]:
    """The present objects of views (None: of all), by the view's key and in their order."""
    where = "" if view_keys is None else " AND view IN (SELECT value FROM json_each(?))"
    values = () if view_keys is None else (json.dumps(view_keys),)
    found: dict[int, list[tuple[int, int, ObjectRow]]] = {}
    for row in db.execute(_READ_NOW + where, values):
        found.setdefault(row[0], []).append((row[1], row[2], ObjectRow._make(row[3:])))
    return {view: [entry[2] for entry in sorted(entries)] for view, entries in found.items()}


def covered_to_json(covered: Iterable[Ring]) -> str:
    """Areas as JSON; the numbers come back exactly."""
    return json.dumps([np.asarray(ring, np.float64).tolist() for ring in covered])


def covered_from_json(text: str) -> tuple[Ring, ...]:
    """The areas of `covered_to_json`."""
    return tuple(np.array(ring, np.float64).reshape(-1, 2) for ring in json.loads(text))


def save(db: sqlite3.Connection, view_id: str, change: ChangeSet) -> int:
    """Write the next revision of a view and return its number; the present one when nothing changed.

    Raises:
        Conflict: an object of the change, or the covered areas or state that it sets, changed since its base.
    """
    head = read_head(db, view_id)
    rows = {row.id: row for row in to_rows(change.upsert)}
    ids = [*rows, *change.removed]
    if len(set(ids)) != len(change.upsert) + len(change.removed):
        raise UsageError(
            f"an object of image {view_id} comes twice in one change",
            next_step="give every object its own id",
        )
    now = _objects_with_ids(db, head, ids)
    rows = {id_: row for id_, row in rows.items() if id_ not in now or now[id_].row != row}
    removed = [id_ for id_ in change.removed if id_ in now]
    note = _note(head, change)
    _refuse_stale(db, head, change, [*rows, *removed], note)
    return _write(db, head, note, now, _place(db, head, rows, now), removed)


def restore(db: sqlite3.Connection, view_id: str, revision: int, author: str) -> int:
    """Write a new revision with the content of an old one; the present number when they are equal."""
    head = read_head(db, view_id)
    then = head_at(db, head, revision)
    now, wanted = objects_at(db, head), objects_at(db, then)
    changed = {id_: placed for id_, placed in wanted.items() if now.get(id_) != placed}
    note = _Note(head.revision, author, f"restored revision {revision}", then.state, then.covered)
    return _write(db, head, note, now, changed, [id_ for id_ in now if id_ not in wanted])


def relabel(db: sqlite3.Connection, mapping: Mapping[str, str | None], author: str) -> dict[str, int]:
    """Rename, merge or delete classes at once on every view; the new revision of each view that changed."""
    mapping = {old: new for old, new in mapping.items() if old != new}
    views = db.execute(
        "SELECT DISTINCT v.id FROM objects o JOIN views v ON v.key = o.view WHERE o.valid_to IS NULL"
        " AND o.label IN (SELECT value FROM json_each(?)) ORDER BY v.key",
        (json.dumps(list(mapping)),),
    ).fetchall()
    return {view_id: _relabel_view(db, read_head(db, view_id), mapping, author) for (view_id,) in views}


def _relabel_view(db: sqlite3.Connection, head: Head, mapping: Mapping[str, str | None], author: str) -> int:
    now = objects_at(db, head)
    changed: dict[str, Placed] = {}
    removed: list[str] = []
    for id_, (place, row) in now.items():
        new = mapping.get(row.label, row.label)
        if new is None:
            removed.append(id_)
        elif new != row.label:
            changed[id_] = Placed(place, row._replace(label=new))
    message = ", ".join(f"{old} -> {new or 'deleted'}" for old, new in mapping.items())
    note = _Note(head.revision, author, message, head.state, head.covered)
    return _write(db, head, note, now, changed, removed)


def history(db: sqlite3.Connection, view_id: str) -> list[Revision]:
    """The history of a view, oldest first."""
    rows = db.execute(
        "SELECT revision, base, author, message, created, state, n_added, n_changed, n_removed FROM revisions"
        " WHERE view = ? ORDER BY revision",
        (read_head(db, view_id).key,),
    )
    return [Revision(view_id, *row) for row in rows]


def now_utc() -> str:
    """The time as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _placed(row: tuple[object, ...]) -> Placed:
    return Placed(cast("int", row[0]), ObjectRow._make(row[1:]))


def _objects_with_ids(db: sqlite3.Connection, head: Head, ids: Sequence[str]) -> dict[str, Placed]:
    if head.revision == 0:
        return {}
    rows = db.execute(_READ_SOME, (head.key, json.dumps(ids)))
    return {placed.row.id: placed for placed in map(_placed, rows)}


def _place(
    db: sqlite3.Connection, head: Head, rows: Mapping[str, ObjectRow], now: Mapping[str, Placed]
) -> dict[str, Placed]:
    """A changed object keeps its place, one that comes back takes its old one, new ones come last."""
    if not rows:
        return {}
    query = "SELECT coalesce(max(place) + 1, 0) FROM objects WHERE view = ? AND valid_to IS NULL"
    (last,) = db.execute(query, (head.key,)).fetchone()
    places = _earlier_places(db, head, [id_ for id_ in rows if id_ not in now])
    places |= {id_: placed.place for id_, placed in now.items()}
    places |= {id_: last + n for n, id_ in enumerate(id_ for id_ in rows if id_ not in places)}
    return {id_: Placed(places[id_], row) for id_, row in rows.items()}


def _earlier_places(db: sqlite3.Connection, head: Head, ids: Sequence[str]) -> dict[str, int]:
    """The places of objects that were removed: whoever takes a removal back has them in the order of before."""
    if head.revision == 0 or not ids:
        return {}
    return dict(db.execute(_PLACES_EVER, (head.key, json.dumps(ids))))


def _note(head: Head, change: ChangeSet) -> _Note:
    state = head.state if change.state is None else change.state
    covered = head.covered if change.covered is None else covered_to_json(change.covered)
    return _Note(change.base_revision, change.author, change.message, state, covered)


def _refuse_stale(db: sqlite3.Connection, head: Head, change: ChangeSet, ids: list[str], note: _Note) -> None:
    """Raise Conflict when the change would overwrite something newer than its base."""
    if change.base_revision == head.revision:
        return
    if change.base_revision > head.revision:
        raise Conflict(head.view_id, ids, head.revision)
    since = change.base_revision
    touched = {id_ for (id_,) in db.execute(_TOUCHED_SINCE, (head.key, json.dumps(ids), since, since))}
    stale = [id_ for id_ in ids if id_ in touched]
    base = head_at(db, head, since)
    stale += ["(covered areas)"] * (note.covered != head.covered != base.covered)
    stale += ["(state)"] * (note.state != head.state != base.state)
    if stale:
        raise Conflict(head.view_id, stale, head.revision)


def _write(
    db: sqlite3.Connection,
    head: Head,
    note: _Note,
    now: Mapping[str, Placed],
    changed: Mapping[str, Placed],
    removed: Sequence[str],
) -> int:
    """End the rows of what changed or went, begin the rows of what changed or came, and note the revision."""
    if not changed and not removed and (note.state, note.covered) == (head.state, head.covered):
        return head.revision
    revision = head.revision + 1
    ended = [*removed, *(id_ for id_ in changed if id_ in now)]
    db.executemany(_END, [(revision, head.key, id_) for id_ in ended])
    db.executemany(_BEGIN, [(head.key, revision, p.place, *p.row) for p in changed.values()])
    n_changed = len(ended) - len(removed)
    counts = (len(changed) - n_changed, n_changed, len(removed))
    what = (note.base, note.author, note.message, now_utc(), note.state, note.covered)
    db.execute(_NOTE, (head.key, revision, *what, *counts))
    update = "UPDATE views SET revision = ?, state = ?, covered = ? WHERE key = ?"
    db.execute(update, (revision, note.state, note.covered, head.key))
    return revision
