"""The sections below the answer, each from the facts to HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from annelid.report import certainty, words
from annelid.report.charts import charts, figure
from annelid.report.data import DatasetFacts, ModelFacts, ReportData
from annelid.report.markup import escape, facts, section, table
from annelid.report.picture import picture
from annelid.report.words import duration, number, quantity

MOST_CLASSES = 20  # of the confusion matrix; a larger one cannot be read

_FIGURES = (
    ("P", "P"),
    ("R", "R"),
    ("F1", "F1"),
    ("mAP50", "mAP 50"),
    ("mAP75", "mAP 75"),
    ("mAP50-95", "mAP 50–95"),
)
_LICENCE = (
    "Annelid is free software under the GNU AGPL, version 3 or later. The engine yolo uses Ultralytics, "
    "which is under the AGPL-3.0 too, and so are models trained with it, unless you hold another licence "
    "from Ultralytics. Your pictures and annotations remain yours."
)


def pictures(data: ReportData) -> str:
    """The images with their errors."""
    shown = "".join(picture(shown) for shown in data.pictures)
    how = "Solid blue: found. Dashed yellow: missed. Dotted orange: drawn, but not there."
    body = f'<p class="lead">{how}</p><div class="gallery">{shown}</div>' if shown else ""
    return section("pictures", "Where it is right and where it errs", body)


def findings(data: ReportData) -> str:
    """What was noticed: what, why, what to do."""
    cards = "".join(
        f"<li><b>{escape(f.what)}</b> <code>{escape(f.code)}</code><br>{escape(f.why)}<br>"
        f"<span class=do>{escape(f.fix)}</span></li>"
        for f in data.findings
    )
    return section("findings", "What was noticed", f'<ul class="findings">{cards}</ul>' if cards else "")


def classes(data: ReportData) -> str:
    """Figures by class, of masks and of boxes, and what is taken for what."""
    kinds = data.metrics.get("metrics") or {}
    kind, own = words.main_metrics(data.metrics)
    rows = [_class_row(row.get("name", ""), row) for row in own.get("classes") or ()]
    rows += [_class_row(f"mean, {name}", kinds[name]) for name in ("mask", "box") if kinds.get(name)]
    head = ("Class", "Objects measured", *(name for _, name in _FIGURES))
    body = table(head, rows) if kind else ""
    return section("classes", "By class", body + _confusion(data.metrics.get("confusion") or {}))


def _class_row(name: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    objects = figures.get("objects")
    count = f"{objects:,}" if isinstance(objects, int) else "–"
    cells = ((number(figures.get(key)), certainty.within(figures, key)) for key, _ in _FIGURES)
    return (name, count, *(f"{value} ({within})" if within else value for value, within in cells))


def _confusion(confusion: Mapping[str, Any]) -> str:
    """The matrix; a cell is the darker the larger its share of what is true, or of what was made up."""
    names, counts = confusion.get("names") or [], np.asarray(confusion.get("matrix") or [[]])
    if not 2 <= len(counts) <= MOST_CLASSES + 1 or len(names) != len(counts):
        return ""
    shares = counts / np.maximum(counts.sum(0, keepdims=True), 1)
    shares[:, -1] = counts[:, -1] / np.maximum(counts.sum(1), 1)
    head = "".join(f"<th class=n>{escape(name)}</th>" for name in names)
    rows = "".join(
        f"<tr><th>{escape(name)}</th>"
        + "".join(f'<td class=n style="--share:{s:.3f}">{n:,}</td>' for n, s in zip(row, share, strict=True))
        + "</tr>"
        for name, row, share in zip(names, counts.tolist(), shares.tolist(), strict=True)
    )
    how = (
        "What is taken for what. Columns: what an object is; rows: what it was predicted to be. The last row "
        "counts missed objects, the last column what is not there "
        f"(confidence ≥ {number(confusion.get('conf'), 2)}, IoU ≥ {number(confusion.get('iou'), 2)})."
    )
    return (
        f'<h3>Confusion matrix</h3><p class="lead">{how}</p><div class="scroll"><table class="confusion">'
        f"<thead><tr><th>predicted ↓ true →</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def training(data: ReportData) -> str:
    """The curves, each with two lines on how to read it."""
    longest = max((len(column) for column in data.curves.values()), default=0)
    epochs = list(data.curves.get("epoch") or range(1, 1 + longest))
    drawn = "".join(figure(chart, epochs, data.model.best_epoch) for chart in charts(data.curves))
    how = (
        "Losses are what training makes small. Both lines should fall; where validation rises while training "
        "still falls, the model learns its images by heart: stop earlier, or add images."
    )
    body = f'<p class="lead">{how}</p><div class="charts">{drawn}</div>' if drawn else ""
    return section("training", "How the training went", body)


def making(data: ReportData) -> str:
    """Steps, data set, model and its parameters."""
    rows = [(step.what, duration(step.seconds), step.note) for step in data.steps]
    steps = f"<h3>Steps</h3>{table(('Step', 'Took', 'Result'), rows, numbers_from=3)}" if rows else ""
    body = f'<div class="pair"><div>{_dataset(data.dataset)}</div><div>{_model(data.model)}</div></div>{steps}'
    return section("making", "How it was made", body)


def _dataset(d: DatasetFacts) -> str:
    groups = f"{d.group_source}{f', by {d.groups_by}' if d.groups_by else ''}"
    named = [("Images", f"{d.images:,}"), ("Groups", groups)]
    named += [(f"Class {name}", quantity(n, "object")) for name, n in d.objects.items()]
    rows = [
        (name, f"{p.images:,}", f"{p.objects:,}", f"{p.groups:,}" if p.groups else "–") for name, p in d.parts.items()
    ]
    parts = table(("Part", "Images", "Objects", "Groups"), rows) if rows else ""
    return f"<h3>Data set</h3>{facts(named)}{parts}"


def _model(m: ModelFacts) -> str:
    named = (
        ("Model", m.name),
        ("Engine", m.engine),
        ("Epochs", f"{m.epochs_run}, the best was {m.best_epoch}" if m.epochs_run else ""),
        ("Training took", duration(m.seconds) if m.seconds else ""),
        ("Machine", m.machine),
    )
    rows = sorted((key, str(value)) for key, value in m.params.items())
    folded = (
        f"<details><summary>All {quantity(len(rows), 'parameter')}</summary>"
        f"{table(('Parameter', 'Value'), rows, numbers_from=2)}</details>"
    )
    remarks = "".join(f"<li>{escape(said)}</li>" for said in m.remarks)
    listed = f"<ul>{remarks}</ul>" if remarks else ""
    return f"<h3>Model</h3>{facts(named)}{listed}{folded if rows else ''}"


def next_steps(data: ReportData) -> str:
    """Commands to type, and where the files are."""
    lines = escape("\n".join(data.commands))
    commands = f"<pre><code>{lines}</code></pre>" if data.commands else ""
    files = facts(data.files.items()) if data.files else ""
    return section("next", "What to do next", commands) + section("files", "Files", files)


def methods(data: ReportData) -> str:
    """The paragraph for a paper, and the licences."""
    text = f"<blockquote>{escape(data.methods or words.methods(data))}</blockquote>"
    return section("methods", "For the methods section", text) + section("licence", "Licence", f"<p>{_LICENCE}</p>")
