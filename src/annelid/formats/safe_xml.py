"""XML from outside, read without trusting it, and XML text for writing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from annelid.errors import AnnotationError

_MAX_DEPTH = 100
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*)")
_TAG = re.compile(r"[A-Za-z_][\w.-]*")
_SKIPPED = re.compile(rb"<\?.*?\?>|<!--.*?-->", re.DOTALL)


@dataclass(slots=True)
class Node:
    """An XML element.

    Attributes:
        tag: its name.
        line: where it begins in the file, from 1.
        attributes: its attributes as text.
        text: the text directly in it, that of its children left out.
        children: the elements in it, in order.
        place: where it is, for what was no XML in its file.
    """

    tag: str
    line: int = 0
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Node] = field(default_factory=list)
    place: str = ""

    @property
    def where(self) -> str:
        """The place in the file."""
        return self.place or f"line {self.line}"

    def find(self, path: str) -> Node | None:
        """The first element below at a path of tags like ``size/width``."""
        return next(self.all(path), None)

    def all(self, path: str) -> Iterator[Node]:
        """Every element below at a path of tags."""
        tag, _, rest = path.partition("/")
        for child in self.children:
            if child.tag == tag:
                yield from child.all(rest) if rest else (child,)

    def value(self, path: str) -> str:
        """The text of an element below without the space around it; "" where there is none."""
        found = self.find(path)
        return found.text.strip() if found else ""


class _RefusedError(Exception):
    pass


class _Builder:
    """Makes Nodes of what the parser meets; declarations of a document type, and so of entities, are refused."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.open = [Node("")]

    def _refuse(self, *_: object) -> None:
        raise _RefusedError("a document type declaration, which could hide entities")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.open) > _MAX_DEPTH:
            raise _RefusedError(f"elements nested deeper than {_MAX_DEPTH}")
        node = Node(tag, self.parser.CurrentLineNumber, attributes)
        self.open[-1].children.append(node)
        self.open.append(node)

    def _end(self, _: str) -> None:
        self.open.pop()

    def _text(self, text: str) -> None:
        self.open[-1].text += text


def parse(file: Path) -> Node:
    """The root element of a file.

    Raises:
        AnnotationError: the file cannot be read, is not XML, or declares a document type (entities that grow
            without end, and entities that read other files, are declared there).
    """
    builder = _Builder()
    try:
        builder.parser.Parse(file.read_bytes(), True)  # noqa: FBT003 - this is all of it
    except OSError as error:
        raise AnnotationError(file, expected="a readable file", found=error.strerror or str(error)) from error
    except expat.ExpatError as error:
        found = expat.errors.messages.get(error.code, str(error))
        cut = found in {"no element found", "unclosed token", "unclosed CDATA section"}
        step = "export or copy the file again, it is not whole" if cut else "correct the file there, or export it again"
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise AnnotationError(file, place=place, expected="XML", found=found, next_step=step) from error
    except (_RefusedError, ValueError, LookupError) as error:
        place = f"line {builder.parser.CurrentLineNumber}"
        step = "export the file again; if you trust it, remove that part with a text editor"
        raise AnnotationError(file, place=place, expected="plain XML", found=str(error), next_step=step) from error
    return builder.open[0].children[0]


def root_tag(file: Path) -> str:
    """Name of the root element by a look at the beginning of a file; "" for what is no XML."""
    try:
        with file.open("rb") as stream:
            head = stream.read(65536)
    except OSError:
        return ""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = head[2:].replace(b"\0", b"")
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.startswith(b"<"):
        return ""
    found = _ROOT.search(_SKIPPED.sub(b"", head))
    return found.group(1).decode("ascii", "replace") if found else ""


def text(value: str) -> str:
    """Text between tags; characters that XML does not have become U+FFFD."""
    return escape(_ILLEGAL.sub("\ufffd", value), {"\r": "&#13;"})


def attributes(values: Mapping[str, str]) -> str:
    """Attributes of a tag, each with a space before it."""
    quoted = ((key, quoteattr(_ILLEGAL.sub("\ufffd", value), {'"': "&quot;"})) for key, value in values.items())
    return "".join(f" {key}={value}" for key, value in quoted)


def lines(node: Node, indent: str = "") -> Iterator[str]:
    """An element as indented text, a line for each tag that has children."""
    head = f"{indent}<{node.tag}{attributes(node.attributes)}"
    if node.children:
        yield f"{head}>"
        for child in node.children:
            yield from lines(child, indent + "  ")
        yield f"{indent}</{node.tag}>"
    elif node.text:
        yield f"{head}>{text(node.text)}</{node.tag}>"
    else:
        yield f"{head}/>"


def document(root: Node) -> str:
    """A whole file."""
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', *lines(root), ""])


def element(tag: str, content: str | float = "", *children: Node, **attribs: str) -> Node:
    """An element to write."""
    return Node(tag, 0, attribs, content if isinstance(content, str) else number(content), list(children))


def number(value: float) -> str:
    """A number that reads back as the same one, without ``.0``."""
    return repr(float(value)).removesuffix(".0")


def plain_children(node: Node, known: Collection[str]) -> dict[str, Any]:
    """Child elements as JSON values: text, or a dict of their own children; a list where a tag comes again."""
    values: dict[str, Any] = {}
    for child in node.children:
        if child.tag in known:
            continue
        value: Any = plain_children(child, ()) if child.children else child.text.strip()
        if child.tag in values:
            before = values[child.tag]
            values[child.tag] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            values[child.tag] = value
    return values


def elements(values: Mapping[str, Any]) -> list[Node]:
    """The elements that `plain_children` made values of."""
    nodes: list[Node] = []
    for tag, value in values.items():
        if not _TAG.fullmatch(tag):
            continue
        several = value if isinstance(value, list) else [value]
        nodes += [element(tag, "", *elements(v)) if isinstance(v, dict) else element(tag, str(v)) for v in several]
    return nodes
