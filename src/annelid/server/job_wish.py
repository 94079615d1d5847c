"""What a page may ask the queue for, looked at before it waits there: no job fails an hour later of a typing error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from annelid import formats
from annelid.engines.base import PredictConfig
from annelid.errors import UsageError
from annelid.project import Project
from annelid.split import Part

ALLOWED: Mapping[str, frozenset[str]] = {
    "resume": frozenset({"run", "batch"}),
    "propose": frozenset({"model", "images", "conf", "iou", "max_det", "imgsz", "device"}),
    "predict": frozenset({"model", "images", "name", "save", "conf", "iou", "max_det", "imgsz", "device"}),
    "evaluate": frozenset({"model", "part", "compare", "iou", "max_det", "imgsz", "device"}),
    "export": frozenset({"name", "format", "state"}),
    "check": frozenset({"pixels"}),
    "diagnose": frozenset({"run"}),
}
"""Verb -> what a page may ask of it; of a training, everything but what is in `REFUSED`."""
REFUSED = ("trust", "data", "cfg", "mix", "class_map", "track")
"""Of these a training takes paths, or code: they are for the terminal."""
NAMES = ("model", "compare", "augmentations", "name", "run")
"""Arguments that name something here; as a path they could name anything."""
_TEXTS = ("model", "engine", "compare", "name", "run", "notes", "part", "format", "state")
_SWITCHES = ("pixels", "allow_leakage")
_THRESHOLDS = ("conf", "iou", "max_det", "imgsz", "device")
_OF_THE_VERB = ("name", "notes", "allow_leakage")
"""What a training takes beside model, engine and the engine's own parameters."""


def require_sense(project: Project, verb: str, arguments: Mapping[str, Any]) -> None:
    """Refuse what a page may not ask for, and what could only fail.

    Raises:
        UsageError: an argument is for the terminal, or its value is wrong: for a training in the engine's own words.
        EngineError: the engine of a training is not installed.
    """
    allowed = ALLOWED.get(verb)
    for name in arguments:
        if name in REFUSED or (allowed is not None and name not in allowed):
            known = f"it takes {', '.join(sorted(allowed))}" if allowed else "the command line takes it: annelid train"
            raise UsageError(f"{verb}: {name} can't be asked for here", next_step=known)
    given = {name: value for name, value in arguments.items() if value is not None}
    _require_types(verb, given)
    refuse_paths(given)
    if verb == "train":
        project.foresee(**{name: value for name, value in given.items() if name not in _OF_THE_VERB})
    elif allowed is not None:
        PredictConfig(**{name: given[name] for name in _THRESHOLDS if name in given})
        _require_choices(given)


def _require_types(verb: str, given: Mapping[str, Any]) -> None:
    for names, kind, said in ((_TEXTS, str, "a text"), (_SWITCHES, bool, "true or false")):
        for name in given.keys() & set(names):
            if not isinstance(given[name], kind):
                raise UsageError(f"{verb}: {name}: expected {said}, found {given[name]!r:.80}")
    for name in given.keys() & {"images", "save"}:
        if not isinstance(given[name], list) or not all(isinstance(one, str) for one in given[name]):
            raise UsageError(f"{verb}: {name}: expected a list of texts, found {given[name]!r:.80}")


def _require_choices(given: Mapping[str, Any]) -> None:
    for name, choices in (("part", get_args(Part)), ("state", ("reviewed", "draft"))):
        if name in given and given[name] not in choices:
            raise UsageError(f"{name}: found {given[name]!r:.80}", next_step=f"choose one of {', '.join(choices)}")
    if "format" in given:
        formats.get(given["format"])


def refuse_paths(given: Mapping[str, Any]) -> None:
    """Refuse what would be read from anywhere on this computer.

    Raises:
        UsageError: one of `NAMES` is a path.
    """
    for name in NAMES:
        value = str(given.get(name) or "")
        if set(value) & set("/\\") or value.startswith(".") or re.match("[A-Za-z]:", value):
            step = "put weights into models/fetched of the project, and name the file; other files are for the terminal"
            raise UsageError(f"{name}: {value[:100]} is a path", next_step=step)
