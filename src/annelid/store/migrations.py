"""The tables of ``annelid.db``, version by version: numbered functions, run once each, in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

APPLICATION_ID = 0x414E4C44  # "ANLD", in the header of every database of ours


def version_1(db: sqlite3.Connection) -> None:
    """Images, views, revisions, objects, splits, history.

    An object is a row per content that it had: revision r of a view consists of the rows with
    ``valid_from <= r`` and ``valid_to`` null or greater than r. Rows are never deleted.
    """
    db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
    db.execute(
        "CREATE TABLE images (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, paths TEXT NOT NULL,"
        " width INTEGER NOT NULL, height INTEGER NOT NULL, channels TEXT NOT NULL, dtype TEXT NOT NULL,"
        " pixel_size_um REAL, grp TEXT NOT NULL, group_source TEXT NOT NULL, fingerprint TEXT NOT NULL,"
        " n_t INTEGER NOT NULL, n_z INTEGER NOT NULL)"
    )
    db.execute(
        "CREATE TABLE views (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
        " image INTEGER NOT NULL REFERENCES images (key), t INTEGER NOT NULL, z INTEGER NOT NULL,"
        " revision INTEGER NOT NULL DEFAULT 0,"
        " state TEXT NOT NULL DEFAULT 'new', covered TEXT NOT NULL DEFAULT '[]')"
    )
    db.execute(
        "CREATE TABLE revisions (view INTEGER NOT NULL REFERENCES views (key), revision INTEGER NOT NULL,"
        " base INTEGER NOT NULL, author TEXT NOT NULL, message TEXT NOT NULL, created TEXT NOT NULL,"
        " state TEXT NOT NULL, covered TEXT NOT NULL, n_added INTEGER NOT NULL, n_changed INTEGER NOT NULL,"
        " n_removed INTEGER NOT NULL, PRIMARY KEY (view, revision)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE objects (key INTEGER PRIMARY KEY, view INTEGER NOT NULL REFERENCES views (key),"
        " valid_from INTEGER NOT NULL, valid_to INTEGER, place INTEGER NOT NULL, id TEXT NOT NULL,"
        " label TEXT NOT NULL, kind INTEGER NOT NULL, score REAL, author TEXT NOT NULL, origin TEXT NOT NULL,"
        " parent TEXT NOT NULL, ignored INTEGER NOT NULL, params BLOB, geometry BLOB NOT NULL, extra TEXT)"
    )
    db.execute("CREATE UNIQUE INDEX objects_now ON objects (view, id) WHERE valid_to IS NULL")
    db.execute("CREATE INDEX objects_order ON objects (view, place) WHERE valid_to IS NULL")
    db.execute("CREATE UNIQUE INDEX objects_ever ON objects (view, id, valid_from)")
    db.execute("CREATE TABLE splits (id INTEGER PRIMARY KEY, created TEXT NOT NULL, value TEXT NOT NULL)")
    db.execute(
        "CREATE TABLE history (id INTEGER PRIMARY KEY, created TEXT NOT NULL, verb TEXT NOT NULL,"
        " args TEXT NOT NULL, summary TEXT NOT NULL)"
    )


def version_2(db: sqlite3.Connection) -> None:
    """Views of a scene of a file, and projections along z."""
    db.execute("ALTER TABLE views ADD COLUMN scene INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE views ADD COLUMN projection TEXT NOT NULL DEFAULT ''")


def version_3(db: sqlite3.Connection) -> None:
    """Objects are counted without reading their outlines."""
    db.execute("CREATE INDEX objects_counted ON objects (view, label, author, score, valid_to) WHERE valid_to IS NULL")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (version_1, version_2, version_3)


def schema_version(db: sqlite3.Connection) -> int:
    """Version of the tables in a database; 0 for an empty one."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").fetchone():
        return 0
    row = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    return int(row[0]) if row else 0


def migrate(db: sqlite3.Connection) -> None:
    """Bring the tables up to date, all or nothing; must be called inside a transaction."""
    for version, step in enumerate(MIGRATIONS, 1):
        if version > schema_version(db):
            step(db)
            db.execute("INSERT OR REPLACE INTO meta VALUES ('schema_version', ?)", (str(version),))
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
