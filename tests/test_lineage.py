from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests import small

from annelid import lineage
from annelid.errors import UsageError
from annelid.jobs import Event, Job
from annelid.models import Card
from annelid.project import Project


def card(**fields: object) -> Card:
    return Card.from_dict({"name": "a", "engine": "yolo", "task": "detect", "classes": ["x"], "version": 1, **fields})


def test_images_are_compared_by_content_and_objects_by_class() -> None:
    parent = card(
        learned_from={"1": "aa", "2": "bb", "3": ""},
        objects={"x": 5, "y": 2},
        epochs_run=10,
        lineage={"epochs_before": 4},
    )
    found = lineage.since(parent, {"9": "bb", "3": "", "4": "cc", "5": "dd"}, {"x": 8, "z": 1})
    assert found == {
        "parent": "a@v1",
        "epochs_before": 14,
        "images": {"same": 2, "new": 2, "gone": 1},
        "objects": {"x": [5, 8], "y": [2, 0], "z": [0, 1]},
    }
    assert lineage.told(found) == (
        "trained on from a@v1 after 14 epochs: 2 images as before, 2 new, 1 no more; "
        "objects to learn from: x 5 -> 8, y 2 -> 0, z 0 -> 1"
    )


def test_what_is_said_again_when_a_run_is_resumed_counts_once(tmp_path: Path) -> None:
    lines = [
        '{"time": 1, "event": "note", "data": {"text": "a"}}',
        '{"time": 2, "event": "note", "data": {"text": "b", "classes": {"kept": ["x"]}}}',
        '{"time": 3, "event": "log", "data": {"text": "c"}}',
        '{"time": 4, "event": "note", "data": {"text": "a"}}',
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = lineage.fields(tmp_path, {"parent": "a@v1"})
    assert found == {"remarks": ("a", "b"), "lineage": {"parent": "a@v1", "classes": {"kept": ["x"]}}}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = small.project_of_discs(tmp_path_factory.mktemp("lineage") / "project")
    made.split(val=0.25, test=0.25)
    made.train(engine="threshold", name="discs", watch=lambda _: None)
    return made


def add_images(project: Project, numbers: range) -> None:
    """Import more pictures with their masks."""
    folder = project.root / "more"
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for n in numbers:
        picture, labels = small.discs(n)
        Image.fromarray(np.asarray(picture)).save(folder / "images" / f"more{n}.png")
        Image.fromarray(labels).save(folder / "masks" / f"more{n}.png")
    project.import_(folder / "images", labels=folder / "masks")


def test_more_data_are_trained_on_from_a_model_and_every_image_stays_in_its_part(project: Project) -> None:
    before = dict(project.split().parts)
    parent = project.library.get("discs@v1")
    add_images(project, range(20, 26))
    events: list[Event] = []
    grown = project.train(model="discs@v1", watch=events.append).card
    parts = project.split().parts
    assert {id_: parts[id_] for id_ in before} == before
    new = [part for id_, part in parts.items() if id_ not in before and part != "test"]
    assert new
    assert (grown.reference, grown.parent) == ("discs@v2", "discs@v1")
    assert grown.lineage["images"] == {"same": 6, "new": len(new), "gone": 0}
    assert grown.lineage["objects"] == {"disc": [parent.objects["disc"], grown.objects["disc"]]}
    assert grown.objects["disc"] > parent.objects["disc"]
    said = next(event.data["text"] for event in events if event.name == "note")
    assert said in grown.remarks
    assert f"6 images as before, {len(new)} new" in said


def test_a_training_from_nothing_has_no_lineage(project: Project) -> None:
    assert project.library.get("discs@v1").lineage == {}
    assert project.library.get("discs@v1").remarks == ()


def test_a_run_that_has_not_come_to_its_end_is_finished_before_it_is_trained_on(project: Project) -> None:
    Job("train", project.root / "runs" / "cut", {}).write()
    with pytest.raises(UsageError, match="run cut has not come to its end") as caught:
        project.train(model="cut")
    assert "annelid train --resume cut" in caught.value.next_step
