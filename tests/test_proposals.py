from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis.extra import numpy as hnp

from annelid.dataset import Dataset, LabeledImage
from annelid.geometry import shape_to_mask
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects
from annelid.proposals import editable, proposals
from annelid.tracing import mask_to_shape

VIEW = View(ImageRef("i", ("a.png",), (40, 30)))


def found(*ids: str, model: str = "model:m@v1") -> Objects:
    return Objects.from_boxes([[n, n, n + 5, n + 5] for n in range(len(ids))], ["a"] * len(ids), ids=ids, authors=model)


def test_proposals_are_drafts_on_top_of_what_a_person_drew() -> None:
    mine = Objects.from_boxes([[20, 20, 25, 25]], ["a"], ids=["mine"], authors="human:ann")
    item = LabeledImage(VIEW, mine, revision=3)
    predicted = Dataset(("a",), (LabeledImage(VIEW, found("p1", "p2")),))
    (change,) = proposals([item], predicted, "m@v1").values()
    assert change.upsert.ids.tolist() == ["p1", "p2"]
    assert change.removed == ()
    assert (change.base_revision, change.state, change.author) == (3, "draft", "model:m@v1")


def test_what_a_person_outlined_is_not_proposed_once_more() -> None:
    mine = Objects.from_boxes([[0, 0, 5, 4]], ["b"], ids=["mine"], authors="human:ann")
    predicted = Dataset(("a",), (LabeledImage(VIEW, found("again", "beside")),))
    (change,) = proposals([LabeledImage(VIEW, mine)], predicted, "m@v1").values()
    assert change.upsert.ids.tolist() == ["beside"]


def test_earlier_proposals_are_replaced() -> None:
    before = Objects.concat([found("old", model="model:other@v1"), Objects.from_points([[1, 1]], ["a"], ids=["mine"])])
    predicted = Dataset(("a",), (LabeledImage(VIEW, found("new")),))
    (change,) = proposals([LabeledImage(VIEW, before, revision=1)], predicted, "m@v1").values()
    assert change.upsert.ids.tolist() == ["new"]
    assert change.removed == ("old",)


def test_images_that_could_not_be_predicted_stay_as_they_are() -> None:
    assert proposals([LabeledImage(VIEW, found("p"))], Dataset(("a",), ()), "m") == {}


def test_masks_of_one_piece_become_polygons_that_can_be_edited() -> None:
    y, x = np.mgrid[:30, :40] + 0.5
    disc = (x - 15) ** 2 + (y - 14) ** 2 < 100
    ring = disc & ((x - 15) ** 2 + (y - 14) ** 2 > 16)
    objects = Objects.from_shapes(
        [mask_to_shape(disc), mask_to_shape(ring)], ["a", "b"], kinds=Kind.MASK, ids=["1", "2"], scores=[0.5, 0.25],
        authors="model:m", extra=[{"n": 1}, {}],
    )  # fmt: skip
    changed = editable(objects)
    assert changed.kinds.tolist() == [Kind.POLYGON, Kind.MASK]
    assert len(changed.shape(0)[0][0]) <= len(objects.shape(0)[0][0])
    assert changed[[1]] == objects[[1]]
    for name in ("ids", "labels", "scores", "authors", "extra"):
        assert getattr(changed, name).tolist() == getattr(objects, name).tolist()


@given(hnp.arrays(bool, (9, 9)))
def test_editable_outlines_move_by_half_a_pixel_at_most(mask: np.ndarray) -> None:
    from scipy import ndimage

    objects = Objects.from_label_image(ndimage.label(mask)[0], "a")
    for before, after in zip(objects.shapes, editable(objects).shapes, strict=True):
        old, new = (shape_to_mask(shape, (9, 9)) for shape in (before, after))
        assert not (new & ~ndimage.binary_dilation(old, np.ones((3, 3)))).any()
        assert not (ndimage.binary_erosion(old, np.ones((3, 3))) & ~new).any()


def test_points_and_boxes_are_editable_already() -> None:
    objects = Objects.concat([found("1"), Objects.from_points([[1, 1]], ["a"], ids=["2"])])
    assert editable(objects) == objects
    assert editable(Objects.empty()) == Objects.empty()
