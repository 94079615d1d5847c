"""Files that come through the browser: streamed to disk, with the folders that they lay in, whole or not at all.

What is dropped together is a batch, ``uploads/BATCH/`` in the project, until it is imported.
"""

from __future__ import annotations

import re
import shutil
import time
import unicodedata
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, cast

from anyio import from_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid import atomic
from annelid.errors import UsageError
from annelid.server.desk import desk_of
from annelid.server.reply import refusal, reply

MAX_BYTES = 64 * 2**30
"""The largest file."""
KEPT_FREE = 2**29
"""So much of the drive stays free: a full one would stop the saving of annotation."""
_QUIET_SECONDS = 120.0
_MOST_FOLDERS = 20
_LONGEST_NAME = 200
_BATCH = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
_UNSAFE = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def batch_folder(root: Path, batch: str) -> Path:
    """Where the files of a batch lie.

    Raises:
        UsageError: that cannot be the name of a batch.
    """
    if not _BATCH.fullmatch(batch):
        raise UsageError(f"{batch[:80]!r} can't name a batch of uploads", next_step="use letters, digits and dashes")
    folder = root / "uploads" / batch
    if folder.resolve().parent != root.resolve() / "uploads":  # a link that leads elsewhere
        raise UsageError(f"uploads/{batch} does not lie in the project", next_step="remove the link")
    return folder


def safe_path(name: str) -> PurePosixPath:
    """A relative path that every system can hold; what Windows refuses becomes ``_``.

    Raises:
        UsageError: the name leads out of the folder, or names nothing.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    outside = ".." in parts or name.startswith(("/", "\\")) or PureWindowsPath(name).drive != ""
    if outside or not parts or len(parts) > _MOST_FOLDERS:
        raise UsageError(f"{name[:200]!r} can't be the name of an upload", next_step="name a file, as set/images/a.tif")
    return PurePosixPath(*map(_safe_part, parts))


def _safe_part(part: str) -> str:
    text = _UNSAFE.sub("_", unicodedata.normalize("NFC", part)).rstrip(". ") or "_"
    text = f"_{text}" if _RESERVED.fullmatch(text) else text
    stem, dot, ending = text.rpartition(".")
    while len(text.encode(errors="replace")) > _LONGEST_NAME:
        stem, dot, ending = (stem[:-1], dot, ending) if len(stem) > 1 else ("", "", text[:-1])
        text = f"{stem}{dot}{ending}"
    return text


def _put(request: Request) -> Response:
    """Write one file; the same name again replaces it."""
    batch = request.query_params.get("batch") or uuid.uuid4().hex
    folder, given = batch_folder(desk_of(request).project.root, batch), request.path_params["name"]
    name = safe_path(given)
    stated = request.headers.get("content-length", "")
    if stated.isdecimal():
        _require_room(folder, given, int(stated))
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with atomic.replacing(target) as temporary, temporary.open("wb") as file:
            for block in _blocks(request):
                if file.tell() + len(block) > MAX_BYTES:
                    raise _too_large(given)
                file.write(block)
    except ClientDisconnect:
        return refusal(400, f"{given} did not come as a whole", "send it again")
    told = {"batch": batch, "path": str(name), "bytes": target.stat().st_size, "renamed": str(name) != given}
    return reply({"upload": f"{batch}/{name}", **told}, 201)


def _blocks(request: Request) -> Iterator[bytes]:
    """The body as it comes; this thread waits, the server's loop does not."""
    stream = request.stream()

    async def next_block() -> bytes | None:
        return cast("bytes | None", await anext(stream, None))

    while (block := from_thread.run(next_block)) is not None:
        yield block


def _require_room(folder: Path, name: str, size: int) -> None:
    if size > MAX_BYTES:
        raise _too_large(name)
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = atomic.free_bytes(place)
    if free is not None and size + KEPT_FREE > free:
        need, left = size / 2**20, max(0, free - KEPT_FREE) / 2**20
        message = f"{name} has {need:,.0f} MiB, and the project's drive has room for {left:,.0f} MiB"
        raise UsageError(message, next_step="free some disk space; or annelid import FOLDER, which leaves images there")


def _too_large(name: str) -> UsageError:
    step = "annelid import FOLDER takes it without copying it"
    return UsageError(f"{name} has more than {MAX_BYTES // 2**30} GiB", next_step=step)


def _room(request: Request) -> Response:
    """How much can come: asked before, as a browser may not hear an answer while it is still sending.

    And what came earlier and was never imported: a page was closed, or the server ended.
    """
    root = desk_of(request).project.root
    free = atomic.free_bytes(root)
    room = {"max_bytes": MAX_BYTES, "free_bytes": None if free is None else max(0, free - KEPT_FREE)}
    return reply({**room, "waiting": list(_waiting(root / "uploads"))})


def _waiting(uploads: Path) -> Iterator[dict[str, Any]]:
    """Batches to which nothing was added lately."""
    for folder in sorted(uploads.iterdir()) if uploads.is_dir() else ():
        files = [file.stat() for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")]
        last = max((file.st_mtime for file in files), default=time.time())
        if time.time() - last > _QUIET_SECONDS:
            created = datetime.fromtimestamp(last).astimezone().isoformat(timespec="seconds")
            size = sum(file.st_size for file in files)
            yield {"batch": folder.name, "files": len(files), "bytes": size, "created": created}


def _delete(request: Request) -> Response:
    """Forget a batch that shall not be imported."""
    folder = batch_folder(desk_of(request).project.root, request.path_params["name"])
    shutil.rmtree(folder, ignore_errors=True)
    return reply({})


ROUTES: tuple[BaseRoute, ...] = (
    Route("/uploads", _room),
    Route("/uploads/{name:path}", _put, methods=["PUT"]),
    Route("/uploads/{name}", _delete, methods=["DELETE"]),
)
