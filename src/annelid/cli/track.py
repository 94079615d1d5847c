"""The verb track: tell trackers about a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annelid.cli import Json, app, place, show

if TYPE_CHECKING:
    from annelid.tracking.sent import Sent


@app.command()
def track(
    run: Annotated[str, typer.Argument(metavar="RUN", help="name of a run, or of a model that came of one")],
    to: Annotated[str | None, typer.Option(help="tensorboard,mlflow,wandb,comet,clearml")] = None,
    as_json: Json = False,
) -> int:
    """Tell trackers about a run: one that was made without them, or what was measured since."""
    from annelid.project import Project

    with Project(place()) as project:
        tracked = project.track(run, *(names_in(to) or ()))
    show.answer({name: sent.to_dict() for name, sent in tracked.items()}, tracked_lines(tracked, run), as_json=as_json)
    return 1 if any(sent.problem for sent in tracked.values()) else 0


def names_in(typed: Any) -> Sequence[str] | None:
    """Trackers as typed (``tensorboard,mlflow``) or as a file lists them; None where nothing was said."""
    if typed is None:
        return None
    names = typed if isinstance(typed, list) else str(typed).split(",")
    return [name for name in (str(each).strip() for each in names) if name and name != "none"]


def tracked_lines(tracked: Mapping[str, Sent], run: str) -> list[str]:
    """A line for each tracker: where to look, or what went wrong."""
    return [
        f"track  {name}: {sent.problem}\n       annelid track {run} --to {name} tells it the rest"
        if sent.problem
        else f"track  {name}: {sent.place or 'follows the run'}"
        for name, sent in tracked.items()
    ]
