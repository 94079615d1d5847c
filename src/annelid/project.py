"""Project: every verb of Annelid as a method. The command line and the demo call nothing else."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from annelid import doctor, export, ingest, jobs, outside, predict, pretrained, settings, start, train
from annelid.check import check as check_data
from annelid.check.finding import Finding
from annelid.convert import convert
from annelid.dataset import Dataset, LabeledImage, State
from annelid.engines.base import PredictConfig, TrainConfig
from annelid.errors import UsageError
from annelid.folder import DATABASE, dataset_of, make_project, require_project
from annelid.formats.base import LossReport
from annelid.jobs import Event
from annelid.measured import Measured, as_learned, best_confidence, confidence_of_best_f1, measure, part_to_measure
from annelid.models import Card, Library
from annelid.predict import Model, find_model, unlike
from annelid.preprocess import Preprocessing
from annelid.progress import Progress
from annelid.proposals import proposals
from annelid.results import Predicted, Previewed, Status, Trained
from annelid.run_report import Extras, make_report
from annelid.settings import Settings
from annelid.split import Part, Split, split_dataset
from annelid.store import Store
from annelid.store.changes import Revision

Watch = Callable[[Event], None]

EVERY_OBJECT = 30_000
"""No tile has more objects: a cap would change the figures."""
LEAST_CONFIDENCE = 0.001
"""AP needs the uncertain predictions too."""
_THRESHOLDS = ("conf", "iou", "max_det", "imgsz", "device")


class Project:
    """A project folder: ``annelid.yaml``, ``annelid.db``, ``runs/``, ``models/``.

    Args:
        root: the folder.

    Raises:
        ProjectError: it is not a project.
    """

    def __init__(self, root: Path | str = ".") -> None:
        self.root = require_project(Path(root)).resolve()
        self.store = Store.open(self.root / DATABASE)
        self.library = Library(self.root)

    @classmethod
    def init(
        cls, root: Path | str, *, classes: Sequence[str] = (), preprocessing: Mapping[str, Any] | None = None
    ) -> Self:
        """Make a project in a folder, which may hold other things.

        Args:
            root: the folder; it is made where it does not exist.
            classes: class names in order; () takes those of the first annotation.
            preprocessing: see `annelid.preprocess.Preprocessing`.

        Raises:
            ProjectError: there is a project already.
            UsageError: the classes or the preprocessing make no sense.
        """
        chosen = Settings(tuple(classes), Preprocessing.from_dict(dict(preprocessing or {})))
        make_project(Path(root), chosen)
        return cls(root)

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- data --------------------------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The content of ``annelid.yaml``, read anew."""
        return settings.load(self.root)

    def dataset(self) -> Dataset:
        """Everything as it is now: all images with their objects, whatever their state."""
        return Dataset(self.settings.classes, tuple(self.store.items()))

    def _trainable(self) -> Dataset:
        """What a person has annotated: drafts of a model are not learned from, nor counted as truth."""
        items = self.store.items()
        return dataset_of(self.root, [i for i in items if i.covered and i.state == "reviewed"])

    def import_(self, *sources: Path | str, **wish: Any) -> ingest.Imported:
        """Import images and annotations (`annelid.ingest.Wish` says what can be wished for).

        Raises:
            UsageError: nothing to import, or classes that the project does not have.
            AnnotationError: the annotation can't be read; nothing was imported.
        """
        now = self.settings
        paths = {key: Path(wish[key]) for key in ("labels", "images") if wish.get(key)}
        wanted = ingest.Wish(tuple(map(Path, sources)), **{**wish, **paths})
        done = ingest.ingest(self.store, self.root, now.classes, wanted, lambda names: self.add_classes(*names))
        if done.parts:
            self._keep_parts(done.parts)
        self._log("import", {"sources": list(map(str, sources))}, ingest.summary(done))
        return done

    def _keep_parts(self, parts: Mapping[str, str]) -> None:
        """The split that the source brought, on top of the present one."""
        previous = self._last_split()
        merged = {**(previous.parts if previous else {}), **parts}
        split = outside.given_split(self._trainable(), merged)
        self.store.save_split(split.to_dict())

    def status(self) -> Status:
        """What the project holds."""
        return Status.of(self.dataset(), self._last_split(), self.library.cards(), self.root)

    def preview(self, *images: Path | str, out: Path | str | None = None) -> list[Previewed]:
        """Write pictures of images before and after preprocessing.

        Args:
            images: names or paths of images of the project; none takes the first three.
            out: folder for the pictures; default ``previews/`` in the project.
        """
        folder = Path(out) if out else self.root / "previews"
        chosen, frozen = self._items_named(images)[: None if images else 3], self.settings.preprocessing
        folder.mkdir(parents=True, exist_ok=True)
        before = Preprocessing(range="none") if frozen.range != "none" else Preprocessing()
        return [Previewed.make(item, self.root, before, frozen, folder) for item in chosen]

    def _items_named(self, names: Iterable[Path | str]) -> list[LabeledImage]:
        items, wanted = self.store.items(), [str(n) for n in names]
        if not wanted:
            return items
        found = [
            i
            for i in items
            if {i.id, i.image.path, i.image.name, i.image.stem} & set(wanted)
            or any((self.root / i.image.path) == Path(w).resolve() for w in wanted)
        ]
        if not found:
            raise UsageError(f"the project has no image {wanted[0]}", next_step="annelid status lists what there is")
        return found

    def classes(self) -> dict[str, int]:
        """Class -> number of objects, in the order of the classes."""
        dataset = self.dataset()
        return {name: dataset.count(name) for name in dataset.classes}

    def add_classes(self, *names: str) -> None:
        """Put new classes behind the others."""
        now = self.settings
        settings.save(self.root, dataclasses.replace(now, classes=tuple(dict.fromkeys((*now.classes, *names)))))
        self._log("classes", {"add": list(names)}, {})

    def map_classes(self, mapping: Mapping[str, str | None], *, author: str = "human") -> dict[str, int]:
        """Rename, merge or delete classes in every image; each image gets a revision that can be restored.

        Args:
            mapping: old name -> new name; the same new name for several merges them; None deletes the objects.
            author: who does it.

        Returns:
            View id -> new revision, for the images that changed.

        Raises:
            UsageError: the project has no such class.
        """
        now = self.settings
        unknown = [name for name in mapping if name not in now.classes]
        if unknown:
            known = ", ".join(now.classes) or "none yet"
            raise UsageError(f"the project has no class {unknown[0]!r}", next_step=f"it has {known}")
        revisions = self.store.relabel(dict(mapping), author)
        renamed = [mapping.get(name, name) for name in now.classes]
        kept = tuple(dict.fromkeys(name for name in renamed if name is not None))
        settings.save(self.root, dataclasses.replace(now, classes=kept))
        self._log("classes", {"map": dict(mapping)}, {"images": len(revisions)})
        return revisions

    def check(self) -> list[Finding]:
        """Findings about the data: duplicates, leakage, imbalance, suspicious objects."""
        return list(check_data(self.dataset(), self._last_split()))

    def split(
        self,
        *,
        val: float | None = None,
        test: float | None = None,
        seed: int | None = None,
        by: str | None = None,
        resplit: bool = False,
    ) -> Split:
        """Divide the annotated images by group; new images join, old ones stay where they are.

        Args:
            val: share of the images for validation; None is what ``annelid.yaml`` says.
            test: share for testing.
            seed: another seed, another split.
            by: ``group``, or ``image`` where images are independent of each other.
            resplit: divide anew; models trained before may then have seen the new test images, which is said
                wherever they are measured.

        Raises:
            UsageError: nothing is annotated, or other shares are wished for than the split has.
        """
        now = self.settings
        typed: dict[str, Any] = {
            k: v for k, v in {"val": val, "test": test, "seed": seed, "by": by}.items() if v is not None
        }
        policy = dataclasses.replace(now.split, **typed)
        previous = None if resplit else self._last_split()
        if previous and typed and policy != now.split:
            raise UsageError("the images are divided already", next_step="--resplit divides them anew")
        dataset = self._trainable()
        if not len(dataset):
            raise UsageError("no image is annotated yet", next_step="annelid import LABELS, or annelid propose")
        split = split_dataset(dataset, **vars(policy), previous=previous)
        if policy != now.split:
            settings.save(self.root, dataclasses.replace(now, split=policy))
        self.store.save_split(split.to_dict())
        self._log("split", {**vars(policy), "resplit": resplit}, {"parts": _counts(split)})
        return split

    def _last_split(self) -> Split | None:
        kept = self.store.last_split()
        return Split.from_dict(kept) if kept else None

    def export(self, out: Path | str, format: str = "coco", *, state: State = "reviewed") -> LossReport:  # noqa: A002
        """Write images with their annotation for other programs; returns what the format could not carry.

        Args:
            out: new folder.
            format: see `annelid.formats`.
            state: ``reviewed`` images, or ``draft`` ones to correct elsewhere and import again.

        Raises:
            UsageError: ``out`` exists, no image is in that state, or there is no such format.
        """
        split = self._last_split()
        items = tuple(item for item in self.store.items() if item.state == state)
        if not items:
            raise UsageError(f"no image is {state}", next_step="annelid status shows what there is")
        dataset = dataset_of(self.root, items)
        parts = split.parts if split else {}
        return export.export_dataset(dataset, Path(out), format, self.root, self.settings.preprocessing, parts)

    convert = staticmethod(convert)
    doctor = staticmethod(doctor.examine)

    def revisions(self, image: str) -> list[Revision]:
        """The history of an image's annotation, oldest first."""
        return self.store.revisions(self._items_named([image])[0].id)

    def restore(self, image: str, revision: int, *, author: str = "human") -> int:
        """Bring an earlier revision back, as a new one, with its classes; returns its number.

        Raises:
            UsageError: there is no such image or revision.
        """
        view_id = self._items_named([image])[0].id
        objects = self.store.item(view_id, revision).objects
        lost = set(map(str, objects.labels[~objects.ignore])).difference(self.settings.classes)
        if lost:
            self.add_classes(*sorted(lost))
        return self.store.restore(view_id, revision, author)

    def backup(self, path: Path | str) -> None:
        """Write a consistent copy of the database."""
        self.store.backup(Path(path))

    # --- training ----------------------------------------------------------------------------------------------

    def train(
        self,
        *,
        model: str | None = None,
        engine: str = "yolo",
        name: str | None = None,
        data: Path | str | None = None,
        notes: str = "",
        trust: bool = False,
        watch: Watch | None = None,
        **params: Any,
    ) -> Trained:
        """Train on the annotated images, in a process of its own; the model joins the library.

        Args:
            model: ``yolo11n-seg.yaml``, ``X.pt``, ``NAME@v2``, the name of a run; None is the engine's default.
            engine: ``yolo`` or ``threshold``.
            name: name of the run and of the model.
            data: a ``data.yaml``: train on that data set, with its own split, instead of the project's images.
            notes: free text for the model's card.
            trust: load weights of unknown origin even though they may carry code.
            watch: called with every event of the training; None shows the progress.
            params: the engine's own parameters.

        Raises:
            UsageError: a parameter is wrong, or there is nothing to train on.
            EngineError: the training failed.
            Interrupted: it was stopped; `resume` goes on.
        """
        dataset, split = outside.yolo_dataset(Path(data)) if data else (self._trainable(), self.split())
        if not dataset.classes:
            raise UsageError("there are no classes", next_step="annelid import LABELS first")
        begin = start.start_from(model, engine, dataset, self.settings.preprocessing, self.library)
        config = TrainConfig(begin.model, begin.task, None, trust, params)
        run_name = name if name is not None else begin.name or train.safe_name(self.root.name)
        plan = train.Plan(run_name, begin.engine, config, begin.preprocessing, begin.parent, notes, bool(data))
        return self._train(train.prepare(plan, dataset, split, self.root), watch)

    def resume(self, run: Path | str, *, watch: Watch | None = None) -> Trained:
        """Go on with an interrupted run, named or given by its path; errors as `train`."""
        named = self.root / "runs" / run
        return self._train(train.resume(named if named.exists() else Path(run).resolve()), watch)

    def _train(self, job: jobs.Job, watch: Watch | None) -> Trained:
        done = jobs.run(job, watch or Progress())
        card = Card.from_dict(done["card"])
        self._log("train", dict(job.arguments["config"]["params"]), {"model": card.reference, "metrics": card.metrics})
        measured = self.evaluate(card.reference, part="val", watch=watch)
        card = self.library.get(card.reference)
        conf = best_confidence(measured)
        if conf is not None and "conf" not in job.arguments["config"]["params"]:
            card = self.library.note_threshold(card, "conf", conf)
        return Trained(card, Path(done["run"]))

    # --- prediction --------------------------------------------------------------------------------------------

    def predict(
        self,
        model: str,
        *sources: Path | str,
        out: Path | str | None = None,
        save: Sequence[str] = ("coco",),
        watch: Watch | None = None,
        trust: bool = False,
        **thresholds: Any,
    ) -> Predicted:
        """Find objects on images, with the preprocessing that the model was trained with.

        Args:
            model: ``NAME@v2``, ``X.pt``, the name of a run, or ``threshold``.
            sources: image files and folders; none takes the project's images.
            out: new folder for what is saved; None saves nothing.
            save: any of ``coco``, ``yolo``, ``masks``, ``overlays``.
            watch: called with every event; None shows the progress.
            trust: load weights of unknown origin even though they may carry code.
            thresholds: ``conf``, ``iou``, ``max_det``, ``imgsz``, ``device``; those left out are the model's own.

        Raises:
            UsageError: there is no such model, or no image.
            EngineError: prediction failed.
        """
        export.check_saves(saves=save, out=Path(out) if out is not None else None)
        views, losses = outside.views(map(Path, sources)) if sources else (self.store.views(), [])
        used = self._model(model)
        dataset, unreadable = self._predict(used, views, thresholds, watch, trust)
        written: dict[str, Path] = {}
        losses += [*unlike(used.card, views), *unreadable]
        if out is not None:
            written, lost = export.save_predictions(dataset, Path(out), save, self.root, used.preprocessing)
            losses += lost.losses
        self._log("predict", {"model": model, **thresholds}, {"images": len(dataset)})
        return Predicted(used.reference, dataset, written, tuple(losses))

    def _model(self, model: str) -> Model:
        return find_model(model, self.library, self.settings)

    def _predict(
        self, model: Model, views: Sequence[Any], thresholds: Mapping[str, Any], watch: Watch | None, trust: bool
    ) -> tuple[Dataset, list[Any]]:
        given = _given(thresholds)
        if unknown := sorted(given.keys() - _THRESHOLDS):
            raise UsageError(f"{unknown[0]!r} is no threshold", next_step=f"known are: {', '.join(_THRESHOLDS)}")
        config = PredictConfig(**{**model.thresholds, **given, "tile": model.tile, "trust": trust})
        folder = self.root / "jobs" / f"predict-{uuid.uuid4().hex[:8]}"
        done = jobs.run(predict.prepare(folder, views, self.root, model, config), watch or Progress())
        return predict.collect(folder, done)

    def propose(
        self, model: str = "threshold", *images: str, watch: Watch | None = None, **thresholds: Any
    ) -> dict[str, int]:
        """Pre-label images that nobody has annotated, as drafts to be corrected.

        Args:
            model: a model of the library, or ``threshold``.
            images: names of images; none takes all that are new or draft.
            watch: called with every event; None shows the progress.
            thresholds: as `predict`.

        Returns:
            Image path -> number of proposed objects.
        """
        items = [i for i in self._items_named(images) if i.state != "reviewed"]
        if not items:
            what = "every image is annotated already" if self.store.views() else "there are no images"
            raise UsageError(what, next_step="annelid import (more) images first")
        used = self._model(model)
        predicted, _ = self._predict(used, [i.view for i in items], thresholds, watch, trust=False)
        self._check_proposed_classes(predicted)
        now = [item for item in self.store.items(i.id for i in items) if item.state != "reviewed"]
        self.store.save_many(proposals(now, predicted, used.reference))  # others may have worked meanwhile
        self._log("propose", {"model": model}, {"images": len(items)})
        return {item.image.path: len(item.objects) for item in predicted.items}

    def _check_proposed_classes(self, predicted: Dataset) -> None:
        new = [name for name in predicted.classes if name not in self.settings.classes]
        if new and self.settings.classes:
            raise UsageError(
                f"the model finds {', '.join(new)}, which the project does not have as classes",
                next_step=f"annelid classes add {' '.join(new)}",
            )
        if new:
            self.add_classes(*new)

    def evaluate(
        self, model: str, *, part: Part | None = None, watch: Watch | None = None, **thresholds: Any
    ) -> Measured:
        """Measure a model on a part of the split, at the images' own resolution.

        P and R are given at the confidence of best F1 on the validation part.

        Args:
            model: a model of the library, or ``threshold``.
            part: ``test``, ``val`` or ``train``; None is test where there is one, else val.
            watch: called with every event; None shows the progress.
            thresholds: ``iou``, ``max_det``, ``imgsz``, ``device``; every confidence counts.

        Raises:
            UsageError: the part is empty, or there is no such model.
        """
        used = self._model(model)
        dataset, split = (
            train.data_of(used.card, self.root)
            if used.card and used.card.outside
            else (self._trainable(), self.split())
        )
        if "conf" in thresholds:
            raise UsageError("conf has no effect here: every confidence counts", next_step="leave it out")
        part = part_to_measure(part, split, dataset)
        wanted = dataset.subset(i for i, p in split.parts.items() if p in (part, "val"))
        asked = {"max_det": EVERY_OBJECT, **_given(thresholds), "conf": LEAST_CONFIDENCE}
        wanted = as_learned(wanted, used)
        predicted, losses = self._predict(used, [i.view for i in wanted.items], asked, watch, trust=False)
        conf = confidence_of_best_f1(wanted, predicted, split) if part != "val" else None
        done = measure(used, wanted, predicted, split, part, conf, losses)
        if used.card:
            self.library.note_metrics(used.card, part, done.evaluation.to_dict()["metrics"])
            self.report(done)
        self._log("evaluate", {"model": model, "part": part}, done.headline())
        return done

    def report(self, measured: Measured, extras: Extras | None = None) -> Path | None:
        """Write the report of the run that a measured model came of; None where there is no such run.

        Args:
            measured: what `evaluate` returned.
            extras: what else there is to tell.
        """
        card = self._model(measured.model).card
        run = self.root / "runs" / (card.run if card else "")
        if card is None or not card.run or not run.is_dir():
            return None
        dataset, split = train.data_of(card, self.root) if card.outside else (self._trainable(), self.split())
        return make_report(run, card, measured, dataset, split, self.root, extras or Extras())

    def fetch(self, name: str) -> Path:
        """Download official weights by name; see `annelid.pretrained.fetch`."""
        return pretrained.fetch(name, self.library.folder / "fetched")

    def models(self) -> list[Card]:
        """Every model version, oldest first."""
        return self.library.cards()

    def _log(self, verb: str, args: Mapping[str, Any], summary: Mapping[str, Any]) -> None:
        self.store.log(verb, jobs.plain(args), jobs.plain(summary))


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}


def _counts(split: Split) -> dict[str, int]:
    return {part: list(split.parts.values()).count(part) for part in ("train", "val", "test")}
