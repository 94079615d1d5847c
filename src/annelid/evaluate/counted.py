"""What counts on an image when predictions are held against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from annelid.dataset import Dataset, LabeledImage
from annelid.geometry import Ring
from annelid.match import By, coco_masks
from annelid.match.coco_masks import Rle
from annelid.objects import Kind, Objects

EVERY_CLASS = -1
"""Class index of an ignored area that has no class of the dataset: it excuses predictions of any class."""


@dataclass(frozen=True)
class Counted:
    """One image: objects that count, areas that count neither way, and predictions.

    Attributes:
        id: id of the item.
        size_wh: width and height of the image in pixels.
        truth: T objects to be found.
        ignored: I areas in which a prediction is neither right nor wrong.
        pred: P predictions, scores without NaN.
        truth_class: int64 (T,), indices into the dataset's classes.
        ignored_class: int64 (I,), or `EVERY_CLASS`.
        pred_class: int64 (P,).
    """

    id: str
    size_wh: tuple[int, int]
    truth: Objects
    ignored: Objects
    pred: Objects
    truth_class: NDArray[np.int64]
    ignored_class: NDArray[np.int64]
    pred_class: NDArray[np.int64]

    @cached_property
    def truth_rle(self) -> list[Rle]:
        """Run-length masks of `truth`."""
        return coco_masks.encode(self.truth, self.size_wh)

    @cached_property
    def ignored_rle(self) -> list[Rle]:
        """Run-length masks of `ignored`."""
        return coco_masks.encode(self.ignored, self.size_wh)

    @cached_property
    def pred_rle(self) -> list[Rle]:
        """Run-length masks of `pred`."""
        return coco_masks.encode(self.pred, self.size_wh)

    def outlines_only(self) -> Counted:
        """The same image for masks: true objects that are only a box become ignored areas."""
        boxed = self.truth.kinds == Kind.BOX
        if not boxed.any():
            return self
        return replace(
            self,
            truth=self.truth[~boxed],
            truth_class=self.truth_class[~boxed],
            ignored=Objects.concat([self.ignored, self.truth[boxed]]),
            ignored_class=np.concatenate([self.ignored_class, self.truth_class[boxed]]),
        )


@dataclass(frozen=True)
class Overlaps:
    """How true and predicted objects of one image overlap.

    Attributes:
        iou: sparse float64 (T, P), whatever the classes.
        on_ignored: float64 (P,), the largest share of each prediction that lies in an ignored area of its
            class.
    """

    iou: sparse.csr_array
    on_ignored: NDArray[np.float64]

    @classmethod
    def of(cls, image: Counted, by: By) -> Overlaps:
        """Compare the masks or the boxes of an image."""
        if by == "mask":
            iou = coco_masks.overlap(image.truth_rle, image.pred_rle)
            share = coco_masks.overlap(image.ignored_rle, image.pred_rle, over_b=True)
        else:
            pred = boxes_xywh(image.pred)
            iou = coco_masks.box_overlap(boxes_xywh(image.truth), pred)
            share = coco_masks.box_overlap(boxes_xywh(image.ignored), pred, over_b=True)
        region = image.ignored_class[:, None]
        concerned = (region == image.pred_class[None]) | (region == EVERY_CLASS)
        return cls(sparse.csr_array(iou), (share * concerned).max(0, initial=0.0))


def boxes_xywh(objects: Objects) -> NDArray[np.float64]:
    """float64 (N, 4): left, top, width and height of each box, as the COCO tools get them.

    Without the noise of the subtraction: an IoU that lies exactly on a threshold must not fall below it.
    """
    boxes = objects.boxes_xyxy
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1).round(6)


def counted(truth: Dataset, predictions: Mapping[str, Objects]) -> tuple[list[Counted], list[str]]:
    """Keep what counts, and say what does not.

    Args:
        truth: the true objects. An item without covered area is left out; a true object whose box centre lies
            outside the covered area becomes an ignored area; points are left out.
        predictions: item id -> predicted objects. Those whose box centre lies outside the covered area and
            those of a class that the dataset does not have are left out.

    Returns:
        The images that count, and sentences about what was left out.
    """
    left_out: Counter[str] = Counter()
    index = {name: i for i, name in enumerate(truth.classes)}
    images = [_image(item, predictions.get(item.id), index, left_out) for item in truth.items if item.covered]
    skipped = sum(not item.covered for item in truth.items)
    unknown = len(predictions.keys() - {item.id for item in truth.items})
    left_out["image(s) have no covered area and are not counted"] += skipped
    left_out["image(s) have predictions but no truth and are not counted"] += unknown
    return images, [f"{n} {what}" for what, n in left_out.items() if n]


def _image(item: LabeledImage, pred: Objects | None, index: Mapping[str, int], left_out: Counter[str]) -> Counted:
    if pred is None:
        left_out["image(s) have no predictions: all their objects count as missed"] += 1
    truth = _with_area(item.objects, "true", left_out)
    pred = _with_area(Objects.empty() if pred is None else pred, "predicted", left_out)
    truth_class, pred_class = _classes(truth, index), _classes(pred, index)
    for label, n in Counter(pred.labels[pred_class < 0]).items():
        left_out[f"predicted object(s) of class '{label}', which the truth does not have, are not counted"] += n
    known = truth.ignore | (truth_class >= 0)
    left_out["true object(s) of a class that the dataset does not have are not counted"] += int((~known).sum())
    outside = ~is_covered(item, truth)
    left_out["true object(s) lie outside the covered area and are not counted"] += int((outside & known).sum())
    counts, ignored = known & ~truth.ignore & ~outside, known & (truth.ignore | outside)
    kept = (pred_class >= 0) & is_covered(item, pred)
    left_out["prediction(s) lie outside the covered area and are not counted"] += int((~kept & (pred_class >= 0)).sum())
    pred = pred[kept]
    return Counted(
        id=item.id,
        size_wh=item.size_wh,
        truth=truth[counts],
        ignored=truth[ignored],
        pred=pred.replace(scores=np.nan_to_num(pred.scores, nan=1.0)),
        truth_class=truth_class[counts],
        ignored_class=truth_class[ignored],
        pred_class=pred_class[kept],
    )


def _with_area(objects: Objects, which: str, left_out: Counter[str]) -> Objects:
    """Without points and without objects that have no outline."""
    kept = objects.has_area & np.isfinite(objects.boxes_xyxy).all(1)
    left_out[f"{which} point(s) or empty outline(s) are not counted"] += int((~kept).sum())
    return objects if kept.all() else objects[kept]


def _classes(objects: Objects, index: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([index.get(label, EVERY_CLASS) for label in objects.labels], np.int64)


def is_covered(item: LabeledImage, objects: Objects) -> NDArray[np.bool_]:
    """Whether the centre of each object's box lies in the covered area or on its border: bool (N,)."""
    if item.is_complete or not len(objects):
        return np.full(len(objects), bool(item.covered))
    boxes = objects.boxes_xyxy
    return _inside(item.covered, (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2)


def _inside(rings: Sequence[Ring], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    import shapely

    areas = [shapely.make_valid(shapely.Polygon(ring)) for ring in rings]
    inside: NDArray[np.bool_] = shapely.intersects_xy(shapely.union_all(areas), x, y)
    return inside
