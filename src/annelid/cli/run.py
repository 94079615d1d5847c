"""Run a command and turn what goes wrong into a sentence and an exit code."""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from annelid.atomic import explained
from annelid.cli import app
from annelid.errors import AnnelidError

BUG = 3
INTERRUPTED = 130


def run(arguments: Sequence[str]) -> int:
    """Run the command line.

    Returns:
        0 done, 1 user error, 2 usage, 130 interrupted, 3 a bug (its log is named).
    """
    try:
        code = app(list(arguments), standalone_mode=False, prog_name="annelid")
    except AnnelidError as error:
        _complain(error.message, error.next_step, arguments)
        return error.exit_code
    except typer.Exit as error:
        return error.exit_code
    except typer.TyperException as error:
        if not arguments:
            print(error.format_message(), file=sys.stderr)  # noqa: T201 - the help
        else:
            _complain(error.format_message(), "annelid --help, annelid VERB --help", arguments)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        _complain("interrupted", "", arguments)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is said, and its log kept
        outer = explained(error) if isinstance(error, OSError) else None
        if outer is not None:
            _complain(outer.message, outer.next_step, arguments)
            return outer.exit_code
        log = Path(tempfile.mkdtemp(prefix="annelid-bug-")) / "traceback.txt"
        log.write_text(traceback.format_exc(), encoding="utf-8")
        _complain(
            f"this is a bug in Annelid: {type(error).__name__}: {error}", f"please report it with {log}", arguments
        )
        return BUG
    if code == INTERRUPTED:  # this is what typer makes of Ctrl-C
        _complain("interrupted", "", arguments)
    return code if isinstance(code, int) else 0


def _complain(message: str, next_step: str, arguments: Sequence[str]) -> None:
    print(f"error: {message}" + (f"\n  next: {next_step}" if next_step else ""), file=sys.stderr)  # noqa: T201
    if "--json" in arguments:
        print(json.dumps({"error": {"message": message, "next_step": next_step}}))  # noqa: T201
