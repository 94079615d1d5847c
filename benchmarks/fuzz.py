"""Hunt for files that a parser neither reads nor refuses in its own words, guided by the lines that they reach.

    uv run python benchmarks/fuzz.py [--seconds 60] [--seed 0] [--blind] [--keep FOLDER] [PARSER ...]

Each parser gets its share of the time. A spoiled file that reaches a step from line to line which none reached before
joins the files that are spoiled further; with ``--blind`` none does, to see what that is worth. What is found is
printed once for each place, with its traceback, and kept in a folder. The last line is ``X found, Y steps reached``.
The suite has the other half: every format, a fixed number of rounds (``tests/formats/test_fuzz.py``).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.fuzzing.mutate import spoiled  # noqa: E402 - found from the root only
from tests.fuzzing.seeds import seeds  # noqa: E402

from annelid.errors import AnnelidError  # noqa: E402
from annelid.formats import (  # noqa: E402
    array_pickle,
    cellpose_outlines,
    data_yaml,
    imagej_roi,
    jsontext,
    labelstudio_rle,
    mask_file,
    png_text,
    rle,
    safe_xml,
)
from annelid.formats.archive import opened  # noqa: E402
from annelid.formats.base import LossReport  # noqa: E402
from annelid.formats.reading import ShapeError  # noqa: E402

SLOW_S = 2.0

Step = tuple[str, int, int]
"""File, line, and the line before it."""


@dataclass
class Trace:
    """Steps through Annelid's own code.

    Attributes:
        seen: all so far.
        is_new: whether the last run made one that was not seen before.
    """

    seen: set[Step] = field(default_factory=set)
    is_new: bool = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch what the block runs."""
        self.is_new = False
        sys.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(None)

    def _call(self, frame: FrameType, _: str, __: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if "annelid" not in name:
            return None
        last = frame.f_lineno

        def line(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
            nonlocal last
            if event == "line":
                step = (name, frame.f_lineno, last)
                last = frame.f_lineno
                if step not in self.seen:
                    self.seen.add(step)
                    self.is_new = True
            return line

        return line


@dataclass(frozen=True)
class Parser:
    """Something that makes sense of bytes.

    Attributes:
        run: takes the bytes, and a file that holds them.
        file: what the file is called, which says how to spoil it.
        first: bytes that it reads.
        refuses: what it raises of others.
    """

    run: Callable[[bytes, Path], object]
    file: str
    first: tuple[bytes, ...]
    refuses: type[Exception] = AnnelidError


def _unpacked(file: Path) -> None:
    with opened(file):
        pass


def _of(name: str, ending: str) -> tuple[bytes, ...]:
    """The files of one ending that there are of a format."""
    with tempfile.TemporaryDirectory() as folder:
        found = [
            data for seed in seeds(name, Path(folder)) for file, data in seed.files.items() if file.endswith(ending)
        ]
    return tuple(dict.fromkeys(found))


def parsers() -> dict[str, Parser]:
    """Name -> parser."""
    mask = np.zeros((20, 30), bool)
    mask[3:9, 4:25] = True
    counts, stream = rle.encode(mask, (5, 6), (100, 50)), labelstudio_rle.encode(mask, (5, 6), (100, 50))
    png = png_text.text_of(mask.astype(np.uint8)).encode()
    zipped = _of("imagej", ".zip")
    return {
        "roi": Parser(
            lambda data, _: imagej_roi.decode_roi(data, "a", "x"), "a.roi", _of("imagej", ".roi"), ShapeError
        ),
        "pickle": Parser(lambda _, file: array_pickle.load_arrays(file), "a.npy", _of("cellpose", ".npy")),
        "rle": Parser(
            lambda data, _: rle.decode(rle.unpack(data.decode("latin-1")), (50, 100)),
            "a.txt",
            (rle.pack(counts).encode(),),
            ValueError,
        ),
        "labelstudio-rle": Parser(
            lambda data, _: labelstudio_rle.decode(list(data), (100, 50)), "a.bin", (bytes(stream),), ValueError
        ),
        "png-text": Parser(lambda data, _: png_text.pixels_of(data.decode("latin-1")), "a.txt", (png,), ValueError),
        "outlines": Parser(
            lambda _, file: list(cellpose_outlines.read_outlines(file, (100, 50))), "a.txt", _of("cellpose", ".txt")
        ),
        "json": Parser(lambda _, file: jsontext.parse(jsontext.read_text(file), file), "a.json", _of("coco", ".json")),
        "xml": Parser(lambda _, file: safe_xml.parse(file), "a.xml", _of("voc", ".xml")),
        "yaml": Parser(lambda _, file: data_yaml.read_data_yaml(file), "data.yaml", _of("yolo", ".yaml")),
        "png": Parser(lambda _, file: mask_file.read_labels(file, LossReport()), "a.png", _of("maskfolder", ".png")),
        "tiff": Parser(lambda _, file: mask_file.read_labels(file, LossReport()), "a.tif", _of("labelmask", ".tif")),
        "zip": Parser(lambda _, file: _unpacked(file), "a.zip", zipped),
    }


@dataclass
class Hunt:
    """Spoils the files of one parser.

    Attributes:
        name: of the parser.
        parser: the parser.
        keep: where findings are kept.
        is_blind: whether only the first files are spoiled.
        found: place in the code -> traceback.
    """

    name: str
    parser: Parser
    keep: Path
    is_blind: bool
    trace: Trace = field(default_factory=Trace)
    found: dict[str, str] = field(default_factory=dict)

    def run(self, seconds: float, chance: random.Random) -> int:
        """Hunt for so long; returns the number of rounds."""
        corpus, rounds, end = list(self.parser.first), 0, time.monotonic() + seconds
        file = self.keep / self.parser.file
        while time.monotonic() < end:
            data = chance.choice(corpus) if rounds else corpus[0]
            data = spoiled(data, self.parser.file, chance) if rounds else data
            file.write_bytes(data)
            begin = time.monotonic()
            with self.trace.running():
                self._one(data, file)
            if time.monotonic() - begin > SLOW_S:
                self._note("slow", f"{time.monotonic() - begin:.1f} s", data)
            if self.trace.is_new and not self.is_blind and len(data) < 100_000:
                corpus.append(data)
            rounds += 1
        file.unlink(missing_ok=True)
        return rounds

    def _one(self, data: bytes, file: Path) -> None:
        try:
            self.parser.run(data, file)
        except self.parser.refuses:
            return
        except Exception as error:  # noqa: BLE001 - these are what is hunted for
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"
            self._note(place, "".join(traceback.format_exception(error)[-4:]), data)

    def _note(self, place: str, text: str, data: bytes) -> None:
        if place not in self.found:
            self.found[place] = text
            kept = self.keep / f"{self.name} {len(self.found)} {self.parser.file}"
            kept.write_bytes(data)
            print(f"{self.name}: {place}\n{text}  kept as {kept}")


def main() -> None:
    """Hunt, and say what was found."""
    known = parsers()
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("parsers", nargs="*", metavar="PARSER", help=f"some of {', '.join(known)}; all by default")
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--blind", action="store_true")
    arguments.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "annelid-fuzz")
    asked = arguments.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    names = asked.parsers or list(known)
    hunts = [Hunt(name, known[name], asked.keep, asked.blind) for name in names]
    for hunt in hunts:
        rounds = hunt.run(asked.seconds / len(names), random.Random(f"{hunt.name} {asked.seed}"))
        print(f"{hunt.name}: {rounds} rounds, {len(hunt.trace.seen)} steps, {len(hunt.found)} found")
    print(f"{sum(len(h.found) for h in hunts)} found, {sum(len(h.trace.seen) for h in hunts)} steps reached")


if __name__ == "__main__":
    main()
