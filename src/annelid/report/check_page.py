"""The page of a data check: what was found, with pictures of it, and what mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annelid.check.finding import Finding
from annelid.check.scan import Scan
from annelid.picture import to_data_uri
from annelid.report.markup import escape, section, table
from annelid.report.page import framed
from annelid.report.words import quantity

_SHOWN_PLACES = 12
_NOTHING = "<p>Nothing was found that would spoil a training.</p>"


@dataclass(frozen=True, eq=False)
class Picture:
    """A piece of evidence to look at: uint8 ``[y, x, 3]`` and what it shows."""

    pixels: NDArray[np.uint8]
    caption: str


@dataclass(frozen=True)
class Shown:
    """A finding with its pictures."""

    finding: Finding
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True, eq=False)
class CheckData:
    """Everything that the page tells.

    Attributes:
        title: of the page.
        scan: a line for each part.
        findings: the worst first.
        labels: the sheet of `annelid.picture.labels.draw_labels`.
        made: date and version, as they shall be shown.
    """

    title: str
    scan: Sequence[Scan]
    findings: Sequence[Shown]
    labels: NDArray[np.uint8]
    made: str = ""


def check_page(data: CheckData) -> str:
    """The page as HTML: one file, no script, nothing fetched."""
    counts = {s: sum(f.finding.severity == s for f in data.findings) for s in ("error", "warning", "info")}
    subtitle = " · ".join(quantity(n, "note" if severity == "info" else severity) for severity, n in counts.items())
    sections = [section("scan", "What there is", _scan(data))]
    sections += [_finding(shown) for shown in data.findings] or [section("nothing", "Findings", _NOTHING)]
    return framed(data.title, subtitle, "".join(sections), data.made)


def _scan(data: CheckData) -> str:
    head = ("part", "images", "backgrounds", "corrupt", "objects")
    rows = [(s.part, f"{s.images:,}", f"{s.backgrounds:,}", f"{s.corrupt:,}", f"{s.objects:,}") for s in data.scan]
    sheet = f'<img src="{to_data_uri(data.labels)}" alt="objects by class, sizes and positions" style="width:100%">'
    return f"{table(head, rows)}<details><summary>Classes, sizes and positions</summary>{sheet}</details>"


def _finding(shown: Shown) -> str:
    f = shown.finding
    pictures = "".join(_picture(picture) for picture in shown.pictures)
    body = (
        f"<p>{escape(f.why[:1].upper() + f.why[1:])}.</p><p class=do>{escape(f.fix)}</p>"
        f'<div class="gallery">{pictures}</div>{_places([str(place) for place in f.evidence], f.count)}'
    )
    return section(f.code, f"{f.code} {f.severity}: {f.what}", body)


def _picture(picture: Picture) -> str:
    caption = escape(picture.caption)
    return (
        f'<figure><img src="{to_data_uri(picture.pixels, most_bytes=150_000)}" alt="{caption}">'
        f"<figcaption><span class=file>{caption}</span></figcaption></figure>"
    )


def _places(texts: Sequence[str], count: int) -> str:
    lines = "<br>".join(escape(text) for text in texts)
    more = f"<br>... and {count - len(texts):,} more" if count > len(texts) else ""
    is_open = " open" if count <= _SHOWN_PLACES else ""
    return f"<details{is_open}><summary>{count:,} place(s)</summary><p class=small>{lines}{more}</p></details>"
