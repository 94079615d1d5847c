"""LabeledImage and Dataset: a frozen snapshot of what is to be learned or measured."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

import numpy as np

from annelid import geometry
from annelid.atomic import replacing
from annelid.errors import AnnotationError
from annelid.geometry import Ring
from annelid.image import ImageRef, View
from annelid.objects import Objects

State = Literal["new", "draft", "reviewed"]
Task = Literal["detect", "segment"]


@dataclass(frozen=True, eq=False)
class LabeledImage:
    """One view with its objects.

    Attributes:
        view: which image and plane.
        objects: what lies on it, in coordinates of the full-resolution image.
        covered: areas in which every object is annotated, a ring each; () means nothing is complete yet. Training
            takes only what is covered, evaluation counts only inside it.
        revision: revision of the image's annotation in the store, 0 when it was never saved.
        state: ``new`` (nothing done), ``draft`` (proposed by a model, not looked at), ``reviewed``.
    """

    view: View
    objects: Objects
    covered: tuple[Ring, ...] = ()
    revision: int = 0
    state: State = "new"

    @property
    def image(self) -> ImageRef:
        """The image of the view."""
        return self.view.image

    @property
    def id(self) -> str:
        """The id of the view."""
        return self.view.id

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height of the image in pixels."""
        return self.view.image.size_wh

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LabeledImage):
            return NotImplemented
        same = (self.view, self.revision, self.state) == (other.view, other.revision, other.state)
        areas = [[ring.tolist() for ring in item.covered] for item in (self, other)]
        return same and areas[0] == areas[1] and self.objects == other.objects

    def __hash__(self) -> int:
        return hash((self.view, self.revision, self.state, self.objects.digest))

    @property
    def is_partly_reviewed(self) -> bool:
        """Whether a person looked at some of it only; a format without areas would say: at all of it."""
        return self.state == "reviewed" and not self.is_complete

    @property
    def is_complete(self) -> bool:
        """Whether the whole image is covered."""
        w, h = self.size_wh
        return any(tuple(map(tuple, ring)) == tuple(map(tuple, whole_image((w, h))[0])) for ring in self.covered)


def whole_image(size_wh: tuple[int, int]) -> tuple[Ring, ...]:
    """The value of `LabeledImage.covered` that says: every object of the image is annotated."""
    return (geometry.box_ring(0, 0, *size_wh),)


@dataclass(frozen=True)
class Dataset:
    """Labeled images and the order of the classes: the only source of class indices.

    Attributes:
        classes: class names; a class's index is its place here.
        items: the images, in a stable order.
    """

    classes: tuple[str, ...]
    items: tuple[LabeledImage, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over classes, images, objects and covered areas."""
        sha = hashlib.sha256(json.dumps(self.classes).encode())
        for item in self.items:
            sha.update(f"{item.id}|{item.image.fingerprint}|{item.objects.digest}".encode())
            for ring in item.covered:
                sha.update(np.ascontiguousarray(ring).tobytes())
        return sha.hexdigest()

    @property
    def task(self) -> Task:
        """``segment`` when any object has an outline of its own, ``detect`` when there are only boxes."""
        return "segment" if any(_has_outline(item.objects) for item in self.items) else "detect"

    def __len__(self) -> int:
        return len(self.items)

    def subset(self, ids: Iterable[str]) -> Dataset:
        """The items with these ids, in this dataset's order."""
        wanted = set(ids)
        return replace(self, items=tuple(item for item in self.items if item.id in wanted))

    def count(self, label: str) -> int:
        """Number of objects of a class."""
        return int(sum((item.objects.labels == label).sum() for item in self.items))

    def class_indices(self, objects: Objects) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """int64 (N,): the index of each object's class; KeyError for a class that the dataset does not have."""
        index = {name: i for i, name in enumerate(self.classes)}
        return np.array([index[label] for label in objects.labels], np.int64)

    def save(self, path: Path) -> None:
        """Write the snapshot as one ``.npz`` file (see `load`)."""
        header = {"classes": self.classes, "items": [_item_header(item) for item in self.items]}
        arrays = {f"objects{i}": np.frombuffer(item.objects.to_bytes(), np.uint8) for i, item in enumerate(self.items)}
        with replacing(path) as temporary:
            np.savez_compressed(temporary, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> Dataset:
        """Read what `save` wrote; nothing in it can run code.

        Raises:
            AnnotationError: the file is not such a snapshot.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                header = json.loads(archive["header"].tobytes().decode())
                items = [
                    _item_from_header(entry, Objects.from_bytes(archive[f"objects{i}"].tobytes()))
                    for i, entry in enumerate(header["items"])
                ]
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
            raise AnnotationError(path, expected="a dataset snapshot", found=str(error)) from error
        return cls(tuple(header["classes"]), tuple(items))


def _has_outline(objects: Objects) -> bool:
    return bool((objects.has_area & (objects.kinds != 0)).any())


def _item_header(item: LabeledImage) -> dict[str, object]:
    return {
        "image": asdict(item.image),
        "plane": list(item.view.plane),
        "covered": [ring.tolist() for ring in item.covered],
        "revision": item.revision,
        "state": item.state,
    }


def _item_from_header(entry: dict[str, Any], objects: Objects) -> LabeledImage:
    image: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in entry["image"].items()}
    view = View(ImageRef(**image), *entry["plane"])
    covered = tuple(np.array(ring, np.float64) for ring in entry["covered"])
    return LabeledImage(view, objects, covered, entry["revision"], entry["state"])
