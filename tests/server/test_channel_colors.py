"""Channels are shown in the colours of their dyes; others in colours that are told apart."""

from __future__ import annotations

import pytest

from annelid.server.channel_colors import WHITE, channel_colors


@pytest.mark.parametrize(
    ("name", "color"),
    [
        ("DAPI", "#4070ff"),
        ("Hoechst 33342", "#4070ff"),
        ("EGFP", "#00e040"),
        ("mCherry", "#ff3030"),
        ("Cy3", "#ff3030"),
        ("Cy5", "#ff30ff"),
        ("Alexa 647", "#ff30ff"),
        ("YFP", "#ffd800"),
        ("Brightfield", WHITE),
        ("phase contrast", WHITE),
    ],
)
def test_a_dye_has_its_colour(name: str, color: str) -> None:
    assert channel_colors([name, "something"])[0] == color


def test_a_single_channel_is_grey() -> None:
    assert channel_colors(["0"]) == [WHITE]


def test_channels_without_a_name_get_colours_that_are_not_taken() -> None:
    colors = channel_colors(["0", "DAPI", "1", "2"])
    assert len(set(colors)) == 4
    assert colors[1] == "#4070ff"


def test_more_channels_than_colours_begin_again() -> None:
    assert len(channel_colors([str(n) for n in range(20)])) == 20


def test_colour_pictures_keep_their_colours() -> None:
    assert channel_colors(["red", "green", "blue"], is_rgb=True) == ["#ff0000", "#00ff00", "#0000ff"]
