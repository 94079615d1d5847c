"""An image with its errors marked, as a figure of the page."""

from __future__ import annotations

from annelid.picture import draw_errors, legible_scale, to_data_uri
from annelid.report.data import Shown
from annelid.report.markup import escape
from annelid.report.words import number, quantity


def picture(shown: Shown) -> str:
    """The image, its rank, and how many objects were found, missed and made up."""
    height, width = shown.pixels.shape[:2]
    scale = legible_scale((width, height))
    # On the page the picture is about 360 pixels wide: the lines have to survive that.
    line = max(2.0, 1.7 * scale * width / 360)
    drawn = draw_errors(shown.pixels, shown.truth, shown.predicted, shown.pairs, width=line, scale=scale, legend=False)
    c = shown.counts
    caption = f"{quantity(c.truth, 'true object')}: {c.found} found, {c.missed} missed, {c.extra} extra"
    return (
        f'<figure><img src="{to_data_uri(drawn)}" alt="{escape(f"{shown.name}: {caption}")}"><figcaption>'
        f"<b>{escape(shown.rank.capitalize())}</b> · F1 {number(c.f1, 2)}<br>"
        f"<span class=file>{escape(shown.name)}</span><br>{escape(caption)}</figcaption></figure>"
    )
