"""Cellpose's files: a pickle that is not trusted, masks and outlines."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from annelid import formats
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError
from annelid.formats import cellpose
from annelid.formats.array_pickle import load_arrays
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

MASKS = np.zeros((20, 30), np.uint16)
MASKS[2:6, 3:9], MASKS[10:14, 3:9], MASKS[2:4, 20:22], MASKS[8:10, 20:22] = 1, 3, 2, 2
KEYS = {
    "outlines": MASKS, "masks": MASKS, "chan_choose": [2, 1], "ismanual": np.array([False, True, False]),
    "filename": "C:\\data\\a.png", "flows": [np.zeros((1, 20, 30, 3), np.uint8), [], [[]]], "diameter": np.float32(9.5),
    "colors": np.arange(9, dtype=np.uint8).reshape(3, 3), "model_path": PurePosixPath("/m/cyto"), "restore": None,
    "normalize_params": {"lowhigh": None, "percentile": [1.0, 99.0]}, "manual_changes": [["new", np.int64(3)]],
    "img": np.zeros((200, 300)),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    return tmp_path


def seg(folder: Path, name: str = "a", **keys: Any) -> Path:
    """A file as Cellpose writes it."""
    data: Any = {**KEYS, **keys}
    np.save(folder / f"{name}_seg.npy", data, allow_pickle=True)
    return folder / f"{name}_seg.npy"


def read(path: Path, classes: tuple[str, ...] = ()) -> Annotations:
    folder = path if path.is_dir() else path.parent
    return cellpose.read(path, FolderImages(folder), classes)


def as_cellpose(file: Path) -> dict[str, Any]:
    """How Cellpose itself reads it."""
    value: dict[str, Any] = np.load(file, allow_pickle=True).item()
    return value


def dataset(objects: Objects, size_wh: tuple[int, int] = (30, 20)) -> Dataset:
    item = LabeledImage(View(ImageRef("1", ("a.png",), size_wh)), objects, whole_image(size_wh), state="reviewed")
    return Dataset(tuple(dict.fromkeys(map(str, objects.labels))), (item,))


def kinds(found: Annotations) -> set[str]:
    return set(found.losses.by_kind())


def test_masks_become_objects_that_know_their_number(folder: Path) -> None:
    found = read(seg(folder))
    item = found.items[0]
    assert item.image.path == (folder / "a.png").as_posix()
    assert (item.state, item.is_complete) == ("reviewed", True)
    assert item.objects.kinds.tolist() == [Kind.MASK] * 3
    assert [e["label_value"] for e in item.objects.extra] == [1, 2, 3]
    assert [len(shape) for shape in item.objects.shapes] == [1, 2, 1]
    assert (item.objects.label_image((30, 20)) == MASKS).all()
    assert set(item.objects.labels) == {"object"}
    assert kinds(found) == {"arrays"}
    assert "img" in found.losses.losses[0].what
    assert "flows" in found.losses.losses[0].what


def test_other_keys_come_back_equal(folder: Path) -> None:
    objects = read(seg(folder)).items[0].objects
    assert [e.get("cellpose") for e in objects.extra] == [
        {"color": [0, 1, 2]}, {"ismanual": True, "color": [3, 4, 5]}, {"color": [6, 7, 8]},
    ]  # fmt: skip
    cellpose.write(dataset(objects), folder, {"1": "a.png"})
    back = as_cellpose(folder / "a_seg.npy")
    assert (back["masks"] == MASKS).all()
    assert back["masks"].dtype == np.uint16
    assert (back["ismanual"] == KEYS["ismanual"]).all()
    assert (back["colors"] == KEYS["colors"]).all()
    names = ("chan_choose", "filename", "diameter", "normalize_params", "manual_changes", "restore")
    assert {key: back[key] for key in names} == {key: KEYS[key] for key in names}
    assert back["model_path"] == "/m/cyto"
    again = read(folder / "a_seg.npy").items[0].objects
    assert again == objects


def test_what_is_written_is_as_cellpose_has_it(folder: Path) -> None:
    objects = Objects.from_label_image(MASKS, "cell")
    losses = cellpose.write(dataset(objects), folder, {"1": "a.png"})
    assert not list(losses)
    back = as_cellpose(folder / "a_seg.npy")
    assert np.isnan(back["diameter"])
    assert back["outlines"].dtype == np.uint16
    assert back["outlines"][2:6, 3:9].tolist() == [[1] * 6, [1, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 1], [1] * 6]
    assert (back["filename"], len(back["ismanual"])) == ("a.png", 3)
    assert (tifffile.imread(folder / "a_cp_masks.tif") == MASKS).all()
    assert formats.sniff(folder).NAME == "cellpose"


def test_numbers_beyond_two_bytes_are_given_anew(folder: Path) -> None:
    objects = Objects.from_label_image(MASKS, "cell")
    objects = objects.replace(extra=[{"label_value": 4_000_000_000}, {"label_value": 2}, {"label_value": 70_000}])
    cellpose.write(dataset(objects), folder, {"1": "a.png"})
    assert np.unique(as_cellpose(folder / "a_seg.npy")["masks"]).tolist() == [0, 1, 2, 3]


def test_classes_scores_and_ids_come_back_and_are_said_to_be_hidden(folder: Path) -> None:
    objects = Objects.from_label_image(MASKS, "cell", scores=[0.5, np.nan, 0.25], parents=["", "x", ""])
    objects = objects.replace(labels=["cell", "debris", "cell"], extra=[{"label_value": n, "b": n} for n in (1, 2, 3)])
    losses = cellpose.write(dataset(objects), folder, {"1": "a.png"})
    assert [(loss.kind, loss.count) for loss in losses] == [("classes", 3)]
    found = read(folder)
    assert found.items[0].objects == objects
    assert found.classes == ("cell", "debris")
    assert read(folder, ("debris",)).items[0].objects.labels.tolist() == ["debris"]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda m: m[None], "arrays"), (lambda m: m.astype(np.int32) - 1, "arrays"),
        (lambda m: m.astype(np.uint32), "arrays"), (lambda m: np.asfortranarray(m), "arrays"),
        (lambda m: m.astype(">i4"), "arrays"), (lambda m: m[:, :20], "size-mismatch"),
    ],
)  # fmt: skip
def test_masks_of_any_layout_are_read(folder: Path, change: Callable[[Any], Any], kind: str) -> None:
    file = seg(folder, masks=change(MASKS))
    if kind == "size-mismatch":
        with pytest.raises(AnnotationError, match="pair was left out"):
            read(file)
    else:
        found = read(file)
        assert (found.items[0].objects.label_image((30, 20)) == MASKS).all()
        assert kinds(found) == {kind}


@pytest.mark.parametrize("masks", [np.zeros((3, 20, 30), int), np.zeros((20, 30)), [1, 2], None, np.zeros((0, 0), int)])
def test_masks_that_are_none_are_refused(folder: Path, masks: Any) -> None:
    with pytest.raises(AnnotationError, match=r"a_seg\.npy: masks: expected"):
        read(seg(folder, masks=masks))


class _Call:
    """Pickled, it calls a function when it is read by numpy."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("where", ["masks", "img", "deep"])
def test_no_code_in_a_pickle_ever_runs(folder: Path, where: str, protocol: int) -> None:
    marker = folder / "it-ran"
    evil = _Call(os.mkdir, str(marker))
    keys: dict[str, Any] = {"flows": [[{"x": evil}]]} if where == "deep" else {where: evil}
    array = np.empty((), object)
    array[()] = {**KEYS, **keys}
    with (folder / "a_seg.npy").open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": ()})
        pickle.dump(array, stream, protocol=protocol)
    with pytest.raises(AnnotationError, match=r"call of .*mkdir"):
        read(folder / "a_seg.npy")
    assert cellpose.sniff(folder)
    with pytest.raises(AnnotationError, match=r"call of .*mkdir"):
        read(folder)
    assert not marker.exists()


@pytest.mark.parametrize(
    "program",
    [
        b"cbuiltins\neval\n(V1\ntR.", b"c__builtin__\nexec\n(Vx=1\ntR.", b"cnumpy\nload\n(Vx\ntR.",
        b"cnumpy.core.multiarray\n_reconstruct\n}(V_function\nI1\nub.",  # changing what stands for a function
        b"cannelid.formats.array_pickle\n_Array\n)R.", b"(i__main__\nX\n.", b"(cos\nsystem\nVls\no.",
        b"cnumpy\ndtype\n(VV8\ntR.", b"cnumpy\ndtype\n(VO\ntR(tb.", b"\x80\x04\x82\x01.", b"Pabc\n.",
        b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(Vf8\ntRVab\ntR.", b"r\xff\xff\xff\x7f.", b"]" * 5000 + b".",
    ],
)  # fmt: skip
def test_odd_programs_are_refused_and_change_nothing(folder: Path, program: bytes) -> None:
    file = folder / "a_seg.npy"
    with file.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": ()})
        stream.write(program)
    with pytest.raises(AnnotationError, match=r"a_seg\.npy"):
        read(file)
    assert load_arrays(seg(folder))["masks"].tolist() == MASKS.tolist()


def test_lists_in_lists_that_grow_without_end_are_refused(folder: Path) -> None:
    grown: list[Any] = [1] * 10
    for _ in range(20):
        grown = [grown] * 10
    with pytest.raises(AnnotationError, match="too many"):
        read(seg(folder, flows=grown))


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"version https://git-lfs.github.com/spec/v1\n"])
def test_a_broken_file_is_an_error_alone_and_a_loss_among_others(folder: Path, content: bytes) -> None:
    Image.new("L", (30, 20)).save(folder / "b.png")
    (folder / "b_seg.npy").write_bytes(content)
    with pytest.raises(AnnotationError, match=r"b_seg\.npy"):
        read(folder / "b_seg.npy")
    seg(folder)
    found = read(folder)
    assert kinds(found) == {"file-unreadable", "arrays"}
    assert len(found.items) == 1


def test_the_image_is_found_by_the_name_that_the_file_says_too(folder: Path) -> None:
    assert read(seg(folder, "other")).items[0].image.name == "a.png"
    found = read(seg(folder, "other", filename="gone.png"))
    assert (found.items[0].image.path, found.items[0].size_wh) == ("other", (30, 20))
    assert kinds(found) == {"arrays", "image-missing"}


def test_masks_are_read_where_there_is_nothing_better_and_other_masks_are_said(folder: Path) -> None:
    for name in ("a", "b", "c"):
        Image.new("L", (30, 20)).save(folder / f"{name}.png")
        tifffile.imwrite(folder / f"{name}_cp_masks.tif", MASKS)
    tifffile.imwrite(folder / "a_flows_cp_masks.tif", MASKS)
    tifffile.imwrite(folder / "c_masks.tif", MASKS)
    seg(folder, "a", masks=(MASKS > 0).astype(np.uint16))
    (folder / "b_seg.npy").write_bytes(b"")
    found = read(folder)
    assert {item.image.name: len(item.objects) for item in found.items} == {"a.png": 1, "b.png": 3, "c.png": 3}
    assert kinds(found) == {"arrays", "file-unreadable", "masks-not-read"}
    assert formats.sniff(folder).NAME == "cellpose"


def test_masks_alone_are_label_images(folder: Path) -> None:
    tifffile.imwrite(folder / "a_cp_masks.tif", MASKS)
    assert formats.sniff(folder).NAME == "labelmask"


def test_outlines_give_the_pixels_that_they_enclose(folder: Path) -> None:
    ring = [(x, 4) for x in range(5, 10)] + [(9, 5), (9, 6)] + [(x, 7) for x in range(9, 4, -1)] + [(5, 6), (5, 5)]
    text = ",".join(f"{x},{y}" for x, y in ring)
    (folder / "a_cp_outlines.txt").write_text(f"{text}\n1.5,1,9.5,1,5,9.25\n\n1,2,x\n500,500,510,500,510,510\n")
    assert formats.sniff(folder).NAME == "cellpose"
    found = read(folder / "a_cp_outlines.txt", ("cell",))
    objects = found.items[0].objects
    assert objects.kinds.tolist() == [Kind.MASK, Kind.POLYGON]
    assert objects.boxes_xyxy[0].tolist() == [5, 4, 10, 8]
    assert objects.areas[0] == 20
    assert objects.shape(1)[0][0].tolist() == [[1.5, 1], [9.5, 1], [5, 9.25]]
    assert [(loss.kind, loss.place) for loss in found.losses] == [
        ("outline-invalid", "line 3"), ("outline-invalid", "line 4"), ("outside-image", "line 5"),
    ]  # fmt: skip


def test_outlines_as_opencv_draws_them_come_back_to_the_mask(folder: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    rng = np.random.default_rng(0)
    noise = rng.random((20, 30))
    mask = np.asarray(cv2.morphologyEx((cv2.GaussianBlur(noise, (5, 5), 2) > 0.5).astype(np.uint8), 3, np.ones((3, 3))))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rings = [np.squeeze(c) for c in contours if len(c) > 4]
    (folder / "a_cp_outlines.txt").write_text("\n".join(",".join(map(str, ring.ravel())) for ring in rings))
    drawn = read(folder / "a_cp_outlines.txt").items[0].objects.label_image((30, 20)) > 0
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, rings, -1, 1, cv2.FILLED)
    assert (drawn == (filled > 0)).all()


@pytest.mark.shared_data
def test_real_masks_are_read_and_written_and_read_again_equal(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "segmentation/omnipose"
    found = cellpose.read(source, FolderImages(source))
    assert {item.image.name: len(item.objects) for item in found.items} == {"caulo_15.tif": 21, "e1t1_crop.tif": 63}
    items = tuple(replace(item, view=View(replace(item.image, id=item.image.name))) for item in found.items)
    assert not list(cellpose.write(Dataset(found.classes, items), tmp_path, {item.id: item.id for item in items}))
    back = cellpose.read(tmp_path, FolderImages(source))
    assert [item.objects for item in back.items] == [item.objects for item in items]
    for item in items:
        mask = tifffile.imread(source / "masks" / f"{item.image.stem}_cp_masks.tif")
        assert (as_cellpose(tmp_path / f"{item.image.stem}_seg.npy")["masks"] == mask).all()
