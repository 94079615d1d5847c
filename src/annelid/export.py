"""Write a data set, or predictions, for other programs."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from annelid import formats, picture
from annelid.atomic import new_folder, refuse_used
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import UsageError
from annelid.examples import render_view
from annelid.formats import coco, labelmask, labelme
from annelid.formats.base import LossReport
from annelid.formats.image_names import below_common_folder, image_names
from annelid.locate import locate
from annelid.preprocess import Preprocessing

SAVES = ("coco", "yolo", "masks", "overlays")
"""What `annelid predict --save` can write."""


def unique_names(items: Sequence[LabeledImage], parts: Mapping[str, str] | None = None) -> dict[str, str]:
    """Item id -> a name for its view, see `image_names`; names differ even without their endings.

    Its plane tells a view from others of its image (``stack_t0z5.tif``).
    """
    views = Counter(item.image.path for item in items)
    paths = {item.id: _path(item, with_plane=views[item.image.path] > 1) for item in items}
    return image_names(below_common_folder(paths), parts or {}, by_stem=True)


def _of_images(items: Sequence[LabeledImage], *, by_stem: bool) -> dict[str, str]:
    """Item id -> a name for its image, which all of its views share."""
    return image_names(below_common_folder({item.id: item.image.path for item in items}), {}, by_stem=by_stem)


def _path(item: LabeledImage, *, with_plane: bool) -> str:
    stem, dot, ending = item.image.path.rpartition(".")
    return f"{stem}{item.view.suffix}{dot}{ending}" if with_plane and dot else item.image.path


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0]


def export_dataset(
    dataset: Dataset, out: Path, format_name: str, root: Path, preprocessing: Preprocessing, parts: Mapping[str, str]
) -> LossReport:
    """Write a data set in a format; for YOLO with its images, so that it can be trained on.

    Args:
        dataset: what to write.
        out: new folder.
        format_name: see `annelid.formats`.
        root: folder of the project.
        preprocessing: how images that are not 8-bit pictures are rendered for YOLO.
        parts: item id -> ``train``, ``val`` or ``test``.

    Raises:
        UsageError: ``out`` exists, or there is no such format.
        AnnelidError: it can't be written.
    """
    form = formats.get(format_name)
    with new_folder(out) as working:
        if form.NAME == "yolo":
            own = unique_names(dataset.items, {item.id: parts.get(item.id, "train") for item in dataset.items})
            names = dict(_write_images(dataset.items, own, root, working / "images", preprocessing))
        else:
            names = _of_images(dataset.items, by_stem=form.NAME in formats.BY_STEM)
        if form.NAME == "labelme":
            return labelme.write(dataset, working, names, _seen_from(out, dataset, names, root)).renamed(working, out)
        return form.write(dataset, working, names).renamed(working, out)


def _seen_from(out: Path, dataset: Dataset, names: Mapping[str, str], root: Path) -> dict[str, str]:
    """Item id -> path of its image as seen from the annotation file: annotators open the image through it."""
    paths = {}
    for item in dataset.items:
        image, folder = locate(item.image, root).resolve(), (out / names[item.id]).resolve().parent
        same_drive = image.drive == folder.drive
        paths[item.id] = Path(os.path.relpath(image, folder) if same_drive else image).as_posix()
    return paths


def _write_images(
    items: Iterable[LabeledImage], names: Mapping[str, str], root: Path, folder: Path, preprocessing: Preprocessing
) -> Iterator[tuple[str, str]]:
    """Copy 8-bit pictures as they are, render all others as PNG; yields item id and name."""
    for item in items:
        source, name = locate(item.image, root), names[item.id]
        as_is = (
            item.image.dtype == "uint8"
            and preprocessing == Preprocessing()
            and source.suffix.lower() in (".png", ".jpg", ".jpeg")
        )
        if not as_is:
            name = f"{_stem(name)}.png"
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if as_is:
            shutil.copyfile(source, target)
        else:
            Image.fromarray(render_view(item.view, root, preprocessing)).save(target)
        yield item.id, name


def check_saves(saves: Sequence[str], out: Path | None) -> None:
    """Refuse what `save_predictions` would refuse, before the work is done.

    Raises:
        UsageError: ``out`` exists, or something else than `SAVES` is asked for.
    """
    if not saves and out is not None:
        raise UsageError("nothing would be saved", next_step=f"choose from {', '.join(SAVES)}")
    unknown = [s for s in saves if s not in SAVES]
    if unknown:
        raise UsageError(f"--save {unknown[0]} is not known", next_step=f"choose from {', '.join(SAVES)}")
    if out is not None:
        refuse_used(out)


def save_predictions(
    predicted: Dataset, out: Path, saves: Sequence[str], root: Path, preprocessing: Preprocessing
) -> tuple[dict[str, Path], LossReport]:
    """Write predicted objects.

    Args:
        predicted: the images with the objects found on them.
        out: new folder.
        saves: any of `SAVES`: ``predictions.json`` (COCO with scores), ``labels/`` (YOLO text that can be trained on),
            ``masks/`` (label images), ``overlays/`` (pictures).
        root: folder that the images' paths are relative to.
        preprocessing: how the pictures are rendered.

    Returns:
        What was written, and what its formats could not carry.

    Raises:
        UsageError: ``out`` exists, or something else than `SAVES` is asked for.
    """
    check_saves(saves, out)
    names, losses = unique_names(predicted.items), LossReport()
    written: dict[str, Path] = {}
    with new_folder(out) as working:
        for save in saves:
            if save == "coco":
                losses.losses += coco.write(predicted, working, _of_images(predicted.items, by_stem=True)).losses
                (working / "annotations.json").rename(working / "predictions.json")
                written[save] = out / "predictions.json"
            elif save == "yolo":
                found = formats.get("yolo").write(_looked_at(predicted), working, names)
                losses.losses += [loss for loss in found if loss.kind != "no-validation-part"]
                (working / "data.yaml").unlink()  # labels of images that lie elsewhere are no data set yet
                written[save] = out / "labels"
            elif save == "masks":
                losses.losses += labelmask.write(_looked_at(predicted), working, names).losses
                written[save] = out / "masks"
            else:
                _write_overlays(predicted, working / "overlays", names, root, preprocessing)
                written[save] = out / "overlays"
    return written, losses.renamed(working, out)


def _looked_at(predicted: Dataset) -> Dataset:
    """The same with every image complete: one on which nothing was found gets its empty file too."""
    items = (replace(item, covered=whole_image(item.size_wh), state="reviewed") for item in predicted.items)
    return replace(predicted, items=tuple(items))


def _write_overlays(
    predicted: Dataset, folder: Path, names: Mapping[str, str], root: Path, preprocessing: Preprocessing
) -> None:
    for item in predicted.items:
        target = folder / f"{_stem(names[item.id])}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        pixels = render_view(item.view, root, preprocessing)
        picture.to_png(picture.draw_objects(pixels, item.objects), target)
