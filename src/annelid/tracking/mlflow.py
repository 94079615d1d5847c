"""MLflow: a run in ``mlflow.db`` of the project's folder, or where ``MLFLOW_TRACKING_URI`` points."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from annelid.tracking.base import About, State, Value, needs

NAME = "mlflow"
_EXTRA = "'annelid[track]'"
_STATUS = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
_PARAMETERS_AT_ONCE = 100
_LONGEST_VALUE = 6000
_NOTE, _SOURCE = "mlflow.note.content", "mlflow.source.name"
# Nothing is sent but what it is told; addresses, which may hold passwords, are not printed into its log; retries of
# two minutes would only hold up what is told, and a failure is tried again later anyway.
_CALM = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}


def health() -> str | None:
    """None when MLflow is installed, with what it needs to keep runs in a file."""
    packages = ["mlflow-skinny|mlflow"]
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        packages += ["sqlalchemy", "alembic"]
    return needs(NAME, *packages, install=_EXTRA)


def begin(about: About, known: str) -> _Session:
    """Begin a run in the experiment ``MLFLOW_EXPERIMENT_NAME`` or that of the project's name; or go on with one."""
    for name, value in _CALM.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    server, run = known.rsplit("#", 1) if known else ("", "")
    server = os.environ.get("MLFLOW_TRACKING_URI") or server
    uri = server or f"sqlite:///{(about.root / 'mlflow.db').as_posix()}"
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    if run:
        client.update_run(run, "RUNNING")
    else:
        run = _new_run(client, about, uri)
    return _Session(client, run, _without_password(server), _without_password(uri))


def _new_run(client: Any, about: About, uri: str) -> str:
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or about.project
    found = client.get_experiment_by_name(name)
    artifacts = (about.root / "mlartifacts").as_uri() if uri.startswith("sqlite:") else None
    experiment = found.experiment_id if found else client.create_experiment(name, artifact_location=artifacts)
    tags = {**about.tags, _NOTE: about.notes, _SOURCE: "annelid"}
    started = int(about.started * 1000)
    run = client.create_run(experiment, start_time=started, tags=tags, run_name=about.name)
    return str(run.info.run_id)


def _without_password(uri: str) -> str:
    """The address as it may be kept: a user's name and password stay in the environment."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else uri


class _Session:
    def __init__(self, client: Any, run: str, server: str, uri: str) -> None:
        self.id = f"{server}#{run}"  # without the place of a file: projects are moved
        self.place = uri if uri.startswith("http") else f"mlflow ui --backend-store-uri {uri}"
        self._client, self._run = client, run

    def parameters(self, values: Mapping[str, Value]) -> None:
        """MLflow keeps a parameter's first value; a later one becomes a tag."""
        from mlflow.entities import Param, RunTag

        told = self._client.get_run(self._run).data.params
        texts = {_name(name): str(value)[:_LONGEST_VALUE] for name, value in values.items()}
        new = [Param(name, text) for name, text in texts.items() if name not in told]
        for at in range(0, len(new), _PARAMETERS_AT_ONCE):
            self._client.log_batch(self._run, params=new[at : at + _PARAMETERS_AT_ONCE])
        changed = [RunTag(f"{name}.later", text) for name, text in texts.items() if told.get(name, text) != text]
        if changed:
            self._client.log_batch(self._run, tags=changed)

    def figures(self, values: Mapping[str, float], *, epoch: int, time: float) -> None:
        from mlflow.entities import Metric

        metrics = [Metric(_name(name), value, int(time * 1000), epoch) for name, value in values.items()]
        self._client.log_batch(self._run, metrics=metrics)

    def file(self, path: Path, *, epoch: int) -> None:  # noqa: ARG002 - there is one of each name
        self._client.log_artifact(self._run, str(path))

    def summary(self, values: Mapping[str, float]) -> None:
        import time

        self.figures(values, epoch=0, time=time.time())

    def close(self, state: State) -> None:
        if state in _STATUS:
            self._client.set_terminated(self._run, _STATUS[state])


def _name(name: str) -> str:
    """As MLflow takes it: ``metrics/mAP50(B)`` is ``metrics/mAP50B``, as Ultralytics' own users know it."""
    return re.sub(r"[^\w\-. /]", "", name)
