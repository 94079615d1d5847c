"""Views by their ids, also those of planes that nobody annotated yet."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

from annelid.errors import ProjectError
from annelid.image import ImageRef, Projection, View
from annelid.store import Store

_ID = re.compile(r"(?P<image>.+?)(:s(?P<scene>\d+))?(:t(?P<t>\d+)(z(?P<z>\d+)|(?P<projection>[a-z]+)))?")


def view_by_id(store: Store, view_id: str) -> View:
    """The view that `View.id` names, whether or not the project has noted it.

    Raises:
        ProjectError: the project has no such image, or the image no such plane.
    """
    if noted := store.views([view_id]):
        return noted[0]
    match = _ID.fullmatch(view_id)
    image = store.image(match["image"]) if match else None
    if match is None or image is None:
        raise ProjectError(f"the project has no image {view_id[:200]}", next_step="import the image first")
    view = View(image, int(match["t"] or 0), int(match["z"] or 0), int(match["scene"] or 0))
    view = checked_plane(view, projection=match["projection"] or "")
    if view.id != view_id or view.scene not in store.scenes(image.id):
        raise ProjectError(f"{image.name} has no view {view_id[:200]}", next_step="go back to the list of images")
    return view


def is_noted(store: Store, view_id: str) -> bool:
    """Whether the project has the view already, rather than only the image of which it is a plane."""
    return bool(store.views([view_id]))


def checked_plane(view: View, *, projection: str = "") -> View:
    """The view with a projection, if the image has such a plane.

    Raises:
        ProjectError: it has not.
    """
    known: dict[str, Projection] = {name: name for name in get_args(Projection)}
    if projection not in known:
        names = ", ".join(name for name in known if name)
        raise ProjectError(f"there is no projection {projection}", next_step=f"choose one of {names}")
    n_t, n_z = view.image.planes
    if not (0 <= view.t < n_t and 0 <= view.z < n_z):
        raise ProjectError(_no_plane(view.image, view.t, view.z), next_step="choose one that it has")
    return replace(view, projection=known[projection])


def _no_plane(image: ImageRef, t: int, z: int) -> str:
    n_t, n_z = image.planes
    return f"{image.name} has no plane t={t}, z={z}: it has {n_t} time point(s) and {n_z} focal plane(s), from 0"
