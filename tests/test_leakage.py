"""A training is refused where validation is on images that are learned; allowed, it is told with every figure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests import small

from annelid.check.leak import leaks
from annelid.check.subject import Subject
from annelid.errors import UsageError
from annelid.project import Project
from annelid.split import Split


def leaky_set(folder: Path, *, flip: bool = False) -> Path:
    """A YOLO data set whose validation images are the training images under other names."""
    with small.project_of_discs(folder / "made", images=6) as project:
        project.export(folder / "export", "yolo")
    images = sorted((folder / "export").rglob("*.png"))
    for part in ("train", "val"):
        for kind in ("images", "labels"):
            (folder / "set" / kind / part).mkdir(parents=True)
    for n, image in enumerate(images):
        label = next((folder / "export").rglob(f"{image.stem}.txt"))
        for part, name in (("train", f"x{n}learned"), ("val", f"x{n}measured")):
            target = folder / "set" / "images" / part / f"{name}.png"
            if flip and part == "val":
                Image.fromarray(np.asarray(Image.open(image))[::-1].copy()).save(target)
            else:
                shutil.copy(image, target)
            shutil.copy(label, folder / "set" / "labels" / part / f"{name}.txt")
    yaml = folder / "set" / "data.yaml"
    yaml.write_text("train: images/train\nval: images/val\nnames: [disc]\n", encoding="utf-8")
    return yaml


@pytest.mark.parametrize(("flip", "code"), [(False, "A101"), (True, "A107")])
def test_a_data_set_that_validates_on_training_images_is_refused(tmp_path: Path, flip: bool, code: str) -> None:
    yaml = leaky_set(tmp_path, flip=flip)
    with Project.init(tmp_path / "project") as project:
        with pytest.raises(UsageError, match=f"6 of 6 val images are .* images in train .{code}") as refused:
            project.train(data=yaml, engine="threshold", watch=lambda _: None)
        assert "--allow-leakage" in refused.value.next_step
        assert not list((project.root / "runs").glob("*"))


def test_an_imported_split_that_leaks_is_refused_until_it_is_mended(tmp_path: Path) -> None:
    with Project.init(tmp_path / "project") as project:
        project.import_(leaky_set(tmp_path).parent)
        with pytest.raises(UsageError, match="A101") as refused:
            project.train(engine="threshold", watch=lambda _: None)
        assert "annelid check --fix A101" in refused.value.next_step
        project.fix("A101")
        done = project.train(engine="threshold", watch=lambda _: None)
        assert done.card.leakage == ()


def test_allowed_leakage_is_on_the_card_and_with_every_figure(tmp_path: Path) -> None:
    with Project.init(tmp_path / "project") as project:
        yaml = leaky_set(tmp_path)
        card = project.train(data=yaml, engine="threshold", allow_leakage=True, watch=lambda _: None).card
        assert "6 of 6 val images" in card.leakage[0]
        kept = project.library.get(card.reference)
        assert kept.leakage == card.leakage
        assert kept.metrics["val"]["leakage"] == list(card.leakage)
        measured = project.evaluate(card.reference, watch=lambda _: None)
        assert card.leakage[0] in measured.to_dict()["notes"]
        report = (project.root / "runs" / card.run / "report.html").read_text(encoding="utf-8")
        assert "6 of 6 val images" in report
        json.dumps(card.to_dict())


def test_a_clean_project_is_trained_without_a_word(tmp_path: Path) -> None:
    with small.project_of_discs(tmp_path / "project") as project:
        card = project.train(engine="threshold", watch=lambda _: None).card
        assert card.leakage == ()
        assert "leakage" not in project.library.get(card.reference).metrics["val"]


def test_one_near_copy_among_many_images_is_noted_but_stops_nobody(tmp_path: Path) -> None:
    with small.project_of_discs(tmp_path / "project", images=12) as project:
        dataset = project.dataset()
        a, b, *others = dataset.items
        data = project._subject()
        looks = {**data.looks, b.id: data.looks[a.id]}
        val = dict.fromkeys((item.id for item in (b, *others[:5])), "val")
        split = Split({**{item.id: "train" for item in (a, *others[5:])}, **val})  # type: ignore[dict-item]
        (leak,) = leaks(Subject(dataset, split, looks))
        assert (leak.images, leak.near, leak.of, leak.is_grave) == (1, 1, 6, True)
        larger = type(leak)(leak.part, leak.source, 1, 30, leak.codes, leak.example, 1)
        assert not larger.is_grave
        assert leaks(Subject(dataset, None, looks)) == []


def test_leaks_from_training_and_validation_into_the_test_part_are_told_apart(tmp_path: Path) -> None:
    with small.project_of_discs(tmp_path / "project") as project:
        items = project.dataset().items
        data = project._subject()
        looks = {**data.looks, items[2].id: data.looks[items[0].id], items[3].id: data.looks[items[1].id]}
        split = Split(dict(zip([i.id for i in items[:4]], ("train", "val", "test", "test"), strict=True)))
        found = leaks(Subject(project.dataset(), split, looks))
        assert [(leak.part, leak.source) for leak in found] == [("test", "train"), ("test", "val")]


def test_a_training_with_few_near_copies_goes_on_and_notes_them(tmp_path: Path) -> None:
    with small.project_of_discs(tmp_path / "project", images=26, size=48) as project:
        source = project.root / "source"
        for kind in ("images", "masks"):
            with Image.open(source / kind / "z.png") as picture:
                Image.fromarray(np.asarray(picture)[::-1].copy()).save(source / kind / "a.png")
        project.import_(source / "images", labels=source / "masks")
        names = {item.image.stem: item.id for item in project.dataset().items}
        val = set(list(names)[:21])
        parts = {id_: "val" if name in val else "train" for name, id_ in names.items()}
        project.store.save_split(Split(parts, by="given").to_dict())  # type: ignore[arg-type]
        card = project.train(engine="threshold", watch=lambda _: None).card
    assert "z" not in val
    assert [text.split(":")[0] for text in card.leakage] == ["leakage of little weight"]
    assert "1 of 21 val images are near copies" in card.leakage[0]
