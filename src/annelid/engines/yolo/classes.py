"""What a model that is trained further keeps of the classes that it knew.

Ultralytics carries the rows of the last layers over by the classes' names; but where no name is the same and there are
as many classes as before, it carries them over by place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from annelid.engines.base import Report

_MOST_NAMED = 10


@dataclass(frozen=True)
class Carried:
    """Classes of a model that is trained further.

    Attributes:
        kept: those that it knew and goes on to learn.
        new: those that it learns from nothing.
        dropped: those that it knew.
        renamed: how the only class was called before, where it bears another name now.
    """

    kept: tuple[str, ...]
    new: tuple[str, ...]
    dropped: tuple[str, ...]
    renamed: str = ""

    def __str__(self) -> str:
        """In a sentence."""
        before = f" (called {self.renamed} before)" if self.renamed else ""
        named = {"kept": self.kept, "new": self.new, "dropped": self.dropped}
        parts = [f"{what}: {_listed(names)}" for what, names in named.items() if names]
        return f"classes {'; '.join(parts)}{before}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_MOST_NAMED])} and {more} more"


def carried(before: Sequence[str], now: Sequence[str]) -> Carried:
    """Which classes of a model are kept: by name, whatever its case; an only class by being the only one.

    Args:
        before: classes that the weights know.
        now: classes that are to be learned.
    """
    known, wanted = {_key(name) for name in before}, {_key(name) for name in now}
    if len(before) == len(now) == 1:
        return Carried(tuple(now), (), (), before[0] if known != wanted else "")
    return Carried(
        kept=tuple(name for name in now if _key(name) in known),
        new=tuple(name for name in now if _key(name) not in known),
        dropped=tuple(name for name in before if _key(name) not in wanted),
    )


def _key(name: str) -> str:
    return name.strip().lower()  # as Ultralytics compares them


class KeepingClasses:
    """Mixed in before Ultralytics' trainer."""

    args: Any
    data: dict[str, Any]
    report: Report
    resume: bool

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> Any:
        """The model to train; classes that the weights do not know begin anew, and it is said which they are."""
        model = super().get_model(cfg, weights, verbose)  # type: ignore[misc]
        if weights is None or self.resume:
            return model
        before, now = _in_order(weights.names), _in_order(self.data["names"])
        if not self.args.cls_remap:
            self.report("note", {"text": "what is known of classes is carried over by place (cls_remap=False)"})
            return model
        found = carried(before, now)
        if len(before) == len(now) and not found.kept:
            fresh = super().get_model(cfg, None, False)  # type: ignore[misc]  # noqa: FBT003
            _begin_anew(model.model[-1], fresh.model[-1])
        self.report("note", {"text": str(found), "classes": asdict(found)})
        return model


def _in_order(names: Mapping[int, str]) -> list[str]:
    return [str(names[i]) for i in sorted(names)]


def _begin_anew(head: Any, fresh: Any) -> None:
    """Draw the weights of the layers that tell classes anew; their inputs may be wider than in a fresh model."""
    for layer, anew in zip(_class_layers(head), _class_layers(fresh), strict=True):
        layer.reset_parameters()
        layer.bias.data.copy_(anew.bias.data)


def _class_layers(head: Any) -> list[Any]:
    """The last layer of each branch, with a row for each class."""
    branches = [layers for name in ("cv3", "one2one_cv3") for layers in getattr(head, name, None) or ()]
    semantic = getattr(getattr(head, "proto", None), "semseg", None)
    return [layers[-1] for layers in [*branches, *([semantic] if semantic is not None else [])]]
