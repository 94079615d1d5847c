"""No silent misreading: what is bad costs itself alone and is told with its place; what is cut off is never used."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from random import Random

import pytest
from tests.fuzzing.compare import Bench, Found
from tests.fuzzing.hunt import rounds_of_today, seed_of_today
from tests.fuzzing.mutate import ODD
from tests.fuzzing.records import InJson, Records, records_of
from tests.fuzzing.seeds import seeds

from annelid import formats

ROUNDS = 100
CUTS = 16

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning", "ignore:Duplicate name")


def benches(name: str, folder: Path) -> list[Bench]:
    return [Bench(name, seed, folder / seed.name) for seed in seeds(name, folder / "made")]


@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_a_bad_object_costs_itself_alone_and_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    for bench in benches(name, tmp_path):
        for file in bench.seed.annotations:
            if kind := records_of(name, file):
                for place in kind.places(bench.seed.files[file]):
                    check_record(bench, file, kind, place)


def check_record(bench: Bench, file: str, kind: Records, place: object) -> None:
    data = bench.seed.files[file]
    others = bench.with_file(file, kind.without(data, place)).objects
    if others - bench.whole.objects or not 0 < others.total() < bench.whole.objects.total():
        return  # one of the parts of an object, or the only one, or one that another file has too
    for number in range(rounds_of_today(ROUNDS) // len(kind.places(data)) + 1):
        key = f"{bench.module.NAME} {bench.seed.name} {file} {place} {number} {seed_of_today()}"
        spoiled = kind.spoiled(data, place, Random(key))
        found = bench.with_file(file, spoiled)
        if found.refused:
            assert b"ud800" in spoiled, (key, found.said)  # half a character spoils all of a text
        elif "file-unreadable" not in " ".join(found.said):
            assert not others - found.objects, (key, found.said)
        if found.objects == others != bench.whole.objects:
            assert any(re.search(kind.names(data, place), text) for text in found.said - bench.whole.said), key


@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_what_stands_in_the_place_of_a_list_of_objects_is_told(name: str, tmp_path: Path) -> None:
    for bench in benches(name, tmp_path):
        for file in bench.seed.annotations:
            kind = records_of(name, file)
            if not isinstance(kind, InJson):
                continue
            data, listed = bench.seed.files[file], InJson(kind.path[:-1])
            for place in listed.places(data) if listed.path else ():
                for odd in (value for value in ODD if value and not isinstance(value, list | dict)):
                    found = bench.with_file(file, listed.replaced(data, place, odd))
                    assert found.objects == bench.whole.objects or found.says_more_than(bench.whole), (file, place, odd)


_UNCHECKED = {".txt", ".csv", ".yaml", ".bmp"}
"""Files of which nothing tells where they end, or whether their bytes are right."""
_RAW = {*_UNCHECKED, ".roi", ".tif"}


@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_what_is_left_of_a_file_that_was_cut_off_is_not_taken_for_all_of_it(name: str, tmp_path: Path) -> None:
    for bench in benches(name, tmp_path):
        for file in bench.seed.annotations:
            data, ending = bench.seed.files[file], PurePosixPath(file).suffix
            for cut in {round(n * (len(data) - 1) / CUTS) for n in range(CUTS + 1)}:
                check_cut(bench, file, data[:cut] if ending not in _UNCHECKED else data)
                check_cut(bench, file, data[:cut] + bytes(len(data) - cut) if ending not in _RAW else data)


def check_cut(bench: Bench, file: str, data: bytes) -> None:
    found = bench.with_file(file, data)
    assert found.objects == bench.whole.objects or found.says_more_than(bench.whole), (file, len(data))


def test_of_every_format_there_are_files_with_objects_to_spoil(tmp_path: Path) -> None:
    for name in formats.FORMATS:
        for bench in benches(name, tmp_path / name):
            assert bench.whole.objects != Found(), (name, bench.seed.name, bench.whole.said)
