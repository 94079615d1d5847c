"""How to read the page: every figure, loss and picture in two lines, one that says what it is, one how to read it."""

from __future__ import annotations

from annelid.report.charts import LOSSES, used_losses
from annelid.report.data import ReportData
from annelid.report.markup import escape, section

FIGURES: tuple[tuple[str, str, str], ...] = (
    (
        "P, precision",
        "Of the objects that it drew, the share that is right: drawn 100, right 90, P = 0.90.",
        "Low: it draws debris, or one object twice; counts are too high.",
    ),
    (
        "R, recall",
        "Of the objects that are there, the share that it found: there are 100, found 80, R = 0.80.",
        "Low: it misses objects; counts are too low. A lower confidence finds more and is wrong more often.",
    ),
    (
        "F1",
        "Precision and recall in one figure, which is high only when both are: 2PR / (P + R).",
        "From 0.9 on, about one object in ten is wrong or missed; it depends on the confidence.",
    ),
    (
        "IoU",
        "Overlap of two outlines: the area that they share, divided by the area of both together.",
        "0.5 is the same object, roughly drawn; 0.75 a good outline; 0.9 is about as close as people agree.",
    ),
    (
        "mAP 50",
        "Precision averaged over every recall, so over every confidence; an IoU of 0.5 counts as found.",
        "Compare models by it: it does not depend on where you set the confidence.",
    ),
    (
        "mAP 50–95",
        "The same averaged over IoU 0.50, 0.55 ... 0.95, so loose outlines lose points.",
        "Far below mAP 50: objects are found, outlines are not close. Small objects always score lower here.",
    ),
    (
        "Confidence",
        "How sure the model is of an object, from 0 to 1; predictions below a threshold are left out.",
        "The one used here gives the best F1 on validation images; choose higher for fewer false objects.",
    ),
)

PICTURES: tuple[tuple[str, str, str], ...] = (
    (
        "Best, median and worst image",
        "Three measured images by F1, with found, missed and made-up objects marked.",
        "The median is what to expect; the worst often shows what to annotate next, or a mistake in the annotation.",
    ),
    (
        "Confusion matrix",
        "What objects of a class (column) were called (row); the last row was missed, the last column made up.",
        "Large numbers belong on the diagonal; one beside it names two classes that are taken for each other.",
    ),
    (
        "labels.jpg",
        "How many objects each class has, where their boxes lie and how large they are, in the training images.",
        "One tall bar: the other classes are rare. A crowd in one corner of the sizes: objects are small; raise imgsz.",
    ),
    (
        "train_batch0.jpg",
        "What the network really saw: images after scaling, turning, mosaic, with their outlines.",
        "If you cannot see the objects here, or outlines lie beside them, the network cannot learn them.",
    ),
    (
        "val_batch0_labels.jpg, val_batch0_pred.jpg",
        "Validation images with the true outlines, and the same with the predicted ones.",
        "Hold them side by side: what is missing in the second was missed, what is only there was made up.",
    ),
    (
        "BoxPR_curve.png, MaskPR_curve.png",
        "Precision at every recall; the area below the line is the mAP 50.",
        "A line that stays high and falls late is good; one that falls at once draws much that is not there.",
    ),
    (
        "BoxF1_curve.png, MaskF1_curve.png",
        "F1 at every confidence, for each class.",
        "A broad hill: the confidence hardly matters. A narrow peak: on other images the best place may differ.",
    ),
)


def course(data: ReportData) -> str:
    """The words of the page explained, folded."""
    named = used_losses(data.curves)
    losses = [(title, shows, read) for key, (title, shows, read) in LOSSES.items() if key in named]
    parts = (("Figures", FIGURES), ("Losses: what training makes small", losses), ("Pictures", PICTURES))
    body = "".join(
        f"<details><summary>{title}</summary><dl>{''.join(_entry(*row) for row in rows)}</dl></details>"
        for title, rows in parts
        if rows
    )
    return section("course", "How to read this page", body)


def _entry(term: str, what: str, how: str) -> str:
    return f"<dt>{escape(term)}</dt><dd>{escape(what)}<br>{escape(how)}</dd>"
