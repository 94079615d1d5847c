"""Other annotated sets join the train part, with classes of the project."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests import small

from annelid.dataset import Dataset
from annelid.errors import UsageError
from annelid.known import known
from annelid.mixing import Mixed, class_map, mix
from annelid.preprocess import Preprocessing
from annelid.project import Project
from annelid.split import Split


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return small.project_of_discs(tmp_path_factory.mktemp("own") / "project")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LabelMe files of other images, whose classes are ``nucleus`` and ``dust``."""
    return write_labelme(tmp_path_factory.mktemp("other") / "set", range(100, 103))


def write_labelme(folder: Path, seeds: Iterable[int]) -> Path:
    folder.mkdir()
    for seed in seeds:
        picture, labels = small.discs(seed)
        Image.fromarray(picture).save(folder / f"other{seed}.png")
        shapes = []
        for value in np.unique(labels)[1:]:
            (y1, y2), (x1, x2) = ((int(v.min()), int(v.max()) + 1) for v in np.nonzero(labels == value))
            ring = [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]
            name = "dust" if value == 1 else "nucleus"
            shapes.append({"label": name, "points": ring, "shape_type": "polygon", "group_id": None})
        content: dict[str, Any] = {
            "version": "5.0",
            "flags": {},
            "shapes": shapes,
            "imagePath": f"other{seed}.png",
            "imageData": None,
        }
        path = folder / f"other{seed}.json"
        path.write_text(json.dumps(content | {"imageWidth": 64, "imageHeight": 64}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("nucleus=cell,rbc=", {"nucleus": "cell", "rbc": ""}),
        (" a b = c d , e=f=g", {"a b": "c d", "e": "f=g"}),
    ],
)
def test_a_class_map_is_written_in_pairs(text: str, expected: dict[str, str]) -> None:
    assert class_map(text) == expected


@pytest.mark.parametrize("text", ["nucleus", "=cell", "a=b,a=c"])
def test_what_is_no_class_map_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not of the form theirs=ours"):
        class_map(text)


def mixed(project: Project, other: Path, text: str = "nucleus=disc,dust=") -> tuple[Dataset, Split, Mixed]:
    dataset = project.dataset()
    return mix(dataset, project.split(), [other], class_map(text))


def test_images_of_another_set_join_the_train_part_with_classes_of_the_project(project: Project, other: Path) -> None:
    before, split = project.dataset(), project.split()
    dataset, both, added = mixed(project, other)
    assert len(dataset) == len(before) + 3
    assert Counter(both.parts.values()) - Counter(split.parts.values()) == Counter(train=3)
    assert {both.parts[id_] for id_ in added.ids} == {"train"}
    assert dataset.classes == ("disc",)
    items = dataset.subset(added.ids).items
    assert [item.objects.labels.tolist() for item in items] == [["disc", "disc"]] * 3  # without the dust
    assert all(Path(item.image.path).is_file() and item.is_complete for item in items)
    assert both.dataset == dataset.digest
    (told,) = added.told
    assert "3 images, 6 disc, nucleus as disc, without dust" in told


def test_classes_of_the_same_name_need_no_map(project: Project, other: Path) -> None:
    dataset, _, added = mixed(project, other, "nucleus=disc,dust=disc")
    assert dataset.count("disc") == project.dataset().count("disc") + 9
    assert len(added.ids) == 3
    found, _, _ = mix(Dataset(("dust", "nucleus"), ()), Split({}), [other], {})
    assert (found.count("dust"), found.count("nucleus")) == (3, 6)


def test_a_class_that_is_neither_known_nor_mapped_is_named(project: Project, other: Path) -> None:
    with pytest.raises(UsageError, match=r"classes that are none here: dust, nucleus \(here: disc\)") as refused:
        mixed(project, other, "")
    assert "--map 'dust=,nucleus='" in refused.value.next_step
    with pytest.raises(UsageError, match="none here: nucleus"):
        mixed(project, other, "dust=")


@pytest.mark.parametrize(
    ("text", "why"),
    [("nucleus=cell,dust=", "cell: there is no such class here"), ("nucleus=disc,dust=,rbc=", "has the class rbc")],
)
def test_a_map_that_leads_nowhere_is_refused(project: Project, other: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        mixed(project, other, text)


def test_sources_that_cant_be_mixed_in_are_refused(project: Project, other: Path, tmp_path: Path) -> None:
    dataset, split = project.dataset(), project.split()
    with pytest.raises(UsageError, match="does not exist"):
        mix(dataset, split, [tmp_path / "none"], {})
    (tmp_path / "packed.zip").write_bytes(b"PK")
    with pytest.raises(UsageError, match="is packed"):
        mix(dataset, split, [tmp_path / "packed.zip"], {})
    with pytest.raises(UsageError, match="mixed in twice"):
        mix(dataset, split, [other, other], class_map("nucleus=disc,dust="))
    with pytest.raises(UsageError, match="none is mixed in"):
        mix(dataset, split, [], {"nucleus": "disc"})


def test_nothing_to_mix_in_changes_nothing(project: Project) -> None:
    dataset, split = project.dataset(), project.split()
    assert mix(dataset, split, [], {}) == (dataset, split, Mixed())


def test_a_training_learns_from_a_mixed_set_and_is_measured_on_its_own(project: Project, other: Path) -> None:
    done = project.train(
        engine="threshold", mix=[other], class_map={"nucleus": "disc", "dust": ""}, watch=lambda _: None
    )
    card = done.card
    own = project.split().parts
    assert dict(card.split["parts"]) == dict(own)
    assert card.images["train"] == Counter(own.values())["train"] + 3
    assert len(card.learned_from) == len(own) + 3
    assert any("learned from" in text and "nucleus as disc" in text for text in card.remarks)
    assert project.evaluate(card.reference, watch=lambda _: None).evaluation.box.classes


def test_a_mixed_set_that_holds_validation_images_is_leakage(project: Project, tmp_path: Path) -> None:
    folder = write_labelme(tmp_path / "set", [])
    val = project.dataset().subset(project.split().ids("val")).items[0]
    source = Path(val.image.path)
    source = source if source.is_absolute() else project.root / source
    (folder / "copy.png").write_bytes(source.read_bytes())
    shape = {"label": "disc", "points": [[2, 2], [20, 2], [2, 20]], "shape_type": "polygon", "group_id": None}
    content: dict[str, Any] = {
        "version": "5.0",
        "flags": {},
        "shapes": [shape],
        "imagePath": "copy.png",
        "imageData": None,
    }
    text = json.dumps(content | {"imageWidth": 64, "imageHeight": 64})
    (folder / "copy.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="A101"):
        project.train(engine="threshold", mix=[folder], watch=lambda _: None)


def test_what_is_known_of_the_data(project: Project) -> None:
    found = known(project.dataset(), project.split(), Preprocessing())
    assert found == {"classes": 1, "grey": True, "rarest": 1.0}
    assert known(Dataset((), ()), Split({}), Preprocessing()) == {"classes": 0, "grey": False, "rarest": 0.0}
