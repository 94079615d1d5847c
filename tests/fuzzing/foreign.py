"""Files as other tools write them, to spoil: what Annelid's own writers do not make."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from tests.contracts import own_files as own

Files = dict[str, bytes]
"""Path below a folder -> what lies there."""

PICTURES = ("a.png", "b.png")


def pictures() -> Files:
    return dict.fromkeys(PICTURES, picture(np.zeros(own.SIZE_WH[::-1], np.uint8)))


def picture(pixels: Any, ending: str = "png") -> bytes:
    """An image file of these pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, ending)
    return buffer.getvalue()


def _coco(_: Files) -> Files:
    """Run lengths as numbers, crowds, keypoints, a category that nobody uses."""
    images = [{"id": n, "file_name": name, "width": 100, "height": 50} for n, name in enumerate(PICTURES, 7)]
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
    return {"x/images/x.png": pictures()["a.png"], **masks}


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


def _labelme_xml(_: Files) -> Files:
    """The old web tool's: a polygon, a box, a mask in a file of its own."""
    corners = "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in ((10, 5), (40, 5), (40, 30), (10, 30)))
    drawn = f"<polygon><username>ann</username>{corners}</polygon>"
    box = "<box><xmin>5</xmin><ymin>5</ymin><xmax>20</xmax><ymax>20</ymax></box>"
    things = (drawn, f"<type>bounding_box</type>{drawn}", f"<segm>{box}<mask>a_mask_0.png</mask></segm>")
    objects = "\n".join(
        f"<object><name>cell</name><deleted>0</deleted><id>{n}</id>{thing}</object>" for n, thing in enumerate(things)
    )
    head = "<filename>a.png</filename><folder>sub</folder><imagesize><nrows>50</nrows><ncols>100</ncols></imagesize>"
    text = f"<annotation>{head}{objects}</annotation>"
    mask = picture((_labels() == 1) * np.uint8(255))
    return {"Annotations/sub/a.xml": text.encode(), "Masks/sub/a_mask_0.png": mask}


def _cvat_server(_: Files) -> Files:
    """A backup of a task: shapes, a mask, a track, names of the images in a manifest."""
    usual = {"occluded": False, "outside": False, "rotation": 0.0, "source": "manual", "group": 0, "attributes": []}
    drawn = (("rectangle", [3, 4, 20, 30]), ("polygon", [1, 1, 9, 1, 5, 9]), ("mask", [2, 3, 1, 10, 10, 12, 11]))
    shapes = [{"type": kind, "points": points, "frame": 0, "label": "cell", **usual} for kind, points in drawn]
    task = {"name": "t", "labels": [{"name": "cell"}], "data": {"start_frame": 0, "stop_frame": 1}}
    lines = [{"version": "1.1"}, {"type": "images"}]
    lines += [{"name": n, "extension": ".png", "width": 100, "height": 50} for n in "ab"]  # type: ignore[dict-item]
    manifest = "\n".join(map(json.dumps, lines)).encode()
    jobs = [{"version": 0, "tags": [], "shapes": shapes, "tracks": []}]
    return _json("annotations.json", jobs) | _json("task.json", task) | {"data/manifest.jsonl": manifest}


def _darwin(_: Files) -> Files:
    path = [{"x": x, "y": y} for x, y in ((1, 1), (9, 1), (5, 9))]
    box = {"x": 10, "y": 5, "w": 30, "h": 25}
    annotations: list[dict[str, Any]] = [
        {"name": "cell", "polygon": {"paths": [path]}, "bounding_box": box, "id": "1"},
        {"name": "cell", "bounding_box": box, "id": "2"},
        {"name": "debris", "keypoint": {"x": 3, "y": 4}, "id": "3"},
        {"name": "cell", "ellipse": {"angle": 0.2, "center": {"x": 50, "y": 25}, "radius": {"x": 9, "y": 5}}},
    ]
    slot = {"type": "image", "slot_name": "0", "width": 100, "height": 50, "source_files": [{"file_name": "a.png"}]}
    item = {"name": "a.png", "path": "/", "slots": [slot]}
    return _json("a.json", {"version": "2.0", "item": item, "annotations": annotations})


FOREIGN: dict[str, tuple[Callable[[Files], Files], ...]] = {
    "labelme": (_labelme_xml,),
    "coco": (_coco,),
    "yolo": (_yolo, _yolo_with_list),
    "labelmask": (_labelmask, _labelmask_tiff),
    "maskfolder": (_maskfolder,),
    "voc": (_voc,),
    "cvat": (_cvat, _cvat_server),
    "labelstudio": (_labelstudio,),
    "via": (_via, _via3),
    "darwin": (_darwin,),
    "geojson": (_geojson,),
    "imagej": (_rois,),
    "cellpose": (_outlines,),
}
