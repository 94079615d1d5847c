"""What the verbs of a project return: values that print, and turn into JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from annelid import picture
from annelid.check.finding import Finding
from annelid.check.scan import Scan
from annelid.dataset import Dataset, LabeledImage
from annelid.examples import render_view
from annelid.models import Card
from annelid.preprocess import Preprocessing
from annelid.split import Split
from annelid.tracking.sent import Sent


@dataclass(frozen=True)
class Status:
    """What a project holds.

    Attributes:
        root: its folder.
        images: state -> number of images.
        groups: how many groups, and how they are known.
        classes: class -> number of objects.
        parts: part -> number of images, once split.
        models: references, oldest first.
    """

    root: Path
    images: Mapping[str, int]
    groups: Mapping[str, int]
    classes: Mapping[str, int]
    parts: Mapping[str, int]
    models: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset, split: Split | None, cards: Sequence[Card], root: Path) -> Self:
        """Count."""
        states = [item.state for item in dataset.items]
        sources = {item.image.group: item.image.group_source for item in dataset.items}
        parts: list[str] = list(split.parts.values()) if split else []
        return cls(
            root,
            {state: states.count(state) for state in ("new", "draft", "reviewed")},
            {source: list(sources.values()).count(source) for source in dict.fromkeys(sources.values())},
            {name: dataset.count(name) for name in dataset.classes},
            {part: parts.count(part) for part in dict.fromkeys(("train", "val", "test")) if parts.count(part)},
            tuple(card.reference for card in cards),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {**vars(self), "root": str(self.root), "models": list(self.models)}


@dataclass(frozen=True)
class Checked:
    """What a data check found.

    Attributes:
        findings: the worst first.
        scan: a line for each part of the split.
        page: the page with the evidence, where one was asked for.
    """

    findings: tuple[Finding, ...]
    scan: tuple[Scan, ...]
    page: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "findings": [finding.to_dict() for finding in self.findings],
            "scan": [vars(line) for line in self.scan],
            "page": str(self.page) if self.page else None,
        }


@dataclass(frozen=True)
class Fixed:
    """What mending a finding changed.

    Attributes:
        code: of the finding.
        revisions: id of each view whose annotation changed -> its new revision, which can be taken back.
        parts: how many images each part holds now, where the images were divided.
        classes: old class -> new class, None where it was deleted.
    """

    code: str
    revisions: Mapping[str, int]
    parts: Mapping[str, int]
    classes: Mapping[str, str | None]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return vars(self).copy()

    def __str__(self) -> str:
        """In a sentence."""
        done = [f"{len(self.revisions)} image(s) changed (annelid restore takes that back)"] if self.revisions else []
        done += [f"{old} became {new}" if new else f"{old} was deleted" for old, new in self.classes.items()]
        done += ["divided: " + ", ".join(f"{n} {part}" for part, n in self.parts.items())] if self.parts else []
        return f"{self.code}: {'; '.join(done) or 'there was nothing to mend'}"


@dataclass(frozen=True)
class Previewed:
    """A picture of an image before and after preprocessing.

    Attributes:
        image: path of the image.
        picture: path of the PNG.
    """

    image: str
    picture: Path

    @classmethod
    def make(cls, item: LabeledImage, root: Path, preprocessing: Preprocessing, folder: Path, name: str) -> Self:
        """Write the picture: before as any viewer shows the image, 8 bits as they are, else from black to white."""
        stem = name.rsplit(".", 1)[0].replace("/", "_")
        path = folder / f"{stem.removesuffix(item.view.suffix)}{item.view.suffix}_preview.png"
        plain = Preprocessing(preprocessing.channels, "none" if item.image.dtype == "uint8" else "minmax")
        pair = [render_view(item.view, root, p) for p in (plain, preprocessing)]
        picture.to_png(picture.before_after(*pair), path)
        return cls(item.image.path, path)


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
        card: the model that came of it.
        run: its folder.
        tracked: tracker -> how far it has come with the run.
    """

    card: Card
    run: Path
    tracked: Mapping[str, Sent] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        tracked = {name: sent.to_dict() for name, sent in self.tracked.items()}
        return {"model": self.card.reference, "run": str(self.run), "card": self.card.to_dict(), "tracked": tracked}


@dataclass(frozen=True)
class Predicted:
    """Finished predictions.

    Attributes:
        model: reference of the model.
        dataset: the images with the objects found on them.
        written: what was saved -> where.
        losses: what could not be read or written.
    """

    model: str
    dataset: Dataset
    written: Mapping[str, Path]
    losses: tuple[Any, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        counts = {name: self.dataset.count(name) for name in self.dataset.classes}
        return {
            "model": self.model,
            "images": len(self.dataset),
            "objects": counts,
            "written": {k: str(v) for k, v in self.written.items()},
            "losses": [vars(loss) for loss in self.losses],
        }
