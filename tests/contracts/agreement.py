"""Nothing differs without a word: what is another after a conversion has to be among the reported losses.

`differences` looks at every object of every image: its raster, outline, class, score and all other columns but ids,
authors and the values of label images, which are numbers of the file; and at size, state, plane and coverage of the
images. `unreported` takes off what losses of a fitting kind, about the same image and of a large enough count, tell
of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annelid.dataset import LabeledImage
from annelid.formats.base import Loss
from annelid.formats.label_notes import VALUE
from annelid.objects import Kind, Objects

_LEFT_OUT = {"box", "box-invalid", "empty", "empty-object", "hidden", "ignored", "outside-image", "point", "too-small"}
_LEFT_OUT |= {"class-unknown", "duplicate-line", "outline-invalid", "points-invalid", "image-missing"}
_REDRAWN = {"rasterised", "overlap", "outline-through-centres", "holes-bridged", "parts-bridged", "clipped"}
_RENAMED = {"box-as-polygon", "ellipse-as-polygon", "kind-changed", "rotated-as-polygon"}
_TOLD = {"attributes", "file-keys"}
TELLS: Mapping[str, set[str]] = {
    "gone": _LEFT_OUT,
    "raster": _REDRAWN,
    "outline": _REDRAWN,
    "kind": _REDRAWN | _RENAMED,
    "params": _REDRAWN | _RENAMED,
    "label": {"class-unknown", "classes"},
    "score": {"score"},
    "origin": _TOLD,
    "parent": _TOLD,
    "extra": _TOLD,
    "file": _TOLD,
    "ignore": {"ignored"},
    "covered": {"coverage", "draft"},
    "state": {"draft"},
    "plane": {"plane"},
}
"""What may differ -> kinds of loss that tell of it. What is not here must not differ."""

_OF_FILE = ("_file", "_image", "_task", "_annotation", "_project", "_classes")
_OF_ALL = {"file-keys"}
"""Told once for all images."""
_COLUMNS = {"label": "labels", "kind": "kinds", "origin": "origins", "parent": "parents", "ignore": "ignore"}


@dataclass(frozen=True)
class Difference:
    """What is another afterwards.

    Attributes:
        what: ``gone``, ``raster``, ``label`` ...
        image: name of the image.
        number: which object of the image, -1 for the image itself.
        detail: for the reader of a failed test.
    """

    what: str
    image: str
    number: int
    detail: str


def differences(
    before: Mapping[str, LabeledImage], after: Mapping[str, LabeledImage], tolerance_px: float = 1e-3
) -> Iterator[Difference]:
    """All that differs between images by name; what was added to ``extra`` does not count.

    What files say of themselves may ride on another object afterwards.
    """
    kept = [value for item in after.values() for extra in item.objects.extra for value in extra.values()]
    for name, item in before.items():
        again = after.get(name)
        if again is None:
            yield from (Difference("gone", name, n, "with its image") for n in range(len(item.objects)))
            continue
        yield from _of_image(name, item, again)
        pairs = _pairs(item.objects, again.objects, item.size_wh)
        for n, m in enumerate(pairs):
            if m is None:
                yield Difference("gone", name, n, str(item.objects.labels[n]))
            else:
                found = _of_object(item.objects[[n]], again.objects[[m]], item.size_wh, tolerance_px)
                yield from (Difference(what, name, n, detail) for what, detail in found)
                gone = (
                    (key, v) for key, v in item.objects.extra[n].items() if key.endswith(_OF_FILE) and v not in kept
                )
                yield from (Difference("file", name, n, f"{key}: {v!r:.80}") for key, v in gone if _says_something(v))
        known = [m for n, m in enumerate(pairs) if m is not None and item.objects.ids[n] == again.objects.ids[m]]
        if known != sorted(known):
            yield Difference("order", name, -1, f"{known}")
        yield from (Difference("new", name, m, "") for m in range(len(again.objects)) if m not in pairs)
    yield from (Difference("new image", name, -1, "") for name in after if name not in before)


def unreported(found: Iterable[Difference], losses: Sequence[Loss]) -> list[str]:
    """Differences, by image and kind, that are more than the losses tell of."""
    objects = {(d.what, d.image, d.number): d for d in found}
    counts = Counter((what, image) for what, image, _ in objects)
    silent: list[str] = []
    for (what, image), count in counts.items():
        fitting = [loss for loss in losses if loss.kind in TELLS.get(what, ()) and _is_about(loss, image)]
        told = sum(loss.count for loss in fitting)
        if told < count and not (what == "file" and fitting):
            details = [d.detail for (w, i, _), d in objects.items() if (w, i) == (what, image)]
            silent.append(f"{image}: {what} of {count} objects, {told} told; {details[0]}")
    return silent


def _is_about(loss: Loss, image: str) -> bool:
    stem = image.split(".", 1)[0]
    return loss.kind in _OF_ALL or stem in f"{loss.file} {loss.place}".replace("\\", "/") or "[" in loss.place


def _of_image(name: str, a: LabeledImage, b: LabeledImage) -> Iterator[Difference]:
    areas = [[ring.tolist() for ring in item.covered] for item in (a, b)]
    values: dict[str, tuple[object, object]] = {"size": (a.size_wh, b.size_wh), "state": (a.state, b.state)}
    values |= {"plane": (a.view.plane, b.view.plane), "covered": (areas[0], areas[1])}
    yield from (Difference(key, name, -1, f"{x!r:.60} is {y!r:.60}") for key, (x, y) in values.items() if x != y)


def _of_object(a: Objects, b: Objects, size_wh: tuple[int, int], tolerance_px: float) -> Iterator[tuple[str, str]]:
    for key, column in _COLUMNS.items():
        x, y = getattr(a, column)[0], getattr(b, column)[0]
        if x != y:
            yield key, f"{x!r} is {y!r}"
    if not np.array_equal(a.scores, b.scores, equal_nan=True):
        yield "score", f"{a.scores[0]} is {b.scores[0]}"
    if not np.allclose(a.params, b.params, rtol=0, atol=tolerance_px, equal_nan=True):
        yield "params", f"{a.params} is {b.params}"
    if not _same_outline(a, b, tolerance_px):
        yield "outline", f"{a.coords[:4].tolist()} is {b.coords[:4].tolist()}"
        if _iou(a, 0, b, 0, size_wh) < 1:
            yield "raster", f"IoU {_iou(a, 0, b, 0, size_wh):.4f}"
    for key, value in a.extra[0].items():
        is_of_object = key != VALUE and not key.endswith(_OF_FILE)
        if is_of_object and b.extra[0].get(key) != value and _says_something(value):
            yield "extra", f"{key}: {value!r:.80} is {b.extra[0].get(key)!r:.80}"


def _says_something(value: object) -> bool:
    """Whether it is more than empty values, and the version of a program."""
    if isinstance(value, Mapping):
        return any(_says_something(inner) for key, inner in value.items() if key != "version")
    return value not in (None, "", [], {})


def _same_outline(a: Objects, b: Objects, tolerance_px: float) -> bool:
    offsets = ("ring_offsets", "part_offsets", "object_offsets")
    return all(np.array_equal(getattr(a, key), getattr(b, key)) for key in offsets) and np.allclose(
        a.coords, b.coords, rtol=0, atol=tolerance_px
    )


def _pairs(before: Objects, after: Objects, size_wh: tuple[int, int]) -> list[int | None]:
    """For each object the one afterwards: by its id, else by its place, else the one that is most like it."""
    by_id = {str(name): m for m, name in enumerate(after.ids)}
    found = [by_id.get(str(name)) for name in before.ids]
    free = [m for m in range(len(after)) if m not in found]
    wanted = [n for n, m in enumerate(found) if m is None]
    if before.labels[wanted].tolist() == after.labels[free].tolist():
        places = dict(zip(wanted, free, strict=True))
        return [places.get(n, m) for n, m in enumerate(found)]
    scored = [(_likeness(before, n, after, m, size_wh), n, m) for n in wanted for m in free]
    for likeness, n, m in sorted(scored, key=lambda s: (-s[0], s[1], s[2])):
        if likeness > 0 and found[n] is None and m not in found:
            found[n] = m
    return found


def _likeness(a: Objects, n: int, b: Objects, m: int, size_wh: tuple[int, int]) -> float:
    far = (a.boxes_xyxy[n, :2] > b.boxes_xyxy[m, 2:] + 1).any() or (b.boxes_xyxy[m, :2] > a.boxes_xyxy[n, 2:] + 1).any()
    if far or (Kind.POINT in (a.kinds[n], b.kinds[m]) and a.kinds[n] != b.kinds[m]):
        return 0.0
    same_score = bool(np.array_equal(a.scores[n], b.scores[m], equal_nan=True))
    same_box = bool(np.allclose(a.boxes_xyxy[n], b.boxes_xyxy[m], rtol=0, atol=1e-3))
    same = [a.labels[n] == b.labels[m], same_score, same_box]
    return 0.01 + _iou(a, n, b, m, size_wh) + float(np.dot(same, [0.5, 0.1, 0.2]))


def _iou(a: Objects, n: int, b: Objects, m: int, size_wh: tuple[int, int]) -> float:
    """Of the rasters; of points, whether they lie together."""
    if a.kinds[n] == Kind.POINT:
        return float(np.allclose(a.shape(n)[0][0], b.shape(m)[0][0], rtol=0, atol=1e-3))
    boxes = np.concatenate([a.boxes_xyxy[n], b.boxes_xyxy[m]])
    if not np.isfinite(boxes).all():
        return 0.0
    (mask, (x, y)), (other, (u, v)) = a.mask(n, size_wh), b.mask(m, size_wh)
    left, top = min(x, u), min(y, v)
    right, low = max(x + mask.shape[1], u + other.shape[1]), max(y + mask.shape[0], v + other.shape[0])
    both = np.zeros((2, low - top, right - left), bool)
    both[0, y - top : y - top + mask.shape[0], x - left : x - left + mask.shape[1]] = mask
    both[1, v - top : v - top + other.shape[0], u - left : u - left + other.shape[1]] = other
    union = both.any(0).sum()
    return float(both.all(0).sum() / union) if union else 1.0
