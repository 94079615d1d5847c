"""Write a dataset as YOLO labels, so that Ultralytics' raster gives back the objects as well as it can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from annelid import geometry, tracing
from annelid.atomic import write_bytes, write_text
from annelid.dataset import Dataset, LabeledImage, Task
from annelid.errors import AnnotationError
from annelid.formats.attributes import LeftOut, tell_of_files, tell_of_numbers
from annelid.formats.base import LossReport
from annelid.formats.data_yaml import PARTS, data_yaml_text
from annelid.formats.plane import UNSAID, refuse_several_planes, unsaid_plane
from annelid.formats.writing import coverage
from annelid.formats.yolo_line import box_text, is_upright, line_text, ring_text, rounded_shares, texts_of_shares
from annelid.formats.yolo_ring import single_ring
from annelid.geometry import Shape
from annelid.objects import Kind, Objects
from annelid.steps import counted

MAX_VERTICES = 1000

_LOSS_TEXT = {
    "ignored": "objects marked 'ignore' were left out: YOLO cannot say that an area does not count",
    "point": "points were left out: YOLO labels have no area for them",
    "empty": "objects without any area were left out",
    "box-as-polygon": "boxes were written as polygons of four vertices, as this dataset has outlines",
    "outline-through-centres": "masks were written as outlines through the centres of their border pixels, "
    "which Ultralytics draws back exactly; other programs see them half a pixel smaller on every side",
    "parts-bridged": "objects in several parts were joined by a line as thin as a pixel",
    "holes-bridged": "holes were joined to the outline by a line through the object",
    "outline-thinned-by-ultralytics": f"outlines over {MAX_VERTICES} vertices: Ultralytics may thin them",
    "ellipse-as-polygon": "ellipses were written as polygons of 64 corners",
    "rotated-as-polygon": "rotated boxes were written as polygons of four corners, as there are other shapes too",
    "duplicate-line": "objects of one class with the same outline were written, of which YOLO reads one",
    "plane": UNSAID,
    "score": "confidences were left out",
    "coverage": "only part of the image is covered, which YOLO cannot say: it will be read as complete",
    "draft": "nobody looked at the objects yet, which YOLO cannot say: they will be read as reviewed",
}


@dataclass(frozen=True)
class _Whole:
    """What goes for the whole dataset: whether there are outlines, and whether all are rotated boxes."""

    dataset: Dataset
    task: Task
    is_oriented: bool


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``labels/<name>.txt`` for every annotated image, ``data.yaml`` and ``classes.txt``.

    The images are not copied: put them at ``images/<name>``. A name that begins with ``train``, ``val`` or
    ``test`` puts the image into that part. With outlines in the dataset every object is written as one.

    Raises:
        AnnotationError: two images would share one label file.
    """
    losses = LossReport()
    refuse_several_planes(dataset, names, out)
    relative = {item.id: _inside_images(names[item.id]) for item in dataset.items}
    used: dict[Path, str] = {}
    whole = _Whole(dataset, dataset.task, _is_oriented(dataset))
    tell_of_files(dataset, losses, out)
    tell_of_numbers(dataset, losses, out)
    for item in counted("writing", dataset.items):
        file = out / "labels" / relative[item.id].with_suffix(".txt")
        if used.setdefault(file, names[item.id]) != names[item.id]:
            found = f"{used[file]} and {names[item.id]}, which would share this file"
            step = "rename one of the images"
            raise AnnotationError(file, expected="one image per label file", found=found, next_step=step)
        if item.covered or len(item.objects):
            file.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(file, _content(item, names[item.id], whole, file, losses))
    parts = _parts(list(relative.values()), out, losses)
    write_text(out / "data.yaml", data_yaml_text(dataset.classes, parts))
    write_text(out / "classes.txt", "".join(f"{name}\n" for name in dataset.classes))
    return losses


def _inside_images(name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.relative_to("images") if path.parts[0] == "images" and len(path.parts) > 1 else path


def _parts(names: list[PurePosixPath], out: Path, losses: LossReport) -> dict[str, str]:
    """Part -> folder of its images; without parts both training and validation name all, and that is said."""
    firsts = [name.parts[0] for name in names if len(name.parts) > 1]
    folders = {PARTS[first]: f"images/{first}" for first in firsts if first in PARTS}
    train = folders.get("train", "images")
    if "val" not in folders:
        what = "there is no part to validate on: data.yaml names the training images again"
        losses.add("no-validation-part", what, out / "data.yaml", "val", count=0)
    test = {"test": folders["test"]} if "test" in folders else {}
    return {"train": train, "val": folders.get("val", train), **test}


def _is_oriented(dataset: Dataset) -> bool:
    """Whether there are rotated boxes and nothing else, which is read as a dataset of oriented boxes."""
    kept = [(item.objects, ~item.objects.ignore & item.objects.has_area) for item in dataset.items]
    if not all((objects.kinds[which] == Kind.ROTATED_BOX).all() for objects, which in kept):
        return False
    return any(not is_upright(shape[0][0]) for objects, which in kept for shape in objects[which].shapes)


def _content(item: LabeledImage, name: str, whole: _Whole, file: Path, losses: LossReport) -> bytes:
    lost: Counter[str] = Counter()
    objects = item.objects
    kept = ~objects.ignore & objects.has_area
    lost["ignored"] = int(objects.ignore.sum())
    lost["point"] = int((~objects.has_area & ~objects.ignore).sum())
    objects = objects if kept.all() else objects[kept]
    lost["score"] = int(np.isfinite(objects.scores).sum())
    lost["ellipse-as-polygon"] = int((objects.kinds == Kind.ELLIPSE).sum())
    lost["rotated-as-polygon"] = 0 if whole.is_oriented else int((objects.kinds == Kind.ROTATED_BOX).sum())
    if reason := unsaid_plane(item) if PurePosixPath(name).name == item.image.name else "":
        lost[reason] = 1  # under another name there is a picture of the very plane
    if reason := coverage(item):
        lost[reason] = 1
    lines = _lines(objects, whole.dataset.class_indices(objects).tolist(), item.size_wh, whole.task, lost)
    lost["duplicate-line"] = _doubles(lines)
    for kind, count in lost.items():
        if count:
            losses.add(kind, _LOSS_TEXT[kind], file, count=count)
    _tell_attributes(objects, file, losses)
    return b"".join(lines)


def _doubles(lines: list[bytes]) -> int:
    """How many lines repeat another one; mostly their beginnings tell that none does."""
    beginnings = {line[:60] for line in lines}
    return len(lines) - len(set(lines)) if len(beginnings) < len(lines) else 0


def _tell_attributes(objects: Objects, file: Path, losses: LossReport) -> None:
    left_out = LeftOut()
    for extra, origin, parent in zip(objects.extra, objects.origins, objects.parents, strict=True):
        if extra or origin or parent:
            left_out.add(extra, origin, parent)
    left_out.report(losses, file)


def _lines(
    objects: Objects, indices: list[int], size_wh: tuple[int, int], task: Task, lost: Counter[str]
) -> list[bytes]:
    """A line per object that has vertices."""
    plain = _plain_polygons(objects) if task == "segment" else np.zeros(len(objects), bool)
    texts = iter(_ring_texts(objects, plain, size_wh))
    lines: list[bytes] = []
    for n, index in enumerate(indices):
        if plain[n]:
            lines.append(line_text(index, next(texts)))
            continue
        kind, shape = Kind(int(objects.kinds[n])), objects.shape(n)
        if not any(len(part[0]) for part in shape if part):
            lost["empty"] += 1
        elif task == "segment":
            lines.append(ring_text(index, _ring(kind, shape, size_wh, lost), size_wh))
        else:
            lines.append(box_text(index, objects.boxes_xyxy[n], size_wh))
    return lines


def _ring_texts(objects: Objects, which: NDArray[np.bool_], size_wh: tuple[int, int]) -> list[bytes]:
    """The numbers of those objects that are one ring, all at once: a large file is mostly these."""
    shares = rounded_shares(objects.coords, size_wh).ravel()
    ends = 2 * objects.ring_offsets[objects.part_offsets[objects.object_offsets]]
    bounds = zip(ends[:-1][which].tolist(), ends[1:][which].tolist(), strict=True)
    return texts_of_shares([shares[a:b] for a, b in bounds])


def _plain_polygons(objects: Objects) -> NDArray[np.bool_]:
    """Which objects are polygons of one ring that nothing is to be said about, bool (N,)."""
    rings = objects.part_offsets[objects.object_offsets]
    vertices = np.diff(objects.ring_offsets[rings])
    one_ring = (np.diff(rings) == 1) & (np.diff(objects.object_offsets) == 1)
    usual = (vertices >= 3) & (vertices <= MAX_VERTICES)
    return np.asarray((objects.kinds == Kind.POLYGON) & one_ring & usual, bool)


def _ring(kind: Kind, shape: Shape, size_wh: tuple[int, int], lost: Counter[str]) -> geometry.Ring:
    lost["box-as-polygon"] += kind == Kind.BOX
    lost["parts-bridged"] += len(shape) > 1
    lost["holes-bridged"] += any(len(part) > 1 for part in shape)
    if kind == Kind.MASK:
        lost["outline-through-centres"] += 1
        shape = _through_centres(shape, size_wh)
    ring = single_ring(shape)
    lost["outline-thinned-by-ultralytics"] += len(ring) > MAX_VERTICES
    return ring


def _through_centres(shape: Shape, size_wh: tuple[int, int]) -> Shape:
    mask, corner_xy = geometry.window_mask(shape, size_wh)
    return tracing.boundary_pixel_rings(mask, corner_xy) if mask.size else shape
