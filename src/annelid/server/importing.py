"""Take what was uploaded into the project: images and annotation together, and say what came in and what did not."""

from __future__ import annotations

import filecmp
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid import synthetic
from annelid.atomic import new_folder
from annelid.errors import AnnelidError, UsageError
from annelid.fingerprint import fingerprint
from annelid.formats import imagej
from annelid.formats.archive import unwrapped
from annelid.ingest import Imported, UnknownClasses, summary
from annelid.ingest.brought import folder_of_now
from annelid.project import Project
from annelid.readers.find import find_images
from annelid.server.desk import Desk, desk_of
from annelid.server.reply import body_of, refusal, reply
from annelid.server.uploads import batch_folder
from annelid.steps import watched

_ONE_AT_A_TIME = Lock()
_FOR_THE_PAGE = "drop the images together with their annotation, choose its format, or import the images alone"
"""In the place of what one would type in a terminal."""
_TYPED = re.compile(r" \(--[zt][^)]*\)")
_SECONDS = 0.2
"""Pages hear of the progress so often."""
DEMO_IMAGES, DEMO_ANNOTATED, DEMO_SIZE = 30, 24, 256
"""The demo's other images are for trying the tools."""


async def _import(request: Request) -> Response:
    body = await body_of(request)
    return await run_in_threadpool(_imported, desk_of(request), body)


def _imported(desk: Desk, body: Mapping[str, Any]) -> Response:
    batch, wish = _text(body, "batch"), wish_of(body)
    with _ONE_AT_A_TIME, watched(teller(desk, "import")):
        try:
            done = take_in(desk.project, batch, wish, images_only=body.get("images_only") is True)
        except UnknownClasses as error:
            message = _as_uploaded(error.message, desk.project.root)
            return refusal(400, message, error.next_step, type="UnknownClasses", classes=list(error.names))
        except AnnelidError as error:
            error.message = _as_uploaded(error.message, desk.project.root)
            error.next_step = _FOR_THE_PAGE if "--" in error.next_step else error.next_step
            raise
    tell_all(desk)
    told = summary(done)
    notes = [_TYPED.sub("; Options take others: drop them again", note) for note in told["notes"]]
    return reply({**told, "notes": notes, "losses": [_plain(loss, desk.project.root) for loss in told["losses"]]})


def _plain(loss: Mapping[str, Any], root: Path) -> dict[str, Any]:
    return {**loss, **{name: _as_uploaded(loss[name], root) for name in ("file", "what")}}


def _as_uploaded(text: str, root: Path) -> str:
    """A message about files by the names that they had when they were dropped."""
    place = r"[/\\](?:uploads|images)[/\\][^/\\:,]+"
    inside = re.sub(rf"{re.escape(str(root))}{place}[/\\]", "", text)
    return re.sub(rf"{re.escape(str(root))}{place}", "the upload", inside)


def wish_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What `Project.import_` shall be asked for.

    Raises:
        UsageError: something in the request is not as it should be.
    """
    renamed = body.get("map") or {}
    if not isinstance(renamed, Mapping) or not all(isinstance(name, str) for name in renamed.values()):
        raise UsageError("map: expected names of classes for names in the annotation", next_step='{"map": {"a": "b"}}')
    wish = {name: _text(body, name) for name in ("format", "group", "missing", "z", "t") if body.get(name)}
    names = body.get("classes") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError("classes: expected names", next_step='{"classes": ["nucleus", "debris"]}')
    return {**wish, "renamed": dict(renamed), "classes": tuple(names)}


def take_in(project: Project, batch: str, wish: Mapping[str, Any], *, images_only: bool = False) -> Imported:
    """Import a batch of uploads; its files then lie in ``images/``, with their folders.

    Args:
        project: the project.
        batch: name of the batch. Where the import is refused, it stays, to be imported in another way.
        wish: for `Project.import_`.
        images_only: whether the annotation is left aside.

    Raises:
        UsageError: there is no such batch, or nothing to import, or the annotation has unknown classes.
        AnnotationError: the annotation can't be read.
    """
    uploads = batch_folder(project.root, batch)
    if not uploads.is_dir():
        raise UsageError(f"there is no upload {batch}", next_step="drop the files again")
    with _moved_in(uploads, project) as folder:
        sources = [unwrapped(folder)] if any(folder.iterdir()) else []
        sources += sorted(uploads.iterdir())
        if not images_only:
            return project.import_(*sources, **wish)
        if len(sources) > 1:
            raise UsageError("zips among images can't come without annotation", next_step="unpack them first")
        return project.import_(images=sources[0])


@contextmanager
def _moved_in(uploads: Path, project: Project) -> Iterator[Path]:
    """The files of a batch at their place in the project; back where they were when nothing of them came in.

    Zips stay behind: what they hold is unpacked to a folder of its own.
    """
    images = project.root / "images"
    images.mkdir(exist_ok=True)
    folder = folder_of_now(images)
    uploads.rename(folder)
    uploads.mkdir()
    try:
        for packed in _zips(folder):
            packed.rename(uploads / packed.name)
        _link_known(project, folder)
        yield folder
    except BaseException:
        if not _is_used(folder, project):
            for packed in uploads.iterdir():
                packed.rename(folder / packed.name)
            uploads.rmdir()
            folder.rename(uploads)
        raise
    _tidy(folder)
    shutil.rmtree(uploads, ignore_errors=True)


def _zips(folder: Path) -> list[Path]:
    """Packed data sets on top; ImageJ's zips of ROIs belong to the images beside them."""
    zips = [file for file in sorted(folder.iterdir()) if file.is_file() and file.suffix.lower() == ".zip"]
    return [file for file in zips if not imagej.sniff(file)]


def _is_used(folder: Path, project: Project) -> bool:
    place = f"{folder.relative_to(project.root).as_posix()}/"
    return any(image.path.startswith(place) for image in project.store.images())


def _link_known(project: Project, folder: Path) -> None:
    """Stand-ins for images that the project has already, so that they do not become twins."""
    known = {(i.name, i.fingerprint): project.root / i.path for i in project.store.images() if i.fingerprint}
    for file in find_images(folder) if known else ():
        here = known.get((file.name, fingerprint(file))) if file.is_file() else None
        if here is None or not here.is_file() or not filecmp.cmp(file, here, shallow=False):
            continue
        link = file.with_name(f".{uuid.uuid4().hex}")
        with suppress(OSError):  # Windows without the right to make links; the data check finds twins
            link.symlink_to(here.resolve())
            link.replace(file)


def _tidy(folder: Path) -> None:
    """Take away stand-ins, and folders in which nothing else was."""
    for file in [path for path in folder.rglob("*") if path.is_symlink()]:
        file.unlink()
    for place in sorted((folder, *folder.rglob("*")), reverse=True):
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise UsageError(f"{name}: expected a text, found {value!r}", next_step=f"correct {name}")
    return value


def teller(desk: Desk, name: str) -> Callable[[str, int, int], None]:
    """What tells every page how far a long verb has come, as events of a name: ``{what, done, of}``."""
    last = 0.0

    def tell(what: str, done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last > _SECONDS or done == of:
            last = time.monotonic()
            desk.tell(name, {"what": what, "done": done, "of": of})

    return tell


def tell_all(desk: Desk) -> None:
    """Images, annotation and classes may all have changed."""
    desk.changed()
    desk.tell("views", {})
    desk.tell("classes", {})


def _demo(request: Request) -> Response:
    """Fill an empty project with synthetic microscopy of known truth."""
    desk = desk_of(request)
    with _ONE_AT_A_TIME, watched(teller(desk, "import")):
        done = fill_with_demo(desk.project)
    tell_all(desk)
    return reply(summary(done))


def fill_with_demo(project: Project) -> Imported:
    """Make synthetic images of nuclei; most come with their truth, the others are for trying the tools.

    Raises:
        UsageError: the project is not empty.
    """
    folder = project.root / "nuclei"
    if project.store.views():
        raise UsageError("the demo fills an empty project, and this one has images", next_step="annelid -C NEW serve")
    with new_folder(folder) as working:
        synthetic.write_nuclei(working, images=DEMO_IMAGES, size=DEMO_SIZE)
        for mask in sorted((working / "masks").iterdir())[DEMO_ANNOTATED:]:
            mask.unlink()
    if "nucleus" not in project.settings.classes:
        project.add_classes("nucleus")
    return project.import_(folder / "images", labels=folder / "masks", group="{group}_*")


ROUTES: tuple[BaseRoute, ...] = (
    Route("/import", _import, methods=["POST"]),
    Route("/demo", _demo, methods=["POST"]),
)
