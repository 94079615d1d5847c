from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annelid.errors import UsageError
from annelid.tiling import tiles

sizes = st.tuples(st.integers(1, 90), st.integers(1, 90))


@given(sizes, st.integers(1, 100), st.floats(0, 0.99))
def test_cores_partition_the_image_and_lie_in_their_windows(size_wh: tuple[int, int], tile: int, share: float) -> None:
    owners = np.zeros(size_wh[::-1], int)
    for t in tiles(size_wh, tile, int(tile * share)):
        (rx1, ry1, rx2, ry2), (cx1, cy1, cx2, cy2) = t.read, t.core
        owners[cy1:cy2, cx1:cx2] += 1
        assert rx1 <= cx1 < cx2 <= rx2
        assert ry1 <= cy1 < cy2 <= ry2
        assert (rx2 - rx1, ry2 - ry1) == (min(tile, size_wh[0]), min(tile, size_wh[1]))
        assert rx1 >= 0 <= ry1
        assert rx2 <= size_wh[0]
        assert ry2 <= size_wh[1]
    assert (owners == 1).all()


@given(st.integers(2, 200), st.integers(2, 100), st.floats(0, 0.99))
def test_neighbours_share_at_least_the_overlap(width: int, tile: int, share: float) -> None:
    overlap = int(tile * share)
    row = [t.read for t in tiles((width, 5), tile, overlap)]
    assert all(a[2] - b[0] >= overlap for a, b in pairwise(row))


def test_windows_at_the_border_are_shifted_inward() -> None:
    assert [t.read for t in tiles((100, 50), 60, 10)] == [(0, 0, 60, 50), (40, 0, 100, 50)]
    assert [t.core for t in tiles((100, 50), 60, 10)] == [(0, 0, 50, 50), (50, 0, 100, 50)]


@pytest.mark.parametrize(("tile", "overlap"), [(0, 0), (10, 10), (10, -1)])
def test_an_overlap_that_cannot_be_is_refused(tile: int, overlap: int) -> None:
    with pytest.raises(UsageError, match="choose an overlap"):
        tiles((50, 50), tile, overlap)
