"""What a training would be made of, before it is started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from annelid import engines
from annelid.dataset import Dataset
from annelid.engines.base import TrainConfig
from annelid.known import known
from annelid.models import Library
from annelid.objects import Objects
from annelid.preprocess import Preprocessing
from annelid.split import Split
from annelid.start import start_from


@dataclass(frozen=True)
class Foreseen:
    """A training that has not begun.

    Attributes:
        engine: which engine.
        model: what it starts from: an architecture, or the path of weights.
        parent: reference of the model that is trained on, or "".
        task: ``detect`` or ``segment``.
        name: of the run and the model, where none is given.
        images: part -> number of images; those that are in no part yet under ``new``.
        objects: class -> number of objects.
        parameters: every parameter as it would be used.
        recipe: what would be chosen from the images, a sentence, or "".
    """

    engine: str
    model: str
    parent: str
    task: str
    name: str
    images: Mapping[str, int]
    objects: Mapping[str, int]
    parameters: Mapping[str, Any]
    recipe: str

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def foresee(
    dataset: Dataset,
    split: Split | None,
    preprocessing: Preprocessing,
    library: Library,
    *,
    model: str | None,
    engine: str,
    params: Mapping[str, Any],
) -> Foreseen:
    """Look ahead.

    Args:
        dataset: what would be learned from.
        split: how it is divided, where it is.
        preprocessing: the project's.
        library: the project's models.
        model: as `annelid.start.start_from` takes it.
        engine: the engine, where the model doesn't say.
        params: the engine's own parameters, as typed.

    Raises:
        UsageError: there is no such model, or a parameter is wrong or would have no effect.
        EngineError: the engine is not installed.
    """
    begin = start_from(model, engine, dataset, preprocessing, library)
    parts = split.parts if split else {}
    learned = dataset.subset(item.id for item in dataset.items if parts.get(item.id, "train") == "train")
    facts = known(dataset, split, begin.preprocessing) if split and split.ids("train") else {}
    config = TrainConfig(begin.model, begin.task, params=params, **facts)
    chosen = engines.ready(begin.engine)
    used = chosen.check(config)
    objects = Objects.concat([item.objects for item in learned.items]) if len(learned) else Objects.empty()
    taken, said = chosen.foresee(config, [item.size_wh for item in learned.items], objects)
    return Foreseen(
        begin.engine,
        begin.model,
        begin.parent,
        begin.task,
        begin.name,
        dict(Counter(parts.get(item.id, "new") for item in dataset.items)),
        {name: dataset.count(name) for name in dataset.classes},
        {**used, **taken},
        said,
    )
