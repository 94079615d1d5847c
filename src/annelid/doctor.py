"""What is installed, what is missing, and why it matters."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from annelid import engines, tracking

_PACKAGES = (
    "annelid",
    "numpy",
    "scipy",
    "scikit-image",
    "tifffile",
    "imagecodecs",
    "shapely",
    "faster-coco-eval",
    "torch",
    "torchvision",
    "ultralytics",
)


def examine(root: Path) -> dict[str, Any]:
    """The state of this installation, as JSON values; imports no engine."""
    return {
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "disk_free_gb": round(shutil.disk_usage(_existing(root)).free / 2**30, 1),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: _version(name) for name in _PACKAGES},
        "engines": {name: engines.get(name).health() or "ready" for name in engines.ENGINES},
        "trackers": {name: tracking.get(name).health() or "ready" for name in tracking.TRACKERS},
        "gpu": _gpu(),
        "problems": problems(),
    }


def _existing(folder: Path) -> Path:
    """The folder, or the one in which it would be made."""
    folder = folder.resolve()
    return next(path for path in (folder, *folder.parents) if path.exists())


def problems() -> list[str]:
    """What would make something fail later."""
    found = []
    if _version("opencv-python") and _version("opencv-python-headless"):
        found.append(
            "opencv-python and opencv-python-headless are both installed and overwrite each other: "
            "pip uninstall opencv-python opencv-python-headless, then install one of them"
        )
    return found


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _gpu() -> str:
    """What can be known without loading torch."""
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed"
    if sys.platform == "darwin":
        return "Apple: use --device mps"
    return "an NVIDIA driver is present" if shutil.which("nvidia-smi") else "no NVIDIA driver: training uses the CPU"


def missing(state: Mapping[str, Any]) -> list[str]:
    """Engines that are not ready, with what to type."""
    return [f"{name}: {health}" for name, health in state["engines"].items() if health != "ready"]
