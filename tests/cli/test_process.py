"""The command as a process: what it loads, how fast it answers, and what it prints where."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests import small

import annelid
from annelid.cli import app

HEAVY = ("torch", "torchvision", "ultralytics", "cv2", "matplotlib", "scipy", "skimage", "pandas", "polars")


def test_help_answers_in_half_a_second() -> None:
    def once() -> float:
        started = time.perf_counter()
        assert "Commands" in small.annelid("--help").stdout
        return time.perf_counter() - started

    assert min(once() for _ in range(3)) < 0.5


@pytest.mark.parametrize("line", ["import annelid", "import annelid.cli", "from annelid import Project"])
def test_nothing_heavy_is_loaded(line: str) -> None:
    engines = ("torch", "torchvision", "ultralytics", "cv2", "matplotlib")
    wanted = engines if "Project" in line else HEAVY
    code = f"import sys; {line}; print([m for m in {wanted!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_names_are_there_and_sorted() -> None:
    assert annelid.__all__ == sorted(annelid.__all__)
    assert dir(annelid) == annelid.__all__
    for name in annelid.__all__:
        assert getattr(annelid, name).__name__ == name
    with pytest.raises(AttributeError, match="nonsense"):
        _ = annelid.nonsense


def test_only_the_answer_goes_to_stdout(tmp_path: Path) -> None:
    small.project_of_discs(tmp_path / "p").close()
    value = small.answer("-C", tmp_path / "p", "train", "--engine", "threshold")
    assert value["model"] == "p@v1"
    done = small.annelid("-C", tmp_path / "p", "propose", "--json", code=2)
    assert done.stdout.count("\n") == 1
    assert done.stderr.startswith("error: every image is annotated already\n  next:")


def test_a_wrong_call_is_usage(tmp_path: Path) -> None:
    assert "nonsense" in small.annelid("nonsense", code=2).stderr
    assert "--nonsense" in small.annelid("status", "--nonsense", code=2).stderr
    assert "is not an Annelid project" in small.annelid("status", cwd=tmp_path, code=1).stderr
    assert list(tmp_path.iterdir()) == []


def test_the_project_is_where_minus_c_says(tmp_path: Path) -> None:
    small.answer("init", "deep/er", "--classes", "a", cwd=tmp_path)
    assert small.answer("-C", "deep/er", "status", cwd=tmp_path)["classes"] == {"a": 0}
    assert small.answer("status", cwd=tmp_path / "deep" / "er")["classes"] == {"a": 0}


def test_every_command_says_what_it_does_and_can_answer_in_json() -> None:
    import typer

    group = typer.main.get_command(app)

    def commands(command: object, name: str) -> list[tuple[str, object]]:
        inner = getattr(command, "commands", {})
        return [(name, command), *(found for k, v in inner.items() for found in commands(v, f"{name} {k}"))]

    for name, command in commands(group, "annelid"):
        assert len(getattr(command, "help", "") or "") > 10, name
        options = {option for param in command.params for option in param.opts}  # type: ignore[attr-defined]
        assert "--json" in options or name == "annelid", name
        for param in command.params:  # type: ignore[attr-defined]
            is_option = param.param_type_name == "option"
            plain = {"--iou", "--max-det", "--imgsz", "--device"}  # named as in Ultralytics
            assert not is_option or getattr(param, "help", None) or plain & set(param.opts), (name, param.opts)


def test_lines_for_people_survive_a_narrow_pipe(tmp_path: Path) -> None:
    small.annelid("init", tmp_path / ("long" * 20), "--classes", "a")
    done = small.annelid("-C", tmp_path / ("long" * 20), "status")
    assert f"{tmp_path / ('long' * 20)}\n" in done.stdout
