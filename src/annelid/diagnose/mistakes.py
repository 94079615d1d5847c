"""Kinds of error: what is missed, what is made up, and what they have in common."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from annelid.diagnose.advice import predict, train_again, train_larger
from annelid.diagnose.chance import Share, is_clearly_below, percent
from annelid.diagnose.course import Course
from annelid.diagnose.finding import Diagnosis, Kind
from annelid.diagnose.levels import FAIR, GAP, LEAST, MATTERS, MOSTLY
from annelid.diagnose.outcomes import Outcomes, SizeBin
from annelid.diagnose.record import Record

LOPSIDED = 2 * GAP
"""Precision and recall that lie so far apart are not two sides of the same errors."""
MASK_STRIDE = 4
"""YOLO draws its masks on a grid of a quarter of the network's input."""
COARSE_IOU = 0.75
"""Mean IoU of found objects below which outlines are worth a word: half of them would be lost at IoU .75."""
FINE_CELLS = 4
"""A disc of so many cells of the mask's grid, its outline off by a quarter of a cell, has an IoU of .77."""
LEAST_FOUND = 20
"""Fewer found objects say little about how closely they are drawn."""

CAUTIOUS = Kind(
    *("D401", "high-precision-low-recall", "warning"),
    "what it draws is right, but it leaves out much: counts are too low",
)
CARELESS = Kind(
    *("D402", "high-recall-low-precision", "warning"),
    "it finds what is there and draws much that is not: counts are too high",
)
BACKGROUND = Kind(
    *("D403", "background-false-positives", "warning"),
    "debris, dirt or texture is drawn as objects: it was not told, by images that show it, that these are none",
)
SMALL = Kind(
    *("D404", "small-objects-missed", "warning"),
    "small objects are a few pixels to the network: sizes come out too large on average, and counts too low",
)
MERGED = Kind(
    *("D405", "neighbours-merged", "warning"),
    "touching objects become one: counts are too low and areas too large where it is crowded",
)
PIECES = Kind(
    *("D406", "objects-split", "warning"),
    "one object becomes several: counts are too high and areas too small",
)
COARSE = Kind(
    *("D407", "coarse-masks", "warning"),
    "the objects are found, but their outlines are blocky: areas and shapes measured on them are off",
)
ONE_IMAGE = Kind(
    *("D408", "one-image-dominates", "warning"),
    "the figures are mostly those of one image: they say little about the others, and it may need another treatment",
)


def one_image(record: Record, course: Course) -> Diagnosis | None:
    """More errors on one image than on all others together, and at a clearly higher rate."""
    del course
    val = record.val
    if not val or len(val.per_image) < 3 or not val.per_image[0].errors >= 2 * LEAST:
        return None
    worst, others = val.per_image[0], val.per_image[1:]
    rest = sum(image.errors for image in others)
    here, elsewhere = worst.objects + worst.extra, sum(image.objects + image.extra for image in others)
    if worst.errors <= rest or not is_clearly_below((rest, elsewhere), (worst.errors, here)):
        return None
    seen = (
        f"{worst.name} has {worst.errors} of the {worst.errors + rest} errors on {val.images} images: "
        f"{worst.objects - worst.found} missed, {worst.extra} made up."
    )
    todo = (
        "Look at it: if it is stained, lit or annotated otherwise than the rest, mend the annotation or annotate more "
        "images of its kind for training."
    )
    evidence = {"image": worst.name, "errors": worst.errors, "others": rest}
    name = shlex.quote(worst.name)
    commands = (f"annelid preview {name}", f"annelid history {name}")
    return ONE_IMAGE.finding(seen, todo, *commands, evidence=evidence, image=worst.name)


def merged(record: Record, course: Course) -> Diagnosis | None:
    """Most of what is missed lies with a neighbour under one prediction."""
    del course
    val = record.val
    n = val.missed.get("merged", 0) if val else 0
    if not val or not _matters(n, val.objects) or n <= MOSTLY * val.n_missed:
        return None
    seen = f"{n} of {val.n_missed} missed objects lie with a neighbour under one outline."
    return MERGED.finding(
        seen,
        "See whether touching objects are annotated as one anywhere. If not, train on larger pictures, and annotate "
        "more crowded places.",
        train_larger(record),
        f"annelid predict {record.model or record.run} IMAGES --out found --iou .5",
        evidence={"merged": n, "missed": val.n_missed},
        image=val.example.get("missed-merged", ""),
    )


def pieces(record: Record, course: Course) -> Diagnosis | None:
    """Most of what is made up are several predictions on one object."""
    del course
    val = record.val
    n = val.extra.get("piece", 0) if val else 0
    if not val or not _matters(n, val.predicted) or n <= MOSTLY * val.n_extra:
        return None
    seen = f"{n} of {val.n_extra} false predictions are pieces of objects."
    return PIECES.finding(
        seen,
        "See whether objects are annotated in pieces anywhere. If not, they may be larger than what the model was "
        "trained on: annotate more large ones, and let the training vary the scale.",
        "annelid check",
        train_again(record, scale=0.9),
        evidence={"pieces": n, "extra": val.n_extra},
        image=val.example.get("extra-piece", ""),
    )


def background(record: Record, course: Course) -> Diagnosis | None:
    """Most errors are predictions where nothing is, while the objects are found as in training."""
    del course
    val, train = record.val, record.train
    n = val.extra.get("background", 0) if val else 0
    if not val or not _matters(n, val.predicted) or n <= MOSTLY * (val.n_extra + val.n_missed):
        return None
    known = not train or not is_clearly_below((val.found, val.objects), (train.found, train.objects))
    if val.found < FAIR * val.objects or not known:
        return None  # it does not know the objects either: no matter of the background
    if _is_of_confidence(val):
        return None
    empty = f", {val.on_empty} of them on the {val.empty_images} image(s) without any" if val.on_empty else ""
    seen = f"{n} of {val.predicted} predictions lie where there is no object{empty}."
    return BACKGROUND.finding(
        seen,
        "Add images with debris and without objects, as background, to the training; about one in ten is enough.",
        "annelid import IMAGES --missing background",
        train_again(record),
        evidence={"background": n, "predicted": val.predicted, "on_empty": val.on_empty},
        image=val.example.get("extra-background", ""),
    )


def small(record: Record, course: Course) -> Diagnosis | None:
    """The smaller half is found clearly less than the larger one, and the larger one well."""
    del course
    val = record.val
    if not val or val.n_missed < LEAST:
        return None
    edge, below, above = _halves(val.sizes)
    found_below, found_above = below[0] / max(below[1], 1), above[0] / max(above[1], 1)
    if not is_clearly_below(below, above) or found_above < FAIR or found_above - found_below < LOPSIDED:
        return None
    pixels = edge * _scale(record)
    seen = (
        f"Of objects below {edge:.0f} px in diameter it finds {percent(below)}, of larger ones {percent(above)}. At "
        f"this imgsz {edge:.0f} px are {pixels:.0f} px to the network."
    )
    return SMALL.finding(
        seen,
        "Train on larger pictures, so that small objects have more pixels.",
        train_larger(record),
        evidence={"edge_px": edge, "below": list(below), "above": list(above)},
        image=val.example.get("missed-unseen", ""),
    )


def coarse(record: Record, course: Course) -> Diagnosis | None:
    """Found objects are drawn loosely, and the mask's grid is as coarse as that; small ones missed say it already."""
    val = record.val
    if not val or small(record, course) or val.by != "mask" or val.fit.pairs < LEAST_FOUND or val.fit.iou >= COARSE_IOU:
        return None
    known = record.train.fit if record.train else val.fit
    if known.iou >= COARSE_IOU or known.pairs < LEAST_FOUND:
        return None  # the grid can do better, or what was learned is something else
    diameter = _median_diameter(val.sizes)
    cell = MASK_STRIDE / _scale(record)
    if diameter >= FINE_CELLS * cell:
        return None
    seen = (
        f"Outlines of found objects overlap the true ones by {val.fit.iou:.2f} on average, {val.fit.border_px:.1f} px "
        f"off. A cell of the mask's grid is {cell:.1f} px wide here, and the median object {diameter:.0f} px."
    )
    return COARSE.finding(
        seen,
        "Train on larger pictures: the grid becomes finer with them.",
        train_larger(record),
        evidence={"iou": val.fit.iou, "border_px": val.fit.border_px, "cell_px": cell, "diameter_px": diameter},
        image=val.per_image[0].name if val.per_image else "",
    )


def lopsided(record: Record, course: Course) -> Diagnosis | None:
    """Precision far above recall, or the reverse."""
    del course
    val = record.val
    if not val:
        return None
    if not val.predicted:  # precision is of nothing then
        return _lopsided(record, val, CAUTIOUS, "", "missed-unseen") if _is_of_confidence(val) else None
    recall, precision = (val.found, val.objects), (val.found, val.predicted)
    if is_clearly_below(recall, precision) and val.precision - val.recall >= LOPSIDED and val.precision >= FAIR:
        return _lopsided(record, val, CAUTIOUS, f"what it misses (F1 {val.f1:.2f})", "missed-unseen")
    if is_clearly_below(precision, recall) and val.recall - val.precision >= LOPSIDED and val.recall >= FAIR:
        return _lopsided(record, val, CARELESS, f"what it draws in vain (F1 {val.f1:.2f})", "extra-background")
    return None


def _lopsided(record: Record, val: Outcomes, kind: Kind, what: str, example: str) -> Diagnosis:
    seen = f"At confidence {val.conf or 0:.3g} precision is {val.precision:.2f} and recall {val.recall:.2f}."
    evidence = {"conf": val.conf, "P": val.precision, "R": val.recall, "best_conf": val.best_conf}
    image = val.example.get(example, "")
    if _is_of_confidence(val) and val.best_conf:
        best = round(val.best_conf, 3)
        seen += f" At {best:g} they are {val.best_precision:.2f} and {val.best_recall:.2f}."
        todo = f"Predict with a confidence of {best:g}, and leave conf out in training: the best one is then kept."
        commands = [predict(record, conf=best), train_again(record, conf=None)]
        return kind.finding(seen, todo, *commands, evidence=evidence, image=image)
    todo = f"Look at {what}, annotate more images that show it, and train again."
    commands = [f"annelid propose --model {record.model or record.run}", train_again(record)]
    return kind.finding(seen, todo, *commands, evidence=evidence, image=image)


def _is_of_confidence(val: Outcomes) -> bool:
    """Whether another confidence alone would be clearly better."""
    best = 2 * val.best_precision * val.best_recall / max(val.best_precision + val.best_recall, 1e-9)
    here = 2 * val.precision * val.recall / max(val.precision + val.recall, 1e-9)
    return best - here >= GAP


def _matters(n: int, of: int) -> bool:
    """Whether errors of a kind are a pattern, and concern more objects than chance and tolerance make."""
    return n >= LEAST and n > MATTERS * of


def _halves(sizes: Sequence[SizeBin]) -> tuple[float, Share, Share]:
    """The diameter that parts the objects into halves, and how many of each half were found."""
    total, below, found, edge = sum(bin_.objects for bin_ in sizes), 0, 0, 0.0
    for bin_ in sizes:
        edge = bin_.from_px
        if below + bin_.objects / 2 > total / 2:
            break
        below, found = below + bin_.objects, found + bin_.found
    every = sum(bin_.found for bin_ in sizes)
    return edge, (found, below), (every - found, total - below)


def _median_diameter(sizes: Sequence[SizeBin]) -> float:
    """The diameter of which half of the objects are smaller, to a bin."""
    total, below = sum(bin_.objects for bin_ in sizes), 0
    for bin_ in sizes:
        below += bin_.objects
        if below >= total / 2:
            return bin_.from_px * 2**0.25  # the middle of half an octave
    return 0.0


def _scale(record: Record) -> float:
    """How many pixels of the network's input a pixel of the images is."""
    side = record.params.get("tile") or record.facts.side_px or 1.0
    return float(record.params.get("imgsz") or side) / side
