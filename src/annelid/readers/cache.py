"""Decoded pieces of an image, kept for as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from annelid.readers.base import Pixels

_BYTES = 32 * 2**20


class Pieces:
    """The pieces used last, up to 32 MiB of them.

    The newest stays, however large: a file of one piece would be decoded for every window otherwise.
    """

    def __init__(self) -> None:
        self._pieces: OrderedDict[Hashable, Pixels | None] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable, decode: Callable[[], Pixels | None]) -> Pixels | None:
        """A piece, decoded when it is not there; None stands for one that the file does not hold."""
        if key in self._pieces:
            self._pieces.move_to_end(key)
            return self._pieces[key]
        piece = self._pieces[key] = decode()
        self._bytes += 0 if piece is None else piece.nbytes
        while self._bytes > _BYTES and len(self._pieces) > 1:
            _, old = self._pieces.popitem(last=False)
            self._bytes -= 0 if old is None else old.nbytes
        return piece
