"""FastSAM: a YOLO that outlines everything; a prompt chooses among what it outlined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.engines.base import Pixels
from annelid.engines.sam.network import SIDE, Arrays, Asked, Bits, Embedding, masks_of
from annelid.engines.yolo import weights as weights_file

_CONF, _IOU = 0.3, 0.9


class FastSam:
    """See `annelid.engines.sam.network.Network`."""

    def __init__(self, weights: Path, device: str) -> None:
        from ultralytics.models.fastsam import FastSAMPredictor

        weights_file.verify(weights, trust=False)
        wanted = {"model": str(weights), "imgsz": SIDE, "conf": _CONF, "iou": _IOU, "mode": "predict", "save": False}
        chosen = {"retina_masks": True, "verbose": False, "max_det": 1000, **({"device": device} if device else {})}
        self._predictor = FastSAMPredictor(overrides={**wanted, **chosen})
        self._predictor.setup_model(str(weights), verbose=False)

    def embed(self, picture: Pixels) -> Arrays:
        """Everything that was outlined: packed masks, boxes with scores."""
        result = self._all(picture, _CONF)
        masks, _ = masks_of(result, picture.shape[:2])
        return {"masks": np.packbits(masks, axis=2), "boxes": result.boxes.data.cpu().numpy()}

    def _all(self, picture: Pixels, conf: float) -> Any:
        self._predictor.args.conf = conf
        (result,) = self._predictor(np.ascontiguousarray(picture[..., ::-1]))
        return result

    def mask(self, embedding: Embedding, asked: Asked) -> tuple[Bits, float]:
        """The union of what the prompt chooses, by Ultralytics' rule; the score is that of the surest."""
        result = self._restored(embedding, asked.size_hw)
        if not len(result):
            return np.zeros(asked.size_hw, bool), 0.0
        (chosen,) = self._predictor.prompt([result], bboxes=asked.boxes, **asked.clicks)
        masks, scores = masks_of(chosen, asked.size_hw)
        return np.asarray(masks.any(0), bool), float(scores.max(initial=0))

    def _restored(self, embedding: Embedding, size_hw: tuple[int, int]) -> Any:
        import torch
        from ultralytics.engine.results import Results

        masks = np.unpackbits(embedding["masks"], axis=2, count=size_hw[1])
        blank = np.zeros((*size_hw, 3), np.uint8)
        data = {"masks": torch.from_numpy(masks), "boxes": torch.from_numpy(embedding["boxes"])}
        return Results(blank, path="", names={0: "object"}, **data)

    def everything(self, picture: Pixels, conf: float) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """All that was outlined; see `annelid.engines.sam.network.Network`."""
        return masks_of(self._all(picture, conf), picture.shape[:2])
