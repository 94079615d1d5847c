"""What a Darwin file says of its images: the slots of an item, or the image of version 1.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from annelid.dataset import LabeledImage
from annelid.errors import AnnotationError
from annelid.formats.values import SizeWh, size_from

VERSION = {
    "version": "2.0",
    "schema_ref": "https://darwin-public.s3.eu-west-1.amazonaws.com/darwin_json/2.0/schema.json",
}
_IMAGE_KEYS = ("filename", "original_filename", "path", "width", "height")
_SLOT_KEYS = ("slot_name", "type", "width", "height", "source_files")

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Slot:
    """An image or a video of an item.

    Attributes:
        name: name of the slot.
        names: what its file may be called, likeliest first.
        size_wh: width and height, where the file tells.
        frames: number of frames of a video, 0 for a still image.
        others: what else the file says of it.
    """

    name: str
    names: tuple[str, ...]
    size_wh: SizeWh | None
    frames: int
    others: Json

    def frame_names(self, number: int) -> tuple[str, ...]:
        """What the image of a frame may be called: a folder has the name of the video."""
        paths = [PurePosixPath(name) for name in self.names]
        return tuple(str(path.with_suffix("") / f"{number:07d}.png") for path in paths)


def slots_of(value: Json, file: Path) -> list[Slot]:
    """The images and videos that a file is about, at least one.

    Raises:
        AnnotationError: it names none.
    """
    item, image = value.get("item"), value.get("image")
    if isinstance(item, Mapping):
        found = item.get("slots")
        slots = [slot for slot in found if isinstance(slot, Mapping)] if isinstance(found, list) else []
        return [_slot(item, slot, len(slots)) for slot in slots or [{}]]
    if isinstance(image, Mapping):
        return [_image(image)]
    keys = ", ".join(map(str, list(value)[:9]))
    raise AnnotationError(file, expected="Darwin's item, or the image of version 1.0", found=f"the keys {keys}")


def _slot(item: Json, slot: Json, count: int) -> Slot:
    folder, name = _path(item), _text(item.get("name"))
    sources = slot.get("source_files")
    files = [source for source in sources if isinstance(source, Mapping)] if isinstance(sources, list) else []
    source = next((_text(file.get("file_name")) for file in files), "")
    stored = next((_text(file.get("storage_key")) for file in files), "")
    title = _text(slot.get("slot_name"))
    with_suffix = name + PurePosixPath(source).suffix if name and not PurePosixPath(name).suffix else ""
    several = (f"{folder}/{name}/{title}/{source}", f"{folder}/{source}") if count > 1 else ()
    likely = (*several, *(f"{folder}/{n}" for n in (name, with_suffix, source) if n), stored)
    others = {key: v for key, v in slot.items() if key not in _SLOT_KEYS}
    others |= {} if title in {"", "0"} else {"slot_name": title}
    others |= {} if slot.get("type", "image") == "image" else {"type": slot["type"]}
    others |= {} if not sources or sources == [{"file_name": name}] else {"source_files": sources}
    return Slot(title, _clean(likely), size_from(slot.get("width"), slot.get("height")), _frames(slot), others)


def _image(image: Json) -> Slot:
    """The image of version 1.0; it may be stored under its name when it was uploaded."""
    folder = _path(image)
    likely = [f"{folder}/{_text(image.get(key))}" for key in ("original_filename", "filename") if image.get(key)]
    size = size_from(image.get("width"), image.get("height"))
    return Slot("", _clean(likely), size, _frames(image), {})


def _path(value: Json) -> str:
    return _text(value.get("path")).replace("\\", "/").strip("/")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _clean(names: Sequence[str]) -> tuple[str, ...]:
    stripped = (name.replace("\\", "/").lstrip("/") for name in names)
    return tuple(dict.fromkeys(name for name in stripped if name and not name.endswith("/")))


def _frames(value: Json) -> int:
    urls, count = value.get("frame_urls"), value.get("frame_count")
    if isinstance(count, int) and not isinstance(count, bool) and count > 0:
        return count
    return len(urls) if isinstance(urls, list) else 0


def others_of(value: Json) -> dict[str, Any]:
    """What a file says beyond its images' names and sizes and its annotations."""
    others = {key: v for key, v in value.items() if key not in {"annotations", *VERSION, "annelid"}}
    others |= {key: value[key] for key, usual in VERSION.items() if key in value and value[key] != usual}
    item = others.pop("item", None)
    if isinstance(item, Mapping):
        rest = {key: v for key, v in item.items() if key not in {"name", "path", "slots"}}
        return {**others, "item": rest} if rest else others
    image = others.pop("image", None)
    rest = {key: v for key, v in image.items() if key not in _IMAGE_KEYS} if isinstance(image, Mapping) else {}
    return {**others, "image": rest} if rest else others


def document(item: LabeledImage, name: str, others: Json, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    """A file of version 2.0 about one image.

    Args:
        item: the image.
        name: its relative path.
        others: what `others_of` and ``slot`` of a source said.
        annotations: what lies on it.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    folder = f"/{path.parent.as_posix()}" if path.parent.parts else "/"
    width, height = item.size_wh
    usual = {"type": "image", "slot_name": "0", "width": width, "height": height}
    slot = {**usual, "source_files": [{"file_name": path.name}], **others.get("slot", {})}
    rest = {key: v for key, v in others.items() if key not in {"item", "slot"}}
    head = {"name": path.name, "path": folder, **others.get("item", {}), "slots": [slot]}
    return {**VERSION, **rest, "item": head, "annotations": annotations}
