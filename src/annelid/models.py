"""The model library: every training is a version with a card, checked by hash, never overwritten."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annelid import atomic
from annelid.errors import AnnelidError, InputError, UsageError

LICENCES = {
    "yolo": "AGPL-3.0-or-later (trained with Ultralytics, AGPL-3.0)",
    "threshold": "AGPL-3.0-or-later",
}


@dataclass(frozen=True)
class Card:
    """All that is to know about a model version.

    Attributes:
        name: the model's name.
        engine: which engine loads it.
        task: detect or segment.
        classes: class names; the index of a class is its place.
        version: 1, 2, ...; given by the library.
        weights: file name of the weights beside the card.
        sha256: of the weights.
        parent: reference of the model that it was fine-tuned from, or "".
        started_from: the architecture or the weights that training began with.
        run: name of the run folder.
        created: UTC, ISO 8601.
        dataset_digest: of the data it was trained and validated on.
        split: the split, with seed and the source of its groups.
        images: number of images per part.
        objects: number of training objects per class.
        learned_from: id -> fingerprint of every image in its train and val parts.
        preprocessing: replayed at prediction.
        channels: of the images that it was trained on.
        tile: longest side in pixels of the pictures it was trained on.
        thresholds: conf, iou, max_det that it predicts with unless told otherwise.
        parameters: every training parameter as it was used.
        metrics: part (val, test) -> figures.
        epochs_run: how many epochs were run.
        best_epoch: the epoch of the weights.
        seconds: duration of the training.
        machine: where it was trained.
        versions: versions of the software.
        licence: licence of the weights.
        notes: free text.
        outside: whether it was trained on a data set outside of the project (``--data``).
        leakage: what the parts shared that it was trained and measured on, a sentence each; goes with every figure.
        remarks: what is to be known of the training, a sentence each: images that could not be read, memory that was
            full, losses that were no numbers, what it has in common with its parent.
        unreadable: path -> why, of the images that were left out.
        lineage: what it learned from compared with its parent (see `annelid.lineage.since`), and under ``classes``
            which ones were ``kept``, ``new`` and ``dropped``.
    """

    name: str
    engine: str
    task: str
    classes: tuple[str, ...]
    version: int = 0
    weights: str = ""
    sha256: str = ""
    parent: str = ""
    started_from: str = ""
    run: str = ""
    created: str = ""
    dataset_digest: str = ""
    split: Mapping[str, Any] = field(default_factory=dict)
    images: Mapping[str, int] = field(default_factory=dict)
    objects: Mapping[str, int] = field(default_factory=dict)
    learned_from: Mapping[str, str] = field(default_factory=dict)
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    tile: int | None = None
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    epochs_run: int = 0
    best_epoch: int = 0
    seconds: float = 0.0
    machine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    notes: str = ""
    outside: bool = False
    leakage: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    lineage: Mapping[str, Any] = field(default_factory=dict)

    @property
    def zoom(self) -> float | None:
        """Input pixels for each image pixel, where it was trained on windows of larger images."""
        tile = self.parameters.get("tile")
        return self.parameters["imgsz"] / tile if tile else None

    @property
    def reference(self) -> str:
        """How the version is named: ``NAME@v2``."""
        return f"{self.name}@v{self.version}"

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return dataclasses.asdict(self) | {"classes": list(self.classes), "reference": self.reference}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Card:
        """From `to_dict`; fields of newer versions are left out."""
        known = {f.name for f in dataclasses.fields(cls)}
        fields = {k: v for k, v in content.items() if k in known}
        lists = {key: tuple(content.get(key, ())) for key in ("classes", "channels", "leakage", "remarks")}
        return cls(**{**fields, **lists})


def _read_card(path: Path) -> Card:
    try:
        return Card.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        step = "restore it from a backup, or move its folder out of models/"
        found = f"{type(error).__name__}: {error}"
        raise InputError(path, expected="the card of a model", found=found, next_step=step) from error


class Library:
    """The models of a project: ``models/NAME/vN/model.json`` and the weights beside it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "models"
        self.runs = root / "runs"

    def cards(self, name: str | None = None) -> list[Card]:
        """Every version, oldest first; of one model where a name is given."""
        paths = self.folder.glob("*/v*/model.json")
        cards = [_read_card(path) for path in paths]
        return sorted((c for c in cards if name in (None, c.name)), key=lambda c: (c.created, c.name, c.version))

    def add(self, card: Card, weights: Path) -> Card:
        """Keep a trained model as the next version of its name and promote it; adding a run twice changes nothing.

        Raises:
            AnnelidError: it could not be written.
        """
        existing = next((c for c in self.cards(card.name) if card.run and c.run == card.run), None)
        if existing:
            return existing
        version = max((c.version for c in self.cards(card.name)), default=0) + 1
        folder = self.folder / card.name / f"v{version}"
        folder.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(folder / weights.name) as temporary:
            shutil.copyfile(weights, temporary)
        licence = card.licence or LICENCES.get(card.engine, "")
        card = dataclasses.replace(
            card, version=version, weights=weights.name, sha256=sha256_of(weights), licence=licence
        )
        self._write(card)
        self.promote(card.reference)
        return card

    def _write(self, card: Card) -> None:
        path = self.folder / card.name / f"v{card.version}" / "model.json"
        atomic.write_text(path, json.dumps(card.to_dict(), indent=1))

    def get(self, reference: str) -> Card:
        """The version that ``NAME@v2``, ``NAME`` (the promoted one) or the name of a run means.

        Raises:
            UsageError: there is no such model.
        """
        name, _, wanted = reference.partition("@")
        versions = {c.version: c for c in self.cards(name)}
        if wanted and wanted.lstrip("v").isdecimal() and int(wanted.lstrip("v")) in versions:
            return versions[int(wanted.lstrip("v"))]
        if not wanted and versions:
            return versions.get(self.promoted(name), versions[max(versions)])
        of_run = [c for c in self.cards() if c.run == reference]
        if of_run:
            return of_run[-1]
        if (self.runs / reference / "job.json").is_file():
            step = f"annelid train --resume {reference} finishes it; then --model {reference} trains on from its best"
            raise UsageError(f"run {reference} has not come to its end, so there is no model of it yet", next_step=step)
        known = ", ".join(c.reference for c in self.cards()) or "none yet"
        raise UsageError(f"no model {reference!r}", next_step=f"models here: {known}; annelid models list")

    def weights(self, card: Card) -> Path:
        """Path of a version's weights, after checking that they are the ones on its card.

        Raises:
            AnnelidError: they are missing or were changed.
        """
        path = self.folder / card.name / f"v{card.version}" / card.weights
        problem = self._problem(card, path)
        if problem:
            raise AnnelidError(f"{card.reference}: {problem}", next_step="restore models/, or train again")
        return path

    def verify(self) -> dict[str, str]:
        """Reference -> what is wrong with its weights; "" where they are as they were made."""
        return {c.reference: self._problem(c, self.folder / c.name / f"v{c.version}" / c.weights) for c in self.cards()}

    def _problem(self, card: Card, path: Path) -> str:
        if not path.is_file():
            return f"the weights {path} are missing"
        changed = sha256_of(path) != card.sha256
        return f"the weights {path} are not the ones on the card (SHA-256 differs)" if changed else ""

    def promoted(self, name: str) -> int:
        """The version that a bare name means; 0 when none was promoted."""
        path = self.folder / name / "promoted"
        text = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else "0"
        if not text.isdecimal():
            step = f"annelid models promote {name}@v1 writes it anew"
            raise InputError(path, expected="the number of a version", found=repr(text[:20]), next_step=step)
        return int(text)

    def promote(self, reference: str) -> Card:
        """Make a version the one that its bare name means."""
        card = self.get(reference)
        atomic.write_text(self.folder / card.name / "promoted", str(card.version))
        return card

    def roll_back(self, name: str) -> Card:
        """Promote the version before the promoted one.

        Raises:
            UsageError: there is none.
        """
        before = [c for c in self.cards(name) if c.version < self.promoted(name)]
        if not before:
            raise UsageError(f"{name} has no earlier version", next_step="annelid models list")
        return self.promote(before[-1].reference)

    def note_metrics(self, card: Card, part: str, figures: Mapping[str, Any]) -> None:
        """Put the figures of an evaluation on the card, with what they leak."""
        noted = {**figures, "leakage": list(card.leakage)} if card.leakage else dict(figures)
        self._write(dataclasses.replace(self.get(card.reference), metrics={**card.metrics, part: noted}))

    def note_threshold(self, card: Card, name: str, value: float) -> Card:
        """Put a threshold on the card, with which the model predicts from now on."""
        card = self.get(card.reference)
        card = dataclasses.replace(card, thresholds={**card.thresholds, name: value})
        self._write(card)
        return card

    def export(self, card: Card, out: Path) -> list[Path]:
        """Copy a version's weights and card to a folder, checked by hash."""
        weights = self.weights(card)
        out.mkdir(parents=True, exist_ok=True)
        copies = [out / f"{card.name}-v{card.version}{weights.suffix}", out / f"{card.name}-v{card.version}-card.json"]
        with atomic.replacing(copies[0]) as temporary:
            shutil.copyfile(weights, temporary)
        atomic.write_text(copies[1], json.dumps(card.to_dict(), indent=1))
        return copies


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seen_before(card: Card, fingerprints: Sequence[str]) -> int:
    """How many of these images the model learned from (or was chosen by), by content."""
    known = set(card.learned_from.values())
    return sum(f in known for f in fingerprints)
