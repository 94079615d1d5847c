"""On equal weights every network answers what Ultralytics' own predictors do, to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.assist.prompts import BOX, CLICKS, PICTURE, Box, Clicks, prompt
from tests.assist.weights import random_weights

from annelid import geometry
from annelid.assist.base import ArrayPicture, Hints
from annelid.assist.client import WorkerProcess
from annelid.assist.embeddings import FOLDER
from annelid.assist.sam import Sam

PROMPTS: tuple[tuple[Clicks, Box | None], ...] = ((CLICKS, None), (CLICKS[:1], None), ((), BOX), (CLICKS[:1], BOX))


@pytest.fixture(scope="module", params=["mobile_sam.pt", "sam2.1_t.pt", "FastSAM-s.pt"])
def sam(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sam]:
    """A network of each kind, which learned nothing, in a process."""
    weights = random_weights(tmp_path_factory.mktemp("project") / "models/fetched" / request.param)
    worker = WorkerProcess(weights.parents[2])
    yield Sam(weights, worker)
    worker.close()


@pytest.fixture(scope="module")
def upstream(sam: Sam) -> Any:
    """Ultralytics' own predictor with the same weights, which has seen `PICTURE` where it keeps one."""
    weights = sam._weights
    from ultralytics.models.fastsam import FastSAMPredictor
    from ultralytics.models.sam import Predictor, SAM2Predictor

    wanted = {"model": str(weights), "imgsz": 1024, "mode": "predict", "save": False, "verbose": False}
    if weights.name.startswith("FastSAM"):
        # the least score and the most overlap that we ask for
        return FastSAMPredictor(overrides={**wanted, "conf": 0.3, "iou": 0.9, "max_det": 1000, "retina_masks": True})
    made = (SAM2Predictor if weights.name.startswith("sam2") else Predictor)(overrides=wanted)
    made.set_image(PICTURE[..., ::-1].copy())
    made.args.conf = -1e9  # nothing that was learned: scores may be anything
    return made


def answer(predictor: Any, clicks: Clicks, box: Box | None) -> NDArray[np.bool_]:
    """What upstream makes of a prompt: one mask, the union where it gives several."""
    bboxes = [list(box)] if box else None
    points, labels = [list(click[:2]) for click in clicks], [click[2] for click in clicks]
    if not hasattr(predictor, "set_image"):  # FastSAM
        predictor.set_prompts({"bboxes": bboxes, "points": points or None, "labels": labels or None})
        (result,) = predictor(PICTURE[..., ::-1].copy())
    else:
        nested = {"points": [points], "labels": [labels]} if points else {}
        (result,) = predictor(bboxes=bboxes, **nested)
    return np.asarray(result.masks.data.numpy().astype(bool).any(0))


@pytest.mark.parametrize(("clicks", "box"), PROMPTS)
def test_the_mask_of_a_prompt_is_that_of_upstream(sam: Sam, upstream: Any, clicks: Clicks, box: Box | None) -> None:
    found = sam.outline(ArrayPicture(PICTURE), prompt(*clicks, box=box), Hints())
    mask = geometry.shape_to_mask(found.shape, PICTURE.shape[:2])
    assert mask.any()
    np.testing.assert_array_equal(mask, answer(upstream, clicks, box))


def test_what_is_kept_of_a_picture_is_that_of_upstream(sam: Sam, upstream: Any) -> None:
    sam.outline(ArrayPicture(PICTURE), prompt(CLICKS[0]), Hints())
    (kept,) = (sam._weights.parents[2] / FOLDER).glob("*.npz")
    with np.load(kept) as embedding:
        for name, wanted in made_by(upstream).items():
            np.testing.assert_array_equal(embedding[name], wanted.numpy())


def made_by(predictor: Any) -> dict[str, Any]:
    """What upstream makes of a picture before there is a prompt, by the names under which it is kept."""
    if not hasattr(predictor, "set_image"):
        predictor.set_prompts({})
        (result,) = predictor(PICTURE[..., ::-1].copy())
        return {"boxes": result.boxes.data}
    if not isinstance(predictor.features, dict):
        return {"features": predictor.features}
    high = {f"high_{n}": one for n, one in enumerate(predictor.features["high_res_feats"])}
    return {"features": predictor.features["image_embed"], **high}
