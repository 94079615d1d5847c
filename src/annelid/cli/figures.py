"""What the terminal shows of an evaluation: figures with their intervals, and how two models compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from annelid.cli import show

COLUMNS = ("mAP50-95", "mAP50", "mAP75", "P", "R", "F1")


def lines(value: Mapping[str, Any]) -> list[Any]:
    """The figures that `Measured.to_dict` or `evaluate_files` gave, as lines and tables."""
    said: list[Any] = []
    if "part" in value:
        said.append(f"{value['model']} on the {value['part']} part; groups are {value['groups']}")
    said.append(f"{value['images']} images, {value['objects']} objects")
    for kind, figures in value["metrics"].items():
        if figures:
            head = f"{kind} (P, R, F1 at confidence {_number(figures['conf']):.3f})"
            said += [head, show.table(("class", "objects", *COLUMNS), _rows(figures, value["objects"]))]
    said += [*_counts(value), _intervals(value["uncertainty"]), *_comparison(value.get("comparison"))]
    return [*said, *(f"note: {note}" for note in [*value["uncertainty"]["notes"], *value["notes"]])]


def _rows(figures: Mapping[str, Any], objects: int) -> Iterable[tuple[Any, ...]]:
    """A line of figures, and below it a line of intervals where there are some."""
    for row in ({"name": "all", "objects": objects, **figures}, *figures["classes"]):
        yield row["name"], str(row["objects"]), *(_shown(row[c]) for c in COLUMNS)
        if row["intervals"]:
            yield "", "", *(_within(row["intervals"].get(c)) for c in COLUMNS)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _within(ends: list[float] | None) -> str:
    return f"{ends[0]:.2f} to {ends[1]:.2f}" if ends else ""


def _counts(value: Mapping[str, Any]) -> list[str]:
    """By how much the number of objects is off, of all and of each of several classes."""
    bio = value["bio"]
    classes = bio["classes"] if len(bio["classes"]) > 1 else []
    rows = [row for row in ({"name": "all objects", **bio}, *classes) if row["count_error"] is not None]
    said = (f"{row['name']} {row['count_error']:+.1%}{_off(row['intervals'].get('count_error'))}" for row in rows)
    return [f"counts are off by: {', '.join(said)}"] if rows else []


def _off(ends: list[float] | None) -> str:
    return f" ({ends[0]:+.1%} to {ends[1]:+.1%})" if ends else ""


def _intervals(known: Mapping[str, Any]) -> str:
    if known["why_not"]:
        return str(known["why_not"])
    share, groups = f"{known['level']:.0%}", f"{known['groups']} groups ({known['group_source']})"
    return f"below each figure: its {share} interval over {groups}, from {known['resamples']} resamples"


def _comparison(value: Mapping[str, Any] | None) -> list[Any]:
    if not value:
        return []
    kind = value["decided_by"].split()[0]
    rows = [
        (
            f"{d['of']} {d['figure']}",
            _shown(d["a"]),
            _shown(d["b"]),
            "-" if d["difference"] is None else f"{d['difference']:+.3f}",
            f"{d['interval'][0]:+.3f} to {d['interval'][1]:+.3f}" if d["interval"] else "-",
            "< 0.001" if d["p"] is not None and d["p"] < 0.001 else _shown(d["p"]),
            d["verdict"],
        )
        for d in value["differences"]
        if not d["class"] and d["of"] == kind
    ]
    head = ("", "this", value["with"], "difference", "95 % interval", "p", "")
    return [value["sentence"], show.table(head, rows), *(f"note: {note}" for note in value["notes"])]
