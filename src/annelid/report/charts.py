"""The curves of a training as small charts, each with what it shows and how to read it."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annelid.errors import InputError
from annelid.report.markup import escape

Columns = Mapping[str, Sequence[float]]

_W, _H, _LEFT, _RIGHT, _TOP, _BOTTOM = 340, 172, 40, 10, 10, 24

LOSSES = {
    "box_loss": (
        "Box loss",
        "How far the boxes lie from the true ones.",
        "Falling means: objects are placed better.",
    ),
    "seg_loss": (
        "Outline loss",
        "How far the masks differ from the true outlines.",
        "Falling means: outlines fit better.",
    ),
    "cls_loss": (
        "Class loss",
        "How often a class is mistaken, background included.",
        "Falling means: classes are told apart.",
    ),
    "dfl_loss": (
        "Edge loss",
        "How unsure the model is where each box edge lies.",
        "Falling means: edges become sharper.",
    ),
    "l1_loss": (
        "Edge loss",
        "How far the edges of the boxes are off, in grid cells.",
        "Falling means: edges are nearer.",
    ),
    "sem_loss": (
        "Area loss",
        "How well objects are told from background, pixel by pixel.",
        "Falling means: areas fit better.",
    ),
}


@dataclass(frozen=True)
class Line:
    """A line of a chart: its name, its style (``a`` or ``b``), a value per epoch (NaN is a gap)."""

    name: str
    style: str
    values: Sequence[float]


@dataclass(frozen=True)
class Chart:
    """A chart with two sentences: what it shows, how to read it."""

    title: str
    shows: str
    read: str
    lines: Sequence[Line]
    top: float | None = None  # of the y axis; None fits the values


def read_curves(path: Path) -> dict[str, list[float]]:
    """Read ``results.csv``: column name -> a value per epoch, NaN where a cell is empty or not a number.

    Raises:
        InputError: the file cannot be read or has no column ``epoch``.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(path, expected="a results.csv", found=str(error)) from error
    names = [name.strip() for name in rows[0]] if rows else []
    if "epoch" not in names:
        raise InputError(path, place="line 1", expected="a column 'epoch'", found=", ".join(names[:5]) or "nothing")
    return {name: [_value(row[i]) if i < len(row) else math.nan for row in rows[1:]] for i, name in enumerate(names)}


def _value(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def charts(columns: Columns) -> list[Chart]:
    """The charts that the columns allow: precision and recall, mAP, then a chart for each loss."""
    found = [_precision_recall(columns), _average_precision(columns)]
    found += [_loss(columns, loss) for loss in used_losses(columns)]
    return [chart for chart in found if chart.lines]


def used_losses(columns: Columns) -> list[str]:
    """The losses of the columns, without those that stay 0, as the model does not have them."""
    curves = {name: v for name, v in columns.items() if name.startswith(("train/", "val/")) and "loss" in name}
    return list(dict.fromkeys(name.split("/", 1)[1] for name, values in curves.items() if any(values)))


def _precision_recall(columns: Columns) -> Chart:
    return Chart(
        "Precision and recall",
        "Precision: share of what it drew that is right. Recall: share of the true objects that it found.",
        "Both should rise and stay up. High precision with low recall is too cautious: lower the confidence.",
        _metric_lines(columns, ("Precision", "precision"), ("Recall", "recall")),
        top=1.0,
    )


def _average_precision(columns: Columns) -> Chart:
    return Chart(
        "Average precision",
        "Both errors in one figure over all confidences; 50–95 also asks for a close fit of the outline.",
        "Flat at the end: more epochs will not help, more images may. Still rising: train longer.",
        _metric_lines(columns, ("mAP 50", "mAP50"), ("mAP 50–95", "mAP50-95")),
        top=1.0,
    )


def _metric_lines(columns: Columns, *wanted: tuple[str, str]) -> list[Line]:
    """Of masks where the training measured them, else of boxes."""
    kind = next((k for k in ("M", "B") if any(name == f"metrics/{wanted[0][1]}({k})" for name in columns)), "")
    keys = [(name, f"metrics/{column}({kind})") for name, column in wanted]
    return [Line(name, style, columns[key]) for (name, key), style in zip(keys, "ab", strict=True) if key in columns]


def _loss(columns: Columns, loss: str) -> Chart:
    title, shows, read = LOSSES.get(
        loss, (loss.replace("_", " ").capitalize(), "A part of what training makes small.", "")
    )
    named = (("Training", "a", f"train/{loss}"), ("Validation", "b", f"val/{loss}"))
    lines = [Line(name, style, columns[key]) for name, style, key in named if key in columns]
    return Chart(title, shows, read, lines)


def figure(chart: Chart, epochs: Sequence[float], best_epoch: int) -> str:
    """A chart as an HTML figure with an inline SVG.

    Args:
        chart: what to draw.
        epochs: x of every value.
        best_epoch: marked by a vertical line, where it is among the epochs.
    """
    legend = "".join(f'<span class="key {line.style}">{escape(line.name)}</span>' for line in chart.lines)
    return (
        f'<figure class="chart"><figcaption><b>{escape(chart.title)}</b>{legend}</figcaption>'
        f"{_svg(chart, epochs, best_epoch)}<p>{escape(chart.shows)}<br>{escape(chart.read)}</p></figure>"
    )


def _svg(chart: Chart, epochs: Sequence[float], best_epoch: int) -> str:
    values = np.array([line.values for line in chart.lines], np.float64)
    finite = values[np.isfinite(values)]
    top = chart.top or _round_up(float(finite.max()) if finite.size else 1.0)
    x_low, x_high = (min(epochs), max(epochs)) if len(epochs) else (0, 1)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - x_low) / (x_high - x_low) if x_high > x_low else 0.5
        return _LEFT + across * (_W - _LEFT - _RIGHT), _TOP + (1 - min(y / top, 1.0)) * (_H - _TOP - _BOTTOM)

    body = [_grid(top, place(x_low, 0)[1], x_low, x_high)]
    if x_low <= best_epoch <= x_high and best_epoch:
        x = place(best_epoch, 0)[0]
        anchor = "end" if x > _W / 2 else "start"
        body.append(f'<line class="best" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_H - _BOTTOM}"/>')
        body.append(
            f'<text class="note" x="{x + (4 if anchor == "start" else -4):.1f}" y="{_H - _BOTTOM - 5}" '
            f'text-anchor="{anchor}">kept: {best_epoch}</text>'
        )
    for line, row in zip(chart.lines, values, strict=True):
        points = [place(x, y) if math.isfinite(y) else None for x, y in zip(epochs, row, strict=False)]
        body += [_polyline(run, line.style) for run in _runs(points)]
    label = f"{chart.title}: " + "; ".join(f"{line.name} ends at {_last(line.values)}" for line in chart.lines)
    return f'<svg viewBox="0 0 {_W} {_H}" role="img" aria-label="{escape(label)}">{"".join(body)}</svg>'


def _grid(top: float, floor: float, first: float, last: float) -> str:
    marks = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = floor + share * (_TOP - floor)
        marks.append(f'<line class="grid" x1="{_LEFT}" x2="{_W - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        if share in (0, 0.5, 1):
            marks.append(f'<text x="{_LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{share * top:.3g}</text>')
    marks.append(f'<text x="{_LEFT}" y="{_H - 8}">{first:g}</text>')
    marks.append(f'<text x="{(_LEFT + _W - _RIGHT) / 2}" y="{_H - 8}" text-anchor="middle">epoch</text>')
    marks.append(f'<text x="{_W - _RIGHT}" y="{_H - 8}" text-anchor="end">{last:g}</text>')
    return "".join(marks)


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """The stretches without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _polyline(points: Sequence[tuple[float, float]], style: str) -> str:
    if len(points) == 1:
        return f'<circle class="dot {style}" cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="2.5"/>'
    return f'<polyline class="{style}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def _round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((m * power for m in (1, 1.5, 2, 3, 4, 5, 6, 8) if m * power >= value), 10 * power)


def _last(values: Sequence[float]) -> str:
    return f"{values[-1]:.3g}" if len(values) else "nothing"
