"""Label Studio: a JSON list of tasks, with shapes in percent of the image (JSON and JSON_MIN).

Rectangles, rotated ones, polygons, closed paths without curves, ellipses, key points and masks (brush, magic wand and
bitmask) become objects, each written with the tool that it was drawn with; videos are losses. Where a task has several
annotations, the one marked as ground truth is read, else the one changed last; the others, those that were cancelled,
drafts, and predictions beside an annotation are losses. Predictions alone make a draft. The first label of a shape is
its class.

Of each result ``from_name``, ``to_name``, ``origin``, ``image_rotation``, further labels (``labels``), unknown keys
of its value (``value``), and text, choices and ratings of the same region (``with``) ride in
``extra["labelstudio"]``; ``parentID`` is the object's parent. Of each task all but its annotations rides in
``extra["labelstudio_task"]`` of the image's first object, and of the annotation all but its results, in
``extra["labelstudio_annotation"]``. What Label Studio has no place for is under the key ``annelid`` of a result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from annelid.atomic import write_text
from annelid.dataset import Dataset, LabeledImage, State
from annelid.errors import AnnotationError
from annelid.formats import jsontext, ours
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.class_order import told_classes
from annelid.formats.json_head import without_ours
from annelid.formats.labelstudio_shape import AUTHOR, decode_result, encode_row, labels_in, shape_type
from annelid.formats.labelstudio_task import (
    annotations_of,
    drafts_of,
    image_key,
    image_names,
    is_of_video,
    predictions_of,
    results_of,
    tasks_of,
    unusable,
)
from annelid.formats.plane import told_plane, unsaid_plane
from annelid.formats.reading import Reading
from annelid.formats.row import Row, rows_of_objects
from annelid.formats.values import ShapeError, SizeWh, size_from
from annelid.formats.writing import Lost, annotated, coverage, is_empty
from annelid.steps import counted

NAME = "labelstudio"

_TASK, _ANNOTATION = "labelstudio_task", "labelstudio_annotation"
_HEAD = 2**18
_START = re.compile(rb"[^\w{\[]*[\[{]")
_OTHER = re.compile(
    rb'[^\w{\[]*\{.*?("(categories|features|shapes)"\s*:\s*\[|"(item|_via_img_metadata)"\s*:\s*\{)', re.DOTALL
)
"""Another format, where Label Studio's own words ride along."""
_RESULT = re.compile(rb'"(result|annotations|completions|predictions)"\s*:\s*\[')
_MARK = re.compile(rb'"(was_cancelled|original_width|to_name|total_annotations|file_upload)"\s*:')
_MIN = re.compile(rb'"(rectangle|polygon|ellipse|keypoint|brush|bitmask|vector)labels"\s*:')
_ADDED = "added"
_ANNOTATION_DEFAULTS = {"was_cancelled": False, "ground_truth": False}

Json = Mapping[str, Any]


def sniff(path: Path) -> bool:
    """Whether a file, or one of the JSON files directly in a folder, is Label Studio's."""
    candidates = [path] if path.is_file() else _json_files(path)[:20] if path.is_dir() else []
    return any(_looks_like_labelstudio(file) for file in candidates)


def _looks_like_labelstudio(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = head.replace(b"\0", b"")
    head = without_ours(head)
    if _OTHER.match(head):
        return False
    listed = bool(_RESULT.search(head)) or bool(_MIN.search(head))
    return _START.match(head) is not None and listed and _MARK.search(head) is not None


def _json_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.json") if file.is_file() and not file.name.startswith("."))


# --- reading ----------------------------------------------------------------------------------------------


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one export, or every one directly in a folder.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read.
    """
    reading = Reading(images, tuple(classes))
    files = reading.recognised(_json_files(path), _looks_like_labelstudio) if path.is_dir() else [path]
    if not files:
        raise AnnotationError(path, expected="Label Studio's JSON files", found="none")
    errors: list[AnnotationError] = []
    for file in files:
        try:
            tasks = tasks_of(jsontext.parse(jsontext.read_text(file), file), file)
        except AnnotationError as problem:
            errors.append(problem)
            reading.losses.add("file-unreadable", problem.message, file)
            continue
        for n, task in enumerate(tasks):
            _read_task(file, f"[{n}]", task, reading)
    if len(errors) == len(files):
        raise errors[0]
    return reading.annotations()


def _read_task(file: Path, place: str, task: Json, reading: Reading) -> None:
    chosen, key = _chosen(file, place, task, reading)
    results = results_of(chosen) if chosen else []
    names = image_names(task, image_key(task, results))
    if results and all(map(is_of_video, results)):
        what = "a video is not taken apart into frames: the task was left out"
        reading.losses.add("video", what, file, place, len(results))
        return
    if not names:
        what = "no image is named in data: the task was left out"
        reading.losses.add("image-invalid", what, file, place, max(len(results), 1))
        return
    said = next((size for r in results if (size := size_from(r.get("original_width"), r.get("original_height")))), None)
    meta = task.get("meta")
    header = meta.get(ours.KEY) if isinstance(meta, Mapping) else None
    located = reading.locate(names, said, file, place, len(results), header)
    if located is None:
        return
    author = f"model:{chosen.get('model_version') or ''}" if chosen and key == "predictions" else AUTHOR
    rows = list(_rows(file, f"{place}.{key}", results, located[1], author, reading))
    if rows:
        task_keys = {k: v for k, v in task.items() if k not in {"annotations", "completions", "predictions"}}
        task_keys = _without_ours(task_keys)
        keys = {k: v for k, v in (chosen or {}).items() if k != "result" and _ANNOTATION_DEFAULTS.get(k) != v}
        told = {_TASK: task_keys, **({_ANNOTATION: keys} if keys else {})}
        rows[0] = replace(rows[0], extra={**rows[0].extra, **told})
    state: State = "new" if chosen is None else "draft" if key == "predictions" else "reviewed"
    reading.add(located, rows, file, place, state=state, header=header)


def _with_ours(task: dict[str, Any], header: Mapping[str, Any]) -> dict[str, Any]:
    """A task with what Annelid keeps of the image in ``meta``, and whether there was a ``meta`` before."""
    if not header:
        return task
    meta = task.get("meta")
    if not isinstance(meta, Mapping):
        return {**task, "meta": {ours.KEY: {**header, _ADDED: True}}}
    return {**task, "meta": {**meta, ours.KEY: header}}


def _without_ours(task: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a task less what Annelid put into ``meta``."""
    meta = task.get("meta")
    if not isinstance(meta, Mapping) or ours.KEY not in meta:
        return dict(task)
    others = {key: v for key, v in meta.items() if key != ours.KEY}
    is_added = isinstance(meta[ours.KEY], Mapping) and meta[ours.KEY].get(_ADDED) is True
    return {key: v for key, v in task.items() if key != "meta"} | ({} if is_added and not others else {"meta": others})


def _chosen(file: Path, place: str, task: Json, reading: Reading) -> tuple[Json | None, str]:
    """The annotation, or else prediction, that is read, and under which key it is."""
    for where, value in unusable(task):
        what = f"expected an annotation with its results, found {value!r:.40}: it was left out"
        reading.losses.add("annotation-invalid", what, file, f"{place}.{where}")
    good, cancelled = annotations_of(task)
    guesses = predictions_of(task)
    left_out = {
        "annotations-other": (good[1:], "another annotation of the same image was left out"),
        "cancelled": (cancelled, "an annotation that was cancelled was left out"),
        "drafts": (drafts_of(task), "work on the same image that was not submitted was left out"),
        "predictions": (guesses if good else guesses[1:], "a prediction beside what was read was left out"),
    }
    for kind, (several, what) in left_out.items():
        count = sum(sum(bool(shape_type(r)) for r in results_of(one)) for one in several)
        if several:
            reading.losses.add(kind, what, file, place, count)
    if good:
        return good[0], "annotations"
    return (guesses[0], "predictions") if guesses else (None, "annotations")


def _rows(
    file: Path, place: str, results: Sequence[Json], size_wh: SizeWh, author: str, reading: Reading
) -> Iterator[Row]:
    drawn = {str(r.get("id")) for r in results if shape_type(r) and r.get("id")}
    for n, result in enumerate(results):
        where = f"{place}.result[{n}]"
        if not shape_type(result):
            _tell_other(file, where, result, drawn, reading)
            continue
        others = [r for r in results if not shape_type(r) and r.get("id") and r.get("id") == result.get("id")]
        try:
            row = decode_result(result, size_wh, others, author)
        except ShapeError as error:
            reading.bad_shape(error, file, where)
            continue
        _tell_changes(file, where, result, others, reading)
        inside = reading.inside(row, size_wh, file, where)
        if inside is not None:
            yield inside


def _tell_other(file: Path, place: str, result: Json, drawn: set[str], reading: Reading) -> None:
    """A result that draws nothing rides with the shape of its id; without one it is lost."""
    if str(result.get("id")) in drawn and result.get("id"):
        return
    kind = "shape-type" if labels_in(result) else "image-field"
    kind = "video" if is_of_video(result) else "relation" if result.get("type") == "relation" else kind
    what = f"a result of type {result.get('type')!r:.40} is no outline on the image: it was left out"
    reading.losses.add(kind, what, file, place)


def _tell_changes(file: Path, place: str, result: Json, others: Sequence[Json], reading: Reading) -> None:
    labels = labels_in(result) or [label for other in others for label in labels_in(other)]
    if len(labels) > 1:
        what = f"of the labels {', '.join(map(str, labels))} the first is the class, the others ride along"
        reading.losses.add("several-labels", what, file, place)
    drawn = result.get("value")
    if isinstance(drawn, Mapping) and drawn.get("closed") is False:
        reading.losses.add("polygon-open", "a polygon that was not closed was closed", file, place)


# --- writing ----------------------------------------------------------------------------------------------


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``labelstudio.json`` to be imported: drafts as predictions, all else as annotations.

    Raises:
        AnnelidError: the file cannot be written.
    """
    file, losses = out / "labelstudio.json", LossReport()
    used: set[int] = set()
    tasks: list[dict[str, Any]] = []
    for item in counted("writing", annotated(dataset)):
        header = {**told_plane(item.view), **({} if tasks else told_classes(dataset.classes))}
        tasks.append(_with_ours(_task(item, names[item.id], used, file, losses), header))
    write_text(file, jsontext.dump(tasks))
    return losses


def _task(item: LabeledImage, name: str, used: set[int], file: Path, losses: LossReport) -> dict[str, Any]:
    rows = rows_of_objects(item.objects)
    told: dict[str, Any] = dict(rows[0].extra.get(_TASK, {})) if rows else {}
    keys: dict[str, Any] = dict(rows[0].extra.get(_ANNOTATION, {})) if rows else {}
    number = told.pop("id", None)
    if not isinstance(number, int) or number in used:
        number = max(used, default=0) + 1
    used.add(number)
    is_draft = item.state == "draft" and not item.covered
    author = f"model:{keys.get('model_version') or ''}" if is_draft else AUTHOR
    results = _results(item, rows, author, is_draft, file, name, losses)
    made = {**({} if is_draft else _ANNOTATION_DEFAULTS), **keys, "result": results}
    data = _data(told.pop("data", {}), told, name)
    found = {"annotations": [] if is_draft else [made], "predictions": [made] if is_draft else []}
    return {"id": number, "data": data, **found, **told}


def _data(data: Json, told: Json, name: str) -> dict[str, Any]:
    """``data`` as it was where it means the same image, else with the image's name."""
    task = {**told, "data": data}
    key = image_key(task)
    same = any(PurePosixPath(n).name == PurePosixPath(name).name for n in image_names(task, key))
    return dict(data) if key and same else {**data, key or "image": name}


def _results(
    item: LabeledImage, rows: Sequence[Row], author: str, is_draft: bool, file: Path, name: str, losses: LossReport
) -> list[dict[str, Any]]:
    lost = Lost()
    lost.add("" if is_draft else coverage(item))
    lost.add(unsaid_plane(item))
    results: list[dict[str, Any]] = []
    for row in rows:
        try:
            made, loss = encode_row(row, item.size_wh, author) if not is_empty(row) else ([], "empty-object")
        except ShapeError as error:
            lost.add(error.kind)
            continue
        results += made
        lost.add(loss)
        lost.add("ignored" if row.ignore else "")
    lost.report(losses, file, name)
    return results
