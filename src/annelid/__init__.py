"""Annelid: from a lab's own microscope images to its own trained model, with a person in the loop.

>>> from annelid import Project
>>> project = Project.init("my-project")            # doctest: +SKIP
>>> project.import_("images", labels=Path("masks")) # doctest: +SKIP
>>> project.train(epochs=50)                        # doctest: +SKIP

Nothing heavy is loaded until it is used, and engines (torch) only ever in a worker's own process.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annelid.dataset import Dataset, LabeledImage
    from annelid.errors import AnnelidError
    from annelid.image import ImageRef, View
    from annelid.objects import Kind, Objects
    from annelid.preprocess import Preprocessing
    from annelid.project import Project
    from annelid.readers import open_image

__version__ = "0.1.0"

_HOMES = {
    "AnnelidError": "errors",
    "Dataset": "dataset",
    "ImageRef": "image",
    "Kind": "objects",
    "LabeledImage": "dataset",
    "Objects": "objects",
    "Preprocessing": "preprocess",
    "Project": "project",
    "View": "image",
    "open_image": "readers",
}

__all__ = [
    "AnnelidError",
    "Dataset",
    "ImageRef",
    "Kind",
    "LabeledImage",
    "Objects",
    "Preprocessing",
    "Project",
    "View",
    "open_image",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"annelid.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'annelid' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
