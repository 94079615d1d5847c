"""Run the command line on bad input in this process, and hold what goes for every answer."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from annelid.cli.run import run


@dataclass(frozen=True)
class Answer:
    """What a command answered: its exit code, the object of ``--json``, and what it said on stderr."""

    code: int
    value: dict[str, Any]
    said: str

    @property
    def message(self) -> str:
        """The error, with its next step."""
        return f"{self.value['error']['message']} | {self.value['error']['next_step']}"

    @property
    def losses(self) -> dict[str, int]:
        """Kind of loss -> how many."""
        counts: dict[str, int] = {}
        for loss in self.value["losses"]:
            counts[loss["kind"]] = counts.get(loss["kind"], 0) + loss["count"]
        return counts


def annelid(*arguments: str | Path, code: int | None = 0) -> Answer:
    """Run a command with ``--json``; whatever happens it is no bug, shows no traceback and answers with JSON."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        found = run([*map(str, arguments), "--json"])
    answer = Answer(found, json.loads(out.getvalue()), err.getvalue())
    assert found in (0, 1, 2), answer
    assert code is None or found == code, answer
    assert "Traceback" not in answer.said
    if found and "error" in answer.value:
        assert answer.value["error"]["message"] in answer.said
    return answer


def picture(path: Path, seed: int = 0, size: tuple[int, int] = (32, 32)) -> Path:
    """Write a PNG with two bright squares on grains that no other seed has, so that no two show the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grains = np.random.default_rng(seed).integers(10, 120, (-(-size[1] // 4), -(-size[0] // 4)), dtype=np.uint8)
    pixels = np.kron(grains, np.ones((4, 4), np.uint8))[: size[1], : size[0]]
    pixels[4:14, 4:14], pixels[18:28, 16:26] = 200, 220
    Image.fromarray(pixels).save(path)
    return path


def rectangle(label: Any, *points: Any) -> dict[str, Any]:
    """A shape as LabelMe writes it."""
    return {"label": label, "points": list(points), "shape_type": "rectangle"}


SQUARES = (rectangle("cell", [4, 4], [14, 14]), rectangle("cell", [16, 18], [26, 28]))


def labelme(path: Path, image: str, shapes: Sequence[Any] = SQUARES) -> Path:
    """Write a LabelMe file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"shapes": list(shapes), "imagePath": image, "imageHeight": 32, "imageWidth": 32}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def pictures(folder: Path, count: int = 2) -> Path:
    """A folder of pictures ``im0.png`` ..., each with its LabelMe file."""
    for n in range(count):
        picture(folder / f"im{n}.png", n)
        labelme(folder / f"im{n}.json", f"im{n}.png")
    return folder


def coco(*annotations: Mapping[str, Any], names: Sequence[str] = ("im0.png",)) -> str:
    """The text of a COCO file with the category 1, ``cell``."""
    images = [{"id": n, "file_name": name, "width": 32, "height": 32} for n, name in enumerate(names, 1)]
    listed = [{"id": n, "image_id": 1, "category_id": 1, **a} for n, a in enumerate(annotations, 1)]
    return json.dumps({"images": images, "annotations": listed, "categories": [{"id": 1, "name": "cell"}]})


def files(folder: Path) -> list[str]:
    """Everything below a folder but the database's own files."""
    found = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")))
    return [name for name in found if not name.startswith("annelid.db")]


def states(project: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Number of images by state, and of objects by class."""
    status = annelid("-C", project, "status").value
    return {state: n for state, n in status["images"].items() if n}, status["classes"]
