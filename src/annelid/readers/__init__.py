"""Image files: one module a family, told apart by content."""

from annelid.readers.base import ImageFile, ImageInfo
from annelid.readers.find import find_images, natural_key
from annelid.readers.opening import image_info, image_ref, is_image, open_image, suffixes
from annelid.readers.said import notes_on
from annelid.readers.view import open_view, view_of

__all__ = [
    "ImageFile",
    "ImageInfo",
    "find_images",
    "image_info",
    "image_ref",
    "is_image",
    "natural_key",
    "notes_on",
    "open_image",
    "open_view",
    "suffixes",
    "view_of",
]
