"""How certain the figures are, in words: their intervals, or why there are none, and which model is better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annelid.report.data import Evaluated


def within(figures: Mapping[str, Any], key: str) -> str:
    """``0.55 to 0.79``, the interval of a figure; "" where it has none."""
    ends = (figures.get("intervals") or {}).get(key)
    return f"{ends[0]:.2f} to {ends[1]:.2f}" if ends else ""


def over_groups(metrics: Evaluated) -> str:
    """What the intervals rest on, or why there are none; "" where nothing is known of them."""
    known = metrics.get("uncertainty")
    if not known:
        return ""
    if known["why_not"]:
        return f"{known['why_not'][0].upper()}{known['why_not'][1:]}."
    return (
        f"In brackets: {known['level']:.0%} interval over {known['groups']} groups ({known['group_source']}). Over all "
        "images of this kind the figure may well be anywhere in it."
    )


def count_off(metrics: Evaluated) -> str:
    """``95 % interval: 3.1% too few to 8.0% too many``; "" where there is none."""
    ends = ((metrics.get("bio") or {}).get("intervals") or {}).get("count_error")
    return f" (95 % interval: {_off(ends[0])} to {_off(ends[1])})" if ends else ""


def _off(share: float) -> str:
    return f"{abs(share):.1%} too {'many' if share > 0 else 'few'}"


def better(metrics: Evaluated) -> str:
    """Whether this model is better than the one that it was compared with; "" where it was with none."""
    comparison = metrics.get("comparison")
    return str(comparison["sentence"]) if comparison else ""


def cautions(metrics: Evaluated) -> list[str]:
    """What to bear in mind about intervals and comparison."""
    known, comparison = metrics.get("uncertainty") or {}, metrics.get("comparison") or {}
    return [*map(str, known.get("notes") or ()), *map(str, comparison.get("notes") or ())]
