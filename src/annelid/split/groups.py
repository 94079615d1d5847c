"""Which images were taken together, read from their file names.

A name says so by markers at its end, each behind ``_``, ``-``, ``.`` or a blank:

    time      ``_t0012`` ``_tp3`` ``_time05`` ``_frame_0001``
    focus     ``_z03`` ``_slice4`` ``_plane2``
    channel   ``_ch1`` ``_channel2_phase``
    tiles     ``_x0_y512`` ``_row1_col2`` ``_tile3`` ``_crop3`` ``_patch7`` ``_roi_left`` ``_roi2``
    copies    ``_aug2`` ``_rot90`` ``_hflip``

or by the habits of a program or an instrument:

    Roboflow's augmented copies    ``cell_jpg.rf.<hash>``: all of ``cell``
    ACQUIFER's loops               ``-B003--PO01--LO061--...``: one well and position
    Opera's fields                 ``r02c03f01p01-ch1...``: one well
    fields of a plate's well       ``plate1_B03_f02`` (``s``, ``f``, ``site``, ``field``, ``fov`` or a
    number),
                                   where there are several wells
    a folder of one recording      ``yeast_movie/im003.tif``, ``timelapse2/``, ``z-stack/``, ``video/``
    frames merely numbered         ``exp1_pos2_0001``: three or more without a gap, behind a prefix that has
                                   a number itself, where several such prefixes exist

Anything else is taken to stand alone (``0001.jpg``, ``BloodImage_00012``, hashes): joining independent images
would leave nothing to validate on, and the user can always declare groups.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from annelid.errors import UsageError
from annelid.image import GroupSource

_SEPARATOR = r"(?:^|[_\-. ]+)"
_MOVING = re.compile(  # along time or focus
    _SEPARATOR + r"(t|tp|time|timepoint|fr|frame|z|slice|plane|focus)[_\-]?\d+$", re.IGNORECASE
)
_STILL = re.compile(
    _SEPARATOR + r"(?:(?:ch|chan|channel)[_\-]?\d+(?:_[a-z]+)?"
    r"|(?:tile|patch|crop|block)[_\-]?\d+|roi(?:[_\-][a-z0-9]+|\d+)"
    r"|x\d+[_\-]?y\d+|y\d+[_\-]?x\d+|row\d+[_\-]?col\d+|r\d+[_\-]c\d+"
    r"|(?:aug|augmented|rot|rotated|hflip|vflip|flip)[_\-]?\d*)$",
    re.IGNORECASE,
)
_ROBOFLOW = re.compile(r"(.+)_(?:jpe?g|png|tiff?|bmp|webp)\.rf\.[0-9A-Za-z]{8,}$", re.IGNORECASE)
_INSTRUMENT = re.compile(r"(-?[A-P]\d{3}--PO\d+)(?=--LO\d+--)|(r\d\d+c\d\d+)(?=f\d+)")  # ACQUIFER, Opera
_WELL = re.compile(
    r"((?:.*[_\-. ])?[A-P](?:0?[1-9]|1\d|2[0-4]))[_\-. ]+(?:(?:s|f|site|field|fov)[_\-]?)?\d+(?:[_\-]?w\d+)?$"
)
_RECORDING = re.compile(
    r"(?:^|.*[_\-. ])(?:movie|time[_\-]?lapse|time[_\-]?series|z?[_\-]?stack|video)[_\-. ]?\d*$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(.*\d.*?)[_\-. ](\d+)$")
_RUN = 3


def infer_group(names: Sequence[str]) -> dict[str, tuple[str, GroupSource]]:
    """Groups as far as file names tell (the rules are at the top of this file).

    Args:
        names: paths or names of images; all of a project at once, since some rules need to see the others.

    Returns:
        Name -> group and ``inferred``, or the name itself and ``assumed`` where nothing is known.
    """
    prefixes = _frame_prefixes(names)
    wells = {match[1] for name in names if (match := _WELL.match(_stem(name)))}
    return {name: _group_of(name, prefixes, wells if len(wells) > 1 else set()) for name in names}


def group_by_pattern(names: Sequence[str], pattern: str) -> dict[str, str]:
    """Groups by a pattern that the user gives.

    Args:
        names: paths or names of images.
        pattern: either with ``{group}``, ``*`` and ``?`` as in ``{group}_*.tif``, where the group is as short
            as can be and the whole file name (the whole path when the pattern has a ``/``) has to fit; or a
            regular expression with one group, or one named ``group``, that is searched in the path.

    Returns:
        Name -> group.

    Raises:
        UsageError: the pattern is wrong, or names do not fit it.
    """
    find = _glob_finder(pattern) if "{group}" in pattern else _regex_finder(pattern)
    found = {name: find(name.replace("\\", "/")) for name in names}
    missing = [name for name, group in found.items() if not group]
    if missing:
        raise UsageError(
            f"{len(missing)} of {len(names)} names do not fit the group pattern {pattern!r}, the first: "
            f"{', '.join(missing[:5])}",
            next_step="correct the pattern so that it fits every image",
        )
    return {name: group for name, group in found.items() if group}


def _group_of(name: str, prefixes: Mapping[str, str], wells: set[str]) -> tuple[str, GroupSource]:
    folder, stem = _folder(name), _stem(name)
    if match := _INSTRUMENT.match(stem):
        return _path(folder, match[0]), "inferred"
    rest, moving = _without_markers(stem)
    if (match := _WELL.match(rest)) and match[1] in wells:
        return _path(folder, match[1]), "inferred"
    if not moving and name in prefixes:
        return _path(folder, prefixes[name]), "inferred"
    if not moving and _RECORDING.match(folder.rpartition("/")[2]):
        return folder, "inferred"
    return (_path(folder, rest), "inferred") if rest != stem else (name, "assumed")


def _without_markers(stem: str) -> tuple[str, bool]:
    """The name without the markers at its end, and whether one was along time or focus."""
    rest, moving = stem, False
    if match := _ROBOFLOW.match(rest):
        rest = match[1]
    while match := _MOVING.search(rest) or _STILL.search(rest):
        moving |= match.re is _MOVING
        if match.start() == 0:  # nothing else is left: every such file of the folder belongs together
            return re.sub(r"\d+", "#", match[0]), moving
        rest = rest[: match.start()]
    return rest, moving


def _frame_prefixes(names: Sequence[str]) -> dict[str, str]:
    """Name -> prefix, for names whose last number counts the frames of one of several recordings."""
    runs: dict[tuple[str, str], dict[str, int]] = {}
    for name in names:
        if match := _NUMBERED.match(_stem(name)):
            runs.setdefault((_folder(name), match[1]), {})[name] = int(match[2])
    runs = {key: run for key, run in runs.items() if _is_gapless(sorted(run.values()))}
    skeletons: dict[str, set[tuple[str, str]]] = {}
    for folder, prefix in runs:
        skeletons.setdefault(re.sub(r"\d+", "#", prefix), set()).add((folder, prefix))
    several = {key for keys in skeletons.values() if len({prefix for _, prefix in keys}) > 1 for key in keys}
    return {name: key[1] for key in several for name in runs[key]}


def _is_gapless(numbers: Sequence[int]) -> bool:
    return len(numbers) >= _RUN and all(b - a == 1 for a, b in pairwise(numbers))


def _glob_finder(pattern: str) -> Callable[[str], str | None]:
    whole_path = "/" in pattern
    tokens = {"{group}": "(?P<group>.+?)", "*": ".*", "?": "."}
    pieces = re.split(r"(\{group\}|\*|\?)", pattern)
    if pieces.count("{group}") > 1:
        raise UsageError(f"{{group}} comes twice in {pattern!r}", next_step="write {group} once and * elsewhere")
    compiled = re.compile("".join(tokens.get(piece) or re.escape(piece) for piece in pieces))

    def find(name: str) -> str | None:
        match = compiled.fullmatch(name if whole_path else name.rpartition("/")[2])
        return match["group"] if match else None

    return find


def _regex_finder(pattern: str) -> Callable[[str], str | None]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"the group pattern {pattern!r} is no regular expression: {error}", next_step=_EXAMPLE
        ) from error
    if "group" not in compiled.groupindex and compiled.groups != 1:
        raise UsageError(f"the group pattern {pattern!r} has {compiled.groups} groups, not one", next_step=_EXAMPLE)
    which: str | int = "group" if "group" in compiled.groupindex else 1

    def find(name: str) -> str | None:
        match = compiled.search(name)
        return match[which] if match else None

    return find


_EXAMPLE = "write for example '{group}_*' or '^(slide\\d+)_'"


def _folder(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[0]


def _stem(name: str) -> str:
    base = name.replace("\\", "/").rpartition("/")[2]
    return re.sub(r"\.ome$", "", PurePosixPath(base).stem, flags=re.IGNORECASE) if base else ""


def _path(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
