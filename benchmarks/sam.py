"""What a second click takes besides the network's decoder, through the server, on a real image.

    python benchmarks/sam.py IMAGE MASKS [--weights mobile_sam.pt] [--clicks 40]

IMAGE is a picture, MASKS its label image. Weights that learned nothing will do, and are made where the file does not
exist: encoder and decoder run as they would, but then the decoder's mask, which would be noise, is replaced by the
object of MASKS that was clicked, so that what is sent, traced and answered is what a trained network would give. The
last line is ``overhead X ms``: the 95th percentile of the time of a click over HTTP less that of its decoder, once the
image is encoded; less than 100 is wanted.
"""

from __future__ import annotations

import argparse
import json
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import httpx
import numpy as np
import tifffile
from numpy.typing import NDArray

from annelid.assist import client, worker
from annelid.engines.sam import network
from annelid.project import Project

HERE = Path(__file__).resolve().parent
LEAST = 30
"""Objects of fewer square pixels are not clicked."""


class Labelled:
    """A network whose masks are replaced by labelled objects (see `annelid.engines.sam.network.Network`).

    Args:
        real: runs all the same.
        labels: the label image.
        log: takes a line for each mask, the seconds that the decoder took.
    """

    def __init__(self, real: network.Network, labels: NDArray[np.integer], log: Path) -> None:
        self.real, self.labels, self.log = real, labels, log
        self.embed, self.everything = real.embed, real.everything

    def mask(self, embedding: network.Embedding, asked: network.Asked) -> tuple[network.Bits, float]:
        """The clicked object."""
        began = time.perf_counter()
        self.real.mask(embedding, asked)
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"{time.perf_counter() - began}\n")
        x, y, _ = asked.points[0]
        h, w = asked.size_hw
        return self.labels[:h, :w] == self.labels[int(y), int(x)], 0.9


def answer(masks: str, log: str) -> None:
    """Run the process that answers clicks, with masks replaced."""
    labels, opened = tifffile.imread(masks), network.open_network
    with mock.patch.object(worker, "open_network", lambda weights: Labelled(opened(weights), labels, Path(log))):
        worker.main()


def serve(root: str, masks: str, log: str) -> None:
    """``annelid serve``, but for whom its networks are run by."""
    begin = f"import sys; sys.path[:0] = [sys.argv[1], {str(HERE)!r}]; import sam; sam.answer({masks!r}, {log!r})"
    sys.argv = ["annelid", "-C", root, "serve", "--port", "0", "--no-open", "--json"]
    with mock.patch.object(client, "_START", begin):
        runpy.run_module("annelid", run_name="__main__")


@contextmanager
def served(root: Path, masks: Path, log: Path) -> Iterator[httpx.Client]:
    """Who may ask a server of its own."""
    command = [sys.executable, str(HERE / "sam.py"), "--serve", str(root), str(masks), str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        headers = {"Authorization": f"Bearer {told['token']}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{told['port']}", headers=headers, timeout=600) as asking:
            yield asking
        process.terminate()


def places(labels: NDArray[np.integer], count: int) -> list[tuple[float, float]]:
    """A pixel of each of some objects."""
    areas = np.bincount(labels.ravel())
    objects = [n for n in np.flatnonzero(areas >= LEAST) if n]
    chosen = np.random.default_rng(0).choice(objects, count)
    found = [np.argwhere(labels == n) for n in chosen]
    return [(float(at[len(at) // 2][1]) + 0.5, float(at[len(at) // 2][0]) + 0.5) for at in found]


def clicked(asking: httpx.Client, view: str, engine: str, place: tuple[float, float]) -> float:
    """Seconds until a click is answered."""
    wish = {"view": view, "engine": engine, "points": [[*place, 1]]}
    began = time.perf_counter()
    asking.post("/api/assist/outline", json=wish).raise_for_status()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path)
    parser.add_argument("masks", type=Path)
    parser.add_argument("--weights", type=Path, default=Path("mobile_sam.pt"))
    parser.add_argument("--clicks", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        root, log = Path(passing) / "project", Path(passing) / "log"
        with Project.init(root) as project:
            project.import_(given.image, copy=True)
            (view,) = project.store.views()
        weights = root / "models" / "fetched" / given.weights.name
        if given.weights.exists():
            weights.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(given.weights, weights)
        else:
            sys.path.insert(0, str(HERE.parent))
            from tests.assist.weights import random_weights

            random_weights(weights)
        with served(root, given.masks.resolve(), log) as asking:
            engine, at = f"sam:{weights.name}", places(tifffile.imread(given.masks), given.clicks + 1)
            first, *later = [clicked(asking, view.id, engine, place) for place in at]
        decoding = np.array([float(line) for line in log.read_text(encoding="utf-8").split()][1:])
    overhead = 1e3 * (np.array(later) - decoding)
    print(f"{weights.name}: first click {first:.2f} s, decoder {1e3 * np.median(decoding):.0f} ms")
    print(f"the rest of a second click: median {np.median(overhead):.1f} ms, most {overhead.max():.1f} ms")
    print(f"overhead {np.percentile(overhead, 95):.1f} ms")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:])
    else:
        main()
