"""docs/formats.md says what each format carries: every cell of its table is tried out here.

A cell is found by writing one object and reading it again: ``yes`` when it comes back without a loss, ``(code)`` when
it comes back to Annelid while other programs see less, and ``code`` when that loss was reported and it is gone.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.contracts import own_files as own

from annelid import formats, geometry
from annelid.formats.base import Format
from annelid.formats.images import FolderImages
from annelid.objects import Kind, Objects

DOCS = Path(__file__).resolve().parents[1] / "docs" / "formats.md"
TOLERANCE_PX = 1e-3
NOT_OF_OBJECTS = {"no-validation-part", "part-missing", "channels", "calibration", "image-not-tiff"}
"""What is said of the set and its images, here of a single one that nobody calibrated."""

RING = np.array([[20, 10], [60, 12], [55, 40], [22, 38]], float)
HOLE = geometry.box_ring(30, 20, 40, 30)[::-1]
ELLIPSE, ROTATED = (50.0, 25.0, 20.0, 10.0, 0.25), (50.0, 25.0, 30.0, 20.0, 0.25)


def mask(**columns: Any) -> Objects:
    disk = np.hypot(*np.mgrid[-9:10, -9:10]) < 9
    return Objects.from_label_image(disk.astype(np.uint8), "cell", origin_xy=(20, 10), **{"extra": [{}], **columns})


def box(**columns: Any) -> Objects:
    return Objects.from_boxes([[20, 10, 60, 40]], ["cell"], **columns)


def drawn(ring: geometry.Ring, kind: Kind, params: tuple[float, ...]) -> Objects:
    return Objects.from_shapes([((ring,),)], ["cell"], kinds=kind, params=[params])


OUTLINES = {
    "boxes": box(),
    "rotated boxes": drawn(geometry.rotated_box_ring(*ROTATED), Kind.ROTATED_BOX, ROTATED),
    "ellipses": drawn(geometry.ellipse_ring(ELLIPSE[:2], ELLIPSE[2:4], 0.25), Kind.ELLIPSE, ELLIPSE),
    "polygons": Objects.from_shapes([((RING,),)], ["cell"]),
    "holes": Objects.from_shapes([((RING, HOLE),)], ["cell"]),
    "parts": Objects.from_shapes([((RING / 2,), (RING / 2 + (45, 10),))], ["cell"]),
    "masks": mask(),
    "points": Objects.from_points([[30, 20]], ["cell"]),
}
COLUMNS: dict[str, dict[str, Any]] = {
    "classes": {},
    "scores": {"scores": [0.5]},
    "attributes": {"extra": [{"stain": {"name": "DAPI", "levels": [1, 2]}}]},
    "groups": {"parents": ["nest"]},
}


def cell(module: Format, objects: Objects, column: str = "") -> str:
    """What the table says of one object (of one column of it) in one format."""
    with tempfile.TemporaryDirectory() as folder:
        out = own.picture(Path(folder, "out"), "../pictures/a.png").parent / "out"
        out.mkdir(exist_ok=True)
        written = module.write(own.dataset(objects), out, {"1": "a.png"})
        # A format may have nothing to write and so nothing to read; the loss says it then.
        found = module.read(out, FolderImages(Path(folder, "pictures"))) if any(out.iterdir()) else None
    reports = (written, found.losses) if found else (written,)
    codes = [loss.kind for report in reports for loss in report if loss.kind not in NOT_OF_OBJECTS]
    back = found.items[0].objects if found and found.items else Objects.empty()
    same = len(back) == 1 and _same(objects, back, column)
    assert same or codes, "lost or changed without a word"
    said = ", ".join(dict.fromkeys(codes))
    return f"({said})" if same and codes else said or "yes"


def _same(before: Objects, after: Objects, column: str) -> bool:
    if column == "classes":
        return bool((before.labels == after.labels).all())
    if column == "scores":
        return bool(np.allclose(before.scores, after.scores, atol=1e-6))
    if column == "attributes":
        return all(after.extra[0].get(key) == value for key, value in before.extra[0].items())
    if column == "groups":
        return bool((before.parents == after.parents).all())
    params = np.allclose(before.params, after.params, rtol=0, atol=TOLERANCE_PX, equal_nan=True)
    return bool(params) and before.kinds.tolist() == after.kinds.tolist() and _same_rings(before, after)


def _same_rings(before: Objects, after: Objects) -> bool:
    lengths = [[[len(ring) for ring in part] for part in objects.shape(0)] for objects in (before, after)]
    return lengths[0] == lengths[1] and bool(np.allclose(before.coords, after.coords, rtol=0, atol=TOLERANCE_PX))


def row(name: str) -> dict[str, str]:
    """Feature -> cell, for one format; columns are tried on an outline that the format carries."""
    module = formats.get(name)
    cells = {feature: cell(module, objects) for feature, objects in OUTLINES.items()}
    base = next((make for key, make in (("boxes", box), ("masks", mask)) if cells[key] == "yes"), mask)
    return cells | {feature: cell(module, base(**columns), feature) for feature, columns in COLUMNS.items()}


def table_in_docs() -> dict[str, dict[str, str]]:
    """Format -> feature -> cell, as the page has it."""
    lines = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[part.strip().replace("`", "") for part in line.strip("|").split("|")] for line in lines]
    start = next(n for n, line in enumerate(cells) if line[0] == "format")
    head, *rows = cells[start], *cells[start + 2 :]
    return {line[0]: dict(zip(head[1:], line[1:], strict=True)) for line in rows if len(line) == len(head)}


@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_the_table_says_what_happens(name: str) -> None:
    expected = row(name)
    line = " | ".join(re.sub(r"([a-z]+(?:-[a-z]+)+|\b(?!yes\b)[a-z]+\b)", r"`\1`", v) for v in expected.values())
    assert table_in_docs().get(name) == expected, f"docs/formats.md should have\n| {name} | {line} |"


def test_every_format_of_the_table_exists() -> None:
    assert set(table_in_docs()) == set(formats.FORMATS)


def test_every_code_of_the_table_is_explained() -> None:
    codes = {
        code
        for cells in table_in_docs().values()
        for value in cells.values()
        for code in re.split(r"[(), ]+", value)
        if code not in {"", "yes"}
    }
    explained = set(re.findall(r"^- `([a-z-]+)`", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    assert codes <= explained, codes - explained
