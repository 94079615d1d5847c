"""What an engine is: the small surface behind which every heavy tool lives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from annelid.dataset import Task
from annelid.errors import UsageError
from annelid.objects import Objects

OWN_LINE = "#annelid "
"""Begins a line of an ``args.yaml`` with a parameter that only Annelid knows: to others it is a comment."""

Pixels = NDArray[np.uint8]
Report = Callable[[str, Mapping[str, Any]], None]
"""``report(event, data)``: events are ``header``, ``log``, ``epoch``, ``batch``, ``progress``, ``note``.

A ``note`` (``text``) is something that the user has to know and that goes on the model's card. An event with ``batch``
says how many images are taken at once: when memory is full, the training is started again with half of them.
"""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a training.

    Attributes:
        default: Annelid's default; where it is Ultralytics' own, so is the meaning.
        meaning: one line for the user.
        low: least value, for numbers.
        high: greatest value, for numbers.
        choices: allowed values, for words.
        optional: whether None is a value.
        also: further types that are accepted beside that of the default.
        usual: what people take, in a few words; "" where that is the default.
    """

    default: Any
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    optional: bool = False
    also: tuple[type, ...] = ()
    usual: str = ""


@dataclass(frozen=True)
class TrainConfig:
    """One training.

    Attributes:
        model: an architecture (``yolo11n-seg.yaml``) or the path of weights to start from.
        task: detect or segment.
        resume: path of the state to go on from, or None for a new training.
        trust: load weights of unknown origin even though they may carry code.
        params: the engine's own parameters under their own names (``epochs``, ``imgsz``, ``lr0`` ...).
        batch: images at once, where memory turned out to have no room for more; wins over `params`. As many as
            before go into one step.
        classes: how many classes the data have; 0 is unknown, as are the following two where they are left out.
        grey: whether every picture is grey.
        rarest: share of the training images that show the rarest class.
    """

    model: str
    task: Task
    resume: Path | None = None
    trust: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)
    batch: int | None = None
    classes: int = 0
    grey: bool = False
    rarest: float = 0.0

    @property
    def from_scratch(self) -> bool:
        """Whether training starts from an architecture rather than from weights."""
        return self.model.endswith((".yaml", ".yml"))


@dataclass(frozen=True)
class Example:
    """One picture to learn from.

    Attributes:
        path: uint8 RGB ``[y, x, c]`` as ``.npy``, already preprocessed and cropped to what is annotated: decoded
            once, mapped into memory as often as it is needed.
        objects: the objects on it, in pixels of that picture.
    """

    path: Path
    objects: Objects

    def pixels(self, *, in_memory: bool = False) -> Pixels:
        """uint8 RGB ``[y, x, c]``; mapped from its file, or read."""
        return np.asanyarray(np.load(self.path, mmap_mode=None if in_memory else "r"))


@dataclass(frozen=True)
class TrainingData:
    """What an engine learns from.

    Attributes:
        classes: class names; the index of a class is its place.
        train: pictures to learn from.
        val: pictures to choose the best epoch by.
    """

    classes: tuple[str, ...]
    train: Sequence[Example]
    val: Sequence[Example]


@dataclass(frozen=True)
class TrainResult:
    """What a training left behind.

    Attributes:
        weights: the best weights.
        epochs_run: how many epochs were run in all.
        best_epoch: the epoch of `weights`, counted from 1.
        metrics: the engine's own validation figures of that epoch.
        effective: every parameter as it was used.
        classes: class names that the weights answer with; () are those of the data.
    """

    weights: Path
    epochs_run: int
    best_epoch: int
    metrics: Mapping[str, float]
    effective: Mapping[str, Any]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PredictConfig:
    """How to predict.

    Attributes:
        conf: least confidence of an object that is kept.
        iou: overlap above which two predictions of one class are the same object (non-maximum suppression).
        max_det: most objects per tile; it is said when it was reached.
        imgsz: longest side of the network's input in pixels; None is what the model was trained with.
        device: "cpu", "0", "mps"; "" chooses.
        tile: longest side in pixels of the pictures that the model was trained on; larger images are cut into tiles
            of that size. None takes the network's input size.
        zoom: input pixels for each image pixel at which the model learned windows of larger images, whatever their
            size; None scales the longer side of each tile to the input. Without effect where `imgsz` is given.
        trust: load weights of unknown origin even though they may carry code.
    """

    conf: float = 0.25
    iou: float = 0.7
    max_det: int = 3000
    imgsz: int | None = None
    device: str = ""
    tile: int | None = None
    zoom: float | None = None
    trust: bool = False

    def __post_init__(self) -> None:
        for name in ("conf", "iou", "max_det", "imgsz"):
            if not isinstance(getattr(self, name), int | float) and not (name == "imgsz" and self.imgsz is None):
                raise UsageError(f"{name}: expected a number, found {getattr(self, name)!r}")
        for name in ("conf", "iou"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name}: expected 0 to 1, found {getattr(self, name)}")
        if self.max_det < 1 or self.max_det != int(self.max_det):
            raise UsageError(f"max_det: expected a whole number from 1 up, found {self.max_det}")
        if self.imgsz is not None and self.imgsz < 32:
            raise UsageError(f"imgsz: expected 32 or more, found {self.imgsz}")


@dataclass(frozen=True)
class PredictorSpec:
    """What a predictor wants as input.

    Attributes:
        tile: largest side in pixels that it takes at its own scale; larger images are cut into tiles.
        overlap: how many pixels neighbouring tiles share, at least the diameter of the largest object.
    """

    tile: int
    overlap: int


class Predictor(Protocol):
    """A loaded model. Stateless: the same tile gives the same objects."""

    spec: PredictorSpec

    def __call__(self, tiles: Sequence[Pixels]) -> list[Objects]:
        """Find the objects on uint8 RGB tiles ``[y, x, c]``, each at most ``spec.tile`` on a side."""


class Engine(Protocol):
    """An engine is a module with these names."""

    NAME: str
    TASKS: tuple[Task, ...]
    EXTRA: str
    """The extra that installs what it needs, or ""."""
    DEFAULT_MODEL: Mapping[Task, str]
    PARAMETERS: Mapping[str, Parameter]
    """What can be set for a training, by name."""
    MAIN: tuple[str, ...]
    """Those of them that matter first."""
    GROUPS: Mapping[str, str]
    """First parameter of each group of the others -> its heading."""

    def health(self) -> str | None:
        """None when the engine can work, else the sentence to show, with the exact install command."""

    def check(self, config: TrainConfig) -> dict[str, Any]:
        """The parameters as they will be used; imports nothing heavy where it can help it.

        Raises:
            UsageError: a parameter is unknown, has a wrong value, or would have no effect here.
        """

    def from_file(self, content: Mapping[str, Any], config: TrainConfig) -> tuple[dict[str, Any], list[str]]:
        """The parameters of a file and, winning over them, those of ``config``; and what is left out, a sentence each.

        Raises:
            UsageError: a name is unknown, or a value is wrong.
        """

    def foresee(
        self, config: TrainConfig, sizes_wh: Sequence[tuple[int, int]], objects: Objects
    ) -> tuple[Mapping[str, Any], str]:
        """What would be chosen for a training where nothing is typed, and that as a sentence; "" where nothing is.

        Args:
            config: the training, which `check` let pass.
            sizes_wh: width and height of the pictures that would be learned from, in pixels.
            objects: the objects on all of them.
        """

    def train(self, data: TrainingData, config: TrainConfig, out: Path, report: Report) -> TrainResult:
        """Train, writing into the run folder ``out``; ``report`` gets every event as it happens.

        Raises:
            EngineError: the training failed.
            Interrupted: the user stopped it; ``out`` can be resumed.
        """

    def load(self, weights: Path, config: PredictConfig, classes: Sequence[str]) -> Predictor:
        """Load a model.

        Raises:
            EngineError: the file is not such a model, or it could run code and was not trusted.
        """
