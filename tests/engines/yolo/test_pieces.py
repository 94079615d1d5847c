from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annelid.engines.yolo.pieces import pieces

sizes = st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=1, max_size=4)


@given(sizes)
def test_without_a_tile_every_picture_is_one_piece_whose_longer_side_fills_the_input(
    found: list[tuple[int, int]],
) -> None:
    for n, (piece, size) in enumerate(zip(pieces(found, 64, None), found, strict=True)):
        assert (piece.picture, piece.window) == (n, (0, 0, *size))
        assert round(max(size) * piece.gain, 6) == 64


@given(sizes, st.integers(8, 40))
def test_windows_cover_every_pixel_at_one_scale_and_none_is_larger_than_a_tile(
    found: list[tuple[int, int]], tile: int
) -> None:
    seen = [np.zeros((h, w), bool) for w, h in found]
    for piece in pieces(found, 64, tile):
        x1, y1, x2, y2 = piece.window
        seen[piece.picture][y1:y2, x1:x2] = True
        assert piece.gain == 64 / tile
        assert max(piece.size_wh) <= tile
    assert all(mask.all() for mask in seen)


@given(sizes, st.integers(8, 40), st.randoms())
def test_a_window_moves_anywhere_on_its_picture_and_keeps_its_size(
    found: list[tuple[int, int]], tile: int, rng: random.Random
) -> None:
    random.seed(rng.random())
    for piece in pieces(found, 64, tile):
        moved = piece.elsewhere()
        w, h = piece.picture_wh
        assert (moved.picture, moved.size_wh) == (piece.picture, piece.size_wh)
        assert 0 <= moved.window[0] <= moved.window[2] <= w
        assert 0 <= moved.window[1] <= moved.window[3] <= h
