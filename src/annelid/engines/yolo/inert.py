"""Which of the parameters that somebody chose could do nothing in a training, and why.

Parameters at their default are never named: nobody expects anything of them. Nor are those that switch something off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from annelid.dataset import Task

ADAM = ("Adam", "AdamW", "Adamax", "NAdam", "RAdam")
MASKS_ONLY = ("overlap_mask", "mask_ratio", "copy_paste", "copy_paste_mode")
_SEVERAL = ("mosaic", "mixup", "cutmix", "copy_paste")
_OFF = frozenset(
    ("hsv_h", "hsv_s", "bgr", "copy_paste", "close_mosaic", "cls_pw", "single_cls", "oversample", "cos_lr")
) | {"warmup_epochs", "time"}
"""At 0, false or null they ask for nothing, and get it."""


@dataclass(frozen=True)
class Setting:
    """What decides whether a parameter can do anything.

    Attributes:
        used: every parameter as it would be used.
        task: detect or segment.
        from_scratch: whether training starts from an architecture rather than from weights.
        classes: how many classes there are; 0 is unknown.
        grey: whether every picture is grey.
        rarest: share of the training images that show the rarest class; 0 is unknown.
    """

    used: Mapping[str, Any]
    task: Task
    from_scratch: bool
    classes: int = 0
    grey: bool = False
    rarest: float = 0.0

    @property
    def one_epoch(self) -> bool:
        """Whether the run has a single epoch, which Ultralytics trains without warm-up or schedule."""
        return bool(self.used["epochs"] == 1 and not self.used["time"])


@dataclass(frozen=True)
class _Rule:
    names: tuple[str, ...]
    applies: Callable[[Setting], bool]
    reason: str


_RULES = (
    _Rule(MASKS_ONLY, lambda s: s.task == "detect", "it acts on masks, and this training is on boxes"),
    _Rule(("copy_paste_mode",), lambda s: not s.used["copy_paste"], "nothing is copied while copy_paste is 0"),
    _Rule(
        ("close_mosaic",),
        lambda s: not any(s.used[name] for name in _SEVERAL),
        "it ends mosaic, mixup, cutmix and copy_paste, and all of them are 0",
    ),
    _Rule(
        ("cache",),
        lambda s: s.used["cache"] == "disk",
        "pictures lie decoded on the disk anyway (cache=ram: in memory)",
    ),
    _Rule(("epochs",), lambda s: bool(s.used["time"]), "time says how long to train"),
    _Rule(
        ("lrf", "cos_lr", "warmup_epochs", "warmup_momentum", "warmup_bias_lr"),
        lambda s: s.one_epoch,
        "a run of one epoch has one learning rate from its first step to its last",
    ),
    _Rule(("cos_lr",), lambda s: s.used["lrf"] == 1, "the learning rate stays as it is while lrf is 1"),
    _Rule(
        ("warmup_momentum", "warmup_bias_lr"), lambda s: not s.used["warmup_epochs"], "there is no warm-up of 0 epochs"
    ),
    _Rule(
        ("warmup_momentum",),
        lambda s: s.used["optimizer"] in ADAM,
        "optimisers of Adam's kind have no momentum that could warm up (optimizer=SGD has)",
    ),
    _Rule(("cls_remap",), lambda s: s.from_scratch, "a model from scratch knows no class that could be kept"),
    _Rule(("hsv_h", "hsv_s", "bgr"), lambda s: s.grey, "the pictures are grey: they have no colour to vary"),
    _Rule(("single_cls", "cls_pw"), lambda s: s.classes == 1, "there is one class only"),
    _Rule(
        ("oversample",),
        lambda s: s.rarest >= s.used["oversample"],
        "every class is on at least that share of the training images (annelid check shows how many)",
    ),
)


def inert(given: Mapping[str, Any], defaults: Mapping[str, Any], setting: Setting) -> dict[str, str]:
    """Name -> why it would do nothing, of the parameters that somebody chose.

    Args:
        given: the parameters that were chosen, checked.
        defaults: name -> value that nobody has to choose.
        setting: the rest of the training.
    """
    found: dict[str, str] = {}
    for rule in _RULES:
        chosen = [name for name in rule.names if name in given and _asks(name, given[name], defaults[name])]
        if chosen and rule.applies(setting):
            found |= {name: rule.reason for name in chosen if name not in found}
    return found


def _asks(name: str, value: Any, default: Any) -> bool:
    """Whether a value asks for anything."""
    return bool(value != default and (value or name not in _OFF))
