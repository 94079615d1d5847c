"""The layers of the design: a file imports only from lines above its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[1] / "src"

# A package stands for all of its files; within one line files may import each other, but not in a circle.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("class_names", "errors", "steps"),
    ("geometry", "tracing"),
    ("objects", "image", "alone", "atomic", "oom", "download", "fingerprint", "readers", "preprocess", "locate"),
    ("dataset",),
    ("formats", "split", "match", "tiling", "store", "settings"),
    ("engines", "check", "evaluate", "diagnose", "models", "picture", "synthetic", "assist"),
    (
        "examples",
        "render",
        "export",
        "convert",
        "ingest",
        "outside",
        "folder",
        "start",
        "jobs",
        "predict",
        "train",
        "training_data",
        "lineage",
        "memory",
        "proposals",
        "looks",
        "fixes",
        "foresee",
        "known",
        "leakage",
        "mixing",
        "parameter_file",
        "tracking",
    ),
    (
        "measured",
        "results",
        "report",
        "check_report",
        "doctor",
        "pretrained",
        "progress",
        "run_mistakes",
        "run_record",
        "run_report",
    ),
    ("project",),
    ("queue", "server"),
    ("demo", "worker", "cli", "__main__"),
)
HEAVY = ("torch", "ultralytics", "tensorflow", "stardist", "cellpose", "cv2", "matplotlib")


def modules() -> dict[str, Path]:
    """Dotted name below annelid -> file."""
    root = SRC / "annelid"
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in root.rglob("*.py")
        if path != root / "__init__.py"
    }


def room(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def line_of(module: str) -> int:
    return next(i for i, names in enumerate(LAYERS) if room(module) in names)


def imports(path: Path) -> set[str]:
    """Modules of annelid that a file imports, wherever in it, type checking aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.unparse(branch.test)
        for node in ast.walk(branch)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("annelid"):
            base = node.module.removeprefix("annelid").lstrip(".")
            found |= {base} if base else {alias.name for alias in node.names if alias.name != "__version__"}
        if isinstance(node, ast.Import):
            found |= {a.name.removeprefix("annelid.") for a in node.names if a.name.startswith("annelid.")}
    return found


def test_every_module_has_its_line() -> None:
    known = {name for names in LAYERS for name in names}
    assert {room(module) for module in modules()} == known


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_module_imports_only_from_its_line_or_above(module: str) -> None:
    below = {name for name in imports(modules()[module]) if line_of(name) > line_of(module)}
    assert not below


def test_no_two_rooms_import_each_other() -> None:
    edges = {(room(m), room(i)) for m, path in modules().items() for i in imports(path) if room(m) != room(i)}
    assert not {edge for edge in edges if edge[::-1] in edges}


def test_importing_annelid_and_its_verbs_loads_no_engine() -> None:
    code = (
        f"import sys, annelid.cli, annelid.queue.verbs, annelid.server; print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_functions_and_files_stay_small() -> None:
    long_functions, long_files = [], []
    for module, path in modules().items():
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 500:
            long_files.append(module)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body and (node.end_lineno or 0) - body[0].lineno >= 80:
                    long_functions.append(f"{module}.{node.name}")
    assert not long_functions
    assert not long_files
