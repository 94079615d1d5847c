"""Images are decoded by another process, and what happens to it is an error here, no more."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from annelid.errors import ImageError, UsageError
from annelid.readers import apart, open_image
from annelid.readers import decoder_process as process_module
from annelid.readers.apart import read_stored
from annelid.readers.decoder_process import DecoderProcess

BAD_DECODERS = """
import functools, os, sys, time
sys.path.append(sys.argv[1])
import numpy as np
from annelid.readers import decoder

def bad(opened, path, *rest):
    if "crash" in path.name:
        os.abort()
    if "hang" in path.name:
        time.sleep(60)
    if "flood" in path.name:
        np.ones(2**45, np.uint8)
    if "print" in path.name:
        os.write(1, b"noise from a decoder\\n")
    return opened(path, *rest)

decoder.open_here = functools.partial(bad, decoder.open_here)
decoder.decode_stored = functools.partial(bad, decoder.decode_stored)
decoder.main()
"""
RAMP = np.arange(30 * 40, dtype=np.uint16).reshape(30, 40)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[DecoderProcess]:
    """A decoding process that fails at images of some names."""
    monkeypatch.setattr(process_module, "START", BAD_DECODERS)
    own = DecoderProcess()
    monkeypatch.setattr(apart, "decoder_process", own)
    yield own
    own.end()


@pytest.fixture
def images(tmp_path: Path, process: DecoderProcess) -> Path:
    """A folder of equal images that such a process decodes."""
    for name in ("good", "other", "crash", "hang", "flood", "print"):
        tifffile.imwrite(tmp_path / f"{name}.tif", RAMP)
    return tmp_path


def pixels_of(path: Path) -> NDArray[np.uint16]:
    with open_image(path) as image:
        return image.read()[..., 0]


@pytest.mark.parametrize(("name", "said"), [("crash", "decoder crashed"), ("flood", "memory")])
def test_a_crash_and_a_flood_are_errors_that_name_the_file_and_the_next_image_is_read(
    images: Path, name: str, said: str
) -> None:
    for _ in range(2):
        with pytest.raises(ImageError, match=said) as caught:
            open_image(images / f"{name}.tif")
        assert f"{name}.tif" in str(caught.value)
        assert caught.value.next_step
        np.testing.assert_array_equal(pixels_of(images / "good.tif"), RAMP)


def test_pictures_of_labels_are_decoded_there_too(images: Path) -> None:
    np.testing.assert_array_equal(read_stored(images / "good.tif").pixels, RAMP)
    with pytest.raises(ImageError, match="decoder crashed"):
        read_stored(images / "crash.tif")
    picture = Image.fromarray(RAMP.astype(np.uint8)).convert("P")
    picture.save(images / "a.png")
    stored = read_stored(images / "a.png")
    np.testing.assert_array_equal(stored.pixels, np.asarray(picture))
    assert list(stored.palette) == picture.getpalette()


def test_a_decoder_that_hangs_is_stopped(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.testing.assert_array_equal(pixels_of(images / "good.tif"), RAMP)
    monkeypatch.setattr(apart, "_SECONDS", 0.3)
    with pytest.raises(ImageError, match="nothing after 0 seconds"):
        open_image(images / "hang.tif")


def test_an_open_image_goes_on_after_the_crash_of_another(images: Path) -> None:
    with open_image(images / "good.tif") as image:
        with pytest.raises(ImageError, match="crashed"):
            open_image(images / "crash.tif")
        np.testing.assert_array_equal(image.read((5, 6, 9, 8))[..., 0], RAMP[6:8, 5:9])


def test_what_a_decoder_prints_is_no_answer(images: Path, capfd: pytest.CaptureFixture[str]) -> None:
    np.testing.assert_array_equal(pixels_of(images / "print.tif"), RAMP)
    assert capfd.readouterr() == ("", "")


def test_a_file_that_changes_while_it_is_open_is_an_error(images: Path) -> None:
    with open_image(images / "good.tif") as image:
        with pytest.raises(ImageError, match="crashed"):  # so that it has to be opened again
            open_image(images / "crash.tif")
        tifffile.imwrite(images / "good.tif", RAMP.astype(np.uint8))
        with pytest.raises(ImageError, match="has changed"):
            image.read()
    np.testing.assert_array_equal(pixels_of(images / "other.tif"), RAMP)


def test_errors_name_the_file_as_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0" + bytes(40))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImageError) as caught:
        open_image(Path("a.tif"))
    assert caught.value.file == "a.tif"
    tifffile.imwrite("b.tif", RAMP)
    with pytest.raises(UsageError, match=r"^b\.tif has no scene 3"):
        open_image(Path("b.tif"), 3)


def test_threads_take_turns(images: Path) -> None:
    found: list[bool] = []

    def read(name: str) -> None:
        with open_image(images / name) as image:
            found.extend(bool((image.read((0, y, 40, 30))[..., 0] == RAMP[y:]).all()) for y in range(30))

    threads = [threading.Thread(target=read, args=(f"{name}.tif",)) for name in ("good", "other") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 180


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_has_a_decoder_of_its_own(images: Path) -> None:
    with open_image(images / "good.tif") as image:
        child = os.fork()
        if not child:
            os._exit(0 if (image.read((0, 0, 40, 30))[..., 0] == RAMP).all() else 1)
        np.testing.assert_array_equal(image.read()[..., 0], RAMP)
        assert os.waitpid(child, 0)[1] == 0


SCRIPT = """
import sys, psutil
from pathlib import Path
from annelid.readers import open_image
assert not psutil.Process().children()
image = open_image(Path(sys.argv[1]))  # at the top level, and left open
print(image.read().sum(), psutil.Process().children()[0].pid)
"""


def test_the_process_starts_with_the_first_image_of_any_script_and_ends_with_it(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", RAMP)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "a.tif")], capture_output=True, text=True, check=True
    )
    total, child = map(int, done.stdout.split())
    assert total == RAMP.sum()
    assert not psutil.pid_exists(child)
    assert not done.stderr


def test_headers_of_pictures_need_no_process(tmp_path: Path, process: DecoderProcess) -> None:
    Image.fromarray(RAMP.astype(np.uint8)).save(tmp_path / "a.png")
    with open_image(tmp_path / "a.png") as image:
        assert image.info.size_wh == (40, 30)
        assert not process.is_running
        np.testing.assert_array_equal(image.read()[..., 0], RAMP.astype(np.uint8))
        assert process.is_running
