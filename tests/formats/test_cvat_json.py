"""CVAT's JSON: backups of tasks, and what its server answers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.contracts import own_files as own

from annelid import formats
from annelid.convert import convert
from annelid.errors import AnnotationError
from annelid.formats import cvat
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.objects import Kind, Objects

Json = dict[str, Any]

SHAPE = {"outside": False, "occluded": False, "z_order": 0, "rotation": 0.0, "source": "manual", "group": 0}
LABELS = [{"id": 3, "name": "debris", "color": "#fff"}, {"id": 7, "name": "cell", "color": "#f00"}]
TASK: Json = {
    "name": "t",
    "labels": [{"name": "debris", "color": "#fff", "attributes": []}, {"name": "cell", "color": "#f00"}],
    "data": {"start_frame": 0, "stop_frame": 2, "deleted_frames": []},
    "jobs": [{"start_frame": 0, "stop_frame": 2, "type": "annotation"}],
}


def shape(kind: str, *points: float, frame: int = 0, **keys: Any) -> Json:
    named = {"type": kind, "points": list(points), "frame": frame, "attributes": [], "elements": []}
    return {**named, **SHAPE, **({} if "label_id" in keys else {"label": "cell"}), **keys}


def track(*shapes: Json, **keys: Any) -> Json:
    return {
        "frame": 0,
        "label": "cell",
        "group": 0,
        "source": "manual",
        "attributes": [],
        "shapes": list(shapes),
        **keys,
    }


def job(*shapes: object, tracks: Any = (), tags: Any = ()) -> Json:
    return {"version": 0, "tags": list(tags), "shapes": list(shapes), "tracks": list(tracks)}


def save(file: Path, value: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value), encoding="utf-8")
    return file


def backup(folder: Path, *jobs: Json, task: Json = TASK, images: int = 3) -> Path:
    """A backup of a task with images ``0.png``, ``1.png`` ... of 100 x 50 pixels."""
    lines: list[Json] = [{"version": "1.1"}, {"type": "images"}]
    for n in range(images):
        own.picture(folder, f"data/{n}.png")
        lines.append({"name": f"{n}", "extension": ".png", "width": 100, "height": 50, "meta": {"related_images": []}})
    (folder / "data" / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    save(folder / "task.json", task)
    return save(folder / "annotations.json", list(jobs))


def read(file: Path, folder: Path | None = None) -> Annotations:
    assert formats.sniff(file).NAME == "cvat"
    return cvat.read(file, FolderImages(folder or file.parent))


def read_backup(folder: Path, *shapes: object, **keys: Any) -> Annotations:
    return read(backup(folder, job(*shapes, **keys)))


def objects_of(found: Annotations) -> Objects:
    return found.items[0].objects


def test_every_kind_of_shape_becomes_the_object_that_the_xml_has(tmp_path: Path) -> None:
    shapes = (
        shape("rectangle", 10, 5, 40, 30),
        shape("rectangle", 10, 5, 40, 30, rotation=90.0),
        shape("polygon", 1, 1, 9, 1, 5, 9),
        shape("ellipse", 50, 25, 59, 20, rotation=30),
        shape("points", 3.5, 4),
        shape("mask", 1, 2, 2, 1, 10, 20, 12, 21),
    )
    found = read_backup(tmp_path, *shapes)
    objects = objects_of(found)
    kinds = [Kind.BOX, Kind.ROTATED_BOX, Kind.POLYGON, Kind.ELLIPSE, Kind.POINT, Kind.MASK]
    assert objects.kinds.tolist() == kinds
    assert objects.boxes_xyxy[0].tolist() == [10, 5, 40, 30]
    assert np.allclose(objects.params[3], [50, 25, 9, 5, math.radians(30)])
    assert objects[[5]].label_image((100, 50))[20:22, 10:13].tolist() == [[0, 1, 1], [0, 0, 1]]
    assert found.classes == ("debris", "cell")
    assert [item.image.name for item in found.items] == ["0.png", "1.png", "2.png"]
    assert all(item.is_complete for item in found.items)
    assert not list(found.losses)


def test_fields_of_a_shape_go_on_into_the_xml_and_come_back(tmp_path: Path) -> None:
    said: Json = {"occluded": True, "z_order": 2, "source": "auto", "group": 4, "mine": "x", "id": 9, "score": 0.25}
    attributes = [{"name": "stain", "value": "DAPI"}]
    first = objects_of(read_backup(tmp_path, shape("polygon", 1, 1, 9, 1, 5, 9, **said, attributes=attributes)))
    expected = {"occluded": "1", "z_order": "2", "source": "auto", "group_id": "4", "mine": "x", "id": "9"}
    assert first.extra[0]["cvat"] == {**expected, "attributes": {"stain": "DAPI"}}
    assert first.scores.tolist() == [0.25]
    again, losses = own.round_trip(cvat, first, tmp_path / "out")
    assert (own.without(again, "cvat_image", "cvat_file"), losses) == (own.without(first, "cvat_file"), {"score"})


def test_polygons_of_one_group_and_label_are_one_object(tmp_path: Path) -> None:
    ring = (1, 1, 9, 1, 5, 9)
    grouped = [shape("polygon", *(v + x for v in ring), group=1) for x in (0, 20)]
    objects = objects_of(read_backup(tmp_path, *grouped, shape("polygon", *ring)))
    assert [len(shape) for shape in objects.shapes] == [2, 1]


def test_a_track_moves_until_it_is_outside_or_the_job_ends(tmp_path: Path) -> None:
    moving = track(shape("rectangle", 10, 5, 40, 30), shape("rectangle", 20, 5, 50, 30, frame=2))
    ending = track(shape("ellipse", 50, 25, 59, 20), shape("ellipse", 50, 25, 59, 20, frame=1, outside=True))
    staying = track(shape("polygon", 1, 1, 9, 1, 5, 9), attributes=[{"name": "a", "value": "b"}])
    found = read_backup(tmp_path, tracks=[moving, ending, staying])
    assert [len(item.objects) for item in found.items] == [3, 2, 2]
    assert [item.objects.boxes_xyxy[0, 0] for item in found.items] == [10, 15, 20]
    assert found.items[2].objects.extra[1]["cvat"]["attributes"] == {"a": "b"}
    assert not list(found.losses)


def test_a_turned_box_turns_the_shorter_way(tmp_path: Path) -> None:
    box = (30, 10, 60, 30)
    found = read_backup(
        tmp_path, tracks=[track(shape("rectangle", *box, rotation=350), shape("rectangle", *box, frame=2, rotation=10))]
    )
    assert math.degrees(found.items[1].objects.params[0, 4]) % 360 == pytest.approx(0, abs=1e-9)


def test_a_polygon_that_changes_between_key_frames_is_a_loss_there(tmp_path: Path) -> None:
    changing = track(shape("polygon", 1, 1, 9, 1, 5, 9), shape("polygon", 1, 1, 19, 1, 5, 9, frame=2))
    found = read_backup(tmp_path, tracks=[changing])
    assert [len(item.objects) for item in found.items] == [1, 0, 1]
    assert [(loss.kind, loss.count) for loss in found.losses] == [("not-interpolated", 1)]


def test_ground_truth_and_deleted_frames_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    jobs = [*TASK["jobs"], {"start_frame": 0, "stop_frame": 2, "type": "ground_truth"}]
    task = {**TASK, "jobs": jobs, "data": {**TASK["data"], "deleted_frames": [1]}}
    box = (10, 5, 40, 30)
    first = job(shape("rectangle", *box), shape("rectangle", *box, frame=1))
    found = read(backup(tmp_path, first, job(shape("rectangle", *box)), task=task))
    assert [item.image.name for item in found.items] == ["0.png", "2.png"]
    assert {loss.kind: loss.count for loss in found.losses} == {"other-job": 1, "frame-deleted": 1}


def test_what_overlapping_jobs_have_on_the_same_frame_is_there_once(tmp_path: Path) -> None:
    jobs = [{"start_frame": 0, "stop_frame": 1}, {"start_frame": 1, "stop_frame": 2}]
    both = [job(tracks=[track(shape("rectangle", 10, 5, 40, 30, frame=n))]) for n in (0, 1)]
    found = read(backup(tmp_path, *both, task={**TASK, "jobs": jobs}))
    assert [len(item.objects) for item in found.items] == [1, 1, 1]
    assert [(loss.kind, loss.count, loss.place) for loss in found.losses] == [("job-overlap", 1, "[1] frame 1")]


def test_a_task_that_begins_later_and_skips_frames_counts_its_own(tmp_path: Path) -> None:
    task = {**TASK, "data": {"start_frame": 1, "stop_frame": 5, "frame_filter": "step=2"}}
    found = read(backup(tmp_path, job(shape("rectangle", 10, 5, 40, 30, frame=1)), task=task, images=6))
    assert {item.image.name: len(item.objects) for item in found.items} == {"1.png": 0, "3.png": 1, "5.png": 0}


def test_a_backup_of_a_project_has_its_labels_above(tmp_path: Path) -> None:
    backup(tmp_path / "task_0", job(shape("rectangle", 10, 5, 40, 30)), task={**TASK, "labels": []})
    save(tmp_path / "project.json", {"name": "p", "labels": TASK["labels"], "version": "1.0"})
    found = cvat.read(tmp_path, FolderImages(tmp_path))
    assert (found.classes, len(found.items)) == (("debris", "cell"), 3)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (shape("polyline", 1, 2, 3, 4), "line"),
        (shape("cuboid", *range(16)), "shape-type"),
        (shape("skeleton"), "shape-type"),
        (shape("star", 1, 2), "shape-type"),
        (shape("rectangle", 1, 2, 3), "outline-invalid"),
        (shape("rectangle", 10, 5, 10, 30), "box-invalid"),
        (shape("polygon", 1, 2, 3), "outline-invalid"),
        (shape("polygon", 1, 2, 3, 4), "outline-invalid"),
        (shape("mask", 1, 2), "outline-invalid"),
        (shape("mask", 1.5, 2, 2, 1, 10, 20, 12, 21), "outline-invalid"),
        (shape("mask", 1, 2, 10, 20, 12, 21), "outline-invalid"),
        (shape("mask", 6, 10, 20, 12, 21), "empty-object"),
        (shape("rectangle", 1, 2, "x", 4), "outline-invalid"),  # type: ignore[arg-type]
        (shape("rectangle", 1, 2, 3, 4, frame=-1), "frame-invalid"),
        (shape("rectangle", 1, 2, 3, 4, label=""), "label-missing"),
        (shape("rectangle", 1, 2, 3, 4, label_id="x"), "label-missing"),
        (shape("rectangle", 200, 2, 300, 4), "outside-image"),
        (7, "outline-invalid"),
    ],
)
def test_a_bad_shape_is_a_loss_with_its_place_and_the_others_stay(tmp_path: Path, bad: object, kind: str) -> None:
    found = read_backup(tmp_path, shape("rectangle", 10, 5, 40, 30), bad)
    assert sum(len(item.objects) for item in found.items) == 1
    assert [loss.kind for loss in found.losses] == [kind]
    assert found.losses.losses[0].place.startswith("[0].shapes[1]")


def test_tags_are_losses(tmp_path: Path) -> None:
    found = read_backup(tmp_path, tags=[{"frame": 0, "label": "cell", "group": 0, "attributes": []}])
    assert [loss.kind for loss in found.losses] == ["image-tag"]


# --- what the server answers ------------------------------------------------------------------------------


def answer(folder: Path, *shapes: Json) -> Path:
    return save(folder / "annotations.json", job(*shapes))


def meta(*names: str) -> Json:
    return {"size": len(names), "frames": [{"name": name, "width": 100, "height": 50} for name in names]}


def test_labels_and_images_of_the_servers_answer_are_looked_for_beside(tmp_path: Path) -> None:
    own.picture(tmp_path, "pictures/b.png")
    attribute = {"spec_id": 5, "value": "DAPI"}
    file = answer(tmp_path, shape("rectangle", 10, 5, 40, 30, frame=1, label_id=7, attributes=[attribute], score=1.0))
    label = {**LABELS[1], "attributes": [{"id": 5, "name": "stain"}]}
    save(tmp_path / "labels.json", {"count": 2, "results": [LABELS[0], label]})
    save(tmp_path / "data_meta.json", meta("a.png", "b.png"))
    found = read(file)
    assert {item.image.name: item.objects.labels.tolist() for item in found.items} == {"a.png": [], "b.png": ["cell"]}
    assert found.items[1].objects.extra[0]["cvat"]["attributes"] == {"stain": "DAPI"}
    assert np.isnan(found.items[1].objects.scores).all()
    assert {loss.kind for loss in found.losses} == {"image-missing"}


def test_a_label_without_a_name_keeps_its_number_and_that_is_said(tmp_path: Path) -> None:
    file = answer(tmp_path, *(shape("rectangle", 10, 5, 40, 30, label_id=9) for _ in range(2)))
    save(tmp_path / "data_meta.json", meta("a.png"))
    own.picture(tmp_path)
    found = read(file)
    assert found.classes == ("label 9",)
    (loss,) = found.losses
    assert (loss.kind, loss.count) == ("label-unnamed", 2)
    assert "/api/labels" in loss.what


def test_frames_that_nobody_names_are_an_error_that_says_what_to_give(tmp_path: Path) -> None:
    file = answer(tmp_path, shape("rectangle", 10, 5, 40, 30, label_id=9))
    with pytest.raises(AnnotationError, match=r"/api/tasks/N/data/meta"):
        read(file)


def test_frames_of_a_video_are_found_by_their_numbers(tmp_path: Path) -> None:
    own.picture(tmp_path, "frame_000002.png")
    file = answer(tmp_path, shape("rectangle", 10, 5, 40, 30, frame=2, label_id=7))
    save(tmp_path / "labels.json", LABELS)
    save(tmp_path / "meta.json", {**meta("m.mp4"), "size": 9})
    found = read(file)
    assert [item.image.name for item in found.items] == ["frame_000002.png"]
    assert not list(found.losses)


def test_tasks_of_one_file_are_kept_apart(tmp_path: Path) -> None:
    box = shape("rectangle", 10, 5, 40, 30, label_id=7)
    file = save(tmp_path / "annotations.json", {"job": {"1": job(box)}, "task": {"4": job(box), "6": job(box, box)}})
    save(tmp_path / "labels.json", {"results": LABELS})
    rows: list[Json] = []
    for task, data in (("4", 10), ("6", 11)):
        rows.append({"model": "engine.task", "pk": int(task), "fields": {"data": data}})
        rows.append({"model": "engine.data", "pk": data, "fields": {"start_frame": 0, "size": 1}})
        fields = {"data": data, "path": "1.png", "frame": 0, "width": 100, "height": 50}
        rows.append({"model": "engine.image", "pk": data, "fields": fields})
    save(tmp_path / "db" / "data.json", rows)
    found = read(file)
    assert {item.image.path: len(item.objects) for item in found.items} == {"task_4/1.png": 1, "task_6/1.png": 2}
    assert found.classes == ("cell",)


@pytest.mark.parametrize(
    "content",
    ['{"shapes": [], "tags": [], "tracks": 3}', '{"task": {"1": {"shapes": [], "tags": []}}}', "[]", "[3]", '{"a', ""],
)
def test_a_file_that_is_not_cvats_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(AnnotationError, match=r"bad\.json"):
        cvat.read(tmp_path / "bad.json", FolderImages(tmp_path))


def test_a_broken_file_beside_is_said_and_no_more(tmp_path: Path) -> None:
    file = backup(tmp_path, job(shape("rectangle", 10, 5, 40, 30)))
    (tmp_path / "labels.json").write_text("{")
    found = read(file)
    assert [loss.kind for loss in found.losses] == ["file-unreadable"]


@pytest.mark.parametrize("to", ["coco", "yolo", "labelme"])
def test_a_backup_is_converted_with_counts_and_classes(tmp_path: Path, to: str) -> None:
    folder = tmp_path / "backup"
    shapes = (shape("mask", 1, 2, 2, 1, 10, 20, 12, 21), shape("rectangle", 10, 5, 40, 30, frame=2, label="debris"))
    backup(folder, job(*shapes))
    report = convert(folder, tmp_path / "out", to, images=folder)
    assert (report.objects, report.items, report.classes) == (2, 3, ("debris", "cell"))
