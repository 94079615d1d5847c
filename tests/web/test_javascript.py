"""The page's modules: their types agree, and their units do what they should."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.web.node import node

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tsc(pytestconfig: pytest.Config) -> Path:
    """The type checker of the version that package.json pins: installed beside it, or once into pytest's cache."""
    installed = Path("node_modules", "typescript", "bin", "tsc")
    if (ROOT / installed).exists():
        return ROOT / installed
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]["typescript"]
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir(f"typescript-{wanted}")
    if not (folder / installed).exists():
        _install(folder, f"typescript@{wanted}")
    return folder / installed


def _install(folder: Path, package: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("neither npm nor node_modules/typescript is here: types of the page's modules are not checked")
    command = [npm, "install", "--prefix", str(folder), "--no-package-lock", "--no-audit", "--no-fund", package]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(folder)
        pytest.skip(f"npm cannot install {package}: {done.stderr.strip()[-300:]}")


def test_the_types_agree(tsc: Path) -> None:
    done = subprocess.run([node(), str(tsc), "-p", "."], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_units_pass() -> None:
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/web/unit").glob("*.test.js"))
    command = [node(), "--test", "--test-reporter=spec", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
