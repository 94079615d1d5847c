"""Ultralytics' mask loss, computed only where it counts.

Ultralytics draws every positive anchor's mask over the whole image and then forgets all but the object's box: with a
hundred small objects most of a training step, and of its memory. Here only the pixels in the boxes are drawn. The
value and the gradients are the same.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from ultralytics.utils.loss import v8SegmentationLoss


def use() -> None:
    """Let all segmentation models of this process compute it so."""
    v8SegmentationLoss.calculate_segmentation_loss = _in_boxes


def _in_boxes(
    criterion: Any,
    fg_mask: torch.Tensor,
    masks: torch.Tensor,
    target_gt_idx: torch.Tensor,
    target_bboxes: torch.Tensor,
    batch_idx: torch.Tensor,
    proto: torch.Tensor,
    pred_masks: torch.Tensor,
    imgsz: torch.Tensor,
) -> torch.Tensor:
    """Mean binary cross-entropy inside the true box, summed over positive anchors and divided by their number.

    Args:
        criterion: Ultralytics' loss; its ``overlap`` says which kind `masks` is.
        fg_mask: bool (B, A), which anchors are positive.
        masks: (B, h, w) with the number of the object from 1 up in each image, or (objects, h, w) in the batch's order.
        target_gt_idx: int (B, A), which object of its image an anchor is for.
        target_bboxes: (B, A, 4) ``x1, y1, x2, y2`` in input pixels.
        batch_idx: (objects, 1), the image of each object.
        proto: (B, m, h, w) prototypes.
        pred_masks: (B, A, m) coefficients.
        imgsz: height and width of the input.
    """
    h, w = proto.shape[-2:]
    scale = torch.tensor([w, h, w, h], device=proto.device) / imgsz[[1, 0, 1, 0]]
    total = (proto * 0).sum() + (pred_masks * 0).sum()  # every part has a gradient, also without objects
    for i, positive in enumerate(fg_mask):
        boxes, objects = target_bboxes[i][positive] * scale, target_gt_idx[i][positive]
        anchor, y, x = _pixels(boxes, h, w)
        if criterion.overlap:
            truth = masks[i, y, x] == objects[anchor] + 1
        else:
            truth = masks[batch_idx.view(-1) == i][objects[anchor], y, x]
        logits = _at(proto[i], pred_masks[i][positive], anchor, y * w + x)
        each = functional.binary_cross_entropy_with_logits(logits, truth.float(), reduction="none")
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
        total = total + (each / areas[anchor]).sum()
    return total / fg_mask.sum()


def _pixels(boxes_xyxy: torch.Tensor, h: int, w: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """For every pixel whose corner lies in a box: the number of the box, its row and its column."""
    limits = torch.tensor([w, h, w, h], device=boxes_xyxy.device)
    x1, y1, x2, y2 = torch.minimum(boxes_xyxy.ceil().clamp(min=0), limits).long().T
    widths = (x2 - x1).clamp(min=0)
    counts = widths * (y2 - y1).clamp(min=0)
    box = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    place = torch.arange(len(box), device=counts.device) - (counts.cumsum(0) - counts)[box]
    return box, y1[box] + place // widths[box], x1[box] + place % widths[box]


def _at(proto: torch.Tensor, coefficients: torch.Tensor, anchor: torch.Tensor, pixel: torch.Tensor) -> torch.Tensor:
    """Logits of each anchor's mask at single pixels; rows are looked up as embeddings, whose gradient is fast."""
    columns = proto.float().flatten(1).T.contiguous()
    rows = functional.embedding(pixel, columns) * functional.embedding(anchor, coefficients.float())
    return rows.sum(1)
