"""Predict with YOLO weights: no hidden caps, and each mask only in its own window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from ultralytics.utils.nms import non_max_suppression
from ultralytics.utils.torch_utils import select_device

from annelid import geometry, tracing
from annelid.engines.base import Pixels, PredictConfig, PredictorSpec
from annelid.engines.yolo import processor
from annelid.engines.yolo import weights as weights_file
from annelid.errors import EngineError
from annelid.geometry import Shape
from annelid.objects import Kind, Objects

MASK_STRIDE = 4.0
"""Input pixels for each pixel of the mask prototypes."""
WINDOW = 1280
"""Longest side of the network's input for a model that was trained on windows at a fixed scale."""


class YoloPredictor:
    """A loaded detection or segmentation model; see `annelid.engines.base.Predictor`."""

    def __init__(self, weights: Path, config: PredictConfig, classes: Sequence[str]) -> None:
        model, checkpoint = weights_file.open_checkpoint(weights, trust=config.trust)
        names = [str(model.names[i]) for i in sorted(model.names)]
        if classes and list(classes) != names:
            raise EngineError(f"{weights} predicts {names}, but its card says {list(classes)}")
        self.names = names
        self.config = config
        self.device = _device(config.device)
        self.model = model.fuse(verbose=False).to(self.device)
        if self.device.type == "cpu":
            processor.use_all_cores()
            processor.order_channels_last(self.model)
        if hasattr(self.model, "end2end"):
            self.model.end2end = False  # one rule for every version: non-maximum suppression, as trained with
        self.segments = bool(model.task == "segment")
        self.stride = max(int(model.stride.max()), 32)
        trained = int(checkpoint.get("train_args", {}).get("imgsz", 640))
        self.imgsz = -(-(config.imgsz or trained) // self.stride) * self.stride
        self.zoom = config.zoom if config.imgsz is None else None
        self.spec = _spec(max(int(WINDOW / self.zoom), 1) if self.zoom else config.tile or self.imgsz)

    def __call__(self, tiles: Sequence[Pixels]) -> list[Objects]:
        """Objects on each uint8 RGB tile ``[y, x, c]``, in pixels of the tile."""
        with torch.inference_mode():
            return [self._predict(tile) for tile in tiles]

    def _predict(self, tile: Pixels) -> Objects:
        gain = self.zoom or self.imgsz / max(tile.shape[:2])
        batch, pad_xy = _letterbox(tile, gain, self.stride)
        output = self.model(batch.to(self.device))
        prediction, protos = self._split(output)
        # A time limit would make the result depend on how busy the machine is.
        found = (
            non_max_suppression(
                prediction,
                self.config.conf,
                self.config.iou,
                max_det=self.config.max_det,
                nc=len(self.names),
                max_time_img=1e9,
            )[0]
            .float()
            .cpu()
        )
        boxes = (found[:, :4].numpy() - np.tile(pad_xy, 2)) / gain
        h, w = tile.shape[:2]
        boxes = boxes.clip(0, [w, h, w, h]).astype(np.float64)
        inside = (boxes[:, 2:] > boxes[:, :2]).all(1)  # the rest lies in the padding
        found, boxes = found[inside], boxes[inside]
        labels = [self.names[int(c)] for c in found[:, 5]]
        scores = found[:, 4].numpy().astype(np.float64)
        if not self.segments or protos is None:
            return Objects.from_boxes(boxes, labels, scores=scores)
        proto = protos[0].float().cpu()
        shapes = [_mask_shape(proto, row[6:], box, gain, pad_xy) for row, box in zip(found, boxes, strict=True)]
        kept = [i for i, shape in enumerate(shapes) if shape]
        return Objects.from_shapes(
            [shapes[i] for i in kept], [labels[i] for i in kept], kinds=Kind.MASK, scores=scores[kept]
        )

    def _split(self, output: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Predictions and mask prototypes, wherever this version puts them."""
        if not self.segments:
            return (output[0] if isinstance(output, tuple | list) else output), None
        if isinstance(output[0], tuple):
            return output[0][0], output[0][1]
        return output[0], output[1]


def _spec(tile: int) -> PredictorSpec:
    return PredictorSpec(tile=tile, overlap=min(max(64, tile // 4), tile // 2))


def _device(name: str) -> torch.device:
    try:
        return torch.device(select_device(name, verbose=False))
    except (ValueError, RuntimeError, AssertionError) as error:
        raise EngineError(
            f"device {name!r} can't be used: {str(error).strip().splitlines()[0]}",
            next_step="annelid doctor shows the devices; --device cpu always works",
        ) from error


def _letterbox(tile: Pixels, gain: float, stride: int) -> tuple[torch.Tensor, NDArray[np.float64]]:
    """Scale the tile and pad it to whole strides with grey, as at validation.

    Returns:
        float32 (1, 3, h, w) in 0..1, and the padding on the left and the top.
    """
    import cv2  # comes with ultralytics

    h, w = tile.shape[:2]
    new_w, new_h = max(1, round(w * gain)), max(1, round(h * gain))
    scaled = tile if (new_w, new_h) == (w, h) else cv2.resize(tile, (new_w, new_h), interpolation=cv2.INTER_LINEAR)
    pad_x, pad_y = -new_w % stride, -new_h % stride
    left, top = pad_x // 2, pad_y // 2
    padded = np.pad(scaled, ((top, pad_y - top), (left, pad_x - left), (0, 0)), constant_values=114)
    tensor = torch.from_numpy(np.ascontiguousarray(padded.transpose(2, 0, 1))).float()[None] / 255
    return tensor, np.array([left, top], np.float64)


def _mask_shape(
    proto: torch.Tensor,
    coefficients: torch.Tensor,
    box_xyxy: NDArray[np.float64],
    gain: float,
    pad_xy: NDArray[np.float64],
) -> Shape:
    """Outline of one object at the tile's own resolution, computed in the window of its box only.

    Args:
        proto: float (m, h / 4, w / 4), the mask prototypes of the padded input.
        coefficients: float (m,).
        box_xyxy: the object's box in pixels of the tile.
        gain: input pixels per tile pixel.
        pad_xy: padding of the input on the left and the top.
    """
    x1, y1 = np.floor(box_xyxy[:2]).astype(int)
    x2, y2 = np.ceil(box_xyxy[2:]).astype(int)
    if x2 <= x1 or y2 <= y1:
        return ()
    x, y = torch.arange(x1, x2) + 0.5, torch.arange(y1, y2) + 0.5
    near, grid = _around(proto, (x * gain + pad_xy[0]) / MASK_STRIDE, (y * gain + pad_xy[1]) / MASK_STRIDE)
    logits = (coefficients @ near.flatten(1)).view(1, 1, *near.shape[1:])
    sampled = functional.grid_sample(logits, grid, mode="bilinear", padding_mode="border", align_corners=False)
    columns = (x >= box_xyxy[0]) & (x <= box_xyxy[2])
    rows = (y >= box_xyxy[1]) & (y <= box_xyxy[3])
    mask = (sampled[0, 0] > 0) & rows[:, None] & columns
    return _without_specks(tracing.mask_to_shape(mask.numpy(), (float(x1), float(y1))))


def _around(proto: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The prototypes that points between ``x`` and ``y`` depend on, and those points as `grid_sample` wants them.

    Args:
        proto: float (m, h, w).
        x: columns of the points in pixels of the prototypes, ascending.
        y: their rows.
    """
    (left, right), (top, bottom) = (
        (min(max(int(at[0] - 0.5), 0), size - 1), min(max(int(at[-1] + 1.5), 1), size))
        for at, size in ((x, proto.shape[2]), (y, proto.shape[1]))
    )
    grid_y, grid_x = torch.meshgrid((y - top) / (bottom - top), (x - left) / (right - left), indexing="ij")
    return proto[:, top:bottom, left:right], torch.stack([grid_x, grid_y], -1).float()[None] * 2 - 1


def _without_specks(shape: Shape) -> Shape:
    """The parts of at least a tenth of the largest: masks of uncertain objects come with loose pixels."""
    areas = [geometry.shape_area((part,)) for part in shape]
    return tuple(part for part, area in zip(shape, areas, strict=True) if area >= max(areas) / 10)
