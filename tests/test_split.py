"""Splitting: no group is cut, nothing moves as the data grow, every part gets its share."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import ProjectError, UsageError
from annelid.image import GroupSource, ImageRef, View
from annelid.objects import Objects
from annelid.split import Split, parse_fractions, split_dataset


def item(
    id_: str,
    group: str = "",
    labels: str = "c",
    *,
    fingerprint: str = "",
    covered: bool = True,
    source: GroupSource = "declared",
    t: int = 0,
) -> LabeledImage:
    """An image of 8 x 8 with one object per letter of ``labels``."""
    image = ImageRef(id_, (f"{id_}.png",), (8, 8), group=group, group_source=source, fingerprint=fingerprint)
    objects = Objects.from_boxes([[0, 0, 2, 2]] * len(labels), list(labels), ids=[str(n) for n in range(len(labels))])
    return LabeledImage(View(image, t), objects, whole_image((8, 8)) if covered else ())


def dataset(*items: LabeledImage) -> Dataset:
    return Dataset(tuple(sorted({label for i in items for label in i.objects.labels})), items)


@st.composite
def datasets(draw: st.DrawFn, prefix: str = "i") -> Dataset:
    """Up to 25 images in up to 8 groups, some of them copies of each other, some not annotated."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["", *"ABCDEFG"]),
                st.text("xyz", max_size=3),
                st.integers(0, 40),
                st.booleans() | st.just(True),
            ),
            max_size=25,
        )
    )
    return dataset(
        *(
            item(f"{prefix}{n}", group, labels, fingerprint=f"f{copy}" if copy < 5 else "", covered=covered)
            for n, (group, labels, copy, covered) in enumerate(drawn)
        )
    )


fractions = st.sampled_from([(0.2, 0.0), (0.2, 0.1), (0.15, 0.15), (0.5, 0.0), (0.0, 0.0)])


@given(datasets(), fractions, st.integers(0, 3))
def test_every_annotated_image_is_in_one_part_and_no_other_is(
    data: Dataset, shares: tuple[float, float], seed: int
) -> None:
    split = split_dataset(data, val=shares[0], test=shares[1], seed=seed)
    assert split.parts.keys() == {i.id for i in data.items if i.covered}
    assert set(split.parts.values()) <= {"train", "val", "test"}
    assert sorted(id_ for part in ("train", "val", "test") for id_ in split.ids(part)) == sorted(split.parts)


@given(datasets(), fractions, st.integers(0, 3))
def test_groups_and_copies_are_never_cut(data: Dataset, shares: tuple[float, float], seed: int) -> None:
    split = split_dataset(data, val=shares[0], test=shares[1], seed=seed)
    for of in ("group", "fingerprint"):
        parts: dict[str, set[str]] = {}
        for i in data.items:
            if i.covered and getattr(i.image, of):
                parts.setdefault(getattr(i.image, of), set()).add(split.parts[i.id])
        assert all(len(found) == 1 for found in parts.values())


@given(datasets(), fractions, st.integers(0, 3), st.randoms(use_true_random=False))
def test_the_result_does_not_depend_on_the_order(
    data: Dataset, shares: tuple[float, float], seed: int, chance: random.Random
) -> None:
    items = list(data.items)
    chance.shuffle(items)
    shuffled = Dataset(data.classes[::-1], tuple(items))
    one, other = (split_dataset(d, val=shares[0], test=shares[1], seed=seed) for d in (data, shuffled))
    assert one.parts == other.parts
    assert one.digest == other.digest


@given(datasets("old"), datasets("new"), fractions)
def test_what_was_placed_stays_as_the_data_grow(old: Dataset, new: Dataset, shares: tuple[float, float]) -> None:
    first = split_dataset(old, val=shares[0], test=shares[1])
    grown = dataset(*new.items, *old.items)
    second = split_dataset(grown, val=shares[0], test=shares[1], previous=first)
    assert {id_: second.parts[id_] for id_ in first.parts} == dict(first.parts)
    assert second.parts.keys() == {i.id for i in grown.items if i.covered}


@given(st.integers(2, 30), st.integers(0, 5), st.booleans())
def test_no_part_is_empty_when_there_are_groups_enough(n: int, seed: int, test: bool) -> None:
    data = dataset(*(item(f"i{k}", f"g{k % n}") for k in range(n + 5)))
    split = split_dataset(data, test=0.1 if test else 0.0, seed=seed)
    wanted = {"train", "val", "test"} if test and n >= 3 else {"train", "val"}
    assert set(split.parts.values()) == wanted


@given(st.integers(0, 20))
def test_many_small_groups_come_close_to_the_shares(seed: int) -> None:
    chance = random.Random(seed)
    items = [
        item(f"i{g}-{n}", f"g{g}", "".join(chance.choices("abc", (90, 9, 1), k=chance.randint(1, 20))))
        for g in range(80)
        for n in range(chance.randint(1, 4))
    ]
    split = split_dataset(dataset(*items), val=0.2, test=0.1, seed=seed)
    for part, share in (("train", 0.7), ("val", 0.2), ("test", 0.1)):
        inside = [i for i in items if split.parts[i.id] == part]
        assert len(inside) / len(items) == pytest.approx(share, abs=0.04)
        for label in "ab":
            count, total = (sum((i.objects.labels == label).sum() for i in some) for some in (inside, items))
            assert count / total == pytest.approx(share, abs=0.06)
    assert split.notes == ()


@given(st.dictionaries(st.sampled_from("abcde"), st.integers(3, 9), min_size=1), st.integers(0, 5))
def test_a_class_with_groups_enough_is_in_every_part(groups: dict[str, int], seed: int) -> None:
    items = [item(f"{label}{n}", f"{label}{n}", label) for label, count in groups.items() for n in range(count)]
    split = split_dataset(dataset(*items), val=0.2, test=0.1, seed=seed)
    found = {(label, split.parts[f"{label}{n}"]) for label, count in groups.items() for n in range(count)}
    assert len(found) == 3 * len(groups)


def test_a_class_of_one_group_is_learned_rather_than_tested() -> None:
    items = [item(f"i{n}", f"g{n}", "c" * 5) for n in range(20)]
    for seed in range(10):
        split = split_dataset(dataset(*items, item("rare", "gr", "r")), seed=seed)
        assert split.parts["rare"] == "train"


def test_the_seed_changes_the_split_and_ids_do_not() -> None:
    items = [item(f"i{n}", f"g{n}") for n in range(30)]
    digests = {split_dataset(dataset(*items), seed=seed).digest for seed in range(5)}
    assert len(digests) > 1
    renamed = [replace(i, view=View(replace(i.image, id=f"other{n}"))) for n, i in enumerate(items)]
    one, other = split_dataset(dataset(*items)), split_dataset(dataset(*renamed))
    assert [one.parts[i.id] for i in items] == [other.parts[i.id] for i in renamed]


def test_one_group_alone_is_all_for_training_and_the_note_says_what_to_do() -> None:
    split = split_dataset(dataset(*(item(f"i{n}", "slide 1") for n in range(5))))
    assert set(split.parts.values()) == {"train"}
    (note,) = split.notes
    assert "slide 1" in note
    assert "annelid split --by image --resplit" in note


def test_a_second_group_becomes_the_validation_that_was_missing() -> None:
    first = [item(f"i{n}", "slide 1") for n in range(5)]
    split = split_dataset(dataset(*first))
    grown = split_dataset(dataset(*first, item("j", "slide 2")), previous=split)
    assert grown.parts["j"] == "val"


def test_images_of_one_group_may_be_split_when_asked_but_planes_and_copies_not() -> None:
    frames = [item(f"i{n}", "slide 1") for n in range(8)]
    planes = [item("p", "slide 1", t=t) for t in range(5)]
    copies = [item(f"c{n}", "slide 1", fingerprint="same") for n in range(3)]
    split = split_dataset(dataset(*frames, *planes, *copies), by="image")
    assert set(split.parts.values()) == {"train", "val"}
    assert len({split.parts[i.id] for i in planes}) == len({split.parts[i.id] for i in copies}) == 1
    assert split.group_source == "assumed"


def test_a_new_copy_joins_the_part_of_its_twin() -> None:
    items = [item(f"i{n}", f"g{n}", fingerprint=f"f{n}") for n in range(10)]
    split = split_dataset(dataset(*items))
    for n in range(10):
        twin = item("twin", "new group", fingerprint=f"f{n}")
        assert split_dataset(dataset(*items, twin), previous=split).parts["twin"] == split.parts[f"i{n}"]


def test_groups_that_turn_out_to_be_one_stay_and_a_note_says_so() -> None:
    items = [item(f"i{n}", f"g{n}", fingerprint=f"f{n}") for n in range(10)]
    split = split_dataset(dataset(*items))
    (train, *_), (val, *_) = split.ids("train"), split.ids("val")
    bridge = item("bridge", f"g{train[1:]}", fingerprint=f"f{val[1:]}")
    grown = split_dataset(dataset(*items, bridge), previous=split)
    assert (grown.parts[train], grown.parts[val], grown.parts["bridge"]) == ("train", "val", "val")
    assert any("bridge.png" in note and "--resplit" in note for note in grown.notes)
    again = split_dataset(dataset(*items, bridge))
    assert again.parts[train] == again.parts[val] == again.parts["bridge"]


def test_a_group_whose_image_is_no_longer_annotated_keeps_its_part() -> None:
    items = [item(f"i{n}", f"g{n}") for n in range(10)]
    split = split_dataset(dataset(*items))
    (val, *_) = split.ids("val")
    undone = [replace(i, covered=()) if i.id == val else i for i in items]
    sibling = item("sibling", f"g{val[1:]}")
    grown = split_dataset(dataset(*undone, sibling), previous=split)
    assert grown.parts["sibling"] == "val"
    assert val not in grown.parts


def test_the_weakest_source_of_groups_is_told() -> None:
    items = [item(f"i{n}", f"g{n}") for n in range(5)]
    assert split_dataset(dataset(*items)).group_source == "declared"
    inferred = item("x", "gx", source="inferred")
    assert split_dataset(dataset(*items, inferred)).group_source == "inferred"
    assumed = item("y", source="assumed")
    assert split_dataset(dataset(*items, inferred, assumed)).group_source == "assumed"


def test_shares_that_cannot_be_had_are_said() -> None:
    split = split_dataset(dataset(*(item(f"i{n}", f"g{n % 2}") for n in range(10))))
    assert Counter(split.parts.values()) == {"train": 5, "val": 5}
    assert any("val holds 50%" in note for note in split.notes)
    assert "nothing to split" in split_dataset(dataset(item("a", covered=False))).notes[0]


def test_a_split_survives_json_and_a_broken_one_is_refused() -> None:
    split = split_dataset(dataset(*(item(f"i{n}") for n in range(6))), test=0.2)
    assert Split.from_dict(split.to_dict()) == split
    for broken in ({}, {**split.to_dict(), "parts": {"a": "training"}}, {**split.to_dict(), "more": 1}):
        with pytest.raises(ProjectError) as caught:
            Split.from_dict(broken)
        assert "--resplit" in caught.value.next_step


@pytest.mark.parametrize(
    ("val", "test", "by"),
    [(1.0, 0, "group"), (0.6, 0.4, "group"), (-0.1, 0, "group"), (float("nan"), 0, "group"), (0.2, 0, "x")],
)
def test_impossible_wishes_are_usage_errors(val: float, test: float, by: str) -> None:
    with pytest.raises(UsageError):
        split_dataset(dataset(), val=val, test=test, by=by)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("70", (0.15, 0.15)),
        ("90%", (0.05, 0.05)),
        ("80/20", (0.2, 0)),
        ("70/20/10", (0.2, 0.1)),
        ("0.7/0.2/0.1", (0.2, 0.1)),
        ("80/0.2", None),
        ("0.2", (0.2, 0)),
        ("0.7", None),
        ("20", None),
        ("100", None),
        ("100/0", None),
        ("70/20", None),
        ("", None),
        ("a/b", None),
        ("nan", None),
        ("-70/170", None),
        ("40/30/20/10", None),
    ],
)
def test_fractions_are_read_as_people_write_them(text: str, expected: tuple[float, float] | None) -> None:
    if expected is None:
        with pytest.raises(UsageError):
            parse_fractions(text)
    else:
        assert parse_fractions(text) == pytest.approx(expected)


@pytest.mark.shared_data
def test_frames_of_a_movie_are_one_group(shared_data: Path) -> None:
    from annelid.split.groups import infer_group

    names = [
        p.relative_to(shared_data).as_posix() for p in (shared_data / "segmentation/yeast_movie").glob("*phase.tif")
    ]
    groups = infer_group(names)
    items = [item(name, groups[name][0], source=groups[name][1]) for name in names]
    split = split_dataset(dataset(*items))
    assert set(split.parts.values()) == {"train"}
    assert split.group_source == "inferred"
    assert "yeast_movie" in split.notes[0]
