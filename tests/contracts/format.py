"""What every annotation format must hold, whatever it writes: call the checks with a format and a dataset.

`round_trip` writes a dataset, with images of the right sizes beside it, and reads it again; the checks look
at what came back and at what was said to be lost.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annelid import formats
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError
from annelid.formats.base import Annotations, Format, LossReport
from annelid.formats.images import FolderImages
from annelid.geometry import Shape
from annelid.image import ImageRef, View
from annelid.objects import Objects

_STACK = ImageRef("stack", ("sub/stack.png",), (30, 20), planes=(3, 9))
PLANES = (View(_STACK, z=5), View(_STACK, t=2), View(_STACK, t=1, projection="max"), View(_STACK, 1, 2, 3))
"""Views of one image, none of which is the first plane."""


@dataclass(frozen=True)
class RoundTrip:
    """A dataset that was written and read again.

    Attributes:
        out: folder of the annotations.
        images: folder of the images.
        written: losses of writing.
        found: what was read.
    """

    out: Path
    images: Path
    written: LossReport
    found: Annotations

    @property
    def losses(self) -> int:
        """How many objects were said to be lost or changed."""
        return sum(loss.count for report in (self.written, self.found.losses) for loss in report)


@contextmanager
def round_trip(module: Format, dataset: Dataset) -> Iterator[RoundTrip]:
    """Write a dataset into a new folder and read it again."""
    with tempfile.TemporaryDirectory() as folder:
        out, images = Path(folder, "out"), Path(folder, "pictures")
        out.mkdir()
        for item in dataset.items:
            path = images / item.image.path
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", item.size_wh).save(path)
        written = module.write(dataset, out, {item.id: item.image.path for item in dataset.items})
        yield RoundTrip(out, images, written, module.read(out, FolderImages(images)))


def check_what_comes_back(module: Format, dataset: Dataset, tolerance_px: float) -> None:
    """Images, objects and classes in their order come back; every object that does not come back alike was reported."""
    with round_trip(module, dataset) as trip:
        assert not _has_objects(dataset) or formats.sniff(trip.out) is module
        assert [p for p in trip.out.rglob("*") if p.is_file() and p.name.startswith(".")] == []
        used, back = _used(dataset.classes, dataset), _used(trip.found.classes, dataset)
        assert back == used
        found = {Path(item.image.path).relative_to(trip.images).as_posix(): item for item in trip.found.items}
        assert set(found) == {item.image.path for item in dataset.items}
        changed = 0
        for item in dataset.items:
            again = found[item.image.path]
            assert again.size_wh == item.size_wh
            assert again.is_complete
            assert again.state == "reviewed"
            assert len(again.objects) <= len(item.objects)
            changed += _unlike(item.objects, again.objects, tolerance_px)
        assert changed <= trip.losses


def check_lossless(module: Format, dataset: Dataset, tolerance_px: float) -> None:
    """Everything comes back alike and nothing is reported."""
    with round_trip(module, dataset) as trip:
        assert not list(trip.written)
        assert not list(trip.found.losses)
        found = {Path(item.image.path).relative_to(trip.images).as_posix(): item for item in trip.found.items}
        for item in dataset.items:
            back = found[item.image.path]
            assert back.objects.kinds.tolist() == item.objects.kinds.tolist()
            assert _unlike(item.objects, back.objects, tolerance_px) == 0


def check_unknown_classes_are_reported(module: Format, dataset: Dataset) -> None:
    """With fewer classes given than the files use, the objects of the others are left out, and counted."""
    with round_trip(module, dataset) as trip:
        given = dataset.classes[:1]
        again = module.read(trip.out, FolderImages(trip.images), given)
        assert again.classes == given
        assert all(label in given for item in again.items for label in item.objects.labels)
        missing = _count(trip.found) - _count(again)
        assert sum(loss.count for loss in again.losses if loss.kind == "class-unknown") >= missing


def check_planes_are_kept_apart(module: Format, view: View) -> None:
    """Two planes of an image come back as two, each with its own objects."""
    dataset = _two_planes(view)
    with round_trip(module, dataset) as trip:
        back = {item.view.plane: item.objects.labels.tolist() for item in trip.found.items}
        assert back == {item.view.plane: item.objects.labels.tolist() for item in dataset.items}
        assert all(Path(item.image.path).name == view.image.name for item in trip.found.items)


def check_several_planes_are_refused(module: Format, view: View) -> None:
    """Two planes of an image, which would share a file, are not mixed."""
    with pytest.raises(AnnotationError, match="one plane"), round_trip(module, _two_planes(view)):
        pass


def check_a_plane_comes_back_or_is_a_loss(module: Format, view: View) -> None:
    """An image of which another plane than the first is annotated says so again, or its loss is reported."""
    with round_trip(module, Dataset(("cell",), (_annotated(view, "cell"),))) as trip:
        (item,) = trip.found.items
        reports = (trip.written, trip.found.losses)
        told = sum(loss.count for report in reports for loss in report if loss.kind == "plane")
        assert len(item.objects) == 1
        assert Path(item.image.path).name == view.image.name
        assert item.view.plane == view.plane or told


def _two_planes(view: View) -> Dataset:
    items = (_annotated(View(view.image), "first"), _annotated(view, "second"))
    return Dataset(("first", "second"), items)


def _annotated(view: View, label: str) -> LabeledImage:
    mask = np.zeros((20, 30), np.uint8)
    mask[4:12, 5:15] = 1
    return LabeledImage(view, Objects.from_label_image(mask, label), whole_image((30, 20)), state="reviewed")


def check_empty_folder_is_refused(module: Format, folder: Path) -> None:
    """A folder without annotations is an error that names it, and nothing recognises it."""
    assert not module.sniff(folder)
    with pytest.raises(AnnotationError, match=folder.name):
        module.read(folder, FolderImages(folder))


def check_foreign_files_are_not_recognised(module: Format, folder: Path) -> None:
    """Sniffing looks at content and never fails, whatever lies there."""
    contents = {
        "empty.json": b"",
        "list.json": b"[]",
        "cut.json": b'{"shapes',
        "binary.json": bytes(range(256)),
        "page.txt": b"hello world\n",
        "picture.png": b"\x89PNG\r\n\x1a\n",
        "noext": b"\xff\xfe\x00",
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
        assert not module.sniff(folder / name), name
    assert not module.sniff(folder / "nothing here")


def _used(classes: tuple[str, ...], dataset: Dataset) -> list[str]:
    """The classes that have objects; a format need not carry the others."""
    return [name for name in classes if dataset.count(name)]


def _count(found: Annotations) -> int:
    return sum(len(item.objects) for item in found.items)


def _unlike(before: Objects, after: Objects, tolerance_px: float) -> int:
    """Number of objects that have no equal afterwards: same class and outline."""
    left = list(range(len(after)))
    unlike = 0
    for n in range(len(before)):
        equal = [m for m in left if _is_alike(before, n, after, m, tolerance_px)]
        if equal:
            left.remove(equal[0])
        else:
            unlike += 1
    return unlike


def _is_alike(before: Objects, n: int, after: Objects, m: int, tolerance_px: float) -> bool:
    same = before.labels[n] == after.labels[m]
    return bool(same) and _same_shape(before.shape(n), after.shape(m), tolerance_px)


def _same_shape(a: Shape, b: Shape, tolerance_px: float) -> bool:
    rings_a, rings_b = ([ring for part in shape for ring in part] for shape in (a, b))
    return [len(part) for part in a] == [len(part) for part in b] and all(
        p.shape == q.shape and np.allclose(p, q, rtol=0, atol=tolerance_px)
        for p, q in zip(rings_a, rings_b, strict=True)
    )


def _has_objects(dataset: Dataset) -> bool:
    return any(len(item.objects) for item in dataset.items)
