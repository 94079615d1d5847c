"""Ultralytics' dataset, fed with Annelid's objects instead of text files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from ultralytics.data import augment
from ultralytics.data.augment import Format, RandomPerspective
from ultralytics.data.dataset import YOLODataset
from ultralytics.utils.instance import Instances

from annelid.engines.base import Example
from annelid.engines.yolo import rings, transforms
from annelid.engines.yolo.pieces import LEAST_VISIBLE, Piece, pieces, scattered
from annelid.tiling import Window

augment.Albumentations = transforms.step


@dataclass(frozen=True)
class Table:
    """The objects of one picture.

    Attributes:
        classes: int64 (N,) class indices.
        boxes_xyxy: float64 (N, 4) in pixels of the picture.
        outlines: float32 (N, points, 2) in pixels of the picture, see `rings.pack`.
        numbers: int64 (N,) numbers of the objects among those of all pictures.
    """

    classes: NDArray[np.int64]
    boxes_xyxy: NDArray[np.float64]
    outlines: NDArray[np.float32]
    numbers: NDArray[np.int64]

    def inside(self, window: Window) -> Table:
        """The objects that a window shows, cut at its border and in its own pixels."""
        low, high = np.array(window[:2]), np.array(window[2:])
        cut = np.concatenate([self.boxes_xyxy[:, :2].clip(low, high), self.boxes_xyxy[:, 2:].clip(low, high)], 1)
        seen = _area(cut) > LEAST_VISIBLE * _area(self.boxes_xyxy)
        outlines = self.outlines[seen].clip(low, high) - low
        return Table(self.classes[seen], cut[seen] - [*low, *low], outlines.astype(np.float32), self.numbers[seen])


def _area(boxes_xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).prod(1))


class ObjectsDataset(YOLODataset):
    """Examples as Ultralytics' dataset; masks are rasterised from the exact rings, holes and parts included.

    Args:
        examples: the pictures and their objects.
        classes: class names.
        tile: side in pixels of the windows that pictures are cut into; None takes them whole.
        in_memory: read the pictures into memory, instead of mapping their files.
        options: of Ultralytics' dataset.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        classes: Sequence[str],
        *,
        tile: int | None = None,
        in_memory: bool = False,
        **options: Any,
    ) -> None:
        self.examples, self.tile = examples, tile
        self.im_files: list[str]
        self.class_index = {name: i for i, name in enumerate(classes)}
        self.pictures = [example.pixels(in_memory=in_memory) for example in examples]
        self.tables, self.rings = _tables(examples, self.class_index)
        super().__init__(img_path=[], **options)

    def get_img_files(self, img_path: str | list[str]) -> list[str]:  # noqa: ARG002 - the examples are known
        """Paths of the pictures."""
        count = len(self.examples)
        count = max(1, round(count * self.fraction)) if isinstance(self.fraction, float) else self.fraction
        return [str(example.path) for example in self.examples[:count]]

    def get_labels(self) -> list[dict[str, Any]]:
        """One label record per piece, as Ultralytics wants them."""
        sizes = [(picture.shape[1], picture.shape[0]) for picture in self.pictures[: len(self.im_files)]]
        found = pieces(sizes, self.imgsz, self.tile)
        found = scattered(found) if self.augment and self.tile else found
        self.im_files = [self.im_files[piece.picture] for piece in found]
        return [self._label(piece) for piece in found]

    def _label(self, piece: Piece) -> dict[str, Any]:
        table = self.tables[piece.picture].inside(piece.window)
        w, h = piece.size_wh
        boxes = table.boxes_xyxy
        xywh = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], 1)
        classes = np.zeros_like(table.classes) if self.single_cls else table.classes
        return {
            "im_file": str(self.examples[piece.picture].path),
            "shape": (h, w),
            "cls": classes[:, None].astype(np.float32),
            "bboxes": (xywh / [w, h, w, h]).astype(np.float32),
            "segments": list(table.outlines / np.array([w, h], np.float32)) if self.use_segments else [],
            "keypoints": None,
            "normalized": True,
            "bbox_format": "xywh",
            "numbers": table.numbers,
            "piece": piece,
        }

    def get_image_and_label(self, index: int) -> dict[str, Any]:
        """One piece, its picture ``[y, x, bgr]`` scaled to the input; at training, a window is put anywhere."""
        record = self.labels[index]
        moved = self.augment and self.tile is not None
        label = self._label(record["piece"].elsewhere()) if moved else dict(record)
        piece, (h, w) = label.pop("piece"), label.pop("shape", record["piece"].size_wh[::-1])
        label["img"] = self._scaled(piece)
        label["ori_shape"], label["resized_shape"] = (h, w), label["img"].shape[:2]
        label["ratio_pad"] = (label["resized_shape"][0] / h, label["resized_shape"][1] / w)
        if self.rect:
            label["rect_shape"] = self.batch_shapes[self.batch[index]]
        return self.update_labels_info(label)

    def _scaled(self, piece: Piece) -> NDArray[np.uint8]:
        x1, y1, x2, y2 = piece.window
        pixels = self.pictures[piece.picture][y1:y2, x1:x2]
        size_wh = [min(math.ceil(side * piece.gain), self.imgsz) for side in piece.size_wh]
        scaled = pixels if piece.gain == 1 else cv2.resize(pixels, size_wh, interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2BGR), np.uint8)

    def update_labels_info(self, label: dict[str, Any]) -> dict[str, Any]:
        """Outlines already have equal lengths: resampling them would smear the rings."""
        numbers, segments = label.pop("numbers"), label.pop("segments")
        label.pop("keypoints")
        stacked = np.stack(segments) if segments else np.zeros((0, self.rings.points, 2), np.float32)
        boxes, box_format, normalized = label.pop("bboxes"), label.pop("bbox_format"), label.pop("normalized")
        label["instances"] = Instances(boxes, stacked, None, bbox_format=box_format, normalized=normalized)
        if self.use_segments:
            label["cls"] = rings.tag(label["cls"][:, 0].astype(np.int64), numbers)
        return label

    def build_transforms(self, hyp: Any) -> Any:
        """Ultralytics' augmentation, with the last step replaced by one that knows the rings."""
        self.cache = "ram"  # mosaics are made of any pictures, not of those that were read last
        transforms = super().build_transforms(hyp)
        if self.augment:
            moves = transforms.transforms[0].transforms
            affine = next(step for step in moves if isinstance(step, RandomPerspective))
            affine.__class__ = CornerPerspective  # in place: several steps share it
        if self.use_segments:
            last = transforms.transforms[-1]
            transforms.transforms[-1] = RingFormat(last, self.rings)
        return transforms


def _tables(examples: Sequence[Example], class_index: Mapping[str, int]) -> tuple[list[Table], rings.RingTable]:
    kept = [example.objects[example.objects.has_area & ~example.objects.ignore] for example in examples]
    outlines, table = rings.pack([shape for objects in kept for shape in objects.shapes])
    ends = np.cumsum([0, *map(len, kept)])
    tables = [
        Table(
            np.array([class_index[label] for label in objects.labels], np.int64),
            objects.boxes_xyxy.astype(np.float64),
            outlines[first:end],
            np.arange(first, end),
        )
        for objects, (first, end) in zip(kept, pairwise(ends.tolist()), strict=True)
    ]
    return tables, table


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
