from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from annelid.cli.run import run
from annelid.errors import ImageError, UsageError
from annelid.ingest.planes import Planes
from annelid.preprocess import Preprocessing
from annelid.readers import open_image
from annelid.render import Rendering, render_files

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 255, (30, 40, 3)).astype(np.uint8)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "deeper").mkdir(parents=True)
    tifffile.imwrite(folder / "a.tif", COLOUR, photometric="rgb", resolution=(20_000, 20_000), resolutionunit=3)
    deep = RNG.integers(200, 4000, (5, 30, 40)).astype(np.uint16)
    tifffile.imwrite(folder / "deeper" / "b.tif", deep, imagej=True, metadata={"axes": "ZYX"})
    return folder


def pixels(path: Path) -> Any:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_folders_are_kept_and_stacks_say_which_plane_is_shown(source: Path, tmp_path: Path) -> None:
    done = render_files([source], tmp_path / "out", Rendering())
    assert [p.as_posix() for p in done.pictures] == ["a.png", "deeper/b_t0z2.png"]
    np.testing.assert_array_equal(pixels(tmp_path / "out" / "a.png"), COLOUR)
    grey = pixels(tmp_path / "out" / "deeper" / "b_t0z2.png")
    assert (grey.dtype, grey.shape) == (np.uint8, (30, 40))
    assert "middle one" in done.notes[0]


def test_flip_then_turn(source: Path, tmp_path: Path) -> None:
    for flip, turned in (("", COLOUR), ("ud", COLOUR[::-1]), ("lr", COLOUR[:, ::-1])):
        for degrees in (0, 90, 180, 270):
            out = tmp_path / f"{flip}{degrees}"
            render_files([source / "a.tif"], out, Rendering(flip=flip, rotate=degrees))  # type: ignore[arg-type]
            expected = np.asarray(Image.fromarray(turned).rotate(-degrees, expand=True))
            np.testing.assert_array_equal(pixels(out / "a.png"), expected)


@pytest.mark.parametrize(
    ("resize", "size_wh"), [("50%", (20, 15)), ("150%", (60, 45)), ("20", (20, 15)), ("10x7", (10, 7)), ("1%", (1, 1))]
)
def test_resize(source: Path, tmp_path: Path, resize: str, size_wh: tuple[int, int]) -> None:
    render_files([source / "a.tif"], tmp_path / "out", Rendering(resize=resize, format="tif"))
    with open_image(tmp_path / "out" / "a.tif") as image:
        assert image.info.size_wh == size_wh
        assert image.info.pixel_size_um == pytest.approx(0.5 * 40 / size_wh[0], rel=1e-4)


def test_a_palette_limits_the_colours(source: Path, tmp_path: Path) -> None:
    for form in ("png", "tif"):
        render_files([source / "a.tif"], tmp_path / form, Rendering(format=form, palette=5))
        with open_image(tmp_path / form / f"a.{form}") as image:
            assert len(np.unique(image.read().reshape(-1, 3), axis=0)) <= 5


def test_projections_and_equalisation(source: Path, tmp_path: Path) -> None:
    rendering = Rendering(Preprocessing(range="minmax", equalize="histogram"), Planes("max"))
    done = render_files([source / "deeper"], tmp_path / "out", rendering)
    assert [p.name for p in done.pictures] == ["b_t0max.png"]
    values = pixels(tmp_path / "out" / "b_t0max.png")
    assert 110 < values.mean() < 145


def test_equal_names_get_numbers_and_bad_images_are_said(source: Path, tmp_path: Path) -> None:
    Image.fromarray(COLOUR).save(source / "a.jpg")
    (source / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = render_files([source], tmp_path / "out", Rendering(format="jpg"))
    assert sorted(p.name for p in done.pictures) == ["a-1.jpg", "a.jpg", "b_t0z2.jpg"]
    assert [(loss.kind, Path(loss.file).name) for loss in done.losses] == [("image-unreadable", "c.png")]


def test_a_zip_and_a_file_in_a_zip_are_rendered(source: Path, tmp_path: Path) -> None:
    (source / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    packed = tmp_path / "set.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(source.rglob("*.*")):
            archive.write(file, file.relative_to(source))
    done = render_files([packed], tmp_path / "all", Rendering())
    assert [p.as_posix() for p in done.pictures] == ["a.png", "deeper/b_t0z2.png"]
    assert done.losses.losses[0].file == str(packed / "broken.png")
    assert done.losses.losses[0].what.startswith(str(packed / "broken.png"))
    render_files([packed / "a.tif"], tmp_path / "one", Rendering())
    np.testing.assert_array_equal(pixels(tmp_path / "one" / "a.png"), COLOUR)


def test_where_no_image_can_be_read_nothing_stays(source: Path, tmp_path: Path) -> None:
    (source / "note.txt").write_text("nothing to see")
    with pytest.raises(ImageError, match="found a text file"):
        render_files([source / "note.txt"], tmp_path / "out", Rendering())
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_and_wrong_wishes_are_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("")
    with pytest.raises(UsageError, match="not empty"):
        render_files([source], tmp_path / "out", Rendering())
    with pytest.raises(UsageError, match="no images"):
        render_files([tmp_path / "out"], tmp_path / "new", Rendering())
    for bad in ({"resize": "half"}, {"resize": "0%"}, {"rotate": 45}, {"palette": 1}, {"flip": "x"}, {"format": "gif"}):
        with pytest.raises(UsageError, match=next(iter(bad))):
            Rendering(**bad)


def test_a_slide_is_thinned_before_it_is_made_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annelid.render._MOST_PIXELS", 10_000)
    plane = (np.add.outer(np.arange(400), np.arange(600)) // 4).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", plane, tile=(64, 64), compression="zlib")
    render_files([tmp_path / "a.tif"], tmp_path / "out", Rendering(resize="30"))
    small = pixels(tmp_path / "out" / "a.png").astype(int)
    exact = np.asarray(Image.fromarray(plane).resize((30, 20), Image.Resampling.LANCZOS)).astype(int)
    assert np.abs(small - exact).max() <= 3
    with pytest.raises(ImageError, match="600 x 400"):
        render_files([tmp_path / "a.tif"], tmp_path / "whole", Rendering())


def test_the_command_takes_the_tutorials_steps(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["render", str(source), "--out", str(out), "--format", "jpg", "--resize", "50%", "--flip", "ud"]
    assert run([*words, "--rotate", "90", "--palette", "16", "--equalize", "clahe", "--z", "focus", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pictures"] == ["a.jpg", "deeper/b_t0focus.jpg"]
    assert pixels(out / "a.jpg").shape == (20, 15, 3)
    assert run(["render", str(source), "--out", str(tmp_path / "x"), "--z", "top"]) == 2
