"""The page as a whole: one file, no script, nothing fetched."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from string import Template

from annelid import atomic
from annelid.picture.pen import EXTRA, FOUND, MISSED
from annelid.report import sections
from annelid.report.answer import good_enough
from annelid.report.course import course
from annelid.report.data import ReportData
from annelid.report.diagnosis import diagnosis
from annelid.report.markup import escape
from annelid.report.words import quantity

_SECTIONS = (
    good_enough,
    diagnosis,
    sections.pictures,
    sections.findings,
    sections.classes,
    sections.training,
    sections.making,
    sections.next_steps,
    sections.methods,
    course,
)


def write_report(path: Path, data: ReportData) -> None:
    """Write the page, whole or not at all.

    Args:
        path: an ``.html`` file; its folder exists.
        data: what to tell.

    Raises:
        AnnelidError: the file cannot be written.
    """
    atomic.write_text(path, page(data))


def page(data: ReportData) -> str:
    """The page as HTML: works offline, prints, light and dark."""
    return framed(data.title, _subtitle(data), "".join(make(data) for make in _SECTIONS), data.made)


def framed(title: str, subtitle: str, body: str, made: str) -> str:
    """The HTML of a page around its sections; all but the body is escaped."""
    here = resources.files("annelid.report")
    template = Template(here.joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        title=escape(title),
        subtitle=escape(subtitle),
        style=_pens() + here.joinpath("style.css").read_text("utf-8"),
        body=body,
        made=escape(made),
    )


def _pens() -> str:
    """The pens of the pictures as CSS variables, so that bars and outlines cannot differ."""
    return f":root{{--found:{FOUND.colour};--missed:{MISSED.colour};--extra:{EXTRA.colour}}}"


def _subtitle(data: ReportData) -> str:
    objects = quantity(int(data.metrics.get("objects", 0)), "object")
    measured = f"measured on {quantity(data.images, 'image')} with {objects} of the {data.part} part"
    return f"{data.model.name} · {data.model.engine} · {measured} · groups {data.dataset.group_source}"
