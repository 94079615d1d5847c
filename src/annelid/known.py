"""What is known of the data before a training: it decides whether a parameter can do anything."""

from __future__ import annotations

from typing import Any

from annelid.dataset import Dataset
from annelid.preprocess import Preprocessing
from annelid.split import Split


def known(dataset: Dataset, split: Split, preprocessing: Preprocessing) -> dict[str, Any]:
    """The fields ``classes``, ``grey`` and ``rarest`` of `annelid.engines.base.TrainConfig`.

    Args:
        dataset: what is trained on.
        split: which image is in which part.
        preprocessing: how pixels become what the engine sees.
    """
    learned = dataset.subset(split.ids("train"))
    shares = [share for name in dataset.classes if (share := _share(learned, name)) > 0]
    one_channel = all(len(item.image.channels) == 1 for item in dataset.items)
    return {
        "classes": len(dataset.classes),
        "grey": bool(dataset.items) and (one_channel or len(preprocessing.channels) == 1),
        "rarest": min(shares, default=0.0),
    }


def _share(dataset: Dataset, name: str) -> float:
    """Share of the images that show a class."""
    return sum(bool((item.objects.labels == name).any()) for item in dataset.items) / len(dataset)
