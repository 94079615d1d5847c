"""Images that were damaged after they were imported: what is left is trained on, and it is said what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests import small

from annelid import jobs
from annelid.errors import Interrupted, UsageError
from annelid.jobs import Event, Job
from annelid.project import Project
from annelid.training_data import make_training_data

Damage = Callable[..., list[str]]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small.project_of_discs(tmp_path / "project")
    made.split(val=0.25, test=0.25)
    return made


def damage(project: Project, part: str, count: int | None = None) -> list[str]:
    """Cut files of a part in the middle; gives their paths in the project."""
    split = project.split()
    items = [item for item in project.dataset().items if split.parts[item.id] == part][:count]
    for item in items:
        file = project.root / item.image.path
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return [item.image.path for item in items]


def test_what_cannot_be_read_is_left_out_and_told_everywhere(project: Project) -> None:
    (lost,) = damage(project, "train", 1)
    events: list[Event] = []
    trained = project.train(engine="threshold", name="t", watch=events.append)
    card = trained.card
    assert list(card.unreadable) == [lost]
    assert card.images == {"train": 3, "val": 2, "test": 2}
    assert len(card.learned_from) == 5
    (said,) = card.remarks
    assert said == f"1 of 4 train images could not be read and were left out: {lost}"
    assert [event.data["text"] for event in events if event.name == "note"] == [said]
    assert said in (trained.run / "report.html").read_text(encoding="utf-8")
    again = project.library.get("t")
    assert (again.remarks, again.unreadable) == (card.remarks, card.unreadable)


def test_the_command_line_tells_it(project: Project) -> None:
    (lost,) = damage(project, "train", 1)
    done = small.annelid("-C", project.root, "train", "--engine", "threshold", "--name", "t")
    assert f"note   1 of 4 train images could not be read and were left out: {lost}" in done.stdout


def test_figures_are_without_what_cannot_be_read(project: Project) -> None:
    project.train(engine="threshold", name="t", watch=lambda _: None)
    whole = project.evaluate("t", part="test", watch=lambda _: None)
    (lost,) = damage(project, "test", 1)
    measured = project.evaluate("t", part="test", watch=lambda _: None)
    assert len(measured.truth) == len(whole.truth) - 1
    assert "1 of 2 images could not be read: the figures are without them" in measured.notes
    assert any(lost in note for note in measured.notes)


@pytest.mark.parametrize("part", ["train", "val"])
def test_a_part_of_which_nothing_is_left_is_refused(project: Project, part: str) -> None:
    damage(project, part)
    with pytest.raises(UsageError, match=f"none of the . {part} images can be read") as caught:
        project.train(engine="threshold", name="t", watch=lambda _: None)
    assert "annelid check" in caught.value.next_step


def test_a_part_of_which_nothing_is_left_is_not_measured(project: Project) -> None:
    project.train(engine="threshold", name="t", watch=lambda _: None)
    damage(project, "test")
    with pytest.raises(UsageError, match="none of the images of the test part can be read"):
        project.evaluate("t", part="test", watch=lambda _: None)


def test_a_training_is_stopped_while_its_images_are_prepared(project: Project) -> None:
    job = Job("train", project.root / "runs" / "s", {"root": str(project.root), "preprocessing": {}})
    job.write()
    jobs.stop(job.folder)
    with pytest.raises(Interrupted, match="before the first epoch") as caught:
        make_training_data(job, project.dataset(), project.split(), lambda *_: None)
    assert "--resume s" in caught.value.next_step


def test_the_check_names_them(project: Project) -> None:
    (lost,) = damage(project, "val", 1)
    (found,) = [finding for finding in project.check().findings if finding.code == "A209"]
    assert lost in json.dumps(found.to_dict())


def test_a_data_set_of_yolo_with_a_damaged_image_is_trained_on(project: Project, tmp_path: Path) -> None:
    project.export(tmp_path / "yolo", "yolo")
    pictures = sorted((tmp_path / "yolo").rglob("*.png"))
    train = [path for path in pictures if "train" in path.parts]
    assert train
    train[0].write_bytes(train[0].read_bytes()[:200])
    other = Project.init(tmp_path / "other")
    done = other.train(engine="threshold", name="t", data=tmp_path / "yolo" / "data.yaml", watch=lambda _: None)
    assert done.card.images["train"] == len(train) - 1
    (said,) = done.card.remarks
    assert said.startswith("1 image(s) of the data set could not be read and were left out: ")
    assert train[0].name in said
