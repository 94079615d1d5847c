"""Click to segment without weights: closed lines around the click, the best of them, bent by further clicks.

Lines of steep change are sought at every size and for bright and dark objects (`search`), moved to where inside and
outside differ most (`refine`), and compared (`judge`). Each further click bends the line (`correct`), or adds a piece
where it lies far away; where nothing convinces around such clicks, one line is sought that holds them all (`through`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from annelid import geometry, tracing
from annelid.assist import judge
from annelid.assist.base import Hints, Outline, Picture, Prompt
from annelid.assist.contour import COS, SIN, Contour, Floats
from annelid.assist.correct import Click, choose, correct
from annelid.assist.excerpt import HALF, Excerpt, excerpt, step_of
from annelid.assist.refine import refine
from annelid.assist.search import Found, search
from annelid.assist.through import through
from annelid.errors import UsageError

_FAR = 1.6
"""A click beyond that many radii is another piece of the object."""
_DOUBTFUL = 0.45
_LARGE = 70.0
"""A line of more pixels' radius may be part of something larger still: it is looked at from farther away."""
_FARTHER = 4
_LEAST = 0.7
_DRAWN_BEYOND = 0.2
"""Pixels from where an edge is steepest to where people draw its outline, outside (on what glows in DSB2018: 0.3)."""


@dataclass(frozen=True)
class Candidates:
    """Lines around one place, with what they are worth."""

    lines: list[Contour]
    signs: list[int]
    worth: Floats

    @property
    def best(self) -> int:
        """Number of the best one."""
        return int(np.argmax(self.worth))


@dataclass(eq=False)
class Piece:
    """One line that is being made, and the clicks that belong to it."""

    line: Contour
    sign: int
    candidates: Candidates
    clicks: list[Click] = field(default_factory=list)


class Classical:
    """The assistant that needs nothing (see `annelid.assist.base.Assistant`)."""

    name = "classical"

    def outline(self, picture: Picture, prompt: Prompt, hints: Hints) -> Outline:
        """The object that a prompt means; deterministic.

        Raises:
            UsageError: the prompt lies beside the picture.
        """
        if prompt.outside(picture.size_wh):
            raise UsageError("the prompt lies beside the image", next_step="click inside the image")
        step = step_of(prompt)
        found = _found(picture, prompt, hints, step)
        w, h = picture.size_wh
        small = max(w, h) <= 2 * HALF * step
        if not small and prompt.box is None and _may_be_larger(found[1]):
            farther = _found(picture, prompt, hints, step * _FARTHER)
            found = max(found, farther, key=lambda f: float(f[1].worth.max()))
        pieces = _pieces(prompt, *found)
        if len(pieces) > 1 and found[1].worth.max() < _DOUBTFUL:
            found = _around_all(picture, prompt, hints)
            pieces = _pieces(prompt, *found)
        return _finished(picture, prompt, *found, pieces)


def _may_be_larger(candidates: Candidates) -> bool:
    best = candidates.best
    return float(np.sqrt(candidates.lines[best].area / np.pi)) > _LARGE or candidates.worth[best] < _DOUBTFUL


def _found(picture: Picture, prompt: Prompt, hints: Hints, step: int) -> tuple[Excerpt, Candidates]:
    seen = excerpt(picture, prompt, step)
    if prompt.box is not None:
        return seen, _in_box(seen, prompt.box, hints)
    first = next(p for p in prompt.points if p.inside)
    return seen, _around(seen, *seen.here(first.x, first.y), hints)


def _around(seen: Excerpt, x: float, y: float, hints: Hints) -> Candidates:
    return _judged(seen, search(seen.pixels, x, y), x, y, hints)


def _judged(seen: Excerpt, found: list[Found], x: float, y: float, hints: Hints) -> Candidates:
    refined = refine(seen.pixels, found)
    radii = np.sqrt([one.contour.area / np.pi for one in refined]) * seen.step
    worth = judge.worth(judge.measures(refined, seen.pixels, x, y)) + judge.likeness(radii, hints)
    lines = [one.contour.grown(_DRAWN_BEYOND) for one in refined]
    return Candidates(lines, [one.sign for one in refined], worth)


def _in_box(seen: Excerpt, box: tuple[float, float, float, float], hints: Hints) -> Candidates:
    """Lines around the middle of a box, and the ellipse in it; worth more the better they fill the box."""
    (x1, y1), (x2, y2) = seen.here(*box[:2]), seen.here(*box[2:])
    x, y, across, down = (x1 + x2) / 2, (y1 + y2) / 2, (x2 - x1) / 2, (y2 - y1) / 2
    ellipse = Contour(x, y, np.maximum(1 / np.hypot(COS / across, SIN / down), _LEAST))
    found = [*search(seen.pixels, x, y), Found(ellipse, 1), Found(ellipse, -1)]
    candidates = _judged(seen, found, x, y, hints)
    filled = [_overlap((x1, y1, x2, y2), line) for line in candidates.lines]
    return replace(candidates, worth=candidates.worth + 2 * (np.array(filled) - 1))


def _overlap(box: tuple[float, float, float, float], line: Contour) -> float:
    """Intersection over union of a box and that around a line."""
    x1, y1, x2, y2 = line.xs.min(), line.ys.min(), line.xs.max(), line.ys.max()
    shared = max(0.0, min(x2, box[2]) - max(x1, box[0])) * max(0.0, min(y2, box[3]) - max(y1, box[1]))
    return float(shared / ((x2 - x1) * (y2 - y1) + (box[2] - box[0]) * (box[3] - box[1]) - shared))


def _around_all(picture: Picture, prompt: Prompt, hints: Hints) -> tuple[Excerpt, Candidates]:
    """Lines around all + clicks, seen from far enough for them to be near each other; each click missed counts."""
    inside = np.array([(p.x, p.y) for p in prompt.points if p.inside])
    extent = float(np.hypot(*np.ptp(inside, 0)))
    seen = excerpt(picture, prompt, max(step_of(prompt), 2 ** math.ceil(math.log2(max(extent / HALF, 1)))))
    clicks = _clicks(prompt, seen)
    x, y = seen.here(*inside.mean(0))
    found = [*search(seen.pixels, x, y), *through([click for click in clicks if click.inside])]
    candidates = _judged(seen, found, x, y, hints)
    missed = [sum(not click.is_kept_by(line) for click in clicks) for line in candidates.lines]
    return seen, replace(candidates, worth=candidates.worth - np.array(missed))


def _clicks(prompt: Prompt, seen: Excerpt) -> list[Click]:
    return [Click(*seen.here(p.x, p.y), p.inside) for p in prompt.points]


def _pieces(prompt: Prompt, seen: Excerpt, candidates: Candidates) -> list[Piece]:
    """The best line, corrected by all clicks but the one that it was found by, and others where clicks are far away."""
    best = candidates.best
    pieces = [Piece(candidates.lines[best], candidates.signs[best], candidates)]
    for click in _clicks(prompt, seen):
        _take(seen, pieces, click)
    return pieces


def _finished(picture: Picture, prompt: Prompt, seen: Excerpt, candidates: Candidates, pieces: list[Piece]) -> Outline:
    mask, origin = _mask(picture.size_wh, prompt, seen, [piece.line for piece in pieces])
    score = float(np.clip(candidates.worth.max(), 0, 1))
    return Outline(tracing.mask_to_shape(mask, origin), score)


def _take(seen: Excerpt, pieces: list[Piece], click: Click) -> None:
    """Bend the line that is nearest to a click, or begin another piece."""
    nearest = max(pieces, key=lambda piece: piece.line.depth(click.x, click.y))
    line = nearest.line
    if click.inside and line.distance(click.x, click.y) > _FAR * line.radius_towards(click.x, click.y):
        own = _around(seen, click.x, click.y, Hints(float(np.sqrt(line.area / np.pi)) * seen.step))
        pieces.append(Piece(own.lines[own.best], own.signs[own.best], own, [click]))
        return
    for piece in [nearest] if click.inside else pieces:
        piece.clicks.append(click)
        if not click.is_kept_by(piece.line):
            _bend(seen, piece)


def _bend(seen: Excerpt, piece: Piece) -> None:
    candidates = piece.candidates
    chosen = choose(candidates.lines, candidates.worth, piece.line, piece.clicks)
    if chosen is not piece.line:
        piece.sign = candidates.signs[next(i for i, line in enumerate(candidates.lines) if line is chosen)]
    piece.line = correct(seen.pixels, chosen, piece.sign, piece.clicks).contour


def _mask(
    size_wh: tuple[int, int], prompt: Prompt, seen: Excerpt, lines: list[Contour]
) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """What the lines enclose, in pixels of the image and inside of it; every click on its right side."""
    shape = tuple((line.ring() * seen.step + (seen.left, seen.top),) for line in lines)
    x1, y1, x2, y2 = geometry.shape_box(shape)
    xs, ys = [p.x for p in prompt.points], [p.y for p in prompt.points]
    left, top = (max(0, int(min([low, *at])) - 3) for low, at in ((x1, xs), (y1, ys)))
    right, bottom = (
        min(most, int(max([high, *at])) + 4) for most, high, at in zip(size_wh, (x2, y2), (xs, ys), strict=True)
    )
    mask = geometry.shape_to_mask(shape, (bottom - top, right - left), (left, top))
    for point in prompt.points:
        _force(mask, point.x - left, point.y - top, seen.step, inside=point.inside)
    if prompt.box is not None:
        mask &= geometry.shape_to_mask(((geometry.box_ring(*prompt.box),),), mask.shape, (left, top))
    return mask, (left, top)


def _force(mask: NDArray[np.bool_], x: float, y: float, step: int, *, inside: bool) -> None:
    """Put a clicked pixel on its right side, with those that touch it, where the lines could not."""
    row, column = min(int(y), mask.shape[0] - 1), min(int(x), mask.shape[1] - 1)
    if mask[row, column] != inside:
        mask[max(0, row - step) : row + step + 1, max(0, column - step) : column + step + 1] = inside
