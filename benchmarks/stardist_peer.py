"""Train StarDist from scratch for so many minutes and predict: run by `training.py`, in StarDist's own Python.

    PYTHON benchmarks/stardist_peer.py DATA OUT MINUTES SEED

DATA holds ``{train,val,test}/{images,masks}/NAME.npy`` (uint8 grey, uint16 labels); labels found go to OUT.
StarDist's own defaults for nuclei: 32 rays on a grid of 2, patches of 256, batches of 4, flips, turns and brightness as
in its example; the learning rate falls on a plateau; thresholds are optimised on validation.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

STARTED = time.time()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np  # noqa: E402
import tensorflow as tf  # type: ignore[import-not-found,unused-ignore]  # noqa: E402
from csbdeep.utils import normalize  # type: ignore[import-not-found,unused-ignore]  # noqa: E402
from stardist import fill_label_holes  # type: ignore[import-not-found,unused-ignore]  # noqa: E402
from stardist.models import Config2D, StarDist2D  # type: ignore[import-not-found,unused-ignore]  # noqa: E402

CHANCE = np.random.default_rng(int(sys.argv[4]))
STEPS = 50
KEPT_FOR_THE_END = 40.0
"""Seconds of the budget for loading the best weights and optimising thresholds."""


class Clock(tf.keras.callbacks.Callback):  # type: ignore[misc]
    """Stops behind the epoch in which the budget is used up."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras' signature
        """Stop in time."""
        self.model.stop_training = time.time() - STARTED > self.seconds - KEPT_FOR_THE_END


def part(folder: Path) -> tuple[list[str], list[Any], list[Any]]:
    """Names, normalised pictures and labels of a part."""
    names = sorted(path.stem for path in (folder / "images").glob("*.npy"))
    pictures = [normalize(np.load(folder / "images" / f"{name}.npy"), 1, 99.8) for name in names]
    return names, pictures, [fill_label_holes(np.load(folder / "masks" / f"{name}.npy")) for name in names]


def augmented(x: Any, y: Any) -> tuple[Any, Any]:
    """Turns and flips, brightness and a little noise."""
    turns = int(CHANCE.integers(4))
    x, y = np.rot90(x, turns), np.rot90(y, turns)
    if CHANCE.uniform() < 0.5:
        x, y = x[::-1], y[::-1]
    x = x * CHANCE.uniform(0.6, 2) + CHANCE.uniform(-0.2, 0.2)
    return x + 0.02 * CHANCE.uniform() * CHANCE.normal(size=x.shape), y


def main() -> None:
    """Train, optimise, predict."""
    data, out, minutes, seed = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    np.random.seed(seed)  # noqa: NPY002 - StarDist draws its patches from the global generator
    tf.random.set_seed(seed)
    _, x, y = part(data / "train")
    _, x_val, y_val = part(data / "val")
    config = Config2D(
        n_rays=32,
        grid=(2, 2),
        train_patch_size=(256, 256),
        train_batch_size=4,
        train_steps_per_epoch=STEPS,
        train_tensorboard=False,
    )
    model = StarDist2D(config, name="stardist", basedir=str(out / "model"))
    model.prepare_for_training()
    model.callbacks.append(Clock(60 * minutes))
    model.train(x, y, validation_data=(x_val, y_val), augmenter=augmented, epochs=10_000)
    model.optimize_thresholds(x_val, y_val)
    print(f"trained in {time.time() - STARTED:.0f} s")
    names, x_test, _ = part(data / "test")
    for name, picture in zip(names, x_test, strict=True):
        np.save(out / f"{name}.npy", model.predict_instances(picture)[0].astype(np.uint16))


if __name__ == "__main__":
    main()
