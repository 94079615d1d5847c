"""Models of random weights, small and quick, as a training would save them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

IMGSZ = 64
CLASSES = ("cell", "débris")


@cache
def model(architecture: str = "yolo11n-seg.yaml") -> Any:
    """A model of random weights that answers with many objects, as its classes are all a little likely."""
    import torch
    from ultralytics.nn.tasks import DetectionModel, SegmentationModel

    torch.manual_seed(0)
    kind = SegmentationModel if "-seg" in architecture else DetectionModel
    made = kind(architecture, nc=len(CLASSES), verbose=False)
    made.names = dict(enumerate(CLASSES))
    head = made.model[-1]
    for name in ("cv3", "one2one_cv3"):  # classes: all a little likely
        for layers in getattr(head, name, None) or ():
            torch.nn.init.normal_(layers[-1].weight, std=0.5)
            torch.nn.init.constant_(layers[-1].bias, 0.0)
    for name in ("cv2", "one2one_cv2"):  # boxes: a few pixels wide
        for layers in getattr(head, name, None) or ():
            bins = layers[-1].bias.numel() // 4
            near = -torch.arange(bins, dtype=torch.float32) if bins > 1 else torch.ones(1)
            layers[-1].bias.data.copy_(near.repeat(4))
    return made.eval()


def weights(path: Path, architecture: str = "yolo11n-seg.yaml") -> Path:
    """The model as a checkpoint."""
    import torch

    task = "segment" if "-seg" in architecture else "detect"
    arguments = {"imgsz": IMGSZ, "task": task}
    torch.save({"model": model(architecture), "ema": None, "epoch": -1, "train_args": arguments}, path)
    return path
