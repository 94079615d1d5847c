"""Networks of the real architecture that learned nothing, saved as their publishers do."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

from annelid.engines.yolo import environment


def random_weights(path: Path) -> Path:
    """Weights of a SAM network, whose name says which, with random numbers from a fixed seed."""
    environment.isolate(None, trust=False)
    import torch
    from ultralytics.models.sam import build

    torch.manual_seed(0)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.startswith("FastSAM"):
        torch.save({"model": _outlines_everything()}, path)
        return path
    with mock.patch.object(build, "_load_checkpoint", lambda made, _: made):  # SAM 2.1 is told by the name alone
        torch.save(build.sam_model_map[path.name](path.name).state_dict(), path)
    return path


def _outlines_everything() -> Any:
    """FastSAM's network, one of YOLO's, made sure that everything is an object and fills its box."""
    from torch import nn
    from ultralytics.nn.tasks import SegmentationModel

    made = SegmentationModel("yolov8n-seg.yaml", nc=1, verbose=False)
    head = made.model[-1]
    for level in (*head.cv3, *head.cv4):
        nn.init.constant_(level[-1].bias, 1.0)
    for level in head.cv3:
        nn.init.normal_(level[-1].weight)  # surer here than there, or all would lie in one corner
    nn.init.constant_(head.proto.cv3.bn.bias, 1.0)
    return made
