"""Annotation for other programs: written to ``exports/`` in the project, and brought as a zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from annelid import formats
from annelid.errors import ProjectError, UsageError
from annelid.server.desk import Desk, desk_of
from annelid.server.importing import teller
from annelid.server.reply import body_of, reply
from annelid.steps import watched

_BLOCK = 2**20
_PACKED = {".png", ".jpg", ".jpeg", ".zip", ".gz", ".npy"}
TITLES = {
    "labelme": ("LabelMe, AnyLabeling", "a JSON file beside each image; X-AnyLabeling reads it too"),
    "coco": ("COCO", "one JSON file; CVAT, Roboflow, Detectron2 and most others read it"),
    "yolo": ("YOLO", "a text file for each image, with the images: ready for Ultralytics"),
    "labelmask": ("Label images", "every pixel holds its object's number: scikit-image, napari, StarDist"),
    "maskfolder": ("A mask for each object", "folders of binary masks, as in DSB2018"),
    "voc": ("Pascal VOC", "an XML file for each image, boxes and masks; LabelImg"),
    "cvat": ("CVAT", "CVAT for images 1.1: one XML file"),
    "labelstudio": ("Label Studio", "one JSON file of tasks"),
    "via": ("VGG Image Annotator", "one JSON file for VIA"),
    "darwin": ("V7 Darwin", "a JSON file for each image"),
    "geojson": ("QuPath", "a GeoJSON file for each image"),
    "imagej": ("ImageJ and Fiji", "a zip of ROIs for each image"),
    "cellpose": ("Cellpose", "a label image X_cp_masks.tif for each image X"),
    "celldetective": ("celldetective", "the image's label image and a JSON file about it"),
}
"""Format -> what people know it as, and what is written."""


def _formats(_request: Request) -> Response:
    told = ((name, *TITLES[name]) for name in formats.FORMATS)
    return reply([{"name": name, "title": title, "line": line} for name, title, line in told])


async def _export(request: Request) -> Response:
    body = await body_of(request)
    return await run_in_threadpool(_exported, desk_of(request), body)


def _exported(desk: Desk, body: Mapping[str, Any]) -> Response:
    state = body.get("state", "reviewed")
    if state not in ("reviewed", "draft"):
        raise UsageError(f"state: expected reviewed or draft, found {state!r}", next_step="choose one of them")
    form = formats.get(str(body.get("format", "coco")))
    folder = desk.project.root / "exports"
    folder.mkdir(exist_ok=True)
    out = _free(folder, form.NAME)
    with watched(teller(desk, "export")):
        losses = desk.project.export(out, form.NAME, state=state)
    return reply({**_told(out), "losses": [vars(loss) for loss in losses.renamed(out, Path(out.name))]})


def _free(folder: Path, name: str) -> Path:
    stem = f"{name}-{datetime.now().astimezone():%Y-%m-%d-%H%M}"
    names = (stem if k == 1 else f"{stem}-{k}" for k in range(1, 10_000))
    return next(folder / name for name in names if not (folder / name).exists())


def _told(folder: Path) -> dict[str, Any]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    created = datetime.fromtimestamp(folder.stat().st_mtime).astimezone().isoformat(timespec="seconds")
    return {"name": folder.name, "files": len(files), "bytes": sum(f.stat().st_size for f in files), "created": created}


def _exports(request: Request) -> Response:
    folder = desk_of(request).project.root / "exports"
    found = [place for place in folder.iterdir() if place.is_dir()] if folder.is_dir() else []
    shown = [place for place in found if not place.name.startswith(".")]
    return reply(sorted(map(_told, shown), key=lambda export: export["created"], reverse=True))


def _zip(request: Request) -> Response:
    """An export as a zip, packed while it is sent."""
    exports, name = desk_of(request).project.root / "exports", request.path_params["name"]
    folder = next((place for place in exports.glob("*") if place.name == name and place.is_dir()), None)
    if folder is None or folder.resolve().parent != exports.resolve():
        raise ProjectError(f"there is no export {name[:100]!r}", next_step="export again")
    disposition = f"attachment; filename*=UTF-8''{quote(folder.name, safe='')}.zip"
    return StreamingResponse(zipped(folder), 200, {"Content-Disposition": disposition}, "application/zip")


def zipped(folder: Path) -> Iterator[bytes]:
    """The bytes of a zip of everything in a folder, below the folder's own name."""
    told = _Told()
    with zipfile.ZipFile(told, "w", allowZip64=True) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
            name = Path(folder.name, file.relative_to(folder)).as_posix()
            entry = zipfile.ZipInfo.from_file(file, name)
            entry.compress_type = zipfile.ZIP_STORED if file.suffix.lower() in _PACKED else zipfile.ZIP_DEFLATED
            with file.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while block := source.read(_BLOCK):
                    target.write(block)
                    yield told.taken()
    yield told.taken()


class _Told(io.RawIOBase):
    """A file that cannot be sought in: what is written waits to be sent."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._blocks.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        blocks, self._blocks = self._blocks, []
        return b"".join(blocks)


ROUTES: tuple[BaseRoute, ...] = (
    Route("/formats", _formats),
    Route("/exports", _export, methods=["POST"]),
    Route("/exports", _exports),
    Route("/exports/{name}/zip", _zip),
)
