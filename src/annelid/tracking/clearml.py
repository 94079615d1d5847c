"""ClearML: an offline session in the run folder; online only where ``CLEARML_OFFLINE_MODE=0`` is set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annelid import atomic
from annelid.tracking.base import About, State, Value, asked_online, needs

NAME = "clearml"
_ALONE = {
    "auto_connect_arg_parser": False,
    "auto_connect_frameworks": False,
    "auto_connect_streams": False,
    "auto_resource_monitoring": False,
}
"""It is told what to show; it gathers nothing itself."""
_SETTINGS = "sdk { development { report_use_subprocess: false, store_uncommitted_code_diff: false } }\n"


def health() -> str | None:
    """None when ClearML is installed."""
    return needs(NAME, "clearml", install="clearml")


def begin(about: About, known: str) -> _Session:
    """Begin a task, or go on with one.

    Offline, a run that goes on gets a session of its own; ``Task.import_offline_session`` joins it to the former.
    """
    online = asked_online("CLEARML_OFFLINE_MODE", "0")
    where = about.folder / "clearml"
    if not online:
        _keep_to(where)
    from clearml import Task

    Task.set_offline(offline_mode=not online)
    task = Task.init(
        project_name=os.environ.get("CLEARML_PROJECT") or about.project,
        task_name=about.name,
        tags=[f"{name}: {value}" for name, value in about.tags.items()],
        reuse_last_task_id=False,
        continue_last_task=known if online and known and not known.startswith("offline-") else False,
        output_uri=False,
        **_ALONE,
    )
    task.set_initial_iteration(0)  # epochs are counted from the run's beginning
    if about.notes:
        task.set_comment(about.notes)
    zipped = where / "offline" / f"{task.id}.zip"
    offline = f'python -c "from clearml import Task; Task.import_offline_session({zipped.as_posix()!r})"'
    return _Session(task, task.get_output_log_web_page() if online else offline, online=online)


def _keep_to(folder: Path) -> None:
    """Let ClearML work in a folder, in one process, without gathering the user's code."""
    folder.mkdir(exist_ok=True)
    atomic.write_text(folder / "clearml.conf", _SETTINGS)
    os.environ["CLEARML_CONFIG_FILE"] = str(folder / "clearml.conf")
    os.environ["CLEARML_CACHE_DIR"] = str(folder)
    os.environ.setdefault("CLEARML_SKIP_PIP_FREEZE", "1")


class _Session:
    def __init__(self, task: Any, place: str, *, online: bool) -> None:
        self.id, self.place = str(task.id), place
        self._task, self._logger, self._online = task, task.get_logger(), online

    def parameters(self, values: Mapping[str, Value]) -> None:
        self._task.set_parameters({f"General/{name}": value for name, value in values.items()})

    def figures(self, values: Mapping[str, float], *, epoch: int, time: float) -> None:  # noqa: ARG002 - it has none
        for name, value in values.items():
            title, _, series = name.rpartition("/")
            self._logger.report_scalar(title or name, series, value, iteration=epoch)

    def file(self, path: Path, *, epoch: int) -> None:
        report = self._logger.report_media if path.suffix == ".html" else self._logger.report_image
        report("run", path.name, iteration=epoch, local_path=str(path))

    def summary(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._logger.report_single_value(name, value)

    def close(self, state: State) -> None:
        if self._online and state in ("failed", "interrupted"):
            self._task.flush(wait_for_uploads=True)
            end = self._task.mark_failed if state == "failed" else self._task.mark_stopped
            end()
        self._task.close()
