"""The tasks of a Label Studio file: which image, which annotation, whatever way they were exported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from annelid.errors import AnnotationError

Json = Mapping[str, Any]

_HASH = re.compile(r"^[0-9a-f]{8}-(?=.)")
_IMAGE = re.compile(r"\.(png|jpe?g|tiff?|bmp|gif|webp|czi|nd2|svs)(\?|$)|^(https?|s3|gs)://|/data/", re.IGNORECASE)


def tasks_of(value: Any, file: Path) -> list[Json]:
    """The tasks of a file: an export in JSON or JSON_MIN, one task, or an annotation from a target storage.

    Raises:
        AnnotationError: it is none of them.
    """
    entries = value if isinstance(value, list) else [value]
    if isinstance(value, Mapping) and isinstance(value.get("task"), Mapping):
        entries = [{**value["task"], "annotations": [{k: v for k, v in value.items() if k != "task"}]}]
    if not isinstance(value, list | dict) or (entries and not any(_task(entry) for entry in entries)):
        found = f"keys {', '.join(map(str, list(value)[:5]))}" if isinstance(value, dict) else type(value).__name__
        raise AnnotationError(file, expected="Label Studio's list of tasks", found=found)
    return [_task(entry) or {} for entry in entries]


def _task(entry: Any) -> Json | None:
    if not isinstance(entry, Mapping):
        return None
    if isinstance(entry.get("data"), Mapping):
        return entry
    return _from_min(entry)


def _from_min(entry: Json) -> Json | None:
    """A task from an entry of JSON_MIN, in which results are lists of values without types."""
    results: list[dict[str, Any]] = []
    rest: dict[str, Any] = {}
    for key, values in entry.items():
        if isinstance(values, list) and values and all(_is_min_value(v) for v in values):
            results += [_min_result(key, v) for v in values]
        else:
            rest[key] = values
    named = {key: v for key, v in rest.items() if isinstance(v, str) and _IMAGE.search(v)}
    if not named or (not results and "annotation_id" not in rest):
        return None
    ours = {"annotator", "annotation_id", "created_at", "updated_at", "lead_time"}
    annotation = {key: v for key, v in rest.items() if key in ours}
    return {"data": named, "annotations": [{**annotation, "result": results}], "id": rest.get("id")}


def _is_min_value(value: Any) -> bool:
    return isinstance(value, Mapping) and "original_width" in value and any(str(k).endswith("labels") for k in value)


def _min_result(name: str, value: Json) -> dict[str, Any]:
    """A result as the full export has it; JSON_MIN puts sizes and values into one."""
    outside = {key: value[key] for key in ("original_width", "original_height", "image_rotation") if key in value}
    inside = {key: v for key, v in value.items() if key not in outside}
    kind = next(str(key) for key in value if str(key).endswith("labels"))
    return {"type": kind, "from_name": name, "value": inside, **outside}


def image_key(task: Json, results: Sequence[Json] = ()) -> str:
    """The key of ``data`` that names the image, "" where there is none."""
    data = task.get("data")
    data = data if isinstance(data, Mapping) else {}
    wanted = ["image", *(str(result.get("to_name")) for result in results[:1]), "img", "ocr", "url"]
    texts = [key for key, v in data.items() if isinstance(v, str)]
    likely = [key for key in texts if _IMAGE.search(data[key])]
    return next((key for key in (*wanted, *likely) if key in texts), "")


def image_names(task: Json, key: str) -> list[str]:
    """What the image may be called, likeliest first: without address, hash and escapes."""
    data = task.get("data")
    named = str(data[key]) if key and isinstance(data, Mapping) else ""
    uploaded = task.get("file_upload")
    candidates = [_without_address(named), uploaded if isinstance(uploaded, str) else ""]
    return list(dict.fromkeys(name for text in candidates if text for name in _variants(text)))


def _without_address(text: str) -> str:
    """The path within an address; what ``?d=`` names, for files that are served from a folder."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    served = parse_qs(parts.query).get("d")
    if served:
        return served[0]
    return unquote(parts.path) if parts.scheme in {"http", "https", "s3", "gs", "azure-blob"} or parts.query else text


def _variants(text: str) -> Iterator[str]:
    """The path without its hash, as it is, and unescaped."""
    for path in dict.fromkeys([text, unquote(text)]):
        folder, _, name = path.replace("\\", "/").lstrip("/").rpartition("/")
        bare = _HASH.sub("", name)
        folder = re.sub(r"^data/(upload/\d+|local-files)/?", "", f"{folder}/").strip("/")
        for found in dict.fromkeys([name, bare] if _HASH.search(name) is None else [bare, name]):
            yield f"{folder}/{found}" if folder else found


def annotations_of(task: Json) -> tuple[list[Json], list[Json]]:
    """Annotations that count, best first, and those that were cancelled.

    The one marked as ground truth is best, then the one that was changed last.
    """
    listed = task.get("annotations") or task.get("completions") or []
    found = [a for a in listed if isinstance(a, Mapping)] if isinstance(listed, list) else []
    cancelled = [a for a in found if a.get("was_cancelled") or a.get("skipped")]
    left = [a for a in found if a not in cancelled]
    ordered = sorted(enumerate(left), key=lambda n_a: (*_rank(n_a[1]), n_a[0]), reverse=True)
    return [a for _, a in ordered], cancelled


def _rank(annotation: Json) -> tuple[bool, str]:
    return annotation.get("ground_truth") is True, _when(annotation)


def _when(value: Json) -> str:
    return str(value.get("updated_at") or value.get("created_at") or "")


def predictions_of(task: Json) -> list[Json]:
    """What models said about a task, the newest first."""
    listed = task.get("predictions")
    found = [p for p in listed if isinstance(p, Mapping)] if isinstance(listed, list) else []
    return sorted(found, key=_when, reverse=True)


def drafts_of(task: Json) -> list[Json]:
    """What people have drawn and not submitted."""
    listed = task.get("drafts")
    return [d for d in listed if isinstance(d, Mapping) and results_of(d)] if isinstance(listed, list) else []


def is_of_video(result: Json) -> bool:
    """Whether a result is about frames of a video."""
    return str(result.get("type")).lower().startswith(("video", "timeline"))


def results_of(annotation: Json) -> list[Json]:
    """The results of an annotation or prediction, in order; what is no result stands as an empty one."""
    listed = annotation.get("result") or []
    return [r if isinstance(r, Mapping) else {} for r in (listed if isinstance(listed, list) else [listed])]


def unusable(task: Json) -> Iterator[tuple[str, object]]:
    """Where in a task something stands in the place of an annotation or a prediction, and what."""
    for key in ("annotations", "completions", "predictions", "drafts"):
        listed = task.get(key) or []
        if not isinstance(listed, list):
            yield key, listed
            continue
        yield from ((f"{key}[{n}]", entry) for n, entry in enumerate(listed) if not isinstance(entry, Mapping))
