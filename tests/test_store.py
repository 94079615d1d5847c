"""The store: images, annotations and their revisions, splits, history."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annelid import store as store_module
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnelidError, Conflict, ProjectError, UsageError
from annelid.image import ImageRef, View
from annelid.objects import Objects
from annelid.store import Store, database, migrations
from annelid.store.changes import ChangeSet, diff

IMAGE = ImageRef("i1", ("a/b.tif", "/old/b.tif"), (64, 48), ("DAPI", "µ"), "uint16", 0.5, "g", "declared", "f", (3, 2))
OTHER = ImageRef("i2", ("c.png",), (10, 10))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with two images, the first seen through two views."""
    with Store.create(tmp_path / "annelid.db") as store:
        store.add_images([View(IMAGE), View(IMAGE, 1, 2), View(OTHER)])
        yield store


def boxes(*ids: str, label: str = "cell") -> Objects:
    n = len(ids)
    corners = np.array([[i, i, i + 2, i + 3] for i in range(n)], float)
    return Objects.from_boxes(corners.reshape(n, 4), [label] * n, ids=list(ids), authors="human:ann")


def digest(*items: LabeledImage) -> tuple[str, list[tuple[int, str]]]:
    return Dataset((), items).digest, [(item.revision, item.state) for item in items]


def test_images_and_views_come_back_as_they_were_in_order(store: Store) -> None:
    assert store.images() == [IMAGE, OTHER]
    assert store.views() == [View(IMAGE), View(IMAGE, 1, 2), View(OTHER)]
    assert [item.id for item in store.items()] == ["i1", "i1:t1z2", "i2"]


def test_images_that_are_there_already_stay_as_they_are(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x")))
    store.add_images([View(replace(IMAGE, paths=("elsewhere.tif",)))])
    assert store.images() == [IMAGE, OTHER]
    assert store.item("i1").revision == 1


def test_images_can_be_relinked_and_regrouped(store: Store) -> None:
    moved = replace(IMAGE, paths=("new.tif", *IMAGE.paths), group="slide 2", pixel_size_um=None)
    store.update_images([moved])
    assert store.images() == [moved, OTHER]


def test_an_unknown_image_is_an_error_with_a_next_step(store: Store) -> None:
    unknown = replace(OTHER, id="nowhere")
    with pytest.raises(ProjectError, match="nowhere"):
        store.update_images([replace(OTHER, group="changed"), unknown])
    assert store.images() == [IMAGE, OTHER], "all or nothing"
    for read in (store.item, store.revisions, lambda id_: store.save(id_, ChangeSet(0))):
        with pytest.raises(ProjectError, match="nowhere"):
            read("nowhere")


def test_what_is_saved_is_read_and_only_on_its_view(store: Store) -> None:
    objects = boxes("x", "y")
    change = ChangeSet(0, objects, covered=whole_image((64, 48)), state="reviewed", author="human:ann", message="first")
    assert store.save("i1", change) == 1
    item = store.item("i1")
    assert (item.objects, item.revision, item.state, item.is_complete) == (objects, 1, "reviewed", True)
    assert len(store.item("i1:t1z2").objects) == 0


def test_a_save_that_changes_nothing_makes_no_revision(store: Store) -> None:
    change = ChangeSet(0, boxes("x"), state="draft")
    assert [store.save("i1", change) for _ in range(3)] == [1, 1, 1]
    assert store.save("i1", ChangeSet(1, removed=("never there",))) == 1
    assert len(store.revisions("i1")) == 1


def test_objects_keep_their_order_when_one_of_them_changes(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x", "y", "z")))
    store.save("i1", ChangeSet(1, Objects.concat([boxes("w"), boxes("x", label="new")])))
    assert list(store.item("i1").objects.ids) == ["x", "y", "z", "w"]
    assert list(store.item("i1").objects.labels) == ["new", "cell", "cell", "cell"]


def test_an_object_that_comes_back_has_its_old_place(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x", "y", "z")))
    store.save("i1", ChangeSet(1, removed=("x", "y")))
    store.save("i1", ChangeSet(2, boxes("w", "y", "x")))
    assert list(store.item("i1").objects.ids) == ["x", "y", "z", "w"]
    assert list(store.item("i1", 2).objects.ids) == ["z"]


def test_every_revision_can_be_read_and_restored(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x", "y"), covered=whole_image((64, 48)), state="reviewed"))
    store.save("i1", ChangeSet(1, boxes("x", label="other"), removed=("y",), covered=(), state="draft"))
    assert list(store.item("i1").objects.ids) == ["x"]
    assert len(store.item("i1", 0).objects) == 0
    assert store.item("i1", 1).objects == boxes("x", "y")
    assert digest(store.items(revisions={"i1": 1})[0]) == digest(store.item("i1", 1))
    assert store.restore("i1", 1, "human:bob") == 3
    assert store.item("i1").objects == boxes("x", "y")
    assert (store.item("i1").state, store.item("i1").is_complete) == ("reviewed", True)
    assert list(store.item("i1", 2).objects.labels) == ["other"]
    assert store.restore("i1", 1, "human:bob") == 3, "nothing to restore any more"
    with pytest.raises(UsageError, match="no revision 9"):
        store.restore("i1", 9, "human:bob")


def test_revisions_say_who_did_how_much(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x", "y"), author="import:coco", message="first"))
    store.save("i1", ChangeSet(1, boxes("x", "w", "v", label="b"), removed=("y",), author="human:ann"))
    first, second = store.revisions("i1")
    assert (first.author, first.message, first.n_added, first.base) == ("import:coco", "first", 2, 0)
    assert (second.n_added, second.n_changed, second.n_removed, second.revision) == (2, 1, 1, 2)
    assert second.created.endswith("+00:00")


def test_an_object_that_somebody_changed_meanwhile_is_a_conflict_and_nothing_is_saved(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x", "y")))
    store.save("i1", ChangeSet(1, boxes("x", label="theirs")))
    before = digest(store.item("i1"))
    with pytest.raises(Conflict) as caught:
        store.save("i1", ChangeSet(1, boxes("x", "y", label="mine")))
    assert (caught.value.object_ids, caught.value.revision) == (("x",), 2)
    with pytest.raises(Conflict):
        store.save("i1", ChangeSet(1, removed=("x",)))
    assert digest(store.item("i1")) == before


def test_an_object_that_somebody_removed_meanwhile_is_a_conflict(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x")))
    store.save("i1", ChangeSet(1, removed=("x",)))
    with pytest.raises(Conflict):
        store.save("i1", ChangeSet(1, boxes("x", label="mine")))
    assert store.save("i1", ChangeSet(1, removed=("x",))) == 2, "what is wanted is so already"


def test_other_objects_may_have_changed_meanwhile(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x", "y")))
    store.save("i1", ChangeSet(1, boxes("x", label="theirs")))
    assert store.save("i1", ChangeSet(1, removed=("y",))) == 3
    assert list(store.item("i1").objects.labels) == ["theirs"]


def test_covered_areas_and_state_are_not_overwritten_silently(store: Store) -> None:
    store.save("i1", ChangeSet(0, state="reviewed", covered=whole_image((64, 48))))
    with pytest.raises(Conflict, match="state"):
        store.save("i1", ChangeSet(0, boxes("p"), state="draft"))
    with pytest.raises(Conflict, match="covered"):
        store.save("i1", ChangeSet(0, covered=whole_image((3, 3))))
    assert store.save("i1", ChangeSet(0, boxes("q"), state="reviewed")) == 2, "they agree"
    assert store.item("i1").is_complete, "what a change does not name stays"


def test_a_base_from_the_future_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict):
        store.save("i1", ChangeSet(5, boxes("x")))


def test_one_id_twice_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="twice"):
        store.save("i1", ChangeSet(0, boxes("x", "x")))
    with pytest.raises(UsageError, match="twice"):
        store.save("i1", ChangeSet(0, boxes("x"), removed=("x",)))


def test_several_views_are_saved_all_or_none(store: Store) -> None:
    assert store.save_many({"i1": ChangeSet(0, boxes("x")), "i2": ChangeSet(0)}) == {"i1": 1, "i2": 0}
    with pytest.raises(Conflict):
        store.save_many({"i2": ChangeSet(0, boxes("z")), "i1": ChangeSet(0, boxes("x", label="mine"))})
    assert store.item("i2").revision == 0


def test_classes_are_renamed_merged_swapped_and_deleted(store: Store) -> None:
    objects = Objects.concat([boxes(c, label=c) for c in "abcd"])
    store.save("i1", ChangeSet(0, objects))
    store.save("i2", ChangeSet(0, boxes("z", label="z")))
    assert store.relabel({"a": "b", "b": "a", "c": "a", "d": None, "z": "z"}, "human:ann") == {"i1": 2}
    assert list(store.item("i1").objects.labels) == ["b", "a", "a"]
    assert store.relabel({"nothing": "x"}, "human:ann") == {}
    store.restore("i1", 1, "human:ann")
    assert store.item("i1").objects == objects


def test_splits_and_history_are_kept_in_order(store: Store, tmp_path: Path) -> None:
    assert store.last_split() is None
    store.save_split({"parts": {"i1": "train"}})
    store.save_split({"parts": {"i1": "val"}})
    assert store.last_split() == {"parts": {"i1": "val"}}
    assert [split.id for split in store.splits()] == [1, 2]
    store.log("import", {"source": tmp_path}, {"images": 3})
    (event,) = store.history()
    assert (event.verb, event.args, event.summary) == ("import", {"source": str(tmp_path)}, {"images": 3})


def test_a_backup_is_a_whole_store_and_replaces_an_older_one(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("an older file", encoding="utf-8")
    store.save("i1", ChangeSet(0, boxes("x")))
    store.backup(target)
    store.save("i1", ChangeSet(1, boxes("y")))
    with Store.open(target) as copy:
        assert copy.items()[0].objects == boxes("x")
    with pytest.raises(UsageError):
        store.backup(store.path)
    with pytest.raises(AnnelidError):
        store.backup(tmp_path / "no folder" / "copy.db")


def test_an_opened_store_has_what_was_saved_and_one_is_never_overwritten(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x")))
    with Store.open(store.path) as again:
        assert again.journal_mode == store.journal_mode == "wal"
        assert digest(*again.items()) == digest(*store.items())
    with pytest.raises(ProjectError, match="exists already"):
        Store.create(store.path)


def test_threads_may_share_a_store(store: Store) -> None:
    def work(n: int) -> None:
        for k in range(5):
            store.save("i1", ChangeSet(store.item("i1").revision, boxes(f"{n}-{k}")))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.item("i1").objects) == 20
    assert store.item("i1").revision == 20


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a.db")
    store.close()
    store.close()
    with pytest.raises(UsageError, match="closed"):
        store.images()


# --- files that are not as they should be


def test_a_missing_store_and_a_missing_folder_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"there is no annelid\.db") as caught:
        Store.open(tmp_path / "annelid.db")
    assert "annelid init" in caught.value.next_step
    with pytest.raises(ProjectError, match="does not exist"):
        Store.create(tmp_path / "no" / "annelid.db")


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be looked at" * 100])
def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "annelid.db"
    path.write_bytes(content)
    with pytest.raises(ProjectError) as caught:
        Store.open(path)
    assert "backup" in caught.value.next_step
    assert path.read_bytes() == content


def test_a_damaged_page_is_a_project_error(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes(*(f"x{i}" for i in range(500)))))
    store.close()
    data = bytearray(store.path.read_bytes())
    data[4096 * 3 :] = b"\xff" * (len(data) - 4096 * 3)
    store.path.write_bytes(data)
    with pytest.raises(ProjectError) as caught, Store.open(store.path) as broken:
        broken.items()
    assert "backup" in caught.value.next_step


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE t (x)")
    foreign.commit()
    foreign.close()
    with pytest.raises(ProjectError, match="not a database of Annelid"):
        Store.open(path)


def test_a_store_of_a_newer_version_is_refused(store: Store) -> None:
    with store._database.writing() as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(ProjectError, match="newer version") as caught:
        Store.open(store.path)
    assert "update" in caught.value.next_step


def test_who_reads_for_long_keeps_nobody_from_saving(store: Store) -> None:
    store.read_apart()
    with store._database.reading() as db, ThreadPoolExecutor() as others:
        before = db.execute("SELECT revision FROM views").fetchall()
        saving = others.submit(store.save, "i1", ChangeSet(0, boxes("x")))
        assert saving.result(5) == 1
        assert others.submit(store.item, "i1").result(5).revision == 1
        assert db.execute("SELECT revision FROM views").fetchall() == before
    assert store.item("i1").revision == 1
    store.close()
    with pytest.raises(UsageError, match="closed"):
        store.item("i1")


@pytest.mark.parametrize("apart", [False, True])
def test_the_stamp_is_another_one_when_anybody_has_written(store: Store, apart: bool) -> None:
    if apart:
        store.read_apart()
    first = store.stamp()
    store.items()
    assert store.stamp() == first
    store.save("i1", ChangeSet(0, boxes("x")))
    second = store.stamp()
    assert second != first
    with Store.open(store.path) as other:
        other.save("i1", ChangeSet(1, boxes("y")))
    assert store.stamp() != second
    with store._database.writing(), ThreadPoolExecutor() as others:
        if apart:
            others.submit(store.stamp).result(5)


def test_an_older_store_is_brought_up_to_date(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_more(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE images ADD COLUMN note TEXT")

    versions = (*migrations.MIGRATIONS, one_more)
    for module in (database, migrations):
        monkeypatch.setattr(module, "MIGRATIONS", versions)
    with Store.open(store.path) as newer, newer._database.reading() as db:
        assert migrations.schema_version(db) == len(versions)
        assert db.execute("SELECT note FROM images").fetchone() == (None,)


def test_on_a_network_drive_there_is_no_write_ahead_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.create(tmp_path / "a.db") as store:
        store.add_images([View(IMAGE)])
    monkeypatch.setattr(database, "on_network_drive", lambda _: True)
    with Store.open(tmp_path / "a.db") as store:
        assert store.journal_mode == "delete"
        assert store.save("i1", ChangeSet(0, boxes("x"))) == 1


def test_where_the_log_cannot_be_kept_the_store_is_read_only(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save("i1", ChangeSet(0, boxes("x")))
    store.close()
    connect = database._connect

    def refuse(path: Path, query: str) -> sqlite3.Connection:
        if "rw" in query:
            error = sqlite3.OperationalError("attempt to write a readonly database")
            error.sqlite_errorcode = sqlite3.SQLITE_READONLY
            raise error
        return connect(path, query)

    monkeypatch.setattr(database, "_connect", refuse)
    with Store.open(store.path) as readable:
        assert readable.journal_mode == "off"
        assert readable.item("i1").objects == boxes("x")
        with pytest.raises(ProjectError, match="read-only") as caught:
            readable.save("i1", ChangeSet(1, boxes("y")))
    assert "writable" in caught.value.next_step


def test_a_writer_that_does_not_let_go_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with (
        Store.open(store.path) as other,
        store._database.writing(),
        pytest.raises(ProjectError, match="locked"),
    ):
        other.save("i1", ChangeSet(0, boxes("x")))


def test_a_full_disk_loses_nothing(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x")))
    with store._database.reading() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
    store._database._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ProjectError, match="full") as caught:
        store.save("i1", ChangeSet(1, boxes(*(f"y{i}" for i in range(2000)))))
    assert "disk space" in caught.value.next_step
    assert store.item("i1").objects == boxes("x")


def test_the_objects_are_now_these_is_a_difference_and_a_save(store: Store) -> None:
    store.save("i1", ChangeSet(0, boxes("x", "y")))
    new = Objects.concat([boxes("x"), boxes("w")])
    upsert, removed = diff(store.item("i1").objects, new)
    store.save("i1", ChangeSet(1, upsert, removed))
    assert store.item("i1").objects == new


@pytest.mark.parametrize("others", [0, 1])
def test_a_very_large_save_is_as_safe_as_any_and_leaves_the_log_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    monkeypatch.setattr(store_module, "_MUCH_BYTES", 0)
    with ExitStack() as stack:
        for _ in range(others):
            stack.enter_context(Store.open(store.path)).items()
        assert store.save("i1", ChangeSet(0, boxes("x", "y"))) == 1
        with pytest.raises(Conflict):
            store.save("i1", ChangeSet(0, boxes("x", label="other")))
        with closing(sqlite3.connect(store.path)) as other:
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        with Store.open(store.path) as again:
            assert list(again.item("i1").objects.ids) == ["x", "y"]
            assert list(again.item("i1").objects.labels) == ["cell", "cell"]
