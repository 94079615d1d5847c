from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annelid.cli.parameters import typed
from annelid.errors import AnnelidError, UsageError
from annelid.parameter_file import options_among, read_parameters


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--epochs", "50"], {"epochs": 50}),
        (["--epochs=50", "imgsz=512"], {"epochs": 50, "imgsz": 512}),
        (["lr0=0.02", "weight_decay=1e-3"], {"lr0": 0.02, "weight_decay": 0.001}),
        (["--close-mosaic", "0"], {"close_mosaic": 0}),
        (["deterministic=false", "freeze=null", "freeze=[0, 1]"], {"deterministic": False, "freeze": [0, 1]}),
        (["shear=-5", "--shear", "-5"], {"shear": -5}),
        (["device=0,1"], {"device": "0,1"}),
        (["optimizer=AdamW", "cache="], {"optimizer": "AdamW", "cache": None}),
        (["name=a=b"], {"name": "a=b"}),
        ([], {}),
    ],
)
def test_parameters_are_typed_in_three_ways(arguments: list[str], found: dict[str, Any]) -> None:
    assert typed(arguments) == found


@pytest.mark.parametrize("arguments", [["epochs"], ["--epochs"], ["50"], ["-e", "50"], ["epochs=3", "--imgsz"]])
def test_what_is_no_parameter_is_refused(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="is not a parameter"):
        typed(arguments)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), st.integers() | st.floats(-1e6, 1e6)))
def test_numbers_come_back_however_they_are_typed(values: dict[str, float]) -> None:
    assert typed([f"{k}={v!r}" for k, v in values.items()]) == values
    assert typed([word for k, v in values.items() for word in (f"--{k}", repr(v))]) == values


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert set(typed([f"name={text}"])) == {"name"}


def test_parameters_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cfg.yaml"
    path.write_text("epochs: 50\nlr0: 0.02 # é\ncache: ram\n", encoding="utf-8")
    assert read_parameters(path) == {"epochs": 50, "lr0": 0.02, "cache": "ram"}


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"text", b"a: [", b"\xff\xfe", b"a: !!python/object:os.system x"])
def test_a_file_that_is_none_of_parameters_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cfg.yaml"
    path.write_bytes(content)
    with pytest.raises(AnnelidError, match=r"cfg\.yaml"):
        read_parameters(path)


def test_options_that_were_typed_as_parameters_are_taken_from_them() -> None:
    params = {"epochs": 3, "name": "typed", "model": "a.yaml"}
    assert options_among(params, name=None, model="b.yaml", data=None) == {
        "name": "typed",
        "model": "b.yaml",
        "data": None,
    }
    assert params == {"epochs": 3}
