"""ImageJ ROIs: ``.roi`` files and zips of them, one zip per image, through roifile.

An image's ROIs are looked for in ``X.zip``, ``X_rois.zip``, ``X_RoiSet.zip`` or a folder of such a name; ``RoiSet.zip``
belongs to the image of its folder's name. A lone ``X.roi`` belongs to image X. What fits no name belongs to the only
image, if there is only one.

Polygons, freehand and traced outlines, rectangles, ovals, ellipses and rotated rectangles become objects with their
exact parameters, composite ROIs parts with holes, several points of one ROI as many objects that remember where they
belong. Lines, angles, texts and images are losses, as is the rounding of a rectangle's corners and of a spline.
Points count from the centre of a pixel in ImageJ: the point 3, 4 lies at 3.5, 4.5 here.

ImageJ has no classes: the class is the ROI's property ``qupath.object.classification`` (or ``classification``,
``class``, ``category``, ``label``), else ``group N`` where it has a group, else ``counter N`` for points that were
counted in several groups, else ``object`` (or the one class that is given). It is never guessed from the name.

These ride in ``extra["imagej"]`` where they are set: ``name``, ``type`` (freehand or traced), ``props`` (other
properties), ``position``, ``c_position``, ``z_position``, ``t_position``, ``group``, ``stroke_color``,
``stroke_width``, ``float_stroke_width``, ``fill_color``, ``overlay_label_color``, ``overlay_font_size``,
``image_opacity``, ``options``, the style of arrows, points and corners, ``counter`` and ``slice`` of a point. What
ImageJ has no place for is a property ``annelid``, which it keeps.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annelid.atomic import write_bytes
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats.archive import is_junk
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.by_image import is_found, name_files, names_beside, only_image
from annelid.formats.class_order import told_classes
from annelid.formats.imagej_draw import NATIVE
from annelid.formats.imagej_roi import UNCLASSIFIED, decode_roi, encode_roi
from annelid.formats.imagej_zip import BROKEN, Roi, header_of_zip, holds_rois, is_empty_zip, packed, rois_in_zip
from annelid.formats.plane import plane_of_name, unsaid_plane, without_plane
from annelid.formats.reading import Reading
from annelid.formats.row import Row, rows_of_objects
from annelid.formats.values import ShapeError
from annelid.formats.writing import Lost, annotated, coverage, is_empty
from annelid.objects import Kind
from annelid.steps import counted

NAME = "imagej"

_SUFFIX = re.compile(r"[ _.-]*(?:image[ _-]?j[ _-]*)?roi(?:s|[ _-]?set|[ _-]?manager)?\d*$", re.IGNORECASE)
_PREFIX = re.compile(r"^roi(?:s|[ _-]?set)?[ _.-]+(?=\w)", re.IGNORECASE)
_UNFIT = re.compile(r'[\x00-\x1f<>:"/\\|?*]|[. ]+$|^\.+')

logging.getLogger("roifile").addHandler(logging.NullHandler())  # what it warns of is told as a loss


def sniff(path: Path) -> bool:
    """Whether it is a ROI, a zip of ROIs, or a folder in which one of these is among the first."""
    if path.is_dir():
        return any(sniff(file) for file in _files(path)[:20])
    if path.suffix.lower() == ".zip":
        return holds_rois(path)
    if path.suffix.lower() != ".roi":
        return False
    try:
        with path.open("rb") as stream:
            return stream.read(4) == b"Iout"
    except OSError:
        return False


def _files(folder: Path) -> list[Path]:
    files = (file for file in sorted(folder.rglob("*")) if file.suffix.lower() in {".roi", ".zip"} and file.is_file())
    return [file for file in files if not is_junk(file.relative_to(folder).as_posix())]


# --- reading ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Source:
    """ROIs of one image.

    Attributes:
        file: the file, or folder of files.
        names: what the image may be called, likeliest first.
        rois: names and contents.
    """

    file: Path
    names: tuple[str, ...]
    rois: Iterable[Roi]


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read a ROI, a zip, or all below a folder; each zip says that its image is reviewed as a whole.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read or has no image.
    """
    reading = Reading(images, tuple(classes))
    sources = list(_sources(path, images))
    error: AnnotationError | None = None
    for source in sources:
        try:
            _read_source(source, path, reading, is_alone=len(sources) == 1)
        except AnnotationError as problem:
            if len(sources) == 1:
                raise
            error = error or problem
            reading.losses.add("file-unreadable", problem.message, source.file)
    if not reading.items:
        raise error or _nothing(path, reading)
    return reading.annotations()


def _nothing(path: Path, reading: Reading) -> AnnotationError:
    missing = reading.losses.by_kind().get("image-missing")
    step = "call the zip X_rois.zip or the folder X, where the image is X.tif, and name the folder of the images"
    found = missing[0].what if missing else "none"
    return AnnotationError(
        missing[0].file if missing else path, expected="ROIs of an image", found=found, next_step=step
    )


def _sources(path: Path, images: ImageIndex) -> Iterator[_Source]:
    if path.is_file():
        names = (*_names(path.stem), *_names(path.parent.name))
        yield _Source(path, names, rois_in_zip(path) if path.suffix.lower() == ".zip" else [_roi(path)])
        return
    files = _files(path)
    for file in files:
        if file.suffix.lower() == ".zip" and (holds_rois(file) or _is_empty_set(file)):
            yield _Source(file, _names(file.stem) or _names(file.parent.name), rois_in_zip(file))
    for folder in sorted({file.parent for file in files if file.suffix.lower() == ".roi"}):
        loose = [file for file in files if file.parent == folder and file.suffix.lower() == ".roi"]
        yield from _loose(folder, loose, images)


def _loose(folder: Path, files: Sequence[Path], images: ImageIndex) -> Iterator[_Source]:
    """The ROIs of one folder: of the image of its name, else each of the image of its own."""
    names = _names(folder.name)
    if not is_found(names, images):
        own = [file for file in files if is_found(_names(file.stem), images)]
        yield from (_Source(file, _names(file.stem), map(_roi, [file])) for file in own)
        files = [file for file in files if file not in own]
    if files:
        yield _Source(folder, names, map(_roi, files))


def _names(name: str) -> tuple[str, ...]:
    """A name, and without what only says that there are ROIs; nothing where it says no more than that."""
    bare = _PREFIX.sub("", _SUFFIX.sub("", name))
    names = (name, bare) if bare != name else (name,)
    return (*names, *{without_plane(bare)} - {bare, ""}) if bare else ()


def _roi(file: Path) -> Roi:
    try:
        return file.name, file.read_bytes()
    except OSError as error:
        raise AnnotationError(file, expected="a readable file", found=error.strerror or str(error)) from error


def _is_empty_set(file: Path) -> bool:
    """A zip without any file, whose name says that it is a set of ROIs."""
    try:
        return is_empty_zip(file) and bool(_SUFFIX.search(file.stem))
    except BROKEN:
        return bool(_SUFFIX.search(file.stem))  # reading it will say what is wrong


def _read_source(source: _Source, root: Path, reading: Reading, *, is_alone: bool) -> None:
    unclassified = reading.given[0] if len(reading.given) == 1 else UNCLASSIFIED
    rows: list[tuple[Row, str]] = []
    lost: list[tuple[ShapeError, str]] = []
    for name, data in source.rois:
        try:
            found, losses = decode_roi(data, Path(name).stem, unclassified)
        except ShapeError as error:
            lost.append((error, name))
            continue
        rows += [(row, name) for row in found]
        lost += [(error, name) for error in losses]
    if lost and not rows:
        first, name = lost[0]
        more = f" ({len(lost)} ROIs, none of them usable)" if len(lost) > 1 else ""
        raise AnnotationError(source.file, place=name, expected="areas or points", found=f"{first}{more}")
    names = names_beside(source.file, root, *source.names)
    only = only_image(names, reading.images, source.file, reading.losses) if is_alone else None
    _add(source.file, [only] if only else names, rows, lost, reading)


def _add(
    file: Path,
    names: Sequence[str],
    rows: Sequence[tuple[Row, str]],
    lost: Sequence[tuple[ShapeError, str]],
    reading: Reading,
) -> None:
    image = reading.locate(names, None, file, count=len(rows))
    for error, name in lost:
        reading.bad_shape(error, file, name)
    if image is None:
        return
    kept = ((reading.inside(row, image[1], file, name)) for row, name in rows)
    header = next(filter(None, (plane_of_name(name, image[0]) for name in _names(file.stem))), {})
    told = header_of_zip(file) if file.suffix.lower() == ".zip" else {}
    reading.add(image, [row for row in kept if row is not None], file, header={**told, **header})
    elsewhere = 0 if header else sum(_is_elsewhere(row) for row, _ in rows)
    if elsewhere:
        what = "objects on another plane of the stack were put on the only plane that is annotated here"
        reading.losses.add("plane", what, file, count=elsewhere)


def _is_elsewhere(row: Row) -> bool:
    native = row.extra.get(NATIVE, {})
    return any(native.get(key, 0) > 1 for key in ("position", "z_position", "t_position", "slice"))


# --- writing ----------------------------------------------------------------------------------------------


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``X_rois.zip`` for each image, sub-folders kept; a zip that is there already is replaced, not added to."""
    losses = LossReport()
    files = name_files(dataset, out, names, "_rois.zip")
    told = told_classes(dataset.classes)
    for item in counted("writing", annotated(dataset)):
        file = files[item.id]
        file.parent.mkdir(parents=True, exist_ok=True)
        lost = Lost()
        lost.add(coverage(item))
        lost.add(unsaid_plane(item) if item.view.scene or item.view.projection else "")
        write_bytes(file, packed(_rois(item, lost), told))
        told = {}
        lost.report(losses, file)
    return losses


def _rois(item: LabeledImage, lost: Lost) -> list[Roi]:
    t, z = item.view.t, item.view.z
    plane = {"c_position": 1, "z_position": z + 1, "t_position": t + 1} if (t, z) != (0, 0) else {}
    rows = rows_of_objects(item.objects)
    for row in rows:
        lost.add("empty-object" if is_empty(row) else "")
    rois: list[Roi] = []
    taken: set[str] = set()
    for n, group in enumerate(_groups([row for row in rows if not is_empty(row)]), 1):
        name = str(group[0].extra.get(NATIVE, {}).get("name") or f"{group[0].label}-{n:04}")
        try:
            data = encode_roi(group, name, plane)
        except ShapeError as error:
            lost.add(error.kind)
            continue
        rois.append((_file_name(name, taken), data))
    return rois


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows one by one; points that were one ROI, together."""
    groups: dict[object, list[Row]] = {}
    for n, row in enumerate(rows):
        shared = row.extra.get(NATIVE, {}).get("multipoint")
        groups.setdefault(shared if shared and row.kind == Kind.POINT else n, []).append(row)
    return list(groups.values())


def _file_name(name: str, taken: set[str]) -> str:
    """A name for a file in a zip, from which ImageJ takes the name of the ROI; no two alike."""
    base = _UNFIT.sub("_", name.encode("utf-8", "replace").decode())[:100] or "roi"
    unique, n = base, 0
    while unique.casefold() in taken:
        n += 1
        unique = f"{base}-{n}"
    taken.add(unique.casefold())
    return f"{unique}.roi"
