"""What lies beside CVAT's JSON: the names of labels and images, which the annotations give as numbers.

Files are known by what is in them: ``task.json`` or ``project.json`` of a backup and its ``manifest.jsonl``; the
server's answers at ``/api/labels``, ``/api/tasks``, ``/api/jobs`` and ``/api/tasks/N/data/meta``; a dump of its
database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from annelid.errors import AnnotationError
from annelid.formats import jsontext
from annelid.formats.base import LossReport
from annelid.formats.cvat_media import Media, from_database, from_manifest, from_meta, number_of, step_of
from annelid.formats.values import ShapeError, SizeWh

_MOST_FILES, _MOST_BYTES = 50, 2**26
_LIKELY = ("task", "label", "meta", "job", "project", "data")
"""What is in the names that people give to such files."""
_MANIFEST = "manifest.jsonl"

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """What is known of a task.

    Attributes:
        media: its images.
        folder: what keeps its images apart from those of other tasks, or "".
        jobs: its jobs in order.
        deleted: numbers of frames that were deleted.
        size: number of its frames, 0 where nobody tells.
    """

    media: Media = field(default_factory=Media)
    folder: str = ""
    jobs: tuple[Json, ...] = ()
    deleted: frozenset[int] = frozenset()
    size: int = 0

    @property
    def last(self) -> int:
        """Number of the last frame, -1 where nobody tells."""
        return (
            max(self.size or self.media.count, *(number_of(job.get("stop_frame"), -1) + 1 for job in self.jobs), 0) - 1
        )

    @property
    def known(self) -> Mapping[int, object]:
        """The frames whose images have names."""
        return self.media.pictures

    def image(self, number: int) -> tuple[tuple[str, ...], SizeWh | None]:
        """What the image of a frame may be called, and its size where that is known."""
        picture = self.media.pictures.get(number)
        video = self.media.video
        usual = (f"frame_{number:06d}", f"images/frame_{number:06d}")
        names, size_wh = ((picture.name,), picture.size_wh) if picture else (usual, video.size_wh if video else None)
        return (*(f"{self.folder}/{name}" for name in names if self.folder), *names), size_wh


@dataclass
class Labels:
    """The labels of a server by their numbers (`annelid.formats.cvat_element.Labels`).

    Attributes:
        names: number -> name.
        attributes: number of an attribute -> its name.
        unknown: numbers of which nobody told the name -> how often they were asked for.
    """

    names: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)

    def name(self, label_id: object) -> str:
        """Name of a label, made of its number where nobody tells.

        Raises:
            ShapeError: it is no number of a label.
        """
        if not isinstance(label_id, int) or isinstance(label_id, bool):
            raise ShapeError("label-missing", f"expected the number of a label, found {label_id!r:.40}", "label_id")
        if str(label_id) not in self.names:
            self.unknown[str(label_id)] += 1
        return self.names.get(str(label_id), f"label {label_id}")

    def attribute(self, spec_id: object) -> str:
        """Name of an attribute, made of its number where nobody tells."""
        return self.attributes.get(str(spec_id), f"attribute {spec_id}")


@dataclass
class Server:
    """All that was found.

    Attributes:
        labels: names of the labels by their numbers.
        definitions: the labels of a backup, in order.
        tasks: number of a task -> what is known of it; "" for the one that a backup is about.
        owners: number of a job -> that of its task.
    """

    labels: Labels = field(default_factory=Labels)
    definitions: list[dict[str, Any]] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def only_task(self) -> Task:
        """The task of a file that does not name it; nothing is known of it where there are several."""
        return self.tasks.get("") or (next(iter(self.tasks.values())) if len(self.tasks) == 1 else Task())

    def task(self, name: str) -> Task:
        """A task of several by its number."""
        return replace(self.tasks.get(name, Task()), folder=f"task_{name}")

    def task_of_job(self, name: str) -> Task:
        """The task of a job by the number of the job."""
        owner = self.owners.get(name)
        return self.task(owner) if owner else replace(Task(), folder=f"job_{name}")

    def listed(self, used: Mapping[str, None]) -> list[str]:
        """Names of the classes in order: those of a backup, of a server those that are in use."""
        own = [str(label["name"]) for label in self.definitions]
        return list(dict.fromkeys(own or [name for name in self.labels.names.values() if name in used]))


def server_beside(file: Path, losses: LossReport) -> Server:
    """What lies beside a file of annotations, and in its folder ``data``."""
    server = Server()
    manifests = [place for place in (file.parent / "data" / _MANIFEST, file.parent / _MANIFEST) if place.is_file()]
    media = from_manifest(manifests[0], losses) if manifests else Media()
    backup: Json = {}
    for value in _values_beside(file, losses):
        backup = _take(value, server) or backup
    data = backup.get("data", {})
    if backup or manifests:
        start, step = number_of(data.get("start_frame")), step_of(data.get("frame_filter"))
        is_whole = number_of(data.get("stop_frame"), 0) < len(media.pictures)
        taken = media.of_task(start, step) if is_whole else media
        server.tasks[""] = Task(taken, jobs=tuple(_dicts(backup.get("jobs"))), deleted=_deleted(data))
    return server


def _deleted(data: Json) -> frozenset[int]:
    found = data.get("deleted_frames")
    return frozenset(n for n in found if isinstance(n, int)) if isinstance(found, list) else frozenset()


def _values_beside(file: Path, losses: LossReport) -> Iterator[Any]:
    beside = [other for other in file.parent.glob("*.json") if other != file]
    beside.sort(key=lambda other: (not any(word in other.stem.lower() for word in _LIKELY), other.name))
    dumps = [file.parent.parent / "project.json", *sorted(file.parent.glob("*/data.json"))[:1]]
    for other in [*beside[:_MOST_FILES], *dumps]:
        if not other.is_file() or other.stat().st_size > _MOST_BYTES:
            continue
        try:
            yield jsontext.parse(jsontext.read_text(other), other)
        except AnnotationError as problem:
            losses.add("file-unreadable", problem.message, other)


def _take(value: Any, server: Server) -> Json | None:
    """Take what a file tells; returns the description of a backup's task."""
    entries = _dicts(value.get("results") if isinstance(value, dict) else value)
    if entries and "model" in entries[0] and "fields" in entries[0]:
        _take_database(entries, server)
    for entry in entries:
        _take_answer(entry, server)
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("frames"), list):
        server.tasks[""] = Task(from_meta(value), deleted=_deleted(value))
    for label in _dicts(value.get("labels")):
        if isinstance(label.get("name"), str):
            _take_label(label, server)
            server.definitions.append({key: v for key, v in label.items() if key in ("name", "color", "type")})
    return value if isinstance(value.get("data"), dict) and isinstance(value.get("jobs"), list) else None


def _take_answer(entry: Json, server: Server) -> None:
    """An entry of a list that the server answered: a label, a task or a job."""
    name = str(entry.get("id"))
    if isinstance(entry.get("name"), str) and ("color" in entry or "sublabels" in entry):
        _take_label(entry, server)
    elif "task_id" in entry and "start_frame" in entry:
        server.owners[name] = str(entry["task_id"])
    elif isinstance(entry.get("name"), str) and "size" in entry and "mode" in entry:
        known = server.tasks.get(name, Task())
        server.tasks[name] = replace(known, size=number_of(entry["size"]))


def _take_label(label: Json, server: Server) -> None:
    """Names of a label, of the points of its skeleton, and of their attributes."""
    for entry in (label, *_dicts(label.get("sublabels"))):
        if "id" in entry:
            server.labels.names.setdefault(str(entry["id"]), str(entry.get("name")))
        for attribute in _dicts(entry.get("attributes")):
            if "id" in attribute:
                server.labels.attributes.setdefault(str(attribute["id"]), str(attribute.get("name")))


def _dicts(found: object) -> list[Json]:
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _take_database(rows: list[Any], server: Server) -> None:
    for name, media in from_database(rows).items():
        server.tasks[name] = replace(server.tasks.get(name, Task()), media=media)
    kinds = {"engine.label": server.labels.names, "engine.attributespec": server.labels.attributes}
    for row in rows:
        names = kinds.get(str(row.get("model")))
        if names is not None and isinstance(row.get("fields"), dict):
            names.setdefault(str(row.get("pk")), str(row["fields"].get("name")))
