"""The synthetic nuclei: true labels, hard for a threshold, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from annelid.synthetic import nuclei, touching_fraction, write_nuclei

Field = tuple[NDArray[np.uint16], NDArray[np.uint16]]


@pytest.fixture(scope="module")
def fields() -> list[Field]:
    return [nuclei(np.random.default_rng(seed)) for seed in range(10)]


def test_labels_are_numbered_without_gaps_and_each_is_one_piece(fields: list[Field]) -> None:
    for _, labels in fields:
        values = np.unique(labels)
        assert values.tolist() == list(range(len(values)))
        assert all(ndimage.label(labels == value)[1] == 1 for value in values[1:])


def test_nuclei_have_the_size_of_nuclei(fields: list[Field]) -> None:
    areas = np.concatenate([np.bincount(labels.ravel())[1:] for _, labels in fields])
    assert 200 < np.median(areas) < 400
    assert areas.min() >= 30
    assert areas.max() < 800


def test_at_least_a_third_of_the_nuclei_touch_another(fields: list[Field]) -> None:
    assert np.mean([touching_fraction(labels) for _, labels in fields]) > 0.33


def test_touching_fraction_counts_corners_and_not_gaps() -> None:
    labels = np.zeros((8, 8), np.uint16)
    labels[0:2, 0:2], labels[2:4, 2:4], labels[5:7, 0:2], labels[5:7, 3:5] = 1, 2, 3, 4
    assert touching_fraction(labels) == 0.5
    assert touching_fraction(np.zeros((4, 4), np.uint8)) == 0.0


def test_pictures_are_16_bit_in_range_and_uneven(fields: list[Field]) -> None:
    for image, labels in fields:
        assert image.dtype == labels.dtype == np.uint16
        assert image.max() < 65535
        background = np.where(labels == 0, image.astype(float), np.nan)
        blocks = [np.nanmedian(b) for rows in np.split(background, 4) for b in np.split(rows, 4, axis=1)]
        assert max(blocks) > 1.4 * min(blocks)


def test_nuclei_stand_out_from_what_is_around_them(fields: list[Field]) -> None:
    for image, labels in fields:
        near = ndimage.binary_dilation(labels > 0, iterations=6) & (labels == 0)
        assert np.median(image[labels > 0]) > np.median(image[near]) + 3 * 45


def test_a_global_threshold_finds_fewer_than_half_of_them(fields: list[Field]) -> None:
    found = sum(_found_by_otsu(image, labels) for image, labels in fields)
    assert found < 0.5 * sum(int(labels.max()) for _, labels in fields)


def _found_by_otsu(image: NDArray[np.uint16], labels: NDArray[np.uint16]) -> int:
    """Nuclei that overlap a connected component by an IoU of at least one half."""
    components, count = ndimage.label(image > threshold_otsu(image))  # type: ignore[no-untyped-call]
    pairs = np.histogram2d(
        labels.ravel(), components.ravel(), bins=(np.arange(int(labels.max()) + 2), np.arange(count + 2))
    )[0]
    union = pairs.sum(1, keepdims=True) + pairs.sum(0, keepdims=True) - pairs
    return int(((pairs / union)[1:, 1:] >= 0.5).sum())


def test_files_come_in_pairs_grouped_by_well_with_their_pixel_size(tmp_path: Path) -> None:
    write_nuclei(tmp_path, images=10, size=96, seed=3)
    names = sorted(p.name for p in (tmp_path / "images").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "masks").iterdir())
    assert names == [f"field{well}_{n:02d}.tif" for well in "ABCDE" for n in (1, 2)]
    with tifffile.TiffFile(tmp_path / "images" / names[0]) as tiff:
        pixels, micrometres = tiff.pages.first.tags["XResolution"].value
        assert (tiff.imagej_metadata or {})["unit"] == "um"
        assert micrometres / pixels == pytest.approx(0.325)


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_nuclei(tmp_path / name, images=2, size=96, seed=seed)
    a, b, c = (tifffile.imread(tmp_path / name / "images" / "fieldA_01.tif") for name in "abc")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
