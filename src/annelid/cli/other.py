"""The other verbs: demo, doctor, jobs, backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from annelid.cli import Json, app, place, show


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="new folder for the demo's project")] = Path("annelid-demo"),
    images: Annotated[Path | None, typer.Option(help="your own images instead of synthetic ones")] = None,
    labels: Annotated[Path | None, typer.Option(help="their annotation, in any format")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="epochs to train")] = None,
    imgsz: Annotated[int | None, typer.Option(min=32, help="side that images are scaled to")] = None,
    seed: Annotated[int, typer.Option(help="seed of the synthetic set and of the training")] = 0,
    as_json: Json = False,
) -> None:
    """Run the whole loop: import, check, split, train, evaluate, predict, report."""
    from annelid.demo import run

    done = run(
        out,
        images=images,
        labels=labels,
        epochs=epochs,
        imgsz=imgsz,
        seed=seed,
        say=show.stderr.print,
    )
    lines = [*done.next_commands, "", f"report: {done.report}"]
    show.answer(done.to_dict(), lines, as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Show what is installed, what is missing, and why it matters."""
    from annelid.doctor import examine

    state = examine(place())
    lines = [f"{key:15} {value}" for key, value in state.items() if not isinstance(value, dict | list)]
    lines += [f"{name:15} {version or 'not installed'}" for name, version in state["packages"].items()]
    lines += [f"engine {name:8} {health}" for name, health in state["engines"].items()]
    lines += [f"tracker {name:12} {health}" for name, health in state["trackers"].items()]
    lines += [f"problem: {problem}" for problem in state["problems"]]
    show.answer(state, lines, as_json=as_json)


@app.command()
def jobs(
    stop: Annotated[
        str | None, typer.Option(metavar="ID", help="end a job cleanly, or take it out of the queue")
    ] = None,
    as_json: Json = False,
) -> None:
    """List runs and the queue: what is running, waiting, finished, interrupted."""
    from annelid import queue
    from annelid.folder import require_project
    from annelid.train import runs

    root = require_project(place())
    if stop is not None:
        entry = queue.stop(root, stop)
        done = "taken out of the queue" if entry.state == "removed" else "asked to end"
        show.answer({"job": entry.to_dict()}, [f"job {entry.id} ({entry.verb}) was {done}"], as_json=as_json)
        return
    found, entries = runs(root), queue.listed(root)
    rows = [(r.name, r.state, f"{r.epoch}/{r.epochs}" if r.epochs else "-") for r in found]
    lines: list[Any] = [show.table(("run", "state", "epoch"), rows)]
    if entries:
        queued = [
            (e.id, e.verb, e.run or str(e.arguments.get("model", "")), e.state, e.error.get("message", ""))
            for e in entries
        ]
        lines += ["", show.table(("job", "verb", "of", "state", "problem"), queued)]
    value = {"jobs": [vars(r) for r in found], "queue": [entry.to_dict() for entry in entries]}
    show.answer(value, lines, as_json=as_json)


@app.command()
def backup(out: Annotated[Path, typer.Argument(metavar="FILE")], as_json: Json = False) -> None:
    """Write a consistent copy of the project's database."""
    from annelid.project import Project

    with Project(place()) as project:
        project.backup(out)
        show.answer({"backup": str(out)}, [f"wrote {out}"], as_json=as_json)
