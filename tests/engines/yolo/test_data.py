"""What the network is shown equals the annotation: masks are held against the moved pictures themselves."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from ultralytics.cfg import get_cfg

from annelid.engines.base import Example
from annelid.engines.yolo.data import ObjectsDataset
from annelid.geometry import Shape, box_ring, ellipse_ring
from annelid.objects import Kind, Objects

pytestmark = pytest.mark.filterwarnings("ignore")

SIZE = 128
CLASSES = ("ring", "pair")
RING: Shape = ((ellipse_ring((40, 40), (24, 20)), ellipse_ring((40, 40), (12, 10))),)  # with a hole
PAIR: Shape = ((box_ring(80, 20, 100, 44),), (box_ring(84, 76, 112, 100),))  # of two parts
STILL = {
    "mosaic": 0.0,
    "degrees": 0.0,
    "translate": 0.0,
    "scale": 0.0,
    "shear": 0.0,
    "perspective": 0.0,
    "fliplr": 0.0,
    "flipud": 0.0,
    "hsv_h": 0.0,
    "hsv_s": 0.0,
    "hsv_v": 0.0,
    "mixup": 0.0,
    "cutmix": 0.0,
    "copy_paste": 0.0,
}
GREY = {0: 170, 1: 240}  # an object's pixels have the grey of its class
PADDING = 114


def objects() -> Objects:
    return Objects.from_shapes([RING, PAIR], list(CLASSES))


def picture(things: Objects) -> NDArray[np.uint8]:
    labels = things.label_image((SIZE, SIZE))
    greys = np.array([30, *(GREY[CLASSES.index(label)] for label in things.labels)], np.uint8)
    return np.repeat(greys[labels][..., None], 3, 2)


def dataset(
    folder: Path,
    several: list[Objects],
    *,
    augment: bool = True,
    task: str = "segment",
    pixels: Any = picture,
    tile: int | None = None,
    in_memory: bool = False,
    **changed: Any,
) -> ObjectsDataset:
    examples = []
    for n, things in enumerate(several):
        path = folder / f"{n}.npy"
        np.save(path, pixels(things))
        examples.append(Example(path, things))
    hyp = get_cfg(overrides={**STILL, "mask_ratio": 1, "overlap_mask": False, "task": task, **changed})
    return ObjectsDataset(
        examples,
        CLASSES,
        tile=tile,
        in_memory=in_memory,
        imgsz=SIZE,
        batch_size=2,
        augment=augment,
        hyp=hyp,
        rect=False,
        cache=None,
        single_cls=False,
        stride=32,
        pad=0.0,
        prefix="",
        task=task,
        data={"names": dict(enumerate(CLASSES)), "nc": 2, "channels": 3},
        fraction=1.0,
    )


def shown(item: dict[str, Any]) -> NDArray[np.uint8]:
    """The picture as the network gets it, one channel."""
    return np.asarray(item["img"][0].numpy())


def _iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def _masks(item: dict[str, Any]) -> NDArray[np.bool_]:
    masks: NDArray[np.bool_] = item["masks"].numpy() > 0
    return masks


# --- without augmentation: exact --------------------------------------------------------------------------------


@pytest.mark.parametrize("augment", [False, True])
def test_masks_are_the_raster_of_the_annotation_holes_and_parts_included(tmp_path: Path, augment: bool) -> None:
    item = dataset(tmp_path, [objects()], augment=augment)[0]
    masks, truth = _masks(item), objects()
    assert item["cls"][:, 0].tolist() == [0, 1]
    for n in range(2):
        np.testing.assert_array_equal(masks[n], truth[[n]].label_image((SIZE, SIZE)) > 0)
    assert not masks[0][40, 40]  # the hole
    assert masks[1][30, 90]
    assert masks[1][90, 90]
    np.testing.assert_array_equal(shown(item) == GREY[0], masks[0])


@pytest.mark.parametrize("ratio", [1, 2, 4])
def test_masks_are_at_one_over_the_ratio_and_small_ones_lie_on_large_ones(tmp_path: Path, ratio: int) -> None:
    inside = Objects.from_shapes([((box_ring(20, 20, 100, 100),),), ((box_ring(40, 40, 60, 60),),)], list(CLASSES))
    item = dataset(tmp_path, [inside], augment=False, mask_ratio=ratio, overlap_mask=True)[0]
    index = item["masks"].numpy()
    assert index.shape == (1, SIZE // ratio, SIZE // ratio)
    expected = np.zeros((SIZE, SIZE), int)
    expected[20:100, 20:100], expected[40:60, 40:60] = 1, 2
    np.testing.assert_array_equal(index[0], expected[ratio // 2 :: ratio, ratio // 2 :: ratio])
    assert item["cls"][:, 0].tolist() == [0, 1]


def test_windows_show_what_lies_in_them_larger(tmp_path: Path) -> None:
    """Windows of 64 pixels of a picture of 128, at 2x."""
    pieces = dataset(tmp_path, [objects()], augment=False, tile=64)
    assert len(pieces) == 4
    for item, (x, y) in zip(pieces, ((0, 0), (64, 0), (0, 64), (64, 64)), strict=True):
        expected = np.kron(picture(objects())[y : y + 64, x : x + 64, 0], np.ones((2, 2), np.uint8))
        assert shown(item).shape == (SIZE, SIZE)
        for mask, number in zip(_masks(item), item["cls"][:, 0].tolist(), strict=True):
            assert _iou(mask, expected == GREY[int(number)]) > 0.95  # blocks of pixels against a smooth outline
    assert [item["cls"][:, 0].tolist() for item in pieces] == [[0], [1], [], [1]]


def test_windows_of_a_training_lie_anywhere_and_masks_follow_them(tmp_path: Path) -> None:
    random.seed(0)
    pieces = dataset(tmp_path, [objects()], tile=64)
    several = [pieces[0] for _ in range(8)]
    for item in several:
        assert _iou(np.asarray(_masks(item).any(0)), shown(item) > 100) > 0.95
    assert len({shown(item).tobytes() for item in several}) == 8


def test_pictures_are_mapped_and_read_into_memory_on_request(tmp_path: Path) -> None:
    mapped = dataset(tmp_path, [objects()])
    assert isinstance(mapped.pictures[0], np.memmap)
    assert not isinstance(dataset(tmp_path, [objects()], in_memory=True).pictures[0], np.memmap)


def test_boxes_are_those_of_the_objects(tmp_path: Path) -> None:
    for task in ("segment", "detect"):
        item = dataset(tmp_path, [objects()], augment=False, task=task)[0]
        boxes = objects().boxes_xyxy
        xywh = np.stack([boxes[:, :2] + boxes[:, 2:], 2 * (boxes[:, 2:] - boxes[:, :2])], 1).reshape(2, 4) / 2 / SIZE
        np.testing.assert_allclose(item["bboxes"].numpy(), xywh, atol=1e-5)
        assert item["cls"].dtype == torch.float32
        assert ("masks" in item) == (task == "segment")


def test_ignored_objects_and_points_are_neither_learned_nor_counted(tmp_path: Path) -> None:
    things = Objects.concat(
        [
            Objects.from_points([[5, 5]], ["ring"]),
            objects().replace(ignore=np.array([True, False])),
            Objects.from_boxes([[10, 100, 30, 120]], ["ring"]),
        ]
    )
    item = dataset(tmp_path, [things], augment=False, pixels=lambda _: np.zeros((SIZE, SIZE, 3), np.uint8))[0]
    assert item["cls"][:, 0].tolist() == [1, 0]
    np.testing.assert_array_equal(_masks(item)[0], objects()[[1]].label_image((SIZE, SIZE)) > 0)
    assert _masks(item)[1].sum() == 400


def test_pictures_without_objects_are_background(tmp_path: Path) -> None:
    moves: list[dict[str, Any]] = [{}, {"mosaic": 1.0, "copy_paste": 1.0, "degrees": 10.0}]
    for changed in moves:
        data = dataset(tmp_path, [Objects.empty(), Objects.empty()], **changed)
        item = data[0]
        assert len(item["cls"]) == 0
        assert item["bboxes"].shape == (0, 4)
        assert _masks(item).sum() == 0


def test_empty_pictures_mix_with_others_in_a_batch(tmp_path: Path) -> None:
    data = dataset(tmp_path, [objects(), Objects.empty(), objects()], overlap_mask=True, mask_ratio=4)
    batch = ObjectsDataset.collate_fn([data[i] for i in range(3)])
    assert batch["masks"].shape == (3, SIZE // 4, SIZE // 4)
    assert batch["cls"].shape == (4, 1)
    assert batch["batch_idx"].tolist() == [0, 0, 2, 2]


def test_more_than_255_objects_keep_their_own_masks(tmp_path: Path) -> None:
    boxes = [[x, y, x + 4, y + 4] for y in range(0, 126, 6) for x in range(0, 124, 6)][:400]
    many = Objects.from_boxes(boxes, ["ring"] * len(boxes)).replace(kinds=Kind.POLYGON)
    item = dataset(
        tmp_path, [many], augment=False, overlap_mask=True, pixels=lambda _: np.zeros((SIZE, SIZE, 3), np.uint8)
    )[0]
    counts = np.bincount(item["masks"].numpy().ravel())[1:]
    assert len(counts) == len(boxes) > 255
    assert (counts >= 15).all()


# --- with Ultralytics' augmentation ------------------------------------------------------------------------------

AUGMENTATIONS: dict[str, dict[str, Any]] = {
    "flips": {"fliplr": 1.0, "flipud": 1.0},
    "rotation": {"degrees": 180.0},
    "scale and shift": {"scale": 0.3, "translate": 0.2},
    "shear": {"shear": 15.0, "degrees": 20.0},
    "mosaic": {"mosaic": 1.0},
    "mosaic and all moves": {
        "mosaic": 1.0,
        "degrees": 45.0,
        "scale": 0.4,
        "fliplr": 0.5,
        "flipud": 0.5,
        "translate": 0.1,
    },
    "perspective": {"perspective": 0.0005},
    "copy paste": {"copy_paste": 1.0},
    "copy paste of others": {"copy_paste": 1.0, "copy_paste_mode": "mixup"},
    "cutmix": {"cutmix": 1.0},
}


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_augmented_masks_lie_on_the_augmented_objects(tmp_path: Path, name: str) -> None:
    """The objects' grey values are moved by OpenCV, their rings by Ultralytics: both must end in the same place."""
    data = dataset(
        tmp_path, [objects(), objects().moved((6, 14)), objects()[[0]], objects()[[1]]], **AUGMENTATIONS[name]
    )
    seen = 0
    for attempt in range(6):
        random.seed(attempt)
        item = data[attempt % 4]
        grey, masks, classes = shown(item).astype(int), _masks(item), item["cls"][:, 0].int().tolist()
        assert len(masks) == len(classes) == len(item["bboxes"])
        for c in (0, 1):
            own = [m for m, k in zip(masks, classes, strict=True) if k == c]
            if not own:
                continue
            drawn, painted = np.any(own, axis=0), abs(grey - GREY[c]) < 12
            if min(drawn.sum(), painted.sum()) < 250:  # slivers at the border that one side drops
                continue
            seen += 1
            missed = drawn & ~_grown(painted)
            assert missed.sum() < 0.06 * drawn.sum() + 30, (attempt, c, int(missed.sum()), int(drawn.sum()))
    assert seen >= 4


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy import ndimage

    grown: NDArray[np.bool_] = ndimage.binary_dilation(mask, iterations=2)
    return grown


@pytest.mark.parametrize("name", ["flips", "rotation", "scale and shift", "shear", "mosaic and all moves"])
def test_augmented_masks_cover_the_augmented_objects(tmp_path: Path, name: str) -> None:
    data = dataset(tmp_path, [objects()] * 4, **AUGMENTATIONS[name])
    scores = []
    for attempt in range(6):
        random.seed(attempt)
        item = data[0]
        grey, masks, classes = shown(item).astype(int), _masks(item), item["cls"][:, 0].int().tolist()
        own = [m for m, k in zip(masks, classes, strict=True) if k == 0]
        if own and (painted := abs(grey - GREY[0]) < 25).sum() > 600:
            scores.append(_iou(np.any(own, axis=0), painted))
    assert len(scores) >= 3
    assert np.median(scores) > 0.85, scores


def test_flips_are_exact(tmp_path: Path) -> None:
    item = dataset(tmp_path, [objects()], fliplr=1.0, flipud=1.0)[0]
    expected = objects()[[0]].label_image((SIZE, SIZE))[::-1, ::-1] > 0
    assert _iou(_masks(item)[0], expected) > 0.98
    assert not _masks(item)[0][SIZE - 40, SIZE - 40]


def test_a_rotated_hole_stays_a_hole(tmp_path: Path) -> None:
    data = dataset(tmp_path, [objects()[[0]]], degrees=180.0)
    for attempt in range(5):
        random.seed(attempt)
        item = data[0]
        if not len(item["cls"]):
            continue
        (mask,) = _masks(item)
        box = item["bboxes"][0].numpy() * SIZE
        if mask.sum() > 0.9 * objects().areas[0]:
            assert not mask[int(box[1]), int(box[0])]
            assert mask.sum() == pytest.approx(objects().areas[0], rel=0.06)


def test_the_same_class_numbers_reach_the_network_whatever_the_augmentation(tmp_path: Path) -> None:
    several = [objects()] * 4
    data = dataset(tmp_path, several, mosaic=1.0, copy_paste=1.0, mixup=1.0, degrees=20.0, overlap_mask=True)
    for _ in range(6):
        item = data[0]
        assert set(item["cls"][:, 0].tolist()) <= {0.0, 1.0}
        assert item["cls"].dtype == torch.float32
        assert int(item["masks"].max()) <= len(item["cls"])


def test_a_share_of_the_pictures_is_taken_from_the_front(tmp_path: Path) -> None:
    data = dataset(tmp_path, [objects()[[0]], objects()[[1]], objects()], augment=False)
    assert len(data) == 3
    hyp = SimpleNamespace(**vars(get_cfg(overrides=STILL)))
    cut = ObjectsDataset(
        data.examples,
        CLASSES,
        imgsz=SIZE,
        batch_size=1,
        augment=False,
        hyp=hyp,
        rect=False,
        cache=None,
        single_cls=True,
        stride=32,
        pad=0.0,
        prefix="",
        task="segment",
        data={"names": {0: "object"}, "nc": 1, "channels": 3},
        fraction=0.67,
    )
    assert len(cut) == 2
    assert cut[1]["cls"][:, 0].tolist() == [0.0]


CORNERS: Shape = ((np.array([[8.0, 8], [120, 8], [120, 120]]),),)


@pytest.mark.parametrize(
    "shape", [CORNERS, PAIR, ((box_ring(10, 10, 118, 118),),)], ids=["triangle", "two boxes", "square"]
)
@pytest.mark.parametrize("name", ["rotation", "scale and shift", "shear", "mosaic and all moves", "mosaic"])
def test_outlines_of_few_vertices_are_cut_at_the_border_as_the_picture_is(
    tmp_path: Path, name: str, shape: Shape
) -> None:
    things = Objects.from_shapes([shape], ["ring"])
    data = dataset(tmp_path, [things] * 4, **AUGMENTATIONS[name])
    scores = []
    for attempt in range(10):
        random.seed(attempt)
        item = data[0]
        painted = abs(shown(item).astype(int) - GREY[0]) < 30
        if painted.sum() > 400:
            scores.append(_iou(np.any(_masks(item), axis=0) if len(item["cls"]) else np.zeros_like(painted), painted))
    assert min(scores) > 0.8, np.round(scores, 2)
    assert np.median(scores) > 0.93, np.round(scores, 2)
