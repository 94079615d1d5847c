"""Reading: the images, classes and losses that gather while annotation files are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from annelid.dataset import LabeledImage, State, whole_image
from annelid.errors import AnnotationError, ImageError
from annelid.formats import jsontext, safe_xml
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.class_order import classes_in
from annelid.formats.plane import at_plane, is_other_scene
from annelid.formats.row import Row, objects_of_rows, row_inside, rows_of_objects, view_of
from annelid.formats.values import MAX_COORDINATE, ShapeError, SizeWh
from annelid.objects import Kind, Objects, new_ids
from annelid.steps import told


@dataclass
class Reading:
    """What one call of ``read`` knows; items are added to it, and it becomes `Annotations` in the end.

    Attributes:
        images: where to look for the images.
        given: class names that the caller gave; others are a loss.
        losses: what was lost so far.
        labels: class names in order of first appearance.
        listed: class names that Annelid kept with an image, in order.
        items: path of the image, and what tells its plane from the first -> item.
        parts: path of the image -> part.
    """

    images: ImageIndex
    given: tuple[str, ...] = ()
    losses: LossReport = field(default_factory=LossReport)
    labels: dict[str, None] = field(default_factory=dict)
    listed: dict[str, None] = field(default_factory=dict)
    items: dict[str, LabeledImage] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)

    def on_first(self, rows: list[Row], key: str, others: Mapping[str, Any], file: Path) -> list[Row]:
        """The rows, of which the first one that will stay carries the other keys of the file below ``key``."""
        staying = [n for n, row in enumerate(rows) if not self.given or row.label in self.given]
        if others and staying:
            row = rows[staying[0]]
            rows[staying[0]] = replace(row, extra={**row.extra, key: others})
        elif others:
            what = f"keys of the file were left out, as there is no object to carry them: {', '.join(others)}"
            self.losses.add("file-keys", what, file)
        return rows

    def locate(
        self,
        names: Sequence[str],
        said: SizeWh | None,
        file: Path,
        place: str = "",
        count: int = 1,
        header: object = None,
    ) -> tuple[str, SizeWh] | None:
        """Path and size of an image; the image file's own size wins over what the annotation says.

        Args:
            names: names to look for, likeliest first; the first one names an image that is not found.
            said: the size in the annotation.
            file: the annotation file, for losses.
            place: where in it.
            count: how many objects are concerned.
            header: what Annelid kept of the image: of another scene than the first the annotation knows the size.

        Returns:
            None, with a loss, where nothing tells the size.
        """
        names = [name for name in dict.fromkeys(names) if _can_be_a_file(name)] or [file.stem]
        path = self._find(names, file, place)
        believed = said if is_other_scene(header) else None
        size_wh = believed or (self._size(path, file, place) if path else None)
        if path is None:
            what = f"image {names[0]!r} was not found"
            what += f"; the size {said[0]} x {said[1]} is the file's word" if said else ""
            if said:
                self.losses.add("image-missing", what, file, place, max(count, 1))
        elif size_wh and said and size_wh != said:
            what = (
                f"the file says {said[0]} x {said[1]}, {path.name} has {size_wh[0]} x {size_wh[1]}: the image is right"
            )
            self.losses.add("image-size-differs", what, file, place, max(count, 1))
        if size_wh is None and said is None:
            what = f"neither the file nor an image tells the size of {names[0]!r}: its objects were left out"
            self.losses.add("image-missing", what, file, place, max(count, 1))
            return None
        return (path.as_posix() if path else names[0].replace("\\", "/")), size_wh or said or (0, 0)

    def _find(self, names: Sequence[str], file: Path, place: str) -> Path | None:
        ambiguous = ""
        for name in names:
            try:
                path = self.images.find(name)
            except AnnotationError as error:
                ambiguous = ambiguous or error.message
                continue
            if path is not None:
                return path
        if ambiguous:
            self.losses.add("image-ambiguous", ambiguous, file, place)
        return None

    def _size(self, path: Path, file: Path, place: str) -> SizeWh | None:
        try:
            return self.images.size_wh(path)
        except ImageError as error:
            self.losses.add("image-unreadable", error.message, file, place)
            return None

    def recognised(self, files: Iterable[Path], looks: Callable[[Path], bool]) -> list[Path]:
        """The JSON and XML files that look like the format's; others are told where they are broken: they might be."""
        found: list[Path] = []
        for file in files:
            try:
                if looks(file):
                    found.append(file)
                elif file.suffix.lower() == ".xml":
                    safe_xml.parse(file)
                else:
                    jsontext.parse(jsontext.read_text(file), file)
            except AnnotationError as error:
                self.losses.add("file-unreadable", error.message, file)
        return found

    def inside(self, row: Row, size_wh: SizeWh, file: Path, place: str) -> Row | None:
        """What of a row lies inside the image; a loss where something was cut off."""
        if np.abs(np.concatenate([ring for part in row.shape for ring in part])).max() > MAX_COORDINATE:
            what = f"a coordinate beyond {MAX_COORDINATE:.0e}: the shape was left out"
            self.losses.add("outline-invalid", what, file, place)
            return None
        inside, cut = row_inside(row, size_wh)
        if cut:
            kind = "clipped" if inside else "outside-image"
            what = "the outline was cut at the image's edge" if inside else "the shape lies outside the image"
            self.losses.add(kind, what, file, place)
        return inside

    def bad_shape(self, error: ShapeError, file: Path, place: str) -> None:
        """Note a shape that was left out."""
        self.losses.add(error.kind, error.what, file, f"{place}.{error.key}" if error.key else place)

    def add(
        self,
        found: tuple[str, SizeWh],
        rows: Iterable[Row],
        file: Path,
        place: str = "",
        *,
        part: str = "",
        state: State = "reviewed",
        header: object = None,
    ) -> str:
        """Add an image with its objects; what was reviewed is complete everywhere, all else nowhere.

        Args:
            found: path and size of the image.
            rows: its objects.
            file: the annotation file, for losses.
            place: where in it.
            part: ``train``, ``val`` or ``test``, where the source says so.
            state: whether it was reviewed.
            header: what Annelid kept of the image: its plane (see `annelid.formats.plane`), the order of the classes.

        Returns:
            The key of the item in `items`.
        """
        path, size_wh = found
        self.listed |= dict.fromkeys(classes_in(header))
        objects = objects_of_rows(self._known(list(rows), file))
        covered = whole_image(size_wh) if state == "reviewed" else ()
        view = at_plane(view_of(path, size_wh), header)
        item, key = LabeledImage(view, objects, covered, state=state), f"{path}{view.suffix}"
        if key in self.items:
            what = f"{path} is there twice; the objects of both were put together"
            self.losses.add("image-twice", what, file, place)
            item = _merged(self.items[key], self._of_size(item, self.items[key].size_wh, file, place))
        self.items[key] = item
        told("reading", len(self.items))
        if part:
            self.parts.setdefault(path, part)
        return key

    def _of_size(self, item: LabeledImage, size_wh: SizeWh, file: Path, place: str) -> LabeledImage:
        """The objects that lie on an image of the size that was said of it first."""
        if item.size_wh == size_wh:
            return item
        what = f"the image is said to have {item.size_wh} pixels, and {size_wh} before, which is used"
        self.losses.add("image-size-differs", what, file, place, max(len(item.objects), 1))
        inside = (self.inside(row, size_wh, file, place) for row in rows_of_objects(item.objects))
        return replace(item, objects=objects_of_rows([row for row in inside if row]))

    def _known(self, rows: list[Row], file: Path) -> list[Row]:
        """The rows whose class was given, where any was, and areas to ignore, whatever their class."""
        for row in rows:
            self.labels.setdefault(row.label)
        if not self.given:
            return rows
        unknown = Counter(row.label for row in rows if row.label not in self.given and not row.ignore)
        for label, count in unknown.items():
            what = f"{label!r} is none of the given classes: its objects were left out"
            self.losses.add("class-unknown", what, file, count=count)
        return [row for row in rows if row.ignore or row.label not in unknown]

    def annotations(self, classes: Sequence[str] = ()) -> Annotations:
        """All of it; ``classes`` are those that the source lists, which come before others that it uses."""
        ordered = self.given or tuple(dict.fromkeys([*classes, *self.listed, *self.labels]))
        return Annotations(ordered, tuple(self.items.values()), self.losses, self.parts)


def _can_be_a_file(name: str) -> bool:
    return PurePosixPath(name.replace("\\", "/")).name not in {"", ".."} and "\0" not in name


def _merged(first: LabeledImage, second: LabeledImage) -> LabeledImage:
    taken = set(first.objects.ids)
    fresh = new_ids(len(second.objects))
    ids = [name if name not in taken else new for name, new in zip(second.objects.ids, fresh, strict=True)]
    return replace(first, objects=Objects.concat([first.objects, second.objects.replace(ids=ids)]))


def joined(rows: Iterable[tuple[Row, str]], native: str) -> list[Row]:
    """Polygons, and masks, of one group and one label become the parts of one object.

    Args:
        rows: rows with their group, "" for none.
        native: key of `Row.extra` with what the file says of each shape; what it says of further parts is kept
            under ``parts`` where it differs.
    """
    objects: dict[object, Row] = {}
    for number, (row, group) in enumerate(rows):
        is_part = group and row.kind in (Kind.POLYGON, Kind.MASK)
        key = (group, row.label) if is_part else number
        objects[key] = _with_part(objects[key], row, native) if key in objects else row
    return list(objects.values())


def _with_part(row: Row, part: Row, native: str) -> Row:
    keys, others = dict(row.extra.get(native, {})), part.extra.get(native, {})
    parts = keys.pop("parts", [dict(keys)] * (len(row.shape) - 1))
    if parts or others != keys:
        parts = [*parts, others]
    if parts and any(other != keys for other in parts):
        keys["parts"] = parts
    extra = {**row.extra, native: keys} if keys else row.extra
    kind = row.kind if row.kind == part.kind else Kind.POLYGON
    return replace(row, shape=row.shape + part.shape, extra=extra, kind=kind)
