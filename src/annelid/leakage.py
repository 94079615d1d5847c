"""Refuse to train where a part of the split holds what the model gets to know in another."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from annelid.check.leak import Leak, leaks
from annelid.check.subject import Subject
from annelid.dataset import Dataset
from annelid.errors import UsageError
from annelid.looks import look_at
from annelid.preprocess import Preprocessing
from annelid.split import Split

OPTION = "--allow-leakage"


class Accepted(NamedTuple):
    """What the parts of a split share, a sentence each, although it is trained on.

    Attributes:
        leakage: what was allowed in so many words.
        near_copies: a few images, which stop nobody.
    """

    leakage: tuple[str, ...]
    near_copies: tuple[str, ...]


def subject_of(
    dataset: Dataset, split: Split | None, root: Path, preprocessing: Preprocessing, *, pixels: bool = True
) -> Subject:
    """What a check needs, looked at unless ``pixels`` is False."""
    views = [item.view for item in dataset.items] if pixels else []
    return Subject(dataset, split, look_at(views, root, preprocessing))


def accepted(
    dataset: Dataset, split: Split, root: Path, preprocessing: Preprocessing, *, allow: bool, outside: bool
) -> Accepted:
    """The leaks of a split, to be noted wherever figures are.

    Args:
        dataset: what is trained on.
        split: which image is in which part.
        root: folder that the images' paths are relative to.
        preprocessing: how pixels become what the engine sees.
        allow: whether leaks were allowed in so many words.
        outside: whether the data belong to no project.

    Raises:
        UsageError: there are grave ones (`Leak.is_grave`), and they were not allowed.
    """
    inside = dataset.subset(split.parts)
    found = leaks(subject_of(inside, split, root, preprocessing))
    grave = [leak for leak in found if leak.is_grave]
    if grave and not allow:
        raise UsageError(
            f"the figures would be too good: {'; '.join(map(str, grave))}",
            next_step=f"{_mend(grave[0], outside=outside)}; or train with {OPTION}, which is noted on the model's card "
            "and with every figure",
        )
    return Accepted(
        tuple(f"leakage: {leak}" for leak in grave),
        tuple(f"leakage of little weight: {leak}" for leak in found if not leak.is_grave),
    )


def _mend(leak: Leak, *, outside: bool) -> str:
    fix = f"annelid check --fix {leak.codes[0]} divides the images anew"
    return f"import the data set into a project (annelid import); there {fix}" if outside else fix
