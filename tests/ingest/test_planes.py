from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from annelid.dataset import Dataset, whole_image
from annelid.errors import UsageError
from annelid.examples import render_view
from annelid.formats import coco_read, coco_write
from annelid.formats.images import FolderImages
from annelid.image import ImageRef
from annelid.ingest.planes import Planes
from annelid.objects import Objects
from annelid.preprocess import Preprocessing
from annelid.project import Project
from annelid.store.changes import ChangeSet

STACK = np.random.default_rng(0).integers(0, 255, (2, 5, 30, 40)).astype(np.uint8)
IMAGE = ImageRef("i", ("a.tif",), (40, 30), planes=(2, 5))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    tifffile.imwrite(tmp_path / "stack.tif", STACK, imagej=True, metadata={"axes": "TZYX"})
    with tifffile.TiffWriter(tmp_path / "scenes.ome.tif", ome=True) as tif:
        tif.write(np.zeros((20, 30), np.uint8))
        tif.write(np.ones((40, 50), np.uint8))
    return Project.init(tmp_path / "project", classes=["cell"])


def planes_of(project: Project) -> list[tuple[int, int, int, str]]:
    return [view.plane for view in project.store.views()]


@pytest.mark.parametrize(
    ("planes", "expected"),
    [
        (Planes(), [(0, 2, "")]),
        (Planes(z=1), [(0, 1, "")]),
        (Planes(z="4", t="1"), [(1, 4, "")]),
        (Planes(z="max", t="all"), [(0, 0, "max"), (1, 0, "max")]),
        (Planes(z="all", t="middle"), [(1, z, "") for z in range(5)]),
        (Planes(z=5), []),
        (Planes(t=2), []),
    ],
)
def test_a_wish_means_these_views(planes: Planes, expected: list[tuple[int, int, str]]) -> None:
    assert [(v.t, v.z, v.projection) for v in planes.views(IMAGE, 0)] == expected


@pytest.mark.parametrize("wish", [{"z": "top"}, {"z": -1}, {"t": "max"}, {"scene": "first"}])
def test_wishes_that_mean_nothing_are_refused(wish: dict[str, str | int]) -> None:
    with pytest.raises(UsageError, match=next(iter(wish))):
        Planes(**wish)


def test_without_a_wish_the_middle_plane_is_taken_and_said(project: Project, tmp_path: Path) -> None:
    with project:
        done = project.import_(tmp_path / "stack.tif")
        assert planes_of(project) == [(0, 2, 0, "")]
        assert len(done.notes) == 2
        assert "middle one" in done.notes[0]


def test_scenes_are_images_of_one_group(project: Project, tmp_path: Path) -> None:
    with project:
        assert project.import_(tmp_path / "scenes.ome.tif").images_new == 2
        views = project.store.views()
        assert [(v.scene, v.image.size_wh) for v in views] == [(0, (30, 20)), (1, (50, 40))]
        assert len({v.image.group for v in views}) == 1
        assert project.import_(tmp_path / "scenes.ome.tif").images_new == 0
        assert [render_view(v, project.root, Preprocessing()).max() for v in views] == [0, 1]


def test_further_planes_of_a_known_image_share_its_group(project: Project, tmp_path: Path) -> None:
    with project:
        project.import_(tmp_path / "stack.tif")
        project.import_(tmp_path / "stack.tif", z="focus")
        assert planes_of(project) == [(0, 2, 0, ""), (0, 0, 0, "focus")]
        assert len({view.image.id for view in project.store.views()}) == 1
        lost = project.import_(tmp_path / "stack.tif", z=9).losses.losses
        assert [loss.kind for loss in lost] == ["plane-missing"]


def test_views_are_recorded_and_replayed(project: Project, tmp_path: Path) -> None:
    with project:
        project.import_(tmp_path / "stack.tif", z="max", t=1)
        (view,) = Project(project.root).store.views()
        picture = render_view(view, project.root, Preprocessing())
        np.testing.assert_array_equal(picture[..., 0], STACK[1].max(0))
        project.dataset().save(tmp_path / "d.npz")
        assert type(project.dataset()).load(tmp_path / "d.npz").items[0].view == view
        shutil.move(tmp_path / "stack.tif", tmp_path / "moved.tif")
        assert project.import_(tmp_path / "moved.tif").images_known == 1
        assert render_view(project.store.views()[0], project.root, Preprocessing()).shape == (30, 40, 3)


def test_annotation_that_names_no_plane_goes_to_the_only_one_and_that_is_said(project: Project, tmp_path: Path) -> None:
    shape = {"label": "cell", "shape_type": "rectangle", "points": [[1, 2], [10, 12]]}
    value = {"version": "5.4.1", "imagePath": "stack.tif", "imageWidth": 40, "imageHeight": 30, "shapes": [shape]}
    (tmp_path / "stack.json").write_text(json.dumps({**value, "imageData": None, "flags": {}}))
    with project:
        done = project.import_(tmp_path / "stack.tif", labels=tmp_path / "stack.json")
        assert done.objects == {"cell": 1}
        assert [(loss.kind, loss.count) for loss in done.losses] == [("plane-assumed", 1)]


def test_coco_carries_scene_and_projection(project: Project, tmp_path: Path) -> None:
    with project:
        project.import_(tmp_path / "stack.tif", z="max", t="all")
        items = tuple(replace(item, state="reviewed") for item in project.dataset().items)
        text, losses = coco_write.dumps(Dataset(("cell",), items), {item.id: "stack.tif" for item in items})
        assert set(losses.by_kind()) == {"plane"}
        read = coco_read.loads(text, FolderImages(tmp_path))
        assert [item.view.plane for item in read.items] == [(0, 0, 0, "max"), (1, 0, 0, "max")]


@pytest.mark.parametrize("name", ["labelme", "voc", "cvat", "geojson", "imagej", "coco"])
def test_what_was_drawn_on_planes_comes_back_to_these_planes(project: Project, tmp_path: Path, name: str) -> None:
    with project:
        project.import_(tmp_path / "stack.tif", z="all")
        for view in project.store.views():
            boxes = Objects.from_boxes([[view.z, 2, 20, 12]], ["cell"])
            project.store.save(view.id, ChangeSet(0, boxes, covered=whole_image((40, 30)), state="reviewed"))
        project.export(tmp_path / "out", name)
    with Project.init(tmp_path / "second", classes=["cell"]) as second:
        done = second.import_(tmp_path / "stack.tif", labels=tmp_path / "out", z="all")
        assert done.objects == {"cell": 5}
        assert not list(done.losses)
        found = {item.view.z: item.objects.boxes_xyxy[0, 0] for item in second.store.items()}
        assert found == {z: z for z in range(5)}


@pytest.mark.parametrize("name", ["labelme", "voc", "cvat", "geojson", "coco"])
def test_what_was_drawn_on_a_larger_scene_is_not_cut_to_the_first(project: Project, tmp_path: Path, name: str) -> None:
    with project:
        project.import_(tmp_path / "scenes.ome.tif")
        for view in project.store.views():
            boxes = Objects.from_boxes([[1, 2, view.image.size_wh[0] - 1, 12]], ["cell"])
            change = ChangeSet(0, boxes, covered=whole_image(view.image.size_wh), state="reviewed")
            project.store.save(view.id, change)
        project.export(tmp_path / "out", name)
    with Project.init(tmp_path / "second", classes=["cell"]) as second:
        assert not list(second.import_(tmp_path / "scenes.ome.tif", labels=tmp_path / "out").losses)
        found = {item.view.scene: item.objects.boxes_xyxy[0, 2] for item in second.store.items()}
        assert found == {0: 29, 1: 49}
