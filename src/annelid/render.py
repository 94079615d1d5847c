"""Images of any kind as plain pictures: PNG, JPEG or TIFF of 8 bits; resized, flipped, turned, with few colours."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from annelid.atomic import new_folder
from annelid.errors import ImageError, UsageError
from annelid.formats.archive import is_there, opened
from annelid.formats.base import LossReport
from annelid.image import ImageRef, View
from annelid.ingest.planes import Planes
from annelid.preprocess import Preprocessing
from annelid.readers import find_images, image_ref, is_image, notes_on, open_image, view_of
from annelid.readers.base import ImageFile, Pixels, Window, checked_window
from annelid.steps import counted

Format = Literal["png", "jpg", "tif"]
Flip = Literal["", "ud", "lr"]
Picture = NDArray[np.uint8]

_MOST_PIXELS = 2**28
_QUALITY = 95


@dataclass(frozen=True)
class Rendering:
    """How pictures are made. The steps are taken in this order: preprocessing, resize, flip, rotate, palette.

    Attributes:
        preprocessing: how values become 8 bits: channels, range, equalisation.
        planes: which planes, time points and scenes.
        format: png, jpg or tif.
        resize: ``50%``, ``640x480`` (width x height), ``640`` (the longer side), or "".
        flip: ``ud`` top to bottom, ``lr`` left to right, or "".
        rotate: degrees clockwise: 0, 90, 180, 270.
        palette: number of colours, 2 to 256; 0 is as many as there are.
    """

    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    planes: Planes = field(default_factory=Planes)
    format: Format = "png"
    resize: str = ""
    flip: Flip = ""
    rotate: int = 0
    palette: int = 0

    def __post_init__(self) -> None:
        _require(self.format in get_args(Format), "format", "png, jpg or tif", self.format)
        _require(self.flip in get_args(Flip), "flip", "ud or lr", self.flip)
        _require(self.rotate in (0, 90, 180, 270), "rotate", "90, 180 or 270", self.rotate)
        _require(self.palette == 0 or 2 <= self.palette <= 256, "palette", "2 to 256 colours", self.palette)
        self.size_wh((1, 1))

    def size_wh(self, size_wh: tuple[int, int]) -> tuple[int, int]:
        """Width and height after resizing."""
        w, h = size_wh
        if not self.resize:
            return w, h
        share = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", self.resize)
        sides = re.fullmatch(r"(\d+)(?:[x,](\d+))?", self.resize)
        _require(bool(share or sides), "resize", "50%, 640x480 or 640", self.resize)
        if sides and sides[2]:
            w, h = int(sides[1]), int(sides[2])
        else:
            factor = float(share[1]) / 100 if share else int(sides[1]) / max(w, h) if sides else 1.0
            _require(factor > 0, "resize", "more than 0", self.resize)
            w, h = max(1, round(w * factor)), max(1, round(h * factor))
        _require(w > 0 and h > 0, "resize", "more than 0", self.resize)
        return w, h


@dataclass(frozen=True)
class Rendered:
    """What came of it.

    Attributes:
        out: the folder.
        pictures: written, relative to it.
        losses: images that could not be read.
        notes: what was chosen where nothing was wished for.
    """

    out: Path
    pictures: tuple[Path, ...]
    losses: LossReport
    notes: tuple[str, ...] = ()


def render_files(sources: Sequence[Path], out: Path, rendering: Rendering) -> Rendered:
    """Render images and folders of images into a new folder; folders within folders are kept.

    Args:
        sources: image files, OME-Zarr folders, folders of images, zip archives of them, a file in a zip archive.
        out: new or empty folder.
        rendering: how.

    Raises:
        UsageError: there is no image, or ``out`` holds something already.
        ImageError: none of the images can be read.
        AnnelidError: a picture cannot be written.
    """
    losses, written, stacks, seen = LossReport(), dict[Path, None](), list[ImageRef](), list[tuple[Path, int]]()
    with ExitStack() as stack:
        places = {stack.enter_context(_opened(source)): source for source in sources}
        files = [pair for place in places for pair in _files(place)]
        if not files:
            step = "name images, or a folder of them"
            raise UsageError(f"no images in {', '.join(map(str, sources))}", next_step=step)
        working = stack.enter_context(new_folder(out))
        for n, (file, name) in enumerate(counted("rendering", files)):
            try:
                for view in _views(file, rendering.planes):
                    stacks.append(view.image)
                    seen.append((file, view.scene))
                    picture = _unused(name.with_name(f"{view.image.stem}{view.suffix}.{rendering.format}"), written)
                    render_file(file, view, rendering, working / picture)
                    written[picture] = None
            except ImageError as error:
                if not written and n + 1 == len(files):
                    raise
                losses.add("image-unreadable", error.message, file)
        notes = notes_on(seen)
    for place, source in places.items():
        losses = losses.renamed(place, source)
    return Rendered(out, tuple(written), losses, (*rendering.planes.notes({i.id: i for i in stacks}.values()), *notes))


def render_file(file: Path, view: View, rendering: Rendering, target: Path) -> None:
    """Render one view of a file.

    Raises:
        ImageError: it cannot be read, or the picture would be too large to be made at once.
    """
    with open_image(file, view.scene) as opened:
        image = view_of(opened, view)
        wanted = rendering.size_wh(image.info.size_wh)
        picture = _picture(_thinned(image, wanted), rendering.preprocessing, wanted)
        size_um = image.info.pixel_size_um
    scale = size_um * image.info.size_wh[0] / wanted[0] if size_um else None
    target.parent.mkdir(parents=True, exist_ok=True)
    _save(_turned(picture, rendering), rendering, target, scale)


def _opened(source: Path) -> AbstractContextManager[Path]:
    """The source, or what a zip archive holds while the context lives."""
    if not is_there(source):
        raise UsageError(f"{source} does not exist", next_step="check the path")
    return opened(source)


def _files(source: Path) -> Iterator[tuple[Path, Path]]:
    """Image files, each with its path below the source."""
    if source.is_dir() and not is_image(source):
        yield from ((file, file.relative_to(source)) for file in find_images(source))
    else:
        yield source, Path(source.name)


def _views(file: Path, planes: Planes) -> list[View]:
    with open_image(file) as opened:
        count = len(opened.info.scenes) or 1
    scenes = planes.scenes(count)
    views = [v for s in scenes for v in planes.views(image_ref(file, id=f"{file}#{s}", name=file.name, scene=s), s)]
    if not views:
        raise ImageError(file, expected="the plane, time point or scene that is wished for", found="no such")
    return views


def _unused(name: Path, written: dict[Path, None]) -> Path:
    """The name, with a number where it is taken: ``a.png`` of ``a.tif`` and ``a.jpg``."""
    candidates = (name, *(name.with_name(f"{name.stem}-{k}{name.suffix}") for k in range(1, len(written) + 2)))
    return next(candidate for candidate in candidates if candidate not in written)


class _Thinned(ImageFile):
    """Every n-th pixel of an image, as an image: a slide is never read as a whole to be made small."""

    def __init__(self, image: ImageFile, every: int) -> None:
        self.path, self._image, self._every = image.path, image, every
        w, h = image.info.size_wh
        self.info = replace(image.info, size_wh=(math.ceil(w / every), math.ceil(h / every)))

    def read(self, window_xyxy: Window | None = None, *, t: int = 0, z: int = 0, step: int = 1) -> Pixels:
        x1, y1, x2, y2 = checked_window(self.info, window_xyxy, t, z, step)
        n, (w, h) = self._every, self._image.info.size_wh
        return self._image.read((x1 * n, y1 * n, min(x2 * n, w), min(y2 * n, h)), step=n * step)

    def close(self) -> None:
        self._image.close()


def _thinned(image: ImageFile, wanted_wh: tuple[int, int]) -> ImageFile:
    """The image, thinned where it is too large to be read whole, to twice the size that is wanted at least.

    Raises:
        ImageError: even so it is too large.
    """
    w, h = image.info.size_wh
    every = 1
    if w * h > _MOST_PIXELS:
        every = max(1, min(w // (2 * wanted_wh[0]), h // (2 * wanted_wh[1])))
    if (w // every) * (h // every) > _MOST_PIXELS:
        found = f"{w} x {h} pixels"
        step = "make it smaller: --resize 4000"
        raise ImageError(image.path, expected=f"at most {_MOST_PIXELS:,} pixels", found=found, next_step=step)
    return _Thinned(image, every) if every > 1 else image


def _picture(image: ImageFile, preprocessing: Preprocessing, wanted_wh: tuple[int, int]) -> Picture:
    """``[y, x]`` for what is grey, ``[y, x, 3]`` for what is coloured."""
    fitted = preprocessing.fit(image.overview(), image.info)
    picture = fitted.apply(image.read())
    picture = picture[..., 0] if len(fitted.sources) == 1 else picture
    if picture.shape[1::-1] == wanted_wh:
        return picture
    return np.asarray(Image.fromarray(picture).resize(wanted_wh, Image.Resampling.LANCZOS))


def _turned(picture: Picture, rendering: Rendering) -> Picture:
    picture = {"ud": picture[::-1], "lr": picture[:, ::-1]}.get(rendering.flip, picture)
    return np.ascontiguousarray(np.rot90(picture, -rendering.rotate // 90))


def _save(picture: Picture, rendering: Rendering, target: Path, pixel_size_um: float | None) -> None:
    made = Image.fromarray(picture)
    if rendering.palette:
        made = made.quantize(rendering.palette, method=Image.Quantize.MEDIANCUT)
    if rendering.format == "jpg":
        made.convert("L" if picture.ndim == 2 else "RGB").save(target, quality=_QUALITY)
    elif rendering.format == "tif" and not rendering.palette:
        resolution = (1e4 / pixel_size_um,) * 2 if pixel_size_um else (1, 1)
        unit = "CENTIMETER" if pixel_size_um else "NONE"
        photometric = "minisblack" if picture.ndim == 2 else "rgb"
        tifffile.imwrite(
            target, picture, photometric=photometric, compression="zlib", resolution=resolution, resolutionunit=unit
        )
    else:
        made.save(target)


def _require(holds: bool, key: str, allowed: str, found: object) -> None:
    if not holds:
        raise UsageError(f"{key}: expected {allowed}, found {found!r}", next_step=f"correct --{key}")
