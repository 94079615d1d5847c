"""Files to spoil: for every format what Annelid writes, what other tools write, and real files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tests.contracts import own_files as own
from tests.fuzzing.foreign import FOREIGN, PICTURES, Files, picture, pictures

from annelid import formats, geometry
from annelid.dataset import Dataset
from annelid.objects import Objects

_PICTURES = (*PICTURES, "picture.png")
_SMALL = 5_000_000


@dataclass(frozen=True)
class Seed:
    """A set of files of one format, with their images.

    Attributes:
        name: what a failing test shows.
        files: all of the files.
        annotations: names of those that are no pictures.
    """

    name: str
    files: Files

    @property
    def annotations(self) -> list[str]:
        """The files to spoil."""
        return [name for name in self.files if name not in _PICTURES] or list(self.files)


def seeds(name: str, folder: Path) -> Iterator[Seed]:
    """What lies in a folder of the format: as Annelid writes it, and as others do.

    Args:
        name: of the format.
        folder: an empty folder to work in.
    """
    own_files = written(name, folder)
    yield Seed("own", own_files)
    for number, make in enumerate(FOREIGN.get(name, ())):
        yield Seed(f"foreign {number}", pictures() | make(own_files))


def written(name: str, folder: Path) -> Files:
    """What the format's own writer makes of two images with objects of every kind."""
    for image in PICTURES:
        own.picture(folder, image)
    formats.get(name).write(dataset(), folder, {str(n): image for n, image in enumerate(PICTURES)})
    return contents(folder)


def dataset() -> Dataset:
    """Two images: one with an object of every kind, one with some that overlap nothing."""
    first = own.dataset(own.every_column())
    box, shape = geometry.box_ring(3, 4, 20, 30), geometry.box_ring(40, 10, 70, 40)
    outlines = [((box,),), ((shape, geometry.box_ring(50, 20, 60, 30)[::-1]),), ((own.TRIANGLE + np.array([80, 0]),),)]
    second = own.dataset(Objects.from_shapes(outlines, ["box", "holed", "polygon"]))
    items = [replace(first.items[0], view=_view(first, 0)), replace(second.items[0], view=_view(second, 1))]
    return Dataset(first.classes, tuple(items))


def _view(made: Dataset, number: int) -> Any:
    view = made.items[0].view
    return replace(view, image=replace(view.image, id=str(number), paths=(PICTURES[number],)))


def contents(folder: Path) -> Files:
    """Everything below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


# --- real files -----------------------------------------------------------------------------------------------------

_REAL: dict[str, tuple[str, ...]] = {
    "labelme": (
        "formats/labelme/bbox_detection/data_annotated/*",
        "formats/labelme/primitives/*",
        "formats/xanylabeling/examples/*/*/sources/*.json",
        "formats/galaxy_anylabeling/*.json",
    ),
    "coco": ("formats/datumaro/coco_dataset/coco_instances/**/*", "formats/datumaro/coco_dataset/coco/**/*.json"),
    "yolo": ("formats/datumaro/roboflow_dataset/yolo/**/*", "formats/datumaro/yolo_dataset/strict/**/*"),
    "labelmask": ("segmentation/dsb2018/*/00[0-3]*",),
    "voc": ("formats/datumaro/voc_dataset/voc_dataset2/**/*", "detection/bccd_voc/Annotations/BloodImage_0009?.xml"),
    "cvat": ("formats/datumaro/cvat_dataset/for_images/export_project/**/*",),
    "labelstudio": ("formats/labelstudio/test_export_yolo/*.json", "formats/labelstudio/test_export_coco/*"),
    "geojson": ("formats/galaxy_points/rois.geojson", "formats/qupath_lmd/*.geojson"),
    "imagej": ("formats/imagej_roi/test/data/*.roi", "microscopy/neubias/figures/resources/*_rois.zip"),
    "cellpose": ("segmentation/omnipose/**/*",),
    "celldetective": ("segmentation/celldetective/assets/*",),
}
"""Format -> patterns of files below the shared data; each pattern makes one set of files."""


def real_seeds(name: str, shared: Path) -> Iterator[Seed]:
    """The small ones among real files of a format, each set with its images."""
    for pattern in _REAL.get(name, ()):
        files = [path for path in sorted(shared.glob(pattern)) if path.is_file() and path.stat().st_size < _SMALL]
        fixed = shared / pattern.partition("*")[0]
        folder = fixed if fixed.is_dir() else fixed.parent
        added = {"picture.png": picture(np.zeros((2000, 2000), np.uint8))} if name in {"geojson", "imagej"} else {}
        yield Seed(pattern, added | {path.relative_to(folder).as_posix(): path.read_bytes() for path in files[:30]})
