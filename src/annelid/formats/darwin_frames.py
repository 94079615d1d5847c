"""Annotations of a video: what each of them shows on each frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from annelid.formats.reading import Reading
from annelid.formats.values import ShapeError, number

_MOST_FRAMES = 1_000_000
_OF_VIDEO = ("frames", "sections")
_STILL = ("polygon", "complex_polygon", "ellipse", "mask", "raster_layer", "tag", "line", "skeleton", "cuboid", "eye")
_MAIN = ("keypoint", "bounding_box", *_STILL)
_MOVES = {"bounding_box": ("x", "y", "w", "h"), "keypoint": ("x", "y")}
"""Outlines that move in a straight line from one key frame to the next."""

Json = Mapping[str, Any]


def is_of_video(annotation: Json) -> bool:
    """Whether an annotation says something of frames."""
    return any(key in annotation for key in _OF_VIDEO)


def on_frames(annotation: Json, count: int, file: Path, place: str, reading: Reading) -> Iterator[tuple[int, Json]]:
    """Each frame on which a video annotation is seen, with what an annotation of that image alone would say.

    Between key frames an annotation stays as it is, or moves when it says that it is interpolated.

    Args:
        annotation: the annotation.
        count: number of frames of the video, 0 where nobody tells.
        file: the file that it is in, for losses.
        place: where in it.
        reading: takes what was lost.
    """
    keyed = dict(_entries(annotation, file, place, reading))
    spans = _spans(annotation.get("ranges", annotation.get("segments")))
    hidden = _spans(annotation.get("hidden_areas"))
    base = {key: v for key, v in annotation.items() if key not in _OF_VIDEO}
    last = max(keyed, default=-1)
    end = min(max([last + 1, *(stop for _, stop in spans)]), max(count, last + 1) if count else _MOST_FRAMES + last)
    for first, after in pairwise([*keyed, end]):
        seen = [n for n in range(first + 1, after) if not spans or _is_in(n, spans)]
        frames = [(first, keyed[first]), *_between(annotation, keyed, first, after, seen)]
        if len(frames) <= len(seen):
            what = "the annotation has no outline on these frames, though it is to be seen there: nothing was put there"
            reading.losses.add("not-interpolated", what, file, place, len(seen) - len(frames) + 1)
        yield from ((n, {**base, **frame}) for n, frame in frames if not _is_in(n, hidden))


def _entries(annotation: Json, file: Path, place: str, reading: Reading) -> Iterator[tuple[int, Json]]:
    """Number of each frame that is given -> what it says; without an outline it has that of the frame before."""
    given: dict[int, Json] = {}
    for key in _OF_VIDEO:
        found = annotation.get(key)
        for name, frame in found.items() if isinstance(found, Mapping) else ():
            if str(name).isdecimal() and int(name) < _MOST_FRAMES and isinstance(frame, Mapping):
                given[int(name)] = frame
            else:
                what = f"expected the number of a frame and what is on it, found {name!r:.40}: it was left out"
                reading.losses.add("frame-invalid", what, file, f"{place}.{key}")
    held: Json = {}
    for name, frame in sorted(given.items()):
        outline = {key: frame[key] for key in _MAIN if key in frame}
        held = outline or held
        yield name, {**held, **frame}


def _spans(found: object) -> list[tuple[int, int]]:
    """First frame and end of each range."""
    pairs = [pair for pair in found if isinstance(pair, list) and len(pair) == 2] if isinstance(found, list) else []
    return [(a, b) for a, b in pairs if isinstance(a, int) and isinstance(b, int)]


def _is_in(n: int, spans: list[tuple[int, int]]) -> bool:
    return any(first <= n < end for first, end in spans)


def _between(
    annotation: Json, keyed: Mapping[int, Json], first: int, after: int, shown: list[int]
) -> Iterator[tuple[int, Json]]:
    """What is seen on frames that are not given; nothing where that is not known."""
    frame, then = {**keyed[first], "keyframe": False}, keyed.get(after)
    if not annotation.get("interpolated") or then is None:
        yield from ((n, frame) for n in shown)
        return
    key = next((name for name in _MOVES if name in frame and name in then), "")
    if not key or any(name in frame for name in _MAIN if name != key):
        return
    try:
        for n in shown:
            yield n, {**frame, key: _moved(frame[key], then[key], _MOVES[key], (n - first) / (after - first))}
    except ShapeError:
        return


def _moved(a: object, b: object, keys: tuple[str, ...], share: float) -> dict[str, float]:
    ends = [[number(v.get(k) if isinstance(v, Mapping) else None, k, k) for k in keys] for v in (a, b)]
    return {key: x + (y - x) * share for key, x, y in zip(keys, *ends, strict=True)}
