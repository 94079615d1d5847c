"""The verbs about models, on top of those about data: train, resume, predict, propose, evaluate, report, models."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from annelid import export, jobs, memory, mixing, outside, predict, pretrained, run_record, start, train
from annelid.dataset import Dataset
from annelid.diagnose import Diagnosis, diagnose
from annelid.engines.base import PredictConfig, TrainConfig
from annelid.errors import UsageError
from annelid.foresee import Foreseen, foresee
from annelid.jobs import Event
from annelid.known import known
from annelid.leakage import accepted
from annelid.measured import (
    Measured,
    as_learned,
    best_confidence,
    compared,
    confidence_of_best_f1,
    measure,
    part_to_measure,
)
from annelid.models import Card
from annelid.parameter_file import complete, drop_lost_data, options_among, read_parameters, with_files
from annelid.predict import Model, find_model, unlike
from annelid.progress import Progress
from annelid.project.checking import CheckedProject
from annelid.proposals import proposals
from annelid.results import Predicted, Trained
from annelid.run_report import Extras, make_report
from annelid.split import Part, Split
from annelid.tracking import follow, ready
from annelid.tracking.sent import Sent, trackers_of

Watch = Callable[[Event], None]

EVERY_OBJECT = 30_000
"""No tile has more objects: a cap would change the figures."""
PATIENCE_SECONDS = 3600.0
"""Whoever asks to tell a tracker about a run waits for it."""
LEAST_CONFIDENCE = 0.001
"""AP needs the uncertain predictions too."""
_THRESHOLDS = ("conf", "iou", "max_det", "imgsz", "device")


class Project(CheckedProject):
    """A project folder: ``annelid.yaml``, ``annelid.db``, ``runs/``, ``models/``.

    Args:
        root: the folder.

    Raises:
        ProjectError: it is not a project.
    """

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
        allow_leakage: bool = False,
        track: Sequence[str] | None = None,
        cfg: Path | str | Mapping[str, Any] | None = None,
        mix: Sequence[Path | str] = (),
        class_map: Mapping[str, str] | None = None,
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
            allow_leakage: train although parts of the split share images (or groups); that is noted on the card and
                with every figure of the model.
            track: trackers that follow the run (``tensorboard``, ``mlflow``, ``wandb``, ``comet``, ``clearml``); None
                takes those of ``annelid.yaml``, which has none unless you write some there.
            cfg: parameters in a YAML file, or as a mapping; arguments win over it. What is of no use here is left out
                of it and said.
            mix: other annotated sets, in any format: their images join the train part.
            class_map: class of theirs -> class of the project, or "" to leave it out; None: they are the same.
            watch: called with every event of the training; None shows the progress.
            params: the engine's own parameters.

        Raises:
            UsageError: a parameter is wrong, there is nothing to train on, or parts of the split share images.
            EngineError: the training failed, or a tracker is not installed.
            Interrupted: it was stopped; `resume` goes on.
        """
        trackers = ready(self.settings.track if track is None else track)
        content = dict(read_parameters(Path(cfg)) if isinstance(cfg, str | Path) else cfg or {})
        said = drop_lost_data(content)
        model, name, data = options_among(content, model=model, name=name, data=data).values()
        dataset, split = outside.yolo_dataset(Path(data)) if data else (self._trainable(), self.split())
        if not dataset.classes:
            raise UsageError("there are no classes", next_step="annelid import LABELS first")
        dataset, split, mixed = mixing.mix(dataset, split, [Path(source) for source in mix], class_map or {})
        begin = start.start_from(model, engine, dataset, self.settings.preprocessing, self.library)
        facts = known(dataset, split, begin.preprocessing)
        config = TrainConfig(begin.model, begin.task, None, trust, with_files(params), **facts)
        config, left_out = complete(config, content, begin.engine)
        run_name = name if name is not None else begin.name or train.safe_name(self.root.name)
        leaks = accepted(dataset, split, self.root, begin.preprocessing, allow=allow_leakage, outside=bool(data))
        plan = train.Plan(run_name, begin.engine, config, begin.preprocessing, begin.parent, notes, bool(data), *leaks)
        plan = replace(plan, track=trackers, remarks=(*said, *left_out, *mixed.told), mixed=mixed.ids)
        return self._train(train.prepare(plan, dataset, split, self.root), watch)

    def foresee(self, *, model: str | None = None, engine: str = "yolo", **params: Any) -> Foreseen:
        """What a training would be made of; nothing is started, and nothing is divided.

        Args:
            model: as `train`.
            engine: as `train`.
            params: the engine's own parameters.

        Raises:
            UsageError: there is no such model, or a parameter is wrong or would have no effect.
            EngineError: the engine is not installed.
        """
        now = self.settings
        asked: dict[str, Any] = {"model": model, "engine": engine, "params": params}
        return foresee(self._trainable(), self._last_split(), now.preprocessing, self.library, **asked)

    def resume(
        self,
        run: Path | str,
        *,
        batch: int | None = None,
        track: Sequence[str] | None = None,
        watch: Watch | None = None,
    ) -> Trained:
        """Go on with an interrupted run, named or given by its path; errors as `train`.

        Args:
            run: the run.
            batch: take so many images at once from now on, and as many to a step as before; None changes nothing.
            track: trackers that follow it from now on; None takes those that did before.
            watch: called with every event of the training; None shows the progress.
        """
        named = self.root / "runs" / run
        job = train.resume(named if named.exists() else Path(run).resolve(), batch)
        trackers = ready(job.arguments.get("track", ()) if track is None else track)
        return self._train(replace(job, arguments={**job.arguments, "track": list(trackers)}), watch)

    def _train(self, job: jobs.Job, watch: Watch | None) -> Trained:
        watch = watch or Progress()
        watch(Event("run", {"run": job.folder.name}))
        done = memory.run(job, watch)
        card = Card.from_dict(done["card"])
        self._log("train", dict(job.arguments["config"]["params"]), {"model": card.reference, "metrics": card.metrics})
        measured = self.evaluate(card.reference, part="val", watch=watch)
        card = self.library.get(card.reference)
        conf = best_confidence(measured)
        if conf is not None and "conf" not in job.arguments["config"]["params"]:
            card = self.library.note_threshold(card, "conf", conf)
        return Trained(card, Path(done["run"]), follow.finish(Path(done["run"]), job.arguments.get("track", ())))

    def track(self, run: Path | str, *trackers: str) -> dict[str, Sent]:
        """Tell trackers about a run, from where they stopped: one made without them, or figures measured since.

        Args:
            run: the name or folder of a run, or a model that came of one.
            trackers: which; none takes those that know it, else those of ``annelid.yaml``.

        Returns:
            Tracker -> how far it has come. Those of a run that goes on follow it by themselves.

        Raises:
            UsageError: there is no such run or tracker, or none was named anywhere.
            EngineError: a tracker is not installed.
        """
        folder, _ = self._run_and_card(run)
        names = ready(trackers or trackers_of(folder) or self.settings.track)
        if not names:
            step = f"name one: annelid track {folder.name} --to mlflow"
            raise UsageError(f"no tracker follows run {folder.name}", next_step=step)
        if jobs.still_runs(folder):
            return follow.begin(folder, names)
        return follow.finish(folder, names, PATIENCE_SECONDS)

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
        config = PredictConfig(**{**model.thresholds, **given, "tile": model.tile, "zoom": model.zoom, "trust": trust})
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
        # others may have worked meanwhile
        now = [item for item in self.store.items(i.id for i in items) if item.state != "reviewed"]
        changes = proposals(now, predicted, used.reference)
        self.store.save_many(changes)
        self._log("propose", {"model": model}, {"images": len(items)})
        return {i.image.path: len(changes[i.id].upsert) if i.id in changes else 0 for i in predicted.items}

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
        self,
        model: str,
        *,
        part: Part | None = None,
        compare: str | None = None,
        watch: Watch | None = None,
        **thresholds: Any,
    ) -> Measured:
        """Measure a model on a part of the split, at the images' own resolution.

        P and R are given at the confidence of best F1 on the validation part.

        Args:
            model: a model of the library, or ``threshold``.
            part: ``test``, ``val`` or ``train``; None is test where there is one, else val.
            compare: another model: is the first better on the same images? See `Measured.comparison`.
            watch: called with every event; None shows the progress.
            thresholds: ``iou``, ``max_det``, ``imgsz``, ``device``; every confidence counts.

        Raises:
            UsageError: the part is empty, there is no such model, or the two can't be measured on the same images.
        """
        used = self._model(model)
        other = self.evaluate(compare, part=part, watch=watch, **thresholds) if compare else None
        dataset, split = self._measured_on(used.card)
        if "conf" in thresholds:
            raise UsageError("conf has no effect here: every confidence counts", next_step="leave it out")
        part = part_to_measure(part, split, dataset)
        run = self._run_to_note(used.card, split)
        also = run_record.sample_of_train(dataset, split) if run and part != "test" else []
        wanted = dataset.subset({*(i for i, p in split.parts.items() if p in (part, "val")), *also})
        asked = {"max_det": EVERY_OBJECT, **_given(thresholds), "conf": LEAST_CONFIDENCE}
        wanted = as_learned(wanted, used)
        predicted, losses = self._predict(used, [i.view for i in wanted.items], asked, watch, trust=False)
        conf = confidence_of_best_f1(wanted, predicted, split) if part != "val" else None
        done = measure(used, wanted, predicted, split, part, conf, losses)
        done = compared(done, other) if other else done
        if used.card:
            done = replace(done, notes=(*used.card.leakage, *done.notes))
            self.library.note_metrics(used.card, part, done.evaluation.to_dict()["metrics"])
            if run:
                read = wanted.subset(item.id for item in predicted.items)
                run_record.note_outcomes(run, done, read, predicted, split)
            self._write_report(used.card, done, dataset, split, Extras())
        self._log("evaluate", {"model": model, "part": part}, done.headline())
        return done

    def _run_to_note(self, card: Card | None, split: Split) -> Path | None:
        """The folder of the run that a model came of, if its data are divided as they were then."""
        run = self.root / "runs" / card.run if card and card.run else None
        return run if card and run and run.is_dir() and run_record.is_as_trained(card, split) else None

    def diagnose(self, run: Path | str, *, watch: Watch | None = None) -> list[Diagnosis]:
        """What a training shows: coded findings with what is seen, why it matters and what to type.

        Args:
            run: the name or folder of a run, or a model that came of one.
            watch: called with every event, where predictions have to be made first; None shows the progress.

        Raises:
            UsageError: there is no such run.
        """
        folder, card = self._run_and_card(run)
        if card and not run_record.read_outcomes(folder) and self._run_to_note(card, self._measured_on(card)[1]):
            self.evaluate(card.reference, part="val", watch=watch)
        return diagnose(run_record.read_record(folder, card))

    def _run_and_card(self, run: Path | str) -> tuple[Path, Card | None]:
        """The folder of a run and the latest model that came of it."""
        folder = next((p for p in (self.root / "runs" / run, Path(run).resolve()) if (p / "job.json").is_file()), None)
        if folder is None:
            card = self.library.get(str(run))
            return self.root / "runs" / card.run, card
        return folder, next((card for card in reversed(self.library.cards()) if card.run == folder.name), None)

    def report(self, measured: Measured, extras: Extras | None = None) -> Path | None:
        """Write the report of the run that a measured model came of; None where there is no such run.

        Args:
            measured: what `evaluate` returned.
            extras: what else there is to tell.
        """
        card = self._model(measured.model).card
        return self._write_report(card, measured, *self._measured_on(card), extras or Extras()) if card else None

    def _measured_on(self, card: Card | None) -> tuple[Dataset, Split]:
        """The data of a model that was trained outside of the project, else the project's."""
        return train.data_of(card, self.root) if card and card.outside else (self._trainable(), self.split())

    def _write_report(
        self, card: Card, measured: Measured, dataset: Dataset, split: Split, extras: Extras
    ) -> Path | None:
        run = self.root / "runs" / card.run
        if not card.run or not run.is_dir():
            return None
        return make_report(run, card, measured, dataset, split, self.root, extras)

    def fetch(self, name: str) -> Path:
        """Download official weights by name; see `annelid.pretrained.fetch`."""
        return pretrained.fetch(name, self.library.folder / "fetched")

    def models(self) -> list[Card]:
        """Every model version, oldest first."""
        return self.library.cards()


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}
