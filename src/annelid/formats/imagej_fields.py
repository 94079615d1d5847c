"""What an ImageJ ROI says besides its outline: header fields and properties."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from roifile import ROI_OPTIONS, ImagejRoi

from annelid.formats import ours

CLASS_KEY = "qupath.object.classification"
"""Property that QuPath reads and writes; ImageJ itself has no classes."""

_CLASS_KEYS = (CLASS_KEY, "classification", "class", "category", "label")
_NUMBERS = (
    "position", "c_position", "z_position", "t_position", "group", "stroke_width", "float_stroke_width",
    "overlay_font_size", "image_opacity",
)  # fmt: skip
_COLOURS = ("stroke_color", "fill_color", "overlay_label_color")
_STYLES = ("arrow_style_or_aspect_ratio", "arrow_head_size", "rounded_rect_arc_size")
_NO_COLOUR = b"\0\0\0\0"
_SAFE = "".join(chr(c) for c in range(32, 127) if chr(c) not in "%\\")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_ASTRAL = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


def read_fields(roi: ImagejRoi, *, styled: bool) -> dict[str, Any]:
    """The fields that are not as they are by default.

    Args:
        roi: the ROI.
        styled: whether the fields for the look of arrows, points and corners mean that; of an ellipse they are a
            part of the outline.
    """
    fields: dict[str, Any] = {"name": roi.name, "options": int(roi.options & ~ROI_OPTIONS.SUB_PIXEL_RESOLUTION)}
    fields |= {key: getattr(roi, key) for key in (*_NUMBERS, *(_STYLES if styled else ()))}
    fields = {key: value for key, value in fields.items() if value and value == value}
    fields |= {key: getattr(roi, key).hex() for key in _COLOURS if getattr(roi, key) != _NO_COLOUR}
    return fields


def write_fields(roi: ImagejRoi, fields: Mapping[str, Any], *, styled: bool) -> None:
    """Put back what `read_fields` found; what can't be in a ROI is left out."""
    for key in (*_NUMBERS, *(_STYLES if styled else ())):
        value = fields.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            setattr(roi, key, value)
    for key in _COLOURS:
        if re.fullmatch("[0-9a-f]{8}", str(fields.get(key))):
            setattr(roi, key, bytes.fromhex(fields[key]))
    if isinstance(fields.get("options"), int):
        roi.options = ROI_OPTIONS((fields["options"] & 0x7FFF) | roi.options)
    roi.name = _ASTRAL.sub("?", str(fields.get("name", "")))


def split_props(text: str) -> tuple[tuple[str, str], object, str]:
    """Key and name of the class ("" for none), Annelid's own, and the other lines of a ROI's properties."""
    found, own, rest = ("", ""), "", []
    for line in text.splitlines():
        key, _, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if key == ours.KEY:
            own = unquote(value)
        elif key.lower() in _CLASS_KEYS and not found[0] and value:
            found = (key, _unescaped(value))
        else:
            rest.append(line)
    return found, ours.loads(own) if own else None, "\n".join(rest)


def join_props(rest: str, class_key: str, label: str, own: Mapping[str, Any]) -> str:
    """The properties of a ROI; with "" as the class's key, none is written."""
    lines = [line for line in rest.splitlines() if line.strip()]
    lines = [line.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for line in lines]
    lines = [_ASTRAL.sub("?", line) for line in lines]
    lines += [f"{class_key}: {_escaped(label)}"] if class_key else []
    # In Java's properties a backslash escapes: keep it out of what has to come back as it is.
    lines += [f"{ours.KEY}: {quote(json.dumps(own), safe=_SAFE)}"] if own else []
    return "".join(f"{line}\n" for line in lines)


def _escaped(text: str) -> str:
    """A value as Java's properties want it."""
    text = text.replace("\\", "\\\\")
    units = text.encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[n : n + 2]) for n in range(0, len(units), 2)]
    escaped = "".join(chr(c) if 32 <= c < 127 else f"\\u{c:04x}" for c in codes)
    return re.sub(r"^ | $", r"\\u0020", escaped)


def _unescaped(value: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) == 5 else code

    text = _ESCAPE.sub(one, value)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
