"""The verb diagnose: what a training shows, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from annelid.cli import Json, app, place, show

if TYPE_CHECKING:
    from annelid.diagnose import Diagnosis

_NOTHING = (
    "nothing stands out, and there is too little to call it healthy",
    "    next: annelid evaluate MODEL, and look at report.html in the run's folder",
)


@app.command()
def diagnose(
    run: Annotated[str, typer.Argument(metavar="RUN", help="name of a run, or of a model that came of one")],
    as_json: Json = False,
) -> None:
    """Say what a training shows: learning rate, overfitting, kinds of error; why it matters and what to type."""
    from annelid.project import Project

    with Project(place()) as project:
        found = project.diagnose(run)
    value = {"run": run, "findings": [finding.to_dict() for finding in found]}
    show.answer(value, _lines(found) or _NOTHING, as_json=as_json)


def _lines(found: Sequence[Diagnosis]) -> list[str]:
    lines: list[str] = []
    for finding in found:
        lines += [
            f"{finding.code} {finding.severity}, {finding.name}: {finding.seen}",
            f"    why:  {finding.why}",
            f"    do:   {finding.todo}",
            *(f"    type: {command}" for command in finding.commands),
            *([f"    see:  {finding.image}"] if finding.image else []),
        ]
    return lines
