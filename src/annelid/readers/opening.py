"""Which reader takes a file, and what to say when none does."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import cast

from annelid.errors import ImageError
from annelid.fingerprint import fingerprint
from annelid.image import ImageRef
from annelid.readers import czi, lif, nd2, plain, slide, tiff, zarr, zarr_metadata
from annelid.readers.apart import ApartImage
from annelid.readers.base import ImageFile, ImageInfo, Reader
from annelid.readers.decoder_process import DecoderProcess
from annelid.readers.tiff_set import describes_files, is_companion

READERS = tuple(cast("Reader", reader) for reader in (tiff, plain, zarr, czi, nd2, lif, slide))

_HEAD = 512
_FOREIGN = {
    b"version https://git-lfs": (
        "a Git LFS pointer instead of the file itself",
        "run `git lfs pull` in its folder",
    ),
    b"\xd0\xcf\x11\xe0": ("a compound file (perhaps OIB or ZVI)", "export it as OME-TIFF with Fiji"),
    b"\x89HDF": ("an HDF5 file", "export the image in it as TIFF"),
    b"GIF8": ("a GIF picture", "save it as PNG or TIFF"),
    b"RIFF": ("a RIFF file (WebP, AVI)", "save its pictures as PNG or TIFF"),
    b"\0\0\0\x0cjP  ": ("a JPEG 2000 picture", "save it as TIFF"),
    b"PK\x03\x04": ("a zip archive", "unpack it first"),
    b"\x1f\x8b": ("a gzip archive", "unpack it first"),
    b"Iout": ("an ImageJ region of interest", "import it as an annotation"),
    b"%PDF": ("a PDF document", "leave it out"),
}


def open_image(path: Path, scene: int = 0, decoder: DecoderProcess | None = None) -> ImageFile:
    """Open an image file, or the folder of an OME-Zarr; use it as a context manager.

    The content decides which reader takes it, not the name. Nothing but metadata is read yet, and all but the
    headers of pictures in a process apart, as decoders may crash on damaged files.

    Args:
        path: the file or folder.
        scene: which of the images in the file, where it holds several.
        decoder: the process that decodes it, that of all images by default; who looks at several images at once may
            have several.

    Raises:
        ImageError: it is missing, not an image, damaged, or of a kind that is not supported.
        UsageError: the file has no such scene.
    """
    info = plain.header(path, scene) if _reader_of(path).NAME == plain.NAME else None
    return ApartImage(path, scene, info, decoder)


def open_here(path: Path, scene: int = 0) -> ImageFile:
    """The same, decoded in this process: what crashes a decoder ends it.

    Raises:
        ImageError: as `open_image`.
        UsageError: as `open_image`.
    """
    return _reader_of(path).open_file(path, scene)


def image_info(path: Path, scene: int = 0) -> ImageInfo:
    """What is known of an image without its pixels; the same file is looked at only once.

    Raises:
        ImageError: as `open_image`.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return _known_info(path, scene, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=100_000)
def _known_info(path: Path, scene: int, _mtime_ns: int, _size: int) -> ImageInfo:
    with open_image(path, scene) as image:
        return image.info


def is_image(path: Path) -> bool:
    """Whether a file or folder looks like an image that `open_image` knows; False for what cannot be read."""
    try:
        if path.is_dir():
            return zarr_metadata.is_zarr(path) and bool(zarr_metadata.images_in(path))
        head = _read_head(path)
        return _reader_for(path, head) is not None and (not is_companion(head) or describes_files(path))
    except (ImageError, OSError):
        return False


def _reader_of(path: Path) -> Reader:
    """The reader of a file or folder.

    Raises:
        ImageError: there is none.
    """
    if zarr_metadata.is_zarr(path):
        return cast("Reader", zarr)
    head = _read_head(path)
    reader = _reader_for(path, head)
    if reader is None:
        found, next_step = _what_it_is(head)
        raise ImageError(path, expected="an image", found=found, next_step=next_step)
    return reader


def _reader_for(path: Path, head: bytes) -> Reader | None:
    """The reader of a file; names count only for slides whose files begin like a picture or a text."""
    if path.suffix.lower() in slide.NAMED:
        return cast("Reader", slide)
    return next((reader for reader in READERS if reader.sniff(head)), None)


def image_ref(path: Path, *, id: str, name: str, scene: int = 0) -> ImageRef:  # noqa: A002 - the field's name
    """What the project keeps about an image.

    Args:
        path: the file.
        id: its id in the project.
        name: its path as the project shall note it, "/" between folders.
        scene: which of the images in the file.

    Raises:
        ImageError: the file cannot be read as an image, or its name is no text.
    """
    _require_text(path, name)
    info = image_info(path, scene)
    return ImageRef(
        id=id,
        paths=(name,),
        size_wh=info.size_wh,
        channels=info.channels,
        dtype=info.dtype,
        pixel_size_um=info.pixel_size_um,
        fingerprint=fingerprint(path),
        planes=info.planes,
    )


def _require_text(path: Path, name: str) -> None:
    """File systems take any bytes as a name; a project, JSON and other computers do not."""
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = str(path).encode(errors="backslashreplace").decode()
        step = "rename the file"
        raise ImageError(shown, expected="a file name in UTF-8", found="other bytes", next_step=step) from None


def suffixes() -> tuple[str, ...]:
    """Lower-case extensions that promise an image, ``.tif`` first."""
    return tuple(suffix for reader in READERS for suffix in reader.SUFFIXES)


def _read_head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> ImageError:
    if path.is_dir():
        found = "a folder that is no OME-Zarr" if path.suffix.lower() == ".zarr" else "a folder"
        return ImageError(path, expected="an image file", found=found, next_step="name the images in it")
    found = "no such file" if isinstance(error, FileNotFoundError) else f"it cannot be read ({error.strerror})"
    return ImageError(path, expected="an image file", found=found, next_step="check the path and its permissions")


def _what_it_is(head: bytes) -> tuple[str, str]:
    """What a file is that no reader takes, and what to do about it."""
    if not head:
        return "an empty file", "copy it again from where it came from"
    for magic, answer in _FOREIGN.items():
        if head.startswith(magic):
            return answer
    if b"\0" not in head:
        return (
            f"a text file beginning with {head[:30].decode('utf-8', 'replace')!r}",
            "check that it is the image",
        )
    return f"a file beginning with the bytes {head[:8].hex(' ')}", "open it in Fiji and save it as TIFF"
