"""A small set of pictures with known truth, and projects made of it, for tests that need the whole loop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annelid.project import Project


def discs(seed: int, size: int = 64, *, count: int = 3) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A grey picture ``[y, x]`` of bright discs on a dim ground, and its labels 1, 2, ..."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] + 0.5
    grey, labels = rng.normal(40, 4, (size, size)), np.zeros((size, size), np.uint8)
    for n, (cy, cx) in enumerate(
        rng.permutation([(0.25, 0.25), (0.25, 0.7), (0.7, 0.3), (0.7, 0.75)])[:count], start=1
    ):
        disc = (x - cx * size) ** 2 + (y - cy * size) ** 2 < rng.uniform(0.1, 0.17) ** 2 * size**2
        grey[disc], labels[disc] = 170 + 10 * n, n
    return np.clip(grey, 0, 255).astype(np.uint8), labels


def write_discs(folder: Path, images: int = 8, size: int = 64) -> tuple[Path, Path]:
    """Write ``images/`` and ``masks/`` below a folder; returns both."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for n in range(images):
        picture, labels = discs(n, size)
        name = f"{chr(ord('a') + n)}.png"
        Image.fromarray(picture).save(folder / "images" / name)
        Image.fromarray(labels).save(folder / "masks" / name)
    return folder / "images", folder / "masks"


def project_of_discs(folder: Path, images: int = 8, size: int = 64, **preprocessing: Any) -> Project:
    """A project with annotated discs of class ``disc``; the pictures lie in ``source/`` inside it."""
    project = Project.init(folder, classes=("disc",), preprocessing=preprocessing)
    pictures, masks = write_discs(folder / "source", images, size)
    project.import_(pictures, labels=masks)
    return project


def annelid(*arguments: str | Path, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own and hold its exit code."""
    command = [sys.executable, "-m", "annelid", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", env=environment())
    assert done.returncode == code, f"{' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
    return done


def environment() -> Mapping[str, str]:
    """For processes of tests: messages in UTF-8 on every system."""
    return os.environ | {"PYTHONIOENCODING": "utf-8"}


def answer(*arguments: str | Path, cwd: Path | None = None, code: int = 0) -> dict[str, Any]:
    """The one JSON object that a command with ``--json`` prints."""
    value = json.loads(annelid(*arguments, "--json", cwd=cwd, code=code).stdout)
    assert isinstance(value, dict)
    return value


def empty_weights(path: Path) -> Path:
    """A file that looks like PyTorch weights from outside: a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/version", "3")
    return path


def rows_of(path: Path) -> Sequence[dict[str, str]]:
    """Rows of a CSV file, names and values without blanks."""
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    names = [name.strip() for name in head.split(",")]
    return [dict(zip(names, map(str.strip, row.split(",")), strict=True)) for row in rows]
