"""ImageRef and View: which image is meant, without its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GroupSource = Literal["declared", "inferred", "assumed"]
Projection = Literal["", "max", "mean", "sum", "focus"]


@dataclass(frozen=True)
class ImageRef:
    """An image file that the project knows.

    Attributes:
        id: a UUID given at import; two byte-identical files stay two images.
        paths: where it was seen, newest first; relative to the project with "/" between, absolute when outside.
        size_wh: width and height in pixels at full resolution.
        channels: names of the channels, in file order.
        dtype: numpy name of the pixel type, for example ``uint16``.
        pixel_size_um: edge of a pixel in micrometres; None when unknown.
        group: what it was taken from (slide, well, patient, movie): a split never cuts through a group.
        group_source: whether the group was declared by the user, inferred from names, or assumed (each image alone).
        fingerprint: size and hash of head and tail, quick on 30 GB; equal for byte-identical files.
        planes: number of planes along t and z, ``(1, 1)`` for a single picture.
    """

    id: str
    paths: tuple[str, ...]
    size_wh: tuple[int, int]
    channels: tuple[str, ...] = ()
    dtype: str = "uint8"
    pixel_size_um: float | None = None
    group: str = ""
    group_source: GroupSource = "assumed"
    fingerprint: str = ""
    planes: tuple[int, int] = (1, 1)

    @property
    def path(self) -> str:
        """Where the image was seen last."""
        return self.paths[0]

    @property
    def name(self) -> str:
        """File name without folders."""
        return self.path.replace("\\", "/").rsplit("/", 1)[-1]

    @property
    def stem(self) -> str:
        """File name without folders and without its extension."""
        name = self.name
        for compound in (".ome.tiff", ".ome.tif", ".ome.zarr", ".companion.ome"):
            if name.lower().endswith(compound):
                return name[: -len(compound)]
        return name.rsplit(".", 1)[0] if "." in name else name


@dataclass(frozen=True)
class View:
    """The plane, or projection of planes, of an image that is looked at, annotated and learned from.

    Attributes:
        image: the image; of a file with several scenes, the one that is meant: each is an image of its own.
        t: index of the time point.
        z: index of the focal plane; 0 for a projection.
        scene: index of the image in its file.
        projection: "" for a single plane, else how all focal planes become one: ``max``, ``mean``, ``sum``, or
            ``focus`` (each pixel from the plane that is sharpest there).
    """

    image: ImageRef
    t: int = 0
    z: int = 0
    scene: int = 0
    projection: Projection = ""

    @property
    def plane(self) -> tuple[int, int, int, Projection]:
        """What tells it from other views of the same file: t, z, scene, projection."""
        return self.t, self.z, self.scene, self.projection

    @property
    def id(self) -> str:
        """Id of the view: the image's own for the first plane."""
        return f"{self.image.id}{self.suffix.replace('_', ':')}"

    @property
    def suffix(self) -> str:
        """What tells its file name from those of other views of the file: ``_s1_t0z5``, "" for the first plane."""
        scene = f"_s{self.scene}" if self.scene else ""
        plane = f"_t{self.t}{self.projection or f'z{self.z}'}" if self.projection or self.t or self.z else ""
        return f"{scene}{plane}"
