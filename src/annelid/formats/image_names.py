"""How images are called in the files that are written: one rule for conversions and for exports.

A name is the image's path below the folder that all of them lie in, less the folders that only say that images lie in
them (``JPEGImages``) or are called like the image (``a/images/a.png``). Where that makes names alike, the folders come
back in the name of the file; where two names then differ in their endings alone, and files are named after them, the
endings do. A name depends on no image but those that it could be mistaken for, so that it stays when others are added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from posixpath import commonpath

_ROLE = re.compile(r"(?:(?:jpeg|tissue|raw|input|original)[ _-]?)?(?:images?|imgs?)", re.IGNORECASE)
_UNFIT = re.compile(r"[\x00-\x1f\x7f]")
"""What an annotation may say and no drive takes."""
_PARTS = {"train", "val", "valid", "validation", "test"}

_Place = tuple[str, str]
"""Path of an image, and the part that it belongs to or ""."""


def image_names(paths: Mapping[str, str], parts: Mapping[str, str], *, by_stem: bool) -> dict[str, str]:
    """Item id -> name of its image, in which slashes separate folders.

    Names differ where paths do, also on drives that do not tell small letters from capital ones.

    Args:
        paths: item id -> path of the image below the folder that is converted or exported; views of one image share it.
        parts: item id -> ``train``, ``val`` or ``test``, the folder that the name then begins with, in place of one
            that the path begins with.
        by_stem: whether the names have to differ even without their endings.
    """
    places = {i: (path, parts.get(i, "")) for i, path in paths.items()}
    names: dict[_Place, str] = {}
    taken: set[str] = set()
    rest = list(dict.fromkeys(places.values()))
    for rule in (_plain, _with_folders, _with_ending):
        made = {place: rule(place) for place in rest}
        often = Counter(_key(name, by_stem=by_stem) for name in made.values())
        kept = {p: n for p, n in made.items() if often[k := _key(n, by_stem=by_stem)] == 1 and k not in taken}
        taken |= {_key(name, by_stem=by_stem) for name in kept.values()}
        names |= kept
        rest = [place for place in rest if place not in kept]
    for place in rest:
        names[place] = _numbered(_with_ending(place), lambda name: _key(name, by_stem=by_stem) in taken)
        taken.add(_key(names[place], by_stem=by_stem))
    return {i: names[place] for i, place in places.items()}


def below_common_folder(paths: Mapping[str, str]) -> dict[str, str]:
    """Paths from anywhere, seen from the folder that all of them lie in."""
    parts = {i: [p for p in path.split("/") if p not in {"", ".", ".."} and p[-1] != ":"] for i, path in paths.items()}
    shared = commonpath(["/".join(p[:-1]) for p in parts.values()]) if parts else ""
    return {i: "/".join(p)[len(f"{shared}/") if shared else 0 :] for i, p in parts.items()}


def _divided(place: _Place) -> tuple[list[str], list[str], str]:
    """The folders of a name, those that are left out of it, and the file's name."""
    path, part = place
    *folders, file = _UNFIT.sub("_", path).split("/")
    file = file or "image"
    kept, left_out = [part] if part else [], list[str]()
    for folder in folders:
        is_part = bool(part) and len(kept) == 1 and folder.lower() in _PARTS
        is_cvats = folder == "default" and left_out[-1:] == ["images"]
        says_nothing = is_part or is_cvats or _ROLE.fullmatch(folder) or folder == PurePosixPath(file).stem
        (left_out if says_nothing else kept).append(folder)
    return kept, left_out, file


def _plain(place: _Place) -> str:
    folders, _, file = _divided(place)
    return "/".join([*folders, file])


def _with_folders(place: _Place) -> str:
    folders, left_out, file = _divided(place)
    return "/".join([*folders, "_".join([*left_out, file])])


def _with_ending(place: _Place) -> str:
    path = PurePosixPath(_with_folders(place))
    return str(path.with_name(f"{path.stem}_{path.suffix[1:]}{path.suffix}")) if path.suffix else str(path)


def _numbered(name: str, is_taken: Callable[[str], bool]) -> str:
    path, number, candidate = PurePosixPath(name), 1, name
    while is_taken(candidate):
        number += 1
        candidate = str(path.with_name(f"{path.stem}_{number}{path.suffix}"))
    return candidate


def _key(name: str, *, by_stem: bool) -> str:
    return (str(PurePosixPath(name).with_suffix("")) if by_stem else name).casefold()
