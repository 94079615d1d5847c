"""Intervals over groups, and two models on the same images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import UsageError
from annelid.evaluate import evaluate
from annelid.evaluate.compare import Comparison, compare
from annelid.evaluate.figures import Evaluation
from annelid.evaluate.intervals import Groups, draws, interval, uncertainty
from annelid.evaluate.matched import THRESHOLDS, Matched
from annelid.evaluate.resampled import Evidence, figures
from annelid.evaluate.same_images import require_same_images
from annelid.image import ImageRef, View
from annelid.objects import Objects

SIZE = (100, 60)


def boxes(n: int, *, shift: float = 0, label: str = "cell") -> Objects:
    """n boxes of 8 x 8 pixels in a row of ten, moved to the right."""
    corners = [(10 * (k % 10) + shift, 10 * (k // 10)) for k in range(n)]
    return Objects.from_boxes([(x, y, x + 8, y + 8) for x, y in corners], [label] * n)


def labeled(name: str, objects: Objects) -> LabeledImage:
    return LabeledImage(View(ImageRef(name, (f"{name}.png",), SIZE)), objects, whole_image(SIZE))


def truth(images: int, classes: tuple[str, ...] = ("cell",)) -> Dataset:
    return Dataset(classes, tuple(labeled(f"i{n:02}", boxes(20)) for n in range(images)))


def found_by(skill: NDArray[np.float64], seed: int) -> dict[str, Objects]:
    """Predictions that find each object of image n with the chance skill[n], and miss it by far otherwise."""
    random = np.random.default_rng(seed)
    predicted = {}
    for n, chance in enumerate(skill.tolist()):
        hit = random.random(20) < chance
        scores = np.where(hit, random.uniform(0.4, 1, 20), random.uniform(0.1, 0.7, 20))
        moved = Objects.concat([boxes(20)[hit], boxes(20, shift=6)[~hit]])
        predicted[f"i{n:02}"] = moved.replace(scores=np.concatenate([scores[hit], scores[~hit]]))
    return predicted


def measured(images: int, chance: float, seed: int = 0) -> Evaluation:
    skill = np.clip(chance + np.random.default_rng(99).normal(0, 0.05, images), 0, 1)
    return evaluate(truth(images), found_by(skill, seed), conf_for_pr=0.3)


def compared(a: Evaluation, b: Evaluation, groups: Groups | None = None) -> Comparison:
    return compare(a, b, groups or Groups({}), ("A", "B"))


# --- intervals


def test_the_interval_holds_the_figure_and_narrows_with_more_groups() -> None:
    widths = []
    for images in (9, 40):
        evaluation = measured(images, 0.7)
        known = uncertainty(evaluation, Groups({}))
        low, high = known.intervals["box", "", "mAP50"]
        assert low < evaluation.box.all.map50 < high
        assert (known.groups, known.images, known.why_not) == (images, images, "")
        widths.append(high - low)
    assert widths[1] < 0.7 * widths[0]


def test_an_interval_is_the_same_at_every_call() -> None:
    evaluation = measured(10, 0.7)
    assert uncertainty(evaluation, Groups({})) == uncertainty(evaluation, Groups({}))


def test_below_eight_groups_there_is_no_interval_but_a_reason() -> None:
    evaluation = measured(14, 0.7)
    seven = Groups({f"i{n:02}": f"slide {n // 2}" for n in range(14)}, "declared")
    known = uncertainty(evaluation, seven)
    assert not known.intervals
    assert "14 image(s) of 7 group(s)" in known.why_not
    assert "at least 8 groups" in known.why_not
    value = known.beside(evaluation.to_dict())
    assert value["metrics"]["box"]["intervals"] == {}
    assert value["uncertainty"]["why_not"] == known.why_not


def test_images_of_one_group_are_drawn_together() -> None:
    """Twenty copies of eight images know no more than the eight."""
    random = np.random.default_rng(3)
    eight = found_by(random.uniform(0.4, 1, 8), 1)
    many = {f"i{n:02}": eight[f"i{n % 8:02}"] for n in range(80)}
    few = uncertainty(evaluate(truth(8), eight, conf_for_pr=0.3), Groups({}))
    evaluation = evaluate(truth(80), many, conf_for_pr=0.3)
    grouped = uncertainty(evaluation, Groups({f"i{n:02}": f"g{n % 8}" for n in range(80)}))
    alone = uncertainty(evaluation, Groups({}))
    assert grouped.intervals["box", "", "R"] == pytest.approx(few.intervals["box", "", "R"], abs=0.01)
    widths = [np.ptp(known.intervals["box", "", "R"]) for known in (grouped, alone)]
    assert widths[1] < widths[0] / 2


def test_a_class_in_few_groups_has_no_interval_and_is_named() -> None:
    items = [labeled(f"i{n}", Objects.concat([boxes(9), boxes(1, shift=90, label="rare")[: n < 3]])) for n in range(9)]
    predicted = {item.id: item.objects[n % 3 :].replace(scores=0.9) for n, item in enumerate(items)}
    evaluation = evaluate(Dataset(("cell", "rare"), tuple(items)), predicted)
    known = uncertainty(evaluation, Groups({}))
    assert known.of("box", "cell")
    assert not known.of("box", "rare")
    assert known.of("bio", "cell")["count_error"]
    assert not known.of("bio", "rare")
    assert any("rare (3)" in note for note in known.notes)


def test_a_figure_that_does_not_vary_has_no_interval() -> None:
    known = uncertainty(measured(9, 2.0), Groups({}))
    assert ("box", "", "R") not in known.intervals
    assert "the same in every group" in known.notes[0]
    assert "box R" in known.notes[0]


def test_nothing_at_all_has_no_interval() -> None:
    assert uncertainty(evaluate(Dataset((), ()), {}), Groups({})).why_not
    empty = evaluate(Dataset(("cell",), tuple(labeled(f"i{n}", Objects.empty()) for n in range(9))), {})
    assert not uncertainty(empty, Groups({})).of("box")


def simulated(random: np.random.Generator, groups: int) -> NDArray[np.float64]:
    """float64 (groups, 10, 1, 4): counts of groups that differ in size and in how many of their objects are found."""
    true = 5 + random.poisson(20, groups)
    found = random.binomial(true, random.beta(12, 4, groups))
    made_up = random.poisson(true * random.beta(3, 12, groups))
    counts = np.stack([found, made_up, true - found, found * 0.8], 1).astype(float)
    return np.repeat(counts[:, None, None], len(THRESHOLDS), 1)


@pytest.mark.parametrize("groups", [8, 20])
def test_the_interval_covers_the_truth_about_95_times_of_100(groups: int) -> None:
    random = np.random.default_rng(2026)
    everything = Evidence(("cell",), {}, simulated(random, 100_000))
    expected = figures(everything, np.ones((1, 100_000), np.int64))
    inside = {"F1": 0, "AP50": 0, "count_error": 0}
    repeats, weights = 400, draws(groups)
    for _ in range(repeats):
        sample = Evidence(("cell",), {}, simulated(random, groups))
        drawn, own = figures(sample, weights), figures(sample, np.ones((1, groups), np.int64))
        for name in inside:
            low, high = interval(float(own["bio", "", name][0]), drawn["bio", "", name], groups)
            inside[name] += low <= expected["bio", "", name][0] <= high
    assert all(0.92 <= n / repeats <= 0.98 for n in inside.values()), inside


def scored(random: np.random.Generator, groups: int) -> Evidence:
    """One class, with scores of right and of wrong predictions that overlap."""
    counts = simulated(random, groups)[:, 0, 0].astype(np.int64)
    image = np.repeat(np.arange(groups), counts[:, 0] + counts[:, 1])
    hit = np.concatenate([np.arange(tp + fp) < tp for tp, fp in counts[:, :2].tolist()])
    scores = np.where(hit, random.beta(5, 2, len(hit)), random.beta(2, 3, len(hit)))
    order = np.argsort(-scores)
    hits = np.repeat(hit[order][None], len(THRESHOLDS), 0)
    true = counts[:, [0]] + counts[:, [2]]
    made = Matched(true, image[order], np.zeros(len(hit), np.int64), scores[order], hits, np.zeros_like(hits))
    return Evidence(("cell",), {"box": (made, scores[order] >= 0.5)}, np.zeros((groups, 10, 1, 4)))


def test_the_interval_of_average_precision_covers_the_truth_too() -> None:
    random = np.random.default_rng(7)
    key, groups, repeats = ("box", "", "mAP50"), 12, 120
    expected = figures(scored(random, 4000), np.ones((1, 4000), np.int64))[key][0]
    inside = 0
    for _ in range(repeats):
        sample = scored(random, groups)
        own = float(figures(sample, np.ones((1, groups), np.int64))[key][0])
        low, high = interval(own, figures(sample, draws(groups)[:400])[key], groups)
        inside += low <= expected <= high
    assert 0.9 <= inside / repeats <= 0.99, inside / repeats


# --- comparisons


def test_a_model_is_not_distinguishable_from_itself() -> None:
    evaluation = measured(12, 0.7)
    comparison = compared(evaluation, evaluation)
    assert comparison.verdict == "not distinguishable"
    assert comparison.sentence.startswith("A and B are not distinguishable with this many images: box mAP50")
    assert comparison.sentence.endswith("They find the same objects.")
    assert {d.p for d in comparison.differences.values()} == {1.0}


@pytest.mark.parametrize("images", [8, 24])
def test_a_clearly_better_model_is_better_and_the_other_worse(images: int) -> None:
    good, bad = measured(images, 0.9, 1), measured(images, 0.6, 2)
    better, worse = compared(good, bad), compared(bad, good)
    assert (better.verdict, worse.verdict) == ("better", "worse")
    assert "A is better than B: box mAP50" in better.sentence
    assert f"{images} images in {images} groups" in better.sentence
    one, other = better.differences[better.main], worse.differences[worse.main]
    assert (one.low, one.high, one.p) == pytest.approx((-other.high, -other.low, other.p), abs=0.01)


def test_two_trainings_of_the_same_skill_are_seldom_told_apart() -> None:
    verdicts = [compared(measured(8, 0.7, 2 * n), measured(8, 0.7, 2 * n + 1)).verdict for n in range(10)]
    assert verdicts.count("not distinguishable") >= 8


def test_below_eight_groups_nothing_is_said_about_who_is_better() -> None:
    comparison = compared(measured(7, 0.9), measured(7, 0.3))
    assert comparison.verdict == "cannot be said"
    assert "cannot be said (box mAP50" in comparison.sentence
    assert "at least 8 groups" in comparison.sentence
    assert comparison.to_dict()["differences"][0]["interval"] is None


def test_a_comparison_is_json_with_both_figures_of_every_row() -> None:
    value = compared(measured(9, 0.9), measured(9, 0.5)).to_dict()
    row = next(r for r in value["differences"] if (r["of"], r["class"], r["figure"]) == ("box", "", "mAP50"))
    assert row["a"] - row["b"] == pytest.approx(row["difference"])
    assert row["interval"][0] <= row["difference"] <= row["interval"][1]
    assert (value["decided_by"], value["with"]) == ("box mAP50", "B")


def test_figures_of_other_images_are_not_compared() -> None:
    with pytest.raises(UsageError, match="same images"):
        compared(measured(9, 0.7), measured(10, 0.7))


@pytest.mark.parametrize("what", ["images", "file", "objects", "covered", "classes"])
def test_test_parts_that_differ_are_refused_with_what_differs(what: str) -> None:
    a = truth(9)
    first = a.items[0]
    other = {
        "images": (replace(a, items=a.items[1:]), "A was measured on 1 image.s. that the other was not: i00.png"),
        "file": (_with(a, view=View(replace(first.image, fingerprint="other"))), "the file of an image"),
        "objects": (_with(a, objects=boxes(3)), "annotated anew .*: i00.png"),
        "covered": (_with(a, covered=whole_image((50, 60))), "annotated anew"),
        "classes": (replace(a, classes=("nucleus",)), "A: cell and B: nucleus"),
    }
    changed, message = other[what]
    require_same_images(a, truth(9), ("A", "B"))
    with pytest.raises(UsageError, match=message) as refused:
        require_same_images(a, changed, ("A", "B"))
    assert refused.value.next_step


def _with(dataset: Dataset, **changed: object) -> Dataset:
    return replace(dataset, items=(replace(dataset.items[0], **changed), *dataset.items[1:]))  # type: ignore[arg-type]
