"""Look at a ``.pt`` file before anything in it is trusted."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from ultralytics.nn.tasks import load_checkpoint, torch_safe_load

from annelid.engines.yolo.unloadable import UNLOADABLE
from annelid.errors import EngineError


def verify(path: Path, *, trust: bool) -> None:
    """Make sure that a file is a YOLO checkpoint that loads without running foreign code.

    Raises:
        EngineError: it is missing, no checkpoint, or needs more than the allow-list of known classes.
    """
    open_checkpoint(path, trust=trust)


def open_checkpoint(path: Path, *, trust: bool) -> tuple[Any, dict[str, Any]]:
    """The model (float32, evaluation mode) and the checkpoint around it.

    Raises:
        EngineError: it is missing, no checkpoint, or needs more than the allow-list of known classes.
    """
    if not path.is_file():
        raise EngineError(f"no weights at {path}", next_step="annelid models list shows what there is")
    if not zipfile.is_zipfile(path):
        raise EngineError(f"{path}: expected PyTorch weights (.pt), found something else", next_step="give a .pt file")
    try:
        if not trust:
            torch_safe_load(path, safe_only=True)
        model, checkpoint = load_checkpoint(path)
    except UNLOADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if trust:
            raise EngineError(f"{path}: not a YOLO model ({reason})", next_step="give another .pt file") from error
        raise EngineError(
            f"{path}: not a YOLO model that is safe to load ({reason})",
            next_step="if you trained it yourself or trust its source, repeat with --trust",
        ) from error
    return model.float().eval(), checkpoint
