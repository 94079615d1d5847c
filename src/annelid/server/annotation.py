"""Objects of one view: read, change, history, restore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast, get_args

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid.dataset import LabeledImage, State
from annelid.errors import Conflict, ProjectError, UsageError
from annelid.objects import Objects
from annelid.server.desk import Desk, desk_of
from annelid.server.reply import body_of, reply
from annelid.server.view_ids import is_noted, view_by_id
from annelid.server.wire import (
    annotation_to_json,
    covered_from_json,
    identity,
    listed,
    objects_from_json,
    objects_to_json,
    text,
    unlike,
)
from annelid.store.changes import ChangeSet
from annelid.store.overview import Version

_MOST = 2**53
_FIELDS = ("base_revision", "author", "upsert", "removed", "covered", "state", "message")


def _annotation(request: Request) -> Response:
    revision = request.query_params.get("revision")
    asked = None if revision is None else _whole("revision", int(revision) if revision.isdecimal() else revision)
    return reply(annotation_to_json(item_of(desk_of(request), request.path_params["view"], asked)))


def item_of(desk: Desk, view_id: str, revision: int | None = None) -> LabeledImage:
    """A view with its objects; a plane on which nothing was ever saved is empty.

    Raises:
        ProjectError: there is no such image, plane or revision.
    """
    store = desk.project.store
    view = view_by_id(store, view_id)
    if not is_noted(store, view_id):
        if revision:
            raise ProjectError(f"{view_id} has no revision {revision}", next_step="nothing was saved on it yet")
        return LabeledImage(view, Objects.empty())
    try:
        return store.item(view_id, revision)
    except UsageError as error:
        raise ProjectError(error.message, next_step=error.next_step) from error


async def _change(request: Request) -> Response:
    body = await body_of(request)
    return await run_in_threadpool(_save, desk_of(request), request.path_params["view"], body)


def _save(desk: Desk, view_id: str, body: Mapping[str, Any]) -> Response:
    store = desk.project.store
    with desk.turn_to_write:
        view, is_new = view_by_id(store, view_id), not is_noted(store, view_id)
        change = _change_from_json(body, desk)
        if is_new:
            store.add_images([view])
        head = store.head(view_id)
        try:
            revision = store.save(view_id, _of_hand(change, head.state))
        except Conflict as error:
            return _both_sides(desk, error)
    desk.changed()
    has_others = head.revision > change.base_revision
    state = store.head(view_id).state
    return reply({"revision": revision, "state": state, "created": is_new, "others": has_others})


def _change_from_json(body: Mapping[str, Any], desk: Desk) -> ChangeSet:
    """The change that a page sent.

    Raises:
        UsageError: something is not as it should be; object and place are named, and nothing is saved.
    """
    if strange := [key for key in body if key not in _FIELDS]:
        raise unlike("change", f"only {', '.join(_FIELDS)}", strange[0])
    author = author_of(body, desk)
    removed = [identity(f"removed[{n}]", id_) for n, id_ in enumerate(listed("removed", body.get("removed", [])))]
    return ChangeSet(
        _whole("base_revision", body.get("base_revision")),
        objects_from_json(body.get("upsert", []), author, desk.settings.classes),
        tuple(removed),
        author,
        text("message", body.get("message", "")),
        None if body.get("covered") is None else covered_from_json(body["covered"]),
        None if body.get("state") is None else _state(body["state"]),
    )


def author_of(body: Mapping[str, Any], desk: Desk) -> str:
    """Who does something in the page, as ``human:NAME``: nobody else works there."""
    name = text("author", body.get("author") or desk.author).strip()
    return f"human:{name.removeprefix('human:') or 'unknown'}"


def _state(value: Any) -> State:
    if value not in get_args(State):
        raise unlike("state", f"one of {', '.join(get_args(State))}", value)
    return cast("State", value)


def _whole(where: str, value: Any) -> int:
    if type(value) is not int or not 0 <= value < _MOST:
        raise unlike(where, "a whole number from 0", value)
    return value


def _of_hand(change: ChangeSet, state: State) -> ChangeSet:
    """The first change by hand makes a new view a draft."""
    is_draft = state == "new" and change.state is None and (len(change.upsert) or change.removed)
    return replace(change, state="draft") if is_draft else change


def _both_sides(desk: Desk, error: Conflict) -> Response:
    """What the page needs to show both versions of what two people changed."""
    theirs = annotation_to_json(item_of(desk, error.image_id))
    said = {"message": error.message, "next_step": error.next_step, "type": "Conflict"}
    return reply({"error": said, "conflict": {"ids": error.object_ids, "theirs": theirs}}, 409)


def _revisions(request: Request) -> Response:
    desk, view_id = desk_of(request), request.path_params["view"]
    view_by_id(desk.project.store, view_id)
    found = desk.project.store.revisions(view_id) if is_noted(desk.project.store, view_id) else []
    return reply([vars(revision) for revision in found])


async def _restore(request: Request) -> Response:
    body = await body_of(request)
    return await run_in_threadpool(_restored, desk_of(request), request.path_params["view"], body)


def _restored(desk: Desk, view_id: str, body: Mapping[str, Any]) -> Response:
    revision = _whole("revision", body.get("revision"))
    item_of(desk, view_id, revision)
    with desk.turn_to_write:
        new = desk.project.restore(view_id, revision, author=author_of(body, desk))
    desk.changed()
    return reply({"revision": new, "state": desk.project.store.head(view_id).state})


def _history(request: Request) -> Response:
    view_id, object_id = request.path_params["view"], request.path_params["object"]
    versions = desk_of(request).project.store.versions(view_id, object_id)
    if not versions:
        raise ProjectError(f"no object {object_id[:200]} was ever on {view_id}", next_step="go back to the image")
    return reply([_version_to_json(version) for version in versions])


def _version_to_json(version: Version) -> dict[str, Any]:
    now = objects_to_json(version.object)[0] if version.object is not None else None
    return {**vars(version), "object": now}


ROUTES: tuple[BaseRoute, ...] = (
    Route("/views/{view}/annotation", _annotation),
    Route("/views/{view}/changes", _change, methods=["POST"]),
    Route("/views/{view}/revisions", _revisions),
    Route("/views/{view}/restore", _restore, methods=["POST"]),
    Route("/views/{view}/objects/{object}/history", _history),
)
