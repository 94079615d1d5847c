"""Synthetic fluorescence microscopy of cell nuclei, with known truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from scipy import ndimage

from annelid import atomic

WELLS = "ABCDEFGH"
PIXEL_SIZE_UM = 0.325

_MARGIN = 4  # how far a centre stays inside the picture, in pixels
_MOST_OVERLAP = 0.14  # of a nucleus that may lie on those already there
_REACH = 30  # half the edge of the window in which a nucleus is drawn
_LEAST_AREA = 30  # square pixels
_GAP = 1.3  # relative distance that clusters keep from each other

Plane = NDArray[np.float64]


@dataclass(frozen=True)
class _Nucleus:
    """A closed outline around a centre: ``radius * (1 + sum of low waves)``, stretched and turned."""

    centre_yx: tuple[float, float]
    radius: float
    stretch: float
    angle: float
    waves: NDArray[np.float64]  # (k, 2): cosine and sine weight of wave k + 2

    def rho(self, y: Plane, x: Plane) -> Plane:
        """Distance from the centre relative to the outline: 0 in the centre, 1 on the outline."""
        dy, dx = y - self.centre_yx[0], x - self.centre_yx[1]
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        along, across = (dx * cos + dy * sin) / self.stretch, (dy * cos - dx * sin) * self.stretch
        theta = np.arctan2(across, along)
        order = np.arange(2, 2 + len(self.waves))[:, None, None]
        cosines, sines = self.waves.T[..., None, None]
        ripple = (cosines * np.cos(order * theta) + sines * np.sin(order * theta)).sum(0)
        distance: Plane = np.hypot(along, across) / (self.radius * (1 + ripple))
        return distance

    def extent(self, step_yx: Plane) -> float:
        """Distance from the centre to the outline along a unit vector; `rho` grows linearly on a ray."""
        y, x = np.array(self.centre_yx) + step_yx
        return float(1 / self.rho(np.array([[y]]), np.array([[x]]))[0, 0])


def write_nuclei(folder: Path, *, images: int = 48, size: int = 256, seed: int = 0) -> None:
    """Write ``images/fieldA_01.tif`` ... and ``masks/fieldA_01.tif`` ... below a folder.

    The letter is the well: fields of one well share their exposure, so a split must not cut through a well.
    The same seed gives the same pixels.

    Args:
        folder: where to write; made when missing.
        images: how many fields in all, dealt evenly to eight wells.
        size: edge of the square pictures in pixels.
        seed: of all randomness.
    """
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for number, field_seed in enumerate(np.random.SeedSequence(seed).spawn(images)):
        well, field = divmod(number, max(1, -(-images // len(WELLS))))
        name = f"field{WELLS[well]}_{field + 1:02d}.tif"
        exposure = np.random.default_rng([seed, well]).uniform(0.75, 1.3)
        image, labels = nuclei(np.random.default_rng(field_seed), size, exposure=float(exposure))
        _write_tiff(folder / "images" / name, image)
        _write_tiff(folder / "masks" / name, labels)


def _write_tiff(path: Path, pixels: NDArray[np.uint16]) -> None:
    """Write an ImageJ TIFF with its pixel size, whole or not at all."""
    per_um = 1 / PIXEL_SIZE_UM
    metadata = {"unit": "um", "axes": "YX"}
    with atomic.replacing(path) as beside:
        tifffile.imwrite(beside, pixels, imagej=True, resolution=(per_um, per_um), metadata=metadata)


def nuclei(
    rng: np.random.Generator, size: int = 256, *, exposure: float = 1.0
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """One field of view: stained nuclei, many of them touching, among debris, unevenly lit.

    Args:
        rng: source of all randomness.
        size: edge of the square picture in pixels.
        exposure: factor on the light that reaches the camera.

    Returns:
        The image, uint16 ``[y, x]``, and the labels, uint16 ``[y, x]``: every nucleus has a value of its own,
        1, 2, ...; 0 is everything else, debris included.
    """
    field = _place(rng, size)
    labels = _compact(field.labels)
    light = ndimage.gaussian_filter(_stain(rng, field), rng.uniform(0.8, 1.25)) + _debris(rng, size)
    photons = exposure * (_illumination(rng, size) * (light + rng.uniform(0.28, 0.4))) * 330
    counts = rng.poisson(photons) * 7.5 + rng.normal(420, 45, photons.shape)
    return np.clip(np.rint(counts), 0, 65535).astype(np.uint16), labels


def touching_fraction(labels: NDArray[np.integer]) -> float:
    """Fraction of the objects in a label image ``[y, x]`` that touch another one, be it at a corner."""
    objects = np.setdiff1d(np.unique(labels), [0])
    if not len(objects):
        return 0.0
    touching: set[int] = set()
    for a, b in _neighbours(labels):
        touching.update(np.unique(np.stack([a, b])[:, (a != b) & (a != 0) & (b != 0)]).tolist())
    return len(touching) / len(objects)


def _neighbours(labels: NDArray[np.integer]) -> list[tuple[NDArray[np.integer], NDArray[np.integer]]]:
    """All pairs of neighbouring pixels: right, below, and the two diagonals."""
    return [
        (labels[:, :-1], labels[:, 1:]),
        (labels[:-1], labels[1:]),
        (labels[:-1, :-1], labels[1:, 1:]),
        (labels[:-1, 1:], labels[1:, :-1]),
    ]


@dataclass
class _Field:
    """What lies where, while nuclei are placed."""

    labels: NDArray[np.uint16]
    rho: Plane  # of the pixel's own nucleus; beyond 1 of the nearest one

    def window(self, nucleus: _Nucleus) -> tuple[tuple[slice, slice], Plane]:
        """The part of the field around a nucleus, and the nucleus's `rho` there."""
        size = len(self.labels)
        rows, columns = (slice(max(int(c) - _REACH, 0), min(int(c) + _REACH, size)) for c in nucleus.centre_yx)
        y, x = np.mgrid[rows, columns] + 0.5
        return (rows, columns), nucleus.rho(y, x)

    def fits(self, nucleus: _Nucleus, first_of_cluster: int) -> bool:
        """Whether it lies inside, hides little, touches its cluster (if any) and keeps off the others."""
        if not all(_MARGIN < c < len(self.labels) - _MARGIN for c in nucleus.centre_yx):
            return False
        where, rho = self.window(nucleus)
        labels = self.labels[where]
        own = rho < 1
        overlap = float((own & (self.rho[where] < 1)).sum() / own.sum())
        others = (rho < _GAP) & (labels > 0) & (labels < first_of_cluster)
        starts_cluster = first_of_cluster > self.labels.max()
        return not others.any() and (overlap == 0 if starts_cluster else 0.004 < overlap < _MOST_OVERLAP)

    def put(self, nucleus: _Nucleus, label: int) -> None:
        """Take the pixels that are relatively nearer to this nucleus than to any other."""
        where, rho = self.window(nucleus)
        self.labels[where][(rho < 1) & (rho < self.rho[where])] = label
        np.minimum(self.rho[where], rho, out=self.rho[where])


def _place(rng: np.random.Generator, size: int) -> _Field:
    """Clusters of nuclei; where two meet, the border runs where they are equally near."""
    field = _Field(np.zeros((size, size), np.uint16), np.full((size, size), np.inf))
    clusters = rng.poisson(13 * (size / 256) ** 2) + 2
    label = 0
    for members in rng.choice([1, 2, 3, 4, 6], clusters, p=[0.48, 0.22, 0.16, 0.09, 0.05]):
        cluster: list[_Nucleus] = []
        for _ in range(members * 12):
            candidate = _beside(rng, cluster[rng.integers(len(cluster))]) if cluster else _anywhere(rng, size)
            if field.fits(candidate, label + 1 - len(cluster)):
                label += 1
                field.put(candidate, label)
                cluster.append(candidate)
            if len(cluster) == members:
                break
    return field


def _anywhere(rng: np.random.Generator, size: int) -> _Nucleus:
    return _random_nucleus(rng, (float(rng.uniform(0, size)), float(rng.uniform(0, size))))


def _beside(rng: np.random.Generator, anchor: _Nucleus) -> _Nucleus:
    """A nucleus in a random direction from another, just so far that the two press on each other."""
    angle = rng.uniform(0, 2 * np.pi)
    step = np.array([np.sin(angle), np.cos(angle)])
    new = _random_nucleus(rng, (0.0, 0.0))
    distance = (anchor.extent(step) + new.extent(-step)) * rng.uniform(0.9, 0.99)
    y, x = np.array(anchor.centre_yx) + distance * step
    return replace(new, centre_yx=(float(y), float(x)))


def _random_nucleus(rng: np.random.Generator, centre_yx: tuple[float, float]) -> _Nucleus:
    waves = rng.normal(0, 1, (4, 2)) * np.array([0.045, 0.045, 0.025, 0.015])[:, None]
    return _Nucleus(centre_yx, rng.uniform(7, 12.5), rng.uniform(1.03, 1.38), rng.uniform(0, np.pi), waves)


def _compact(labels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Each object in one piece of at least a few pixels, numbered 1, 2, ... without gaps."""
    out, count = np.zeros_like(labels), 0
    for label, where in enumerate(ndimage.find_objects(labels), start=1):
        if where is None:
            continue
        pieces, found = ndimage.label(labels[where] == label)
        largest = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:])) if found else pieces > 0
        if largest.sum() >= _LEAST_AREA:
            count += 1
            out[where][largest] = count
    return out


def _stain(rng: np.random.Generator, field: _Field) -> Plane:
    """Light of the dye: each nucleus with its own amount of DNA, chromatin texture, nucleoli and soft rim."""
    labels = field.labels
    amount = np.concatenate([[0], np.exp(rng.uniform(np.log(0.5), np.log(2.0), int(labels.max())))])
    body = np.sqrt(np.clip(1 - np.minimum(field.rho, 1) ** 2.6, 0, 1))
    chromatin = 1 + 0.16 * _noise(rng, labels.shape, 1.3) + 0.14 * _noise(rng, labels.shape, 3.2)
    nucleoli = 1 - 0.45 * np.clip(_noise(rng, labels.shape, 2.0) - 1.3, 0, 1)
    light: Plane = amount[labels] * body * np.clip(chromatin, 0.3, None) * nucleoli
    return light


def _noise(rng: np.random.Generator, shape: tuple[int, ...], sigma: float) -> Plane:
    """Smooth noise with mean 0 and standard deviation 1."""
    smooth: Plane = ndimage.gaussian_filter(rng.normal(size=shape), sigma)
    normal: Plane = (smooth - smooth.mean()) / smooth.std()
    return normal


def _debris(rng: np.random.Generator, size: int) -> Plane:
    """What is not a nucleus: bright specks, thin fibres, and the haze of what lies far out of focus."""
    light = np.zeros((size, size))
    for _ in range(rng.integers(5, 13)):
        light += _spot(rng, size, rng.uniform(0.7, 1.3), rng.uniform(0.8, 2.6))
    for _ in range(rng.integers(1, 5)):
        light += _spot(rng, size, rng.uniform(14, 24), rng.uniform(0.15, 0.4))
    for _ in range(rng.integers(0, 4)):
        light += _fibre(rng, size)
    return light


def _spot(rng: np.random.Generator, size: int, sigma: float, peak: float) -> Plane:
    y, x = (np.exp(-((np.arange(size) + 0.5 - c) ** 2) / (2 * sigma**2)) for c in rng.uniform(0, size, 2))
    return peak * np.outer(y, x)


def _fibre(rng: np.random.Generator, size: int) -> Plane:
    """A thin curved thread: a walk that turns slowly."""
    steps = 4 * rng.integers(30, 150)
    turning = np.cumsum(rng.normal(0, 0.02, steps)) + np.linspace(0, rng.normal(0, 1.2), steps)
    heading = rng.uniform(0, 2 * np.pi) + turning
    y, x = rng.uniform(0, size, (2, 1)) + 0.25 * np.cumsum([np.sin(heading), np.cos(heading)], axis=1)
    edges = np.arange(size + 1.0)
    drawn, _, _ = np.histogram2d(y, x, bins=(edges, edges))
    thread: Plane = ndimage.gaussian_filter(drawn, 0.9) * rng.uniform(0.15, 0.4)
    return thread


def _illumination(rng: np.random.Generator, size: int) -> Plane:
    """Light of the lamp, at most 1: falls off from a centre that is not the picture's, and to one side."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    cy, cx = rng.uniform(-0.22, 0.22, 2)
    vignette = np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / rng.uniform(0.36, 0.55))
    angle = rng.uniform(0, 2 * np.pi)
    light = vignette * (1 + rng.uniform(0.5, 0.9) * (np.cos(angle) * x + np.sin(angle) * y))
    relative: Plane = light / light.max()
    return relative
