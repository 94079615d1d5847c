"""The colours in which channels are shown at first."""

from __future__ import annotations

import re
from collections.abc import Sequence

WHITE = "#ffffff"
_BLUE, _GREEN, _RED, _MAGENTA, _YELLOW, _CYAN = "#4070ff", "#00e040", "#ff3030", "#ff30ff", "#ffd800", "#00d8ff"
_USUAL = (
    (r"dapi|hoechst|draq5?|sytox ?blue|\b405\b|nucle(us|i)", _BLUE),
    (r"cfp|cerulean|turquoise|pacific ?blue", _CYAN),
    (r"cy[- ]?5|far.?red|alexa ?6\d\d|af6\d\d|\b6[345]\d\b|draq7|irfp|atto ?6\d\d", _MAGENTA),
    (r"gfp|fitc|alexa ?488|af488|\b488\b|calcein|oregon|green|neon", _GREEN),
    (r"yfp|venus|citrine|\b514\b|yellow", _YELLOW),
    (r"cherry|rfp|tritc|cy[- ]?3|texas|tomato|alexa ?5[4-9]\d|af5[4-9]\d|\b5[5-9]\d\b|rhod|\bpi\b|scarlet", _RED),
    (r"phase|\bdic\b|bright|\bbf\b|trans|\btl\b|^ph ?\d?$|nomarski", WHITE),
)
_OTHERS = (_BLUE, _GREEN, _MAGENTA, _YELLOW, _CYAN, _RED, WHITE)
"""Neighbours are told apart by the colour-blind: no green beside red."""


def channel_colors(names: Sequence[str], *, is_rgb: bool = False) -> list[str]:
    """A colour ``#rrggbb`` for each channel: by its dye where the name tells, else one that is not used yet."""
    if is_rgb and len(names) == 3:
        return ["#ff0000", "#00ff00", "#0000ff"]
    if len(names) == 1:
        return [_by_name(names[0]) or WHITE]
    known = [_by_name(name) for name in names]
    free = [color for color in _OTHERS if color not in known] or list(_OTHERS)
    unknown = [n for n, color in enumerate(known) if color is None]
    chosen = {n: free[place % len(free)] for place, n in enumerate(unknown)}
    return [color or chosen[n] for n, color in enumerate(known)]


def _by_name(name: str) -> str | None:
    return next((color for pattern, color in _USUAL if re.search(pattern, name, re.IGNORECASE)), None)
