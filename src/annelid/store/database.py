"""The SQLite file: open it wherever it lies, one transaction at a time, errors that a person can act on."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from annelid.errors import ProjectError, StoreError, UsageError
from annelid.store.drive import on_network_drive
from annelid.store.migrations import APPLICATION_ID, MIGRATIONS, migrate, schema_version

BUSY_SECONDS = 10.0
_PAGE_BYTES = 2**13
"""Outlines have kilobytes: cut up into SQLite's usual pages of 4096 bytes they take twice as long to write."""
_ROOM_BYTES = 2**17
"""With less room than this, SQLite cannot even open its log."""
_MOST_IDLE = 4
_RESTORE = "put a backup in its place (`annelid backup` makes them), or salvage it with `sqlite3 FILE .recover`"
_NEXT_STEP = {
    sqlite3.SQLITE_BUSY: "another program is writing to this project: wait until it is done and try again",
    sqlite3.SQLITE_LOCKED: "another program is writing to this project: wait until it is done and try again",
    sqlite3.SQLITE_READONLY: "make the project folder writable, or copy it to a place that is",
    sqlite3.SQLITE_CANTOPEN: "check that the project folder exists and is writable",
    sqlite3.SQLITE_PERM: "make the project folder writable, or copy it to a place that is",
    sqlite3.SQLITE_FULL: "free some disk space and try again; nothing was lost",
    sqlite3.SQLITE_IOERR: "check the drive and its free space, and try again",
    sqlite3.SQLITE_CORRUPT: _RESTORE,
    sqlite3.SQLITE_NOTADB: _RESTORE,
}


class Database:
    """A connection with its lock: threads of one process take turns, processes wait up to ten seconds.

    Attributes:
        path: the file.
        journal_mode: ``wal``; ``delete`` where that cannot work (network drives); ``off`` when read-only.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, journal_mode: str) -> None:
        self.path, self.journal_mode = path, journal_mode
        self._connection, self._lock = connection, threading.RLock()
        self._readers: Readers | None = None

    def read_apart(self) -> None:
        """From now on whoever reads for long keeps nobody from writing: for a program of many threads.

        Without a write-ahead log that cannot be, and everybody goes on taking turns.
        """
        if self.journal_mode == "wal" and self._readers is None:
            self._readers = Readers(lambda: _connect(self.path, "mode=rw"))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A block that sees one state of the database throughout."""
        with self._reader() as reader, self._transaction(reader, "BEGIN"):
            try:
                yield reader
            except (ValueError, TypeError, KeyError, IndexError) as error:  # a row that says nonsense
                raise StoreError(f"{self.path} is damaged: {error}", next_step=_RESTORE) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A block that is written as a whole or, when it raises, not at all."""
        if self.journal_mode == "off" and shutil.disk_usage(self.path.parent).free < _ROOM_BYTES:
            raise StoreError(f"{self.path}: the disk is full", next_step=_NEXT_STEP[sqlite3.SQLITE_FULL])
        if self.journal_mode == "off":
            raise StoreError(f"{self.path} is read-only", next_step=_NEXT_STEP[sqlite3.SQLITE_READONLY])
        with self._lock, self._transaction(self._connection, "BEGIN IMMEDIATE"):
            yield self._connection

    @contextmanager
    def writing_much(self) -> Iterator[sqlite3.Connection]:
        """`writing` for hundreds of megabytes: past the write-ahead log, which would copy all of it once more.

        Only while no other program has the database open; it is as safe, but others wait until it is done.
        """
        is_logged = self.journal_mode == "wal" and self._readers is None
        with self._lock, _explained(self.path):
            if is_logged:
                _ask_for_journal(self._connection, "DELETE")
            try:
                with self.writing() as connection:
                    yield connection
            finally:
                if is_logged:
                    _ask_for_journal(self._connection, "WAL")

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        if self._readers is None:
            with self._lock:
                yield self._connection
        else:
            with _explained(self.path), self._readers.one() as connection:
                yield connection

    @contextmanager
    def _transaction(self, connection: sqlite3.Connection, begin: str) -> Iterator[None]:
        with _explained(self.path):
            connection.execute(begin)
            try:
                yield
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def stamp(self) -> tuple[int, int]:
        """A value that is another one whenever anybody has written, in this process or elsewhere."""
        if self._readers is not None:
            with _explained(self.path):
                return self._readers.stamp(), 0
        with self._lock, _explained(self.path):
            (elsewhere,) = self._connection.execute("PRAGMA data_version").fetchone()
            return int(elsewhere), self._connection.total_changes

    def backup(self, target: Path) -> None:
        """Copy a consistent state to another file, while others go on reading and writing."""
        with self._lock, _explained(target):
            copy = sqlite3.connect(target, isolation_level=None)
            try:
                self._connection.backup(copy)
                # A file in WAL mode would not open on a read-only medium.
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()

    def close(self) -> None:
        """Close the file; harmless when it is closed already."""
        with self._lock:
            if self._readers is not None:
                self._readers.close()
            self._connection.close()


class Readers:
    """Connections that only read, one for each who reads at the same time.

    Args:
        connect: makes one.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect, self._lock = connect, threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._is_closed = False
        self._watching, self._watch_lock = connect(), threading.Lock()

    def stamp(self) -> int:
        """A value that is another one whenever any other connection has written; it waits for none of them."""
        with self._watch_lock:
            return int(self._watching.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for a block.

        Raises:
            sqlite3.ProgrammingError: they were closed.
        """
        connection = self._taken()
        try:
            yield connection
        finally:
            with self._lock:
                is_kept = not self._is_closed and len(self._idle) < _MOST_IDLE
                if is_kept:
                    self._idle.append(connection)
            if not is_kept:
                connection.close()

    def _taken(self) -> sqlite3.Connection:
        with self._lock:
            if self._is_closed:
                raise sqlite3.ProgrammingError("the database is closed")
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def close(self) -> None:
        """Close those that are idle now, and the others when they are given back."""
        with self._lock:
            self._is_closed = True
            while self._idle:
                self._idle.pop().close()
        with self._watch_lock:
            self._watching.close()


def create_database(path: Path) -> Database:
    """Make a new database.

    Raises:
        ProjectError: there is one already, or the place is not writable.
    """
    if path.exists() and path.stat().st_size:
        raise ProjectError(f"{path} exists already", next_step="open it, or choose another folder")
    if not path.parent.is_dir():
        raise ProjectError(f"the folder {path.parent} does not exist", next_step="create it first")
    with _explained(path):
        connection = _connect(path, "mode=rwc")
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        database = Database(path, connection, _choose_journal(connection, path))
    with database.writing() as db:
        migrate(db)
    return database


def open_database(path: Path) -> Database:
    """Open a database, read-only where it cannot be written, and bring its tables up to date.

    Raises:
        ProjectError: it is missing, broken, not ours, or made by a newer version.
    """
    if not path.is_file():
        raise ProjectError(
            f"there is no {path.name} in {path.parent}",
            next_step="put a backup of it there; to begin anew, remove annelid.yaml and run `annelid init`",
        )
    with _explained(path):
        try:
            database = _open_writable(path)
        except sqlite3.OperationalError as error:
            if not _is_read_only(error) or _has_pending_log(path):
                raise
            database = Database(path, _checked(_connect(path, "mode=ro&immutable=1"), path), "off")
    return database


def _open_writable(path: Path) -> Database:
    connection = _checked(_connect(path, "mode=rw"), path)
    database = Database(path, connection, _choose_journal(connection, path))
    if schema_version(connection) < len(MIGRATIONS):
        with database.writing() as db:
            migrate(db)
    return database


def _connect(path: Path, query: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?{query}"
    db = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA foreign_keys = ON")
        _touch(db)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _touch(db: sqlite3.Connection) -> None:
    db.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _choose_journal(db: sqlite3.Connection, path: Path) -> str:
    """Turn the write-ahead log on or off as the drive allows, and try it."""
    wanted = "DELETE" if on_network_drive(path) else "WAL"
    try:
        _ask_for_journal(db, wanted)
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            db.close()
            raise
    return str(db.execute("PRAGMA journal_mode").fetchone()[0])


def _ask_for_journal(db: sqlite3.Connection, mode: str) -> None:
    with suppress(sqlite3.OperationalError):  # another program has it open: its mode stays
        db.execute(f"PRAGMA journal_mode = {mode}").fetchone()


def _is_read_only(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
    )


def _has_pending_log(path: Path) -> bool:
    """Whether a write-ahead log holds changes that are not in the file yet."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _checked(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """The connection, when the file is ours and of a version that we know; closed and an error otherwise."""
    version = schema_version(db)
    foreign = db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID
    if not foreign and version <= len(MIGRATIONS):
        return db
    db.close()
    if foreign:
        raise ProjectError(f"{path} is not a database of Annelid", next_step=_RESTORE)
    raise ProjectError(
        f"{path} was written by a newer version (its tables are version {version}, this program knows "
        f"{len(MIGRATIONS)})",
        next_step="update Annelid: `pip install -U annelid`",
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite into errors that name the file and what to do."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise UsageError(f"{path}: {error}", next_step="open the project again") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise StoreError(
            f"{path}: {error}", next_step=_NEXT_STEP.get(code, "try again; if it stays, restore a backup")
        ) from error
