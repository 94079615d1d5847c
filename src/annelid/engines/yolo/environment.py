"""Keep Ultralytics to itself: no downloads, no installs, no trackers, no settings in the user's home."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

SPINS = "5000"
"""How often a thread looks for work before it sleeps. By default it looks so long that two jobs at once take fifty
times as long: threads wait busily for others that have no core. With much less a job alone becomes slower."""
TRACKERS = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")
"""As Ultralytics' settings name them."""


def isolate(out: Path | None, *, trust: bool) -> None:
    """Set the environment that Ultralytics reads when it is imported; call it before that.

    Args:
        out: the run folder, for Ultralytics' own settings file; None uses a temporary folder.
        trust: allow weights that carry code; by default they load through an allow-list of known classes.
    """
    private = Path(out, ".ultralytics") if out else _temporary_folder()
    private.mkdir(parents=True, exist_ok=True)
    os.environ["YOLO_CONFIG_DIR"] = str(private)
    os.environ["YOLO_AUTOINSTALL"] = "false"
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["ULTRALYTICS_SAFE_LOAD"] = "0" if trust else "1"
    os.environ.setdefault("MPLBACKEND", "agg")
    os.environ.setdefault("OMP_NUM_THREADS", str(_cores()))
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


def threads() -> int:
    """How many threads compute on a CPU: ``OMP_NUM_THREADS`` where the user set it, else one a core."""
    return int(os.environ["OMP_NUM_THREADS"])


def _cores() -> int:
    """Physical cores that this process may use: two threads on one core only get in each other's way."""
    import psutil  # comes with ultralytics

    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed))


def silence_trackers() -> None:
    """Turn off those that Ultralytics would turn on because their package is installed; call it before a training."""
    from ultralytics.utils import SETTINGS

    SETTINGS.update({name: False for name in TRACKERS if name in SETTINGS})


def _temporary_folder() -> Path:
    """A folder of this process alone: a shared one would belong to whoever came first."""
    folder = tempfile.mkdtemp(prefix="annelid-ultralytics-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
