"""Ultralytics' dataset, fed with Annelid's objects instead of text files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image
from ultralytics.data.augment import Format, RandomPerspective
from ultralytics.data.dataset import YOLODataset

from annelid.engines.base import Example
from annelid.engines.yolo import rings


class ObjectsDataset(YOLODataset):
    """Examples as Ultralytics' dataset; masks are rasterised from the exact rings, holes and parts included."""

    def __init__(self, examples: Sequence[Example], classes: Sequence[str], **options: Any) -> None:
        self.examples = examples
        self.class_index = {name: i for i, name in enumerate(classes)}
        kept = [_with_area(example) for example in examples]
        shapes = [shape for objects in kept for shape in objects.shapes]
        self.outlines, self.table = rings.pack(shapes)
        self.objects = kept
        super().__init__(img_path=[], **options)

    def get_img_files(self, img_path: str | list[str]) -> list[str]:  # noqa: ARG002 - the examples are known
        """Paths of the pictures."""
        self.im_files = [str(example.path) for example in self.examples]
        count = max(1, round(len(self.im_files) * self.fraction)) if isinstance(self.fraction, float) else self.fraction
        return self.im_files[:count]

    def get_labels(self) -> list[dict[str, Any]]:
        """One label record per picture, as Ultralytics wants them."""
        labels, first = [], 0
        for path, objects in zip(self.im_files, self.objects, strict=False):
            with Image.open(path) as picture:
                w, h = picture.size
            boxes = objects.boxes_xyxy
            xywh = np.stack(
                [
                    (boxes[:, 0] + boxes[:, 2]) / 2,
                    (boxes[:, 1] + boxes[:, 3]) / 2,
                    boxes[:, 2] - boxes[:, 0],
                    boxes[:, 3] - boxes[:, 1],
                ],
                1,
            )
            classes = np.array([self.class_index[label] for label in objects.labels], np.float32)
            outlines = self.outlines[first : first + len(objects)]
            labels.append(
                {
                    "im_file": path,
                    "shape": (h, w),
                    "cls": classes[:, None],
                    "bboxes": (xywh / [w, h, w, h]).astype(np.float32),
                    "segments": list(outlines / np.array([w, h], np.float32)) if self.use_segments else [],
                    "keypoints": None,
                    "normalized": True,
                    "bbox_format": "xywh",
                    "numbers": np.arange(first, first + len(objects)),
                }
            )
            first += len(objects)
        return labels

    def update_labels_info(self, label: dict[str, Any]) -> dict[str, Any]:
        """Outlines already have equal lengths: resampling them would smear the rings."""
        from ultralytics.utils.instance import Instances

        numbers, segments = label.pop("numbers"), label.pop("segments")
        label.pop("keypoints")
        stacked = np.stack(segments) if segments else np.zeros((0, self.table.points, 2), np.float32)
        boxes, box_format, normalized = label.pop("bboxes"), label.pop("bbox_format"), label.pop("normalized")
        label["instances"] = Instances(boxes, stacked, None, bbox_format=box_format, normalized=normalized)
        if self.use_segments:
            label["cls"] = rings.tag(label["cls"][:, 0].astype(np.int64), numbers)
        return label

    def build_transforms(self, hyp: Any) -> Any:
        """Ultralytics' augmentation, with the last step replaced by one that knows the rings."""
        transforms = super().build_transforms(hyp)
        if self.augment:
            moves = transforms.transforms[0].transforms
            affine = next(step for step in moves if isinstance(step, RandomPerspective))
            affine.__class__ = CornerPerspective  # in place: several steps share it
        if self.use_segments:
            last = transforms.transforms[-1]
            transforms.transforms[-1] = RingFormat(last, self.table)
        return transforms


def _with_area(example: Example) -> Any:
    return example.objects[example.objects.has_area & ~example.objects.ignore]


class CornerPerspective(RandomPerspective):
    """Moves the picture as the outlines are moved.

    OpenCV counts from the centre of the first pixel, outlines from its corner: turned upside down they would end a
    pixel apart in both directions.
    """

    def apply_image(self, labels: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        """Warp the picture."""
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        by_centres = np.linalg.inv(half) @ params["M"] @ half
        warped: dict[str, Any] = super().apply_image(labels, {**params, "M": by_centres})
        return warped


class RingFormat(Format):
    """Turns augmented outlines into masks, each object's rings even-odd."""

    def __init__(self, settings: Format, table: rings.RingTable) -> None:
        self.__dict__.update(settings.__dict__)
        self.table = table

    def _format_segments(self, instances: Any, cls: np.ndarray, w: int, h: int) -> tuple[np.ndarray, Any, np.ndarray]:
        classes, numbers = rings.untag(cls)
        size_hw = (h // self.mask_ratio, w // self.mask_ratio)
        masks = rings.raster(self.table, numbers, instances.segments, size_hw, self.mask_ratio)
        if not self.mask_overlap:
            return masks.astype(np.uint8), instances, classes
        order = np.argsort(-masks.sum((1, 2)), kind="stable")  # large ones first: small ones stay visible
        index = np.zeros(size_hw, np.int32 if len(masks) > 255 else np.uint8)
        for place, row in enumerate(order, start=1):
            index[masks[row]] = place
        return index[None], instances[order], classes[order]
