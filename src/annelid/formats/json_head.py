"""The beginning of a JSON file, to tell formats apart by their words without reading all of it."""

from __future__ import annotations

import re

from annelid.formats.ours import KEY

_OURS = re.compile(rb'"%s"\s*:\s*\{' % KEY.encode())
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)


def without_ours(head: bytes) -> bytes:
    """A text, which may be cut anywhere, without what stands under our key: words of other formats ride along there.

    >>> without_ours(b'{"shapes": [{"annelid": {"extra": {"regions": []}}, "label": 1}]}')
    b'{"shapes": [{"annelid": {}, "label": 1}]}'
    """
    kept: list[bytes] = []
    at = 0
    while found := _OURS.search(head, at):
        kept.append(head[at : found.end()])
        at = _end_of_object(head, found.end())
    return b"".join([*kept, head[at:]])


def _end_of_object(text: bytes, start: int) -> int:
    """Where the brace stands that closes an object begun before ``start``; the end of a text that is cut off."""
    depth = 1
    for token in _TOKEN.finditer(text, start):
        depth += {b"{": 1, b"}": -1}.get(token[0], 0)
        if depth == 0:
            return token.start()
    return len(text)
