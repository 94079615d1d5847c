"""Which files of an import are images, and which are annotation."""

from __future__ import annotations

import re
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from annelid import formats
from annelid.atomic import new_folder
from annelid.errors import AnnotationError, UsageError
from annelid.fingerprint import fingerprint
from annelid.formats.archive import divided, is_there, opened, unpack
from annelid.formats.mask_name import is_mask_name
from annelid.ingest.wish import Imported, Wish
from annelid.readers import is_image
from annelid.readers.find import find_images

_LIKE_ANNOTATION = {".json", ".geojson", ".xml", ".roi"}


@dataclass
class Sources:
    """What an import works on.

    Attributes:
        images: image files, each once.
        labels: annotation files and folders as they are to be read -> as the user knows them.
    """

    images: list[Path] = field(default_factory=list)
    labels: dict[Path, Path] = field(default_factory=dict)


def sort_out(wish: Wish, root: Path, done: Imported, stack: ExitStack) -> Sources:
    """The image files and the annotation among the sources. Zips are opened for as long as the stack lives.

    Raises:
        UsageError: a source does not exist, or there is neither image nor annotation.
        AnnotationError: a zip is broken or unsafe.
    """
    for path in (*wish.sources, *filter(None, (wish.labels, wish.images))):
        if not is_there(path):
            raise UsageError(f"{path} does not exist", next_step="check the path")
    found = Sources(find_images(_kept(wish.images, root, done, stack)) if wish.images else [])
    for source in wish.sources:
        if is_image(source):
            found.images += find_images(source) if source.is_dir() else [source]
            continue
        place = source if wish.images else _kept(source, root, done, stack)
        if place.is_dir():
            found.images += find_images(place)
        if wish.labels is None and _has_annotation(place, wish, done):
            found.labels[stack.enter_context(opened(place))] = source
    if wish.labels is not None:
        found.labels[stack.enter_context(opened(wish.labels))] = wish.labels
    if not found.images:
        found.images = [f for place in found.labels for f in find_images(place if place.is_dir() else place.parent)]
    if not found.images and not found.labels:
        raise UsageError(
            f"no images and no annotation in {', '.join(map(str, wish.sources))}",
            next_step="name a folder of images, an annotation file or a zip",
        )
    found.images = list(dict.fromkeys(found.images))
    return found


def _is_packed(path: Path) -> bool:
    archive, inside = divided(path)
    return inside != "" or (archive.is_file() and archive.suffix.lower() == ".zip")


def _kept(path: Path, root: Path, done: Imported, stack: ExitStack) -> Path:
    """The path; a zip that brings images is unpacked into the project, where they stay unless the import fails.

    The folder's name tells the content, so that another zip of the same name gets a folder of its own.
    """
    if not _is_packed(path):
        return path
    archive, inside = divided(path)
    name = "-".join(filter(None, (archive.stem, fingerprint(archive)[-8:], re.sub(r"[./]", "-", inside))))
    folder = root / "images" / name
    if folder.exists():
        return folder

    def undo(kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is not None and not done.images_new:
            shutil.rmtree(folder, ignore_errors=True)

    with new_folder(folder) as working:
        unpack(archive, working, inside)
    stack.push(undo)
    return folder


def _has_annotation(source: Path, wish: Wish, done: Imported) -> bool:
    if wish.format != "auto" or _is_packed(source):
        return True
    try:
        formats.sniff(source)
    except AnnotationError:
        if source.is_file():
            raise
        _tell_unrecognised(source, done)
        return False
    return True


def _tell_unrecognised(folder: Path, done: Imported) -> None:
    """Files that look like annotation are not passed over in silence."""
    files = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() in _LIKE_ANNOTATION]
    files += [file for file in find_images(folder) if is_mask_name(file, folder)]
    if files:
        what = "looks like annotation, but is in no format that is known: it was not read"
        done.losses.add("annotation-unrecognised", what, files[0], count=len(files))
