"""What the training shows: each finding with the curve or the picture that shows it, and what to type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from annelid.diagnose import Diagnosis
from annelid.report.charts import Chart, Line, charts, figure
from annelid.report.data import Diagnosed, ReportData
from annelid.report.markup import escape, section
from annelid.report.picture import picture

_MARK = {"error": "cannot be believed", "warning": "worth a change", "info": "to be borne in mind", "good": "good"}


def diagnosis(data: ReportData) -> str:
    """The findings, the gravest first."""
    cards = "".join(_card(each, data) for each in data.diagnosis)
    body = f'<ul class="diagnosis">{cards}</ul>' if cards else ""
    return section("diagnosis", "What the training shows", body)


def _card(each: Diagnosed, data: ReportData) -> str:
    finding = each.finding
    commands = escape("\n".join(finding.commands))
    shown = _chart(finding, data) + (picture(each.shown) if each.shown else "")
    return (
        f'<li class="{escape(finding.severity)}"><div><h3>{escape(finding.name.replace("-", " ").capitalize())} '
        f"<code>{escape(finding.code)}</code> <small>{_MARK.get(finding.severity, '')}</small></h3>"
        f"<p>{escape(finding.seen)}</p><p class=lead>Why it matters: {escape(finding.why)}.</p>"
        f"<p class=do>{escape(finding.todo)}</p>{f'<pre><code>{commands}</code></pre>' if commands else ''}</div>"
        f"<div>{shown}</div></li>"
    )


def _chart(finding: Diagnosis, data: ReportData) -> str:
    """The curves that a finding names, as far as they were recorded."""
    lines = [
        Line(_name(column), style, data.curves[column])
        for column, style in zip(finding.curves, "ab", strict=False)
        if column in data.curves
    ]
    if not lines:
        return ""
    known = _known(data.curves, finding.curves[0])
    chart = Chart(*known, lines) if known else Chart(finding.curves[0].split("/")[-1], "", "", lines)
    epochs = list(data.curves.get("epoch") or range(1, 1 + len(lines[0].values)))
    return figure(chart, epochs, data.model.best_epoch)


def _known(columns: Mapping[str, Sequence[float]], name: str) -> tuple[str, str, str] | None:
    """Title and the two sentences of the chart that shows a column among others."""
    values = columns.get(name)
    for chart in charts(columns):
        if any(line.values is values for line in chart.lines):
            return chart.title, chart.shows, chart.read
    return None


def _name(column: str) -> str:
    kind, _, rest = column.partition("/")
    return {"train": "Training", "val": "Validation"}.get(kind, rest.removesuffix("(M)").removesuffix("(B)"))
