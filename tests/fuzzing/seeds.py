"""Files to spoil: for every format what Annelid writes, what other tools write, and real files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tests.contracts import own_files as own

from annelid import formats, geometry
from annelid.dataset import Dataset
from annelid.objects import Objects

Files = dict[str, bytes]
"""Path below a folder -> what lies there."""

PICTURES = ("a.png", "b.png", "picture.png")
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
        return [name for name in self.files if name not in PICTURES] or list(self.files)


def seeds(name: str, folder: Path) -> Iterator[Seed]:
    """What lies in a folder of the format: as Annelid writes it, and as others do.

    Args:
        name: of the format.
        folder: an empty folder to work in.
    """
    own_files = written(name, folder)
    yield Seed("own", own_files)
    for number, make in enumerate(FOREIGN.get(name, ())):
        yield Seed(f"foreign {number}", _pictures() | make(own_files))


def written(name: str, folder: Path) -> Files:
    """What the format's own writer makes of two images with objects of every kind."""
    for picture in PICTURES[:2]:
        own.picture(folder, picture)
    formats.get(name).write(dataset(), folder, {str(n): picture for n, picture in enumerate(PICTURES[:2])})
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


def _pictures() -> Files:
    return dict.fromkeys(PICTURES[:2], picture(np.zeros(own.SIZE_WH[::-1], np.uint8)))


def picture(pixels: Any, ending: str = "png") -> bytes:
    """An image file of these pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, ending)
    return buffer.getvalue()


# --- as other tools write them ----------------------------------------------------------------------------------------


def _coco(_: Files) -> Files:
    """Run lengths as numbers, crowds, keypoints, a category that nobody uses."""
    images = [{"id": n, "file_name": name, "width": 100, "height": 50} for n, name in enumerate(PICTURES[:2], 7)]
    kinds: list[dict[str, Any]] = [
        {"segmentation": [[1, 1, 9, 1, 5, 9], [20, 20, 30, 20, 25, 29]], "bbox": [1, 1, 29, 28], "area": 77},
        {"segmentation": {"size": [50, 100], "counts": [60, 5, 45, 5, 4885]}, "iscrowd": 1},
        {"bbox": [3.5, 4, 5, 6], "segmentation": [], "score": 0.5, "attributes": {"occluded": False}},
        {
            "keypoints": [3, 4, 2, 0, 0, 0],
            "num_keypoints": 1,
            "bbox": [1, 1, 5, 6],
            "segmentation": [[1, 1, 6, 1, 6, 7]],
        },
    ]
    shared = ({"image_id": 7 + n % 2, "category_id": 1 + n % 2, "id": n + 1} for n in range(len(kinds)))
    annotations = [{**value, **ids} for value, ids in zip(kinds, shared, strict=True)]
    categories = [{"id": n, "name": name, "supercategory": "all"} for n, name in enumerate(("all", "cell", "débris"))]
    return _json("instances_train.json", {"images": images, "annotations": annotations, "categories": categories})


def _json(name: str, value: object) -> Files:
    return {name: json.dumps(value, indent=1).encode()}


def _yolo(_: Files) -> Files:
    yaml = b"path: .\ntrain: images\nval: images\nnames: [cell, 'two words']\n"
    return {"data.yaml": yaml, "labels/a.txt": b"0 0.5 0.5 0.25 0.5\n1 .1 .2 .3 .2 .3 .4 .1 .4\n", "labels/b.txt": b""}


def _yolo_with_list(_: Files) -> Files:
    return {"classes.txt": b"cell\r\nnucleus\r\n", "a.txt": b"1 0.5 0.5 0.25 0.5 0.9\r\n", "b.txt": b"0 .2 .2 .1 .1\n"}


def _labels() -> Any:
    labels = np.zeros(own.SIZE_WH[::-1], np.uint16)
    labels[5:20, 5:20], labels[30:40, 50:90], labels[10:15, 60:70] = 1, 2, 300
    return labels


def _labelmask(_: Files) -> Files:
    colours = np.zeros((*_labels().shape, 3), np.uint8)
    colours[5:20, 5:20], colours[30:40, 50:90] = (255, 0, 0), (0, 128, 5)
    return {"a_masks.png": picture(_labels()), "b_masks.png": picture(colours)}


def _labelmask_tiff(_: Files) -> Files:
    return {"masks/a.tif": picture(_labels(), "tiff"), "masks/b.bmp": picture((_labels() > 0) * np.uint8(255), "bmp")}


def _maskfolder(_: Files) -> Files:
    masks = {f"x/masks/{value}.png": picture((_labels() == value) * np.uint8(255)) for value in (1, 2, 300)}
    return {"x/images/x.png": _pictures()["a.png"], **masks}


def _voc(_: Files) -> Files:
    bounds = "<bndbox><xmin>{}</xmin><ymin>5</ymin><xmax>30</xmax><ymax>40.5</ymax></bndbox>"
    objects = "".join(
        f"<object><name>{name}</name><pose>Left</pose><difficult>{n}</difficult>{bounds.format(n)}</object>"
        for n, name in enumerate(("cell", "débris"))
    )
    size = "<size><width>100</width><height>50</height><depth>3</depth></size>"
    text = f"<annotation><filename>a.png</filename>{size}{objects}</annotation>"
    return {"a.xml": text.encode(), "ImageSets/Main/train.txt": b"a\n", "ImageSets/Main/val.txt": b"b\n"}


def _cvat(_: Files) -> Files:
    """A video's tracks, and masks."""
    boxes = "".join(
        f'<box frame="{n}" outside="{int(n == 3)}" occluded="0" keyframe="1" xtl="{n}" ytl="1" xbr="20" ybr="30"/>'
        for n in (0, 2, 3)
    )
    labels = "<labels><label><name>cell</name><attributes/></label></labels>"
    size = "<original_size><width>100</width><height>50</height></original_size>"
    meta = f"<meta><task><size>5</size>{labels}{size}</task></meta>"
    track = f'<track id="3" label="cell" source="manual">{boxes}</track>'
    text = f'<?xml version="1.0"?><annotations><version>1.1</version>{meta}{track}</annotations>'
    return {"annotations.xml": text.encode()}


def _labelstudio(_: Files) -> Files:
    shared = {"original_width": 100, "original_height": 50, "image_rotation": 0, "from_name": "x", "to_name": "image"}
    values: list[tuple[str, dict[str, Any]]] = [
        ("rectanglelabels", {"x": 10, "y": 10, "width": 20, "height": 30, "rotation": 15}),
        ("polygonlabels", {"points": [[1, 1], [50, 1], [25, 60]]}),
        ("keypointlabels", {"x": 5, "y": 6, "width": 1}),
    ]
    result = [
        {**shared, "id": str(n), "type": kind, "value": {**value, kind: ["cell"]}}
        for n, (kind, value) in enumerate(values)
    ]
    task = {"id": 1, "data": {"image": "/data/upload/1/1f2e3d4c-a.png"}, "annotations": [{"id": 2, "result": result}]}
    minimal = {"id": 3, "image": "b.png", "label": [{"x": 1, "y": 2, "width": 9, "height": 9, "rotation": 0}]}
    return _json("project.json", [task, {"id": 4, "data": {"image": "b.png"}, "annotations": [], "also": minimal}])


def _via(_: Files) -> Files:
    drawn = {"name": "polygon", "all_points_x": [1, 9, 5], "all_points_y": [1, 1, 9]}
    circle = {"name": "circle", "cx": 50, "cy": 25, "r": 9.5}
    regions = {
        str(n): {"shape_attributes": s, "region_attributes": {"label": "y"}} for n, s in enumerate((drawn, circle))
    }
    return _json("via_region_data.json", {"a.png9": {"filename": "a.png", "size": 9, "regions": regions}})


def _via3(_: Files) -> Files:
    metadata = {f"1_{n}": {"vid": "1", "z": [], "xy": [2, 5 * n, 5, 30, 25], "av": {"1": "cell"}} for n in (0, 1)}
    files = {"1": {"fid": "1", "fname": "a.png", "type": 2, "loc": 1, "src": ""}}
    views = {"1": {"fid_list": ["1"]}}
    attribute = {"1": {"aname": "label", "anchor_id": "FILE1_Z0_XY1", "type": 1, "options": {}}}
    project = {"pid": "x", "vid_list": ["1"]}
    return _json(
        "via3.json", {"project": project, "file": files, "view": views, "metadata": metadata, "attribute": attribute}
    )


def _geojson(_: Files) -> Files:
    ring = [[1, 1], [9, 1], [5, 9], [1, 1]]
    shapes: list[dict[str, Any]] = [
        {"type": "Polygon", "coordinates": [[[0, 0], [20, 0], [20, 20], [0, 20], [0, 0]], ring]},
        {"type": "MultiPolygon", "coordinates": [[ring], [[[x + 30, y] for x, y in ring]]]},
        {"type": "MultiPoint", "coordinates": [[3, 4], [5, 6]]},
    ]
    features = [
        {"type": "Feature", "id": f"{n}", "geometry": shape, "properties": {"objectType": "annotation"}}
        for n, shape in enumerate(shapes)
    ]
    return _json("a.png.geojson", features)


def _rois(own_files: Files) -> Files:
    """Single files in place of a zip."""
    with zipfile.ZipFile(io.BytesIO(own_files["a_rois.zip"])) as archive:
        return {f"a/{n}.roi": archive.read(name) for n, name in enumerate(archive.namelist())}


def _outlines(_: Files) -> Files:
    return {"a_cp_outlines.txt": b"5,4,9,4,9,7,5,7\n1.5,1,9.5,1,5,9.25\n", "b_cp_masks.png": picture(_labels())}


FOREIGN: dict[str, tuple[Callable[[Files], Files], ...]] = {
    "coco": (_coco,),
    "yolo": (_yolo, _yolo_with_list),
    "labelmask": (_labelmask, _labelmask_tiff),
    "maskfolder": (_maskfolder,),
    "voc": (_voc,),
    "cvat": (_cvat,),
    "labelstudio": (_labelstudio,),
    "via": (_via, _via3),
    "geojson": (_geojson,),
    "imagej": (_rois,),
    "cellpose": (_outlines,),
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
        pictures = {"picture.png": picture(np.zeros((2000, 2000), np.uint8))} if name in {"geojson", "imagej"} else {}
        yield Seed(pattern, pictures | {path.relative_to(folder).as_posix(): path.read_bytes() for path in files[:30]})
