"""The page's modules: what they may import, and what none of them does."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "src" / "annelid" / "web"
MODULES = sorted(WEB.rglob("*.js"))
NAMES = [str(path.relative_to(WEB)) for path in MODULES]
_IMPORT = re.compile(r"""^(?:import|export)\s(?:[^;"'()]*?\sfrom\s)?["']([^"']+)["'];""", re.MULTILINE)
_FROM_TEXT = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(")
_PAGE = re.compile(r"(?<![.\w])(?:document|localStorage|sessionStorage|location)\.")
LONGEST = 300


def imported(path: Path) -> list[str]:
    """What a module imports, relative to the folder of all modules."""
    names = _IMPORT.findall(path.read_text())
    assert all(name.startswith(("./", "../")) for name in names), f"{path}: nothing comes from elsewhere"
    return [str((path.parent / name).resolve().relative_to(WEB)) for name in names]


def test_what_is_imported_is_there() -> None:
    assert MODULES
    for path in MODULES:
        missing = [name for name in imported(path) if not (WEB / name).is_file()]
        assert not missing, f"{path.name}: {missing}"


def test_no_module_needs_itself() -> None:
    graph = {name: imported(path) for name, path in zip(NAMES, MODULES, strict=True)}
    assert list(TopologicalSorter(graph).static_order())


def test_the_core_knows_nothing_of_the_page() -> None:
    allowed = {"signal.js", "api.js"}
    for path in (WEB / "core").glob("*.js"):
        others = [name for name in imported(path) if not name.startswith("core/") and name not in allowed]
        assert not others, f"{path.name}: {others}"
        assert not _PAGE.search(path.read_text()), path.name


def test_text_never_becomes_markup_or_code() -> None:
    assert [name for name in NAMES if _FROM_TEXT.search((WEB / name).read_text())] == []


def test_modules_are_short() -> None:
    assert [name for name in NAMES if len((WEB / name).read_text().splitlines()) > LONGEST] == []


def test_every_style_sheet_is_linked_and_every_link_leads_somewhere() -> None:
    page = (WEB / "index.html").read_text()
    linked = re.findall(r"""(?:href|src)="([\w/.]+)\"""", page)
    assert all((WEB / name).is_file() for name in linked)
    assert {f"style/{path.name}" for path in (WEB / "style").glob("*.css")} <= set(linked)
    assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?![^>]*\ssrc=)", page), "the security policy forbids it"
