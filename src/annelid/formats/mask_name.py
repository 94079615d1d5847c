"""What the name of a file, or of the folders that it lies in, says: mask or image."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from annelid.formats.file_names import stem

SUFFIX = re.compile(
    r"[ _.-]+(?:(?:cp_?|seg_?|instance_?)?masks?|labels?|labell?ed|label_?image|instances?|gt)[ _-]?\d*$",
    re.IGNORECASE,
)
PREFIX = re.compile(r"^(?:masks?|labels?|gt)[ _-]*(?=\w)", re.IGNORECASE)
ROLE_MASK = re.compile(r"mask|label|annotation|ground[ _-]?truth|\bgt\b|instances?\b", re.IGNORECASE)
ROLE_IMAGE = re.compile(r"image|\bimgs?\b|\braw\b|tissue|original", re.IGNORECASE)
_MASK_WORDS = {"mask", "masks", "label", "labels", "gt", "groundtruth", "annotation", "annotations"}
_OTHER_OUTPUT = re.compile(r"_(?:flows|cellprob|cp_output|dp|outlines?)(?:_cp_masks)?$", re.IGNORECASE)


def is_mask_name(file: Path, root: Path) -> bool:
    """Whether a file's name, or that of a folder between it and the root, says that it is a mask.

    Below a folder called ``masks`` everything is; else the innermost folder that says something counts.
    """
    name = stem(file.name)
    if _OTHER_OUTPUT.search(name):
        return False
    folders = file.relative_to(root).parts[:-1] if file.is_relative_to(root) else ()
    if SUFFIX.search(name) or PREFIX.search(name):
        return True
    if "masks" in folders:
        return True
    roles = [f for f in folders if ROLE_MASK.search(f) or ROLE_IMAGE.search(f)]
    return bool(roles) and not ROLE_IMAGE.search(roles[-1])


def _is_mask_folder(name: str) -> bool:
    """Whether a folder's name, of a few words at most, says that masks lie in it."""
    words = re.split(r"[ _.-]+", name.lower())
    return len(words) <= 4 and not _MASK_WORDS.isdisjoint(words) and not ROLE_IMAGE.search(name)


def masks_among(files: Iterable[Path], folder: Path) -> list[Path]:
    """The files of a folder that are called masks; where none is, all of a folder that is called so itself."""
    listed = list(files)
    called = [file for file in listed if is_mask_name(file, folder)]
    return called or (listed if _is_mask_folder(folder.name) else [])
