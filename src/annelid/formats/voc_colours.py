"""The colours by which Pascal VOC numbers objects and classes, and the files that name those of the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.formats.jsontext import read_text

LABELMAP, CLASS_NAMES = "labelmap.txt", "class_names.txt"
"""CVAT's file of names and colours, and the one of names that LabelMe's converter writes."""
BACKGROUND = "background"
VOID = 255
"""Number, and by its colour 224, 224, 192, of pixels that belong to nothing: the borders of objects."""
PASCAL = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"),
    *("horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
"""The classes of the PASCAL challenges, by number from 1."""

Ints = NDArray[np.int64]


def colours_of(numbers: NDArray[np.integer]) -> NDArray[np.uint8]:
    """uint8 (..., 3): the colour of each number below 2**24; its bits are dealt to red, green and blue in turn."""
    left = numbers.astype(np.int64)
    colours = np.zeros((*numbers.shape, 3), np.int64)
    for place in range(7, -1, -1):
        for channel in range(3):
            colours[..., channel] |= (left & 1) << place
            left = left >> 1
    return colours.astype(np.uint8)


def numbers_of(colours: NDArray[np.integer]) -> Ints:
    """int64 (...): the number of each colour (..., 3), as `colours_of` gives them."""
    numbers = np.zeros(colours.shape[:-1], np.int64)
    for place in range(8):
        for channel in range(3):
            bit = (colours[..., channel].astype(np.int64) >> (7 - place)) & 1
            numbers |= bit << (3 * place + channel)
    return numbers


@dataclass(frozen=True)
class LabelMap:
    """What a labelmap.txt or class_names.txt says.

    Attributes:
        names: names in the order of the lines, background and void included.
        colours: number of a colour (see `numbers_of`) -> name, where the lines have colours.
    """

    names: tuple[str, ...] = ()
    colours: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def pascal(cls) -> LabelMap:
        """That of the PASCAL challenges."""
        names = (BACKGROUND, *PASCAL)
        return cls(names, dict(enumerate(names)))

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of classes, without background and void."""
        void = {name for number, name in self.colours.items() if number in (0, VOID)}
        return tuple(name for name in self.names if name != BACKGROUND and name not in void)

    def name(self, number: int, *, is_colour: bool) -> str:
        """The class of a number, "" for background, void and what is not listed."""
        if is_colour and self.colours:
            found = self.colours.get(number, "")
        else:
            first = 0 if self.names[:1] == (BACKGROUND,) else 1
            found = self.names[number - first] if first <= number < len(self.names) + first else ""
        return found if found in self.classes else ""


def read_labelmap(root: Path) -> LabelMap:
    """The labelmap.txt of a folder (``name:red,green,blue:parts:actions`` a line), else its class_names.txt.

    Both are in the order of the numbers; where there is none the map is empty.
    """
    file = root / LABELMAP
    if not file.is_file():
        return _read_names(root / CLASS_NAMES) if (root / CLASS_NAMES).is_file() else LabelMap()
    lines = (line.strip() for line in read_text(file).splitlines())
    fields = [line.rsplit(":", 3) for line in lines if line and not line.startswith("#")]
    colours = {_colour(entry[1]): entry[0] for entry in fields if len(entry) > 1}
    return LabelMap(tuple(entry[0] for entry in fields), {n: name for n, name in colours.items() if n >= 0})


def _read_names(file: Path) -> LabelMap:
    """Names, of which ``_background_`` is the first one."""
    names = (line.strip() for line in read_text(file).splitlines())
    return LabelMap(tuple(BACKGROUND if name == f"_{BACKGROUND}_" else name for name in names if name))


def _colour(text: str) -> int:
    """Number of a colour ``red,green,blue``, -1 where it is none."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 4 and int(part) < 256 for part in parts):
        return -1
    return int(numbers_of(np.array([int(part) for part in parts])))


def labelmap_text(classes: Sequence[str]) -> str:
    """The labelmap.txt of classes, numbered from 1 where background is 0."""
    listed: list[Any] = [] if BACKGROUND in classes else [(BACKGROUND, 0)]
    listed += [(name, number) for number, name in zip(class_numbers(len(classes)), classes, strict=True)]
    lines = (f"{name}:{','.join(map(str, colours_of(np.array(number)).tolist()))}::\n" for name, number in listed)
    return "# label:color_rgb:parts:actions\n" + "".join(lines)


def class_numbers(count: int) -> list[int]:
    """Numbers for so many classes or objects, from 1, of which none is that of void."""
    return [n for n in range(1, count + 2) if n != VOID][:count]
