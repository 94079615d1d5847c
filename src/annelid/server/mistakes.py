"""What a model found, beside the truth: where it is wrong, image by image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from annelid import run_mistakes, run_record, train
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import ProjectError, UsageError
from annelid.models import Card
from annelid.project import Project
from annelid.run_mistakes import KINDS, Mistakes
from annelid.server.desk import desk_of
from annelid.server.reply import reply
from annelid.server.runs import run_and_card
from annelid.server.wire import objects_to_json


def of_run(request: Request) -> Response:
    """``GET api/runs/NAME/mistakes?conf=``: how many of each kind on every image of the val and test parts.

    With ``view=ID`` the mistakes on one image, with the predictions as objects.
    """
    project = desk_of(request).project
    folder, card = run_and_card(project, request.path_params["name"])
    found = _Found(project, folder, card, request.query_params.get("conf"))
    view = request.query_params.get("view")
    return reply(found.on(view) if view is not None else found.listed())


class _Found:
    """What was kept of a run's predictions, at a confidence."""

    def __init__(self, project: Project, folder: Path, card: Card | None, conf: str | None) -> None:
        kept = run_mistakes.kept(folder)
        if kept is None or card is None:
            step = f"annelid evaluate {card.reference}" if card else "let the training come to its end"
            raise ProjectError(f"nothing was predicted for run {folder.name} yet", next_step=step)
        self._predicted, self._card = {item.id: item for item in kept.items}, card
        outcomes = run_record.read_outcomes(folder)
        first = outcomes.get("val") or outcomes.get("test")
        self.by = first.by if first else "box"
        used = first.conf if first and first.conf is not None else card.thresholds.get("conf", 0.25)
        self.conf = _confidence(conf, used)
        frozen, self._split = train.data_of(card, project.root)
        self._truth = _as_it_is_now(project, frozen, list(self._predicted)) if not card.outside else frozen
        self._in_project = not card.outside

    def listed(self) -> dict[str, Any]:
        """Every image with its counts, the worst first."""
        lines = [self._line(item) for item in self._truth.items if item.id in self._predicted]
        lines.sort(key=lambda line: -sum(line["counts"].values()))
        return {"conf": self.conf, "kinds": dict(KINDS), "model": self._card.reference, "images": lines}

    def on(self, view: str) -> dict[str, Any]:
        """One image.

        Raises:
            ProjectError: the model was not measured on it.
        """
        item = next((item for item in self._truth.items if item.id == view and view in self._predicted), None)
        if item is None:
            raise ProjectError(
                f"{self._card.reference} was not measured on this image", next_step="choose one of the val or test part"
            )
        found = self._mistakes(item)
        rows = [vars(mistake) | {"text": KINDS[mistake.kind]} for mistake in found.mistakes]
        return {"conf": self.conf, "kinds": dict(KINDS), "model": self._card.reference} | {
            **self._line(item),
            "predicted": objects_to_json(found.predicted),
            "mistakes": rows,
        }

    def _line(self, item: LabeledImage) -> dict[str, Any]:
        found = self._mistakes(item)
        return {
            "view": item.id if self._in_project else "",
            "name": item.image.name,
            "part": self._split.parts.get(item.id, ""),
            "objects": found.objects,
            "found": found.found,
            "counts": found.counts,
        }

    def _mistakes(self, item: LabeledImage) -> Mistakes:
        return run_mistakes.mistakes(item, self._predicted[item.id], self._truth.classes, self.by, self.conf)


def _confidence(asked: str | None, used: float) -> float:
    try:
        conf = float(asked) if asked else float(used)
    except ValueError:
        conf = -1.0
    if not 0 <= conf <= 1:
        raise UsageError(f"conf: expected a number from 0 to 1, found {str(asked)[:50]!r}")
    return conf


def _as_it_is_now(project: Project, frozen: Dataset, ids: list[str]) -> Dataset:
    """The annotation as it is now: what a person has mended since is no mistake any more."""
    present = {item.id: item for item in project.store.items() if item.id in ids and item.covered}
    items = tuple(present.get(item.id, item) for item in frozen.items if item.id in ids)
    return Dataset(frozen.classes, items)


ROUTES: tuple[BaseRoute, ...] = (Route("/runs/{name}/mistakes", of_run),)
