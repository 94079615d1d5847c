"""Bring images and annotations into a project: pair them, group them, keep what fits and say what does not."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from annelid import formats
from annelid.dataset import LabeledImage, whole_image
from annelid.errors import AnnotationError, ImageError, UsageError
from annelid.fingerprint import fingerprint
from annelid.formats import labelmask
from annelid.formats.archive import opened, unpack
from annelid.formats.base import Annotations, LossReport
from annelid.formats.images import ListedImages
from annelid.formats.mask_pairs import is_mask_name
from annelid.image import ImageRef, View
from annelid.locate import noted_path
from annelid.readers import image_ref, is_image
from annelid.readers.find import find_images
from annelid.split.groups import group_by_pattern, infer_group
from annelid.store import Store
from annelid.store.changes import ChangeSet, diff

Missing = Literal["new", "background"]


@dataclass(frozen=True)
class Wish:
    """What an import shall do.

    Attributes:
        sources: images, folders, annotation files, data sets, or zips of them.
        labels: the annotation, where it is not among the sources.
        images: folder of the images, where they are not among the sources.
        format: name of the annotation's format; ``auto`` recognises it by content.
        classes: class names in order, for annotation that does not name its classes.
        renamed: label in the annotation -> class of the project.
        group: pattern for the group in the file names, or "".
        missing: what an image without annotation is: not annotated yet, or background.
        copy: copy the images into the project.
    """

    sources: tuple[Path, ...]
    labels: Path | None = None
    images: Path | None = None
    format: str = "auto"
    classes: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    missing: Missing = "new"
    copy: bool = False


@dataclass
class Imported:
    """What an import did.

    Attributes:
        images_new: images that the project did not know.
        images_known: images that it knew already.
        annotated: images whose annotation was read.
        objects: class -> number of objects read.
        classes_added: classes that the project did not have.
        format: name of the annotation's format, or "".
        losses: what could not be carried.
        parts: id of the view -> part, where the annotation has a split of its own.
    """

    images_new: int = 0
    images_known: int = 0
    annotated: int = 0
    objects: dict[str, int] = field(default_factory=dict)
    classes_added: tuple[str, ...] = ()
    format: str = ""
    losses: LossReport = field(default_factory=LossReport)
    parts: dict[str, str] = field(default_factory=dict)


def ingest(store: Store, root: Path, classes: Sequence[str], wish: Wish) -> Imported:
    """Import images and annotation; all of the annotation or, where it is refused, none of it.

    Args:
        store: the project's store.
        root: the project's folder.
        classes: the project's classes; () takes those of the annotation.
        wish: what to do.

    Raises:
        UsageError: nothing to import, or the annotation has classes that the project does not.
        AnnotationError: the annotation as a whole can't be read.
    """
    done = Imported()
    with ExitStack() as stack:
        image_files, label_path = _sort_out(wish, root, stack)
        annotations = None
        if label_path:
            known = image_files or [root / image.path for image in store.images()]
            annotations = _read_annotations(label_path, known, classes, wish, done)
            _check_classes(annotations, classes, label_path, done)
            image_files = _without_masks(known, annotations, label_path, done)
        views = _add_images(store, root, image_files, wish, done)
        if annotations:
            _save_annotations(store, annotations, views, wish, done)
        elif wish.missing == "background":
            _save_background(store, views.values(), done)
    return done


# --- which files are meant -------------------------------------------------------------------------------------


def _sort_out(wish: Wish, root: Path, stack: ExitStack) -> tuple[list[Path], Path | None]:
    """The image files and the annotation among the sources. Zips are opened for as long as the stack lives."""
    for path in (*wish.sources, *filter(None, (wish.labels, wish.images))):
        if not path.exists():
            raise UsageError(f"{path} does not exist", next_step="check the path")
    labels = wish.labels
    files: list[Path] = find_images(wish.images) if wish.images else []
    for source in wish.sources:
        if source.is_file() and is_image(source):
            files.append(source)
            continue
        source = _kept_zip(source, root) if _is_zip(source) and not wish.images and not labels else source
        if source.is_dir():
            files += find_images(source)
        if labels is None and _has_annotation(source, wish):
            labels = source
    if labels is not None:
        labels = stack.enter_context(opened(labels))
        if not files:
            files = find_images(labels if labels.is_dir() else labels.parent)
    if not files and labels is None:
        raise UsageError(
            f"no images and no annotation in {', '.join(map(str, wish.sources))}",
            next_step="name a folder of images, an annotation file or a zip",
        )
    return list(dict.fromkeys(files)), labels


def _is_zip(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".zip"


def _kept_zip(path: Path, root: Path) -> Path:
    """Unpack a zip that brings its own images into the project, where they stay."""
    folder = root / "images" / path.stem
    if not folder.exists():
        unpack(path, folder)
    return folder


def _has_annotation(source: Path, wish: Wish) -> bool:
    if wish.format != "auto":
        return True
    if _is_zip(source):
        return True
    try:
        formats.sniff(source)
    except AnnotationError:
        if source.is_file():
            raise
        return False
    return True


# --- annotation --------------------------------------------------------------------------------------------------


def _read_annotations(
    path: Path, image_files: Sequence[Path], classes: Sequence[str], wish: Wish, done: Imported
) -> Annotations:
    form = formats.sniff(path) if wish.format == "auto" else formats.get(wish.format)
    done.format = form.NAME
    named = wish.classes or (tuple(classes) if form.NAME == "labelmask" and len(classes) == 1 else ())
    read = form.read(path, ListedImages(image_files), named)
    done.losses.losses += list(read.losses)
    rename = {name: wish.renamed.get(name, name) for name in read.classes}
    items = tuple(_relabeled(item, rename) for item in read.items)
    return replace(read, classes=tuple(dict.fromkeys(rename.values())), items=items)


def _relabeled(item: LabeledImage, rename: Mapping[str, str]) -> LabeledImage:
    labels = [rename.get(label, label) for label in item.objects.labels]
    return replace(item, objects=item.objects.replace(labels=labels)) if len(labels) else item


def _without_masks(files: Sequence[Path], annotations: Annotations, source: Path, done: Imported) -> list[Path]:
    """The image files less the label images, which lie among them in a data set's folder."""
    if done.format != labelmask.NAME:
        return list(files)
    used = {item.image.path for item in annotations.items}
    folder = source if source.is_dir() else source.parent
    return [f for f in files if str(f) in used or f.as_posix() in used or not is_mask_name(f, folder)]


def _check_classes(annotations: Annotations, classes: Sequence[str], source: Path, done: Imported) -> None:
    used = [c for c in annotations.classes if any((item.objects.labels == c).any() for item in annotations.items)]
    unknown = [name for name in used if name not in classes]
    if classes and unknown:
        raise UsageError(
            f"{source} has classes that the project does not have: {', '.join(unknown)} "
            f"(the project has {', '.join(classes)}); nothing was imported",
            next_step=f"annelid classes add {unknown[0]!r}, or import with --map {unknown[0]}={classes[0]}",
        )
    done.classes_added = () if classes else tuple(annotations.classes)


def _save_annotations(
    store: Store, annotations: Annotations, views: Mapping[Path, View], wish: Wish, done: Imported
) -> None:
    changes: dict[str, ChangeSet] = {}
    current = {item.id: item for item in store.items()}
    for item in annotations.items:
        view = views.get(Path(item.image.path).resolve())
        if view is None:
            done.losses.add(
                "image-missing",
                f"{len(item.objects)} object(s) of an image that is not there",
                item.image.path,
                count=len(item.objects),
            )
            continue
        if item.state == "new" and not len(item.objects) and wish.missing == "new":
            continue
        if item.state == "new" and wish.missing == "background":
            item = replace(item, state="reviewed", covered=whole_image(view.image.size_wh))
        changes[view.id] = _change(current[view.id], item, done.format)
        done.annotated += 1
        for label in item.objects.labels:
            done.objects[label] = done.objects.get(label, 0) + 1
        if item.image.path in annotations.parts:
            done.parts[view.id] = annotations.parts[item.image.path]
    store.save_many(changes)
    if wish.missing == "background":
        _save_background(store, (v for v in views.values() if v.id not in changes), done)


def _change(now: LabeledImage, wanted: LabeledImage, format_name: str) -> ChangeSet:
    upsert, removed = diff(now.objects, wanted.objects)
    return ChangeSet(
        now.revision,
        upsert,
        removed,
        author=f"import:{format_name}",
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


# --- images ------------------------------------------------------------------------------------------------------


def _add_images(store: Store, root: Path, files: Sequence[Path], wish: Wish, done: Imported) -> dict[Path, View]:
    """Put the images into the store; file -> view. Those that can't be read are said and left out."""
    views = store.views()
    by_path = {(root / path).resolve(): view for view in views for path in view.image.paths}
    gone = {v.image.fingerprint: v for v in views if not any((root / p).is_file() for p in v.image.paths)}
    result: dict[Path, View] = {}
    added: list[View] = []
    for file in files:
        place = _copied(file, root) if wish.copy else file
        view = by_path.get(place.resolve())
        if view is None and (view := gone.get(fingerprint(place))):
            view = replace(view, image=replace(view.image, paths=(noted_path(place, root), *view.image.paths)))
            store.update_images([view.image])
        if view is None:
            view = _new_view(place, root, done)
            added += [view] if view else []
        else:
            done.images_known += 1
        if view is not None:
            result[file.resolve()] = view
    done.images_new = len(added)
    grouped = _grouped([view.image for view in added], wish.group)
    store.add_images(replace(view, image=grouped[view.image.id]) for view in added)
    return {file: replace(v, image=grouped.get(v.image.id, v.image)) for file, v in result.items()}


def _copied(file: Path, root: Path) -> Path:
    """The image's copy in the project; a different file of the same name gets a number."""
    folder = root / "images"
    folder.mkdir(exist_ok=True)
    mark = fingerprint(file)
    for k in range(10_000):
        target = folder / (f"{file.stem}-{k}{file.suffix}" if k else file.name)
        if not target.exists():
            shutil.copy2(file, target)
            return target
        if fingerprint(target) == mark:
            return target
    raise UsageError(f"too many different images are called {file.name}")


def _new_view(file: Path, root: Path, done: Imported) -> View | None:
    try:
        return View(image_ref(file, id=uuid.uuid4().hex, name=noted_path(file, root)))
    except ImageError as error:
        done.losses.add("image-unreadable", error.message, file)
        return None


def _grouped(images: Sequence[ImageRef], pattern: str) -> dict[str, ImageRef]:
    """The images with their groups, by id."""
    names = [image.path for image in images]
    if pattern:
        declared = group_by_pattern(names, pattern)
        return {i.id: replace(i, group=declared[i.path], group_source="declared") for i in images}
    inferred = infer_group(names)
    return {i.id: replace(i, group=inferred[i.path][0], group_source=inferred[i.path][1]) for i in images}


def summary(done: Imported) -> dict[str, Any]:
    """JSON values for the history and for ``--json``."""
    return {
        "images": {"new": done.images_new, "known": done.images_known, "annotated": done.annotated},
        "objects": done.objects,
        "classes_added": list(done.classes_added),
        "format": done.format,
        "losses": [vars(loss) for loss in done.losses],
    }
