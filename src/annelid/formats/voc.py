"""Pascal VOC: one XML file per image, boxes by their corners.

A corner's number is taken as the coordinate of the edge, as LabelImg, Roboflow, CVAT and X-AnyLabeling write it: the
box from ``xmin`` 0 to ``xmax`` 10 is ten pixels wide. Only where ``source`` says that the file is of the PASCAL VOC
challenges themselves the first pixel has the number 1 and the last one belongs to the box; such files are written
so again. Fractions are kept. Outlines are read from ``polygon`` (as Roboflow and X-AnyLabeling write them) and
``robndbox`` (roLabelImg), and masks from ``SegmentationObject`` and ``SegmentationClass`` (see `voc_masks`), which
are written wherever anything has an outline.

Of an object ``pose``, ``truncated``, ``difficult``, ``occluded``, ``part``, ``actions`` and every other element ride in
``extra["voc"]``, ``bndbox`` too where it is not that of the object's mask; of the file, ``folder``, ``path``,
``source``, ``segmented``, ``depth`` and all else, in ``extra["voc_file"]`` of the image's first object. An object to
ignore is written as ``difficult``.
"""

from __future__ import annotations

from pathlib import Path

from annelid.errors import AnnotationError
from annelid.formats import safe_xml
from annelid.formats.labelme_xml import is_labelme, xml_files
from annelid.formats.voc_masks import segmented_keys
from annelid.formats.voc_read import read as read
from annelid.formats.voc_write import write as write

NAME = "voc"


def sniff(path: Path) -> bool:
    """Whether a file, or one of the first XML files of a folder, is Pascal VOC's, or a folder holds its masks."""
    if path.is_file():
        return _looks_like_voc(path)
    return path.is_dir() and (any(map(_looks_like_voc, xml_files(path)[:5])) or bool(segmented_keys(path)))


def _looks_like_voc(file: Path) -> bool:
    if safe_xml.root_tag(file) != "annotation":
        return False
    try:
        return not is_labelme(safe_xml.parse(file))
    except AnnotationError:
        return _says_voc(file)  # cut off, but VOC's: reading it will say so


def _says_voc(file: Path) -> bool:
    with file.open("rb") as stream:
        head = stream.read(65536)
    return b"<bndbox" in head or b"<segmented" in head
