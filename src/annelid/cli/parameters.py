"""Engine parameters as typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from annelid.errors import UsageError


def typed(arguments: Sequence[str]) -> dict[str, Any]:
    """Parameters from ``--epochs 50``, ``--epochs=50`` and ``epochs=50``; values are read as YAML reads them.

    Raises:
        UsageError: something is neither.
    """
    found: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, text = word.removeprefix("--").partition("=")
        if not equals:
            if not word.startswith("--") or not rest:
                raise UsageError(f"{word!r} is not a parameter", next_step="write --epochs 50 or epochs=50")
            text = rest.pop(0)
        found[name.replace("-", "_")] = value(text)
    return found


def value(text: str) -> Any:
    """A value as YAML reads it; text that is no YAML stays text."""
    try:
        return YAML(typ="safe").load(text)
    except YAMLError:
        return text
