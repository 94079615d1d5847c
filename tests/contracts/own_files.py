"""What formats that keep Annelid's own knowledge beside each object must hold: everything comes back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from annelid import geometry
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.formats.base import Annotations, Format
from annelid.formats.images import FolderImages
from annelid.geometry import Shape
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

SIZE_WH = (100, 50)
TRIANGLE = np.array([[1, 1], [9, 1], [5, 9]], float)


def dataset(objects: Objects, size_wh: tuple[int, int] = SIZE_WH) -> Dataset:
    """One image ``a.png`` with these objects, reviewed as a whole."""
    item = LabeledImage(View(ImageRef("1", ("a.png",), size_wh)), objects, whole_image(size_wh), state="reviewed")
    return Dataset(tuple(dict.fromkeys(map(str, objects.labels))), (item,))


def picture(folder: Path, name: str = "a.png", size_wh: tuple[int, int] = SIZE_WH) -> Path:
    """An image to annotate; returns the folder."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size_wh).save(folder / name)
    return folder


def round_trip(module: Format, objects: Objects, folder: Path) -> tuple[Objects, set[str]]:
    """What comes back of the objects of one image, and the kinds of loss of writing."""
    picture(folder)
    losses = module.write(dataset(objects), folder, {"1": "a.png"})
    return module.read(folder, FolderImages(folder)).items[0].objects, set(losses.by_kind())


def every_column() -> Objects:
    """An object of each kind, with holes and parts, and with every column filled."""
    hole = geometry.box_ring(4.5, 2, 6, 4)
    ellipse, rotated = (50.0, 25.0, 9.0, 5.0, 0.25), (50.0, 25.0, 12.0, 8.0, 0.25)
    boxes = {"authors": "human:ann", "origins": "o", "extra": [{"k": [1, {"deep": None}]}]}
    outlines: list[tuple[Shape, str]] = [
        (((TRIANGLE, hole[::-1]),), "holed"),
        (((TRIANGLE,), (hole + 20,)), "parts"),
        (((TRIANGLE + 30,),), "polygon"),
    ]
    pieces = [
        Objects.from_shapes([s for s, _ in outlines], [x for _, x in outlines], scores=[0.5, np.nan, 1], parents="p"),
        Objects.from_boxes([[1.5, 2, 3, 4]], ["box"], **boxes),
        Objects.from_points([[3, 4]], ["point"]),
        Objects.from_boxes([[50, 20, 60, 30]], ["ignored"], ignore=True),
        Objects.from_shapes(
            [((geometry.ellipse_ring(ellipse[:2], ellipse[2:4], 0.25),),)],
            ["ellipse"],
            kinds=Kind.ELLIPSE,
            params=[ellipse],
        ),
        Objects.from_shapes(
            [((geometry.rotated_box_ring(*rotated),),)], ["rotated"], kinds=Kind.ROTATED_BOX, params=[rotated]
        ),
        Objects.from_label_image(np.eye(5, dtype=np.uint8), "mask"),
    ]
    return Objects.concat(pieces)


def without(objects: Objects, *prefixes: str) -> Objects:
    """The objects without what the format itself tells of file and image."""
    return objects.replace(extra=[{k: v for k, v in e.items() if k not in prefixes} for e in objects.extra])


def check_same(before: Objects, after: Objects, tolerance_px: float = 0) -> None:
    """Every object is there again, in any order, with every column equal."""
    again = {str(label): n for n, label in enumerate(after.labels)}
    for n, label in enumerate(map(str, before.labels)):
        one, other = before[[n]], after[[again[label]]]
        assert one.coords.shape == other.coords.shape, label
        assert np.allclose(one.coords, other.coords, rtol=0, atol=tolerance_px), label
        assert np.allclose(one.params, other.params, rtol=0, atol=max(tolerance_px, 1e-9), equal_nan=True), label
        assert replace(one, coords=other.coords, params=other.params) == other, label


def check_real_files_come_back(module: Format, source: Path, found: Annotations, out: Path) -> None:
    """What was read of real files is written, read again, and equal."""
    folder = source if source.is_dir() else source.parent
    items = tuple(replace(i, view=View(replace(i.image, id=str(n)))) for n, i in enumerate(found.items))
    names = {i.id: _relative(i.image.path, folder) for i in items}
    module.write(Dataset(found.classes, items), out, names)
    back = {i.image.path: i.objects for i in module.read(out, FolderImages(folder)).items}
    assert set(back) >= {i.image.path for i in found.items if len(i.objects)}
    assert all(back[i.image.path] == i.objects for i in found.items if len(i.objects))


def _relative(path: str, folder: Path) -> str:
    return Path(path).relative_to(folder).as_posix() if Path(path).is_absolute() else path
