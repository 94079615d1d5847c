"""``annelid.yaml``: what a person may edit about a project."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from annelid import atomic
from annelid.errors import InputError
from annelid.preprocess import Preprocessing

FILE = "annelid.yaml"
_HEADER = """\
# An Annelid project. You may edit this file.
#   classes        the order gives the class numbers: add new ones at the end (annelid classes add NAME)
#   preprocessing  how images become what people and models see (annelid preview shows it)
#   split          how images are divided (annelid split --resplit applies a change)
"""


@dataclass(frozen=True)
class SplitPolicy:
    """How images are divided: share of images for validation and test, unit, seed."""

    val: float = 0.2
    test: float = 0.0
    by: str = "group"
    seed: int = 0


@dataclass(frozen=True)
class Settings:
    """The content of ``annelid.yaml``.

    Attributes:
        classes: class names; the index of a class is its place.
        preprocessing: how images become what people and models see.
        split: how images are divided.
    """

    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    split: SplitPolicy = field(default_factory=SplitPolicy)


def load(root: Path) -> Settings:
    """Read ``annelid.yaml``.

    Raises:
        InputError: it is not YAML, or something in it is not as it should be.
    """
    path = root / FILE
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
    except (YAMLError, UnicodeDecodeError) as error:
        raise InputError(path, expected="YAML", found=str(error), next_step="mend the file, or restore it") from error
    classes = content.get("classes") or []
    if not isinstance(classes, list) or not all(isinstance(c, str | int) for c in classes):
        raise InputError(path, place="classes", expected="a list of names", found=repr(classes))
    if len({str(c) for c in classes}) != len(classes):
        raise InputError(path, place="classes", expected="different names", found=repr(classes))
    return Settings(
        tuple(str(c) for c in classes),
        Preprocessing.from_dict(content.get("preprocessing") or {}),
        _split_policy(path, content.get("split") or {}),
    )


def _split_policy(path: Path, content: Mapping[str, Any]) -> SplitPolicy:
    try:
        return SplitPolicy(**content)
    except TypeError as error:
        raise InputError(path, place="split", expected="val, test, by, seed", found=str(error)) from error


def save(root: Path, settings: Settings) -> None:
    """Write ``annelid.yaml``; a person's comments stay.

    Raises:
        AnnelidError: it could not be written.
    """
    path, yaml = root / FILE, YAML()
    old = yaml.load(path.read_text(encoding="utf-8")) if path.exists() else None
    content = old if old is not None else yaml.load(_HEADER + "{}\n")
    if old is None:
        content = yaml.load(_HEADER + "classes: []\n")
    content["classes"] = list(settings.classes)
    content["preprocessing"] = _plain(settings.preprocessing.to_dict())
    content["split"] = dict(vars(settings.split))
    stream = io.StringIO()
    yaml.dump(content, stream)
    atomic.write_text(path, stream.getvalue())


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value
