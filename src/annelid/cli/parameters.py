"""Engine parameters as typed, and from ``--cfg`` files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from annelid.errors import InputError, UsageError
from annelid.settings import read_yaml


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


def from_file(path: Path) -> dict[str, Any]:
    """Parameters from a YAML file with Ultralytics' keys.

    Raises:
        InputError: it can't be read, or is no mapping.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise InputError(path, expected="lines such as 'epochs: 50'", found=type(content).__name__)
    return {str(k): v for k, v in content.items()}


def options_among(params: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Options that were typed as parameters (``name=first``) or stand in a file; they are taken out of ``params``.

    Args:
        params: parameters; they lose those that are options.
        options: the options as given; None where they were not, and then the parameter counts.
    """
    typed_so = {name: params.pop(name, None) for name in options}
    return {name: typed_so[name] if value is None else value for name, value in options.items()}
