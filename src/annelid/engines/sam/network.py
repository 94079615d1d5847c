"""The networks behind clicks: a picture becomes an embedding once, prompts become masks from it.

Both are computed by Ultralytics' own predictors, with its own preprocessing.
"""

from __future__ import annotations

import functools
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from annelid.engines.base import Pixels
from annelid.engines.yolo import environment
from annelid.engines.yolo.unloadable import UNLOADABLE
from annelid.errors import EngineError

SIDE = 1024
"""Pixels along the side of what the network sees."""

_CLICKS, _CLICKS_ON_CPU = 32, 16
"""Clicks along each side of a picture on which everything is sought; each takes a CPU some hundredths of a second."""

Arrays = dict[str, NDArray[Any]]
"""An embedding as it is kept."""
Embedding = Mapping[str, NDArray[Any]]
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Asked:
    """A prompt in pixels of the picture that was embedded.

    Attributes:
        size_hw: height and width of the picture.
        points: column, row, and 1 for inside or 0 for outside.
        box: x1, y1, x2, y2; None for none.
    """

    size_hw: tuple[int, int]
    points: Sequence[tuple[float, float, int]]
    box: Sequence[float] | None = None

    @property
    def boxes(self) -> list[list[float]] | None:
        """The box as Ultralytics takes it."""
        return None if self.box is None else [list(self.box)]

    @property
    def clicks(self) -> dict[str, list[Any]]:
        """The points as Ultralytics takes them for one object: ``points`` and ``labels``; {} where there are none."""
        if not self.points:
            return {}
        return {"points": [[x, y] for x, y, _ in self.points], "labels": [inside for *_, inside in self.points]}


class Network(Protocol):
    """A loaded network."""

    def embed(self, picture: Pixels) -> Arrays:
        """What the network makes of a picture uint8 RGB ``[y, x, 3]``, whatever the prompt."""

    def mask(self, embedding: Embedding, asked: Asked) -> tuple[Bits, float]:
        """The object that a prompt means: bool (h, w), and how sure the network is."""

    def everything(self, picture: Pixels, conf: float) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """All objects of a picture: bool (n, h, w) and their scores (n,)."""


def open_network(weights: Path, device: str = "") -> Network:
    """Load weights; the name of the file tells the architecture.

    Args:
        weights: ``mobile_sam.pt``, ``sam2.1_b.pt``, ``FastSAM-s.pt`` ...
        device: "cpu", "0", "mps"; "" chooses.

    Raises:
        EngineError: the file is missing, no such network, or could run code.
    """
    environment.isolate(None, trust=False)
    if not weights.is_file():
        raise EngineError(f"no weights at {weights}", next_step="put them there, or annelid models fetch mobile_sam.pt")
    if not zipfile.is_zipfile(weights):
        step = "download it again: a web page may have come instead"
        raise EngineError(f"{weights}: expected PyTorch weights (.pt), found something else", next_step=step)
    if weights.name.startswith("FastSAM"):
        from annelid.engines.sam.fast import FastSam

        return FastSam(weights, device)
    try:
        return Sam(weights, device)
    except UNLOADABLE as error:
        reason = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
        step = "the name of the file has to be that under which its publisher gives it"
        raise EngineError(f"{weights}: not the weights of {weights.stem} ({reason})", next_step=step) from error


class Sam:
    """SAM, MobileSAM or SAM 2 (see `Network`)."""

    def __init__(self, weights: Path, device: str) -> None:
        import torch
        from ultralytics.models.sam import Predictor, SAM2Predictor, build

        build.torch_load = functools.partial(torch.load, weights_only=True, map_location="cpu")  # no code in there
        made = SAM2Predictor if weights.name.startswith("sam2") else Predictor
        wanted = {"model": str(weights), "imgsz": SIDE, "conf": 0.0, "mode": "predict", "save": False, "verbose": False}
        self._predictor = made(overrides={**wanted, **({"device": device} if device else {})})
        self._predictor.setup_model(verbose=False)

    def embed(self, picture: Pixels) -> Arrays:
        """The features of the image encoder, float32."""
        self._predictor.set_image(np.ascontiguousarray(picture[..., ::-1]))
        features = self._predictor.features
        self._predictor.reset_image()
        if not isinstance(features, dict):
            return {"features": features.cpu().numpy()}
        high = {f"high_{n}": one.cpu().numpy() for n, one in enumerate(features["high_res_feats"])}
        return {"features": features["image_embed"].cpu().numpy(), **high}

    def mask(self, embedding: Embedding, asked: Asked) -> tuple[Bits, float]:
        """The mask of the prompt; see `Network`."""
        of_one = {name: [values] for name, values in asked.clicks.items()}
        masks, boxes = self._predictor.inference_features(
            self._features(embedding), asked.size_hw, (SIDE, SIDE), bboxes=asked.boxes, **of_one
        )
        if masks is None or not len(masks):
            return np.zeros(asked.size_hw, bool), 0.0
        return masks[0].cpu().numpy(), float(boxes[0, 4])

    def _features(self, embedding: Embedding) -> Any:
        import torch

        tensors = {name: torch.from_numpy(values).to(self._predictor.device) for name, values in embedding.items()}
        if len(tensors) == 1:
            return tensors["features"]
        high = [tensors[f"high_{n}"] for n in range(len(tensors) - 1)]
        return {"image_embed": tensors["features"], "high_res_feats": high}

    def everything(self, picture: Pixels, conf: float) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Masks of a grid of clicks, those that are stable; see `Network`."""
        self._predictor.args.conf = conf
        stride = _CLICKS_ON_CPU if self._predictor.device.type == "cpu" else _CLICKS
        (result,) = self._predictor(np.ascontiguousarray(picture[..., ::-1]), points_stride=stride)
        return masks_of(result, picture.shape[:2])


def masks_of(result: Any, size_hw: tuple[int, ...]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Masks and scores of Ultralytics' results, at the picture's own size."""
    if result.masks is None or not len(result.masks):
        return np.zeros((0, *size_hw), bool), np.zeros(0)
    return result.masks.data.cpu().numpy().astype(bool), result.boxes.conf.cpu().numpy().astype(np.float64)
