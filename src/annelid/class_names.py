"""Names of classes that are probably one, misspelt."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations


def names_alike(names: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of names that differ by case, separators or one letter, sorted.

    >>> names_alike(["Platelets", "rbc", "platelets", "stage1", "stage2"])
    [('Platelets', 'platelets')]
    """
    return [(a, b) for a, b in combinations(sorted(set(names)), 2) if _alike(a, b)]


def _alike(a: str, b: str) -> bool:
    plain_a, plain_b = (name.casefold().translate({ord(c): None for c in " _-."}) for name in (a, b))
    if plain_a == plain_b:
        return True
    short, long = sorted((plain_a, plain_b), key=len)
    if len(short) < 4 or len(long) - len(short) > 1:
        return False
    start = next((n for n, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    rest = short[start:] if len(short) < len(long) else short[start + 1 :]
    changed = long[start] + (short[start] if len(short) == len(long) else "")
    return long[start + 1 :] == rest and not any(c.isdigit() for c in changed)  # stage1 and stage2 are two classes
