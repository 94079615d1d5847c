"""Pixels over HTTP: every kind of image arrives as it is, tile by tile, and what is not there is refused in words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from starlette.testclient import TestClient
from tests.readers.zarr_file import write_image
from tests.server.asking import asking

from annelid.project import Project
from annelid.readers.decoder_process import decoder_process
from annelid.server import open_images

Get = Callable[..., Any]


@pytest.fixture(autouse=True)
def _one_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """To start a process for each test would take most of the time."""
    monkeypatch.setattr(open_images, "DecoderProcess", lambda: decoder_process)
    monkeypatch.setattr(open_images.OpenImages, "close", lambda images: images._open.clear())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    Project.init(tmp_path / "project").close()
    return tmp_path / "project"


def add(root: Path, path: Path, **wish: Any) -> str:
    """Import one image; the id of its first view."""
    with Project(root) as project:
        project.import_(path, **wish)
        return project.store.views()[-1].id


def facts(client: TestClient, view: str, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/api/views/{view}/pixels{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def tile(client: TestClient, view: str, level: int = 0, x: int = 0, y: int = 0, query: str = "") -> NDArray[Any]:
    answer = client.get(f"/api/views/{view}/tiles/{level}/{x}/{y}{query}")
    assert answer.status_code == 200, answer.text
    if "x-annelid-partial" in answer.headers:  # this computer is slow: there is more to come
        return tile(client, view, level, x, y, query)
    shape = [int(side) for side in answer.headers["x-annelid-shape"].split(",")]
    return np.frombuffer(answer.content, np.dtype(answer.headers["x-annelid-dtype"]).newbyteorder("<")).reshape(shape)


def noise(*shape: int, dtype: Any = np.uint16) -> NDArray[Any]:
    return np.random.default_rng(7).integers(0, 120 if np.dtype(dtype).itemsize == 1 else 4000, shape).astype(dtype)


def write(root: Path, name: str, pixels: NDArray[Any], **options: Any) -> str:
    path = root / name
    tifffile.imwrite(path, pixels, **options)
    return add(root, path)


def test_channels_of_16_bits_arrive_as_they_are(root: Path, client: TestClient) -> None:
    pixels = noise(2, 600, 700)
    view = write(root, "a.ome.tif", pixels, metadata={"axes": "CYX", "Channel": {"Name": ["DAPI", "GFP"]}})
    told = facts(client, view)
    assert told["size_wh"] == [700, 600]
    assert (told["dtype"], told["levels"], told["tile"]) == ("uint16", [[700, 600], [350, 300]], 512)
    assert [one["name"] for one in told["channels"]] == ["DAPI", "GFP"]
    assert [one["color"] for one in told["channels"]] == ["#4070ff", "#00e040"]
    assert np.array_equal(tile(client, view, 0, 0, 0), pixels[:, :512, :512])
    assert np.array_equal(tile(client, view, 0, 1, 1), pixels[:, 512:, 512:])
    assert np.array_equal(tile(client, view, 1), pixels[:, ::2, ::2])
    assert np.array_equal(tile(client, view, 0, 1, 0, "?c=1"), pixels[1:, :512, 512:])


def test_figures_of_a_channel_are_those_of_its_pixels(root: Path, client: TestClient) -> None:
    pixels = noise(80, 90)
    (channel,) = facts(client, write(root, "a.tif", pixels))["channels"]
    assert (channel["min"], channel["max"]) == (pixels.min(), pixels.max())
    assert channel["percentiles"] == pytest.approx(np.percentile(pixels, (1, 99.8)))
    assert channel["low"] <= channel["percentiles"][0] < channel["percentiles"][1] <= channel["high"]
    assert len(channel["histogram"]) == 256
    assert sum(channel["histogram"]) == pixels.size


def test_figures_are_counted_once_for_a_file(root: Path, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    view = write(root, "a.tif", np.arange(40 * 30, dtype=np.uint16).reshape(40, 30))
    counted: list[int] = []
    monkeypatch.setattr("annelid.server.pyramid.channel_facts", lambda *_: counted.append(1))
    for seconds in (1, 1, 2):
        os.utime(root / "a.tif", (seconds, seconds))
        facts(client, view)
    assert len(counted) == 2


def test_channels_without_a_signal_are_not_shown_at_first(root: Path, client: TestClient) -> None:
    even = np.random.default_rng(1).normal(30_000, 900, (90, 100))
    cells = np.random.default_rng(2).normal(200, 9, (90, 100))
    cells[20:40, 30:60] += 3000
    view = write(root, "a.tif", np.stack([even, cells]).astype(np.uint16), metadata={"axes": "CYX"}, ome=True)
    assert [channel["shown"] for channel in facts(client, view)["channels"]] == [False, True]


def test_only_some_of_very_many_channels_are_shown_at_first(root: Path, client: TestClient) -> None:
    view = write(root, "a.tif", noise(20, 9, 9), metadata={"axes": "CYX"}, ome=True)
    assert sum(channel["shown"] for channel in facts(client, view)["channels"]) == 6


def test_colour_pictures_are_shown_as_they_are(root: Path, client: TestClient) -> None:
    pixels = noise(40, 50, 3, dtype=np.uint8)
    Image.fromarray(pixels).save(root / "a.png")
    view = add(root, root / "a.png")
    told = facts(client, view)
    assert told["is_rgb"]
    assert [(one["low"], one["high"]) for one in told["channels"]] == [(0, 255)] * 3
    assert [one["color"] for one in told["channels"]] == ["#ff0000", "#00ff00", "#0000ff"]
    assert np.array_equal(tile(client, view), pixels.transpose(2, 0, 1))


def test_any_plane_and_any_projection_can_be_looked_at(root: Path, client: TestClient) -> None:
    pixels = noise(2, 3, 20, 30)
    path = root / "stack.tif"
    tifffile.imwrite(path, pixels, imagej=True, metadata={"axes": "TZYX"})
    view = add(root, path)
    told = facts(client, view)
    assert told["planes"] == [2, 3]
    assert told["plane"] == {"t": 0, "z": 1, "projection": ""}
    assert np.array_equal(tile(client, view)[0], pixels[0, 1])
    assert np.array_equal(tile(client, view, query="?t=1&z=2")[0], pixels[1, 2])
    assert np.array_equal(tile(client, view, query="?t=1&projection=max")[0], pixels[1].max(0))
    image = view.split(":")[0]
    assert np.array_equal(tile(client, f"{image}:t1z0")[0], pixels[1, 0]), "a view that nobody has noted yet"
    assert np.array_equal(tile(client, f"{image}:t1max")[0], pixels[1].max(0))


def test_a_pyramid_in_the_file_is_used(root: Path, client: TestClient) -> None:
    pixels = noise(1, 600, 640)
    view = add(root, write_image(root / "a.zarr", pixels, "cyx", 3, levels=3))
    assert facts(client, view)["pixel_size_um"] == pytest.approx(0.5)
    assert np.array_equal(tile(client, view, 1)[0], pixels[0, ::2, ::2])


def test_numbers_that_are_none_travel_and_count_for_nothing(root: Path, client: TestClient) -> None:
    pixels = noise(30, 40).astype(np.float32) / 7
    pixels[3, 5], pixels[4, 6] = np.nan, np.inf
    view = write(root, "a.tif", pixels)
    (channel,) = facts(client, view)["channels"]
    assert channel["max"] == pytest.approx(pixels[np.isfinite(pixels)].max())
    assert sum(channel["histogram"]) == pixels.size - 2
    assert np.array_equal(tile(client, view)[0], pixels, equal_nan=True)


@pytest.mark.parametrize(("dtype", "sent"), [("int8", "int16"), ("int16", "int16"), ("uint32", "float32")])
def test_types_that_a_page_cannot_show_are_converted_and_that_is_said(
    root: Path, client: TestClient, dtype: str, sent: str
) -> None:
    pixels = noise(30, 40, dtype=np.dtype(dtype)) - np.dtype(dtype).type(dtype.startswith("int"))
    view = write(root, "a.tif", pixels)
    answer = client.get(f"/api/views/{view}/tiles/0/0/0")
    assert answer.headers["x-annelid-dtype"] == sent == facts(client, view)["dtype"]
    assert answer.headers.get("x-annelid-stored-dtype") == (None if dtype == sent else dtype)
    assert np.array_equal(tile(client, view)[0], pixels)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5000), (5000, 2)])
def test_odd_sizes_have_all_their_levels(root: Path, client: TestClient, shape: tuple[int, int]) -> None:
    pixels = noise(*shape)
    view = write(root, "a.tif", pixels)
    for level, (w, h) in enumerate(facts(client, view)["levels"]):
        x, y = (w - 1) // 512, (h - 1) // 512
        want = pixels[:: 2**level, :: 2**level]
        assert np.array_equal(tile(client, view, level, x, y)[0], want[y * 512 :, x * 512 :])


def test_an_even_image_can_be_shown(root: Path, client: TestClient) -> None:
    (channel,) = facts(client, write(root, "a.tif", np.full((9, 9), 7, np.uint16)))["channels"]
    assert channel["high"] > channel["low"]


def test_a_large_image_is_read_in_pieces(root: Path, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annelid.server.pyramid._BAND_PIXELS", 2**18)
    monkeypatch.setattr("annelid.server.levels.BASE_SIDE", 400)
    pixels = noise(3000, 2500)
    view = write(root, "a.tif", pixels, compression="zlib", rowsperstrip=7)
    levels = facts(client, view)["levels"]
    assert len(levels) == 4
    for level, x, y in [(3, 0, 0), (2, 1, 1), (2, 0, 0), (1, 2, 1), (0, 4, 5)]:
        part = pixels[:: 2**level, :: 2**level][y * 512 : (y + 1) * 512, x * 512 : (x + 1) * 512]
        assert np.array_equal(tile(client, view, level, x, y)[0], part), (level, x, y)


def test_very_many_channels_are_not_all_kept_in_memory(
    root: Path, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annelid.server.levels.BASE_BYTES", 2**20)
    pixels = noise(9, 700, 600)
    view = write(root, "a.tif", pixels, metadata={"axes": "CYX"}, ome=True)
    assert len(facts(client, view)["channels"]) == 9
    assert np.array_equal(tile(client, view, 0, 1, 1, "?c=8"), pixels[8:, 512:, 512:])
    assert np.array_equal(tile(client, view, 1), pixels[:, ::2, ::2])


def test_what_took_long_is_kept_for_the_next_server(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annelid.server.pyramid._SLOW_SECONDS", -1.0)
    monkeypatch.setattr("annelid.server.levels.BASE_SIDE", 600)
    pixels = noise(1000, 1000)
    view = write(root, "a.tif", pixels)
    with asking(root) as client:
        assert np.array_equal(tile(client, view, 1)[0], pixels[::2, ::2])
    (kept,) = (root / "cache" / "levels").iterdir()
    np.save(kept, np.load(kept) // 2)
    with asking(root) as client:
        assert np.array_equal(tile(client, view, 1)[0], pixels[::2, ::2] // 2), "it was not read again"
    kept.write_bytes(b"cut off")
    with asking(root) as client:
        assert np.array_equal(tile(client, view, 1)[0], pixels[::2, ::2]), "what is damaged is made again"


def test_what_takes_long_comes_in_parts(root: Path, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annelid.server.pyramid._BAND_PIXELS", 2**19)
    monkeypatch.setattr("annelid.server.levels.BASE_SIDE", 400)
    monkeypatch.setattr("annelid.server.pixels._PATIENCE_SECONDS", -1.0)
    pixels = noise(1600, 1600) + 1
    view = write(root, "a.tif", pixels)
    seen = []
    for _ in range(9):
        answer = client.get(f"/api/views/{view}/tiles/2/0/0?v={facts(client, view)['version']}")
        there = np.frombuffer(answer.content, np.uint16) > 0
        seen.append(there.mean())
        assert ("x-annelid-partial" in answer.headers) == (not there.all())
        assert ("immutable" in answer.headers["cache-control"]) == there.all()
    assert 0 < seen[0] < 0.3
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_tiles_are_kept_by_the_browser_until_the_file_changes(root: Path, client: TestClient) -> None:
    pixels = noise(30, 40)
    view = write(root, "a.tif", pixels)
    told = facts(client, view)
    address = f"/api/views/{view}/tiles/0/0/0?v={told['version']}"
    answer = client.get(address)
    assert "immutable" in answer.headers["cache-control"]
    again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    tifffile.imwrite(root / "a.tif", pixels + 1)
    assert facts(client, view)["version"] != told["version"]
    changed = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert changed.status_code == 200
    assert "immutable" not in changed.headers["cache-control"]
    assert np.array_equal(tile(client, view)[0], pixels + 1)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("tiles/0/1/0", "there is no tile 1, 0 of level 0"),
        ("tiles/5/0/0", "there is no tile 0, 0 of level 5"),
        ("tiles/0/0/0?z=3", "no plane t=0, z=3"),
        ("tiles/0/0/0?t=x", "there is no t 'x'"),
        ("tiles/0/0/0?c=4", "there are no channels 4"),
        ("tiles/0/0/0?projection=rms", "there is no projection rms"),
        ("pixels?z=3", "no plane t=0, z=3"),
    ],
)
def test_what_is_not_there_is_refused_in_words(root: Path, client: TestClient, path: str, words: str) -> None:
    view = write(root, "a.tif", noise(30, 40))
    answer = client.get(f"/api/views/{view}/{path}")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert words in error["message"]
    assert error["next_step"]


def test_an_unknown_view_is_refused(client: TestClient) -> None:
    answer = client.get("/api/views/nothing/pixels")
    assert answer.status_code == 404
    assert "no image nothing" in answer.json()["error"]["message"]


def test_a_damaged_image_says_so(root: Path, client: TestClient) -> None:
    view = write(root, "a.tif", noise(300, 400), compression="zlib", rowsperstrip=8)
    data = bytearray((root / "a.tif").read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    (root / "a.tif").write_bytes(bytes(data))
    answer = client.get(f"/api/views/{view}/tiles/0/0/0")
    assert answer.status_code == 422
    assert "a.tif" in answer.json()["error"]["message"]


def test_an_image_that_is_gone_says_so(root: Path, client: TestClient) -> None:
    view = write(root, "a.tif", noise(30, 40))
    (root / "a.tif").unlink()
    answer = client.get(f"/api/views/{view}/pixels")
    assert answer.status_code == 422
    assert "no such file" in answer.json()["error"]["message"]


@pytest.mark.shared_data
def test_real_images_can_be_shown(root: Path, client: TestClient, shared_data: Path) -> None:
    names = (
        "segmentation/celldetective/**/sample.tif",
        "microscopy/nd2/*.nd2",
        "microscopy/rgb/**/*.tif",
        "microscopy/lif/**/*.lif",
        "microscopy/viv/**/*.tif",
    )
    with Project(root) as project:
        for name in names:
            project.import_(min(shared_data.glob(name)), missing="new")
        views = [view.id for view in project.store.views()]
    for view in views:
        told = facts(client, view)
        last = tile(client, view, len(told["levels"]) - 1)
        assert last.shape == (len(told["channels"]), *told["levels"][-1][::-1])
        assert last.dtype == told["dtype"]
