"""Open a 100,000 x 100,000 tiled pyramid and read tiles of it: time and memory.

The first image of all also starts the process that decodes: that is measured alone.

    python benchmarks/large_image.py [--quick] [--folder DIR]

The file is made first (30 GB of pixels, under 2 GB on disk, as its tiles repeat). Each measurement runs
in a process of its own, so that the memory is that of one thing alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import numpy as np
import tifffile

from annelid.readers import ImageFile, open_image

TILE = 512
READS = 20


def make(path: Path, side: int) -> None:
    """A BigTIFF with SubIFDs, RGB, deflate; level by level half as large, down to 1,000 pixels."""
    tile = _packed_tile()
    sides = [side]
    while sides[-1] > 2000:
        sides.append(sides[-1] // 2)
    options = {
        "tile": (TILE, TILE),
        "compression": "zlib",
        "photometric": "rgb",
        "dtype": np.uint8,
        "resolutionunit": "CENTIMETER",
    }
    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        for n, level in enumerate(sides):
            tif.write(
                _tiles(tile, level),
                shape=(level, level, 3),
                resolution=(40_000 / 2**n, 40_000 / 2**n),
                subifds=len(sides) - 1 if n == 0 else None,
                subfiletype=int(n > 0),
                metadata=None,
                **options,
            )


def _packed_tile() -> bytes:
    """A packed tile that looks a little like tissue, in blocks of 4 x 4 pixels, so that it packs well."""
    y, x = np.mgrid[: TILE // 4, : TILE // 4]
    waves = 180 + 40 * np.sin(x / 5) * np.cos(y / 8) + np.random.default_rng(0).integers(0, 3, x.shape)
    pixels = np.stack([waves, waves * 0.8, waves * 0.9], 2).astype(np.uint8).repeat(4, 0).repeat(4, 1)
    return zlib.compress(pixels.tobytes(), 9)


def _tiles(tile: bytes, side: int) -> Iterator[bytes]:
    """The tiles of a level: one, packed once, again and again."""
    count = -(-side // TILE)
    yield from repeat(tile, count * count)


def measure(path: Path, what: str) -> dict[str, float]:
    """Milliseconds and MB that one thing takes, in a fresh process."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import large_image as b; b.work()"
    done = subprocess.run([sys.executable, "-c", code, str(path), what], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def work() -> None:
    """The measured process's side; the process that decodes for it counts, too."""
    path, what = Path(sys.argv[1]), sys.argv[2]
    before, started = memory(), time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        tifffile.imwrite(Path(temporary) / "a.tif", np.zeros((9, 9), np.uint8))
        open_image(Path(temporary) / "a.tif").close()
    times, used = [time.perf_counter() - started], memory() - before
    if what != "start":
        before, started = memory(), time.perf_counter()
        with open_image(path) as file:
            times = [time.perf_counter() - started] if what == "open" else reads(file, what)
            used = memory() - before
    print(json.dumps({"ms": 1000 * sorted(times)[len(times) // 2], "mb": used / 1e6}))


def reads(file: ImageFile, what: str) -> list[float]:
    """Seconds that each of some tiles takes, or the overview."""
    windows = np.random.default_rng(1).integers(0, file.info.size_wh[0] - 1024, (READS, 2)).tolist()
    times = []
    for x, y in windows if what == "tiles" else windows[:1]:
        started = time.perf_counter()
        if what == "tiles":
            file.read((x, y, x + 1024, y + 1024))
        else:
            file.overview(1024)
        times.append(time.perf_counter() - started)
    return times


def memory() -> int:
    """Bytes that this process and those that it started hold."""
    import psutil

    process = psutil.Process()
    return sum(one.memory_info().rss for one in (process, *process.children()))


def main() -> None:
    """Make the file, measure, print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20,000 pixels a side instead of 100,000")
    parser.add_argument("--folder", type=Path, help="where to keep the file; default: a temporary folder")
    arguments = parser.parse_args()
    side = 20_000 if arguments.quick else 100_000
    with tempfile.TemporaryDirectory() as temporary:
        path = (arguments.folder or Path(temporary)) / f"large_{side}.tif"
        if not path.exists():
            started = time.perf_counter()
            make(path, side)
            print(
                f"made {side} x {side} RGB, {path.stat().st_size / 1e6:.0f} MB, {time.perf_counter() - started:.0f} s"
            )
        for what in ("start", "open", "tiles", "overview"):
            found = measure(path, what)
            print(f"{what:10} {found['ms']:8.1f} ms {found['mb']:8.1f} MB")


if __name__ == "__main__":
    main()
