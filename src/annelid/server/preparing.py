"""Preprocessing, looked at before it is used: an image before and after, and what becomes of its values."""

from __future__ import annotations

import dataclasses
import io
import math
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
from annelid.readers.base import ImageInfo, Window
from annelid.readers.view import open_view
from annelid.server.desk import Desk, desk_of
from annelid.server.reply import body_of, reply
from annelid.server.view_ids import view_by_id

SIDE = 900
"""Pixels along the longer side of a preview."""
MOST_SIDE = 1600
"""Of a window that is shown pixel by pixel."""
_BINS = 128

Values = NDArray[Any]


async def _preview(request: Request) -> Response:
    body = await body_of(request)
    return await run_in_threadpool(lambda: reply(previewed(desk_of(request).project, body)))


def previewed(project: Project, body: Mapping[str, Any]) -> dict[str, Any]:
    """A view before and after preprocessing.

    Args:
        project: the project.
        body: ``view``, an id; ``preprocessing``, as in ``annelid.yaml``, by default the project's; ``window``,
            x1, y1, x2, y2 in pixels of the image to be shown one by one, by default all of it thinned.

    Returns:
        ``before`` and ``after`` (PNG, as data URIs), ``channels`` (for each one shown: ``name``, ``range``, and
        ``histogram`` of its values), ``histogram_after`` (of grey values in steps of two), ``size_wh``, ``dtype``,
        ``names`` of all channels, ``window``.

    Raises:
        ProjectError: there is no such view.
        UsageError: the preprocessing makes no sense, or not with this image.
        ImageError: the image cannot be read.
    """
    view = view_by_id(project.store, str(body.get("view", "")))
    given = body.get("preprocessing")
    chosen = project.settings.preprocessing if given is None else preprocessing_of(given)
    age = _age(view, project.root)
    overview, info = _overview(view, project.root, age)
    window = _window_of(body.get("window"), info)
    pixels = _detail(view, project.root, age, window) if window else overview
    shown = [fitted(wish, overview, info, window) for wish in (as_it_is(chosen.channels, info.dtype), chosen)]
    before, after = (one.apply(pixels, window) for one in shown)
    return {
        "before": _png(before),
        "after": _png(after),
        "channels": _channels(shown[1], overview, info),
        "histogram_after": np.bincount(after.max(2).ravel() >> 1, minlength=_BINS).tolist(),
        "size_wh": info.size_wh,
        "dtype": info.dtype,
        "names": info.channels,
        "window": window,
    }


def fitted(wish: Preprocessing, overview: Values, info: ImageInfo, window: Window | None) -> FittedPreprocessing:
    """Fitted to the overview, to be applied to a window of the image or, for None, to the overview itself."""
    if window:
        return wish.fit(overview, info)
    small = dataclasses.replace(info, size_wh=(overview.shape[1], overview.shape[0]))
    return wish.fit(overview, small)  # cells and shares of CLAHE scale with the picture


def _window_of(given: object, info: ImageInfo) -> Window | None:
    """A window of the image at full resolution, of a preview's size at most."""
    if given is None:
        return None
    if not isinstance(given, list) or len(given) != 4 or not all(type(side) is int for side in given):
        raise UsageError(f"window: expected [x1, y1, x2, y2], found {given!r:.80}", next_step="give whole numbers")
    x1, y1, x2, y2 = given
    w, h = info.size_wh
    if not (0 <= x1 < x2 <= w and 0 <= y1 < y2 <= h) or max(x2 - x1, y2 - y1) > MOST_SIDE:
        step = f"it has to lie in the image of {w} x {h} pixels, with sides up to {MOST_SIDE}"
        raise UsageError(f"window {given} can't be shown", next_step=step)
    return x1, y1, x2, y2


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
def _detail(view: View, root: Path, _age: int, window: Window) -> Values:
    with open_view(view, root) as file:
        return file.read(window)


@lru_cache(maxsize=4)
def _overview(view: View, root: Path, _age: int) -> tuple[Values, ImageInfo]:
    """The view thinned to a preview's size: whoever moves a slider asks for it again and again."""
    with open_view(view, root) as file:
        return file.overview(SIDE), file.info


def _channels(fitted: FittedPreprocessing, pixels: Values, info: ImageInfo) -> list[dict[str, Any]]:
    told = []
    for source, (low, high) in zip(fitted.sources, fitted.ranges, strict=True):
        told.append({"name": info.channels[source], "range": [low, high], "histogram": histogram(pixels[..., source])})
    return told


def histogram(values: Values) -> dict[str, Any]:
    """How often values come: ``counts`` of equal steps between ``low`` and ``high``; whole numbers for integers."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return {"counts": [0], "low": 0.0, "high": 1.0}
    low, high = finite.min(), finite.max()
    if values.dtype.kind in "iu":
        step = max(1, math.ceil((high - low + 1) / _BINS))
        counts, edges = np.histogram(finite, np.arange(low, high + step + 1, step))
    else:
        counts, edges = np.histogram(finite, _BINS)
    return {"counts": counts.tolist(), "low": edges[0], "high": edges[-1]}


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
    with desk.turn_to_write:
        settings.save(project.root, dataclasses.replace(project.settings, preprocessing=chosen))
    project.store.log("preprocessing", chosen.to_dict(), {})
    desk.tell("views", {})
    return reply({"preprocessing": chosen.to_dict(), "models": [card.reference for card in project.models()]})


ROUTES: tuple[BaseRoute, ...] = (
    Route("/preview", _preview, methods=["POST"]),
    Route("/preprocessing", _keep, methods=["POST"]),
)
