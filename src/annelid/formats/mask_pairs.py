"""Which mask belongs to which image, by name and folder; never by guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annelid.formats.base import LossReport
from annelid.formats.file_names import stem
from annelid.formats.mask_name import PREFIX, ROLE_IMAGE, ROLE_MASK, SUFFIX

_IMAGE_WORD = re.compile(r"^(?:img|images?|im|raw)[ _-]*(?=\w)|[ _.-]+(?:img|images?|im|raw)$", re.IGNORECASE)
_BINARY = re.compile(r"binary|border|semantic|foreground|distance", re.IGNORECASE)


@dataclass(frozen=True)
class _Named:
    """A file, its folders without those that only say what lies in them, and its bare name."""

    file: Path
    folders: tuple[str, ...]
    name: str


def pair(masks: Sequence[Path], images: Sequence[Path], root: Path, losses: LossReport) -> dict[Path, Path]:
    """Image -> its mask.

    A mask belongs to the image of the same name (less ``_masks``, ``_labelled`` ... of the mask, ``img`` of
    the image) in the same folder or in one that differs only in words like ``images`` and ``masks``. Where
    that finds nothing, a mask whose name begins only one image's name is taken with a notice. All else is a
    loss.
    """
    image_root = common_folder(images, root)
    named_images = [_named(image, image_root, is_mask=False) for image in images]
    named_masks = [_named(mask, root, is_mask=True) for mask in sorted(masks, key=_preference)]
    found: dict[Path, Path] = {}
    for mask in named_masks:
        candidates = _candidates(mask, named_images)
        if not candidates:
            candidates = _beginning(mask, named_images, losses)
        if len(candidates) == 1:
            _take(found, candidates[0].file, mask.file, losses)
        elif candidates:
            fitting = ", ".join(sorted(c.file.name for c in candidates)[:4])
            what = f"{len(candidates)} images fit this mask and none was used: {fitting}"
            losses.add("image-ambiguous", what, mask.file)
        else:
            losses.add("image-missing", "no image of this name was found: the mask was left out", mask.file)
    return found


def _take(found: dict[Path, Path], image: Path, mask: Path, losses: LossReport) -> None:
    if image in found:
        what = f"{found[image].name} was used for {image.name}: this mask was left out"
        losses.add("several-masks", what, mask)
    else:
        found[image] = mask


def common_folder(images: Sequence[Path], root: Path) -> Path:
    """The folder that image folders are counted from: the root, when they lie in it."""
    if not images or all(image.is_relative_to(root) for image in images):
        return root
    common = images[0].parent
    while not all(image.is_relative_to(common) for image in images):
        common = common.parent
    return common


def _named(file: Path, root: Path, *, is_mask: bool) -> _Named:
    folders = file.relative_to(root).parts[:-1] if file.is_relative_to(root) else ()
    kept = tuple(f.lower() for f in folders if not ROLE_MASK.search(f) and not ROLE_IMAGE.search(f))
    name = stem(file.name)
    return _Named(file, kept, ((SUFFIX.sub("", name) or name) if is_mask else name).lower())


def _candidates(mask: _Named, images: Sequence[_Named]) -> list[_Named]:
    """Images of the mask's name, then by what is left without 'mask' and 'img'; in its own folder first."""
    for of_mask, of_image in _RULES:
        fitting = [i for i in images if of_image(i.name) == of_mask(mask.name) and i.file != mask.file]
        exact = [i for i in fitting if i.folders == mask.folders]
        nested = [i for i in fitting if not i.folders or not mask.folders]
        if exact or nested:
            return exact or nested
    return []


def _same(name: str) -> str:
    return name


def _without_prefix(name: str) -> str:
    return PREFIX.sub("", name)


def _without_image_word(name: str) -> str:
    return _IMAGE_WORD.sub("", name)


_RULES = ((_same, _same), (_without_prefix, _same), (_without_prefix, _without_image_word))


def _beginning(mask: _Named, images: Sequence[_Named], losses: LossReport) -> list[_Named]:
    """Images whose name goes on where the mask's ends: ``im000_mask`` and ``im000_phase``."""
    begun = re.compile(re.escape(mask.name) + r"[ _.-]")
    fitting = [i for i in images if i.folders == mask.folders and begun.match(i.name)]
    if len(fitting) == 1:
        what = f"was paired with {fitting[0].file.name}, the only image whose name begins like it"
        losses.add("paired-by-beginning", what, mask.file)
    return fitting


def _preference(mask: Path) -> tuple[int, str]:
    """Label images before others, binary ones last: an image takes the first that fits."""
    text = f"{mask.parent.name}/{stem(mask.name)}"
    return (2 if _BINARY.search(text) else 1 if re.search(r"_cp_?masks$", text) else 0, str(mask))
