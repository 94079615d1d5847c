"""What the terminal shows: results and losses."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

FIRST_PLACES = 3

stderr = Console(stderr=True, highlight=False)
stdout = Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def answer(value: Mapping[str, Any], lines: Iterable[Any], *, as_json: bool) -> None:
    """Print a result: one JSON object on stdout, or lines for people."""
    if as_json:
        print(json.dumps(finite(value), default=str))  # noqa: T201 - JSON must not be wrapped
        return
    for line in lines:
        stdout.print(line, markup=False, soft_wrap=True)


@contextmanager
def busy(what: str) -> Iterator[None]:
    """Say in a terminal what is being done until the block ends, and how far it has come."""
    from annelid.steps import watched

    with stderr.status(Text(what)) as status:

        def step(name: str, done: int, of: int) -> None:
            status.update(Text(f"{what}: {name} {done:,}" + (f" of {of:,}" if of else "")))

        with watched(step):
            yield


def finite(value: Any) -> Any:
    """The same with null for NaN and infinity, which JSON does not have."""
    if isinstance(value, Mapping):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    """A plain table; numbers to the right."""
    result = Table(box=None, pad_edge=False, header_style="bold")
    cells = [[_cell(cell) for cell in row] for row in rows]
    for i, title in enumerate(head):
        numeric = bool(cells) and all(row[i][1] for row in cells)
        result.add_column(title, justify="right" if numeric else "left")
    for row in cells:
        result.add_row(*(text for text, _ in row))
    return result


def _cell(value: Any) -> tuple[str, bool]:
    if isinstance(value, float):
        return ("-" if math.isnan(value) else f"{value:.3f}"), True
    return str(value), isinstance(value, int)


def losses(report: Iterable[Any]) -> list[str]:
    """Each kind of loss with its count and its first places."""
    kinds: dict[str, list[Any]] = {}
    for loss in report:
        kinds.setdefault(loss.kind, []).append(loss)
    lines = []
    for kind, several in kinds.items():
        same = all(loss.what == several[0].what for loss in several)
        lines.append(
            f"{sum(loss.count for loss in several) or len(several)} x {kind}" + (f": {several[0].what}" if same else "")
        )
        for loss in several[:FIRST_PLACES]:
            place = f"{loss.file} {loss.place}".strip()
            lines += [f"    {place}" if same else f"    {place}: {loss.what}"] if place or not same else []
        if len(several) > FIRST_PLACES:
            lines.append(f"    ... and {len(several) - FIRST_PLACES} more places")
    return lines
