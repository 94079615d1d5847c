"""What every reader of images must hold, whatever the file: call `check_reader` with an opened example.

A reader's own tests write a file, open it and hand it here together with the pixels that they wrote.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from annelid.errors import ImageError, UsageError
from annelid.readers import is_image, open_image
from annelid.readers.base import ImageFile


def check_reader(path: Path, expected: NDArray[Any] | None = None, *, t: int = 0, z: int = 0) -> None:
    """Every promise of `ImageFile`, for one plane of one file.

    Args:
        path: the file.
        expected: its pixels ``[y, x, c]`` at full resolution, where they are known.
        t: index of the time point.
        z: index of the focal plane.
    """
    assert is_image(path)
    with open_image(path) as file:
        whole = file.read(t=t, z=z)
        _check_info_matches_pixels(file, whole)
        if expected is not None:
            np.testing.assert_array_equal(whole, expected)
        _check_windows_are_cut_out_of_the_whole(file, whole, t, z)
        _check_steps_have_the_promised_size(file, t, z)
        _check_what_is_not_in_the_image_is_refused(file)
        file.close()


def _check_info_matches_pixels(file: ImageFile, whole: NDArray[Any]) -> None:
    w, h = file.info.size_wh
    assert whole.shape == (h, w, len(file.info.channels))
    assert whole.dtype.name == file.info.dtype
    assert whole.dtype.isnative
    assert whole.flags.writeable
    assert len(set(file.info.channels)) == len(file.info.channels)
    assert file.info.pixel_size_um is None or 0 < file.info.pixel_size_um < math.inf
    assert not file.info.is_rgb or file.info.channels == ("red", "green", "blue")
    assert min(file.info.planes) >= 1


def _check_windows_are_cut_out_of_the_whole(file: ImageFile, whole: NDArray[Any], t: int, z: int) -> None:
    w, h = file.info.size_wh
    rng = np.random.default_rng(0)
    for _ in range(8):
        x1, x2 = sorted(rng.choice(w + 1, 2, replace=False).tolist())
        y1, y2 = sorted(rng.choice(h + 1, 2, replace=False).tolist())
        np.testing.assert_array_equal(file.read((x1, y1, x2, y2), t=t, z=z), whole[y1:y2, x1:x2])
    np.testing.assert_array_equal(file.read((0, 0, 1, 1), t=t, z=z), whole[:1, :1])
    np.testing.assert_array_equal(file.read((w - 1, h - 1, w, h), t=t, z=z), whole[-1:, -1:])


def _check_steps_have_the_promised_size(file: ImageFile, t: int, z: int) -> None:
    w, h = file.info.size_wh
    for step in (2, 3, max(w, h)):
        thinned = file.read(t=t, z=z, step=step)
        assert thinned.shape == (math.ceil(h / step), math.ceil(w / step), len(file.info.channels))
        assert thinned.dtype.name == file.info.dtype
    assert max(file.overview(5, t=t, z=z).shape[:2]) <= 5


def _check_what_is_not_in_the_image_is_refused(file: ImageFile) -> None:
    w, h = file.info.size_wh
    times, depth = file.info.planes
    bad_reads: list[Callable[[], object]] = [
        lambda: file.read((0, 0, w + 1, h)),
        lambda: file.read((-1, 0, w, h)),
        lambda: file.read((1, 1, 1, 1)),
        lambda: file.read(t=times),
        lambda: file.read(z=depth),
        lambda: file.read(t=-1),
        lambda: file.read(step=0),
    ]
    for bad_read in bad_reads:
        with pytest.raises(UsageError):
            bad_read()


def check_damage(path: Path, tmp_path: Path) -> None:
    """A file cut off anywhere gives an `ImageError` that names it, or still the right size; nothing else."""
    content = path.read_bytes()
    for share in (0.02, 0.3, 0.6, 0.95):
        cut = tmp_path / f"cut{path.suffix}"
        cut.write_bytes(content[: int(len(content) * share)])
        said = ""
        try:
            with open_image(cut) as file:
                assert file.read().shape[:2] == file.info.size_wh[::-1]
        except ImageError as error:
            said = str(error)
        assert not said or (cut.name in said and "next: " in said)
