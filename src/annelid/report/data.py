"""What a report tells: facts only, no layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annelid.diagnose import Diagnosis
from annelid.image import GroupSource
from annelid.objects import Objects

Evaluated = Mapping[str, Any]
"""What ``Evaluation.to_dict()`` returns."""


@dataclass(frozen=True)
class Step:
    """One thing that was done.

    Attributes:
        what: in a few words, for example ``import``.
        seconds: how long it took.
        note: what came of it, for example ``48 images, 1,512 nuclei``.
    """

    what: str
    seconds: float
    note: str = ""


@dataclass(frozen=True)
class PartFacts:
    """A part of the split: how many images, objects and groups it holds."""

    images: int
    objects: int
    groups: int = 0


@dataclass(frozen=True)
class DatasetFacts:
    """What was learned from and measured on.

    Attributes:
        images: number of images in all.
        objects: class name -> number of objects, in the order of the classes.
        parts: ``train``, ``val``, ``test`` -> what each holds.
        group_source: how it is known which images belong together.
        groups_by: what the groups are, for example ``well``; "" when not known.
    """

    images: int
    objects: Mapping[str, int]
    parts: Mapping[str, PartFacts]
    group_source: GroupSource = "assumed"
    groups_by: str = ""


@dataclass(frozen=True)
class ModelFacts:
    """The model and its training.

    Attributes:
        name: with its version, for example ``nuclei@v1``.
        engine: for example ``yolo``.
        epochs_run: how many epochs were run.
        best_epoch: the epoch that was kept, counted from 1.
        seconds: how long the training took.
        machine: in a few words: processor, memory, versions.
        params: every parameter as it was used.
        remarks: what is to be known of the training, a sentence each.
    """

    name: str
    engine: str
    epochs_run: int = 0
    best_epoch: int = 0
    seconds: float = 0.0
    machine: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Counts:
    """True and predicted objects of the measured part, at the confidence that is used.

    Attributes:
        truth: number of true objects.
        predicted: number of predicted objects.
        found: how many of them are the same, one to one.
        iou: overlap from which on they count as the same.
    """

    truth: int
    predicted: int
    found: int
    iou: float = 0.5

    @property
    def missed(self) -> int:
        """True objects without a prediction."""
        return self.truth - self.found

    @property
    def extra(self) -> int:
        """Predictions without a true object."""
        return self.predicted - self.found

    @property
    def f1(self) -> float:
        """``2 found / (truth + predicted)``; NaN when there is nothing at all."""
        both = self.truth + self.predicted
        return 2 * self.found / both if both else float("nan")


@dataclass(frozen=True, eq=False)
class Shown:
    """An image that is shown with its errors marked.

    Attributes:
        rank: which one it is: ``best``, ``median``, ``worst``.
        name: of the image.
        pixels: uint8 ``[y, x, 3]``.
        truth: true objects, in pixels of the picture.
        predicted: predicted objects.
        pairs: int (P, 2), true and predicted index of objects that are the same.
    """

    rank: str
    name: str
    pixels: NDArray[np.uint8]
    truth: Objects
    predicted: Objects
    pairs: ArrayLike

    @property
    def counts(self) -> Counts:
        """True, predicted and found objects of this image."""
        return Counts(len(self.truth), len(self.predicted), len(np.asarray(self.pairs).reshape(-1, 2)))


class FindingLike(Protocol):
    """A coded finding, whoever made it."""

    @property
    def code(self) -> str:
        """Short code."""

    @property
    def what(self) -> str:
        """What was found, in one sentence."""

    @property
    def why(self) -> str:
        """Why it matters."""

    @property
    def fix(self) -> str:
        """What to do about it."""


@dataclass(frozen=True)
class Finding:
    """A coded finding: what, why it matters, what to do about it."""

    code: str
    what: str
    why: str
    fix: str


@dataclass(frozen=True, eq=False)
class Diagnosed:
    """A finding about the training, and the image that shows it, if any."""

    finding: Diagnosis
    shown: Shown | None = None


@dataclass(frozen=True, eq=False)
class ReportData:
    """Everything that a report tells.

    Attributes:
        title: of the page.
        dataset: what was learned from.
        model: what learned.
        part: the part of the split on which the figures were measured.
        metrics: figures of the model, as ``Evaluation.to_dict()`` gives them.
        conf_source: where the confidence comes from, for example ``best F1 on the validation part``.
        baseline: the same of a plain threshold on the same images, or None.
        pictures: images with their errors, best first.
        curves: columns of ``results.csv`` (see `read_curves`).
        findings: what a check of the data found.
        diagnosis: what the training shows.
        steps: what was done, in order.
        files: what is in it -> path, as it shall be shown.
        commands: what to type next.
        methods: a paragraph for a paper; made from the facts when "".
        made: date and version, as they shall be shown.
    """

    title: str
    dataset: DatasetFacts
    model: ModelFacts
    part: Literal["test", "val", "train"]
    metrics: Evaluated
    conf_source: str = ""
    baseline: Evaluated | None = None
    pictures: Sequence[Shown] = ()
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    findings: Sequence[FindingLike] = ()
    diagnosis: Sequence[Diagnosed] = ()
    steps: Sequence[Step] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    commands: Sequence[str] = ()
    methods: str = ""
    made: str = ""

    @property
    def counts(self) -> Counts:
        """True, predicted and found objects of the measured part, at the confidence that is used."""
        thresholds = (self.metrics.get("bio") or {}).get("thresholds") or [{}]
        first = thresholds[0]
        tp, fp, fn = (int(first.get(key, 0)) for key in ("tp", "fp", "fn"))
        return Counts(tp + fn, tp + fp, tp, float(first.get("iou", 0.5)))

    @property
    def images(self) -> int:
        """Number of images that were measured."""
        return int(self.metrics.get("images", 0))
