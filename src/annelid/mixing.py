"""Other annotated sets that are learned from, too: their images join the train part and no other."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from annelid import formats
from annelid.class_names import names_alike
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import UsageError
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.outside import grouped, view_of
from annelid.split import Part, Split
from annelid.split.groups import infer_group


@dataclass(frozen=True)
class Mixed:
    """What a training learns from besides its own images.

    Attributes:
        ids: ids of the images that were added.
        told: a sentence for each set: where it lies, what came of it, and what its classes became.
    """

    ids: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def class_map(text: str) -> dict[str, str]:
    """Class of the other set -> own class, "" where it is to be left out, from ``nucleus=cell,rbc=``.

    Raises:
        UsageError: it is written otherwise, or a class stands twice.
    """
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        theirs, equals, ours = (word.strip() for word in pair.partition("="))
        if not equals or not theirs or theirs in found:
            raise UsageError(
                f"--map: {pair!r} is not of the form theirs=ours, once for each class",
                next_step="for example --map 'nucleus=cell,debris=', which leaves debris out",
            )
        found[theirs] = ours
    return found


def mix(
    dataset: Dataset, split: Split, sources: Sequence[Path], classes: Mapping[str, str]
) -> tuple[Dataset, Split, Mixed]:
    """Add the annotated images of other sets to the train part.

    Args:
        dataset: what is trained on.
        split: its parts.
        sources: folders or files of annotations in any format; the images lie there, too.
        classes: class of another set -> own class, or "" to leave it out: its objects become background. Classes
            that bear the name of an own class need not be named.

    Raises:
        UsageError: a source is not there, has no annotated image, or a class of it is neither known nor mapped.
        AnnotationError: a source can't be read.
    """
    if classes and not sources:
        raise UsageError("--map says what classes of other sets become, and none is mixed in", next_step="add --mix")
    if wrong := sorted({ours for ours in classes.values() if ours} - set(dataset.classes)):
        step = f"known are: {', '.join(dataset.classes)}"
        raise UsageError(f"--map: {', '.join(wrong)}: there is no such class here", next_step=step)
    read = [_read(source) for source in sources]
    _require_named(classes, [name for found in read for name in found.classes])
    added: list[LabeledImage] = []
    told: list[str] = []
    for source, found in zip(sources, read, strict=True):
        items = _items(found, source, _mapping(found.classes, dataset.classes, classes, source))
        told.append(_told(source, found, items, classes))
        added += items
    ids = tuple(item.id for item in added)
    _require_new(dataset, ids)
    joined: dict[str, Part] = dict.fromkeys(ids, "train")
    both = replace(dataset, items=(*dataset.items, *added))
    return both, replace(split, parts={**split.parts, **joined}, dataset=both.digest), Mixed(ids, tuple(told))


def _read(source: Path) -> Annotations:
    if not source.exists():
        raise UsageError(f"--mix: {source} does not exist", next_step="check the path")
    if source.suffix.lower() == ".zip" and source.is_file():
        raise UsageError(f"--mix: {source} is packed, and training needs its images", next_step="unpack it first")
    source = Path(os.path.realpath(source))
    return formats.sniff(source).read(source, FolderImages(source if source.is_dir() else source.parent), ())


def _mapping(theirs: Sequence[str], ours: Sequence[str], classes: Mapping[str, str], source: Path) -> dict[str, str]:
    """Their class -> own class or "".

    Raises:
        UsageError: some have no counterpart.
    """
    unknown = [name for name in theirs if name not in classes and name not in ours]
    if unknown:
        close = dict(names_alike([*unknown, *ours])) if len(theirs) + len(ours) < 300 else {}
        guess = ",".join(f"{name}={close.get(name, '')}" for name in unknown)
        raise UsageError(
            f"--mix: {source} has classes that are none here: {', '.join(unknown)} (here: {', '.join(ours)})",
            next_step=f"say what they become, or leave them out: --map '{guess}'",
        )
    return {name: classes.get(name, name) for name in theirs}


def _require_named(classes: Mapping[str, str], theirs: Sequence[str]) -> None:
    if lost := sorted(set(classes) - set(theirs)):
        step = f"their classes are: {', '.join(dict.fromkeys(theirs)) or 'none'}"
        raise UsageError(f"--map: no set that is mixed in has the class {', '.join(lost)}", next_step=step)


def _items(found: Annotations, source: Path, becomes: Mapping[str, str]) -> tuple[LabeledImage, ...]:
    """The images that are annotated and there, with own classes."""
    kept = [item for item in found.items if item.covered and Path(item.image.path).is_file()]
    if not kept:
        raise UsageError(f"--mix: no annotated image was found in {source}", next_step="check where its images lie")
    groups = infer_group([item.image.path for item in kept])
    return tuple(grouped(_own(item, becomes), *groups[item.image.path]) for item in kept)


def _own(item: LabeledImage, becomes: Mapping[str, str]) -> LabeledImage:
    image = view_of(Path(os.path.realpath(item.image.path))).image
    labels = [becomes.get(str(name), str(name)) for name in item.objects.labels]
    objects = item.objects.replace(labels=labels) if len(labels) else item.objects
    objects = objects[[n for n, name in enumerate(labels) if name]]
    return replace(item, view=replace(item.view, image=image), objects=objects)


def _require_new(dataset: Dataset, ids: Sequence[str]) -> None:
    known = Counter([*(item.id for item in dataset.items), *ids])
    if twice := sum(count > 1 for count in known.values()):
        raise UsageError(
            f"--mix: {twice} images are mixed in twice, or are in the data set already",
            next_step="name each set once, and none that the training is on anyway",
        )


def _told(source: Path, found: Annotations, items: tuple[LabeledImage, ...], classes: Mapping[str, str]) -> str:
    objects = Counter(str(name) for item in items for name in item.objects.labels)
    counts = ", ".join(f"{n} {name}" for name, n in objects.items()) or "no objects"
    renamed = [f"{a} as {b}" if b else f"without {a}" for a, b in classes.items() if a in found.classes and a != b]
    rest = len(found.items) - len(items)
    left = f"; {rest} more are not annotated or not there" if rest else ""
    boxes = "; boxes only: a model of outlines learns rectangles" if Dataset((), items).task == "detect" else ""
    return f"learned from {source}, too: {len(items)} images, {counts}{''.join(f', {x}' for x in renamed)}{left}{boxes}"
