"""Weights & Biases: an offline run in the run folder; online only where ``WANDB_MODE=online`` is set."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annelid.tracking.base import About, State, Value, asked_online, needs

NAME = "wandb"


def health() -> str | None:
    """None when W&B is installed."""
    return needs(NAME, "wandb", install="wandb")


def begin(about: About, known: str) -> _Session:
    """Begin a run in the project ``WANDB_PROJECT`` or that of the project's name; or go on with one."""
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    online = asked_online("WANDB_MODE", "online")
    import wandb

    quiet = {"console": "off", "silent": True, "disable_git": True, "disable_code": True, "save_code": False}
    private = {"x_disable_stats": True, "x_disable_meta": True, "x_disable_machine_info": True}
    run = wandb.init(
        project=os.environ.get("WANDB_PROJECT") or about.project,
        name=about.name,
        id=known or uuid.uuid4().hex[:12],
        resume="allow",
        mode="online" if online else "offline",
        dir=about.folder,
        config=dict(about.tags),
        notes=about.notes or None,
        settings=wandb.Settings(**quiet, **private),
    )
    return _Session(run, about)


class _Session:
    def __init__(self, run: Any, about: About) -> None:
        self.id = run.id
        self.place = run.url or f"wandb sync {about.folder / 'wandb' / 'offline-run-*'}"
        self._run = run
        run.define_metric("*", step_metric="epoch")  # its own steps can't go back, and a run that goes on would

    def parameters(self, values: Mapping[str, Value]) -> None:
        self._run.config.update(dict(values), allow_val_change=True)

    def figures(self, values: Mapping[str, float], *, epoch: int, time: float) -> None:  # noqa: ARG002 - it has none
        self._run.log({**values, "epoch": epoch})

    def file(self, path: Path, *, epoch: int) -> None:
        import wandb

        shown = wandb.Html(path.read_text(encoding="utf-8")) if path.suffix == ".html" else wandb.Image(str(path))
        self._run.log({path.stem: shown, "epoch": epoch})

    def summary(self, values: Mapping[str, float]) -> None:
        self._run.summary.update(dict(values))

    def close(self, state: State) -> None:
        self._run.finish(exit_code=0 if state == "finished" else 1)
