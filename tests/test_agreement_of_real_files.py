"""Files of real tools go into every format: they come back, and what is another then was reported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.contracts.agreement import differences, unreported

from annelid import formats
from annelid.convert import convert
from annelid.dataset import LabeledImage
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages

pytestmark = pytest.mark.shared_data

DATUMARO = "formats/datumaro"
SOURCES = {
    "formats/labelme/bbox_detection": "labelme",
    "formats/labelme/instance_segmentation/data_annotated": "labelme",
    "formats/labelme/primitives": "labelme",
    f"{DATUMARO}/coco_dataset/coco_person_keypoints": "coco",
    f"{DATUMARO}/coco_dataset/coco_stuff": "coco",
    f"{DATUMARO}/roboflow_dataset/coco": "coco",
    f"{DATUMARO}/cvat_dataset/for_images/export_task": "cvat",
    f"{DATUMARO}/voc_dataset/voc_dataset1": "voc",
    f"{DATUMARO}/yolo_dataset/labels": "yolo",
    "segmentation/celldetective": "celldetective",
}
"""Sets with their pictures -> their format."""

WORDS = {
    "formats/labelme/primitives": {"labelme": {"flags", "description"}, "labelme_file": {"version"}},
    f"{DATUMARO}/coco_dataset/coco_person_keypoints": {
        "coco": {"attributes", "keypoints", "num_keypoints"},
        "coco_file": {"categories"},
    },
    f"{DATUMARO}/cvat_dataset/for_images/export_task": {
        "cvat": {"attributes", "occluded", "z_order"},
        "cvat_image": {"id"},
        "cvat_file": {"labels"},
    },
    f"{DATUMARO}/voc_dataset/voc_dataset1": {
        "voc": {"actions", "part", "truncated"},
        "voc_file": {"depth", "folder", "segmented"},
    },
    "segmentation/celldetective": {"celldetective_file": {"channels", "spatial_calibration"}},
}
"""What tools say in their own words there, and what has to come back, therefore."""


@pytest.mark.parametrize("source", WORDS)
def test_words_of_real_tools_ride_along(shared_data: Path, source: str) -> None:
    found = formats.get(SOURCES[source]).read(shared_data / source, FolderImages(shared_data / source))
    extras = [extra for item in found.items for extra in item.objects.extra]
    for key, words in WORDS[source].items():
        assert words <= {word for extra in extras for word in extra.get(key, {})}


@pytest.mark.parametrize("source", SOURCES)
def test_files_of_real_tools_come_back_equal_from_their_own_format(
    shared_data: Path, tmp_path: Path, source: str
) -> None:
    name = SOURCES[source]
    found, back, _ = _there(shared_data / source, tmp_path / "out", name, name)
    assert unreported(differences(_by_name(found), _by_name(back)), []) == []


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", formats.FORMATS)
def test_what_differs_in_another_format_was_reported(
    shared_data: Path, tmp_path: Path, source: str, target: str
) -> None:
    found, back, losses = _there(shared_data / source, tmp_path / "out", SOURCES[source], target)
    assert unreported(differences(_by_name(found), _by_name(back)), losses) == []


def _there(source: Path, out: Path, name: str, target: str) -> tuple[Annotations, Annotations, list[formats.base.Loss]]:
    """What was read of the source, what was read of its conversion, and what was said since."""
    found = formats.get(name).read(source, FolderImages(source))
    done = convert(source, out, target, format=name, copy=True)
    back = formats.get(target).read(out, FolderImages(out))
    return found, back, [*list(done.losses)[len(found.losses) :], *back.losses]


def _by_name(found: Annotations) -> Mapping[str, LabeledImage]:
    """The images of which something is known by their names."""
    known = [item for item in found.items if item.covered or len(item.objects)]
    return {Path(item.image.path).name: item for item in known}
