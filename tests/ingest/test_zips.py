"""Zip archives as sources of an import: whole, in part, with the images and the annotation apart."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from annelid import Project
from annelid.synthetic import write_nuclei


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with ``images.zip``, ``masks.zip`` and, of both, ``all.zip``."""
    folder = tmp_path / "set"
    write_nuclei(folder, images=2, size=64)
    files = sorted(folder.rglob("*.tif"))
    for name in ("images", "masks", "all"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for file in files:
                if name in ("all", file.parent.name):
                    archive.write(file, file.relative_to(folder))
    return tmp_path


@pytest.mark.parametrize(
    ("source", "wish"),
    [
        ("all.zip", {}),
        ("images.zip", {"labels": "masks.zip"}),
        ("masks.zip", {"images": "images.zip"}),
        ("all.zip/images", {"labels": "masks.zip"}),
        ("images.zip", {"labels": "all.zip/masks"}),
    ],
)
def test_images_of_zips_stay_in_the_project(made: Path, source: str, wish: dict[str, str]) -> None:
    with Project.init(made / "project") as project:
        done = project.import_(made / source, **{key: made / name for key, name in wish.items()})
        assert (done.images_new, done.annotated) == (2, 2)
        assert all((project.root / item.image.path).is_file() for item in project.dataset().items)
        assert {item.image.path.split("/")[0] for item in project.dataset().items} == {"images"}


def test_one_image_of_a_zip_is_imported(made: Path) -> None:
    with zipfile.ZipFile(made / "images.zip") as archive:
        name = archive.namelist()[0]
    with Project.init(made / "project") as project:
        assert project.import_(made / "images.zip" / name).images_new == 1
        assert len(list((made / "project" / "images").rglob("*.tif"))) == 1
