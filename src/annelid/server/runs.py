"""Runs: curves as they grow, and what came of them: figures, diagnosis, pictures, report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid import jobs, queue, run_record, train
from annelid.diagnose import diagnose
from annelid.errors import AnnelidError, ProjectError, UsageError
from annelid.jobs import Event, Job
from annelid.models import Card
from annelid.project import Project
from annelid.report import words
from annelid.report.data import DatasetFacts, ModelFacts, ReportData
from annelid.server.desk import desk_of
from annelid.server.files import contained, unless_known
from annelid.server.models import card_of
from annelid.server.reply import reply

PICTURES = {".png": "image/png", ".jpg": "image/jpeg"}
SHOWN = {
    **PICTURES,
    ".html": "text/html; charset=utf-8",
    ".csv": "text/plain; charset=utf-8",
    ".yaml": "text/plain; charset=utf-8",
    ".log": "text/plain; charset=utf-8",
}
"""Files of a run that are sent; weights are fetched with ``annelid models export``."""
_PAGE_POLICY = "default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; sandbox"
"""A report is a page of its own that may look as it likes, and do nothing."""
_FIGURES = ("mAP50-95", "mAP50", "P", "R", "F1")


def folder_of_run(root: Path, name: str) -> Path:
    """The folder of a run.

    Raises:
        ProjectError: there is none of that name.
    """
    job = contained(root / "runs", f"{name}/job.json")
    if job is None or job.parent.name != name:
        raise ProjectError(f"there is no run {name[:100]!r}", next_step="annelid jobs lists what there is")
    return job.parent


def run_and_card(project: Project, name: str) -> tuple[Path, Card | None]:
    """The folder of a run and the latest model that came of it."""
    folder = folder_of_run(project.root, name)
    return folder, next((card for card in reversed(project.models()) if card.run == folder.name), None)


def listed(request: Request) -> Response:
    """``GET api/runs``: every run, the newest first."""
    project = desk_of(request).project
    cards = {card.run: card for card in project.models()}
    found = [_line(project.root / "runs" / run.name, run, cards.get(run.name)) for run in train.runs(project.root)]
    return reply(sorted(found, key=lambda line: -line["started"]))


def _line(folder: Path, run: train.Run, card: Card | None) -> dict[str, Any]:
    return {
        **vars(run),
        "started": (folder / "split.json").stat().st_mtime if (folder / "split.json").exists() else 0.0,
        "model": card.reference if card else "",
        "metrics": _best(card),
    }


def _best(card: Card | None) -> dict[str, Any]:
    """The figures of a model: of the test part where it was measured there; ``part`` says."""
    metrics = dict(card.metrics) if card else {}
    part = next((part for part in ("test", "val") if metrics.get(part)), "")
    figures = metrics.get(part) or {}
    nested = figures.get("mask") or figures.get("box") or {}
    return {"part": part, **{name: nested[name] for name in _FIGURES if nested.get(name) is not None}}


def one(request: Request) -> Response:
    """``GET api/runs/NAME``: all that is to know of a run."""
    project = desk_of(request).project
    folder, card = run_and_card(project, request.path_params["name"])
    run = next(run for run in train.runs(project.root) if run.name == folder.name)
    events, position = jobs.events_since(folder, 0)
    return reply(
        {
            **_line(folder, run, card),
            **_asked(Job.read(folder)),
            **_course(events),
            "position": position,
            "job": _job(project.root, run.name),
            "curves": run_record.curves_of(folder),
            "error": _error(folder),
            "card": card_of(card, project.library) if card else None,
            "parts": {name: part.to_dict() for name, part in run_record.read_outcomes(folder).items()},
            "measured": _measured(folder),
            "verdict": _verdict(folder, card),
            "diagnosis": _diagnosis(folder, card, run.state),
            "pictures": _pictures(folder),
            "report": (folder / "report.html").exists(),
        }
    )


def _job(root: Path, run: str) -> dict[str, Any] | None:
    """The entry of the queue that works on a run now, or will."""
    found = [
        e for e in queue.listed(root) if run in (e.run, e.arguments.get("run")) and e.state in ("queued", "running")
    ]
    return found[0].to_dict() if found else None


def _asked(job: Job) -> dict[str, Any]:
    """What the run was started with."""
    config = job.arguments["config"]
    return {
        "engine": job.arguments["engine"],
        "task": config["task"],
        "start": job.arguments["parent"] or Path(config["model"]).name,
        "params": config["params"],
        "notes": job.arguments["notes"],
        "outside": job.arguments["outside"],
    }


def _course(events: list[Event]) -> dict[str, Any]:
    """What was said, and the last that is known of time and memory."""
    epochs = [event for event in events if event.name == "epoch"]
    moving = [event for event in events if event.name in ("batch", "progress", "epoch")]
    return {
        "said": [e.data["text"] for e in events if e.name == "header" and str(e.data["text"]).startswith("recipe")],
        "remarks": list(dict.fromkeys(str(e.data["text"]) for e in events if e.name == "note")),
        "last": dict(epochs[-1].data) if epochs else None,
        "now": dict(moving[-1].data) if moving else None,
        "at": moving[-1].time if moving else None,
    }


def _error(folder: Path) -> Mapping[str, Any] | None:
    path = folder / "result.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content.get("error")


def _measured(folder: Path) -> dict[str, Any]:
    """Part -> figures with intervals; without those of every single image."""
    found = run_record.read_figures(folder)
    for part in found.values():
        part.get("bio", {}).pop("images", None)
    return found


def _verdict(folder: Path, card: Card | None) -> dict[str, Any] | None:
    """Is it good enough, in words; None before it was measured."""
    figures = run_record.read_figures(folder)
    part = next((part for part in ("test", "val") if part in figures), None)
    if part is None or card is None:
        return None
    metrics = figures[part]
    facts = DatasetFacts(sum(card.images.values()), card.objects, {}, metrics["groups"])
    data = ReportData(card.reference, facts, ModelFacts(card.reference, card.engine), part, metrics)
    answer, advice = words.verdict(data)
    sentences = [words.found_sentence(data), words.count_sentence(data.counts)]
    counts = {"truth": data.counts.truth, "found": data.counts.found, "extra": data.counts.extra}
    said = {"sentences": sentences, "cautions": words.cautions(data), "f1": data.counts.f1}
    return {"answer": answer, "advice": advice, "part": part, "counts": counts, **said}


def _diagnosis(folder: Path, card: Card | None, state: str) -> list[dict[str, Any]]:
    """The findings, without making predictions for them; none while it runs."""
    if state == "running":
        return []
    try:
        return [found.to_dict() for found in diagnose(run_record.read_record(folder, card))]
    except (AnnelidError, OSError, ValueError):  # a run that broke before its data were written
        return []


def events(request: Request) -> Response:
    """``GET api/runs/NAME/events?from=BYTE``: what happened since; ``next`` is the byte to go on from."""
    folder = folder_of_run(desk_of(request).project.root, request.path_params["name"])
    start = request.query_params.get("from", "0")
    if not start.isascii() or not start.isdecimal():
        raise UsageError(f"from: expected a number of bytes, found {start[:50]!r}")
    found, position = jobs.events_since(folder, int(start))
    told = [vars(event) for event in found if event.name != "log"]
    return reply({"events": told, "next": position, "pictures": _pictures(folder)})


def _pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix in PICTURES)


def stop(request: Request) -> Response:
    """``POST api/runs/NAME/stop``: end cleanly, whoever started it; it can be resumed."""
    folder = folder_of_run(desk_of(request).project.root, request.path_params["name"])
    if (folder / "result.json").exists():
        raise UsageError(f"run {folder.name} is over", next_step="load the page again")
    jobs.stop(folder)
    return reply({"stopping": True})


def file(request: Request) -> Response:
    """``GET api/runs/NAME/files/PATH``: a picture, the report, a table."""
    folder = folder_of_run(desk_of(request).project.root, request.path_params["name"])
    path = request.path_params["path"]
    found = contained(folder, path)
    if found is None or found.suffix not in SHOWN:
        raise ProjectError(f"run {folder.name} has no file {path[:100]!r} to show", next_step="load the page again")
    response = unless_known(request, found, SHOWN[found.suffix])
    if found.suffix == ".html":
        response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


ROUTES: tuple[BaseRoute, ...] = (
    Route("/runs", listed),
    Route("/runs/{name}", one),
    Route("/runs/{name}/events", events),
    Route("/runs/{name}/stop", stop, methods=["POST"]),
    Route("/runs/{name}/files/{path:path}", file),
)
