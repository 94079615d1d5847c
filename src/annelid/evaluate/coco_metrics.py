"""Average precision as COCO defines it, without its caps on the number of detections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.evaluate.counted import EVERY_CLASS, Counted, boxes_xywh
from annelid.match import THRESHOLDS, By, coco_masks
from annelid.match.coco_masks import Rle
from annelid.objects import Objects

AREAS = ("all", "small", "medium", "large")
"""COCO's sizes: up to 32 x 32 pixels, up to 96 x 96, and larger."""

Annotation = dict[str, Any]


@dataclass(frozen=True)
class Precision:
    """Interpolated precision over recall.

    Attributes:
        values: float64 (IoU thresholds, 101 recalls, classes, `AREAS`); NaN where a class has no object of
            that size.
    """

    values: NDArray[np.float64]

    def ap(self, of_class: int | None = None, *, iou: float | None = None, area: str = "all") -> float:
        """Mean precision of one class or of all, at one IoU threshold or over all; NaN without objects."""
        values = self.values[..., AREAS.index(area)]
        if iou is not None:
            values = values[[THRESHOLDS.index(iou)]]
        if of_class is not None:
            values = values[:, :, [of_class]]
        values = values[np.isfinite(values)]
        return float(values.mean()) if values.size else float("nan")


def coco_precision(images: Sequence[Counted], n_classes: int, by: By) -> Precision:
    """Run the COCO evaluation, counting every detection however many there are.

    Args:
        images: what counts.
        n_classes: number of classes K.
        by: compare masks or boxes.
    """
    shape = (len(THRESHOLDS), 101, n_classes, len(AREAS))
    if not images or not n_classes:
        return Precision(np.full(shape, np.nan))
    from faster_coco_eval import COCO, COCOeval_faster

    truth, pred = COCO(), COCO()
    for api, entries in ((truth, _truth(images, n_classes, by)), (pred, _predicted(images, by))):
        api.dataset = _dataset(images, n_classes, list(entries))
        api.createIndex()
    run = COCOeval_faster(truth, pred, "segm" if by == "mask" else "bbox", print_function=_silent)
    run.params.maxDets = [max(1, *(len(image.pred) for image in images), 1)]
    run.evaluate()
    run.accumulate()
    values = np.asarray(run.eval["precision"], np.float64).reshape(*shape, -1)[..., -1]
    return Precision(np.where(values < 0, np.nan, values))


def _silent(*_: object) -> None:
    """Swallow what the evaluation tells about its progress."""


def _dataset(images: Sequence[Counted], n_classes: int, annotations: list[Annotation]) -> dict[str, Any]:
    for n, annotation in enumerate(annotations, 1):  # 0 would read as "no partner"
        annotation["id"] = n
    sizes = [image.size_wh for image in images]
    return {
        "images": [{"id": i, "width": w, "height": h} for i, (w, h) in enumerate(sizes, 1)],
        "categories": [{"id": k, "name": str(k)} for k in range(1, n_classes + 1)],
        "annotations": annotations,
    }


def _truth(images: Sequence[Counted], n_classes: int, by: By) -> Iterator[Annotation]:
    for i, image in enumerate(images, 1):
        masks = image.truth_rle if by == "mask" else None
        for box, k, area, mask in _columns(image.truth, image.truth_class, image.truth.areas, masks):
            yield _annotation(i, k, box, area, mask)
        masks = image.ignored_rle if by == "mask" else None
        for box, k, area, mask in _columns(image.ignored, image.ignored_class, image.ignored.areas, masks):
            for each in range(n_classes) if k == EVERY_CLASS else (k,):
                yield {**_annotation(i, each, box, area, mask), "iscrowd": 1}


def _predicted(images: Sequence[Counted], by: By) -> Iterator[Annotation]:
    for i, image in enumerate(images, 1):
        masks = image.pred_rle if by == "mask" else None
        boxes = image.pred.boxes_xyxy
        area = (boxes[:, 2:] - boxes[:, :2]).prod(1) if masks is None else coco_masks.areas(masks)
        columns = _columns(image.pred, image.pred_class, area, masks)
        for (box, k, size, mask), score in zip(columns, image.pred.scores.tolist(), strict=True):
            yield {**_annotation(i, k, box, size, mask), "score": score}


def _columns(
    objects: Objects, classes: NDArray[np.int64], areas: NDArray[np.float64], masks: list[Rle] | None
) -> Iterator[tuple[list[float], int, float, Rle | None]]:
    each_mask: Iterable[Rle | None] = repeat(None, len(objects)) if masks is None else masks
    return zip(boxes_xywh(objects).tolist(), classes.tolist(), areas.tolist(), each_mask, strict=True)


def _annotation(image_id: int, of_class: int, box_xywh: list[float], area: float, mask: Rle | None) -> Annotation:
    return {
        "image_id": image_id,
        "category_id": of_class + 1,
        "bbox": box_xywh,
        "area": area,
        "iscrowd": 0,
        **({"segmentation": mask} if mask is not None else {}),
    }
