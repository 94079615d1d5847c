"""Whether two evaluations are about the same images, files and annotations alike."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from annelid.dataset import Dataset, LabeledImage
from annelid.errors import UsageError

_NAMED = 3


def require_same_images(a: Dataset, b: Dataset, names: tuple[str, str]) -> None:
    """Refuse what cannot be compared.

    Args:
        a: the true objects that the first model was held against.
        b: those of the second.
        names: how the two models are called.

    Raises:
        UsageError: images, their files, their annotations or the classes differ; it says which.
    """
    one, other = ({item.id: item for item in dataset.items} for dataset in (a, b))
    for name, alone in ((names[0], one.keys() - other.keys()), (names[1], other.keys() - one.keys())):
        if alone:
            _refuse(
                f"{name} was measured on {len(alone)} image(s) that the other was not",
                [(one | other)[i] for i in alone],
            )
    pairs = [(one[id_], other[id_]) for id_ in one]
    if changed := [x for x, y in pairs if x.image.fingerprint != y.image.fingerprint]:
        _refuse("the file of an image is not the same for both", changed)
    if a.classes != b.classes:
        known = " and ".join(f"{name}: {', '.join(d.classes)}" for name, d in zip(names, (a, b), strict=True))
        raise UsageError(
            f"the two were not measured by the same classes ({known})",
            next_step="compare models that were trained on the same classes",
        )
    if changed := [x for x, y in pairs if not _is_annotated_alike(x, y)]:
        _refuse("images were annotated anew between the two evaluations", changed)


def _is_annotated_alike(x: LabeledImage, y: LabeledImage) -> bool:
    """Whether what counts is the same, whoever drew it."""
    counts = ("labels", "kinds", "ignore", "coords", "ring_offsets", "part_offsets", "object_offsets")
    same = all(np.array_equal(getattr(x.objects, name), getattr(y.objects, name)) for name in counts)
    rings = len(x.covered) == len(y.covered)
    return same and rings and all(np.array_equal(r, s) for r, s in zip(x.covered, y.covered, strict=True))


def _refuse(what: str, items: Iterable[LabeledImage]) -> None:
    named = sorted(item.image.path or item.id for item in items)
    shown = ", ".join(named[:_NAMED]) + (", ..." if len(named) > _NAMED else "")
    raise UsageError(
        f"{what}: {shown}",
        next_step="measure both on the same part of the same project as it is now: annelid evaluate A --compare B",
    )
