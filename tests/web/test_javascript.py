"""The page's modules: they are formatted, their types agree, and their units do what they should."""

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
    """The type checker."""
    return _installed(pytestconfig, "typescript", "bin/tsc")


@pytest.fixture
def prettier(pytestconfig: pytest.Config) -> Path:
    """The formatter."""
    return _installed(pytestconfig, "prettier", "bin/prettier.cjs")


def _installed(pytestconfig: pytest.Config, package: str, program: str) -> Path:
    """A program of the version that package.json pins: installed beside it, or once into pytest's cache."""
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"][package]
    if _version(ROOT, package) == wanted:
        return ROOT / "node_modules" / package / program
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir(f"{package}-{wanted}")
    if _version(folder, package) != wanted:
        _install(folder, f"{package}@{wanted}")
    return folder / "node_modules" / package / program


def _version(folder: Path, package: str) -> str | None:
    card = folder / "node_modules" / package / "package.json"
    return json.loads(card.read_text())["version"] if card.exists() else None


def _install(folder: Path, package: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"neither npm nor {package} is here: the page's modules are not checked with it")
    command = [npm, "install", "--prefix", str(folder), "--no-package-lock", "--no-audit", "--no-fund", package]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(folder)
        pytest.skip(f"npm cannot install {package}: {done.stderr.strip()[-300:]}")


def test_every_module_and_style_is_formatted(prettier: Path) -> None:
    command = [node(), str(prettier), "--check", "src/annelid/web", "tests/web"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"npm run format mends this:\n{done.stderr}"


def test_the_types_agree(tsc: Path) -> None:
    done = subprocess.run([node(), str(tsc), "-p", "."], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_units_pass() -> None:
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/web/unit").glob("*.test.js"))
    command = [node(), "--test", "--test-reporter=spec", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
