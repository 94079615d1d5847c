"""The verb about pictures: render."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from annelid.cli import Json, app, show


@app.command()
def render(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="images, folders, zips, SET.zip/a.tif")],
    out: Annotated[Path, typer.Option(help="new folder")],
    format_: Annotated[str, typer.Option("--format", help="png, jpg, tif")] = "png",
    resize: Annotated[str, typer.Option(help="50%, 640x480, or 640 for the longer side")] = "",
    flip: Annotated[str, typer.Option(help="ud: top to bottom, lr: left to right")] = "",
    rotate: Annotated[int, typer.Option(help="degrees clockwise: 90, 180, 270")] = 0,
    palette: Annotated[int, typer.Option(help="number of colours, 2 to 256")] = 0,
    channels: Annotated[str, typer.Option(help="channels for red, green, blue, by name or index: 2,0,1")] = "",
    range_: Annotated[str, typer.Option("--range", help="auto, percentile, minmax, none")] = "auto",
    low: Annotated[float, typer.Option(help="percentile that becomes black")] = 1.0,
    high: Annotated[float, typer.Option(help="percentile that becomes white")] = 99.8,
    equalize: Annotated[str, typer.Option(help="none, clahe, histogram")] = "none",
    z: Annotated[str, typer.Option(help="focal plane: number from 0, middle, all, max, mean, sum, focus")] = "",
    t: Annotated[str, typer.Option(help="time point: number from 0, middle, all")] = "",
    scene: Annotated[str, typer.Option(help="image of a file that holds several: number from 0, all")] = "",
    as_json: Json = False,
) -> None:
    """Turn microscope images into plain 8-bit pictures, without a project."""
    from annelid.ingest.planes import Planes
    from annelid.preprocess import Preprocessing
    from annelid.render import Rendering, render_files

    chosen = [int(c) if c.isdecimal() else c for c in filter(None, channels.split(","))]
    values = {"channels": chosen, "range": range_, "low": low, "high": high, "equalize": equalize}
    rendering = Rendering(
        Preprocessing.from_dict(values), Planes(z, t, scene), _format(format_), resize, _flip(flip), rotate, palette
    )
    with show.busy("rendering"):
        done = render_files(sources, out, rendering)
    value = {
        "out": str(done.out),
        "pictures": [path.as_posix() for path in done.pictures],
        "losses": [vars(loss) for loss in done.losses],
        "notes": list(done.notes),
    }
    lines = [f"{len(done.pictures)} pictures -> {done.out}", *done.notes, *show.losses(done.losses)]
    show.answer(value, lines, as_json=as_json)
    if done.losses.losses:
        raise typer.Exit(1)


def _format(text: str) -> Any:
    """The format; jpeg and tiff are other names of two of them."""
    return {"jpeg": "jpg", "tiff": "tif"}.get(text.lower(), text.lower())


def _flip(text: str) -> Any:
    return text.lower()
