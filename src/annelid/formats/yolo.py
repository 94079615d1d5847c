"""YOLO: a text file of labels per image, and a data.yaml for all.

A missing label file means that the image is not annotated yet, an empty one that there is nothing on it.
Nine columns are a polygon of four vertices, unless every line of the dataset has nine, nearly all are
rectangles and one at least stands askew: then they are oriented boxes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from annelid.dataset import LabeledImage, whole_image
from annelid.errors import AnnotationError, ImageError
from annelid.formats import jsontext
from annelid.formats.base import Annotations, ImageIndex, LossReport
from annelid.formats.data_yaml import (
    DataYaml,
    class_files,
    find_data_yaml,
    is_data_yaml,
    part_images,
    read_data_yaml,
)
from annelid.formats.row import Row, objects_of_rows, row_inside, view_of
from annelid.formats.yolo_files import label_files, labels_of_dataset, pair_labels
from annelid.formats.yolo_line import Line, looks_oriented, parse_lines, row_of_line
from annelid.formats.yolo_write import write as write
from annelid.objects import Objects
from annelid.steps import counted

NAME = "yolo"


def sniff(path: Path) -> bool:
    """Whether it is a data.yaml, a folder with one, or label text that parses."""
    if path.is_file():
        return is_data_yaml(path) if path.suffix.lower() in {".yaml", ".yml"} else _parses(path)
    if not path.is_dir():
        return False
    if find_data_yaml(path) is not None:
        return True
    files = [file for _, file in zip(range(50), label_files(path, frozenset()), strict=False)]
    return any(_parses(file) for file in files)


def _parses(file: Path) -> bool:
    if file.suffix.lower() not in {".txt", ""} or not file.stat().st_size:
        return False
    with file.open("rb") as stream:
        head = stream.read(4096)
    try:
        text = head.decode("utf-8-sig")
        first, line_end, _ = text.partition("\n")
        whole = first if line_end or len(head) < 4096 else _whole_numbers(first)
        return bool(parse_lines(whole, file)[0])
    except (UnicodeDecodeError, AnnotationError):
        return False


def _whole_numbers(line: str) -> str:
    """A line that was cut at some byte, up to the last number that is whole, with an even count of them."""
    numbers = line.split()[:-1]
    return " ".join(numbers[: len(numbers) - 1 + len(numbers) % 2])


@dataclass
class _Labels:
    """Everything of a YOLO dataset before it becomes objects."""

    losses: LossReport = field(default_factory=LossReport)
    lines: dict[Path, list[Line]] = field(default_factory=dict)
    """Label file -> its lines."""
    image_of: dict[Path, Path] = field(default_factory=dict)
    """Label file -> its image."""
    error: AnnotationError | None = None
    """The first label file that could not be read."""


def read(path: Path, images: ImageIndex, classes: Sequence[str] = ()) -> Annotations:
    """Read a data.yaml, a folder of a YOLO dataset in any usual layout, or one label file.

    Raises:
        AnnotationError: no label file can be read, or they hold instance numbers in place of classes.
    """
    is_yaml = path.is_file() and path.suffix.lower() in {".yaml", ".yml"}
    folder = path.parent if is_yaml or path.is_file() else path
    yaml_file = path if is_yaml else find_data_yaml(folder) if path.is_dir() else None
    labels = _Labels()
    data = read_data_yaml(yaml_file) if yaml_file else DataYaml(folder, ())
    parts = part_images(data, labels.losses)
    known = _known(images, parts)
    files = [path] if path.is_file() and not is_yaml else labels_of_dataset(folder, list(known.values()))
    _parse_files(files, labels)
    counts = {file: len(lines) for file, lines in labels.lines.items()}
    labels.image_of = pair_labels(counts, list(known.values()), images, folder, labels.losses)
    names = _classes(folder, data, tuple(classes), labels)
    everything = path.is_dir() or is_yaml
    items = tuple(_items(labels, list(known.values()), images, names, tuple(classes), everything=everything))
    if not any(item.state == "reviewed" for item in items):
        raise labels.error or _no_labels(path, labels)
    used = {item.image.path for item in items}
    part_of = _part_of(parts, known, data.file, labels.losses)
    used_parts = {p: part for p, part in part_of.items() if p in used}
    return Annotations(tuple(classes) or names, items, labels.losses, used_parts)


def _part_of(
    parts: Mapping[str, Sequence[Path]], known: Mapping[Path, Path], file: Path, losses: LossReport
) -> dict[str, str]:
    """Path of an image -> its part: the first that names it, and none where all of them name the same images."""
    named = {part: {known[_real(image)].as_posix() for image in found} for part, found in parts.items()}
    if len(named) > 1 and len(set(map(frozenset, named.values()))) == 1:
        return {}
    part_of: dict[str, str] = {}
    for part, found in named.items():
        twice = found & part_of.keys()
        if twice:
            what = f"images are named in an earlier part already, where they stay: {min(twice)} first"
            losses.add("in-two-parts", what, file, part, len(twice))
        part_of |= dict.fromkeys(sorted(found - twice), part)
    return part_of


def _known(images: ImageIndex, parts: Mapping[str, Sequence[Path]]) -> dict[Path, Path]:
    """Every image once, whatever way its path is written: resolved path -> path."""
    known: dict[Path, Path] = {}
    for image in [*images.all(), *(image for part in parts.values() for image in part)]:
        known.setdefault(_real(image), image)
    return known


def _real(path: Path) -> Path:
    """Where a path leads; a link to itself stays as it is, where `Path.resolve` would raise."""
    return Path(os.path.realpath(path))


def _no_labels(path: Path, labels: _Labels) -> AnnotationError:
    found = f"{len(labels.lines)} without an image" if labels.lines else "none"
    step = "say where the images are with --images" if labels.lines else "give the folder with the .txt files"
    expected = "YOLO label files beside images or in labels/"
    return AnnotationError(path, expected=expected, found=found, next_step=step)


def _parse_files(files: Sequence[Path], labels: _Labels) -> None:
    for file in counted("reading", files):
        text = ""
        try:
            text = jsontext.read_text(file)
            lines, doubles = parse_lines(text, file)
        except AnnotationError as error:
            labels.error = labels.error or error
            objects = sum(map(bool, map(str.strip, text.splitlines())))
            labels.losses.add("file-unreadable", error.message, file, error.place, max(objects, 1))
            continue
        labels.lines[file] = lines
        if doubles:
            what = "a line that was there before was left out"
            labels.losses.add("duplicate-line", what, file, count=doubles)


def _classes(folder: Path, data: DataYaml, given: tuple[str, ...], labels: _Labels) -> tuple[str, ...]:
    """The name of each class index: of data.yaml, of a class file, as given, or the index itself.

    Given names that the source knows only choose and order; ones that it does not know rename by index.
    """
    lists = {data.file: data.classes} if data.classes else {}
    lists |= class_files([folder, folder / "labels", *(file.parent for file in labels.lines)])
    if not lists and not given:
        lists = class_files([folder.parent])
    names = next((found for found in lists.values() if found), ())
    if given and not set(given) & set(names):
        names = given
    for file, other in lists.items():
        if other and other != names:
            what = f"its classes ({', '.join(other[:5])}) are not those used ({', '.join(names[:5])})"
            labels.losses.add("classes-differ", what, file)
    if names:
        return names
    highest = max((line.index for lines in labels.lines.values() for line in lines), default=-1)
    labels.losses.add("class-names-missing", "no class names were found: they are called 0, 1, ...", folder)
    return tuple(str(i) for i in range(highest + 1))


def _items(
    labels: _Labels,
    known: Sequence[Path],
    images: ImageIndex,
    names: Sequence[str],
    given: Sequence[str],
    *,
    everything: bool,
) -> Iterator[LabeledImage]:
    _refuse_instances(labels, names)
    file_of = {image: file for file, image in labels.image_of.items()}
    oriented = _is_oriented(labels, images)
    for image in dict.fromkeys([*known, *file_of]):
        file = file_of.get(image)
        if file is None and not everything:
            continue
        try:
            size_wh = images.size_wh(image)
        except ImageError as error:
            labels.losses.add("image-unreadable", error.message, file or image)
            continue
        view = view_of(image.as_posix(), size_wh)
        if file is None:
            yield LabeledImage(view, Objects.empty())
            continue
        rows = _chosen(file, list(_rows(file, labels, size_wh, names, oriented=oriented)), given, labels)
        yield LabeledImage(view, objects_of_rows(rows), whole_image(size_wh), state="reviewed")


def _chosen(file: Path, rows: list[Row], given: Sequence[str], labels: _Labels) -> list[Row]:
    """The rows whose class was given."""
    unknown = Counter(row.label for row in rows if given and row.label not in given)
    for label, count in unknown.items():
        what = f"{label!r} is none of the given classes: its objects were left out"
        labels.losses.add("class-unknown", what, file, count=count)
    return [row for row in rows if row.label not in unknown]


def _refuse_instances(labels: _Labels, names: Sequence[str]) -> None:
    """Some predictors number the objects of a file where labels have the class."""
    files = {file: lines for file, lines in labels.lines.items() if lines}
    highest = max((line.index for lines in files.values() for line in lines), default=0)
    numbered = all([line.index for line in lines] == list(range(len(lines))) for lines in files.values())
    scored = all(not np.isnan(line.score) for lines in files.values() for line in lines)
    if not files or not numbered or highest < len(names) + (0 if scored else 1):
        return
    file = max(files, key=lambda file: len(files[file]))
    raise AnnotationError(
        file,
        place=f"line {len(files[file])}",
        expected=f"a class index below {len(names)} first",
        found=f"lines numbered 0 to {highest}: instance numbers in the place of classes",
        next_step="these are predictions without classes: use masks or COCO, or set the first column",
    )


def _is_oriented(labels: _Labels, images: ImageIndex) -> bool:
    """Whether the dataset is one of oriented boxes (see the top of this file)."""
    lines = [(file, line) for file in labels.image_of for line in labels.lines[file]]
    if not lines or not all(len(line.values) == 8 for _, line in lines):
        return False
    sizes = {file: _size_wh(labels.image_of[file], images) for file, _ in lines}
    known = [(line, size) for file, line in lines if (size := sizes[file]) is not None]
    return looks_oriented([np.array(line.values).reshape(-1, 2) * size for line, size in known])


def _size_wh(image: Path, images: ImageIndex) -> tuple[int, int] | None:
    try:
        return images.size_wh(image)
    except ImageError:
        return None


def _rows(
    file: Path, labels: _Labels, size_wh: tuple[int, int], names: Sequence[str], *, oriented: bool
) -> Iterator[Row]:
    unknown: dict[int, list[int]] = {}
    for line in labels.lines[file]:
        if line.index >= len(names):
            unknown.setdefault(line.index, []).append(line.number)
            continue
        row, cut = row_inside(row_of_line(line, names[line.index], size_wh, oriented=oriented), size_wh)
        if cut:
            what = "the outline was cut at the image's edge" if row else "the object lies outside the image"
            labels.losses.add("clipped" if row else "outside-image", what, file, f"line {line.number}")
        if row is not None and line.is_box and not min(line.values[2:]) > 0:
            what = "a box without width or height was left out"
            labels.losses.add("points-invalid", what, file, f"line {line.number}")
        elif row is not None:
            yield row
    for index, numbers in unknown.items():
        what = f"class {index} is beyond the {len(names)} names: its objects were left out"
        labels.losses.add("class-unknown", what, file, f"line {numbers[0]}", len(numbers))
