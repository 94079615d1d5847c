"""The first section: is it good enough, in words, counts and figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from annelid.report import certainty, words
from annelid.report.data import Counts, ReportData
from annelid.report.markup import escape, section
from annelid.report.words import number

_FIGURES = (
    ("F1", "F1", "both in one figure"),
    ("P", "Precision", "right among the drawn"),
    ("R", "Recall", "found among the true"),
    ("mAP50", "mAP 50", "over all confidences"),
    ("mAP50-95", "mAP 50–95", "close fit asked for"),
)


def good_enough(data: ReportData) -> str:
    """The answer in plain words, the counts as bars, and the figures beside those of a plain threshold."""
    answer, advice = words.verdict(data)
    counted = words.count_sentence(data.counts, certainty.count_off(data.metrics))
    said = [words.found_sentence(data), counted, words.baseline_sentence(data), certainty.better(data.metrics)]
    sentences = "".join(f"<p>{escape(s)}</p>" for s in said if s)
    cautions = "".join(f"<li>{escape(c)}</li>" for c in words.cautions(data))
    return section(
        "answer",
        "Is it good enough?",
        f'<div class="hero"><div><p class="answer">{escape(answer)}</p><p class="advice">{escape(advice)}</p>'
        f'{sentences}<ul class="cautions">{cautions}</ul></div>'
        f"<div>{_bars(data.counts)}{_figures(data)}</div></div>",
    )


def _bars(counts: Counts) -> str:
    """Two bars on one scale: what is true, what was drawn."""
    found, missed, extra = (("found", counts.found), ("missed", counts.missed), ("extra", counts.extra))
    scale = 100 / max(counts.truth, counts.predicted, 1)
    drawn = _bar("true", counts.truth, (found, missed), scale)
    drawn += _bar("drawn", counts.predicted, (found, extra), scale)
    legend = "".join(
        f'<span><i class="swatch {kind}"></i>{kind} <b>{n:,}</b></span>' for kind, n in (found, missed, extra)
    )
    return f'<div class="bars">{drawn}</div><p class="legend">{legend}</p>'


def _bar(name: str, total: int, parts: tuple[tuple[str, int], ...], scale: float) -> str:
    pieces = "".join(
        f'<i class="{kind}" style="width:{n * scale:.2f}%" title="{kind} {n:,}"></i>' for kind, n in parts if n
    )
    return f'<span class="name">{name}</span><span class="bar">{pieces}</span><b>{total:,}</b>'


def _figures(data: ReportData) -> str:
    kind, own = words.main_metrics(data.metrics)
    _, plain = words.main_metrics(data.baseline)
    columns = [("model", own), ("plain threshold", plain)] if plain else [("model", own)]
    head = "".join(f"<th class=n>{name}</th>" for name, _ in columns)
    rows = "".join(
        f"<tr><td>{name} <small>{hint}</small></td>{''.join(_figure(of, key) for _, of in columns)}</tr>"
        for key, name, hint in _FIGURES
    )
    head = f"<th>of {'masks' if kind == 'mask' else 'boxes'}</th>{head}"
    return (
        f'<table class="figures"><thead><tr>{head}</tr></thead>'
        f'<tbody>{rows}</tbody></table><p class="small">{escape(_conditions(data))}</p>'
    )


def _conditions(data: ReportData) -> str:
    """At which confidence and overlap the figures hold."""
    conf = number(words.main_metrics(data.metrics)[1].get("conf"), 2)
    source = f" ({data.conf_source})" if data.conf_source else ""
    found = f"An object counts as found from IoU {data.counts.iou:g} on."
    return f"P, R and F1 at confidence {conf}{source}. {found} {certainty.over_groups(data.metrics)}".rstrip()


def _figure(figures: Mapping[str, Any], key: str) -> str:
    """A cell with the figure, its interval, and a thin bar of its size."""
    value, within = figures.get(key), certainty.within(figures, key)
    share = float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
    width = 100 * min(max(share, 0.0), 1.0)
    ends = f"<br><small>({within})</small>" if within else ""
    return f'<td class=n>{number(value)}{ends}<span class="meter"><i style="width:{width:.1f}%"></i></span></td>'
