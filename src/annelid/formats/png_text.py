"""PNG pictures that stand in a text file as base64."""

from __future__ import annotations

import base64
import io
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

_MOST_PIXELS = 2**28
"""Beyond that a picture is a bomb, not a mask."""


def pixels_of(text: object) -> NDArray[Any]:
    """The pixels of a base64 PNG, with or without ``data:image/png;base64,`` before it.

    Returns:
        uint8, uint16 or bool (h, w), the index of a palette, or uint8 (h, w, channels).

    Raises:
        ValueError: it is none, or too large to be meant.
    """
    from PIL.PngImagePlugin import PngImageFile

    if not isinstance(text, str):
        raise ValueError(f"expected a base64 PNG, found {type(text).__name__}")  # noqa: TRY004 - as for any other text
    _, _, encoded = text.rpartition("base64,")
    try:
        data = base64.b64decode(encoded)
        with PngImageFile(io.BytesIO(data)) as image:
            image.verify()  # the checksums, which nobody else looks at
        with PngImageFile(io.BytesIO(data)) as image:
            return np.asarray(image) if image.width * image.height <= _MOST_PIXELS else _refuse(image.size)
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"expected a base64 PNG, found {error}") from error


def _refuse(size_wh: tuple[int, int]) -> NoReturn:
    raise ValueError(f"a picture of {size_wh[0]} x {size_wh[1]} pixels")


def text_of(pixels: NDArray[np.uint8]) -> str:
    """A picture as base64 PNG, uint8 (h, w) or (h, w, channels)."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
