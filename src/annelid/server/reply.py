"""What the server answers: JSON, and every error as a sentence with what to do next."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from annelid.atomic import explained
from annelid.errors import (
    AnnelidError,
    Conflict,
    EngineError,
    InputError,
    Interrupted,
    ProjectError,
    StoreError,
    UsageError,
)

_LOG = logging.getLogger(__name__)
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_LARGEST = 10**300


class TooLarge(UsageError):  # noqa: N818 - what the status is called
    """A request's body has more bytes than are taken."""

    def __init__(self, most: int) -> None:
        step = "save in smaller steps; images are brought as files"
        super().__init__(f"the request has more than {most // 2**20} MiB", next_step=step)


_STATUS: tuple[tuple[type[AnnelidError], int], ...] = (
    (TooLarge, 413),
    (Conflict, 409),
    (UsageError, 400),
    (InputError, 422),
    (StoreError, 503),
    (ProjectError, 404),
    (EngineError, 503),
    (Interrupted, 409),
    (AnnelidError, 500),
)


def reply(value: Any, status: int = 200) -> Response:
    """A JSON answer; NaN becomes null, arrays and numpy numbers are written as lists and numbers."""
    return Response(as_json(value), status, media_type="application/json", headers={"Cache-Control": "no-store"})


def as_json(value: Any) -> bytes:
    """JSON for a page; numbers and texts that no page can hold as near as it can."""
    try:
        return orjson.dumps(value, default=str, option=_OPTIONS)
    except orjson.JSONEncodeError:  # somebody's attribute of 30 digits must not keep an image closed
        return orjson.dumps(_holdable(value), default=str, option=_OPTIONS)


def _holdable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_holdable(key): _holdable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_holdable(each) for each in value]
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    is_long = isinstance(value, int) and abs(value) >= 2**63
    return (float(value) if abs(value) < _LARGEST else str(value)) if is_long else value


def refusal(status: int, message: str, next_step: str = "", **more: Any) -> Response:
    """An answer that says what is wrong: ``{"error": {"message", "next_step", ...}}``."""
    return reply({"error": {"message": message, "next_step": next_step, **more}}, status)


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body; {} where there is none.

    Raises:
        UsageError: it is not a JSON object.
    """
    data = await request.body()
    try:
        value = orjson.loads(data) if data else {}
    except orjson.JSONDecodeError as error:
        raise UsageError(f"the body of the request is not JSON: {error}") from error
    if not isinstance(value, Mapping):
        raise UsageError(f"the body of the request has to be a JSON object, not {type(value).__name__}")
    return dict(value)


def _say(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AnnelidError)
    status = next(code for kind, code in _STATUS if isinstance(error, kind))
    return refusal(status, error.message, error.next_step, type=type(error).__name__)


def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = f"{request.method} {request.url.path}: {error.detail.lower()}"
    answer = refusal(error.status_code, message, type="HTTPException")
    answer.headers.update(error.headers or {})
    return answer


def bug(request: Request, error: Exception) -> Response:
    """The answer to what went wrong in here, or to the drive of this computer."""
    outer = explained(error) if isinstance(error, OSError) else None
    if outer is not None:
        return refusal(503, outer.message, outer.next_step, type=type(error).__name__)
    _LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    message = f"this is a bug in Annelid: {type(error).__name__}: {error}"
    return refusal(500, message, "the terminal of annelid serve shows where", type="Bug")


ERROR_HANDLERS: dict[Any, Any] = {AnnelidError: _say, HTTPException: _of_http}
