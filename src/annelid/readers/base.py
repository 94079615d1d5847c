"""What a reader of image files is, and what it answers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from numpy.typing import NDArray

from annelid.errors import AnnelidError, ImageError, UsageError

Pixels = NDArray[Any]
Window = tuple[int, int, int, int]


@dataclass(frozen=True)
class ImageInfo:
    """What a file says about its image.

    Attributes:
        size_wh: width and height in pixels, EXIF rotation applied.
        channels: names; ``red, green, blue`` for colour pictures, "0", "1" .. where none is known.
        dtype: numpy name of the pixel type, for example ``uint16``.
        pixel_size_um: edge of a pixel in micrometres; None when unknown.
        planes: number of time points and of focal planes.
        is_rgb: whether the channels are the three colours of one picture.
        notes: what the user should know, a sentence each: ignored calibration, dropped alpha, guessed axes.
        scenes: names of all images in the file, of which this is one; () where it is the only one.
    """

    size_wh: tuple[int, int]
    channels: tuple[str, ...]
    dtype: str
    pixel_size_um: float | None = None
    planes: tuple[int, int] = (1, 1)
    is_rgb: bool = False
    notes: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()


class ImageFile(Protocol):
    """An open image file; a context manager. Not to be shared between threads."""

    path: Path
    info: ImageInfo

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window of one plane.

        Args:
            window_xyxy: half-open window in pixels of the full-resolution image; None is all of it.
            t: index of the time point.
            z: index of the focal plane.
            step: take every step-th pixel in x and y; a pyramid level is used where there is one.

        Returns:
            ``[y, x, c]`` in the native dtype, always three dimensions, writable, ``ceil(side / step)`` long.

        Raises:
            UsageError: the window, the plane or the step is not one of this image.
            ImageError: the file is damaged or its compression is unknown.
        """
        ...

    def close(self) -> None:
        """Let go of the file; closing twice is fine."""
        ...

    def overview(self, max_side: int = 1024, *, t: int = 0, z: int = 0) -> Pixels:
        """The whole plane ``[y, x, c]``, thinned so that no side is longer than ``max_side``."""
        step = math.ceil(max(self.info.size_wh) / max(1, max_side))
        return self.read(t=t, z=z, step=max(1, step))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Reader(Protocol):
    """A reader is a module with these names."""

    NAME: str
    SUFFIXES: tuple[str, ...]
    """Lower-case file name extensions that promise such a file."""

    def sniff(self, head: bytes) -> bool:
        """Whether a file that begins with these bytes (up to 512 of them) is one of this family."""
        ...

    def open_file(self, path: Path, scene: int = 0) -> ImageFile:
        """Open one of the images in a file.

        Raises:
            ImageError: it is damaged or of a kind that is not supported.
            UsageError: there is no such scene.
        """
        ...


def check_scene(path: Path, scene: int, count: int) -> None:
    """Whether a file has such a scene.

    Raises:
        UsageError: it has not.
    """
    if not 0 <= scene < count:
        raise UsageError(f"{path} has no scene {scene}: it holds {count} image(s), counted from 0")


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Names for channels or scenes: the number for an empty one, ``name (2)`` for one that comes again."""
    found: dict[str, None] = {}
    times: dict[str, int] = {}
    for i, name in enumerate(names):
        plain = unique = " ".join(name.split()) or str(i)
        while unique in found:
            times[plain] = times.get(plain, 1) + 1
            unique = f"{plain} ({times[plain]})"
        found[unique] = None
    return tuple(found)


def checked_window(info: ImageInfo, window_xyxy: Window | None, t: int, z: int, step: int) -> Window:
    """The window to read, whole image for None.

    Raises:
        UsageError: the window is empty or leaves the image, there is no such plane, or the step is below 1.
    """
    w, h = info.size_wh
    x1, y1, x2, y2 = window_xyxy if window_xyxy is not None else (0, 0, w, h)
    if not (0 <= x1 < x2 <= w and 0 <= y1 < y2 <= h):
        raise UsageError(f"window {(x1, y1, x2, y2)} is empty or not inside the image of {w} x {h} pixels")
    if not (0 <= t < info.planes[0] and 0 <= z < info.planes[1]):
        raise UsageError(
            f"there is no plane t={t}, z={z}: the image has {info.planes[0]} time point(s) "
            f"and {info.planes[1]} focal plane(s), counted from 0"
        )
    if step < 1:
        raise UsageError(f"step {step} is not positive")
    return x1, y1, x2, y2


class Closable(Protocol):
    """What has to be closed."""

    def close(self) -> object:
        """Let go of the file."""


@contextmanager
def handing_over(file: Closable) -> Iterator[None]:
    """An open file that an image takes over in the block; it is closed when the block fails."""
    try:
        yield
    except BaseException:
        file.close()
        raise


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises into an `ImageError`, and keep its warnings from the user.

    Raises:
        ImageError: the body raised anything that is not ours.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except AnnelidError:
        raise
    except MemoryError as error:
        raise ImageError(
            path,
            expected="an image that fits into the memory",
            found="more pixels than there is memory for",
            next_step="save it as a tiled TIFF, which is read by window",
        ) from error
    except Exception as error:
        # Decoders raise whatever a damaged byte leads them to: OSError and SyntaxError (pillow), ValueError,
        # KeyError, struct.error, IndexError, AttributeError, ZeroDivisionError (tifffile), RuntimeErrors of
        # their own (imagecodecs).
        raise ImageError(
            path,
            expected="an image that can be decoded",
            found=f"damaged or unsupported content ({type(error).__name__}: {str(error)[:200]})",
            next_step="open it in Fiji and save it again as TIFF, or copy it again from the microscope",
        ) from error


def cut_off(path: Path, needed: int, found: int) -> ImageError:
    """The error for a file that ends before its pixels do."""
    return ImageError(
        path,
        expected=f"at least {needed:,} bytes",
        found=f"{found:,} bytes: the file is cut off",
        next_step="copy it again from where it came from",
    )
