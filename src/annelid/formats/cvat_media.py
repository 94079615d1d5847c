"""Which image a frame of a CVAT task is: from a backup's manifest, the server's answers, or a dump of its database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annelid.errors import AnnotationError
from annelid.formats import jsontext
from annelid.formats.base import LossReport
from annelid.formats.values import SizeWh, size_from

_STEP = re.compile(r"step\s*=\s*(\d{1,6})")

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Picture:
    """An image of a task: its name, and its size where that is known."""

    name: str
    size_wh: SizeWh | None


@dataclass(frozen=True)
class Media:
    """The images of a task, or its video.

    Attributes:
        pictures: the images in order, or by the number of their frame.
        video: the video instead, with the size of its frames.
        count: number of frames, 0 where nobody tells.
    """

    pictures: Mapping[int, Picture] = field(default_factory=dict)
    video: Picture | None = None
    count: int = 0

    def of_task(self, start: int, step: int) -> Media:
        """The same by the frames of a task that takes every ``step``-th image from number ``start`` on."""
        numbers = range(start, max(self.pictures, default=-1) + 1, step)
        taken = {n: self.pictures[number] for n, number in enumerate(numbers) if number in self.pictures}
        return Media(taken, self.video, len(taken) if self.pictures else self.count)


def number_of(value: object, otherwise: int = 0) -> int:
    """A whole number from 0, else another."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else otherwise


def step_of(frame_filter: object) -> int:
    """Of how many frames one is taken, as ``step=5`` says."""
    found = _STEP.search(frame_filter) if isinstance(frame_filter, str) else None
    return max(int(found.group(1)), 1) if found else 1


def from_manifest(file: Path, losses: LossReport) -> Media:
    """``manifest.jsonl``: a version, a type, then a line for each image, or the properties of a video."""
    try:
        lines = [line for line in jsontext.read_text(file).splitlines() if line.strip()]
        entries = [entry for line in lines if isinstance(entry := jsontext.parse(line, file), dict)]
    except AnnotationError as problem:
        losses.add("file-unreadable", problem.message, file)
        return Media()
    video = next((e["properties"] for e in entries if isinstance(e.get("properties"), dict)), None)
    if video is not None:
        size = video.get("resolution")
        size_wh = size_from(*size) if isinstance(size, list) and len(size) == 2 else None
        return Media(video=Picture(str(video.get("name", "")), size_wh), count=number_of(video.get("length")))
    return _of_list({**e, "name": f"{e['name']}{e.get('extension', '')}"} for e in entries if "name" in e)


def from_meta(meta: Json) -> Media:
    """The server's answer at ``/api/tasks/N/data/meta``: a video has one entry for all of its frames."""
    frames = [entry for entry in meta.get("frames", []) if isinstance(entry, dict)]
    media, count = _of_list(frames), number_of(meta.get("size"))
    if len(frames) == 1 and count > 1:
        return Media(video=media.pictures[0], count=count)
    return media


def _of_list(entries: Iterable[Json]) -> Media:
    pictures = {n: _picture(entry, "name") for n, entry in enumerate(entries)}
    return Media(pictures, count=len(pictures))


def _picture(entry: Json, key: str) -> Picture:
    return Picture(str(entry.get(key, "")), size_from(entry.get("width"), entry.get("height")))


def from_database(rows: Sequence[Json]) -> dict[str, Media]:
    """Number of a task -> its media, from a dump of the server's database (a list of model, pk, fields)."""
    tables: dict[str, dict[Any, Json]] = {}
    for row in rows:
        if isinstance(row.get("fields"), dict) and isinstance(row.get("pk"), int | str):
            tables.setdefault(str(row.get("model")), {})[row["pk"]] = row["fields"]
    pictures: dict[Any, dict[int, Picture]] = {}
    for fields in tables.get("engine.image", {}).values():
        pictures.setdefault(str(fields.get("data")), {})[number_of(fields.get("frame"))] = _picture(fields, "path")
    videos = {str(v.get("data")): _picture(v, "path") for v in tables.get("engine.video", {}).values()}
    found: dict[str, Media] = {}
    for name, task in tables.get("engine.task", {}).items():
        data = tables.get("engine.data", {}).get(task.get("data"), {})
        key = str(task.get("data"))
        media = Media(pictures.get(key, {}), videos.get(key), number_of(data.get("size")))
        found[str(name)] = media.of_task(number_of(data.get("start_frame")), step_of(data.get("frame_filter")))
    return found
