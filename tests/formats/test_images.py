"""Images are found by whatever names annotations give them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from PIL import Image

from annelid.errors import AnnotationError
from annelid.formats.file_names import stem
from annelid.formats.images import FolderImages, Names


def names(*paths: str) -> Names:
    root = Path("root")
    return Names([root / path for path in paths], [root])


def found(index: Names, name: str) -> str | None:
    path = index.find(name)
    return path.relative_to("root").as_posix() if path else None


@pytest.mark.parametrize(
    ("files", "name", "expected"),
    [
        (["a.png", "sub/a.png"], "a.png", "a.png"),
        (["a.png", "sub/a.png"], "sub/a.png", "sub/a.png"),
        (["a.png", "sub/a.png"], "sub\\a.png", "sub/a.png"),
        (["a.png", "sub/a.png"], "./sub/a.png", "sub/a.png"),
        (["x/sub/a.png", "y/sub/a.png", "y/a.png"], "/home/me/y/sub/a.png", "y/sub/a.png"),
        (["x/a.png", "y/a.png"], "C:\\data\\y\\a.png", "y/a.png"),
        (["x/a.png"], "elsewhere/a.png", "x/a.png"),
        (["images/a.png", "images/sub/a.png"], "a.png", "images/a.png"),
        (["images/a.png", "images/sub/a.png"], "sub/a.png", "images/sub/a.png"),
        (["tissue images/a.png", "label masks/a.tif", "mask binary/a.png"], "a", "tissue images/a.png"),
        (["a.png", "masks/a.tif"], "b/a", "a.png"),
        (["a.tif"], "a.png", "a.tif"),
        (["a.tif"], "a", "a.tif"),
        (["a.ome.tif"], "a", "a.ome.tif"),
        (["a"], "a.jpg", "a"),
        (["a.jpg.jpg"], "a.jpg", "a.jpg.jpg"),
        (["a.jpg"], "a.jpg.jpg", "a.jpg"),
        (["a.jpg", "a.jpg.jpg"], "a.jpg", "a.jpg"),
        (["a.tif", "a.png"], "a.png", "a.png"),
        (["Cell.TIF"], "cell.tif", "Cell.TIF"),
        (["a.png", "A.png"], "A.png", "A.png"),
        (["cell_0.tif", "cell_0.5um.tif"], "cell_0.5um", "cell_0.5um.tif"),
        (["cell_0.tif"], "cell_0.5um", None),
        (["a.png"], "b.png", None),
        (["a.png"], "", None),
        ([], "a.png", None),
    ],
)
def test_a_name_finds_its_image(files: list[str], name: str, expected: str | None) -> None:
    assert found(names(*files), name) == expected


@pytest.mark.parametrize(
    ("files", "name"),
    [(["x/a.png", "y/a.png"], "a.png"), (["a.tif", "a.png"], "a.jpg"), (["AB.png", "Ab.png"], "ab.png")],
)
def test_a_name_that_fits_several_names_them_all(files: list[str], name: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        names(*files).find(name)
    assert all(PurePosixPath(file).name in str(caught.value) for file in files)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.png", "a"), ("a.ome.tif", "a"), ("a.5um", "a.5um"), ("a", "a"), (".png", ".png")],
)
def test_only_known_endings_are_taken_off(name: str, expected: str) -> None:
    assert stem(name) == expected


def test_a_folder_is_looked_through_and_sizes_are_read(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    Image.new("L", (7, 5)).save(tmp_path / "sub" / "a.png")
    images = FolderImages(tmp_path, tmp_path / "sub")
    assert list(images.all()) == [tmp_path / "sub" / "a.png"]
    path = images.find("a.png")
    assert path is not None
    assert images.size_wh(path) == (7, 5)


def test_without_folders_nothing_is_found() -> None:
    assert FolderImages().find("a.png") is None
    assert list(FolderImages().all()) == []
