"""The command line: a verb a command, each of them `Project.<verb>` and nothing more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="annelid",
    help="From a lab's own microscope images to its own trained model, with a person in the loop.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class _Place:
    """Which project the command is about."""

    folder = Path()


@app.callback()
def options(
    folder: Annotated[Path, typer.Option("-C", metavar="DIR", help="the project's folder")] = Path(),
) -> None:
    """From a lab's own microscope images to its own trained model, with a person in the loop."""
    _Place.folder = folder


def place() -> Path:
    """The folder of ``-C``."""
    return _Place.folder


Json = Annotated[bool, typer.Option("--json", help="print one JSON object")]

from annelid.cli import data, diagnose, learn, other, render, serve, track  # noqa: E402, F401 - they register their commands on app
