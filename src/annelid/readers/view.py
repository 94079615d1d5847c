"""Open what a view means: a plane, or a projection of the planes, of a scene of a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from annelid.image import View
from annelid.locate import locate
from annelid.readers.base import ImageFile, Pixels, Window, checked_window
from annelid.readers.opening import open_image
from annelid.readers.projection import project, projected_dtype


def open_view(view: View, root: Path) -> ImageFile:
    """The picture that a view means, as an image of a single plane.

    Args:
        view: the view.
        root: folder that the image's paths are relative to.

    Raises:
        ImageError: the image is missing or cannot be read.
        UsageError: it has no such plane or scene.
    """
    return view_of(open_image(locate(view.image, root), view.scene), view)


def view_of(file: ImageFile, view: View) -> ImageFile:
    """The same for an image that is open already; closing the view closes it."""
    return ViewFile(file, view)


class ViewFile(ImageFile):
    """One plane or projection of an open image; `read` and `overview` take it for an image of one plane."""

    def __init__(self, file: ImageFile, view: View) -> None:
        self.path, self._file, self._view = file.path, file, view
        dtype = projected_dtype(file.info.dtype, view.projection)
        self.info = replace(file.info, planes=(1, 1), dtype=dtype)

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        """Read a window of the view; see `ImageFile.read`. There is only t=0, z=0."""
        window = checked_window(self.info, window_xyxy, t, z, step)
        view = self._view
        if view.projection:
            return project(self._file, view.projection, view.t, window, step)
        return self._file.read(window, t=view.t, z=view.z, step=step)

    def close(self) -> None:
        """Close the image."""
        self._file.close()
