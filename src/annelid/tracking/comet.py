"""Comet: an offline experiment in the run folder; online only where ``COMET_MODE=online`` is set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annelid.tracking.base import About, State, Value, asked_online, needs

NAME = "comet"
_ALONE = {
    "log_code": False,
    "log_graph": False,
    "log_git_metadata": False,
    "log_git_patch": False,
    "log_env_details": False,
    "parse_args": False,
    "auto_param_logging": False,
    "auto_metric_logging": False,
    "auto_output_logging": False,
    "display_summary_level": 0,
}
"""It is told what to show; it gathers nothing itself."""


def health() -> str | None:
    """None when Comet is installed."""
    return needs(NAME, "comet-ml", install="comet-ml")


def begin(about: About, known: str) -> _Session:
    """Begin an experiment in the project ``COMET_PROJECT_NAME`` or that of the project's name; or go on with one."""
    os.environ.setdefault("COMET_ERROR_TRACKING_ENABLE", "false")
    import comet_ml

    online = asked_online("COMET_MODE", "online")
    where = about.folder / "comet"
    options: dict[str, Any] = dict(_ALONE) if online else {**_ALONE, "offline_directory": str(where)}
    if known:
        again = comet_ml.ExistingExperiment if online else comet_ml.ExistingOfflineExperiment
        experiment = again(previous_experiment=known, **options)
    else:
        new = comet_ml.Experiment if online else comet_ml.OfflineExperiment
        experiment = new(project_name=os.environ.get("COMET_PROJECT_NAME") or about.project, **options)
        experiment.set_name(about.name)
        experiment.log_others({**about.tags, "notes": about.notes})
    return _Session(experiment, experiment.url if online else f"comet upload {where / '*.zip'}")


class _Session:
    def __init__(self, experiment: Any, place: str) -> None:
        self.id, self.place = experiment.get_key(), place
        self._experiment = experiment

    def parameters(self, values: Mapping[str, Value]) -> None:
        self._experiment.log_parameters(dict(values))

    def figures(self, values: Mapping[str, float], *, epoch: int, time: float) -> None:  # noqa: ARG002 - it has none
        self._experiment.log_metrics(dict(values), step=epoch, epoch=epoch)

    def file(self, path: Path, *, epoch: int) -> None:
        if path.suffix == ".html":
            self._experiment.log_asset(str(path), file_name=path.name, overwrite=True, step=epoch)
        else:
            self._experiment.log_image(str(path), name=path.name, overwrite=True, step=epoch)

    def summary(self, values: Mapping[str, float]) -> None:
        self._experiment.log_others(dict(values))

    def close(self, state: State) -> None:
        self._experiment.log_other("state", state)
        self._experiment.end()
