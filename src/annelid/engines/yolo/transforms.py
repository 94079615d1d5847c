"""Transforms of Albumentations, described in a file, among Ultralytics' own augmentation.

They are made by name from Albumentations' own list: nothing in a file can run code. Pictures, outlines and boxes are
moved together; what would tear outlines or change the picture's size is refused.
"""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annelid.engines.yolo.pieces import LEAST_VISIBLE
from annelid.errors import EngineError, UsageError

EXTRA = "albumentations"
LEAST_SIDE = 2.0
"""Pixels; narrower boxes are left out, too."""
_STEPS = 8
"""Points on each edge of a box that has no outline."""
_TEARING = ("RandomGridShuffle", "GridElasticDeform", "ThinPlateSpline", "Mosaic")
_WRITE_TOO_MUCH = ("SafeRotate", "RGBShift", "PadIfNeeded")
"""What ``albumentations.save`` writes of these has arguments that they do not take."""
_BENT_BY = "keypoint_remapping_method"
_TRIES = 3

Points = NDArray[np.float64]


def described(value: Any) -> list[dict[str, Any]]:
    """Descriptions of transforms, a list always.

    Args:
        value: one or several, as ``albumentations.to_dict`` makes and ``albumentations.save`` writes them.

    Raises:
        UsageError: it is something else.
    """
    several = value if isinstance(value, list) and value else [value]
    for one in several:
        inside = one.get("transform") if isinstance(one, Mapping) else None
        if not (isinstance(inside, Mapping) and isinstance(inside.get("__class_fullname__"), str)):
            raise UsageError(
                f"augmentations: expected transforms as albumentations.save writes them, found {str(one)[:80]!r}",
                next_step="write the file with albumentations.save(A.Compose([...]), 'transforms.yaml', 'yaml')",
            )
    return [dict(one) for one in several]


def require(descriptions: Sequence[Mapping[str, Any]], side: int) -> None:
    """Refuse transforms that can't be used, naming them.

    Args:
        descriptions: see `described`.
        side: width and height of the pictures that are trained on.

    Raises:
        EngineError: Albumentations is not installed.
        UsageError: a transform is unknown, or would do harm.
    """
    for leaf in _leaves(_made(descriptions)):
        _try(leaf, side)


def step(p: float = 1.0, transforms: Any = None, flip_idx: Any = None) -> Any:  # noqa: ARG001 - Ultralytics' names
    """What takes the place of Ultralytics' own step, which adds transforms of its own wherever the package lies."""
    return Transforms(transforms) if transforms else _unchanged


def _unchanged(labels: dict[str, Any]) -> dict[str, Any]:
    return labels


class Transforms:
    """A step of Ultralytics' augmentation.

    Args:
        descriptions: see `described`.

    Raises:
        EngineError: Albumentations is not installed.
        UsageError: a transform is unknown.
    """

    def __init__(self, descriptions: Sequence[Mapping[str, Any]]) -> None:
        made = _made(descriptions)
        self.moves = any(_moves(leaf) for leaf in _leaves(made))
        self.compose = _composed(made, moves=self.moves)

    def __call__(self, labels: dict[str, Any]) -> dict[str, Any]:
        """Transform the picture ``[y, x, bgr]`` and move outlines and boxes along."""
        from ultralytics.utils.instance import Instances

        self.compose.set_random_seed(random.getrandbits(32))
        h, w = labels["img"].shape[:2]
        instances = labels["instances"]
        instances.convert_bbox("xyxy")
        instances.denormalize(w, h)
        has_outlines = len(instances.segments) > 0
        outlines = instances.segments if has_outlines else _around(instances.bboxes)
        pixels, moved = self.apply(labels["img"][..., ::-1], outlines)
        labels["img"] = np.ascontiguousarray(pixels[..., ::-1])
        if self.moves and len(outlines):
            cut, kept = _inside(moved, (w, h))
            boxes = np.concatenate([cut.min(1), cut.max(1)], 1)[kept].astype(np.float32)
            segments = cut[kept].astype(np.float32) if has_outlines else instances.segments
            labels["instances"] = Instances(boxes, segments, None, bbox_format="xyxy", normalized=False)
            labels["cls"] = labels["cls"][kept]
        return labels

    def apply(self, rgb: NDArray[np.uint8], outlines: NDArray[Any]) -> tuple[NDArray[np.uint8], Points]:
        """The transformed picture ``[y, x, c]`` and outlines (N, points, 2), corner-based pixels.

        Raises:
            EngineError: a transform lost points of outlines.
        """
        points = np.asarray(outlines, np.float64).reshape(-1, 2) - 0.5  # Albumentations counts from pixels' centres
        if not self.moves:
            return self.compose(image=np.ascontiguousarray(rgb))["image"], points.reshape(outlines.shape) + 0.5
        done = self.compose(image=np.ascontiguousarray(rgb), keypoints=points, at=np.arange(len(points)))
        moved = np.full_like(points, np.nan)
        moved[np.asarray(done["at"], np.int64)] = np.asarray(done["keypoints"], np.float64).reshape(-1, 2)
        if np.isnan(moved).any():
            raise EngineError("augmentations: points of outlines were lost", next_step="leave spatial transforms out")
        return done["image"], moved.reshape(outlines.shape) + 0.5


def _around(boxes_xyxy: NDArray[Any]) -> Points:
    """Outlines (N, 4 * `_STEPS`, 2) of boxes, with points on the edges as these may be bent."""
    along = np.arange(_STEPS) / _STEPS
    zero, one = np.zeros(_STEPS), np.ones(_STEPS)
    edges = [(along, zero), (one, along), (1 - along, one), (zero, 1 - along)]
    unit = np.concatenate([np.stack(edge, 1) for edge in edges])
    return np.asarray(boxes_xyxy[:, None, :2] + unit * (boxes_xyxy[:, None, 2:] - boxes_xyxy[:, None, :2]), np.float64)


def _inside(outlines: Points, size_wh: tuple[int, int]) -> tuple[Points, NDArray[np.bool_]]:
    """Outlines with what sticks out moved onto the border, and which objects are still worth learning."""
    cut = outlines.clip(0, size_wh)
    whole, left = np.ptp(outlines, 1), np.ptp(cut, 1)
    kept = (left > LEAST_SIDE).all(1) & (left.prod(1) > LEAST_VISIBLE * whole.prod(1))
    return cut, np.asarray(kept)


def _albumentations() -> Any:
    """The package, kept from asking its makers for news."""
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    os.environ.setdefault("ALBUMENTATIONS_NO_TELEMETRY", "1")
    try:
        import albumentations
    except ImportError as error:
        raise EngineError(
            "augmentations needs Albumentations, which is not installed",
            next_step=f"docs/training.md says how, under 'Transforms of your own' (extra: {EXTRA})",
        ) from error
    return albumentations


def _made(descriptions: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The transforms; those inside of an outermost ``Compose`` by themselves, as outlines are not its affair."""
    library = _albumentations()
    found: list[Any] = []
    for one in descriptions:
        name = one["transform"]["__class_fullname__"]
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("error", message=r"Argument\(s\).*not valid")  # it would be ignored
                for known in _WRITE_TOO_MUCH:
                    warnings.filterwarnings("ignore", message=rf"Argument\(s\).*not valid for transform {known}")
                made = library.from_dict(one)
        except (KeyError, TypeError, ValueError, AttributeError, NotImplementedError, UserWarning) as error:
            raise UsageError(f"augmentations: {name} can't be made: {error}") from error
        is_compose = isinstance(made, library.Compose)
        if is_compose and made.p == 1:
            found += made.transforms
        else:
            found.append(library.Sequential(made.transforms, p=made.p) if is_compose else made)
    for leaf in _leaves(found):
        if hasattr(leaf, _BENT_BY):
            setattr(leaf, _BENT_BY, "direct")  # by dots in a mask, those that are close together are lost
    return found


def _composed(made: Sequence[Any], *, moves: bool) -> Any:
    library = _albumentations()
    points = library.KeypointParams(format="xy", remove_invisible=False, label_fields=["at"]) if moves else None
    return library.Compose(list(made), keypoint_params=points)


def _leaves(made: Sequence[Any]) -> Iterator[Any]:
    """The single transforms, whatever they are nested in."""
    library = _albumentations()
    for one in made:
        if isinstance(one, library.BaseCompose):
            yield from _leaves(one.transforms)
        else:
            yield one


def _moves(leaf: Any) -> bool:
    return not isinstance(leaf, _albumentations().ImageOnlyTransform)


def _try(leaf: Any, side: int) -> None:
    """Use a transform on a picture of noise, with points all over it.

    Raises:
        UsageError: it fails, changes the picture's size or type, or loses points.
    """
    name = type(leaf).__name__
    if name in _TEARING:
        raise UsageError(
            f"augmentations: {name} would part outlines from what they outline", next_step=f"leave {name} out"
        )
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    outlines = np.random.default_rng(1).uniform(0, side, (4, 16, 2))
    before, leaf.p = leaf.p, 1.0
    try:
        for attempt in range(_TRIES):
            tried = Transforms.__new__(Transforms)
            tried.moves, tried.compose = _moves(leaf), _composed([leaf], moves=_moves(leaf))
            tried.compose.set_random_seed(attempt)
            pixels, _ = tried.apply(picture, outlines)
            if pixels.shape != picture.shape or pixels.dtype != np.uint8:
                raise UsageError(
                    f"augmentations: {name} makes pictures of {pixels.shape[1]} x {pixels.shape[0]} "
                    f"{pixels.dtype} from {side} x {side} uint8: all pictures of a batch have one size",
                    next_step=f"leave {name} out; scale and translate move the view, imgsz sets the size",
                )
    except (EngineError, KeyError, TypeError, ValueError, AttributeError, NotImplementedError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UsageError(f"augmentations: {name} can't be used: {reason}", next_step=f"leave {name} out") from error
    finally:
        leaf.p = before
