"""What is known of a finished run: the value from which it is diagnosed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from annelid.diagnose.outcomes import Outcomes

VERSION = 1


@dataclass(frozen=True)
class Facts:
    """The data of a run.

    Attributes:
        images: part -> number of images.
        objects: class -> number of objects to learn from.
        side_px: median of the longer sides of the images.
        copies: validation or test images that are to be found among the training images, byte by byte.
        twins: such images whose objects lie exactly as those of a training image.
        groups: how it is known which images belong together.
        leakage: what the data check found the parts to share, a sentence each.
    """

    images: Mapping[str, int] = field(default_factory=dict)
    objects: Mapping[str, int] = field(default_factory=dict)
    side_px: float = 0.0
    copies: Sequence[str] = ()
    twins: Sequence[str] = ()
    groups: str = "assumed"
    leakage: Sequence[str] = ()


@dataclass(frozen=True)
class Record:
    """A run.

    Attributes:
        run: its name.
        model: reference of the model that came of it, "" when none did.
        engine: for example ``yolo``.
        started_from: the architecture or the weights that training began with.
        typed: the parameters that were given.
        params: every parameter as it was used.
        curves: columns of ``results.csv``: name -> a value per epoch, NaN where there is none.
        parts: part -> what the model did there.
        facts: the data.
        outside: whether the data came with ``--data`` and not from the project.
        error: why it ended without a model, or "".
    """

    run: str
    model: str = ""
    engine: str = "yolo"
    started_from: str = ""
    typed: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    parts: Mapping[str, Outcomes] = field(default_factory=dict)
    facts: Facts = Facts()
    outside: bool = False
    error: str = ""

    @property
    def val(self) -> Outcomes | None:
        """What the model did on the validation part, where that was looked at."""
        return self.parts.get("val")

    @property
    def train(self) -> Outcomes | None:
        """What it did on (a sample of) the very images that it learned from."""
        return self.parts.get("train")

    @property
    def epochs(self) -> int:
        """Epochs that were run."""
        return max((len(column) for column in self.curves.values()), default=0)

    @property
    def f1(self) -> float:
        """Best F1 on the validation part; by the training's own figures where that was not looked at; else NaN."""
        if self.val:
            return self.val.best_f1
        for kind in ("M", "B"):
            p, r = (self.curves.get(f"metrics/{name}({kind})") for name in ("precision", "recall"))
            if p and r:
                return max(2 * a * b / (a + b) if a + b > 0 else 0.0 for a, b in zip(p, r, strict=True))
        return math.nan

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; NaN and infinity become words."""
        curves = {name: [_word(value) for value in column] for name, column in self.curves.items()}
        parts = {name: part.to_dict() for name, part in self.parts.items()}
        return {"version": VERSION, **asdict(self), "curves": curves, "parts": parts}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """What `to_dict` gave.

        Raises:
            ValueError: it is of a later version.
        """
        given = dict(value)
        if (version := given.pop("version", VERSION)) > VERSION:
            raise ValueError(f"a record of version {version}; this Annelid reads up to {VERSION}")
        given["curves"] = {name: [float(v) for v in column] for name, column in given["curves"].items()}
        given["parts"] = {name: Outcomes.from_dict(part) for name, part in given["parts"].items()}
        given["facts"] = Facts(**given["facts"])
        return cls(**given)


def _word(value: float) -> float | str:
    return float(f"{value:.6g}") if math.isfinite(value) else str(value)
