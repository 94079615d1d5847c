"""Groups from file names: what is taken together is joined, what stands alone stays alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annelid.errors import UsageError
from annelid.split.groups import group_by_pattern, infer_group

TOGETHER = [
    ["exp_pos_t001.tif", "exp_pos_t002.tif", "exp_pos_t0099.tif"],
    ["exp_z03_t001.tif", "exp_z04_t002.tif"],
    ["a/movie1-frame-0001.png", "a/movie1-frame-0002.png"],
    ["frame_0001.png", "frame_0002.png"],
    ["slide7_x0_y512.png", "slide7_x512_y0.png"],
    ["slide7_x0y512.png", "slide7_roi_left.png", "slide7_roi2.png", "slide7_tile_12.png", "slide7_crop3.png"],
    ["s_row1_col2.png", "s_r3_c4.png"],
    ["img 1_aug0.png", "img 1_aug1.png", "img 1_rot90.png", "img 1_hflip.png", "img 1_ch2.png"],
    ["cell_jpg.rf.0123456789abcdef0123456789abcdef.jpg", "cell_jpg.rf.fedcba98765432100123456789abcdef.jpg"],
    ["x_t01_png.rf.0123456789abcdef.jpg", "x_t02_png.rf.fedcba9876543210.jpg"],
    ["-B003--PO01--LO061--CO6--SL001--T32.jpg", "-B003--PO01--LO157--CO6--SL001--T33.jpg"],
    ["r02c03f01p01-ch1sk1fk1fl1.tiff", "r02c03f02p01-ch2sk1fk1fl1.tiff"],
    ["yeast_movie/im000_channel1_phase.tif", "yeast_movie/im001_channel1_phase.tif"],
    ["lab\\timelapse 2\\a.tif", "lab\\timelapse 2\\b.tif"],
    ["a.ome_t1.ome.tif", "a.ome_t2.ome.tif"],
]
APART = [
    ["0001.jpg", "0003.jpg", "0002.jpg"],
    [f"BloodImage_{n:05d}.jpg" for n in range(10)],
    ["00071198d059ba7f.png", "003cee89357d9fe1.png", "00ae65c1c6631ae6.png"],
    ["healthy_001.png", "healthy_002.png", "healthy_003.png", "sick_001.png", "sick_002.png", "sick_003.png"],
    ["dsb2018_0001.png", "dsb2018_0002.png", "dsb2018_0003.png"],
    ["human_brain_1.png", "human_brain_2.png", "human_brain_3.png"],
    ["movies/a.tif", "movies/b.tif"],
    ["A01.tif", "A02.tif"],
    ["H1_0001.png", "H1_0002.png", "H1_0003.png"],
    ["exp1_pos1_0001.png", "exp1_pos1_0005.png", "exp1_pos2_0001.png"],
    ["a.jpg", "a.png", "b/a.jpg"],
]


@pytest.mark.parametrize("names", TOGETHER, ids=lambda names: names[0])
def test_names_that_say_so_belong_together(names: list[str]) -> None:
    groups = infer_group(names)
    assert len({group for group, _ in groups.values()}) == 1
    assert {source for _, source in groups.values()} == {"inferred"}


@pytest.mark.parametrize("names", APART, ids=lambda names: names[0])
def test_names_that_say_nothing_stay_apart(names: list[str]) -> None:
    assert infer_group(names) == {name: (name, "assumed") for name in names}


def test_different_recordings_are_different_groups() -> None:
    names = [f"{folder}/pos{p}_t{t:03d}.tif" for folder in "ab" for p in (1, 2) for t in range(3)]
    assert len({group for group, _ in infer_group(names).values()}) == 4


def test_numbered_frames_count_where_several_numbered_recordings_exist() -> None:
    names = [f"exp1_pos{p}_{t:04d}.tif" for p in (1, 2) for t in range(4)]
    groups = infer_group(names)
    assert {group for group, _ in groups.values()} == {"exp1_pos1", "exp1_pos2"}


def test_fields_of_a_well_belong_together_where_there_are_several_wells() -> None:
    names = [f"plate1_{well}_f{field:02d}.tif" for well in ("A01", "B12") for field in range(3)]
    assert {group for group, _ in infer_group(names).values()} == {"plate1_A01", "plate1_B12"}


@given(st.lists(st.text(max_size=12), max_size=6, unique=True))
def test_any_names_get_a_group_each(names: list[str]) -> None:
    assert list(infer_group(names)) == names


@pytest.mark.parametrize(
    ("pattern", "name", "group"),
    [
        ("{group}_*", "a/s1_x_y.tif", "s1"),
        ("*_{group}.ti?", "x_s1.tif", "s1"),
        ("{group}/*", "a/b/c.tif", "a"),
        (r"slide(\d+)", "x/slide12_3.tif", "12"),
        (r"(?P<group>m\d)_(\d+)", "m1_22.png", "m1"),
        ("{group}/*", "a\\c.tif", "a"),
        ("{group} (1).png", "x (1).png", "x"),
    ],
)
def test_a_pattern_finds_the_group(pattern: str, name: str, group: str) -> None:
    assert group_by_pattern([name], pattern) == {name: group}


def test_names_that_do_not_fit_the_pattern_are_listed() -> None:
    with pytest.raises(UsageError, match=r"2 of 3 names .* b\.tif, c\.tif"):
        group_by_pattern(["a_1.tif", "b.tif", "c.tif"], "{group}_*")


@pytest.mark.parametrize("pattern", ["(", "no group", r"(\d)(\d)", "{group}_{group}"])
def test_a_wrong_pattern_is_a_usage_error(pattern: str) -> None:
    with pytest.raises(UsageError) as caught:
        group_by_pattern(["a_1.tif"], pattern)
    assert caught.value.next_step


@pytest.mark.shared_data
def test_real_folders_are_grouped_as_a_person_would(shared_data: Path) -> None:
    def groups(folder: str, pattern: str) -> set[tuple[str, str]]:
        names = [path.relative_to(shared_data).as_posix() for path in (shared_data / folder).glob(pattern)]
        assert names
        return set(infer_group(names).values())

    assert groups("segmentation/yeast_movie", "*phase.tif") == {("segmentation/yeast_movie", "inferred")}
    assert len(groups("segmentation/dsb2018/images", "*.png")) == 393
    assert len(groups("detection/bccd_voc/JPEGImages", "*.jpg")) > 100
    ((group, source),) = groups("detection/embryonet/images", "*.jpg")
    assert (group.rpartition("/")[2], source) == ("-B003--PO01", "inferred")
