"""What a training can do beyond Ultralytics' own parameters; mixed in before the trainer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annelid.engines.base import Pixels, Report, TrainingData
from annelid.engines.yolo import repeats
from annelid.engines.yolo.parameters import PARAMETERS

_OF_COLOUR = ("hsv_h", "hsv_s", "bgr")
_EACH = 3
"""Every third pixel of every third row is looked at."""
_NOISE = 2
"""Grey values by which compression may part the channels of a grey picture."""


class _Additions:
    """Shows pictures several times an epoch, and takes loader processes where they were asked for."""

    own: Mapping[str, Any]
    args: Any
    data: dict[str, Any]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self.own["workers"] is not None:
            self.args.workers = self.own["workers"]  # Ultralytics takes none on a CPU, whatever is asked

    def get_dataloader(self, dataset_path: str, batch_size: int = 16, rank: int = 0, mode: str = "train") -> Any:
        """Ultralytics' loader, with its pictures as often as it was asked for."""
        loader = super().get_dataloader(dataset_path, batch_size, rank, mode)  # type: ignore[misc]
        factor, below = self.own["augmentation_factor"], self.own["oversample"]
        if mode == "train" and (factor > 1 or below):
            classes = [label["cls"][:, 0].astype(int) for label in loader.dataset.labels]
            repeats.repeat(loader, repeats.factors(classes, self.data["nc"], factor=factor, below=below))
        return loader


def tell_grey(data: TrainingData, used: Mapping[str, Any], typed: Mapping[str, Any], report: Report) -> None:
    """Say which parameters that were chosen do nothing, as every picture is grey although it has three channels."""
    names = [name for name in _OF_COLOUR if name in typed and used[name] not in (0, PARAMETERS[name].default)]
    if names and all(_is_grey(example.pixels()) for example in data.train):
        verb = "does" if len(names) == 1 else "do"
        report("note", {"text": f"{', '.join(names)} {verb} nothing here: every training picture is grey"})


def _is_grey(pixels: Pixels) -> bool:
    few = pixels[::_EACH, ::_EACH].astype(int)
    return bool((abs(few - few[..., :1]) <= _NOISE).all())


def with_additions(trainer: type[Any], used: Mapping[str, Any], typed: Mapping[str, Any]) -> type[Any]:
    """A trainer class that also does what Annelid adds.

    Args:
        trainer: Ultralytics' class, or one made of it.
        used: every parameter as it is used.
        typed: those that somebody chose.
    """
    own = {name: used[name] for name in ("augmentation_factor", "oversample")}
    return type(trainer.__name__, (_Additions, trainer), {"own": own | {"workers": typed.get("workers")}})
