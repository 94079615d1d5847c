"""ImageRef and View: which image is meant, without its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GroupSource = Literal["declared", "inferred", "assumed"]


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
        for compound in (".ome.tiff", ".ome.tif"):
            if name.lower().endswith(compound):
                return name[: -len(compound)]
        return name.rsplit(".", 1)[0] if "." in name else name


@dataclass(frozen=True)
class View:
    """The plane of an image that is looked at, annotated and learned from.

    Attributes:
        image: the image.
        t: index of the time point.
        z: index of the focal plane.
    """

    image: ImageRef
    t: int = 0
    z: int = 0

    @property
    def id(self) -> str:
        """Id of the view: the image's own for the first plane."""
        return self.image.id if (self.t, self.z) == (0, 0) else f"{self.image.id}:t{self.t}z{self.z}"
