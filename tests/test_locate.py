from __future__ import annotations

from pathlib import Path

import pytest

from annelid.errors import ImageError
from annelid.image import ImageRef
from annelid.locate import locate, noted_path


def test_an_image_is_found_at_the_newest_of_its_places(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside.tif"
    (root / "images").mkdir(parents=True)
    image = ImageRef("i", ("images/a.tif", outside.as_posix()), (4, 4))
    with pytest.raises(ImageError, match=r"a\.tif: expected the image that was imported"):
        locate(image, root)
    outside.touch()
    assert locate(image, root) == outside
    (root / "images" / "a.tif").touch()
    assert locate(image, root) == root / "images" / "a.tif"


def test_paths_inside_the_project_are_noted_relative_to_it(tmp_path: Path) -> None:
    root = tmp_path / "project"
    assert noted_path(root / "images" / "ä b.tif", root) == "images/ä b.tif"
    assert noted_path(tmp_path / "elsewhere.tif", root) == (tmp_path / "elsewhere.tif").as_posix()
    assert noted_path(root / "images" / ".." / "a.tif", root) == "a.tif"


def test_a_moved_project_finds_its_own_images(tmp_path: Path) -> None:
    root = tmp_path / "before"
    root.mkdir()
    (root / "a.tif").touch()
    image = ImageRef("i", (noted_path(root / "a.tif", root),), (4, 4))
    moved = root.rename(tmp_path / "after")
    assert locate(image, moved) == moved / "a.tif"
