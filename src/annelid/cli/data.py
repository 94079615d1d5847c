"""The verbs about data: init, import, status, preview, classes, check, split, export, convert."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from annelid.cli import Json, app, place, show


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    classes: Annotated[str, typer.Option(help="class names in order: a,b or a file with one per line")] = "",
    channels: Annotated[str, typer.Option(help="channels for red, green, blue, by name or index: 2,0,1")] = "",
    range_: Annotated[str, typer.Option("--range", help="auto, percentile, minmax, none")] = "auto",
    low: Annotated[float, typer.Option(help="percentile that becomes black")] = 1.0,
    high: Annotated[float, typer.Option(help="percentile that becomes white")] = 99.8,
    clip: Annotated[bool, typer.Option(help="values beyond the range become black or white")] = True,
    equalize: Annotated[str, typer.Option(help="none, clahe, histogram")] = "none",
    as_json: Json = False,
) -> None:
    """Make a project in DIR."""
    from annelid.project import Project

    preprocessing = {
        "channels": _channels(channels),
        "range": range_,
        "low": low,
        "high": high,
        "clip": clip,
        "equalize": equalize,
    }
    with Project.init(folder, classes=_classes(classes), preprocessing=preprocessing) as project:
        value = {"project": str(project.root), "classes": list(project.settings.classes)}
        lines = [f"made {project.root}", f"next: annelid -C {folder} import IMAGES --labels LABELS"]
        show.answer(value, lines, as_json=as_json)


def _channels(text: str) -> list[str | int]:
    return [int(c) if c.lstrip("-").isdigit() else c for c in filter(None, text.split(","))]


def _classes(text: str) -> tuple[str, ...]:
    """Class names from ``a,b`` or from a file."""
    from annelid.convert import read_classes
    from annelid.errors import UsageError
    from annelid.settings import check_classes

    if text and Path(text).is_file():
        return tuple(read_classes(Path(text)))
    if "/" in text or "\\" in text or Path(text).suffix.lower() in {".txt", ".yaml", ".yml", ".json", ".names"}:
        raise UsageError(f"there is no file {text}", next_step="check the path, or type the names: a,b")
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    check_classes(names)
    return names


@app.command(name="import")
def import_(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="images, folders, annotation files, zips, https links")
    ],
    labels: Annotated[str | None, typer.Option(help="annotation file, folder or zip")] = None,
    images: Annotated[str | None, typer.Option(help="folder of the images, when SOURCE is annotation only")] = None,
    format_: Annotated[str, typer.Option("--format", help="the annotation's format; auto recognises it")] = "auto",
    classes: Annotated[str, typer.Option(help="class names, for annotation that has only numbers")] = "",
    map_: Annotated[list[str] | None, typer.Option("--map", metavar="OLD=NEW", help="rename a class")] = None,
    group: Annotated[str, typer.Option(help="pattern of the group in file names: '{group}_*' or a regex")] = "",
    missing: Annotated[str, typer.Option(help="images without annotation: new or background")] = "new",
    copy: Annotated[bool, typer.Option("--copy", help="copy the images into the project")] = False,
    z: Annotated[str, typer.Option(help="focal plane: number from 0, middle, all, max, mean, sum, focus")] = "",
    t: Annotated[str, typer.Option(help="time point: number from 0, middle, all")] = "",
    scene: Annotated[str, typer.Option(help="image of a file that holds several: number from 0, all")] = "",
    as_json: Json = False,
) -> None:
    """Bring images and annotations into the project."""
    from annelid import ingest

    wish: dict[str, Any] = {
        "labels": labels,
        "images": images,
        "format": format_,
        "classes": _classes(classes),
        "renamed": _mapping(map_ or []),
        "group": group,
        "missing": missing,
        "copy": copy,
        "z": z,
        "t": t,
        "scene": scene,
    }
    with _project() as project:
        with show.busy("importing"):
            done = project.import_(*sources, **wish)
        lines = [
            f"{done.images_new} new images, {done.images_known} known, {done.annotated} annotated"
            + (f" ({done.format})" if done.format else ""),
            *(f"  {name}: {count} objects" for name, count in done.objects.items()),
            *done.notes,
            *show.losses(done.losses),
        ]
        show.answer(ingest.summary(done), lines, as_json=as_json)


def _mapping(pairs: list[str]) -> dict[str, str]:
    from annelid.errors import UsageError

    if bad := [pair for pair in pairs if "=" not in pair]:
        raise UsageError(f"expected OLD=NEW, found {bad[0]!r}")
    return dict(pair.split("=", 1) for pair in pairs)


def _project() -> Any:
    from annelid.project import Project

    return Project(place())


@app.command()
def status(as_json: Json = False) -> None:
    """What the project holds."""
    with _project() as project:
        now = project.status()
        lines = [
            f"{now.root}",
            "images   " + ", ".join(f"{n} {state}" for state, n in now.images.items()),
            "groups   " + (", ".join(f"{n} {source}" for source, n in now.groups.items()) or "none"),
            "classes  " + (", ".join(f"{name} ({n} objects)" for name, n in now.classes.items()) or "none yet"),
            "split    " + (", ".join(f"{n} {part}" for part, n in now.parts.items()) or "not yet"),
            "models   " + (", ".join(now.models) or "none yet"),
        ]
        show.answer(now.to_dict(), lines, as_json=as_json)


@app.command()
def preview(
    images: Annotated[list[str] | None, typer.Argument(metavar="IMAGE...")] = None,
    out: Annotated[Path | None, typer.Option(help="folder for the pictures")] = None,
    as_json: Json = False,
) -> None:
    """Write pictures of images before and after preprocessing."""
    with _project() as project:
        made = project.preview(*(images or []), out=out)
        value = {
            "previews": [{"image": p.image, "picture": str(p.picture)} for p in made],
            "preprocessing": project.settings.preprocessing.to_dict(),
        }
        show.answer(value, [f"{p.image} -> {p.picture}" for p in made], as_json=as_json)


classes_app = typer.Typer(invoke_without_command=True, help="List, add, rename, merge, delete classes.")
app.add_typer(classes_app, name="classes")


@classes_app.callback()
def classes_list(context: typer.Context, as_json: Json = False) -> None:
    """List the classes, or change them in every image."""
    if context.invoked_subcommand is None:
        with _project() as project:
            counts = project.classes()
            rows = [(i, name, n) for i, (name, n) in enumerate(counts.items())]
            show.answer({"classes": counts}, [show.table(("index", "class", "objects"), rows)], as_json=as_json)


@classes_app.command(name="add")
def classes_add(names: list[str], as_json: Json = False) -> None:
    """Put new classes behind the others."""
    with _project() as project:
        project.add_classes(*names)
        show.answer({"classes": project.classes()}, [", ".join(project.classes())], as_json=as_json)


def _map_classes(mapping: dict[str, str | None], *, as_json: bool) -> None:
    with _project() as project:
        changed = project.map_classes(mapping)
        value = {"images_changed": len(changed), "classes": project.classes()}
        show.answer(value, [f"{len(changed)} images changed; classes: {', '.join(project.classes())}"], as_json=as_json)


@classes_app.command(name="rename")
def classes_rename(old: str, new: str, as_json: Json = False) -> None:
    """Rename a class in every image."""
    _map_classes({old: new}, as_json=as_json)


@classes_app.command(name="merge")
def classes_merge(
    names: list[str], into: Annotated[str, typer.Option(help="the class that stays")], as_json: Json = False
) -> None:
    """Make several classes one."""
    _map_classes(dict.fromkeys(names, into), as_json=as_json)


@classes_app.command(name="delete")
def classes_delete(name: str, as_json: Json = False) -> None:
    """Delete a class and its objects; revisions keep them."""
    _map_classes({name: None}, as_json=as_json)


@classes_app.command(name="map")
def classes_map(pairs: Annotated[list[str], typer.Argument(metavar="OLD=NEW...")], as_json: Json = False) -> None:
    """Rename several classes at once."""
    _map_classes(dict(_mapping(pairs)), as_json=as_json)


@app.command()
def history(image: Annotated[str, typer.Argument(help="name of an image")], as_json: Json = False) -> None:
    """Show the revisions of an image's annotation."""
    with _project() as project:
        revisions = project.revisions(image)
        rows = [
            (r.revision, r.created, r.author, r.message, f"+{r.n_added} ~{r.n_changed} -{r.n_removed}")
            for r in revisions
        ]
        lines = [show.table(("revision", "when (UTC)", "author", "why", "objects"), rows)]
        show.answer({"revisions": [vars(r) for r in revisions]}, lines, as_json=as_json)


@app.command()
def restore(image: str, revision: int, as_json: Json = False) -> None:
    """Bring an earlier revision of an image's annotation back, as a new one."""
    with _project() as project:
        new = project.restore(image, revision)
        show.answer(
            {"image": image, "revision": new}, [f"{image}: revision {revision} is back as {new}"], as_json=as_json
        )


@app.command()
def check(
    out: Annotated[Path | None, typer.Option(help="folder for check.html, with pictures, and labels.jpg")] = None,
    fix: Annotated[list[str] | None, typer.Option(metavar="CODE", help="mend this finding, then check again")] = None,
    pixels: Annotated[bool, typer.Option("--pixels/--no-pixels", help="look at the images, too")] = True,
    as_json: Json = False,
) -> None:
    """Look for copies, leakage, imbalance, damaged images and suspicious objects (docs/check.md)."""
    with _project() as project:
        with show.busy("checking"):
            fixed = [project.fix(code) for code in fix or []]
            done = project.check(out=out, pixels=pixels)
        lines = [*map(str, fixed), *map(str, done.scan)]
        for f in done.findings:
            lines += [f"{f.code} {f.severity}: {f.what}", f"    why: {f.why}", f"    fix: {f.fix}"]
            lines += [f"    at   {place}" for place in f.evidence[: show.FIRST_PLACES] if place.text != "none"]
        lines += [f"page {done.page}"] if done.page else ["nothing found"] if not done.findings else []
        value = {**done.to_dict(), "fixed": [one.to_dict() for one in fixed]}
        show.answer(value, lines, as_json=as_json)


@app.command()
def split(
    ratio: Annotated[str | None, typer.Argument(metavar="[RATIO]", help="70 means 70/15/15; 80/20; 70/20/10")] = None,
    val: Annotated[float | None, typer.Option(help="share for validation, 0..1")] = None,
    test: Annotated[float | None, typer.Option(help="share for testing, 0..1")] = None,
    seed: Annotated[int | None, typer.Option(help="another seed, another split")] = None,
    by: Annotated[str | None, typer.Option(help="group, or image where images are independent")] = None,
    resplit: Annotated[bool, typer.Option("--resplit", help="divide anew")] = False,
    as_json: Json = False,
) -> None:
    """Divide the annotated images by group into train, val and test."""
    from annelid.split import parse_fractions

    if ratio is not None:
        val, test = parse_fractions(ratio)
    with _project() as project:
        made = project.split(val=val, test=test, seed=seed, by=by, resplit=resplit)
        parts = list(made.parts.values())
        counts = {part: parts.count(part) for part in ("train", "val", "test")}
        value = {"parts": counts, "groups": made.group_source, "seed": made.seed, "notes": list(made.notes)}
        lines = [", ".join(f"{n} {part}" for part, n in counts.items()), f"groups are {made.group_source}", *made.notes]
        show.answer(value, lines, as_json=as_json)


_FORMATS = "coco, yolo, labelme, labelmask, cvat, voc, geojson ... (docs/formats.md)"


@app.command()
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="new folder")],
    format_: Annotated[str, typer.Option("--format", help=_FORMATS)] = "coco",
    as_json: Json = False,
) -> None:
    """Write the annotated images for other programs."""
    with _project() as project:
        with show.busy("exporting"):
            lost = project.export(out, format_)
        value = {"out": str(out), "format": format_, "losses": [vars(loss) for loss in lost]}
        show.answer(value, [f"wrote {out}", *show.losses(lost)], as_json=as_json)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(metavar="SRC", help="annotation file, folder or zip")],
    target: Annotated[Path, typer.Argument(metavar="DST", help="new folder")],
    to: Annotated[str, typer.Option(help=_FORMATS)],
    format_: Annotated[str, typer.Option("--format", help="the source's format; auto recognises it")] = "auto",
    classes: Annotated[str, typer.Option(help="class names in order: a,b or a file")] = "",
    images: Annotated[Path | None, typer.Option(help="folder or zip of the images")] = None,
    val: Annotated[float, typer.Option(help="share for validation (to yolo)")] = 0.0,
    copy: Annotated[
        bool | None, typer.Option("--copy/--no-copy", help="copy the images too; only yolo does unless told")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="fail, and write nothing, if anything would be lost")
    ] = False,
    as_json: Json = False,
) -> None:
    """Convert annotations without a project."""
    from annelid.convert import convert as run

    _refuse_other_sources(source)
    with show.busy(f"converting {source}"):
        done = run(
            source,
            target,
            to,
            format=format_,
            classes=_classes(classes) or None,
            images=images,
            val=val,
            copy=copy,
            strict=strict,
        )
    value = {
        "out": str(done.out),
        "items": done.items,
        "objects": done.objects,
        "classes": list(done.classes),
        "losses": [vars(loss) for loss in done.losses],
    }
    lines = [
        f"{done.items} images, {done.objects} objects of {', '.join(done.classes) or 'no class'} -> {done.out}",
        *show.losses(done.losses),
    ]
    show.answer(value, lines, as_json=as_json)


def _refuse_other_sources(source: str) -> None:
    """Say which verb is meant where the source of a conversion is a link or a project."""
    from annelid.download import is_link
    from annelid.errors import UsageError
    from annelid.settings import FILE

    if is_link(source):
        raise UsageError(f"{source} is a link", next_step=f"annelid import {source}, or download it and give the file")
    if (Path(source) / FILE).is_file():
        step = f"annelid -C {source} export DST --format FORMAT"
        raise UsageError(f"{source} is an Annelid project", next_step=step)
