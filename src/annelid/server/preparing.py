"""Preprocessing, looked at before it is used: an image before and after, and what becomes of its values."""

from __future__ import annotations

import dataclasses
import io
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid import settings
from annelid.errors import UsageError
from annelid.image import View
from annelid.locate import locate
from annelid.preprocess import FittedPreprocessing, Picture, Preprocessing
from annelid.project import Project
from annelid.readers.base import ImageInfo
from annelid.readers.view import open_view
from annelid.server.desk import Desk, desk_of
from annelid.server.reply import body_of, reply

SIDE = 900
"""Pixels along the longer side of a preview."""
_BINS = 128

Values = NDArray[Any]


async def _preview(request: Request) -> Response:
    body = await body_of(request)
    return await run_in_threadpool(lambda: reply(previewed(desk_of(request).project, body)))


def previewed(project: Project, body: Mapping[str, Any]) -> dict[str, Any]:
    """A view before and after preprocessing.

    Args:
        project: the project.
        body: ``view``, an id; ``preprocessing``, as in ``annelid.yaml``, by default the project's.

    Returns:
        ``before`` and ``after`` (PNG, as data URIs), ``channels`` (for each one shown: ``name``, ``range``, and
        ``histogram`` of its values with ``edges``), ``histogram_after`` (of grey values), ``size_wh``, ``dtype``.

    Raises:
        ProjectError: there is no such view.
        UsageError: the preprocessing makes no sense, or not with this image.
        ImageError: the image cannot be read.
    """
    view = project.store.item(str(body.get("view", ""))).view
    given = body.get("preprocessing")
    chosen = project.settings.preprocessing if given is None else preprocessing_of(given)
    pixels, info = _overview(view, project.root, _age(view, project.root))
    small = dataclasses.replace(info, size_wh=(pixels.shape[1], pixels.shape[0]))  # cells and shares scale with it
    fitted = chosen.fit(pixels, small)
    after = fitted.apply(pixels)
    before = as_it_is(chosen.channels, info.dtype).fit(pixels, small).apply(pixels)
    return {
        "before": _png(before),
        "after": _png(after),
        "channels": _channels(fitted, pixels, info),
        "histogram_after": np.bincount(after.max(2).ravel() >> 1, minlength=_BINS).tolist(),
        "size_wh": info.size_wh,
        "dtype": info.dtype,
        "names": info.channels,
    }


def as_it_is(channels: tuple[str | int, ...], dtype: str) -> Preprocessing:
    """How any viewer shows an image: 8 bits as they are, all else from its darkest to its brightest value."""
    return Preprocessing(channels, "none" if dtype == "uint8" else "minmax")


def preprocessing_of(given: object) -> Preprocessing:
    """What a request asks for.

    Raises:
        UsageError: it makes no sense.
    """
    if not isinstance(given, Mapping):
        raise UsageError(f"preprocessing: expected an object, found {given!r}", next_step='{"equalize": "clahe"}')
    return Preprocessing.from_dict(given)


def _age(view: View, root: Path) -> int:
    return locate(view.image, root).stat().st_mtime_ns


@lru_cache(maxsize=4)
def _overview(view: View, root: Path, _age: int) -> tuple[Values, ImageInfo]:
    """The view thinned to a preview's size: whoever moves a slider asks for it again and again."""
    with open_view(view, root) as file:
        return file.overview(SIDE), file.info


def _channels(fitted: FittedPreprocessing, pixels: Values, info: ImageInfo) -> list[dict[str, Any]]:
    told = []
    for source, (low, high) in zip(fitted.sources, fitted.ranges, strict=True):
        values = pixels[..., source]
        finite = values[np.isfinite(values)].astype(np.float64)
        counts, edges = np.histogram(finite, _BINS) if finite.size else (np.zeros(_BINS), np.linspace(0, 1, _BINS + 1))
        histogram = {"counts": counts.tolist(), "low": edges[0], "high": edges[-1]}
        told.append({"name": info.channels[source], "range": [low, high], "histogram": histogram})
    return told


def _png(picture: Picture) -> str:
    grey = (picture[..., :1] == picture).all()
    file = io.BytesIO()
    Image.fromarray(picture[..., 0] if grey else picture).save(file, "PNG", compress_level=1)
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


async def _keep(request: Request) -> Response:
    body = await body_of(request)
    chosen = preprocessing_of(body.get("preprocessing"))
    return await run_in_threadpool(_kept, desk_of(request), chosen)


def _kept(desk: Desk, chosen: Preprocessing) -> Response:
    """Models see images so from now on; the images themselves stay as they are."""
    project = desk.project
    settings.save(project.root, dataclasses.replace(project.settings, preprocessing=chosen))
    project.store.log("preprocessing", chosen.to_dict(), {})
    desk.tell("views", {})
    return reply({"preprocessing": chosen.to_dict(), "models": [card.reference for card in project.models()]})


ROUTES: tuple[BaseRoute, ...] = (
    Route("/preview", _preview, methods=["POST"]),
    Route("/preprocessing", _keep, methods=["POST"]),
)
