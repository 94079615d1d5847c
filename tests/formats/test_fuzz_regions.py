"""Broken and hostile GeoJSON, ROIs, Cellpose's and celldetective's files: an error that names the file, or losses."""

from __future__ import annotations

import io
import random
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.contracts import own_files as own
from tests.formats.test_fuzz import flipped, nested, other_types, renumbered, repeated, torn

from annelid import formats
from annelid.errors import AnnotationError
from annelid.formats.images import FolderImages

Mutation = Callable[[bytes, random.Random], bytes]

ROUNDS = 300
SECONDS = 5.0
BYTES: tuple[Mutation, ...] = (torn, flipped, flipped, flipped, repeated)
TEXT: tuple[Mutation, ...] = (torn, flipped, repeated, renumbered, nested, *(other_types,) * 5)


def rewritten(data: bytes, chance: random.Random) -> bytes:
    """A whole number of two or four bytes, anywhere, is another one."""
    at, size = chance.randrange(len(data)), chance.choice((2, 4))
    value = chance.choice((0, 1, -1, 2**15 - 1, -(2**15), 2**31 - 1, -(2**31), 64, 0x7FC00000, 0x7F800000, 255))
    changed: bytes = (value % 256**size).to_bytes(size, "big")
    return data[:at] + changed + data[at + size :]


def packed_again(mutate: Mutation) -> Mutation:
    """Mutate the files in a zip instead of the zip."""

    def mutated(data: bytes, chance: random.Random) -> bytes:
        buffer = io.BytesIO()
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
                for name in source.namelist():
                    content = source.read(name) or b"\0"
                    target.writestr(name, mutate(content, chance) if chance.random() < 0.5 else content)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
            return mutate(data, chance)
        return buffer.getvalue()

    return mutated


CASES: dict[str, tuple[str, str, Sequence[Mutation]]] = {
    "geojson": ("geojson", "a.geojson", TEXT),
    "imagej": ("imagej", "a_rois.zip", (*BYTES, *map(packed_again, (*BYTES, *(rewritten,) * 8)))),
    "cellpose": ("cellpose", "a_seg.npy", (*BYTES, rewritten)),
    "outlines": ("cellpose", "b_cp_outlines.txt", (torn, flipped, repeated, renumbered)),
    "celldetective labels": ("celldetective", "a_labelled.tif", (*BYTES, rewritten)),
    "celldetective json": ("celldetective", "a.json", TEXT),
}


@pytest.mark.parametrize("case", list(CASES))
@pytest.mark.filterwarnings("ignore:.*:UserWarning", "ignore:Duplicate name")
def test_mutated_files_end_in_an_error_that_names_them_or_in_losses(case: str, tmp_path: Path) -> None:
    name, file_name, mutations = CASES[case]
    module, chance = formats.get(name), random.Random(case)
    own.picture(own.picture(tmp_path), "b.png")
    module.write(own.dataset(own.every_column()), tmp_path, {"1": "a.png"})
    (tmp_path / "b_cp_outlines.txt").write_text("5,4,9,4,9,7,5,7\n1.5,1,9.5,1,5,9.25\n", encoding="utf-8")
    file = tmp_path / file_name
    whole, images = file.read_bytes(), FolderImages(tmp_path)
    for _ in range(ROUNDS):
        data = whole
        for _ in range(chance.choice((1, 1, 2))):
            data = chance.choice(mutations)(data or whole, chance)
        file.write_bytes(data)
        begin = time.perf_counter()
        try:
            module.sniff(file)
            found = module.read(file, images)
            for item in found.items:
                boxes = item.objects.boxes_xyxy
                assert (boxes >= 0).all()
                assert (boxes[:, 2:] <= item.size_wh).all()
                assert np.isfinite(item.objects.coords).all()
        except AnnotationError as error:
            assert file.stem in str(error)  # noqa: PT017 - most mutations are errors, some are not
        except Exception:
            (tmp_path / "culprit").write_bytes(data)
            raise
        assert time.perf_counter() - begin < SECONDS
