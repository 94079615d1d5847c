"""A small project, and objects as the page sends them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from annelid.project import Project


def make_project(root: Path, *names: str, classes: tuple[str, ...] = ("cell", "nucleus")) -> list[str]:
    """A project with a picture of 64 x 48 for each name; returns the ids of the views."""
    pictures = root.parent / f"{root.name}-pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for n, name in enumerate(names or ("a.png",)):
        pixels = np.random.default_rng(n).integers(0, 200, (48, 64), np.uint8)
        Image.fromarray(pixels).save(pictures / name)
    with Project.init(root, classes=classes) as project:
        project.import_(pictures)
        return [view.id for view in project.store.views()]


def polygon(id_: str = "p1", label: str = "cell", **more: Any) -> dict[str, Any]:
    """An object as the page sends it."""
    return {"id": id_, "label": label, "kind": "polygon", "shape": [[[1, 2, 10, 2, 10.5, 12]]], **more}
