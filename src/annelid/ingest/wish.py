"""What an import shall do, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from annelid.errors import UsageError
from annelid.formats.base import LossReport
from annelid.ingest.planes import Choice, Planes

Missing = Literal["new", "background"]


@dataclass(frozen=True)
class Wish:
    """What an import shall do.

    Attributes:
        sources: images, folders, annotation files, data sets, or zips of them.
        labels: the annotation, where it is not among the sources.
        images: folder of the images, where they are not among the sources.
        format: name of the annotation's format; ``auto`` recognises it by content.
        classes: class names in order, for annotation that does not name its classes.
        renamed: label in the annotation -> class of the project.
        group: pattern for the group in the file names, or "".
        missing: what an image without annotation is: not annotated yet, or background.
        copy: copy the images into the project.
        z: which planes of stacks become views, see `Planes`.
        t: which time points of movies do.
        scene: which images do of files that hold several.
    """

    sources: tuple[Path, ...]
    labels: Path | None = None
    images: Path | None = None
    format: str = "auto"
    classes: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    missing: Missing = "new"
    copy: bool = False
    z: Choice = ""
    t: Choice = ""
    scene: Choice = ""

    @property
    def planes(self) -> Planes:
        """The three as one."""
        return Planes(self.z, self.t, self.scene)

    def __post_init__(self) -> None:
        _ = self.planes  # refuses what it does not know
        if self.missing not in get_args(Missing):
            known = " or ".join(get_args(Missing))
            raise UsageError(f"missing: expected {known}, found {self.missing!r}", next_step=f"--missing {known}")


@dataclass
class Imported:
    """What an import did.

    Attributes:
        images_new: images that the project did not know.
        images_known: images that it knew already.
        annotated: images whose annotation was read.
        objects: class -> number of objects read.
        classes_added: classes that the project did not have.
        format: names of the annotation's formats, or "".
        losses: what could not be carried.
        parts: id of the view -> part, where the annotation has a split of its own.
        renamed: labels that were renamed.
        notes: what was chosen where nothing was wished for.
    """

    images_new: int = 0
    images_known: int = 0
    annotated: int = 0
    objects: dict[str, int] = field(default_factory=dict)
    classes_added: tuple[str, ...] = ()
    format: str = ""
    losses: LossReport = field(default_factory=LossReport)
    parts: dict[str, str] = field(default_factory=dict)
    renamed: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def summary(done: Imported) -> dict[str, Any]:
    """JSON values for the history and for ``--json``."""
    return {
        "images": {"new": done.images_new, "known": done.images_known, "annotated": done.annotated},
        "objects": done.objects,
        "classes_added": list(done.classes_added),
        "format": done.format,
        "losses": [vars(loss) for loss in done.losses],
        "notes": done.notes,
    }
