"""The names of files, without the endings that only say what kind of file it is."""

from __future__ import annotations

from annelid.readers import suffixes

_VENDOR = (".gif", ".webp", ".czi", ".nd2", ".lif", ".svs", ".ndpi", ".mrxs", ".zarr")
_ENDINGS = {*suffixes(), *_VENDOR, ".ome", ".json", ".txt", ".xml"}
"""What may be taken off a name; ``cell_0.5um`` keeps its ``.5um``."""


def stem(name: str) -> str:
    """A file name without one ending that is an image's or an annotation's (``.ome.tif`` counts as one)."""
    base, dot, ending = name.rpartition(".")
    if not base or f"{dot}{ending}".lower() not in _ENDINGS:
        return name
    return base[:-4] if base.lower().endswith(".ome") and len(base) > 4 else base


def bare(name: str) -> str:
    """A file name without all its endings: ``a.jpg.jpg`` is ``a``."""
    shorter = stem(name)
    while shorter != name:
        name, shorter = shorter, stem(shorter)
    return name
