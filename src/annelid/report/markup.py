"""Text into HTML: whatever comes from outside is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

_UNSEEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127], "\ufffd")


def escape(text: object) -> str:
    """Text that is safe in an element and in a quoted attribute; what cannot be shown is replaced."""
    shown = str(text).encode("utf-8", "replace").decode("utf-8").translate(_UNSEEN)
    return html.escape(shown, quote=True)


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, numbers_from: int = 1) -> str:
    """A table; the columns from ``numbers_from`` on are set flush right. All cells are escaped."""
    return (
        f'<div class="scroll"><table><thead>{_row(head, "th", numbers_from)}</thead><tbody>'
        f"{''.join(_row(row, 'td', numbers_from) for row in rows)}</tbody></table></div>"
    )


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """A list of terms and what they are, without those that are empty."""
    return (
        "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in pairs if v not in ("", None)) + "</dl>"
    )


def section(anchor: str, title: str, body: str) -> str:
    """A section with its heading; nothing when the body is empty."""
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{body}</section>' if body else ""


def _row(cells: Sequence[object], tag: str, numbers_from: int) -> str:
    return (
        "<tr>"
        + "".join(
            f"<{tag}{' class=n' if i >= numbers_from else ''}>{escape(cell)}</{tag}>" for i, cell in enumerate(cells)
        )
        + "</tr>"
    )
