"""The libraries for microscope makers' own files, which an extra brings."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from annelid.errors import ImageError


def library(path: Path, name: str, kind: str) -> Any:
    """The module that reads a kind of file.

    Args:
        path: the file, for the message.
        name: of the module.
        kind: of the file, for the message: ``a Nikon ND2 image``.

    Raises:
        ImageError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        raise ImageError(
            path,
            expected=f"the package {name}, which reads such files",
            found=f"{kind}, and no such package ({error})",
            next_step="pip install 'annelid[vendor]', or export the image as OME-TIFF with Fiji",
        ) from error
