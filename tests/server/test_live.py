"""Pages hear what anybody wrote, in this process or in another one."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import orjson
import pytest
from tests.server.small_project import make_project

from annelid.errors import ProjectError
from annelid.objects import Objects
from annelid.project import Project
from annelid.server import bulletin
from annelid.server.bulletin import Bulletin, Told
from annelid.server.live import stream
from annelid.server.project_watch import ProjectWatch
from annelid.store.changes import ChangeSet

SECONDS = 10.0


def heard(told: Bulletin, act: Callable[[], object], count: int, heartbeat: float = SECONDS) -> list[str]:
    """The first pieces of a stream; what is done once it was opened runs in a thread of its own."""

    async def listen() -> list[str]:
        pieces, events = [], stream(told, heartbeat)
        async for piece in events:
            pieces.append(piece.decode())
            if len(pieces) == 1:
                doing: Awaitable[object] = asyncio.get_running_loop().run_in_executor(None, act)
            if len(pieces) == count:
                break
        await doing
        await events.aclose()  # type: ignore[attr-defined]
        return pieces

    return asyncio.run(asyncio.wait_for(listen(), SECONDS))


def parsed(piece: str) -> tuple[str, object]:
    lines = dict(line.split(": ", 1) for line in piece.strip().splitlines())
    return lines["event"], orjson.loads(lines["data"])


def test_a_stream_begins_with_hello_and_says_when_to_come_back() -> None:
    (first,) = heard(Bulletin(), lambda: None, 1)
    assert first.startswith("retry: ")
    assert first.endswith("event: hello\ndata: {}\n\n")


def test_what_is_told_from_any_thread_is_heard_in_order() -> None:
    told = Bulletin()

    def tell() -> None:
        for n in range(20):
            told.tell("job", {"n": n})

    _, *pieces = heard(told, tell, 21)
    assert [parsed(piece) for piece in pieces] == [("job", {"n": n}) for n in range(20)]
    numbers = [int(piece.split("\n", 1)[0].removeprefix("id: ")) for piece in pieces]
    assert numbers == sorted(set(numbers))


def test_silence_is_filled_with_comments_so_that_no_proxy_hangs_up() -> None:
    assert heard(Bulletin(), lambda: None, 3, heartbeat=0.01)[1:] == [": still here\n\n"] * 2


def test_a_page_that_does_not_read_is_told_to_read_everything_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulletin, "_MOST_WAITING", 5)

    async def listen() -> list[str]:
        told = Bulletin()
        listener = told.listen()
        for n in range(8):
            told.tell("job", {"n": n})
        await asyncio.sleep(0.05)
        events = [await listener.next(1) for _ in range(3)]
        told.close()
        return [event.name for event in events if event]

    assert asyncio.run(listen()) == ["hello", "job", "job"]


def test_streams_end_when_the_server_does() -> None:
    told = Bulletin()

    async def listen() -> int:
        return len([piece async for piece in stream(told)])

    timer = threading.Timer(0.2, told.close)
    timer.start()
    assert asyncio.run(asyncio.wait_for(listen(), SECONDS)) == 1
    assert asyncio.run(asyncio.wait_for(listen(), SECONDS)) == 1


def test_sources_are_asked_only_while_somebody_listens_and_by_one_thread() -> None:
    told, asked = Bulletin(), []

    def source() -> Iterable[Told]:
        asked.append(threading.current_thread().name)
        return [("job", {})] if len(asked) == 1 else []

    told.add_source(source)
    time.sleep(0.1)
    assert not asked
    heard(told, lambda: None, 2)
    for _ in range(100):
        if not told._watching:
            break
        time.sleep(0.02)
    before = len(asked)
    time.sleep(0.7)
    assert len(asked) == before
    assert set(asked) == {"annelid-bulletin"}


@pytest.mark.parametrize("error", [ProjectError("the drive is away"), KeyError("a bug")])
def test_a_source_that_fails_once_is_asked_again(error: Exception) -> None:
    told, asked = Bulletin(), []

    def source() -> Iterable[Told]:
        asked.append(1)
        if len(asked) == 1:
            raise error
        return [("job", {"n": len(asked)})]

    told.add_source(source)
    assert parsed(heard(told, told.look, 2)[1]) == ("job", {"n": 2})


# --- what the project tells


def test_what_this_process_and_another_one_write_is_told(tmp_path: Path) -> None:
    first, second = make_project(tmp_path / "p", "a.png", "b.png")
    with Project(tmp_path / "p") as project:
        watch = ProjectWatch(project.store, project.root)
        assert watch() == []
        project.store.relabel({}, "human:x")
        assert watch() == []
        with Project(project.root) as other:  # another connection, as another program has one
            boxes = Objects.from_boxes([[1, 2, 3, 4]], ["cell"])
            other.store.save(second, ChangeSet(0, boxes, author="human:eve"))
        assert watch() == [("view", {"id": second, "revision": 1})]
        project.restore(second, 0)
        assert watch() == [("view", {"id": second, "revision": 2})]
        project.add_classes("virus")
        assert watch() == [("classes", {})]
        project.map_classes({"virus": None})
        assert watch() == [("classes", {})]
        assert first not in str(watch())


def test_what_could_not_be_read_once_is_told_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (view,) = make_project(tmp_path / "p")
    with Project(tmp_path / "p") as project:
        watch = ProjectWatch(project.store, project.root)
        project.add_classes("virus")
        project.store.save(view, ChangeSet(0, Objects.from_boxes([[1, 2, 3, 4]], ["cell"]), author="human:eve"))
        with monkeypatch.context() as patch:
            patch.setattr(project.store, "numbers", lambda: int("nothing"))
            with pytest.raises(ValueError, match="nothing"):
                watch()
        assert watch() == [("classes", {}), ("view", {"id": view, "revision": 1})]


def test_new_images_are_told(tmp_path: Path) -> None:
    make_project(tmp_path / "p")
    make_project(tmp_path / "q", "z.png")
    with Project(tmp_path / "p") as project:
        watch = ProjectWatch(project.store, project.root)
        project.import_(tmp_path / "q-pictures")
        assert watch() == [("views", {})]
        assert watch() == []
