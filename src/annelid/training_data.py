"""Make the pictures that an engine learns from; images that cannot be read are left out and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annelid.dataset import Dataset, LabeledImage
from annelid.engines.base import Example, Report, TrainingData
from annelid.errors import ImageError, Interrupted, UsageError
from annelid.examples import write_examples
from annelid.jobs import Job
from annelid.preprocess import Preprocessing
from annelid.split import Split

_MOST_NAMED = 5


@dataclass(frozen=True)
class Prepared:
    """What is learned from.

    Attributes:
        data: the pictures and their objects.
        unreadable: id -> why, of the images that were left out.
    """

    data: TrainingData
    unreadable: Mapping[str, str]


def make_training_data(job: Job, dataset: Dataset, split: Split, report: Report) -> Prepared:
    """Render the pictures of the train and the val part into the run folder.

    Args:
        job: the training.
        dataset: the images.
        split: which of them is in which part.
        report: gets ``progress``, and a ``note`` where images are left out.

    Raises:
        UsageError: nothing is left of a part.
        Interrupted: the user stopped it.
    """
    unreadable: dict[str, str] = {}
    parts: dict[str, list[Example]] = {}
    for part in ("train", "val"):
        items = dataset.subset(i for i, p in split.parts.items() if p == part).items
        lost: dict[str, str] = {}
        parts[part] = _examples(job, part, items, lost, report)
        if lost:
            _require_some(parts[part], part, items, lost)
            said = f"{len(lost)} of {len(items)} {part} images could not be read and were left out: "
            named = {item.image.path: lost[item.id] for item in items if item.id in lost}
            report("note", {"text": said + _listed(list(named)), "images": named})
        unreadable |= lost
    if not parts["train"] or not parts["val"]:
        raise UsageError("nothing is annotated in the train or the val part")
    return Prepared(TrainingData(dataset.classes, parts["train"], parts["val"]), unreadable)


def _examples(
    job: Job, part: str, items: Sequence[LabeledImage], lost: dict[str, str], report: Report
) -> list[Example]:
    def leave_out(item: LabeledImage, error: ImageError) -> None:
        lost[item.id] = str(error.message)

    preprocessing = Preprocessing.from_dict(job.arguments["preprocessing"])
    made: list[Example] = []
    folder = job.folder / "data" / part
    for example in write_examples(items, Path(job.arguments["root"]), preprocessing, folder, leave_out):
        if (job.folder / "stop").exists():
            raise Interrupted("stopped before the first epoch", next_step=f"annelid train --resume {job.folder.name}")
        made.append(example)
        report("progress", {"what": f"preparing {part} images", "done": len(made), "of": len(items)})
    return made


def _require_some(made: Sequence[Example], part: str, items: Sequence[LabeledImage], lost: Mapping[str, str]) -> None:
    """Refuse a part of which nothing can be read."""
    if not made:
        why = next(iter(lost.values()))
        raise UsageError(
            f"none of the {len(items)} {part} images can be read; the first: {why}",
            next_step="annelid check names them all; is the drive with the images there?",
        )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_MOST_NAMED])} and {more} more"
