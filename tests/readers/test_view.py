from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy import ndimage

from annelid.image import Projection, View
from annelid.readers import image_ref, open_view

RNG = np.random.default_rng(0)
STACK = RNG.integers(0, 4000, (2, 5, 3, 90, 70)).astype(np.uint16)  # t z c y x


@pytest.fixture
def view(tmp_path: Path) -> View:
    tifffile.imwrite(tmp_path / "a.tif", STACK, imagej=True, metadata={"axes": "TZCYX"})
    return View(image_ref(tmp_path / "a.tif", id="i", name="a.tif"))


@pytest.mark.parametrize(
    ("projection", "expected"),
    [
        ("max", STACK[1].max(0)),
        ("mean", np.rint(STACK[1].mean(0)).astype(np.uint16)),
        ("sum", STACK[1].sum(0).astype(np.float32)),
    ],
)
def test_a_projection_goes_along_z(
    view: View, tmp_path: Path, projection: Projection, expected: np.ndarray[tuple[int, ...], np.dtype[np.generic]]
) -> None:
    with open_view(View(view.image, t=1, projection=projection), tmp_path) as image:
        np.testing.assert_array_equal(image.read(), expected.transpose(1, 2, 0))
        assert image.info.planes == (1, 1)
        assert image.info.dtype == expected.dtype.name == image.read((0, 0, 3, 3)).dtype.name


def test_a_plane_is_that_plane(view: View, tmp_path: Path) -> None:
    with open_view(View(view.image, t=1, z=3), tmp_path) as image:
        np.testing.assert_array_equal(image.read((5, 6, 50, 40)), STACK[1, 3, :, 6:40, 5:50].transpose(1, 2, 0))


@pytest.mark.parametrize("projection", ["max", "mean", "sum", "focus"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_windows_of_a_projection_are_cut_out_of_the_whole(
    view: View, tmp_path: Path, projection: Projection, step: int
) -> None:
    with open_view(View(view.image, projection=projection), tmp_path) as image:
        whole = image.read(step=step)
        for x, y in RNG.integers(0, 40, (8, 2)) // step * step:
            window = image.read((int(x), int(y), int(x) + 30, int(y) + 40), step=step)
            np.testing.assert_array_equal(
                window, whole[y // step : -(-(y + 40) // step), x // step : -(-(x + 30) // step)]
            )


def test_focus_takes_each_pixel_from_its_sharpest_plane(tmp_path: Path) -> None:
    sharp = RNG.integers(0, 255, (64, 128)).astype(np.float64)
    blurred = ndimage.gaussian_filter(sharp, 3)
    left = np.arange(128) < 64
    stack = np.stack([np.where(left, sharp, blurred), np.where(left, blurred, sharp)]).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    view = View(image_ref(tmp_path / "a.tif", id="i", name="a.tif"), projection="focus")
    with open_view(view, tmp_path) as image:
        found = image.read()[..., 0]
    away = np.abs(np.arange(128) - 64) > 12
    np.testing.assert_array_equal(found[:, away], sharp.astype(np.uint8)[:, away])


def test_ids_tell_views_apart(view: View) -> None:
    image = view.image
    views = [View(image, t, z, s) for t in (0, 1) for z in (0, 1) for s in (0, 1)]
    views += [View(image, 1, projection=p) for p in ("max", "mean", "sum", "focus")]
    assert view.id == "i"
    assert len({v.id for v in views}) == len({v.suffix for v in views}) == len(views)
    assert View(image, 2, 3, 1).id == "i:s1:t2z3"
    assert View(image, 2, projection="max").suffix == "_t2max"
