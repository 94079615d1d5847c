"""Training parameters from files: ``--cfg experiment.yaml``, and parameters that name a file themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from annelid import engines
from annelid.engines.base import OWN_LINE, TrainConfig
from annelid.errors import InputError, UsageError
from annelid.settings import read_yaml

FILES = ("augmentations",)
"""Parameters that may be the path of a file; what is in it counts, as it is when the training begins."""


def read_parameters(path: Path) -> dict[str, Any]:
    """Parameters from a YAML file with Ultralytics' keys; the ``args.yaml`` of a run has Annelid's own as comments.

    Raises:
        InputError: it can't be read, or is no mapping.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise InputError(path, expected="lines such as 'epochs: 50'", found=type(content).__name__)
    return {str(k): v for k, v in content.items()} | _own(path)


def _own(path: Path) -> dict[str, Any]:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = (line.removeprefix(OWN_LINE).partition(": ") for line in lines if line.startswith(OWN_LINE))
    return {name: json.loads(value) for name, _, value in found}


def options_among(params: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Options that were typed as parameters (``name=first``) or stand in a file; they are taken out of ``params``.

    Args:
        params: parameters; they lose those that are options.
        options: the options as given; None where they were not, and then the parameter counts.
    """
    typed_so = {name: params.pop(name, None) for name in options}
    return {name: typed_so[name] if value is None else value for name, value in options.items()}


def drop_lost_data(content: dict[str, Any]) -> list[str]:
    """Take ``data`` out of a file's parameters where it leads nowhere, and say so.

    The ``args.yaml`` of a run names the data as they were called then and there.
    """
    data = content.get("data")
    if data is None or Path(str(data)).exists():
        return []
    del content["data"]
    return [f"left out: data={data} (there is no such file; name the data with --data, or train on the project's)"]


def with_files(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that name a file replaced by what is in it.

    Raises:
        UsageError: there is no such file.
        InputError: it can't be read.
    """
    return {name: _content(name, value) if name in FILES else value for name, value in params.items()}


def _content(name: str, value: Any) -> Any:
    if not isinstance(value, str | Path):
        return value
    path = Path(value)
    if not path.is_file():
        raise UsageError(f"{name}: there is no file {path}", next_step="check the path")
    content = read_yaml(path)  # JSON is YAML
    if not isinstance(content, dict | list):
        raise InputError(path, expected="transforms as albumentations.save writes them", found=type(content).__name__)
    return content


def complete(config: TrainConfig, content: Mapping[str, Any], engine: str) -> tuple[TrainConfig, list[str]]:
    """A training with the parameters of a file, and what is left out of the file, a sentence each.

    Args:
        config: the training; its own parameters win.
        content: the file's.
        engine: name of the engine.

    Raises:
        UsageError: a name is unknown, or a value is wrong.
        EngineError: the engine is not installed.
    """
    if not content:
        return config, []
    params, left_out = engines.ready(engine).from_file(with_files(content), config)
    return replace(config, params=params), left_out
