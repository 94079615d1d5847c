"""The size of a pixel in micrometres, from what files say about it."""

from __future__ import annotations

import math
from dataclasses import dataclass

_SPELLINGS = {
    1e-4: ("å", "angstrom"),
    1e-3: ("nm", "nanometer", "nanometre"),
    1.0: ("µm", "um", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres"),
    1e3: ("mm", "millimeter", "millimetre"),
    1e4: ("cm", "centimeter", "centimetre"),
    25400.0: ("inch", "inches", "in"),
    1e6: ("m", "meter", "metre"),
}
_UM = {spelling: um for um, spellings in _SPELLINGS.items() for spelling in spellings}
_NO_UNIT = {"", "px", "pixel", "pixels", "none", "reference frame"}
_SMALLEST_UM, _LARGEST_UM = 1e-4, 1e3
_LARGEST_PRINT_UM = 20.0
"""Above this, a resolution in inches or centimetres is that of a printer or a screen (300 dpi are 85 µm)."""


@dataclass(frozen=True)
class Calibration:
    """What came out.

    Attributes:
        pixel_size_um: edge of a pixel in micrometres; None when unknown.
        notes: why a calibration was ignored or is doubtful.
    """

    pixel_size_um: float | None = None
    notes: tuple[str, ...] = ()


def from_size(x: float | None, y: float | None, unit: str) -> Calibration:
    """Calibration of a file that gives the edges of a pixel, with their unit.

    Zero, negative, infinite and absurd sizes are ignored, which is noted.
    """
    unit = plain_unit(unit)
    sizes = [size for size in (x, y) if size is not None]
    if not sizes or unit in _NO_UNIT:
        return Calibration()
    if unit not in _UM:
        return Calibration(None, (f"calibration ignored: {unit!r} is not a unit of length",))
    edges = [size * _UM[unit] for size in sizes]
    if not all(math.isfinite(edge) and _SMALLEST_UM <= edge <= _LARGEST_UM for edge in edges):
        shown = " x ".join(f"{size:g}" for size in sizes)
        return Calibration(None, (f"calibration ignored: a pixel of {shown} {unit} is not plausible",))
    if unit.startswith("in") and max(edges) > _LARGEST_PRINT_UM:
        return Calibration()
    edge = math.sqrt(edges[0] * edges[-1])
    if abs(edges[0] - edges[-1]) > 0.01 * edge:
        note = f"pixels are not square ({edges[0]:.4g} x {edges[-1]:.4g} µm): their mean is used"
        return Calibration(_rounded(edge), (note,))
    return Calibration(_rounded(edges[0]))


def _rounded(edge_um: float) -> float:
    """Six digits: ImageJ stores the rounded reciprocal, so 0.13 µm would come out as 0.13000001."""
    return float(f"{edge_um:.6g}")


def from_resolution(x: float | None, y: float | None, unit: str) -> Calibration:
    """Calibration of a file that gives pixels per unit of length."""
    sizes = [None if r is None else math.inf if r == 0 else 1 / r for r in (x, y)]
    return from_size(sizes[0], sizes[1], unit)


def from_print_resolution(x: float | None, y: float | None, unit: str) -> Calibration:
    """Calibration from the resolution of plain TIFF; that of printers and screens is silently left aside."""
    found = from_resolution(x, y, unit)
    if found.pixel_size_um is None or found.pixel_size_um > _LARGEST_PRINT_UM:
        return Calibration()
    return found


def number(value: object) -> float | None:
    """A number as files have it: itself, its text, or two that make a fraction.

    Returns:
        None where there is none, not-a-number for anything else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, tuple) and len(value) == 2:
        above, below = map(number, value)
        return above / below if above is not None and below else math.nan
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def plain_unit(unit: str) -> str:
    r"""A unit as programs write it (``\u00B5m``, ``μm`` with a Greek letter, ``Micron``) in one spelling."""
    unit = unit.replace("\\u00B5", "µ").replace("\\u00b5", "µ").replace("\u03bc", "µ").replace("Âµ", "µ")
    return unit.strip().strip("\x00").casefold().replace("\u03bc", "µ")
