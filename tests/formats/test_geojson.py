"""GeoJSON as QuPath writes it."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from PIL import Image
from tests.strategies import datasets

from annelid import formats, geometry
from annelid.dataset import Dataset, LabeledImage, whole_image
from annelid.errors import AnnotationError
from annelid.formats import geojson
from annelid.formats.base import Annotations
from annelid.formats.images import FolderImages
from annelid.image import ImageRef, View
from annelid.objects import Kind, Objects

ID = "3e4b6f50-8ea3-4bc5-bdb2-3d661eaea557"
SQUARE = [[10, 10], [30, 10], [30, 30], [10, 30], [10, 10]]
HOLE = [[15, 15], [15, 20], [20, 20], [15, 15]]
FAR = [[50, 10], [60, 10], [60, 20], [50, 10]]


def polygon(*rings: Any, **keys: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": rings or [SQUARE], **keys}


def feature(geometry_: Any = None, *, keys: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    properties = {"objectType": "annotation", "classification": {"name": "Tumor", "color": [1, 2, 3]}} | properties
    return {"type": "Feature", "id": ID, "geometry": geometry_ or polygon(), "properties": properties, **(keys or {})}


def collection(*features: Any, **keys: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features, **keys}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("L", (100, 50)).save(tmp_path / "a.png")
    return tmp_path


def read(folder: Path, value: object, name: str = "a.geojson", classes: tuple[str, ...] = ()) -> Annotations:
    (folder / name).write_text(json.dumps(value), encoding="utf-8")
    return geojson.read(folder / name, FolderImages(folder), classes)


def objects_of(found: Annotations) -> Objects:
    return found.items[0].objects


def kinds(found: Annotations) -> list[tuple[str, str]]:
    return [(loss.kind, loss.place) for loss in found.losses]


def written(objects: Objects, out: Path, view: View | None = None) -> tuple[dict[str, Any], set[str]]:
    view = view or View(ImageRef("1", ("a.png",), (100, 50)))
    item = LabeledImage(view, objects, whole_image((100, 50)), state="reviewed")
    classes = tuple(dict.fromkeys(map(str, objects.labels)))
    losses = geojson.write(Dataset(classes, (item,)), out, {view.id: "a.png"})
    value: dict[str, Any] = json.loads((out / "a.geojson").read_text(encoding="utf-8"))
    return value, set(losses.by_kind())


def again(objects: Objects, folder: Path) -> Objects:
    written(objects, folder)
    return objects_of(geojson.read(folder / "a.geojson", FolderImages(folder)))


@pytest.mark.parametrize("wrap", [collection, lambda f: [f], lambda f: f])
def test_a_collection_an_array_and_one_feature_are_read(folder: Path, wrap: Any) -> None:
    found = read(folder, wrap(feature()))
    objects = objects_of(found)
    assert (objects.ids.tolist(), objects.labels.tolist()) == ([ID], ["Tumor"])
    assert objects.shape(0)[0][0].tolist() == SQUARE[:-1]
    assert (found.items[0].is_complete, found.items[0].state) == (True, "reviewed")
    assert not list(found.losses)
    assert geojson.sniff(folder / "a.geojson")
    assert formats.sniff(folder).NAME == "geojson"


def test_a_packed_file_is_read(folder: Path) -> None:
    file = folder / "a.geojson.gz"
    file.write_bytes(gzip.compress(json.dumps(collection(feature())).encode()))
    assert geojson.sniff(file)
    assert len(objects_of(geojson.read(file, FolderImages(folder)))) == 1


def test_a_packed_file_that_grows_without_end_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annelid.formats.geojson_file.FREE_BYTES", 1000)
    (folder / "a.geojson.gz").write_bytes(gzip.compress(b" " * 10**7))
    with pytest.raises(AnnotationError, match="unpack to over"):
        geojson.read(folder / "a.geojson.gz", FolderImages(folder))


def test_a_bare_geometry_is_read(folder: Path) -> None:
    assert objects_of(read(folder, polygon())).labels.tolist() == ["object"]


def test_holes_and_parts_are_kept(folder: Path) -> None:
    parts = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [FAR]]}
    objects = objects_of(read(folder, collection(feature(parts))))
    assert [len(part) for part in objects.shape(0)] == [2, 1]
    assert objects.areas.tolist() == [400 - 12.5 + 50]


def test_a_geometry_collection_gives_its_areas(folder: Path) -> None:
    line = {"type": "LineString", "coordinates": [[1, 1], [2, 2]]}
    mixed = {"type": "GeometryCollection", "geometries": [polygon(), line, polygon(FAR)]}
    found = read(folder, collection(feature(mixed)))
    assert len(objects_of(found).shape(0)) == 2
    assert kinds(found) == [("line", "features[0].geometry.geometries[1].type")]


def test_an_ellipse_is_the_one_in_the_bounding_box(folder: Path) -> None:
    ring = [[10, 20], [30, 10], [50, 20], [30, 30], [10, 20]]
    objects = objects_of(read(folder, collection(feature(polygon(ring, isEllipse=True)))))
    assert objects.kinds.tolist() == [Kind.ELLIPSE]
    assert objects.params[0].tolist() == [30, 20, 20, 10, 0]
    back, losses = written(objects, folder)
    drawn = shapely.from_geojson(json.dumps(back["features"][0]["geometry"]))
    assert drawn.bounds == (10, 10, 50, 30)
    assert not losses
    assert again(objects, folder) == objects


def test_points_of_one_feature_become_objects_and_one_feature_again(folder: Path) -> None:
    geometry_ = {"type": "MultiPoint", "coordinates": [[1, 2], [3.5, 4]]}
    objects = objects_of(read(folder, collection(feature(geometry_))))
    assert objects.kinds.tolist() == [Kind.POINT] * 2
    assert objects.coords.tolist() == [[1, 2], [3.5, 4]]
    assert objects.ids[0] == ID
    back, _ = written(objects, folder)
    assert [f["geometry"] for f in back["features"]] == [geometry_]
    assert back["features"][0]["id"] == ID
    assert again(objects, folder) == objects
    half = written(objects[[1]], folder)[0]["features"]
    assert [f["geometry"]["coordinates"] for f in half] == [[[3.5, 4]]]


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ({"name": "Tumor", "color": [1, 2, 3]}, "Tumor"),
        ({"names": ["Tumor", "Positive"], "color": [1, 2, 3]}, "Tumor: Positive"),
        ("Tumor", "Tumor"),
        ({"parentClass": {"name": "Tumor", "colorRGB": -1}, "name": "Positive", "colorRGB": -2}, "Tumor: Positive"),
        ({}, "object"),
        (None, "object"),
    ],
)
def test_a_classification_of_any_age_is_a_class_and_comes_back_equal(folder: Path, said: Any, label: str) -> None:
    objects = objects_of(read(folder, collection(feature(classification=said))))
    assert objects.labels.tolist() == [label]
    back = written(objects, folder)[0]["features"][0]["properties"]
    assert back.get("classification") == (said or None)
    assert again(objects, folder) == objects


def test_a_new_class_is_written_with_a_colour_and_the_old_one_forgotten(folder: Path) -> None:
    objects = objects_of(read(folder, collection(feature()))).replace(labels="Stroma: Dense")
    said = written(objects, folder)[0]["features"][0]["properties"]["classification"]
    assert said["names"] == ["Stroma", "Dense"]
    assert len(said["color"]) == 3


def test_what_has_no_class_gets_the_only_one_that_is_given(folder: Path) -> None:
    found = read(folder, collection(feature(classification=None)), classes=("cell",))
    assert objects_of(found).labels.tolist() == ["cell"]
    assert "classification" not in written(objects_of(found), folder)[0]["features"][0]["properties"]


def test_ignored_areas_are_qupaths_own_class(folder: Path) -> None:
    found = read(folder, collection(feature(classification={"name": "Ignore*", "color": [0, 0, 0]}), feature()))
    assert objects_of(found).ignore.tolist() == [True, False]
    assert found.classes == ("Tumor",)
    given = geojson.read(folder / "a.geojson", FolderImages(folder), ("Tumor",))
    assert objects_of(given).ignore.tolist() == [True, False]
    objects = objects_of(read(folder, collection(feature()))).replace(ignore=True)
    assert written(objects, folder)[0]["features"][0]["properties"]["classification"]["name"] == "Ignore*"
    assert again(objects, folder) == objects


def test_the_nucleus_of_a_cell_is_its_child_and_becomes_its_nucleus_again(folder: Path) -> None:
    cell = feature(objectType="cell", keys={"nucleusGeometry": polygon(HOLE, plane={"c": -1, "z": 0, "t": 0})})
    objects = objects_of(read(folder, collection(cell, feature())))
    assert objects.labels.tolist() == ["Tumor", "nucleus", "Tumor"]
    assert objects.parents.tolist()[:2] == ["", ID]
    back = written(objects, folder)[0]["features"]
    assert len(back) == 2
    assert back[0]["nucleusGeometry"]["plane"] == {"c": -1, "z": 0, "t": 0}
    assert shapely.from_geojson(json.dumps(back[0]["nucleusGeometry"])).area == 12.5
    assert again(objects, folder) == objects
    renamed = objects.replace(labels=["Tumor", "core", "Tumor"])
    assert again(renamed, folder) == renamed


def test_features_in_a_feature_have_it_as_parent(folder: Path) -> None:
    inner = {**feature(polygon(HOLE)), "id": "2" + ID[1:]}
    objects = objects_of(read(folder, collection(feature(childObjects=[inner]))))
    assert objects.parents.tolist() == ["", ID]
    back = written(objects, folder)[0]["features"]
    assert back[0]["properties"]["childObjects"][0]["id"] == "2" + ID[1:]
    assert again(objects, folder) == objects


def test_foreign_keys_come_back_equal(folder: Path) -> None:
    properties: dict[str, Any] = {
        "objectType": "detection", "name": "n 1", "color": [9, 8, 7], "isLocked": True, "metadata": {"a": "b"},
        "measurements": {"Area µm^2": 1.5, "Mean": float("nan")}, "custom": [1, {"x": None}],
    }  # fmt: skip
    keys = {"bbox": [1, 2, 3, 4]}
    plane = {"c": 2, "z": 0, "t": 0}
    found = read(folder, collection(feature(polygon(plane=plane, crs="x"), keys=keys, **properties), crs={"n": 1}))
    back = written(objects_of(found), folder)[0]
    one = back["features"][0]
    properties["measurements"]["Mean"] = "NaN"
    assert {k: one["properties"][k] for k in properties} == properties
    assert (one["bbox"], one["geometry"]["plane"], one["geometry"]["crs"]) == ([1, 2, 3, 4], plane, "x")
    assert back["crs"] == {"n": 1}
    assert "annelid" not in one["properties"]
    assert again(objects_of(found), folder) == objects_of(found)


@pytest.mark.parametrize(
    "said", [{"Area": 2.0, "Detection probability": 0.75}, [{"name": "Detection probability", "value": 0.75}]]
)
def test_the_probability_is_the_score(folder: Path, said: Any) -> None:
    objects = objects_of(read(folder, collection(feature(measurements=said))))
    assert objects.scores.tolist() == [0.75]
    back = written(objects, folder)[0]["features"][0]["properties"]["measurements"]
    assert back["Detection probability"] == 0.75
    assert again(objects, folder) == objects


def test_objects_of_another_plane_are_said(folder: Path) -> None:
    found = read(folder, collection(feature(polygon(plane={"c": -1, "z": 3, "t": 0})), feature()))
    assert [(loss.kind, loss.count, "z 3" in loss.what) for loss in found.losses] == [("plane", 1, True)]
    view = View(ImageRef("1", ("a.png",), (100, 50), planes=(1, 5)), z=2)
    back, _ = written(objects_of(read(folder, collection(feature()))), folder, view)
    assert back["features"][0]["geometry"]["plane"] == {"c": -1, "z": 2, "t": 0}


@pytest.mark.parametrize(
    ("bad", "kind", "place"),
    [
        (feature(polygon([[1, 1], [2, 2]])), "outline-invalid", "features[1].geometry.coordinates[0]"),
        (feature(polygon([[1, 1], [2, 1e999], [3, 3]])), "outline-invalid", "features[1].geometry.coordinates[0]"),
        (feature(polygon([["a", 1], [2, 2], [3, 3]])), "outline-invalid", "features[1].geometry.coordinates[0]"),
        (feature(polygon([[1, 1], [2, 10**400], [3, 3]])), "outline-invalid", "features[1].geometry.coordinates[0]"),
        (feature(polygon([[1e8, 1], [2, 2], [3, 9]])), "outline-invalid", "features[1].geometry"),
        (feature({"type": "Polygon"}), "outline-invalid", "features[1].geometry.coordinates"),
        (feature({"type": "LineString", "coordinates": [[1, 1], [2, 2]]}), "line", "features[1].geometry.type"),
        (feature({"type": "Circle"}), "geometry-type", "features[1].geometry.type"),
        ({"type": "Feature"}, "geometry-missing", "features[1].geometry"),
        (feature(polygon([[200, 1], [300, 1], [300, 9]])), "outside-image", "features[1].geometry"),
        ("text", "feature-invalid", "features[1]"),
    ],
)
def test_a_bad_feature_is_a_loss_with_its_place_and_the_others_stay(
    folder: Path, bad: object, kind: str, place: str
) -> None:
    found = read(folder, collection(feature(), bad))
    assert len(objects_of(found)) == 1
    assert kinds(found) == [(kind, place)]


def test_a_bad_hole_or_part_is_a_loss_and_the_rest_stays(folder: Path) -> None:
    parts = {"type": "MultiPolygon", "coordinates": [[SQUARE, [[1, 1]]], [[[1, 1]]], [FAR]]}
    found = read(folder, collection(feature(parts)))
    assert [len(part) for part in objects_of(found).shape(0)] == [1, 1]
    assert [kind for kind, _ in kinds(found)] == ["hole-invalid", "outline-invalid"]


def test_a_hole_that_sticks_out_of_the_image_is_cut_too(folder: Path) -> None:
    outer, hole = [[0, 10], [30, 10], [30, 30], [0, 30]], [[-5, 15], [10, 15], [10, 20], [-5, 20]]
    found = read(folder, collection(feature(polygon(outer, hole))))
    assert kinds(found) == [("hole-outside", "features[0].geometry.coordinates[1]")]
    assert objects_of(found).areas.tolist() == [550]
    assert (objects_of(found).coords >= 0).all()


def test_a_file_of_nothing_but_lines_is_refused_with_the_place(folder: Path) -> None:
    with pytest.raises(AnnotationError, match=r"features\[0\]\.geometry\.type: .*LineString"):
        read(folder, collection(feature({"type": "LineString", "coordinates": [[1, 1], [2, 2]]})))


@pytest.mark.parametrize("text", ["3", "{}", '{"type": "FeatureCollection"', "[" * 500 + "]" * 500, '{"features": 1}'])
def test_what_is_not_geojson_is_refused(folder: Path, text: str) -> None:
    (folder / "a.geojson").write_text(text, encoding="utf-8")
    for path in (folder / "a.geojson", folder):
        with pytest.raises(AnnotationError, match=r"a\.geojson"):
            geojson.read(path, FolderImages(folder))


@pytest.mark.parametrize("name", ["a.geojson", "a.png.geojson", "other.geojson", "a.json"])
def test_the_image_is_the_one_of_the_files_name_or_the_only_one(folder: Path, name: str) -> None:
    found = read(folder, collection(feature()), name)
    assert found.items[0].image.path == (folder / "a.png").as_posix()
    assert [kind for kind, _ in kinds(found)] == (["image-assumed"] if name == "other.geojson" else [])


def test_among_several_images_none_is_guessed(folder: Path) -> None:
    Image.new("L", (10, 10)).save(folder / "b.png")
    with pytest.raises(AnnotationError, match=r"other\.geojson"):
        read(folder, collection(feature()), "other.geojson")


def test_images_that_differ_only_in_their_ending_have_files_of_their_own(tmp_path: Path) -> None:
    objects = Objects.from_boxes([[1, 1, 5, 5]], ["x"])
    items = []
    for n, name in enumerate(("a.png", "a.tif", "b.png")):
        Image.new("L", (20, 20)).save(tmp_path / name)
        view = View(ImageRef(str(n), (name,), (20, 20)))
        items.append(LabeledImage(view, objects.moved((n, 0)), whole_image((20, 20)), state="reviewed"))
    geojson.write(Dataset(("x",), tuple(items)), tmp_path, {item.id: item.image.name for item in items})
    assert {p.name for p in tmp_path.glob("*.geojson")} == {"a.png.geojson", "a.tif.geojson", "b.geojson"}
    found = geojson.read(tmp_path, FolderImages(tmp_path))
    assert [item.objects.boxes_xyxy[0, 0] for item in sorted(found.items, key=lambda i: i.image.path)] == [1, 2, 3]


def test_without_its_image_a_file_of_annelids_own_knows_the_size(folder: Path, tmp_path: Path) -> None:
    written(objects_of(read(folder, collection(feature()))), folder)
    (folder / "a.png").unlink()
    found = geojson.read(folder / "a.geojson", FolderImages(folder))
    assert (found.items[0].image.path, found.items[0].size_wh) == ("a", (100, 50))
    assert [kind for kind, _ in kinds(found)] == ["image-missing"]


def test_a_rotated_ellipse_is_a_polygon_for_others_and_exact_for_us(folder: Path) -> None:
    ring = geometry.ellipse_ring((50, 25), (20, 8), 0.5)
    params = [[50, 25, 20, 8, 0.5]]
    objects = Objects.from_shapes([((ring,),)], ["x"], kinds=Kind.ELLIPSE, params=params, ids=[ID])
    assert written(objects, folder)[1] == {"ellipse-as-polygon"}
    objects = objects.replace(authors="import:geojson")
    assert again(objects, folder) == objects


def test_an_outline_that_crosses_itself_is_kept_and_that_is_said(folder: Path) -> None:
    bow_tie = np.array([[10, 10], [40, 40], [40, 10], [10, 40]], float)
    objects = Objects.from_shapes([((bow_tie,),)], ["x"], ids=[ID], authors="import:geojson")
    assert written(objects, folder)[1] == {"crosses-itself"}
    assert again(objects, folder) == objects


@given(dataset=datasets(attributes=True))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_all_columns_come_back_and_shapely_reads_every_geometry(
    tmp_path_factory: pytest.TempPathFactory, dataset: Dataset
) -> None:
    folder = tmp_path_factory.mktemp("geojson")
    geojson.write(dataset, folder, {item.id: item.image.path for item in dataset.items})
    for item in dataset.items:
        file = folder / Path(item.image.path).with_suffix(".geojson")
        drawn = shapely.from_geojson(file.read_text(encoding="utf-8"))
        flat = item.objects[item.objects.kinds == Kind.POLYGON]
        assert len(drawn.geoms) <= len(item.objects)
        assert drawn.area == pytest.approx(flat.areas.sum(), abs=1) or len(flat) < len(item.objects)
        back = geojson.read(file, FolderImages()).items[0].objects
        assert sorted(map(str, back.ids)) == sorted(map(str, item.objects.ids))
        order = [back.ids.tolist().index(i) for i in item.objects.ids]
        same = back[order] if order else back
        for name in ("labels", "authors", "origins", "parents", "kinds", "ignore"):
            assert getattr(same, name).tolist() == getattr(item.objects, name).tolist(), name
        assert np.allclose(same.coords, item.objects.coords, rtol=0, atol=1e-9)
        assert np.array_equal(same.scores, item.objects.scores, equal_nan=True)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("path", "size", "counts"),
    [
        ("formats/qupath_lmd/TD_01_verysmall_mIF.geojson", (1500, 1500), (6, 3)),
        ("formats/galaxy_points/rois.geojson", (300, 300), (3, 1)),
        ("formats/galaxy_points/rois-noname.geojson", (300, 300), (3, 1)),
        ("formats/qupath/data/polygon.geojson", (8000, 8000), (1, 0)),
    ],
)
def test_real_files_come_back_exactly_from_ours(
    shared_data: Path, tmp_path: Path, path: str, size: tuple[int, int], counts: tuple[int, int]
) -> None:
    source = shared_data / path
    Image.new("1", size).save(tmp_path / f"{source.stem}.png")
    images = FolderImages(tmp_path)
    found = geojson.read(source, images)
    objects = objects_of(found)
    is_point = objects.kinds == Kind.POINT
    assert (int((~is_point).sum()), int(is_point.sum())) == counts
    item = found.items[0]
    item = replace(item, view=View(replace(item.image, id="1")))
    losses = geojson.write(Dataset(found.classes, (item,)), tmp_path, {"1": item.image.name})
    assert not list(losses)
    back = geojson.read(tmp_path, images)
    assert objects_of(back) == objects
    assert back.classes == found.classes


@pytest.mark.shared_data
def test_the_illegal_file_is_refused_with_the_place(shared_data: Path) -> None:
    with pytest.raises(AnnotationError, match=r"rois-illegal2\.geojson: features\[0\]\.geometry\.type"):
        geojson.read(shared_data / "formats/galaxy_points/rois-illegal2.geojson", FolderImages())
