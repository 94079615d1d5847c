"""Bring images and annotations into a project: pair them, keep what fits and say what does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from pathlib import Path

from annelid import formats
from annelid.dataset import LabeledImage, whole_image
from annelid.errors import UsageError
from annelid.formats.base import Annotations, LossReport
from annelid.formats.images import ListedImages
from annelid.formats.jsontext import collecting_nothing
from annelid.formats.labelme_xml import lies_aside
from annelid.formats.mask_name import is_mask_name, masks_among
from annelid.image import ImageRef, View
from annelid.ingest.corrections import inherit
from annelid.ingest.images import add_images
from annelid.ingest.sources import Sources, sort_out
from annelid.ingest.wish import Imported, Missing, Wish, summary
from annelid.locate import forget_folders, real_path
from annelid.objects import Objects
from annelid.settings import check_classes
from annelid.store import Store
from annelid.store.changes import ChangeSet, diff, keep_ids

__all__ = ["Imported", "Missing", "UnknownClasses", "Wish", "ingest", "summary"]

_Read = tuple[str, Annotations]
"""Name of a format, and what was read in it."""


class UnknownClasses(UsageError):  # noqa: N818 - a question to the user rather than a mistake
    """Annotation has classes that the project does not.

    Attributes:
        names: these classes, in the order of the annotation.
    """

    def __init__(self, message: str, names: tuple[str, ...], *, next_step: str) -> None:
        super().__init__(message, next_step=next_step)
        self.names = names


@collecting_nothing()
def ingest(
    store: Store, root: Path, classes: Sequence[str], wish: Wish, keep_classes: Callable[[Sequence[str]], None]
) -> Imported:
    """Import images and annotation; all of the annotation or, where it is refused, none of it.

    Args:
        store: the project's store.
        root: the project's folder.
        classes: the project's classes; () takes those of the annotation.
        wish: what to do.
        keep_classes: called with the classes that the project did not have, before objects of them are saved.

    Raises:
        UsageError: nothing to import, or the annotation has classes that the project does not.
        AnnotationError: the annotation as a whole can't be read.
    """
    done = Imported()
    forget_folders()
    with ExitStack() as stack:
        sources = sort_out(wish, root, done, stack)
        image_files = sources.images
        several: list[_Read] = []
        if _only_masks(sources):
            image_files = [root / image.path for image in store.images()]
        if sources.labels:
            for place, name in sources.labels.items():
                near = [file for file in image_files if len(sources.labels) > 1 and file.is_relative_to(place)]
                several.append(_read_annotations(place, name, near or image_files, classes, wish, done))
                image_files = _without_masks(image_files, several[-1], place)
            _check_images(several, list(sources.labels.values()), image_files)
            _check_map(wish, several, done)
            _check_classes(several, classes, list(sources.labels.values()), done)
        views = add_images(store, root, image_files, wish, done)
        if several:
            _note_told(store, several, views, wish)
            if done.classes_added:
                keep_classes(done.classes_added)
            _save_annotations(store, several, views, wish, done)
        elif wish.missing == "background":
            _save_background(store, chain.from_iterable(views.values()), done)
    return done


def _only_masks(sources: Sources) -> bool:
    """Whether annotation came without images: they are those that the project has."""
    folders = {place if place.is_dir() else place.parent for place in sources.labels}
    masks = {m for f in folders for m in masks_among((i for i in sources.images if i.is_relative_to(f)), f)}
    return bool(folders) and masks.issuperset(sources.images)


def _read_annotations(
    path: Path, name: Path, image_files: Sequence[Path], classes: Sequence[str], wish: Wish, done: Imported
) -> _Read:
    form = formats.sniff(path) if wish.format == "auto" else formats.get(wish.format)
    done.format = ", ".join(dict.fromkeys(filter(None, [*done.format.split(", "), form.NAME])))
    named = wish.classes or (tuple(classes) if form.NAME in formats.LABEL_IMAGES and len(classes) == 1 else ())
    read = form.read(path, ListedImages(image_files), named)
    if not named and classes and read.classes and all(c.isdecimal() and c not in classes for c in read.classes):
        read = form.read(path, ListedImages(image_files), tuple(classes))  # numbers only: the project names them
    done.losses.losses += read.losses.renamed(path, name).losses
    rename = {name: wish.renamed.get(name, name) for name in read.classes}
    done.renamed |= wish.renamed.keys() & rename.keys()
    items = tuple(_relabeled(item, rename) for item in read.items)
    return form.NAME, replace(read, classes=tuple(dict.fromkeys(rename.values())), items=items)


def _note_told(store: Store, several: Sequence[_Read], views: Mapping[Path, Sequence[View]], wish: Wish) -> None:
    """Keep what the annotation tells of images and they do not themselves: group, size of a pixel, channels."""
    told = {real_path(Path(item.image.path)): item.image for _, read in several for item in read.items}
    images: dict[str, ImageRef] = {}
    for file, image in ((f, view.image) for f, of_file in views.items() if f in told for view in of_file):
        also = told[file]
        takes_group = also.group and not wish.group and image.group_source == "assumed"
        images[image.id] = replace(
            image,
            group=also.group if takes_group else image.group,
            group_source=also.group_source if takes_group else image.group_source,
            pixel_size_um=image.pixel_size_um or also.pixel_size_um,
            channels=image.channels or also.channels,
        )
        if images[image.id] == image:
            del images[image.id]
    store.update_images(images.values())


def _relabeled(item: LabeledImage, rename: Mapping[str, str]) -> LabeledImage:
    labels = [rename.get(label, label) for label in item.objects.labels.tolist()]
    changed = labels != item.objects.labels.tolist()
    return replace(item, objects=item.objects.replace(labels=labels)) if changed else item


def _without_masks(files: Sequence[Path], read: _Read, source: Path) -> list[Path]:
    """The image files less the label images, which lie among them in a data set's folder."""
    form, annotations = read
    if form not in (*formats.LABEL_IMAGES, "labelme"):
        return list(files)
    used = {item.image.path for item in annotations.items}
    folder = source if source.is_dir() else source.parent
    is_mask = lies_aside if form == "labelme" else is_mask_name
    return [f for f in files if str(f) in used or f.as_posix() in used or not is_mask(f, folder)]


def _check_classes(several: Sequence[_Read], classes: Sequence[str], names: list[Path], done: Imported) -> None:
    listed = dict.fromkeys(c for _, annotations in several for c in annotations.classes)
    used = {label for _, annotations in several for item in annotations.items for label in item.objects.labels}
    if not classes:
        check_classes(tuple(listed))
    unknown = [name for name in listed if name in used and name not in classes]
    if classes and unknown:
        raise UnknownClasses(
            f"{', '.join(map(str, names))}: classes that the project does not have: {', '.join(unknown)} "
            f"(the project has {', '.join(classes)}); nothing was imported",
            tuple(unknown),
            next_step=f"annelid classes add {unknown[0]!r}, or import with --map {unknown[0]}={classes[0]}",
        )
    done.classes_added = () if classes else tuple(listed)


def _check_images(several: Sequence[_Read], names: list[Path], image_files: Sequence[Path]) -> None:
    """Annotation of which no image can be found is of no use, and mostly a forgotten option."""
    known = {real_path(file) for file in image_files}
    items = [item for _, annotations in several for item in annotations.items]
    if items and not any(real_path(Path(item.image.path)) in known for item in items):
        which = f"none of the {len(items)} image(s) was found, for example {items[0].image.path}"
        raise UsageError(
            f"{', '.join(map(str, names))}: {which}; nothing was imported", next_step="say where they are: --images DIR"
        )


def _check_map(wish: Wish, several: Sequence[_Read], done: Imported) -> None:
    """A name that nothing has is a slip, and would rename nothing."""
    if unused := [name for name in wish.renamed if name not in done.renamed]:
        found = ", ".join(dict.fromkeys(c for _, annotations in several for c in annotations.classes))
        raise UsageError(
            f"--map {unused[0]}=...: the annotation has no class {unused[0]!r}", next_step=f"it has {found}"
        )


def _save_annotations(
    store: Store, several: Sequence[_Read], views: Mapping[Path, list[View]], wish: Wish, done: Imported
) -> None:
    changes: dict[str, ChangeSet] = {}
    current = {item.id: item for item in store.items()}
    told = "image-missing" in done.losses.by_kind()  # most formats say so themselves, with the place
    for form, read in several:
        for item in read.items:
            view = _view_of(item, views, changes, done.losses, told=told)
            if view is None or (item.state == "new" and not len(item.objects) and wish.missing == "new"):
                continue
            if item.state == "new" and wish.missing == "background":
                item = replace(item, state="reviewed", covered=whole_image(view.image.size_wh))
            changes[view.id] = _change(current[view.id], item, form)
            done.annotated += 1
            for label, count in Counter(item.objects.labels.tolist()).items():
                done.objects[label] = done.objects.get(label, 0) + count
            if item.image.path in read.parts:
                done.parts[view.id] = read.parts[item.image.path]
    store.save_many(changes)
    if wish.missing == "background":
        _save_background(store, (v for vs in views.values() for v in vs if v.id not in changes), done)


def _view_of(
    item: LabeledImage,
    views: Mapping[Path, list[View]],
    changes: Mapping[str, ChangeSet],
    losses: LossReport,
    *,
    told: bool,
) -> View | None:
    """The view that an item annotates; None, with a loss, where there is none or it has its annotation already."""
    several, n = views.get(real_path(Path(item.image.path)), []), len(item.objects)
    if not several:
        if not told:
            losses.add("image-missing", f"{n} object(s) of an image that is not there", item.image.path, count=n)
        return None
    view = next((v for v in several if v.plane == item.view.plane), None)
    if view is None and item.view.plane == (0, 0, 0, "") and len(several) == 1:
        view = several[0]  # most formats do not say which plane they mean
        what = f"the annotation does not say its plane: taken for the project's, t={view.t}, "
        losses.add("plane-assumed", what + (view.projection or f"z={view.z}"), item.image.path, count=n)
    if view is None:
        what = f"the project has no plane t={item.view.t}, z={item.view.z} of this image: its objects were left out"
        losses.add("plane-missing", what, item.image.path, count=n)
        return None
    if view.id in changes:
        losses.add("image-twice", "annotated twice in this import: the second was left out", item.image.path, count=n)
        return None
    return view


def _change(now: LabeledImage, wanted: LabeledImage, format_name: str) -> ChangeSet:
    author = f"import:{format_name}"
    upsert: Objects = wanted.objects
    removed: tuple[str, ...] = ()
    if len(now.objects):
        objects = inherit(now.objects, keep_ids(now.objects, wanted.objects), author, now.size_wh)
        upsert, removed = diff(now.objects, objects)
    return ChangeSet(
        now.revision,
        upsert,
        removed,
        author=author,
        message="import",
        covered=wanted.covered,
        state=wanted.state,
    )


def _save_background(store: Store, views: Iterable[View], done: Imported) -> None:
    items = {item.id: item for item in store.items([view.id for view in views])}
    new = [item for item in items.values() if item.state == "new"]
    store.save_many(
        {
            item.id: ChangeSet(
                item.revision,
                author="import:background",
                message="declared background",
                covered=whole_image(item.size_wh),
                state="reviewed",
            )
            for item in new
        }
    )
    done.annotated += len(new)
