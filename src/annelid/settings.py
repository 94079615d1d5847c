"""``annelid.yaml``: what a person may edit about a project."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from annelid import atomic
from annelid.errors import InputError, UsageError
from annelid.preprocess import Preprocessing

FILE = "annelid.yaml"
_HEADER = """\
# An Annelid project. You may edit this file.
#   classes        the order gives the class numbers: add new ones at the end (annelid classes add NAME)
#   preprocessing  how images become what people and models see (annelid preview shows it)
#   split          how images are divided (annelid split --resplit applies a change)
#   track          trackers that follow every training, such as [tensorboard, mlflow]; none without this line
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
        track: names of the trackers that follow every training.
    """

    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    split: SplitPolicy = field(default_factory=SplitPolicy)
    track: tuple[str, ...] = ()


def load(root: Path) -> Settings:
    """Read ``annelid.yaml``.

    Raises:
        InputError: it is not YAML, or something in it is not as it should be.
    """
    path = root / FILE
    content = _mapping(path, "", read_yaml(path))
    _known(path, "", content, ("classes", "preprocessing", "split", "track"))
    try:
        preprocessing = Preprocessing.from_dict(_mapping(path, "preprocessing", content.get("preprocessing")))
    except UsageError as error:
        step = "correct it there; annelid preview shows what it does"
        raise InputError(path, found=error.message, next_step=step) from error
    return Settings(
        _classes(path, content.get("classes") or []),
        preprocessing,
        _split_policy(path, _mapping(path, "split", content.get("split"))),
        _trackers(path, content.get("track") or []),
    )


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; nothing in it can run code.

    Raises:
        InputError: it cannot be read, or is no YAML.
    """
    step = "mend the file there, or take it from a backup"
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(path, expected="a readable file", found=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        place = f"byte {error.start}"
        raise InputError(path, place=place, expected="text in UTF-8", found="other bytes", next_step=step) from error
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else ""
        found = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise InputError(path, place=place, expected="YAML", found=found, next_step=step) from error


def _mapping(path: Path, place: str, content: Any) -> Mapping[str, Any]:
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise InputError(path, place=place, expected="lines such as 'key: value'", found=repr(content)[:80])
    return content


def _known(path: Path, place: str, content: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in content:
        if key not in known:
            step = "correct or remove it; how it is spelt counts"
            raise InputError(path, place=place, expected=", ".join(known), found=f"the key {key!r}", next_step=step)


def _classes(path: Path, names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(_is_name(name) for name in names):
        step = "write them as [nucleus, debris], or one on each line behind a dash"
        raise InputError(path, place="classes", expected="a list of names", found=repr(names)[:80], next_step=step)
    classes = tuple(str(name) for name in names)
    twice = next((name for n, name in enumerate(classes) if name in classes[:n]), None)
    if twice is not None:
        step = "remove the second one: the order gives the class numbers"
        raise InputError(path, place="classes", expected="different names", found=f"{twice!r} twice", next_step=step)
    return classes


def _trackers(path: Path, names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        step = "write them as [tensorboard, mlflow]"
        raise InputError(path, place="track", expected="a list of trackers", found=repr(names)[:80], next_step=step)
    return tuple(names)


def _is_name(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(str(value).strip())


def _split_policy(path: Path, content: Mapping[str, Any]) -> SplitPolicy:
    _known(path, "split", content, tuple(vars(SplitPolicy())))
    for key in ("val", "test"):
        value = content.get(key, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
            raise InputError(path, place=f"split: {key}", expected="a share from 0 to 1", found=repr(value))
    if content.get("by", "group") not in ("group", "image"):
        raise InputError(path, place="split: by", expected="group or image", found=repr(content["by"]))
    seed = content.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise InputError(path, place="split: seed", expected="a whole number", found=repr(seed))
    return SplitPolicy(**content)


def save(root: Path, settings: Settings) -> None:
    """Write ``annelid.yaml``; a person's comments stay.

    Raises:
        UsageError: a class has no name, or one that cannot be written.
        AnnelidError: it could not be written.
    """
    check_classes(settings.classes)
    path, yaml = root / FILE, YAML()
    old = yaml.load(path.read_text(encoding="utf-8")) if path.exists() else None
    content = old if old is not None else yaml.load(_HEADER + "{}\n")
    if old is None:
        content = yaml.load(_HEADER + "classes: []\n")
    content["classes"] = list(settings.classes)
    content["preprocessing"] = _plain(settings.preprocessing.to_dict())
    content["split"] = dict(vars(settings.split))
    if settings.track or "track" in content:
        content["track"] = list(settings.track)
    stream = io.StringIO()
    yaml.dump(content, stream)
    atomic.write_text(path, stream.getvalue())


def check_classes(names: Sequence[str]) -> None:
    """Refuse names that files of class names could not hold.

    Raises:
        UsageError: one is empty, has control characters or is there twice.
    """
    for n, name in enumerate(names):
        if not name.strip() or not name.replace(" ", "").isprintable():
            raise UsageError(f"{name!r} can't be the name of a class", next_step="use letters, digits and the like")
        if name in names[:n]:
            raise UsageError(f"{name!r} is twice among the classes", next_step="give each name once")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value
