"""Annotations over HTTP: what is read, what is saved, what is refused, and what two people do to each other."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import tifffile
from hypothesis import given
from starlette.testclient import TestClient
from tests.server.asking import asking
from tests.server.small_project import make_project, polygon
from tests.strategies import object_sets

from annelid.objects import Objects
from annelid.project import Project
from annelid.server.reply import reply
from annelid.server.wire import objects_from_json, objects_to_json
from annelid.store.changes import ChangeSet


class Page:
    """What a page does to one view."""

    def __init__(self, client: TestClient, view: str) -> None:
        self.client, self.view = client, view

    def get(self, path: str) -> Any:
        answer = self.client.get(f"/api/views/{self.view}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def objects(self, revision: int | None = None) -> dict[str, Any]:
        query = "" if revision is None else f"?revision={revision}"
        return {one["id"]: one for one in self.get(f"annotation{query}")["objects"]}

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        answer = self.client.post(f"/api/views/{self.view}/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def change(self, base: int, status: int = 200, **body: Any) -> Any:
        return self.post("changes", status, base_revision=base, author="human:ann", **body)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    (view,) = make_project(tmp_path / "p")
    with asking(tmp_path / "p") as client:
        yield Page(client, view)


# --- read and change


def test_a_view_that_was_never_saved_is_empty_at_revision_0(page: Page) -> None:
    empty = {"view": page.view, "revision": 0, "state": "new", "covered": [], "objects": []}
    assert page.get("annotation") == empty
    assert page.get("revisions") == []


def test_what_is_saved_is_read_as_it_was_sent(page: Page) -> None:
    sent = [
        polygon("a", shape=[[[0, 0, 9, 0, 9, 9.5], [1, 1, 2, 1, 2, 2]], [[20, 20, 30, 20, 30, 30]]], extra={"x": [1]}),
        {"id": "b", "label": "nucleus", "kind": "point", "shape": [[[3.5, 4]]], "parent": "a"},
        {"id": "c", "label": "cell", "kind": "ellipse", "shape": [[[1, 1, 2, 1, 2, 2]]], "params": [5, 5, 2, 1, 0.5]},
        {"id": "d", "label": "?", "kind": "box", "shape": [[[1, 1, 2, 1, 2, 2, 1, 2]]], "ignore": True},
        polygon("e", author="model:m@v1", score=0.25, origin="z"),
    ]
    assert page.change(0, upsert=sent) == {"revision": 1, "state": "draft", "created": False, "others": False}
    found = page.objects()
    assert list(found) == ["a", "b", "c", "d", "e"]
    for one in sent:
        assert found[one["id"]].items() >= one.items()
    assert found["a"]["author"] == "human:ann"
    assert (found["a"]["score"], found["a"]["params"], found["e"]["author"]) == (None, None, "model:m@v1")


def test_a_change_puts_takes_away_covers_and_sets_the_state(page: Page) -> None:
    page.change(0, upsert=[polygon("a"), polygon("b")])
    ring = [0, 0, 64, 0, 64, 48, 0, 48]
    done = page.change(1, upsert=[polygon("a", label="nucleus")], removed=["b"], covered=[ring], state="reviewed")
    assert (done["revision"], done["state"]) == (2, "reviewed")
    now = page.get("annotation")
    assert (now["covered"], now["state"], [one["label"] for one in now["objects"]]) == ([ring], "reviewed", ["nucleus"])
    assert set(page.objects(1)) == {"a", "b"}
    assert page.get("annotation?revision=0")["objects"] == []
    for revision in ("-1", "x", "9" * 30, ""):
        assert page.client.get(f"/api/views/{page.view}/annotation?revision={revision}").status_code == 400


def test_the_first_change_by_hand_makes_a_draft_and_later_ones_leave_the_state(page: Page) -> None:
    assert page.change(0)["revision"] == 0
    assert page.get("annotation")["state"] == "new"
    page.change(0, upsert=[polygon()])
    page.change(1, state="reviewed")
    assert page.change(2, upsert=[polygon("q")])["state"] == "reviewed"
    assert page.change(3, state="new")["state"] == "new"


def test_whoever_works_in_the_page_is_human(page: Page) -> None:
    for n, (said, noted) in enumerate(
        [("bob", "human:bob"), ("human:eve", "human:eve"), ("model:m", "human:model:m"), ("", "human:unknown")]
    ):
        page.post("changes", base_revision=n, author=said, upsert=[polygon(f"o{n}")])
        assert page.get("revisions")[-1]["author"] == noted


def test_a_save_that_is_repeated_does_no_harm(page: Page) -> None:
    for _ in range(3):
        assert page.change(0, upsert=[polygon("a")], message="drawn")["revision"] == 1
    page.change(1, removed=["a"])
    assert page.change(1, removed=["a"])["revision"] == 2
    assert [one["message"] for one in page.get("revisions")] == ["drawn", ""]


@pytest.mark.parametrize("extra", [{"id": 2**70}, {"id": 10**400}, {"note": "\ud800"}, {"share": math.inf}])
def test_attributes_that_no_page_can_hold_keep_no_image_closed(page: Page, extra: dict[str, Any]) -> None:
    triangle = np.array([[0, 0], [9, 0], [9, 9]], float)
    odd = Objects.from_shapes([((triangle,),)], ["cell"], ids=["odd"], extra=[extra])
    page.client.app.state.desk.project.store.save(page.view, ChangeSet(0, odd))  # type: ignore[attr-defined]
    assert set(page.objects()["odd"]["extra"]) == set(extra)


@given(objects=object_sets((40, 30), attributes=True))
def test_objects_of_every_kind_come_back_from_the_page_as_they_were(objects: Objects) -> None:
    sent = orjson.loads(reply(objects_to_json(objects)).body)
    known = [*map(str, objects.labels)]
    assert objects_from_json(sent, "human:x", known) == objects


# --- refused

RING = [1, 2, 10, 2, 10, 12]
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("upsert[0] (None).id", {"id": None}),
    ("(p1).label: expected a class of the project (cell, nucleus), found 'virus'", {"label": "virus"}),
    ("(p1).label", {"label": 3}),
    ("(p1).kind: expected one of box, polygon", {"kind": "star"}),
    ("(p1).kind", {"kind": ["box"]}),
    ("(p1).shape", {"shape": None}),
    ("(p1).shape", {"shape": []}),
    ("(p1).shape", {"shape": [[]]}),
    ("(p1).shape[0][0]: expected a list", {"shape": [[7]]}),
    ("(p1).shape[0][0]: expected x and y of at least 3", {"shape": [[[1, 2, 3, 4]]]}),
    ("(p1).shape[0][0]: expected x and y", {"shape": [[[*RING, 7]]]}),
    ("(p1).shape[0][1]: expected x and y", {"shape": [[RING, []]]}),
    ("(p1).shape[0][0]: expected numbers", {"shape": [[[1, 2, 10, 2, 10, "12"]]]}),
    ("(p1).shape[0][0]: expected numbers", {"shape": [[[1, 2, 10, 2, 10, None]]]}),
    ("(p1).shape[0][0]: expected numbers", {"shape": [[[1, 2, 10, 2, 10, True]]]}),
    ("(p1).shape[0][0][4]", {"shape": [[[1, 2, 10, 2, 1e12, 12]]]}),
    ("(p1).shape: expected one ring of one vertex", {"kind": "point"}),
    ("(p1).params: expected five numbers", {"kind": "ellipse"}),
    ("(p1).params", {"kind": "rotated_box", "params": [1, 2, 0, 3, 0]}),
    ("(p1).params", {"kind": "ellipse", "params": [1, 2, 3, 4]}),
    ("(p1).params: expected null, as the object is a polygon", {"params": [1, 2, 3, 4, 5]}),
    ("(p1).score", {"score": 1.5}),
    ("(p1).score", {"score": "high"}),
    ("(p1).author", {"author": 3}),
    ("(p1).author", {"author": "a\nb"}),
    ("(p1).origin", {"origin": None}),
    ("(p1).parent", {"parent": "x" * 501}),
    ("(p1).ignore", {"ignore": 1}),
    ("(p1).extra", {"extra": [1]}),
    ("(p1).extra", {"extra": {"x": "y" * 70_000}}),
    ("(p1): expected only id, label", {"colour": "red"}),
]


@pytest.mark.parametrize(("said", "wrong"), WRONG)
def test_what_cannot_be_is_refused_with_object_and_place(page: Page, said: str, wrong: dict[str, Any]) -> None:
    error = page.change(0, 400, upsert=[{**polygon("p1"), **wrong}])["error"]
    assert said in error["message"]
    assert error["next_step"]
    assert page.get("annotation")["revision"] == 0


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("upsert: expected a list", {"upsert": {}}),
        ("upsert[0]: expected an object", {"upsert": [[]]}),
        ("removed[0]", {"removed": [""]}),
        ("covered[0]: expected x and y of at least 3", {"covered": [[1, 2, 3, 4]]}),
        ("state: expected one of new, draft, reviewed", {"state": "done"}),
        ("message", {"message": 7}),
        ("base_revision", {"base_revision": -1}),
        ("base_revision", {"base_revision": True}),
        ("base_revision", {"base_revision": 2**63}),
        ("change: expected only base_revision", {"upserts": []}),
        ("comes twice in one change", {"upsert": [polygon("a"), polygon("a")]}),
        ("comes twice in one change", {"upsert": [polygon("a")], "removed": ["a"]}),
    ],
)
def test_a_change_that_cannot_be_is_refused(page: Page, said: str, wrong: dict[str, Any]) -> None:
    body = {"base_revision": 0, "author": "ann", **wrong}
    assert said in page.post("changes", 400, **body)["error"]["message"]


def test_what_is_no_json_is_refused(page: Page) -> None:
    for content in (b"{", b"[]", b"\xff", b'{"base_revision": NaN}'):
        answer = page.client.post(f"/api/views/{page.view}/changes", content=content)
        assert answer.status_code == 400
        assert "body of the request" in answer.json()["error"]["message"]


def test_one_bad_object_among_good_ones_saves_none(page: Page) -> None:
    error = page.change(0, 400, upsert=[polygon("a"), polygon("b", label="virus")])["error"]
    assert "upsert[1] (b).label" in error["message"]
    assert page.objects() == {}


@pytest.mark.parametrize(
    "path",
    ["nope/annotation", "{}/annotation?revision=7", "nope/revisions", "nope/objects/x/history", "{}:t0z5/annotation"],
)
def test_what_is_not_there_is_said_in_words(page: Page, path: str) -> None:
    answer = page.client.get(f"/api/views/{path.format(page.view)}")
    assert answer.status_code == 404
    assert answer.json()["error"]["next_step"]


def test_a_project_that_cannot_be_written_now_is_no_mistake_of_the_page(page: Page) -> None:
    """The page tries again what gets 503, and gives up on what gets 4xx."""
    database = page.client.app.state.desk.project.store._database  # type: ignore[attr-defined]
    database.journal_mode = "off"
    error = page.change(0, 503, upsert=[polygon()])["error"]
    assert "read-only" in error["message"]
    database.journal_mode = "wal"
    assert page.change(0, upsert=[polygon()])["revision"] == 1


# --- history


def test_a_revision_is_brought_back_as_a_new_one(page: Page) -> None:
    page.change(0, upsert=[polygon("a")])
    page.change(1, removed=["a"])
    assert page.post("restore", revision=1, author="eve") == {"revision": 3, "state": "draft"}
    assert set(page.objects()) == {"a"}
    assert [one["author"] for one in page.get("revisions")] == ["human:ann", "human:ann", "human:eve"]
    assert page.get("revisions")[2]["message"] == "restored revision 1"
    assert "no revision 9" in page.post("restore", 404, revision=9)["error"]["message"]
    assert page.post("restore", 400, revision="1")


def test_what_became_of_an_object_is_told_edit_by_edit(page: Page) -> None:
    page.change(0, upsert=[polygon("a"), polygon("b")])
    page.change(1, upsert=[polygon("a", label="nucleus")], message="it is one")
    page.change(2, removed=["a"])
    page.post("restore", revision=1)
    edits = page.get("objects/a/history")
    assert [(one["revision"], one["until"]) for one in edits] == [(1, 2), (2, 3), (3, 4), (4, None)]
    assert [one["object"] and one["object"]["label"] for one in edits] == ["cell", "nucleus", None, "cell"]
    assert edits[1]["message"] == "it is one"
    answer = page.client.get(f"/api/views/{page.view}/objects/zz/history")
    assert answer.status_code == 404


# --- two people


def test_the_same_object_is_a_conflict_with_both_versions_and_nothing_is_overwritten(page: Page) -> None:
    page.change(0, upsert=[polygon("a"), polygon("b")])
    page.change(1, upsert=[polygon("a", label="nucleus")])
    answer = page.change(1, 409, upsert=[polygon("a", score=0.5), polygon("c")])
    assert answer["conflict"]["ids"] == ["a"]
    theirs = answer["conflict"]["theirs"]
    assert (theirs["revision"], theirs["objects"][0]["label"]) == (2, "nucleus")
    assert answer["error"]["next_step"]
    assert set(page.objects()) == {"a", "b"}


def test_different_objects_are_no_conflict(page: Page) -> None:
    page.change(0, upsert=[polygon("a"), polygon("b")])
    page.change(1, upsert=[polygon("a", label="nucleus")])
    assert page.change(1, upsert=[polygon("b", label="nucleus")], removed=[])["revision"] == 3
    assert {one["label"] for one in page.objects().values()} == {"nucleus"}


def test_whoever_changed_nothing_new_hears_that_others_did(page: Page) -> None:
    page.change(0, upsert=[polygon("a"), polygon("b")])
    first = page.change(1, upsert=[polygon("b", label="nucleus")], removed=["a"])
    second = page.change(1, removed=["a"])
    assert (first["revision"], first["others"]) == (2, False)
    assert (second["revision"], second["others"]) == (2, True)


def test_an_object_of_a_class_that_is_just_being_renamed_does_not_slip_in(page: Page) -> None:
    desk = page.client.app.state.desk  # type: ignore[attr-defined]
    desk.turn_to_write.acquire()
    statuses: list[int] = []

    def draw() -> None:
        body = {"base_revision": 0, "upsert": [polygon()]}
        statuses.append(page.client.post(f"/api/views/{page.view}/changes", json=body).status_code)

    thread = threading.Thread(target=draw)
    thread.start()
    desk.project.map_classes({"cell": "neuron"})
    desk.turn_to_write.release()
    thread.join()
    assert statuses == [400]


def test_of_many_who_change_one_object_at_once_one_wins_and_all_others_hear_of_it(page: Page) -> None:
    page.change(0, upsert=[polygon("a")])
    answers: list[Any] = []

    def change(n: int) -> None:
        own, same = polygon(f"own{n}"), polygon("a", score=n / 10)
        body = {"base_revision": 1, "author": f"p{n}"}
        done = page.client.post(f"/api/views/{page.view}/changes", json={**body, "upsert": [own]})
        answers.append((done, page.client.post(f"/api/views/{page.view}/changes", json={**body, "upsert": [same]})))

    threads = [threading.Thread(target=change, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [own.status_code for own, _ in answers] == [200] * 6
    assert sorted(same.status_code for _, same in answers) == [200, *[409] * 5]
    assert all(same.json()["conflict"]["ids"] == ["a"] for _, same in answers if same.status_code == 409)
    assert set(page.objects()) == {"a", *(f"own{n}" for n in range(6))}


# --- planes


def test_a_plane_that_nobody_touched_is_empty_and_made_by_the_first_change(tmp_path: Path) -> None:
    stack = tmp_path / "stack.tif"
    tifffile.imwrite(stack, np.zeros((3, 16, 20), np.uint16), imagej=True, metadata={"axes": "ZYX"})
    with Project.init(tmp_path / "p", classes=["cell"]) as project:
        project.import_(stack)
        image = project.store.images()[0]
    with asking(tmp_path / "p") as client:
        noted = {view["id"] for view in client.get("/api/views").json()}
        plane = next(f"{image.id}:t0z{z}" for z in (1, 2) if f"{image.id}:t0z{z}" not in noted)
        page = Page(client, plane)
        assert page.get("annotation")["revision"] == 0
        assert client.get(f"/api/views/{plane}").json()["plane"]["z"] == int(plane[-1])
        assert "no revision 3" in client.get(f"/api/views/{plane}/annotation?revision=3").json()["error"]["message"]
        assert len(client.get("/api/views").json()) == len(noted)
        assert page.change(0, 400, upsert=[polygon(label="virus")])
        assert len(client.get("/api/views").json()) == len(noted)
        assert page.change(0, upsert=[polygon()])["created"] is True
        assert page.change(1, upsert=[polygon("q")])["created"] is False
        assert {view["id"] for view in client.get("/api/views").json()} == {*noted, plane}
        for other in (f"{image.id}:t0z9", f"{image.id}:t0z0", f"{image.id}:s4", f"{image.id}:t0best"):
            assert client.get(f"/api/views/{other}/annotation").status_code == 404


# --- speed


def test_one_change_among_5000_objects_is_saved_in_less_than_a_tenth_of_a_second(page: Page) -> None:
    angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], 1)
    shapes = [((circle * 3 + n % 60,),) for n in range(5000)]
    objects = Objects.from_shapes(shapes, ["cell"] * 5000, ids=[f"o{n}" for n in range(5000)])
    with Project(page.client.app.state.desk.project.root) as project:  # type: ignore[attr-defined]
        project.store.save(page.view, ChangeSet(0, objects, author="import:coco"))
    seconds = []
    for n in range(5):
        started = time.perf_counter()
        page.change(1 + n, upsert=[polygon(f"o{n * 900}", label="nucleus")])
        seconds.append(time.perf_counter() - started)
    assert sorted(seconds)[2] < 0.1
    assert len(page.objects()) == 5000
