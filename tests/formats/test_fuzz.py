"""Broken and hostile files of every format: an error that names the file, or losses; nothing else, and not for long."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fuzzing.hunt import Hunt, rounds_of_today
from tests.fuzzing.seeds import real_seeds, seeds

from annelid import formats

ROUNDS = 1000
REAL_ROUNDS = 60

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning", "ignore:Duplicate name")


@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_spoiled_files_end_in_an_error_that_helps_or_in_losses(name: str, tmp_path: Path) -> None:
    made = list(seeds(name, tmp_path / "made"))
    Hunt(name, made, tmp_path).run(rounds_of_today(ROUNDS))


@pytest.mark.shared_data
@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_spoiled_real_files_do_so_too(name: str, tmp_path: Path, shared_data: Path) -> None:
    made = list(real_seeds(name, shared_data))
    if made:
        Hunt(name, made, tmp_path).run(rounds_of_today(REAL_ROUNDS))
