"""XML from outside: read whole, refused where it could do harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from annelid.errors import AnnotationError
from annelid.formats import safe_xml
from annelid.formats.safe_xml import element

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def parse(folder: Path, content: bytes | str) -> safe_xml.Node:
    file = folder / "a.xml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return safe_xml.parse(file)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>', "document type"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "document type"),
        ('<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', "document type"),
        ("<a>" * 100_000, "nested"),
        ("<a><b></a>", "line 1, column"),
        ("<a>", "no element found"),
        ("", "no element found"),
        ("<a>&nothing;</a>", "undefined entity"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "encoding"),
        (b"<a>\xff\xfe</a>", "line 1"),
        (b"\x00\x01\x02", "line 1"),
    ],
)
def test_what_could_do_harm_or_is_broken_is_an_error_with_its_place(
    tmp_path: Path, content: bytes | str, found: str
) -> None:
    with pytest.raises(AnnotationError, match=rf"a\.xml.*{found}"):
        parse(tmp_path, content)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="gone"):
        safe_xml.parse(tmp_path / "gone.xml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
    root = parse(tmp_path, f"{declared}<annotation><name>débris</name></annotation>".encode(encoding))
    assert root.value("name") == "débris"
    assert safe_xml.root_tag(tmp_path / "a.xml") == "annotation"


def test_the_root_is_found_behind_comments_and_instructions(tmp_path: Path) -> None:
    parse(tmp_path, "<?xml version='1.0'?><!-- <not/> --><?x y?>\n<annotation a='1'><b/></annotation>")
    assert safe_xml.root_tag(tmp_path / "a.xml") == "annotation"


@pytest.mark.parametrize("text", ["a & b < c", 'quo"te', "line\nbreak", "tab\tret\rurn", "\x00\x1b\ud800", "µ🔬", ""])
def test_text_and_attributes_come_back_but_for_what_xml_does_not_have(tmp_path: Path, text: str) -> None:
    root = element("a", "", element("b", text, c=text))
    back = parse(tmp_path, safe_xml.document(root)).children[0]
    expected = text.replace("\x00\x1b\ud800", "\ufffd" * 3)
    assert (back.text, back.attributes["c"]) == (expected, expected)


def test_elements_as_values_and_back(tmp_path: Path) -> None:
    values = {"part": [{"name": "head"}, {"name": "hand"}], "pose": "Left", "deep": {"a": {"b": "c"}}}
    root = parse(tmp_path, safe_xml.document(element("a", "", *safe_xml.elements(values))))
    assert safe_xml.plain_children(root, ()) == values


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (0.1, "0.1"), (-2.50, "-2.5"), (1e22, "1e+22"), (3, "3")])
def test_numbers_are_short_and_exact(value: float, text: str) -> None:
    assert safe_xml.number(value) == text
    assert float(text) == value
