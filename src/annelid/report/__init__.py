"""One self-contained HTML page about a model: is it good enough, where does it err, how was it made."""

from annelid.report.charts import read_curves
from annelid.report.data import Counts, DatasetFacts, Diagnosed, Finding, ModelFacts, PartFacts, ReportData, Shown, Step
from annelid.report.page import page, write_report

__all__ = [
    "Counts",
    "DatasetFacts",
    "Diagnosed",
    "Finding",
    "ModelFacts",
    "PartFacts",
    "ReportData",
    "Shown",
    "Step",
    "page",
    "read_curves",
    "write_report",
]
