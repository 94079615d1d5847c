"""From every format to every other, with every column filled: what differs afterwards was reported."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests import strategies
from tests.contracts import own_files as own
from tests.contracts.agreement import differences, unreported

from annelid import formats, geometry
from annelid.dataset import Dataset, LabeledImage, State, whole_image
from annelid.formats.base import Format, Loss
from annelid.formats.images import FolderImages
from annelid.geometry import Shape
from annelid.objects import Kind, Objects

NAMES = tuple(formats.FORMATS)


def by_name(dataset: Dataset) -> Mapping[str, LabeledImage]:
    return {item.image.path: item for item in dataset.items}


def trip(module: Format, dataset: Dataset, out: Path, pictures: Path) -> tuple[Dataset, list[Loss]]:
    """The dataset written and read again, and all that was said."""
    out.mkdir()
    ids = {item.image.path: item.image.id for item in dataset.items}
    losses = list(module.write(dataset, out, {item.id: item.image.path for item in dataset.items}))
    if not any(path.is_file() for path in out.rglob("*")):
        return Dataset(dataset.classes, ()), losses
    found = module.read(out, FolderImages(pictures))
    names = [Path(item.image.path).relative_to(pictures).as_posix() for item in found.items]
    items = [
        replace(item, view=replace(item.view, image=replace(item.image, id=ids[name], paths=(name,))))
        for item, name in zip(found.items, names, strict=True)
    ]
    return Dataset(found.classes, tuple(items)), losses + list(found.losses)


def check_chain(dataset: Dataset, *names: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pictures, losses, found = Path(folder, "pictures"), list[Loss](), dataset
        for item in dataset.items:
            path = pictures / item.image.path
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", item.size_wh).save(path)
        for n, name in enumerate(names):
            found, said = trip(formats.FORMATS[name], found, Path(folder, f"{n}"), pictures)
            losses += said
    assert unreported(differences(by_name(dataset), by_name(found)), losses) == []
    assert [c for c in found.classes if found.count(c)] == [c for c in dataset.classes if found.count(c)]


def is_written(dataset: Dataset) -> bool:
    """Whether even a mask can show something of it: of nothing but boxes no format of masks writes a file."""
    return any((item.objects.has_area & ~item.objects.ignore).any() for item in dataset.items)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dataset=strategies.datasets(attributes=True).filter(is_written))
def test_what_differs_after_a_round_trip_was_reported(name: str, dataset: Dataset) -> None:
    check_chain(dataset, name)


@settings(max_examples=60)
@given(
    dataset=strategies.datasets(attributes=True).filter(is_written),
    chain=st.lists(st.sampled_from(NAMES), min_size=2, max_size=3, unique=True),
)
def test_what_differs_after_several_conversions_was_reported(dataset: Dataset, chain: list[str]) -> None:
    check_chain(dataset, *chain)


DEGENERATE: dict[str, tuple[Shape, Kind]] = {
    "nothing": ((), Kind.POLYGON),
    "two points": (((np.array([[10, 10], [20, 10]], float),),), Kind.POLYGON),
    "a line": (((np.array([[10, 10], [20, 10], [30, 10]], float),),), Kind.POLYGON),
    "a flat box": (((geometry.box_ring(10, 10, 10, 20),),), Kind.BOX),
    "between pixels": (((np.array([[20.6, 10.6], [20.9, 10.6], [20.9, 10.9]]),),), Kind.POLYGON),
}

STATES: dict[str, tuple[State, tuple[geometry.Ring, ...]]] = {
    "proposed": ("draft", ()),
    "begun": ("new", ()),
    "looked at in part": ("reviewed", (geometry.box_ring(0, 0, 20, 20),)),
    "done": ("reviewed", whole_image(own.SIZE_WH)),
}


@pytest.mark.parametrize("name", NAMES)
def test_an_image_on_which_there_is_nothing_is_background_without_classes_too(name: str) -> None:
    check_chain(replace(own.dataset(Objects.empty()), classes=()), name)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", NAMES)
def test_how_far_an_image_is_annotated_comes_back_or_is_said(name: str, state: str) -> None:
    objects = Objects.from_label_image(np.eye(5, dtype=np.uint8), "cell")
    item = replace(own.dataset(objects).items[0], state=STATES[state][0], covered=STATES[state][1])
    check_chain(Dataset(("cell",), (item,)), name)


RIDING: dict[str, dict[str, Any]] = {
    "labelstudio": {
        "labelstudio": {"with": [{"id": "a", "type": "choices", "to_name": "image", "from_name": "c"}]},
        "labelstudio_task": {"id": 3, "data": {"image": "a.png"}, "file_upload": "x", "total_annotations": 1},
        "labelstudio_annotation": {"was_cancelled": True, "prediction": {"result": []}},
    },
    "via": {"via": {"attributes": {"q": "1"}}, "via_file": {"size": 12, "file_attributes": {"region_attributes": "b"}}},
    "darwin": {"darwin_file": {"item": {"slots": [], "source_info": {}}, "schema_ref": "x"}},
    "coco": {"coco": {"attributes": {"images": [1], "categories": [], "file_name": "x"}}},
    "geojson": {"geojson": {"properties": {"name": "x"}}, "geojson_file": {"features": [1]}},
    "cvat": {"cvat_image": {"id": "1"}, "cvat_file": {"labels": [{"name": "x"}]}},
}


@pytest.mark.parametrize("source", RIDING)
@pytest.mark.parametrize("name", NAMES)
def test_words_of_another_format_that_ride_along_do_not_mislead(tmp_path: Path, name: str, source: str) -> None:
    objects = Objects.from_label_image(np.eye(9, dtype=np.uint8), "cell", extra=[RIDING[source]])
    Image.new("L", own.SIZE_WH).save(tmp_path / "a.png")
    formats.FORMATS[name].write(own.dataset(objects), tmp_path, {"1": "a.png"})
    assert name == formats.sniff(tmp_path).NAME


@pytest.mark.parametrize("outline", DEGENERATE)
@pytest.mark.parametrize("name", NAMES)
def test_an_object_that_covers_nothing_is_kept_or_reported(name: str, outline: str) -> None:
    shape, kind = DEGENERATE[outline]
    good = Objects.from_label_image(np.eye(5, dtype=np.uint8), "cell")
    check_chain(own.dataset(Objects.concat([good, Objects.from_shapes([shape], ["cell"], kinds=kind)])), name)
