"""The mask loss equals Ultralytics', in value and in gradient."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from ultralytics.utils.loss import v8SegmentationLoss

from annelid.engines.yolo import mask_loss

THEIRS = v8SegmentationLoss.calculate_segmentation_loss
SIDE, MASK, ANCHORS, OBJECTS = 96, 24, 40, (5, 0, 9)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = v8SegmentationLoss.calculate_segmentation_loss
    yield
    v8SegmentationLoss.calculate_segmentation_loss = before


def problem(*, overlap: bool, seed: int) -> dict[str, Any]:
    """Anchors for boxes that also stick out of the image, lie between pixels, or are empty."""
    rng = torch.Generator().manual_seed(seed)
    count = sum(OBJECTS)
    corner = torch.rand(count, 2, generator=rng) * 80 - 6
    boxes = torch.cat([corner, corner + torch.rand(count, 2, generator=rng) * 40], 1)
    boxes[0, 2:] = boxes[0, :2] + 0.5
    first = [0, OBJECTS[0], OBJECTS[0]]
    index = torch.stack([torch.randint(0, max(n, 1), (ANCHORS,), generator=rng) for n in OBJECTS])
    positive = torch.rand(3, ANCHORS, generator=rng) < 0.4
    positive[1] = False
    targets = torch.stack([boxes[(index[i] + first[i]).clamp(max=count - 1)] for i in range(3)])
    shape = (3, MASK, MASK) if overlap else (count, MASK, MASK)
    return {
        "fg_mask": positive,
        "masks": torch.randint(0, 6 if overlap else 2, shape, generator=rng).float(),
        "target_gt_idx": index,
        "target_bboxes": targets,
        "batch_idx": torch.repeat_interleave(torch.arange(3), torch.tensor(OBJECTS)).view(-1, 1).float(),
        "proto": torch.randn(3, 8, MASK, MASK, generator=rng, requires_grad=True),
        "pred_masks": torch.randn(3, ANCHORS, 8, generator=rng, requires_grad=True),
        "imgsz": torch.tensor([float(SIDE), float(SIDE)]),
    }


def solved(loss: Any, given: dict[str, Any], *, overlap: bool) -> tuple[torch.Tensor, ...]:
    criterion = SimpleNamespace(overlap=overlap, single_mask_loss=v8SegmentationLoss.single_mask_loss)
    value = loss(criterion, **given)
    return value.detach(), *torch.autograd.grad(value, (given["proto"], given["pred_masks"]))


@pytest.mark.parametrize("overlap", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_value_and_gradients_are_those_of_ultralytics(overlap: bool, seed: int) -> None:
    mask_loss.use()
    given = problem(overlap=overlap, seed=seed)
    theirs = solved(THEIRS, given, overlap=overlap)
    for one, other in zip(
        solved(v8SegmentationLoss.calculate_segmentation_loss, given, overlap=overlap), theirs, strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
