"""Turn annotations of one format into another, without a project."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from annelid import formats
from annelid.atomic import new_folder
from annelid.class_names import names_alike
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnotationError, UsageError
from annelid.formats.archive import divided, is_there, opened
from annelid.formats.base import Annotations, Format, Loss, LossReport
from annelid.formats.data_yaml import each_once, read_class_file, read_data_yaml
from annelid.formats.images import FolderImages
from annelid.formats.jsontext import parse, read_text
from annelid.formats.layout import copies_of, names_of, seen_from, tell_parts, tell_unannotated
from annelid.formats.mask_name import is_mask_name
from annelid.readers import find_images
from annelid.settings import check_classes
from annelid.split import split_dataset
from annelid.split.groups import infer_group
from annelid.steps import counted

_MOST_CLASSES = 300
"""Of more classes the names are not compared, each with each."""
PARTED = ("yolo",)
"""Formats that have a training and a validation part of their own."""
_SINGLE = {".json", ".xml", ".geojson"}
"""Endings of a ``dst`` that is a file."""


@dataclass(frozen=True)
class ConvertReport:
    """What a conversion did.

    Attributes:
        items: number of images.
        objects: number of objects that were read.
        classes: class names in order.
        losses: what the source did not give, then what the target could not take.
        out: the folder or file that was written.
    """

    items: int
    objects: int
    classes: tuple[str, ...]
    losses: LossReport
    out: Path


def convert(
    src: Path | str,
    dst: Path | str,
    to: str,
    *,
    format: str = "auto",  # noqa: A002 - as the option is called
    classes: Path | str | Sequence[str] | None = None,
    images: Path | str | None = None,
    val: float = 0,
    copy: bool | None = None,
    strict: bool = False,
) -> ConvertReport:
    """Convert annotations; the result appears as a whole or not at all.

    Args:
        src: a file, a folder or a zip archive of either; ``set.zip/a.json`` is a file in one.
        dst: a folder that does not exist or is empty, outside of ``src``; a ``.json`` or ``.xml`` file where the
            result is a single file.
        to: format to write.
        format: format to read; "auto" tells it by content.
        classes: class names in order, or a file with them (see `read_classes`).
        images: folder or zip archive of the images; by default they are looked for beside the annotations.
        val: share of the images to validate on, for ``yolo``, never through a group of images that were taken
            together as far as names tell; 0 keeps the parts that the source has.
        copy: copy the images too, to where the written files expect them; None does for ``yolo`` alone.
        strict: refuse to lose anything: nothing is written then.

    Raises:
        AnnotationError: something would be lost and ``strict`` was asked for, or the source cannot be read.
        UsageError: ``dst`` has something in it, a path leads nowhere, or another argument makes no sense.
        AnnelidError: the result cannot be written.
    """
    src, dst, target = Path(src), Path(dst), formats.get(to)
    _check_call(src, dst, target, val, Path(images) if images else None)
    names = read_classes(Path(classes)) if isinstance(classes, Path | str) else tuple(classes or ())
    check_classes(names)
    with ExitStack() as stack:
        root = stack.enter_context(opened(src))
        source = formats.sniff(root) if format == "auto" else formats.get(format)
        folder = stack.enter_context(opened(Path(images))) if images else _images_near(src, root)
        index = FolderImages(folder)
        found = source.read(root, index, names)
        plan = _planned(found, folder, target, val, with_images=target.NAME in PARTED if copy is None else copy)
        _tell_alike(plan.dataset, src, found.losses)
        if images or root.is_dir():
            tell_unannotated(plan.dataset, index.all(), folder, found.losses)
        losses = found.losses.renamed(root, src).renamed(folder, Path(images) if images else folder)
        losses.losses += _write(target, plan, dst, losses if strict else None)
    objects = sum(len(item.objects) for item in plan.dataset.items)
    return ConvertReport(len(plan.dataset), objects, plan.dataset.classes, losses, dst)


@dataclass(frozen=True)
class _Plan:
    """What shall be written.

    Attributes:
        dataset: the objects.
        names: item id -> name of its image.
        copies: where an image is copied to -> where it lies.
    """

    dataset: Dataset
    names: Mapping[str, str]
    copies: Mapping[str, Path]


def _planned(found: Annotations, folder: Path, target: Format, val: float, *, with_images: bool) -> _Plan:
    """What was read as it shall be written; what that costs is added to the losses of reading."""
    dataset = _dataset(found, folder)
    parts = _parts(found, dataset, val, found.losses) if target.NAME in PARTED else {}
    names = names_of(dataset, folder, parts, found.losses, by_stem=target.NAME in formats.BY_STEM)
    tell_parts(dataset, found.parts, names, found.losses)
    return _Plan(dataset, names, copies_of(dataset, names, target.NAME, found.losses) if with_images else {})


def _tell_alike(dataset: Dataset, src: Path, losses: LossReport) -> None:
    """Say which classes may be one that was misspelt; they stay two."""
    pairs = names_alike(dataset.classes) if len(dataset.classes) <= _MOST_CLASSES else []
    if pairs:
        named = ", ".join(f"{a} and {b}" for a, b in pairs[:5])
        losses.add("class-names-alike", f"{named}: written as classes of their own", src, count=0)


def read_classes(path: Path) -> tuple[str, ...]:
    """Class names in order: from a text file (one a line), a data.yaml, a notes.json or a JSON list.

    Raises:
        AnnotationError: the file cannot be read, has no names, or a name twice.
    """
    suffix = path.suffix.lower()
    if suffix in {".yaml", ".yml"}:
        names = read_data_yaml(path).classes
    elif suffix == ".json" and isinstance(value := parse(read_text(path), path), list):
        names = tuple(str(entry.get("name")) if isinstance(entry, dict) else str(entry) for entry in value)
    else:
        names = read_class_file(path)
    if not names:
        raise AnnotationError(path, expected="class names", found="none", next_step="write one name on each line")
    each_once(path, names)
    return names


def _check_call(src: Path, dst: Path, target: Format, val: float, images: Path | None) -> None:
    for path in filter(None, (src, images)):
        if not is_there(path):
            raise UsageError(f"{path} does not exist", next_step="check the path")
    if src.is_dir() and src.resolve() in dst.resolve().parents:
        step = "choose a folder beside it: what is written there would be read the next time"
        raise UsageError(f"{dst} lies in {src}", next_step=step)
    if dst.is_dir() and any(dst.iterdir()):
        raise UsageError(f"{dst} is not empty", next_step="choose a new folder: nothing is overwritten")
    if dst.exists() and not dst.is_dir():
        raise UsageError(f"{dst} exists already", next_step="choose another name: nothing is overwritten")
    if not 0 <= val < 1:
        raise UsageError(f"val is {val}", next_step="give the share of the images to validate on, for example .2")
    if val and target.NAME not in PARTED:
        step = f"leave it out, or write {' or '.join(PARTED)}"
        raise UsageError(f"{target.NAME} has no validation part, so val would do nothing", next_step=step)


def _images_near(src: Path, root: Path) -> Path:
    """Where images are looked for: where the annotations are, or beside a zip archive that brings none.

    Args:
        src: the source as the user named it.
        root: the source, or what the archive holds.
    """
    near = root if root.is_dir() else root.parent
    brings_some = root == src or any(not is_mask_name(image, near) for image in find_images(near))
    return near if brings_some else divided(src)[0].parent


def _dataset(found: Annotations, folder: Path) -> Dataset:
    """The images with what reading need not give: an id, and the group that their names tell."""
    width = len(str(len(found.items)))
    names = [seen_from(item, folder) for item in found.items]
    groups = infer_group(names)
    items: list[LabeledImage] = []
    for n, (item, name) in enumerate(zip(found.items, names, strict=True)):
        told = (item.image.group, item.image.group_source)
        group, source = told if item.image.group else groups[name]
        image = replace(item.image, id=f"{n:0{width}}", group=group, group_source=source)
        items.append(replace(item, view=replace(item.view, image=image)))
    return Dataset(found.classes, tuple(items))


def _parts(found: Annotations, dataset: Dataset, val: float, losses: LossReport) -> dict[str, str]:
    """Item id -> part: of the split that is asked for, else of the source, where all others train."""
    if val:
        split = split_dataset(dataset, val=val)
        for note in split.notes:
            losses.add("split", note, count=0)
        own: dict[str, str] = dict(split.parts)
    else:
        by_path = found.parts
        own = {item.id: by_path[item.image.path] for item in dataset.items if item.image.path in by_path}
    return {item.id: own.get(item.id, "train") for item in dataset.items} if own else {}


def _write(target: Format, plan: _Plan, dst: Path, forbidden: LossReport | None) -> LossReport:
    """Write a folder, or the one file that the format makes where ``dst`` is one.

    ``forbidden`` are the losses of reading, where none are allowed: those of writing then count too.
    """
    single = dst.suffix.lower() in _SINGLE and not dst.is_dir()
    folder = dst.with_name(f"{dst.stem}.{uuid.uuid4().hex[:12]}") if single else dst
    try:
        with new_folder(folder) as working:
            losses = target.write(plan.dataset, working, plan.names)
            if forbidden is not None:
                _refuse([*forbidden, *losses.renamed(working, dst)], dst)
            for name, source in counted("copying", plan.copies.items()):
                copy = working / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)
        if single:
            _only_file(folder, dst).replace(dst)
    finally:
        if single:
            shutil.rmtree(folder, ignore_errors=True)
    return losses.renamed(working, dst)


def _refuse(losses: Sequence[Loss], dst: Path) -> None:
    real = [loss for loss in losses if loss.count]
    if real:
        kinds = ", ".join(f"{sum(x.count for x in xs)} x {kind}" for kind, xs in LossReport(real).by_kind().items())
        first = f"{real[0].file} {real[0].place}".strip()
        images = "name the folder of the images with --images, " if real[0].kind == "image-missing" else ""
        raise AnnotationError(
            dst,
            expected="no loss, as --strict asks",
            found=f"{kinds}; first: {first}: {real[0].what}",
            next_step=f"{images}choose another format (docs/formats.md), or leave --strict out",
        )


def _only_file(folder: Path, dst: Path) -> Path:
    made = [path for path in folder.rglob("*") if path.is_file()]
    if len(made) != 1 or made[0].suffix.lower() != dst.suffix.lower():
        raise UsageError(f"{len(made)} files do not fit into {dst.name}", next_step="give a folder instead")
    return made[0]
