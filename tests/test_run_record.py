"""What a run leaves behind for its diagnosis."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.small import annelid, project_of_discs

from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import UsageError
from annelid.image import ImageRef, View
from annelid.objects import Objects
from annelid.project import Project
from annelid.run_record import FILE, TRAIN_SAMPLE, facts, read_outcomes, read_record, sample_of_train
from annelid.split import Split


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("diagnosed") / "discs"
    with project_of_discs(root, images=12) as project:
        project.split(val=0.25, test=0.25)
        project.train(engine="threshold", name="discs", watch=lambda _: None)
    return root


def test_training_notes_what_became_of_the_objects_of_val_and_of_a_sample_of_train(trained: Path) -> None:
    parts = read_outcomes(trained / "runs" / "discs")
    assert set(parts) == {"train", "val"}
    assert parts["val"].objects == 3 * parts["val"].images
    assert parts["train"].images == parts["train"].images_of


def test_evaluating_adds_the_test_part_and_keeps_the_others(trained: Path) -> None:
    with Project(trained) as project:
        project.evaluate("discs", watch=lambda _: None)
    assert set(read_outcomes(trained / "runs" / "discs")) == {"train", "val", "test"}


def test_the_verb_prints_findings_with_what_to_type(trained: Path) -> None:
    text = annelid("-C", trained, "diagnose", "discs").stdout
    assert "D202 warning, unstable-validation" in text  # three images
    assert "type: annelid split --resplit --val .3" in text
    value: dict[str, Any] = json.loads(annelid("-C", trained, "diagnose", "discs@v1", "--json").stdout)
    assert [finding["code"] for finding in value["findings"]] == ["D202"]


def test_a_run_without_outcomes_gets_them_when_it_is_diagnosed(trained: Path) -> None:
    (trained / "runs" / "discs" / FILE).unlink()
    with Project(trained) as project:
        assert [finding.code for finding in project.diagnose("discs", watch=lambda _: None)] == ["D202"]
    assert read_outcomes(trained / "runs" / "discs")


def test_the_report_shows_the_findings_and_explains_the_words(trained: Path) -> None:
    text = (trained / "runs" / "discs" / "report.html").read_text(encoding="utf-8")
    assert "What the training shows" in text
    assert "D202" in text
    assert "How to read this page" in text


def test_what_is_no_run_is_refused(trained: Path) -> None:
    assert "no model 'nothing'" in annelid("-C", trained, "diagnose", "nothing", code=2).stderr
    with pytest.raises(UsageError, match="not a run"):
        read_record(trained, None)


@pytest.mark.parametrize("content", ["", "{", '{"version": 99, "parts": {}}'])
def test_outcomes_that_cannot_be_read_are_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    assert read_outcomes(tmp_path) == {}


def items(*fingerprints: str) -> tuple[LabeledImage, ...]:
    found = []
    for n, fingerprint in enumerate(fingerprints):
        boxes = [(9.0 * k + n, 0.0, 9.0 * k + 5 + n, 5.0) for k in range(3)]
        ref = replace(ImageRef(str(n), (f"{n}.tif",), (100, 50)), fingerprint=fingerprint)
        found.append(LabeledImage(View(ref), Objects.from_boxes(boxes, ["cell"] * 3), whole_image((100, 50))))
    return tuple(found)


def test_copies_between_parts_and_the_same_outlines_on_other_files_are_facts() -> None:
    one, two, copy, twin = items("a", "b", "a", "c")
    twin = replace(twin, objects=two.objects)
    dataset = Dataset(("cell",), (one, two, copy, twin))
    split = Split({"0": "train", "1": "train", "2": "val", "3": "val"})
    known = facts(dataset, split)
    assert known.copies == ["2.tif"]
    assert known.twins == ["3.tif"]
    assert known.objects == {"cell": 6}
    assert known.images == {"train": 2, "val": 2}


def images(n: int, side: int) -> tuple[LabeledImage, ...]:
    refs = (ImageRef(f"image{k:03d}", ("i.tif",), (side, side)) for k in range(n))
    return tuple(LabeledImage(View(ref), Objects.empty(), whole_image((side, side))) for ref in refs)


def test_the_sample_of_train_is_bounded_and_always_the_same() -> None:
    items = images(200, 100)
    split = Split(dict.fromkeys((item.id for item in items), "train"))
    sample = sample_of_train(Dataset((), items), split)
    assert len(sample) == TRAIN_SAMPLE
    assert sample == sample_of_train(Dataset((), items[::-1]), split)
    assert max(sample) > "image150"


@pytest.mark.parametrize(("side", "expected"), [(2048, 8), (20_000, 1)])
def test_of_large_images_the_sample_is_smaller(side: int, expected: int) -> None:
    items = images(40, side)
    split = Split(dict.fromkeys((item.id for item in items), "train"))
    assert len(sample_of_train(Dataset((), items), split)) == expected
