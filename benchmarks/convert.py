"""COCO to YOLO and COCO to project against Ultralytics' ``convert_coco``, on the same file in the same run.

    uv run python benchmarks/convert.py [--quick]

Each runs in a process of its own, so that time and peak memory are its own (imports are in the memory, not in the
time), twice, and the faster run counts. The outlines have as many points as bring the peer to the memory that it
takes on real files of that many objects. The last line is ``ratio X``: how many times faster Annelid is than the
peer, the smaller of the two conversions.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

IMAGES, POLYGONS, VERTICES, SIZE, ROUNDS = 3_447, 150_000, 120, 512, 2

PEER = """
from ultralytics.data.converter import convert_coco
convert_coco(r"{folder}/annotations", r"{out}", use_segments=True, cls91to80=False)
"""
CONVERT = """
from annelid.convert import convert
done = convert(r"{folder}/annotations", r"{out}", "yolo")
assert done.objects == {objects}, done.objects
"""
IMPORT = """
from pathlib import Path
from annelid.project import Project
project = Project.init(r"{out}")
done = project.import_(r"{folder}/images", labels=r"{folder}/annotations")
assert sum(done.objects.values()) == {objects}, done.objects
"""


def main() -> None:
    """Make the file, run the three, print the figures and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the objects")
    scale = 10 if parser.parse_args().quick else 1
    images, polygons = IMAGES // scale, POLYGONS // scale
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_coco(folder, images, polygons)
        figures = {
            what: min(
                measure(code.format(folder=folder, out=folder / f"out-{what}-{n}", objects=polygons), imports)
                for n in range(ROUNDS)
            )
            for what, imports, code in (
                ("peer", "ultralytics.data.converter", PEER),
                ("coco-to-yolo", "annelid.convert", CONVERT),
                ("coco-to-project", "annelid.project", IMPORT),
            )
        }
    for what, (seconds, gigabytes) in figures.items():
        print(f"{what:16} {seconds:6.2f} s {gigabytes:5.2f} GB")
    print(f"ratio {figures['peer'][0] / max(figures['coco-to-yolo'][0], figures['coco-to-project'][0]):.2f}")


def measure(code: str, imports: str) -> tuple[float, float]:
    """Seconds and peak gigabytes of a piece of Python behind its imports."""
    program = f"""
import resource, sys, time, contextlib, io
import {imports}
started = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    exec({code!r})
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds, gigabytes = done.stderr.strip().splitlines()[-1].split()
    return float(seconds), float(gigabytes)


def write_coco(folder: Path, images: int, polygons: int) -> None:
    """A COCO file of wobbly circles, and its images (one picture under many names).

    It is written line by line: what this process takes of memory would count as its children's.
    """
    (folder / "annotations").mkdir()
    (folder / "images").mkdir()
    Image.new("L", (SIZE, SIZE)).save(folder / "first.png")
    picture = (folder / "first.png").read_bytes()
    names = [f"{n:05d}.png" for n in range(images)]
    for name in names:
        (folder / "images" / name).write_bytes(picture)
    head = {
        "categories": [{"id": 1, "name": "cell"}, {"id": 2, "name": "nucleus"}],
        "images": [{"id": n, "file_name": name, "width": SIZE, "height": SIZE} for n, name in enumerate(names, 1)],
    }
    chance = random.Random(0)
    with (folder / "annotations" / "instances_default.json").open("w", encoding="utf-8") as file:
        file.write(json.dumps(head)[:-1] + ', "annotations": [')
        for n in range(polygons):
            file.write((", " if n else "") + json.dumps(annotation(n, images, chance)))
        file.write("]}")


def annotation(n: int, images: int, chance: random.Random) -> dict[str, object]:
    """A circle somewhere on one of the images."""
    x, y, r = chance.uniform(20, SIZE - 20), chance.uniform(20, SIZE - 20), chance.uniform(5, 15)
    angles = [2 * math.pi * k / VERTICES for k in range(VERTICES)]
    return {
        "id": n + 1,
        "image_id": n % images + 1,
        "category_id": n % 2 + 1,
        "segmentation": [[round(v, 2) for t in angles for v in (x + r * math.cos(t), y + r * math.sin(t))]],
        "area": math.pi * r * r,
        "bbox": [x - r, y - r, 2 * r, 2 * r],
        "iscrowd": 0,
    }


if __name__ == "__main__":
    main()
