"""Find the objects on images of any size with a model and its own preprocessing."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from annelid import engines, tiling
from annelid.dataset import Dataset, LabeledImage
from annelid.engines.base import PredictConfig, Predictor, Report
from annelid.errors import ImageError, Interrupted
from annelid.formats.base import Loss
from annelid.image import View
from annelid.jobs import Job, all_or_nothing
from annelid.models import Card, Library
from annelid.objects import Objects
from annelid.preprocess import Preprocessing
from annelid.readers.view import open_view
from annelid.settings import Settings
from annelid.start import weights_file


@dataclasses.dataclass(frozen=True)
class Model:
    """A model that is ready to predict.

    Attributes:
        reference: how it is named.
        engine: which engine loads it.
        weights: its file; "" for an engine that needs none.
        classes: class names; () takes those in the weights.
        preprocessing: replayed on every image.
        thresholds: conf, iou, max_det that it predicts with unless told otherwise.
        tile: longest side in pixels of the pictures it was trained on.
        zoom: input pixels for each image pixel, where it was trained on windows of larger images.
        card: its card, when it is in the library.
    """

    reference: str
    engine: str
    weights: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    thresholds: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    tile: int | None = None
    zoom: float | None = None
    card: Card | None = None


def find_model(model: str, library: Library, settings: Settings) -> Model:
    """The model that a name means.

    Args:
        model: ``NAME@v2``, ``NAME``, the name of a run, the path of a ``.pt``, ``sam:`` before the name of a SAM,
            MobileSAM, SAM 2 or FastSAM, or an engine that can predict untrained (``threshold``).
        library: the project's models.
        settings: the project's; its preprocessing is used where the model has none of its own.

    Raises:
        UsageError: there is no such model.
    """
    if model == "threshold":
        return Model(model, model, "", settings.classes[:1], settings.preprocessing)
    if model.startswith("sam:"):
        weights = weights_file(model.removeprefix("sam:"), library)
        return Model(model.removesuffix(".pt"), "sam", str(weights), settings.classes[:1], settings.preprocessing)
    if model.endswith(".pt"):
        return Model(Path(model).stem, "yolo", str(weights_file(model, library)), (), settings.preprocessing)
    card = library.get(model)
    return Model(
        card.reference,
        card.engine,
        str(library.weights(card)),
        card.classes,
        Preprocessing.from_dict(card.preprocessing),
        card.thresholds,
        card.tile,
        card.zoom,
        card,
    )


def unlike(card: Card | None, views: Sequence[View]) -> list[Loss]:
    """Images whose channels are not those that the model was trained on."""
    if card is None or not card.channels:
        return []
    others = [view.image for view in views if len(view.image.channels) != len(card.channels)]
    what = f"{{}} channel(s), but the model was trained on {len(card.channels)}: what it finds here may be nonsense"
    return [Loss("channels-differ", what.format(len(image.channels)), image.path) for image in others]


def prepare(folder: Path, views: Sequence[View], root: Path, model: Model, config: PredictConfig) -> Job:
    """The job that predicts on some views.

    Args:
        folder: the job's folder.
        views: where to look for objects.
        root: folder that the images' paths are relative to.
        model: what to predict with.
        config: how to predict.
    """
    items = tuple(LabeledImage(view, Objects.empty()) for view in views)
    with all_or_nothing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        Dataset(model.classes, items).save(folder / "images.npz")
    described = {
        "engine": model.engine,
        "weights": model.weights,
        "classes": list(model.classes),
        "preprocessing": model.preprocessing.to_dict(),
        "author": f"model:{model.reference}",
    }
    arguments = {"root": str(root), "model": described, "config": dataclasses.asdict(config)}
    return Job("predict", folder, arguments)


def collect(folder: Path, done: Mapping[str, Any]) -> tuple[Dataset, list[Loss]]:
    """What a finished job found, and the images that could not be read; the job's folder goes."""
    predicted = Dataset.load(Path(done["predictions"]))
    shutil.rmtree(folder, ignore_errors=True)
    losses = [Loss("image-unreadable", u["why"], u["image"]) for u in done["unreadable"]]
    what = "max_det was reached on so many tiles: there may be more objects; predict with a larger --max-det"
    losses += [Loss("max-det-reached", what, image, count=tiles) for image, tiles in done["capped"].items()]
    return predicted, losses


def work(job: Job, report: Report) -> dict[str, Any]:
    """The worker's side: predict on every image and keep the objects in ``predictions.npz``.

    Returns:
        ``predictions`` (path), ``images`` and ``objects`` (numbers), ``unreadable`` (images and why), ``capped``
        (image -> number of tiles on which ``max_det`` was reached).
    """
    images = Dataset.load(job.folder / "images.npz")
    model, config = job.arguments["model"], PredictConfig(**job.arguments["config"])
    predictor = _load(model, config)
    preprocessing = Preprocessing.from_dict(model["preprocessing"])
    done: list[LabeledImage] = []
    unreadable: list[dict[str, str]] = []
    capped: dict[str, int] = {}

    def on_tile(item: LabeledImage, found: int, tile: int, of: int) -> None:
        if (job.folder / "stop").exists():
            raise Interrupted(f"stopped after {len(done)} of {len(images)} images")
        if found >= config.max_det:
            capped[item.image.path] = capped.get(item.image.path, 0) + 1
        if of > 1:
            report("batch", {"what": f"{item.image.name}, tile", "done": tile, "of": of})

    for item in images.items:
        try:
            root, each = Path(job.arguments["root"]), partial(on_tile, item)
            objects = predict_view(predictor, item.view, root, preprocessing, each)
        except ImageError as error:
            unreadable.append({"image": item.image.path, "why": str(error)})
            continue
        objects = objects.replace(authors=model["author"])
        done.append(dataclasses.replace(item, objects=objects, state="draft"))
        report("progress", {"what": "predicting", "done": len(done), "of": len(images), "objects": len(objects)})
    classes = images.classes or tuple(dict.fromkeys(label for item in done for label in item.objects.labels))
    Dataset(classes, tuple(done)).save(job.folder / "predictions.npz")
    return {
        "predictions": str(job.folder / "predictions.npz"),
        "images": len(done),
        "objects": sum(len(item.objects) for item in done),
        "unreadable": unreadable,
        "capped": capped,
    }


def _load(model: Mapping[str, Any], config: PredictConfig) -> Predictor:
    return engines.ready(model["engine"]).load(Path(model["weights"]), config, model["classes"])


def predict_view(
    predictor: Predictor,
    view: View,
    root: Path,
    preprocessing: Preprocessing,
    on_tile: Callable[[int, int, int], None] | None = None,
) -> Objects:
    """Objects on one view, in coordinates of the full-resolution image; larger than a tile it is cut into tiles.

    Args:
        predictor: finds the objects on a tile.
        view: where to look.
        root: folder that the image's path is relative to.
        preprocessing: how pixels become what the predictor sees.
        on_tile: called after each tile with the number of objects found on it, its number, and the number of tiles.

    Raises:
        ImageError: the image is missing or cannot be read.
    """
    with open_view(view, root) as file:
        fitted = preprocessing.fit(file.overview(), file.info)
        size_wh = file.info.size_wh
        cover = tiling.tiles(size_wh, predictor.spec.tile, predictor.spec.overlap)
        found = []
        for number, tile in enumerate(cover, start=1):
            pixels = fitted.apply(file.read(tile.read), tile.read)
            found.append((tile, predictor([pixels])[0]))
            if on_tile is not None:
                on_tile(len(found[-1][1]), number, len(cover))
    return found[0][1] if len(found) == 1 else tiling.merge(found, size_wh)
