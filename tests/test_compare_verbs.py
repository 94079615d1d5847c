"""Is one model better than another: in a project, and from files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests import small

from annelid.cli.run import run
from annelid.errors import UsageError
from annelid.measured import Measured, compared
from annelid.project import Project


def quiet(_: object) -> None:
    """Say nothing of the progress."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty pictures, ten of them for testing, and two thresholds: one is good, one sees a blur."""
    folder = tmp_path_factory.mktemp("lab") / "project"
    with small.project_of_discs(folder, images=20) as project:
        project.split(val=0.2, test=0.5)
        project.train(engine="threshold", name="good", watch=quiet)
        project.train(engine="threshold", name="blurred", sigma=6, watch=quiet)
    return folder


@pytest.fixture(scope="module")
def held(lab: Path) -> Measured:
    """The good one against the blurred one."""
    with Project(lab) as project:
        return project.evaluate("good", compare="blurred", watch=quiet)


def test_the_better_model_is_called_better_and_both_are_named(held: Measured) -> None:
    comparison = held.comparison
    assert comparison is not None
    assert comparison.verdict == "better"
    assert comparison.sentence.startswith("good@v1 is better than blurred@v1: mask mAP50")
    assert "10 images in 10 groups" in comparison.sentence
    assert held.to_dict()["comparison"]["with"] == "blurred@v1"


def test_the_answer_is_in_the_report_of_the_run(lab: Path, held: Measured) -> None:
    page = (lab / "runs" / "good" / "report.html").read_text(encoding="utf-8")
    assert held.comparison is not None
    assert held.comparison.sentence.replace("<", "&lt;") in page
    assert "interval over 10 groups (assumed)" in page


def test_intervals_stand_beside_the_figures(lab: Path) -> None:
    with Project(lab) as project:
        value = project.evaluate("blurred", watch=quiet).to_dict()
    low, high = value["metrics"]["mask"]["intervals"]["mAP50"]
    assert low <= value["metrics"]["mask"]["mAP50"] <= high
    assert value["metrics"]["mask"]["classes"][0]["intervals"]["mAP50"] == [low, high]
    assert (value["uncertainty"]["groups"], value["uncertainty"]["why_not"]) == (10, None)


def test_a_small_part_has_the_reason_instead(lab: Path) -> None:
    with Project(lab) as project:
        done = project.evaluate("good", part="val", compare="blurred", watch=quiet)
    value = done.to_dict()
    assert "at least 8 groups are needed" in value["uncertainty"]["why_not"]
    assert value["comparison"]["verdict"] == "cannot be said"
    assert any("compare on a test part" in note for note in value["comparison"]["notes"])


def test_different_parts_are_not_compared(lab: Path, held: Measured) -> None:
    with Project(lab) as project:
        on_val = project.evaluate("blurred", part="val", watch=quiet)
    with pytest.raises(UsageError, match="that the other was not") as refused:
        compared(held, on_val)
    assert "--compare" in refused.value.next_step


def test_annotations_that_changed_in_between_are_refused(held: Measured) -> None:
    first, *others = held.truth.items
    changed = replace(held.truth, items=(replace(first, objects=first.objects[1:]), *others))
    with pytest.raises(UsageError, match="annotated anew between the two evaluations"):
        compared(held, replace(held, truth=changed))


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(lab: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The truth and the predictions of both models as COCO files."""
    folder = tmp_path_factory.mktemp("files")
    with Project(lab) as project:
        project.export(folder / "truth", "coco")
        for name in ("good", "blurred"):
            project.predict(name, lab / "source" / "images", out=folder / name, conf=0.001, watch=quiet)
    return folder


def ask(capsys: pytest.CaptureFixture[str], folder: Path, *more: str, code: int = 0) -> str:
    truth, good = folder / "truth" / "annotations.json", folder / "good" / "predictions.json"
    capsys.readouterr()
    assert run(["evaluate", "--truth", str(truth), "--predictions", str(good), *more]) == code
    return "".join(capsys.readouterr())


def test_files_are_compared_in_words_and_in_a_table(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = str(files / "blurred" / "predictions.json")
    text = ask(capsys, files, "--compare", other)
    assert f"is better than {other}: mask mAP50" in text
    assert "20 images in 20 groups" in text
    value = json.loads(ask(capsys, files, "--compare", other, "--json").splitlines()[0])
    assert value["comparison"]["verdict"] == "better"
    assert value["uncertainty"]["group_source"] == "assumed"


def test_a_pattern_tells_the_groups_of_files(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = ask(capsys, files, "--group", "(png)")
    assert "20 image(s) of 1 group(s)" in text
    assert "do not fit" in ask(capsys, files, "--group", "([abc])[.]png", code=2)


def test_predictions_that_leave_images_out_are_refused(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads((files / "blurred" / "predictions.json").read_text(encoding="utf-8"))
    content["images"] = content["images"][:-2]
    left = {image["id"] for image in content["images"]}
    content["annotations"] = [a for a in content["annotations"] if a["image_id"] in left]
    short = files / "short.json"
    short.write_text(json.dumps(content), encoding="utf-8")
    text = ask(capsys, files, "--compare", str(short), code=2)
    assert "says nothing about 2 image(s)" in text
