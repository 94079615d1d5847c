"""Parameters from a file of Ultralytics' arguments: a few lines, or the whole ``args.yaml`` of a run.

What Annelid decides itself, and what would do nothing, is left out of a file and said; typed, it would be refused.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from annelid.engines.base import TrainConfig
from annelid.engines.yolo import parameters
from annelid.settings import read_yaml

_NO_CHOICE = (*parameters.PREDICTION, "workers", "device")
"""A run's file names them without anybody having chosen them; at Ultralytics' default they leave Annelid its own."""

_ANOTHER_TASK = "it acts on prediction, evaluation, tracking, export or other tasks, not on this training"
_WHERE = {"save_dir": parameters.REFUSED["project"], "augmentations": ""}
_GONE = (
    "label_smoothing",
    "image_weights",
    "fl_gamma",
    "v5loader",
    "keras",
    "half",
    "int8",
    "min_memory",
    "crop_fraction",
)
"""Names in the files of older versions of Ultralytics."""


def taken(content: Mapping[str, Any], config: TrainConfig) -> tuple[dict[str, Any], list[str]]:
    """What a file sets, and what is left out of it, a sentence each.

    Args:
        content: Ultralytics' keys.
        config: the training, with what was typed as its parameters: that wins over the file.

    Raises:
        UsageError: a name is unknown, or a value is out of range.
    """
    kept, left = _kept(content)
    kept = {name: value for name, value in kept.items() if name not in config.params}
    if str(kept.get("optimizer", "")).lower() == "auto":
        why = "under optimizer=auto Ultralytics chooses it itself"
        kept, more = _without(kept, dict.fromkeys(parameters.IGNORED_BY_AUTO, why))
        left += more
    idle = parameters.idle(replace(config, params={**kept, **config.params}))
    kept, more = _without(kept, {name: why for name, why in idle.items() if name in kept})
    return {**kept, **config.params}, left + more


def _kept(content: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The training parameters of a file, and what is said about its other keys."""
    kept: dict[str, Any] = {}
    left: list[str] = []
    for name, value in content.items():
        is_default = value is None or (name in defaults() and value == defaults()[name])
        if name in parameters.PARAMETERS:
            if not (value is None or (is_default and name in _NO_CHOICE)):
                kept[name] = _as_today(name, value)
        elif reason := _reason(name):
            left += [] if is_default else [_said(name, value, reason)]
        else:
            kept[name] = value  # the check will say what may be meant
    return kept, left


def _reason(name: str) -> str:
    """Why a key that is no training parameter is left out; "" for one that nobody knows."""
    if name in _GONE:
        return "this version of Ultralytics does not know it"
    known = parameters.REFUSED.get(name) or _WHERE.get(name)
    return known or (_ANOTHER_TASK if name in defaults() else "")


def _as_today(name: str, value: Any) -> Any:
    """Older versions switched some shares on and off."""
    return 0.5 * value if name == "multi_scale" and isinstance(value, bool) else value


def _without(kept: Mapping[str, Any], reasons: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The parameters that stay; those that go are said unless they are at their default."""
    said = [
        _said(name, kept[name], why)
        for name, why in reasons.items()
        if name in kept and kept[name] != defaults().get(name)
    ]
    return {name: value for name, value in kept.items() if name not in reasons}, said


def _said(name: str, value: Any, reason: str) -> str:
    return f"left out: {name}={value} ({reason})"


@cache
def defaults() -> Mapping[str, Any]:
    """Ultralytics' own arguments, read without importing it; empty where it is not installed."""
    found = importlib.util.find_spec("ultralytics")
    if found is None or found.origin is None:
        return {}
    content = read_yaml(Path(found.origin).parent / "cfg" / "default.yaml")
    return dict(content) if isinstance(content, dict) else {}
