"""celldetective's annotation folders: ``X.tif``, its label image ``X_labelled.tif``, and ``X.json`` about the image.

The JSON names the ``channels`` and says the ``spatial_calibration`` in micrometres per pixel; both become what is known
of the image, and a calibration that cannot be is a loss. The group of ``<exp>_<pos>_<tttt>`` and of the crops
``.._roi_<rows>_<columns>`` is ``<exp>_<pos>``. The class is the one that is given, that of the folder
``annotations_<population>``, or ``object``. All of the JSON (``cell_type``, ``antibody``, ``concentration``,
``pharmaceutical_agent`` and every other key) rides in ``extra["celldetective_file"]`` of the image's first object, the
values of the labels in ``extra["label_value"]``. Classes, scores and what else a label image cannot say stand under a
key ``annelid`` of the JSON.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from annelid.atomic import write_text
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError
from annelid.formats import jsontext, ours
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.by_image import is_found, name_files, names_beside
from annelid.formats.label_notes import UNCLASSIFIED, count_classes, notes_of, rows_of_labels, tell_other_masks
from annelid.formats.mask_file import read_labels, write_labels
from annelid.formats.mask_paint import paint
from annelid.formats.plane import told_plane
from annelid.formats.reading import Reading
from annelid.formats.row import Row
from annelid.formats.writing import annotated
from annelid.image import ImageRef
from annelid.steps import counted

NAME = "celldetective"
AUTHOR = "import:celldetective"

_LABELLED = re.compile(r"(.+)_labelled\.tiff?$", re.IGNORECASE)
_NEEDED = ("channels", "spatial_calibration")
_FRAME = re.compile(r"(.+_[^_]+)_\d{4}(?:_roi_\d+_\d+_\d+_\d+)?")
_POPULATION = re.compile(r"annotations_(.+)", re.IGNORECASE)
_FILE = "celldetective_file"
_LARGEST_PIXEL_UM = 1000.0
_WHAT = {
    "plane": "which plane, projection or scene is meant stands under the key annelid of the JSON",
    "classes": "the label image does not say classes; they are under the key annelid of the JSON",
    "channels": "the names of the channels are not known: put them into the JSON before training",
    "calibration": "the size of a pixel is not known: put spatial_calibration into the JSON before training",
    "image-not-tiff": "celldetective looks at TIFF images alone: save this one as such beside its label image",
}


def sniff(path: Path) -> bool:
    """Whether a label image ``X_labelled.tif`` lies beside a JSON with channels and calibration."""
    if path.is_dir():
        return any(_needed(_json_of(file)) for file in _labelled(path)[:20])
    if _LABELLED.match(path.name):
        return path.is_file() and _needed(_json_of(path))
    beside = (path.with_name(f"{path.stem}_labelled{ending}") for ending in (".tif", ".tiff"))
    return path.suffix.lower() == ".json" and any(file.is_file() for file in beside) and _needed(path)


def _labelled(folder: Path) -> list[Path]:
    files = (file for file in sorted(folder.rglob("*")) if _LABELLED.match(file.name) and file.is_file())
    return [file for file in files if not file.name.startswith(".")]


def _stem(labelled: Path) -> str:
    match = _LABELLED.match(labelled.name)
    return match[1] if match else labelled.stem


def _json_of(labelled: Path) -> Path:
    return labelled.with_name(f"{_stem(labelled)}.json")


def _needed(file: Path) -> bool:
    try:
        value = jsontext.parse(jsontext.read_text(file), file) if file.is_file() else None
    except AnnotationError:
        return False
    return isinstance(value, Mapping) and all(key in value for key in _NEEDED)


# --- reading ----------------------------------------------------------------------------------------------


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read one label image, by its own name or its JSON's, or every one below a folder.

    Each says that its image is reviewed as a whole.

    Raises:
        AnnotationError: the file, or every file of the folder, cannot be read or has no image.
    """
    files = _labelled(path) if path.is_dir() else [_labelled_of(path)]
    reading = Reading(images, tuple(classes))
    error: AnnotationError | None = None
    listed: dict[str, None] = {}
    for file in files:
        try:
            listed |= _read_pair(file, path, reading)
        except AnnotationError as problem:
            if path.is_file():
                raise
            error = error or problem
            reading.losses.add("file-unreadable", problem.message, file)
    if not reading.items:
        step = "keep X.tif and X_labelled.tif in one folder"
        found = reading.losses.losses[0].what if reading.losses else "none"
        raise error or AnnotationError(path, expected="X_labelled.tif with its X.tif", found=found, next_step=step)
    if path.is_dir():
        _tell_without_labels(reading)
        tell_other_masks(path, _LABELLED, reading.losses)
    return reading.annotations(tuple(listed))


def _labelled_of(path: Path) -> Path:
    """The label image that a file means: itself, or the one beside the JSON or the image."""
    if _LABELLED.match(path.name):
        return path
    beside = [path.with_name(f"{path.stem}_labelled{ending}") for ending in (".tif", ".tiff")]
    found = next((file for file in beside if file.is_file()), None)
    if found is None:
        raise AnnotationError(path, expected=f"{beside[0].name} beside it", found="none")
    return found


def _tell_without_labels(reading: Reading) -> None:
    labelled = {item.image.path for item in reading.items.values()}
    for image in reading.images.all():
        known = image.as_posix() in labelled or _LABELLED.match(image.name)
        if not known and image.with_suffix(".json").is_file():
            what = "the image has no label image and was left out"
            reading.losses.add("mask-missing", what, image, count=0)


def _read_pair(file: Path, root: Path, reading: Reading) -> dict[str, None]:
    labels, _ = read_labels(file, reading.losses)
    about = _about(_json_of(file), reading.losses)
    header = about.pop(ours.KEY, None)
    header = header if isinstance(header, Mapping) else {}
    said = header.get("image")
    named = [said] if isinstance(said, str) else []
    names = names_beside(file, root, f"{_stem(file)}.tif", _stem(file), *named)
    size_wh = (labels.shape[1], labels.shape[0])
    found = reading.locate(names, size_wh if not is_found(names, reading.images) else None, file)
    if found is None:
        return {}
    if found[1] != size_wh:
        what = f"the labels have {size_wh} pixels, the image {found[1]}: the pair was left out"
        reading.losses.add("size-mismatch", what, file)
        return {}
    rows = list(rows_of_labels(labels, _class(file, reading.given), AUTHOR, header.get("objects")))
    key = reading.add(found, _with_about(rows, about, file, reading), file, header=header)
    item = reading.items[key]
    image = _image(item.image, file, about, reading.losses)
    reading.items[key] = replace(item, view=replace(item.view, image=image))
    listed = header.get("classes")
    return dict.fromkeys(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else {}


def _class(file: Path, given: Sequence[str]) -> str:
    if len(given) == 1:
        return given[0]
    populations = (match[1] for folder in file.parents if (match := _POPULATION.fullmatch(folder.name)))
    return next(populations, UNCLASSIFIED)


def _about(file: Path, losses: LossReport) -> dict[str, Any]:
    """What the JSON says; nothing, with a loss, where there is none."""
    if not file.is_file():
        losses.add("json-missing", f"{file.name} is not there: channels and calibration are not known", file, count=0)
        return {}
    try:
        value = jsontext.plain(jsontext.parse(jsontext.read_text(file), file))
    except (AnnotationError, RecursionError) as error:
        losses.add("json-invalid", f"{error}: channels and calibration are not known".replace("\n", " "), file)
        return {}
    if not isinstance(value, dict):
        losses.add("json-invalid", f"expected a JSON object, found {type(value).__name__}", file)
        return {}
    return value


def _with_about(rows: list[Row], about: Mapping[str, Any], file: Path, reading: Reading) -> list[Row]:
    """The rows, of which the first one that will stay carries the JSON."""
    staying = [n for n, row in enumerate(rows) if not reading.given or row.label in reading.given]
    if about and staying:
        row = rows[staying[0]]
        rows[staying[0]] = replace(row, extra={**row.extra, _FILE: dict(about)})
    elif about.keys() - set(_NEEDED):
        others = ", ".join(about.keys() - set(_NEEDED))
        what = f"keys of the JSON were left out, as there is no object to carry them: {others}"
        reading.losses.add("file-keys", what, file)
    return rows


def _image(image: ImageRef, file: Path, about: Mapping[str, Any], losses: LossReport) -> ImageRef:
    """The image with what its JSON and its name say."""
    channels, size = about.get("channels"), about.get("spatial_calibration")
    if about and not (isinstance(channels, list) and all(isinstance(name, str) for name in channels)):
        losses.add("json-invalid", f"expected names of channels, found {channels!r:.60}", _json_of(file), "channels")
        channels = None
    is_size = isinstance(size, int | float) and not isinstance(size, bool) and math.isfinite(size)
    if size is not None and not (is_size and 0 < float(size) <= _LARGEST_PIXEL_UM):
        what = f"{size!r:.60} cannot be the size of a pixel in micrometres: it is not used"
        losses.add("calibration", what, _json_of(file), "spatial_calibration")
        size = None
    frame = _FRAME.fullmatch(_stem(file))
    return replace(
        image,
        channels=tuple(channels or ()),
        pixel_size_um=float(size) if size is not None else None,
        group=frame[1] if frame else "",
        group_source="inferred" if frame else "assumed",
    )


# --- writing ----------------------------------------------------------------------------------------------


def write(dataset: Dataset, out: Path, names: Mapping[str, str]) -> LossReport:
    """Write ``X_labelled.tif`` and ``X.json`` where the image ``X.tif`` belongs, sub-folders kept."""
    losses = LossReport()
    masks = name_files(dataset, out, names, "_labelled.tif")
    for item in counted("writing", annotated(dataset)):
        file = masks[item.id]
        file.parent.mkdir(parents=True, exist_ok=True)
        painted = paint(item)
        write_labels(file, painted.image)
        notes = {"classes": list(dataset.classes), "objects": notes_of(painted, AUTHOR, NAME)}
        if plane := told_plane(item.view):
            notes |= {"image": PurePosixPath(names[item.id]).name, **plane}
            losses.add("plane", _WHAT["plane"], file)
        if PurePosixPath(names[item.id]).suffix.lower() not in {"", ".tif", ".tiff"}:
            losses.add("image-not-tiff", _WHAT["image-not-tiff"], names[item.id], count=0)
        about = _written_about(item)
        write_text(_json_of(file), jsontext.dump({**about, ours.KEY: notes}))
        painted.report(losses, file)
        for kind, count in _missing(about, count_classes(painted)):
            losses.add(kind, _WHAT[kind], _json_of(file), count=count)
    return losses


def _written_about(item: LabeledImage) -> dict[str, Any]:
    about = {"channels": list(item.image.channels), "spatial_calibration": item.image.pixel_size_um}
    ridden: Mapping[str, Any] = next(
        (extra[_FILE] for extra in item.objects.extra if isinstance(extra.get(_FILE), Mapping)), {}
    )
    return {**about, **ridden}


def _missing(about: Mapping[str, Any], classes: int) -> Iterator[tuple[str, int]]:
    if classes:
        yield "classes", classes
    if not about["channels"]:
        yield "channels", 1
    if not about["spatial_calibration"]:
        yield "calibration", 1
