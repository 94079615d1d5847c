"""Which planes of a stack, which time points and which scenes of a file become views of the project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from annelid.errors import UsageError
from annelid.image import ImageRef, Projection, View

PROJECTIONS = tuple(name for name in get_args(Projection) if name)
Choice = str | int


@dataclass(frozen=True)
class Planes:
    """What is wished for.

    Attributes:
        z: index of a focal plane, ``middle``, ``all``, or a projection: ``max``, ``mean``, ``sum``, ``focus``.
            "" is the middle one: the first and the last of a stack are mostly out of focus.
        t: index of a time point, ``middle`` or ``all``; "" is the first.
        scene: index of an image in a file that holds several, or ``all``; "" is all.
    """

    z: Choice = ""
    t: Choice = ""
    scene: Choice = ""

    def __post_init__(self) -> None:
        _require("z", self.z, ("middle", "all", *PROJECTIONS))
        _require("t", self.t, ("middle", "all"))
        _require("scene", self.scene, ("all",))

    def scenes(self, count: int) -> Sequence[int]:
        """Indices of the scenes that are meant; none where the file has no such."""
        return range(count) if self.scene in ("", "all") else _one(int(self.scene), count)

    def views(self, image: ImageRef, scene: int) -> list[View]:
        """The views of an image that are meant; none where it has no such plane. A single picture has just one."""
        n_t, n_z = image.planes
        times = _indices(self.t or 0, n_t)
        if n_z > 1 and self.z in PROJECTIONS:
            projected = View(image, scene=scene, projection=_projection(self.z))
            return [replace(projected, t=t) for t in times]
        z = "middle" if self.z == "" or self.z in PROJECTIONS else self.z
        return [View(image, t, plane, scene) for t in times for plane in _indices(z, n_z)]

    def notes(self, images: Iterable[ImageRef]) -> list[str]:
        """What was chosen for want of a wish."""
        images = list(images)
        stacks = sum(image.planes[1] > 1 for image in images) if self.z == "" else 0
        movies = sum(image.planes[0] > 1 for image in images) if self.t == "" else 0
        notes = []
        if stacks:
            notes.append(
                f"{stacks} image(s) with several focal planes: the middle one is used (--z max or focus projects, "
                "--z all takes each)"
            )
        if movies:
            notes.append(f"{movies} image(s) with several time points: the first is used (--t all takes each)")
        return notes


def _require(name: str, value: Choice, words: tuple[str, ...]) -> None:
    is_index = isinstance(value, int) or value.isdecimal()
    if not (value == "" or value in words or is_index) or (isinstance(value, int) and value < 0):
        raise UsageError(
            f"{name}: expected a number from 0, or {', '.join(words)}, found {value!r}",
            next_step=f"correct {name}",
        )


def _projection(name: Choice) -> Projection:
    found: Projection = next(p for p in get_args(Projection) if p == name)
    return found


def _indices(choice: Choice, count: int) -> Sequence[int]:
    if count == 1:
        return (0,)
    if choice == "all":
        return range(count)
    return _one(count // 2 if choice == "middle" else int(choice), count)


def _one(index: int, count: int) -> Sequence[int]:
    return (index,) if index < count else ()
