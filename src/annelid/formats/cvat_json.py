"""CVAT's own JSON: task and job backups, and what its server answers at ``/api/tasks/N/annotations``.

Read only: each shape is turned into the element that CVAT's XML has for it (see `annelid.formats.cvat`), so that it
becomes the same object with the same fields; ``id`` of the server rides along as well. A score other than 1 is the
object's. Tracks go on after their last key frame until they are outside or the job ends, as in CVAT. Objects of
ground truth and of replicas are losses, as they are others' annotations of the same images, and so are those of a
job on frames that an earlier job has too. Names of the labels
(numbers in the server's answers) and of the images are in other files, which are looked for beside
(`annelid.formats.cvat_server`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from annelid.errors import AnnotationError
from annelid.formats import jsontext
from annelid.formats.cvat_element import element_of, track_of
from annelid.formats.cvat_labels import FILE
from annelid.formats.cvat_media import number_of
from annelid.formats.cvat_server import Server, Task, server_beside
from annelid.formats.cvat_shape import decode_shape
from annelid.formats.cvat_track import Frame, add_frame, rows_of_track
from annelid.formats.reading import Reading
from annelid.formats.row import Row
from annelid.formats.safe_xml import Node
from annelid.formats.values import ShapeError

_ENDS = 2**18
_LISTS = [re.compile(rb'"%s"\s*:\s*\[' % name) for name in (b"shapes", b"tags", b"tracks")]
_KINDS = ("shapes", "tags", "tracks")
_OTHERS = {"ground_truth": "the ground truth", "consensus_replica": "a replica for a consensus"}
_WHAT_TO_GIVE = (
    "lay beside it what names the images: task.json with data/manifest.jsonl of the backup, or the server's answer at "
    "/api/tasks/N/data/meta as data_meta.json; or export CVAT for images 1.1"
)

Json = Mapping[str, Any]
Placed = tuple[Row, str, str]
"""Row, group and place of a shape."""


@dataclass(frozen=True)
class Job:
    """Annotations of one job, or of a task as a whole.

    Attributes:
        task: what is known of the task.
        value: its ``shapes``, ``tags`` and ``tracks``.
        place: where in the file.
        last: number of the last frame, -1 where nobody tells.
        kind: the type of the job, "" where nobody tells.
    """

    task: Task
    value: Json
    place: str
    last: int = -1
    kind: str = ""


def is_cvat_json(file: Path) -> bool:
    """Whether a file has CVAT's three lists; only head and tail are looked at."""
    try:
        with file.open("rb") as stream:
            head = stream.read(_ENDS)
            stream.seek(max(file.stat().st_size - _ENDS, len(head)))
            ends = (head + stream.read(_ENDS)).replace(b"\0", b"")
    except OSError:
        return False
    return re.match(rb"[^\w\[{<]*[\[{]", ends) is not None and all(name.search(ends) for name in _LISTS)


def read_json(file: Path, reading: Reading) -> list[str]:
    """Add the images of a file; returns the names of the classes that are listed for it.

    Raises:
        AnnotationError: it is no such file, or nothing tells which images it is about.
    """
    value = jsontext.parse(jsontext.read_text(file), file)
    server = server_beside(file, reading.losses)
    jobs = list(_jobs(value, server, file))
    before, used = len(reading.items), dict[str, None]()
    told: dict[str, Any] = {FILE: {"labels": server.definitions}} if server.definitions else {}
    by_task: dict[str, list[Job]] = {}
    for job in jobs:
        if job.kind in _OTHERS:
            count = sum(len(_list(job.value, kind)) for kind in ("shapes", "tracks"))
            what = f"these are {_OTHERS[job.kind]}, not the annotation of the images: they were left out"
            reading.losses.add("other-job", what, file, job.place, count)
        else:
            by_task.setdefault(job.task.folder, []).append(job)
    for several in by_task.values():
        for frame in _frames(several, server, used, file, reading):
            told = add_frame(frame, told, file, reading)
    if len(reading.items) == before and any(_list(job.value, kind) for job in jobs for kind in ("shapes", "tracks")):
        found = "numbers of frames, and nothing beside the file that tells name and size of their images"
        raise AnnotationError(file, expected="images", found=found, next_step=_WHAT_TO_GIVE)
    for name, count in server.labels.unknown.items():
        what = f"nothing tells the name of label {name}: lay the server's answer at /api/labels beside the file"
        reading.losses.add("label-unnamed", what, file, count=count)
    return server.listed(used)


def _jobs(value: object, server: Server, file: Path) -> Iterator[Job]:
    """The jobs of a backup; one for the answer of the server; one for each task where there are several of them.

    Raises:
        AnnotationError: it is none of these.
    """
    if isinstance(value, list) and value and all(map(_is_annotation, value)):
        task = server.only_task()
        for n, entry in enumerate(value):
            known = task.jobs[n] if n < len(task.jobs) else {}
            yield Job(
                task, entry, f"[{n}]", number_of(known.get("stop_frame"), task.last), str(known.get("type") or "")
            )
    elif _is_annotation(value):
        yield Job(server.only_task(), value, "", server.only_task().last)  # type: ignore[arg-type]
    else:
        yield from _by_number(value, server, file)


def _by_number(value: object, server: Server, file: Path) -> Iterator[Job]:
    """The tasks of a file that has several by their numbers, else its jobs."""
    found = value if isinstance(value, dict) else {}
    kind = "task" if found.get("task") else "job"
    entries = found.get(kind)
    if not isinstance(entries, dict) or not all(map(_is_annotation, entries.values())):
        what = f"the keys {', '.join(map(str, list(found)[:9]))}" if found else type(value).__name__
        raise AnnotationError(file, expected="CVAT's shapes, tags and tracks", found=what)
    for name, entry in entries.items():
        task = server.task(name) if kind == "task" else server.task_of_job(name)
        yield Job(task, entry, f"{kind}.{name}", task.last)


def _is_annotation(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(kind), list) for kind in _KINDS)


def _list(value: Json, kind: str) -> list[Any]:
    found = value.get(kind)
    return found if isinstance(found, list) else []


def _frames(jobs: list[Job], server: Server, used: dict[str, None], file: Path, reading: Reading) -> Iterator[Frame]:
    """The frames of a task on which there is something, and those without that are known."""
    task, rows = jobs[0].task, dict[int, list[Placed]]()
    for job in jobs:
        for number, found in _by_frame(job, server, used, file, reading).items():
            if number in rows:
                what = "an earlier job has the frame too, as jobs overlap: what this one has there was left out"
                reading.losses.add("job-overlap", what, file, f"{job.place} frame {number}".strip(), len(found))
            else:
                rows[number] = found
    for number in sorted({*rows, *task.known}):
        if number not in task.deleted:
            names, size_wh = task.image(number)
            yield Frame(number, names, size_wh, rows.get(number, []))
        elif rows.get(number):
            what = "the frame was deleted in CVAT: what is on it was left out"
            reading.losses.add("frame-deleted", what, file, f"frame {number}", len(rows[number]))


def _by_frame(job: Job, server: Server, used: dict[str, None], file: Path, reading: Reading) -> dict[int, list[Placed]]:
    """Number of a frame -> what a job has there; the labels that it uses are noted."""
    rows: dict[int, list[Placed]] = {}
    for node in _elements(job, server, file, reading):
        used.setdefault(node.attributes.get("label", ""))
        if node.tag == "track":
            for number, row in rows_of_track(node, 1, file, reading):
                rows.setdefault(number, []).append(row)
        else:
            number = int(node.attributes.pop("frame"))
            for row in _rows(node, file, reading):
                rows.setdefault(number, []).append(row)
    return rows


def _elements(job: Job, server: Server, file: Path, reading: Reading) -> Iterator[Node]:
    for kind in _KINDS:
        for n, entry in enumerate(_list(job.value, kind)):
            place = f"{job.place}.{kind}[{n}]".lstrip(".")
            try:
                if kind == "tracks":
                    yield track_of(entry, server.labels, job.last, place)
                else:
                    yield element_of(entry, server.labels, place, "tag" if kind == "tags" else "")
            except ShapeError as error:
                reading.bad_shape(error, file, place)


def _rows(node: Node, file: Path, reading: Reading) -> list[Placed]:
    score = node.attributes.pop("score", "")
    try:
        rows, group = decode_shape(node)
    except ShapeError as error:
        reading.bad_shape(error, file, node.place)
        return []
    if len(rows) > 1:
        what = f"{len(rows)} points in one shape became an object each"
        reading.losses.add("points-split", what, file, node.place, len(rows))
    rows = [replace(row, score=float(score)) for row in rows] if score else rows
    return [(row, group, node.place) for row in rows]
