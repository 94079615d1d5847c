from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest

from annelid.errors import AnnelidError, InputError, UsageError
from annelid.models import Card, Library, seen_before, sha256_of


def weights(folder: Path, text: str = "weights") -> Path:
    path = folder / "best.json"
    path.write_text(text, encoding="utf-8")
    return path


def card(name: str = "cells", run: str = "cells", **fields: object) -> Card:
    base = Card(name, "threshold", "segment", ("a", "débris"), run=run, created="2026-01-01T00:00:00+00:00")
    return dataclasses.replace(base, **fields)  # type: ignore[arg-type]


def test_a_training_becomes_the_next_version_with_its_hash_and_licence(tmp_path: Path) -> None:
    library = Library(tmp_path)
    first = library.add(card(), weights(tmp_path))
    second = library.add(card(run="cells-2"), weights(tmp_path, "more"))
    assert (first.reference, second.reference) == ("cells@v1", "cells@v2")
    assert second.sha256 == sha256_of(tmp_path / "best.json")
    assert first.licence.startswith("AGPL")
    assert library.weights(first).read_text(encoding="utf-8") == "weights"
    assert library.get("cells").version == 2
    assert library.cards() == [first, second]


def test_taking_a_run_in_twice_changes_nothing(tmp_path: Path) -> None:
    library = Library(tmp_path)
    first = library.add(card(), weights(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in library.folder.rglob("*")}
    assert library.add(card(created="2027"), weights(tmp_path, "more")) == first
    assert {path: path.stat().st_mtime_ns for path in library.folder.rglob("*")} == before


def test_a_version_that_was_half_written_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(tmp_path)

    def killed(_: Card) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(library, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            library.add(card(), weights(tmp_path))
    assert library.cards() == []
    assert library.add(card(), weights(tmp_path)).reference == "cells@v1"


def test_a_card_comes_back_as_it_was_and_newer_fields_do_not_matter(tmp_path: Path) -> None:
    full = card(
        metrics={"val": {"mAP50": 0.5}}, split={"seed": 3}, tile=256, parameters={"freeze": [0, 1]}, outside=True
    )
    content = json.loads(json.dumps(full.to_dict() | {"from_the_future": 1}))
    assert Card.from_dict(content) == full


def test_a_model_of_windows_knows_its_scale() -> None:
    assert card(parameters={"imgsz": 512, "tile": 256}).zoom == 2
    assert card(parameters={"imgsz": 512, "tile": None}).zoom is None
    assert card().zoom is None


def test_a_reference_means_a_version_a_name_or_a_run(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.add(card(), weights(tmp_path))
    library.add(card(run="other-run"), weights(tmp_path))
    assert library.get("cells@v1").version == library.get("cells@1").version == 1
    assert library.get("cells").version == 2
    assert library.get("other-run").version == 2
    for wrong in ("cells@v3", "cells@latest", "nobody", "", "cells@v-1"):
        with pytest.raises(UsageError, match="no model") as caught:
            library.get(wrong)
        assert "cells@v1, cells@v2" in caught.value.next_step


def test_a_bare_name_means_the_promoted_version(tmp_path: Path) -> None:
    library = Library(tmp_path)
    for n in range(3):
        library.add(card(run=f"r{n}"), weights(tmp_path))
    assert library.promote("cells@v2").version == library.get("cells").version == 2
    assert library.roll_back("cells").version == library.get("cells").version == 1
    with pytest.raises(UsageError, match="no earlier version"):
        library.roll_back("cells")
    assert library.promoted("cells") == 1
    assert library.promoted("nobody") == 0


def test_changed_or_missing_weights_are_refused(tmp_path: Path) -> None:
    library = Library(tmp_path)
    made = library.add(card(), weights(tmp_path))
    path = library.weights(made)
    path.write_text("tampered", encoding="utf-8")
    with pytest.raises(AnnelidError, match="SHA-256 differs"):
        library.weights(made)
    with pytest.raises(AnnelidError, match="SHA-256 differs"):
        library.export(made, tmp_path / "out")
    assert "differs" in library.verify()["cells@v1"]
    path.unlink()
    with pytest.raises(AnnelidError, match="are missing"):
        library.weights(made)


def test_figures_are_noted_on_the_card_as_it_is_now(tmp_path: Path) -> None:
    library = Library(tmp_path)
    made = library.add(card(metrics={"val": {"F1": 1}}), weights(tmp_path))
    library.note_metrics(made, "test", {"mask": {"mAP50": 0.5}})
    assert library.get("cells").metrics == {"val": {"F1": 1}, "test": {"mask": {"mAP50": 0.5}}}


def test_an_exported_model_is_its_weights_and_its_card(tmp_path: Path) -> None:
    library = Library(tmp_path)
    made = library.add(card(), weights(tmp_path))
    copies = library.export(made, tmp_path / "out" / "deep")
    assert [path.name for path in copies] == ["cells-v1.json", "cells-v1-card.json"]
    assert sha256_of(copies[0]) == made.sha256
    assert Card.from_dict(json.loads(copies[1].read_text(encoding="utf-8"))) == made


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"name": "a"}'])
def test_a_broken_card_is_an_error_that_names_it(tmp_path: Path, content: str) -> None:
    library = Library(tmp_path)
    library.add(card(), weights(tmp_path))
    path = library.folder / "cells" / "v1" / "model.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"model\.json: expected the card of a model"):
        library.cards()


def test_images_that_were_learned_from_are_known_by_content() -> None:
    made = card(learned_from={"i1": "1-aa", "i2": "2-bb"})
    assert seen_before(made, ["1-aa", "3-cc", "1-aa"]) == 2
    assert seen_before(card(), ["1-aa"]) == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user without all rights")
def test_a_library_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.add(card(), weights(tmp_path))
    (library.folder / "cells").chmod(0o500)
    with pytest.raises((AnnelidError, PermissionError)):
        library.add(card(run="r2"), weights(tmp_path))
