"""The verbs about models: train, evaluate, predict, propose, models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from annelid.cli import Json, app, place, show


class Part(StrEnum):
    """A part of the split."""

    train = "train"
    val = "val"
    test = "test"


_ANY = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=_ANY)
def train(
    context: typer.Context,
    model: Annotated[str | None, typer.Option(help="yolo11n-seg.yaml, X.pt, NAME@v2, or a run")] = None,
    engine: Annotated[str | None, typer.Option(help="yolo (the default) or threshold")] = None,
    name: Annotated[str | None, typer.Option(help="name of the run and of the model")] = None,
    data: Annotated[Path | None, typer.Option(help="data.yaml of an existing YOLO data set")] = None,
    cfg: Annotated[Path | None, typer.Option(help="YAML file of parameters")] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="go on with an interrupted run")] = None,
    notes: Annotated[str | None, typer.Option(help="free text for the model's card")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="load weights that may carry code")] = False,
    track: Annotated[str | None, typer.Option(help="tensorboard,mlflow,wandb,comet,clearml, or none")] = None,
    mix: Annotated[
        list[Path] | None, typer.Option(help="another annotated set; its images join the train part (repeatable)")
    ] = None,
    map_: Annotated[
        str, typer.Option("--map", metavar="THEIRS=OURS,...", help="classes of --mix; nucleus=cell,rbc= leaves rbc out")
    ] = "",
    allow_leakage: Annotated[
        bool, typer.Option("--allow-leakage", help="train although parts of the split share images")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train. Engine parameters follow as --epochs 50 or epochs=50 (imgsz, batch, lr0, degrees ...)."""
    from annelid.cli.parameters import typed
    from annelid.cli.track import names_in
    from annelid.errors import UsageError
    from annelid.mixing import class_map
    from annelid.outside import require_data
    from annelid.parameter_file import drop_lost_data, options_among, read_parameters
    from annelid.project import Project

    content, params = read_parameters(cfg) if cfg else {}, typed(context.args)
    for word in {"watch", "cfg", "mix", "class_map"} & params.keys():
        raise UsageError(f"unknown training parameter {word!r}", next_step="annelid train --help shows the options")
    options = options_among(params, model=model, engine=engine, name=name, data=data, notes=notes)
    for sentence in drop_lost_data(content):
        show.stderr.print(sentence, markup=False, soft_wrap=True)
    options = options_among(content, **options)
    trackers = names_in(options_among(params, track=track)["track"])
    if options["data"] is not None:
        require_data(Path(options["data"]))
    if options["data"] is not None and not (place() / "annelid.yaml").exists():
        Project.init(place()).close()
        show.stderr.print(f"made a project in {place().resolve()} for the runs and models")
    flags = {n: bool(params.pop(n, False)) or bool(content.pop(n, False)) for n in ("trust", "allow_leakage")}
    with Project(place()) as project:
        if resume:
            if params.keys() - {"batch"} or content or mix or any(options.values()):
                raise UsageError(
                    "a resumed run keeps its parameters, all but batch",
                    next_step="let it finish, then train on from it: annelid train --model RUN --epochs N",
                )
            done = project.resume(resume, track=trackers, **params)
        else:
            given = {key: option for key, option in options.items() if option is not None}
            given |= {
                "trust": trust or flags["trust"],
                "allow_leakage": allow_leakage or flags["allow_leakage"],
                "cfg": content,
                "mix": mix or (),
                "class_map": class_map(map_),
            }
            done = project.train(**given, track=trackers, **params)
        show.answer(done.to_dict(), _trained_lines(done, project.diagnose(done.run)), as_json=as_json)


def _trained_lines(done: Any, findings: Iterable[Any]) -> list[str]:
    """What came of a training, and what its curves and errors tell."""
    from annelid.cli.track import tracked_lines

    card = done.card
    return [
        f"{card.reference}: best epoch {card.best_epoch} of {card.epochs_run}, {card.seconds:.0f} s",
        f"conf   {card.thresholds.get('conf', 0):g} at prediction, unless told otherwise",
        f"run    {done.run}",
        *(f"note   {said}" for said in (*card.leakage, *card.remarks)),
        *tracked_lines(done.tracked, done.run.name),
        *(f"{found.code}   {found.name}: {found.seen}" for found in findings),
        f"next   annelid diagnose {done.run.name}, annelid evaluate {card.reference}",
    ]


@app.command()
def evaluate(
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]")] = None,
    split: Annotated[Part | None, typer.Option(help="part: test, val, train")] = None,
    truth: Annotated[Path | None, typer.Option(help="COCO file of the truth (no project needed)")] = None,
    predictions: Annotated[Path | None, typer.Option(help="COCO file of predictions")] = None,
    compare: Annotated[
        str | None,
        typer.Option(metavar="OTHER", help="another model, or another file of predictions: is the first better?"),
    ] = None,
    group: Annotated[str, typer.Option(help="of files: pattern of the group in the images' names")] = "",
    iou: Annotated[float | None, typer.Option(help="overlap of predictions that are one object")] = None,
    imgsz: Annotated[int | None, typer.Option(help="longest side of the network's input")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, 0, mps")] = None,
    as_json: Json = False,
) -> None:
    """Measure a model on a part of the split, or one COCO file against another; is it better than another one?"""
    from annelid.cli import figures
    from annelid.errors import UsageError

    if truth and predictions:
        from annelid.evaluate.files import evaluate_files

        value = evaluate_files(truth, predictions, compare_with=Path(compare) if compare else None, group=group)
    elif model:
        from annelid.project import Project

        if group:
            raise UsageError("--group is for files", next_step="a project's groups: annelid import --group PATTERN")
        with Project(place()) as project:
            options = {"iou": iou, "imgsz": imgsz, "device": device}
            measured = project.evaluate(
                model, part=split.value if split else None, compare=compare, watch=None, **options
            )
            value = measured.to_dict()
    else:
        raise UsageError(
            "nothing to evaluate", next_step="annelid evaluate MODEL, or --truth A.json --predictions B.json"
        )
    show.answer(value, figures.lines(value), as_json=as_json)


@contextmanager
def _project_or_scratch(model: str) -> Iterator[Any]:
    """The project; where there is none, a passing one for models that do not come from a library."""
    from annelid.project import Project
    from annelid.settings import FILE

    if (place() / FILE).exists() or not (model.endswith(".pt") or model == "threshold"):
        with Project(place()) as project:
            yield project
    else:
        with TemporaryDirectory() as folder, Project.init(folder) as project:
            yield project


@app.command()
def predict(
    model: Annotated[str, typer.Argument(help="NAME@v2, X.pt, a run, or threshold")],
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="images and folders")],
    out: Annotated[Path, typer.Option(help="new folder for the results")],
    save: Annotated[str, typer.Option(help="coco,yolo,masks,overlays")] = "coco",
    conf: Annotated[float | None, typer.Option(min=0, max=1, help="least confidence")] = None,
    iou: Annotated[float | None, typer.Option(min=0, max=1, help="overlap of predictions that are one object")] = None,
    max_det: Annotated[int | None, typer.Option(min=1, help="most objects per tile")] = None,
    imgsz: Annotated[int | None, typer.Option(min=32, help="longest side of the network's input")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, 0, mps")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="load weights that may carry code")] = False,
    as_json: Json = False,
) -> None:
    """Find the objects on images of any size; weights of your own (X.pt) and threshold need no project."""
    with _project_or_scratch(model) as project:
        done = project.predict(
            model,
            *sources,
            out=out,
            save=[s for s in save.split(",") if s],
            trust=trust,
            conf=conf,
            iou=iou,
            max_det=max_det,
            imgsz=imgsz,
            device=device,
        )
        value = done.to_dict()
        lines = [
            f"{value['images']} images: "
            + (", ".join(f"{n} {name}" for name, n in value["objects"].items()) or "no objects"),
            *(f"{what}: {where}" for what, where in value["written"].items()),
            *show.losses(done.losses),
        ]
        show.answer(value, lines, as_json=as_json)


@app.command()
def propose(
    images: Annotated[
        list[str] | None, typer.Argument(metavar="IMAGE...", help="default: all not yet annotated")
    ] = None,
    model: Annotated[str, typer.Option(help="NAME@v2, X.pt or threshold")] = "threshold",
    conf: Annotated[float | None, typer.Option(min=0, max=1, help="least confidence")] = None,
    iou: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    max_det: Annotated[int | None, typer.Option(min=1)] = None,
    imgsz: Annotated[int | None, typer.Option(min=32)] = None,
    device: Annotated[str | None, typer.Option()] = None,
    out: Annotated[Path | None, typer.Option(help="also write the drafts there, to correct them elsewhere")] = None,
    format_: Annotated[str, typer.Option("--format", help="format of --out")] = "labelme",
    as_json: Json = False,
) -> None:
    """Pre-label images that nobody has annotated, as drafts."""
    from annelid.project import Project

    with Project(place()) as project:
        counts = project.propose(
            model,
            *(images or []),
            conf=conf,
            iou=iou,
            max_det=max_det,
            imgsz=imgsz,
            device=device,
        )
        lost = list(project.export(out, format_, state="draft")) if out else []
        value = {"images": len(counts), "objects": sum(counts.values()), "drafts": counts, "out": str(out or "")}
        lines = [f"{value['objects']} objects proposed on {value['images']} images, as drafts", *show.losses(lost)]
        show.answer(value, lines, as_json=as_json)


models_app = typer.Typer(
    invoke_without_command=True, help="List, show, fetch, promote, roll back, export, verify models."
)
app.add_typer(models_app, name="models")


def _library() -> Any:
    from annelid.folder import require_project
    from annelid.models import Library

    return Library(require_project(place()))


@models_app.callback()
def models(context: typer.Context, as_json: Json = False) -> None:
    """List the models."""
    if context.invoked_subcommand is None:
        _list(as_json=as_json)


@models_app.command(name="list")
def models_list(as_json: Json = False) -> None:
    """List the models."""
    _list(as_json=as_json)


def _list(*, as_json: bool) -> None:
    library = _library()
    cards = library.cards()
    rows = [
        (
            ("* " if library.promoted(c.name) == c.version else "  ") + c.reference,
            c.engine,
            c.task,
            c.images.get("train", 0),
            _best(c.metrics),
            c.parent or c.started_from,
            c.created,
        )
        for c in cards
    ]
    lines = (
        [show.table(("model", "engine", "task", "images", "mAP50", "from", "when (UTC)"), rows)]
        if rows
        else ["no models yet"]
    )
    show.answer({"models": [c.to_dict() for c in cards]}, lines, as_json=as_json)


def _best(metrics: Any) -> str:
    """The most trustworthy mAP50 on a card, with where it was measured."""
    for part in ("test", "val"):
        figures = metrics.get(part, {})
        nested = figures.get("mask") or figures.get("box") or {}
        value = nested.get("mAP50", figures.get("mAP50(M)", figures.get("mAP50(B)")))
        if value is not None:
            return f"{value:.3f} ({part})"
    return "-"


@models_app.command(name="show")
def models_show(model: str, as_json: Json = False) -> None:
    """Show a model's card."""
    card = _library().get(model).to_dict()
    hidden = ("learned_from", "split", "reference")
    show.answer(card, [f"{key}: {value}" for key, value in card.items() if key not in hidden], as_json=as_json)


@models_app.command(name="fetch")
def models_fetch(name: str, as_json: Json = False) -> None:
    """Download official weights by name, verified by hash."""
    from annelid.pretrained import fetch

    path = fetch(name, place() / "models" / "fetched")
    show.answer({"weights": str(path)}, [f"{path}"], as_json=as_json)


@models_app.command(name="promote")
def models_promote(model: str, as_json: Json = False) -> None:
    """Make a version the one that its bare name means."""
    card = _library().promote(model)
    show.answer({"promoted": card.reference}, [f"{card.name} now means {card.reference}"], as_json=as_json)


@models_app.command(name="rollback")
def models_rollback(name: str, as_json: Json = False) -> None:
    """Promote the version before."""
    card = _library().roll_back(name)
    show.answer({"promoted": card.reference}, [f"{card.name} now means {card.reference}"], as_json=as_json)


@models_app.command(name="export")
def models_export(model: str, out: Path, as_json: Json = False) -> None:
    """Copy a model's weights and card to a folder."""
    library = _library()
    files = library.export(library.get(model), out)
    show.answer({"files": [str(f) for f in files]}, [str(f) for f in files], as_json=as_json)


@models_app.command(name="verify")
def models_verify(as_json: Json = False) -> int:
    """Check every model's weights by hash."""
    found = _library().verify()
    show.answer(
        {"models": found}, [f"{ref}: {problem or 'as it was made'}" for ref, problem in found.items()], as_json=as_json
    )
    return 1 if any(found.values()) else 0
