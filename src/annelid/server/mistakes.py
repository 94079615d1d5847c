"""What a model found, beside the truth: where it is wrong, image by image."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
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
from annelid.split import Split


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
        kept = _kept(folder / run_mistakes.FILE)
        if kept is None or card is None:
            step = f"annelid evaluate {card.reference}" if card else "let the training come to its end"
            raise ProjectError(f"nothing was predicted for run {folder.name} yet", next_step=step)
        self._predicted, self._card = {item.id: item for item in kept.items}, card
        outcomes = run_record.read_outcomes(folder)
        first = outcomes.get("val") or outcomes.get("test")
        self.by = first.by if first else "box"
        used = first.conf if first and first.conf is not None else card.thresholds.get("conf", 0.25)
        self.conf = _confidence(conf, used)
        self._project = None if card.outside else project
        self._data, self._stamp = _data(folder, card, project.root), (folder / run_mistakes.FILE).stat().st_mtime_ns

    def listed(self) -> dict[str, Any]:
        """Every image with its counts, the worst first."""
        lines = [self._line(item) for item in self._truth(list(self._predicted))]
        lines.sort(key=lambda line: -sum(line["counts"].values()))
        return {"conf": self.conf, "kinds": dict(KINDS), "model": self._card.reference, "images": lines}

    def on(self, view: str) -> dict[str, Any]:
        """One image.

        Raises:
            ProjectError: the model was not measured on it.
        """
        item = next(iter(self._truth([view])), None) if view in self._predicted else None
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
        _, split = self._data
        about = {"name": item.image.name, "part": split.parts.get(item.id, "")}
        return {"view": item.id if self._project else "", **about, **self._counts(item)}

    def _counts(self, item: LabeledImage) -> Mapping[str, Any]:
        """Remembered until the annotation or the predictions change."""
        key = (self._stamp, item.id, item.revision, self.by, self.conf)
        if key not in _COUNTS:
            found = self._mistakes(item)
            if len(_COUNTS) >= _MOST_COUNTS:
                _COUNTS.clear()
            _COUNTS[key] = {"objects": found.objects, "found": found.found, "counts": found.counts}
        return _COUNTS[key]

    def _mistakes(self, item: LabeledImage) -> Mistakes:
        classes = self._data[0].classes
        return run_mistakes.mistakes(item, self._predicted[item.id], classes, self.by, self.conf)

    def _truth(self, ids: list[str]) -> list[LabeledImage]:
        """The annotation as it is now: what a person has mended since is no mistake any more."""
        frozen = [item for item in self._data[0].items if item.id in set(ids)]
        if self._project is None:
            return frozen
        there = {view.id for view in self._project.store.views()}
        present = {item.id: item for item in self._project.store.items([i.id for i in frozen if i.id in there])}
        return [present[i.id] if i.id in present and present[i.id].covered else i for i in frozen]


_COUNTS: dict[tuple[Any, ...], Mapping[str, Any]] = {}
_MOST_COUNTS = 50_000


def _kept(path: Path) -> Dataset | None:
    return _dataset(path, path.stat().st_mtime_ns) if path.is_file() else None


def _data(folder: Path, card: Card, root: Path) -> tuple[Dataset, Split]:
    """What the run was trained and measured on; it is frozen."""
    path = folder / "dataset.npz"
    if not path.is_file():
        return train.data_of(card, root)  # which says what is missing
    split = json.loads((folder / "split.json").read_text(encoding="utf-8"))
    return _dataset(path, path.stat().st_mtime_ns), Split.from_dict(split)


@lru_cache(maxsize=4)
def _dataset(path: Path, stamp: int) -> Dataset:
    del stamp  # another one is another file
    return Dataset.load(path)


def _confidence(asked: str | None, used: float) -> float:
    try:
        conf = float(asked) if asked else float(used)
    except ValueError:
        conf = -1.0
    if not 0 <= conf <= 1:
        raise UsageError(f"conf: expected a number from 0 to 1, found {str(asked)[:50]!r}")
    return conf


ROUTES: tuple[BaseRoute, ...] = (Route("/runs/{name}/mistakes", of_run),)
