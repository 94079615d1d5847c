"""Store: the project's database of images, annotations with every revision, splits and history."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from annelid.atomic import replacing
from annelid.dataset import LabeledImage
from annelid.errors import ProjectError, UsageError
from annelid.image import ImageRef, View
from annelid.store import overview, revisions
from annelid.store.changes import ChangeSet, Revision
from annelid.store.database import Database, create_database, open_database
from annelid.store.overview import Head, Tally, Version
from annelid.store.revisions import covered_from_json as _areas
from annelid.store.revisions import now_utc
from annelid.store.rows import from_rows

_MUCH_BYTES = 2**26
"""A save of more than this goes past the write-ahead log."""
_IMAGE = "id, paths, width, height, channels, dtype, pixel_size_um, grp, group_source, fingerprint, n_t, n_z"
_ADD_IMAGE = f"INSERT INTO images ({_IMAGE}) VALUES ({', '.join('?' * 12)}) ON CONFLICT (id) DO NOTHING"  # noqa: S608
_ADD_VIEW = (
    "INSERT INTO views (id, image, t, z, scene, projection)"
    " SELECT ?, key, ?, ?, ?, ? FROM images WHERE id = ? ON CONFLICT (id) DO NOTHING"
)
_UPDATE_IMAGE = f"UPDATE images SET {', '.join(f'{c} = ?' for c in _IMAGE.split(', ')[1:])} WHERE id = ?"  # noqa: S608
_READ_VIEWS = "SELECT key, id, image, t, z, scene, projection, revision, state, covered FROM views"
_READ_IMAGES = f"SELECT key, {_IMAGE} FROM images"  # noqa: S608
_NAMED = " WHERE id IN (SELECT value FROM json_each(?))"
_KEYED = " WHERE key IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True)
class SavedSplit:
    """A split as it was saved: a running number, when (UTC, ISO 8601), and its dict."""

    id: int
    created: str
    value: dict[str, Any]


@dataclass(frozen=True)
class Event:
    """A verb that was run: a running number, when (UTC, ISO 8601), with what, and what came of it."""

    id: int
    created: str
    verb: str
    args: dict[str, Any]
    summary: dict[str, Any]


class Store:
    """``annelid.db``. Every write is one transaction; several processes and threads may use it at once.

    Made by `create` or `open`; a context manager.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new database; ProjectError when there is one already or the folder is not writable."""
        return cls(create_database(path))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a database; ProjectError when it is missing, broken, not ours or made by a newer version."""
        return cls(open_database(path))

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    @property
    def journal_mode(self) -> str:
        """``wal``; ``delete`` on network drives and where no log can be kept; ``off`` when read-only."""
        return self._database.journal_mode

    def read_apart(self) -> None:
        """From now on whoever reads for long keeps nobody from saving: for a program of many threads."""
        self._database.read_apart()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- images

    def add_images(self, views: Iterable[View]) -> None:
        """Add images and the views of them to annotate; what is there already stays as it is."""
        with self._database.writing() as db:
            for view in views:
                db.execute(_ADD_IMAGE, _image_to_row(view.image))
                db.execute(_ADD_VIEW, (view.id, *view.plane, view.image.id))

    def update_images(self, images: Iterable[ImageRef]) -> None:
        """Put in new paths, groups, sizes ... of known images; ProjectError for one that is not known."""
        with self._database.writing() as db:
            for image in images:
                id_, *values = _image_to_row(image)
                if not db.execute(_UPDATE_IMAGE, (*values, id_)).rowcount:
                    raise ProjectError(f"the project has no image {id_}", next_step="import the image first")

    def images(self) -> list[ImageRef]:
        """Every image, in the order in which they came."""
        with self._database.reading() as db:
            return list(_images(db).values())

    def image(self, image_id: str) -> ImageRef | None:
        """The image of an id; None when there is none."""
        with self._database.reading() as db:
            row = db.execute(f"{_READ_IMAGES} WHERE id = ?", (image_id,)).fetchone()
            return _image_from_row(row[1:]) if row else None

    def scenes(self, image_id: str) -> tuple[int, ...]:
        """Which images of its file an image's views are of; one, as a rule."""
        query = "SELECT DISTINCT scene FROM views WHERE image = (SELECT key FROM images WHERE id = ?)"
        with self._database.reading() as db:
            return tuple(scene for (scene,) in db.execute(query, (image_id,)))

    def views(self, ids: Iterable[str] | None = None) -> list[View]:
        """The views of some ids (None: all), in the order in which they came; unknown ids are left out."""
        with self._database.reading() as db:
            where, values = ("", ()) if ids is None else (_NAMED, (json.dumps(list(ids)),))
            query = f"SELECT image, t, z, scene, projection FROM views{where} ORDER BY key"  # noqa: S608
            planes = db.execute(query, values).fetchall()
            images = _images(db, None if ids is None else {row[0] for row in planes})
            return [View(images[image], *plane) for image, *plane in planes]

    # --- without the objects

    def heads(self) -> dict[str, Head]:
        """View id -> revision, state and covered areas, in the order in which the views came."""
        with self._database.reading() as db:
            return overview.heads(db)

    def head(self, view_id: str) -> Head:
        """The same of one view; ProjectError when the project does not have it."""
        with self._database.reading() as db:
            return overview.head(db, view_id)

    def numbers(self) -> dict[str, int]:
        """View id -> revision, in the order in which the views came."""
        with self._database.reading() as db:
            return overview.numbers(db)

    def tallies(self, ids: Iterable[str]) -> dict[str, Tally]:
        """How many objects lie on views, counted without reading them; views without objects are left out."""
        with self._database.reading() as db:
            return overview.tallies(db, ids)

    def versions(self, view_id: str, object_id: str) -> list[Version]:
        """What one object was, oldest first; errors as `item`."""
        with self._database.reading() as db:
            return overview.versions(db, view_id, object_id)

    def stamp(self) -> tuple[int, int]:
        """A value that is another one whenever anybody wrote to the database, in this process or elsewhere."""
        return self._database.stamp()

    # --- annotations

    def items(
        self, ids: Iterable[str] | None = None, *, revisions: Mapping[str, int] | None = None
    ) -> list[LabeledImage]:
        """The views with their objects, in the order in which they came.

        Args:
            ids: ids of the views; None for all.
            revisions: view id -> revision, for those that shall be read as they were then.

        Raises:
            ProjectError: the project does not have a view.
            UsageError: a view has no such revision.
        """
        with self._database.reading() as db:
            items = _items(db, None if ids is None else list(ids))
            return [_item_at(db, item, (revisions or {}).get(item.id)) for item in items]

    def item(self, view_id: str, revision: int | None = None) -> LabeledImage:
        """One view with its objects, now or at a revision (0 is before the first save; errors as `items`)."""
        with self._database.reading() as db:
            return _item_at(db, _items(db, [view_id])[0], revision)

    def save(self, view_id: str, change: ChangeSet) -> int:
        """Write a change and return the new revision; the present one when nothing changed by it.

        Objects that others changed or added meanwhile stay as they made them. What already is as the change
        wants it is no conflict, so that a save can be repeated.

        Raises:
            Conflict: one of the change's objects (or the covered areas or the state, when it sets them) was
                changed by somebody else after ``change.base_revision``; nothing was saved.
            ProjectError: the project does not have the view, or cannot be written.
        """
        return self.save_many({view_id: change})[view_id]

    def save_many(self, changes: Mapping[str, ChangeSet]) -> dict[str, int]:
        """`save` for several views, all or none; view id -> new revision."""
        is_much = sum(change.upsert.coords.nbytes for change in changes.values()) > _MUCH_BYTES
        with self._database.writing_much() if is_much else self._database.writing() as db:
            return {view_id: revisions.save(db, view_id, change) for view_id, change in changes.items()}

    def revisions(self, view_id: str) -> list[Revision]:
        """The history of a view, oldest first."""
        with self._database.reading() as db:
            return revisions.history(db, view_id)

    def restore(self, view_id: str, revision: int, author: str) -> int:
        """Make a new revision with the content of an old one and return its number (the old ones stay).

        Raises:
            ProjectError: the project does not have the view.
            UsageError: the view has no such revision.
        """
        with self._database.writing() as db:
            return revisions.restore(db, view_id, revision, author)

    def relabel(self, mapping: Mapping[str, str | None], author: str) -> dict[str, int]:
        """Rename or merge classes, or delete their objects, on every view at once.

        Args:
            mapping: old class -> new class, or None to remove its objects; classes may swap names.
            author: who.

        Returns:
            View id -> new revision, for the views that changed; these can be restored as any other.
        """
        with self._database.writing() as db:
            return revisions.relabel(db, mapping, author)

    # --- splits and history

    def save_split(self, value: Mapping[str, Any]) -> int:
        """Keep a split (JSON values) and return its number."""
        with self._database.writing() as db:
            query = "INSERT INTO splits (created, value) VALUES (?, ?)"
            return int(db.execute(query, (now_utc(), json.dumps(dict(value)))).lastrowid or 0)

    def splits(self) -> list[SavedSplit]:
        """Every split that was saved, oldest first."""
        with self._database.reading() as db:
            rows = db.execute("SELECT id, created, value FROM splits ORDER BY id").fetchall()
        return [SavedSplit(id_, created, json.loads(value)) for id_, created, value in rows]

    def last_split(self) -> dict[str, Any] | None:
        """The split that was saved last, or None."""
        splits = self.splits()
        return splits[-1].value if splits else None

    def log(self, verb: str, args: Mapping[str, Any], summary: Mapping[str, Any]) -> int:
        """Note that a verb was run; what JSON does not know is noted as text. Returns its number."""
        texts = [json.dumps(dict(value), default=str) for value in (args, summary)]
        with self._database.writing() as db:
            query = "INSERT INTO history (created, verb, args, summary) VALUES (?, ?, ?, ?)"
            return int(db.execute(query, (now_utc(), verb, *texts)).lastrowid or 0)

    def history(self) -> list[Event]:
        """Every verb that was noted, oldest first."""
        with self._database.reading() as db:
            rows = db.execute("SELECT id, created, verb, args, summary FROM history ORDER BY id").fetchall()
        return [
            Event(id_, created, verb, json.loads(args), json.loads(summary))
            for id_, created, verb, args, summary in rows
        ]

    def backup(self, path: Path) -> None:
        """Write a consistent copy of the database, also while others write to it.

        Raises:
            UsageError: ``path`` is the database itself.
            AnnelidError: the copy cannot be written; a file that was there before stays as it was.
        """
        if path.resolve() == self.path.resolve():
            raise UsageError(f"{path} is the database itself", next_step="choose another file for the backup")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"there is no folder {path.parent}", next_step="create it first")
        with replacing(path) as temporary:
            self._database.backup(temporary)


def _image_to_row(image: ImageRef) -> tuple[Any, ...]:
    file = json.dumps(image.paths), *image.size_wh, json.dumps(image.channels), image.dtype
    taken = image.pixel_size_um, image.group, image.group_source, image.fingerprint, *image.planes
    return image.id, *file, *taken


def _image_from_row(row: Sequence[Any]) -> ImageRef:
    id_, paths, width, height, channels, dtype, pixel_size, group, source, fingerprint, n_t, n_z = row
    names = tuple(json.loads(paths)), (width, height), tuple(json.loads(channels))
    return ImageRef(id_, *names, dtype, pixel_size, group, source, fingerprint, (n_t, n_z))


def _images(db: sqlite3.Connection, keys: Iterable[int] | None = None) -> dict[int, ImageRef]:
    where = _READ_IMAGES if keys is None else _READ_IMAGES + _KEYED
    values = () if keys is None else (json.dumps(list(keys)),)
    return {row[0]: _image_from_row(row[1:]) for row in db.execute(f"{where} ORDER BY key", values)}


def _items(db: sqlite3.Connection, ids: list[str] | None) -> list[LabeledImage]:
    where = _READ_VIEWS if ids is None else _READ_VIEWS + _NAMED
    views = db.execute(f"{where} ORDER BY key", () if ids is None else (json.dumps(ids),)).fetchall()
    for missing in sorted(set(ids or ()) - {view[1] for view in views}):
        raise ProjectError(f"the project has no image {missing}", next_step="import the image first")
    images = _images(db, None if ids is None else {view[2] for view in views})
    objects = revisions.objects_now(db, None if ids is None else [view[0] for view in views])
    return [
        LabeledImage(
            View(images[image], *plane),
            from_rows(objects.get(key, [])),
            _areas(covered),
            revision,
            state,
        )
        for key, _, image, *plane, revision, state, covered in views
    ]


def _item_at(db: sqlite3.Connection, item: LabeledImage, revision: int | None) -> LabeledImage:
    if revision is None or revision == item.revision:
        return item
    then = revisions.head_at(db, revisions.read_head(db, item.id), revision)
    objects = from_rows([placed.row for placed in revisions.objects_at(db, then).values()])
    return LabeledImage(item.view, objects, _areas(then.covered), revision, then.state)
