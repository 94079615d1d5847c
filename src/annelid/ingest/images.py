"""Put images into the store: known ones are found again, moved ones by their content, copies are made on wish."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from annelid.atomic import replacing
from annelid.errors import AnnelidError, ImageError, UsageError
from annelid.fingerprint import fingerprint
from annelid.image import ImageRef, View
from annelid.ingest.wish import Imported, Wish
from annelid.locate import noted_path
from annelid.readers import image_ref
from annelid.split.groups import group_by_pattern, infer_group
from annelid.store import Store


def add_images(store: Store, root: Path, files: Sequence[Path], wish: Wish, done: Imported) -> dict[Path, View]:
    """Put the images into the store; file -> view. Those that can't be read are said and left out.

    Args:
        store: the project's store.
        root: the project's folder.
        files: image files.
        wish: whether to copy them, and how their groups are named.
        done: where it is noted how many were new, and which can't be read.

    Raises:
        AnnelidError: an image can't be copied.
    """
    views = store.views()
    by_path = {(root / path).resolve(): view for view in views for path in view.image.paths}
    gone = _gone(views, root)
    places = _copies(files, root) if wish.copy else {file: file for file in files}
    result: dict[Path, View] = {}
    added: list[View] = []
    for file, place in places.items():
        view = by_path.get(place.resolve())
        if view is None and (view := _moved(place, gone)):
            view = replace(view, image=replace(view.image, paths=(noted_path(place, root), *view.image.paths)))
            store.update_images([view.image])
        if view is not None:
            done.images_known += 1
        else:
            view = _new_view(place, root, done)
            added += [view] if view else []
        if view is not None:
            result[file.resolve()] = view
    grouped = _grouped([view.image for view in added], wish.group)
    store.add_images(replace(view, image=grouped[view.image.id]) for view in added)
    done.images_new = len(added)
    return {file: replace(v, image=grouped.get(v.image.id, v.image)) for file, v in result.items()}


def _gone(views: Iterable[View], root: Path) -> dict[str, list[View]]:
    """Fingerprint -> views whose file is at none of the places where it was seen."""
    gone: dict[str, list[View]] = {}
    for view in views:
        if not any((root / path).is_file() for path in view.image.paths):
            gone.setdefault(view.image.fingerprint, []).append(view)
    return gone


def _moved(file: Path, gone: Mapping[str, list[View]]) -> View | None:
    """The view that a file belongs to by its content, of several the one of its name; each is found once."""
    several = gone.get(_fingerprint(file)) if gone else None
    if not several:
        return None
    several.sort(key=lambda view: view.image.name != file.name)
    return several.pop(0)


def _fingerprint(file: Path) -> str:
    """Of what cannot be read it is "": opening it as an image says why."""
    try:
        return fingerprint(file)
    except OSError:
        return ""


def _copies(files: Sequence[Path], root: Path) -> dict[Path, Path]:
    """File -> its copy in the project; one that cannot be read stands for itself."""
    folder = root / "images"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        step = "check that the project's folder is writable and that no file is called images"
        raise AnnelidError(f"{folder} can't be made: {error.strerror}", next_step=step) from error
    taken: set[Path] = set()
    places: dict[Path, Path] = {}
    for file in files:
        mark = _fingerprint(file)
        places[file] = _copied(file, mark, folder, taken) if mark else file
        taken.add(places[file])
    return places


def _copied(file: Path, mark: str, folder: Path, taken: set[Path]) -> Path:
    """The image's copy; a different file of the same name gets a number, and so does a twin."""
    if file.resolve().is_relative_to(folder.resolve()):
        return file
    for k in range(10_000):
        target = folder / (f"{file.stem}-{k}{file.suffix}" if k else file.name)
        if target in taken:
            continue
        if not target.exists():
            with replacing(target) as temporary:
                shutil.copy2(file, temporary)
            return target
        if _fingerprint(target) == mark:
            return target
    raise UsageError(f"too many different images are called {file.name}", next_step="rename some of them")


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
