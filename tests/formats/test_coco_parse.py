"""A COCO file that is read in pieces says the same as one that is read at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annelid.errors import AnnotationError
from annelid.formats import coco_parse
from annelid.formats.coco_read import CocoAnnotations, loads
from annelid.formats.images import FolderImages

IMAGES = [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 48} for n in (1, 2)]
CATEGORIES = [{"id": 1, "name": "cell"}, {"id": 2, "name": "nucleus", "supercategory": "part"}]
RING = [1, 2, 9.5, 2, 9, 12.25]


def annotation(number: int, **changed: Any) -> dict[str, Any]:
    usual = {"id": number, "image_id": 1, "category_id": 1, "segmentation": [RING], "bbox": [1, 2, 8.5, 10.25]}
    return {**usual, "area": 40.0, "iscrowd": 0, **changed}


ODD: list[dict[str, Any]] = [
    {},
    {"image_id": 2},
    {"image_id": "1"},
    {"image_id": 7},
    {"category_id": 2},
    {"category_id": 9},
    {"score": 0.5},
    {"score": None},
    {"attributes": {"occluded": False, "notes": [{"a": 1}, {"b": 'said "}, {" and \\'}]}},
    {"segmentation": [RING, [20, 20, 30, 20, 30, 30]]},
    {"segmentation": [[*RING, 1, 2]]},
    {"segmentation": [[1, 2, [3], 4, 5, 6]]},
    {"segmentation": [[[1, 2], [9, 2], [9, 9], [1, 9], [0, 5], [0, 3]]]},
    {"segmentation": [[1, "2", 9, 2, 9, 12]]},
    {"segmentation": [[1, None, 9, 2, 9, 12]]},
    {"segmentation": [[-5, 2, 9, 2, 9, 12]]},
    {"segmentation": [[1, 2, 3]]},
    {"segmentation": []},
    {"segmentation": {"counts": [5, 3, 64 * 48 - 8], "size": [48, 64]}, "iscrowd": 1},
    {"bbox": None, "segmentation": None},
    {"id": "seven"},
    {"annelid": {"author": "human:ann"}},
]


def document(annotations: list[Any], keys: tuple[str, ...], indent: int | None = None) -> str:
    content = {"images": IMAGES, "categories": CATEGORIES, "annotations": annotations, "info": {"year": 2026}}
    return json.dumps({key: content[key] for key in keys}, indent=indent)


def read(text: str) -> CocoAnnotations:
    return loads(text, FolderImages(), file="a.json")


def assert_same(one: CocoAnnotations, other: CocoAnnotations) -> None:
    def told(found: CocoAnnotations) -> Any:
        ids = [[i if len(i) < 20 else "made up" for i in item.objects.ids] for item in found.items]
        objects = [item.objects.replace(ids=[str(n) for n in range(len(item.objects))]) for item in found.items]
        return found.classes, [item.image for item in found.items], ids, objects, list(found.losses)

    assert told(one) == told(other)


ORDERS = st.permutations(["images", "categories", "annotations", "info"]).map(tuple)


@settings(max_examples=150, deadline=None)
@given(
    odd=st.lists(st.sampled_from(ODD), min_size=1, max_size=12),
    keys=ORDERS,
    indent=st.sampled_from([None, 1]),
    piece=st.sampled_from([1, 60, 700, 2**22]),
)
def test_pieces_of_any_size_say_the_same_as_the_whole(
    odd: list[dict[str, Any]], keys: tuple[str, ...], indent: int | None, piece: int
) -> None:
    text = document([annotation(n, **changed) for n, changed in enumerate(odd)], keys, indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coco_parse, "_PIECE", piece)
        in_pieces = read(text)
        patch.setattr(coco_parse, "simdjson", None)
        assert_same(in_pieces, read(text))


def test_plain_polygons_are_kept_in_short_rows_and_all_else_as_it_is() -> None:
    text = document([annotation(1), annotation(2, **ODD[9]), 3], ("images", "annotations", "categories"))
    value, table = coco_parse.parse_coco(text.encode(), "a.json")
    assert [len(table.polygons["1"]), len(table.others["1"]), table.strange] == [1, 1, [(2, 3)]]
    assert value["annotations"] == []
    assert table.polygons["1"][0].value["segmentation"][0].tolist() == RING


@pytest.mark.parametrize(
    "text",
    [
        '{"images": [{"id": 1, "file_name": "a.png", "annotations": [{"id": 4}]}], "annotations": []}',
        '{"note": "\\"annotations\\": [{", "images": [], "annotations": [{"id": 1}]}',
    ],
)
def test_a_list_of_that_name_elsewhere_is_not_taken_for_the_annotations(text: str) -> None:
    value, table = coco_parse.parse_coco(text.encode(), "a.json")
    assert value["images"] == json.loads(text)["images"]
    assert len(table) == len(json.loads(text)["annotations"])


def test_a_file_cut_off_in_its_annotations_says_so() -> None:
    text = document([annotation(n) for n in range(9)], ("images", "categories", "annotations"))
    with pytest.raises(AnnotationError, match="cut off"):
        read(text[: len(text) * 2 // 3])
