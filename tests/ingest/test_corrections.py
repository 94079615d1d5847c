"""What becomes of a model's proposals when a person sends them back."""

from __future__ import annotations

import numpy as np
import pytest

from annelid.ingest.corrections import inherit
from annelid.objects import Objects

SIZE = (100, 100)
BOXES = [[10, 10, 30, 30], [50, 50, 70, 70]]


def proposals() -> Objects:
    return Objects.from_boxes(BOXES, ["a", "a"], ids=["p", "q"], authors="model:nuc@v1", scores=[0.9, 0.8])


def test_what_came_back_untouched_is_still_the_models() -> None:
    back = proposals().replace(authors="import:labelme", scores=np.nan)
    assert inherit(proposals(), back, "import:labelme", SIZE) == proposals()


@pytest.mark.parametrize("change", ["moved", "renamed"])
def test_what_was_changed_is_the_persons_and_names_the_proposal(change: str) -> None:
    back = Objects.from_boxes([BOXES[0], [55, 50, 75, 70]] if change == "moved" else BOXES, ["a", "a"], ids=["p", "q"])
    back = back.replace(labels=["a", "b"], authors="model:nuc@v1") if change == "renamed" else back
    corrected = inherit(proposals(), back, "import:labelme", SIZE)
    assert corrected.authors.tolist() == ["model:nuc@v1", "import:labelme"]
    assert corrected.origins.tolist() == ["", "q"]
    assert corrected.scores[0] == 0.9
    assert np.isnan(corrected.scores[1])


def test_a_redrawn_object_without_its_id_still_names_what_it_replaces() -> None:
    back = Objects.from_boxes([BOXES[0], [51, 50, 71, 70], [0, 0, 5, 5]], ["a"] * 3, ids=["p", "new", "other"])
    corrected = inherit(proposals(), back, "import:labelme", SIZE)
    assert corrected.origins.tolist() == ["", "q", ""]


def test_what_a_person_drew_before_keeps_its_author() -> None:
    old = proposals().replace(authors="human:ann", scores=np.nan)
    back = Objects.from_boxes([BOXES[0], [55, 50, 75, 70]], ["a", "a"], ids=["p", "q"], authors="import:labelme")
    assert inherit(old, back, "import:labelme", SIZE).authors.tolist() == ["human:ann", "import:labelme"]
