"""Put images into the store: known ones are found again, moved ones by their content, copies are made on wish."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from annelid.atomic import new_folder, replacing
from annelid.errors import AnnelidError, ImageError, UsageError
from annelid.fingerprint import fingerprint
from annelid.image import GroupSource, ImageRef, View
from annelid.ingest.brought import without_time
from annelid.ingest.wish import Imported, Wish
from annelid.locate import noted_path, real_path
from annelid.readers import image_info, image_ref, notes_on
from annelid.split.groups import group_by_pattern, infer_group
from annelid.steps import counted
from annelid.store import Store

_NO_PLANE = "the file has no plane, time point or scene that was wished for"


def add_images(store: Store, root: Path, files: Sequence[Path], wish: Wish, done: Imported) -> dict[Path, list[View]]:
    """Put the images into the store; file -> its views. Those that can't be read are said and left out.

    Args:
        store: the project's store.
        root: the project's folder.
        files: image files.
        wish: whether to copy them, which of their planes are meant, and how their groups are named.
        done: where it is noted how many were new, and which can't be read.

    Raises:
        AnnelidError: an image can't be copied.
    """
    known, gone = _known(store.views(), root)
    places = _copies(files, root) if wish.copy else {file: file for file in files}
    result: dict[Path, list[View]] = {}
    new: dict[Path, list[View]] = {}
    for file, place in counted("looking at images", places.items()):
        views = known.get(real_path(place), [])
        if not views and (views := _moved(place, gone)):
            views = [_seen_at(view, noted_path(place, root)) for view in views]
            store.update_images([view.image for view in views])
        if views:
            done.images_known += 1
            more = [view for view in _wished_again(views, wish, file, done) if view.id not in {v.id for v in views}]
            store.add_images(more)
            views = views + more
        else:
            views = new[file] = _new_views(place, root, wish, done)
        if views:
            result[real_path(file)] = views
    result |= _added_by_others(new, places, store, root)
    added = [view for views in new.values() for view in views]
    done.notes += wish.planes.notes({view.image.id: view.image for view in added}.values())
    done.notes += notes_on((places[file], view.scene) for file, views in new.items() for view in views)
    every = [view for views in result.values() for view in views]
    images = _grouped([view.image for view in (every if wish.group else added)], wish.group)
    store.add_images(replace(view, image=images[view.image.id]) for view in added)
    store.update_images(images.values() if wish.group else [])
    done.images_new = len({view.image.id for view in added})
    return {file: [replace(v, image=images.get(v.image.id, v.image)) for v in vs] for file, vs in result.items()}


def _added_by_others(
    new: dict[Path, list[View]], places: Mapping[Path, Path], store: Store, root: Path
) -> dict[Path, list[View]]:
    """The views that another import brought while the files of this one were looked at; they are new no more."""
    known, _ = _known(store.views(), root)
    theirs = {file: known[real_path(places[file])] for file in new if real_path(places[file]) in known}
    for file in theirs:
        del new[file]
    return {real_path(file): views for file, views in theirs.items()}


def _known(views: Iterable[View], root: Path) -> tuple[dict[Path, list[View]], dict[str, list[list[View]]]]:
    """Place -> views of the file there; fingerprint -> views of each file that is at none of its places."""
    files: dict[tuple[str, ...], list[View]] = {}
    for view in views:
        # Scenes are images of their own with the paths of their file; twins of equal paths are one file.
        files.setdefault(view.image.paths, []).append(view)
    known: dict[Path, list[View]] = {}
    gone: dict[str, list[list[View]]] = {}
    for paths, several in files.items():
        known |= {real_path(root / path): several for path in paths}
        if not any((root / path).exists() for path in paths):
            gone.setdefault(several[0].image.fingerprint, []).append(several)
    return known, gone


def _moved(file: Path, gone: Mapping[str, list[list[View]]]) -> list[View]:
    """The views of a file known by its content, of several the one of its name; each is found once."""
    several = gone.get(_fingerprint(file)) if gone else None
    if not several:
        return []
    several.sort(key=lambda views: views[0].image.name != file.name)
    return several.pop(0)


def _seen_at(view: View, name: str) -> View:
    return replace(view, image=replace(view.image, paths=(name, *view.image.paths)))


def _wished_again(views: Sequence[View], wish: Wish, file: Path, done: Imported) -> list[View]:
    """The views of a known file that are wished for by name."""
    if wish.planes.z == "" and wish.planes.t == "":
        return []
    scenes = {view.scene: view.image for view in views}
    wanted = wish.planes.scenes(max(scenes) + 1)
    found = [view for scene, image in scenes.items() if scene in wanted for view in wish.planes.views(image, scene)]
    if not found:
        done.losses.add("plane-missing", _NO_PLANE, file)
    return found


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
    if real_path(file).is_relative_to(folder.resolve()):
        return file
    for k in range(10_000):
        target = folder / (f"{file.stem}-{k}{file.suffix}" if k else file.name)
        if target in taken:
            continue
        if not target.exists():
            _copy(file, target)
            return target
        if _fingerprint(target) == mark:
            return target
    raise UsageError(f"too many different images are called {file.name}", next_step="rename some of them")


def _copy(file: Path, target: Path) -> None:
    if file.is_dir():  # an OME-Zarr
        with new_folder(target) as working:
            shutil.copytree(file, working, dirs_exist_ok=True)
        return
    with replacing(target) as temporary:
        shutil.copy2(file, temporary)


def _new_views(file: Path, root: Path, wish: Wish, done: Imported) -> list[View]:
    """The views of a file that are wished for, of all of its scenes that are."""
    views: list[View] = []
    try:
        scenes = wish.planes.scenes(len(image_info(file).scenes) or 1)
        for scene in scenes:
            image = image_ref(file, id=uuid.uuid4().hex, name=noted_path(file, root), scene=scene)
            views += wish.planes.views(image, scene)
    except ImageError as error:
        done.losses.add("image-unreadable", error.message, error.file)
        return []
    if not views:
        done.losses.add("plane-missing", _NO_PLANE, file)
    return views


def _grouped(images: Sequence[ImageRef], pattern: str) -> dict[str, ImageRef]:
    """The images with their groups, by id."""
    names = [image.path for image in images]
    if pattern:
        declared = group_by_pattern(names, pattern)
        return {i.id: replace(i, group=declared[i.path], group_source="declared") for i in images}
    inferred = infer_group([without_time(name) for name in names])
    return {image.id: _with_group(image, *inferred[without_time(image.path)]) for image in images}


def _with_group(image: ImageRef, group: str, source: GroupSource) -> ImageRef:
    return replace(image, group=image.path if source == "assumed" else group, group_source=source)
