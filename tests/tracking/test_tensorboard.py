"""What TensorBoard itself reads from the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.tracking import runs

from annelid.tracking import tensorboard
from annelid.tracking.catch_up import Telling

pytestmark = pytest.mark.filterwarnings("ignore")  # TensorBoard's own


def read(folder: Path) -> Any:
    """The events of a run folder, as TensorBoard accumulates them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder), {"scalars": 0, "images": 0, "tensors": 0}).Reload()


def tell(folder: Path, *, ended: bool) -> Telling:
    """One session of a tracker, as a process of its own would hold it."""
    telling = Telling(folder, tensorboard)
    telling.catch_up(ended=ended)
    return telling


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    folder = runs.make_run(tmp_path)
    runs.add_pictures(folder, "labels.jpg", "train_batch0.jpg", "val_batch0_pred.jpg", "results.png")
    (folder / "report.html").write_text("<p>", encoding="utf-8")
    runs.end(folder)
    tell(folder, ended=True)
    return folder


def test_curves_are_read_back_with_their_epochs_and_times(finished: Path) -> None:
    points = read(finished).Scalars("train/box_loss")
    assert [(p.step, p.value, p.wall_time) for p in points] == [
        (n, pytest.approx(1 / n), runs.STARTED + n) for n in (1, 2, 3)
    ]
    assert {"metrics/mAP50(B)", "lr", "final/val/box/mAP50"} <= set(read(finished).Tags()["scalars"])


def test_pictures_are_read_back_as_they_are(finished: Path) -> None:
    board = read(finished)
    assert sorted(board.Tags()["images"]) == ["labels", "results", "train_batch0", "val_batch0_pred"]
    (picture,) = board.Images("results")
    assert (picture.width, picture.height, picture.step) == (32, 16, 3)
    assert picture.encoded_image_string == (finished / "results.png").read_bytes()


def test_parameters_and_notes_are_texts(finished: Path) -> None:
    (table,) = read(finished).Tensors("parameters")
    assert b"| sigma | 2.0 |" in table.tensor_proto.string_val[0]
    assert read(finished).Tensors("notes")[0].tensor_proto.string_val[0] == b"a dry run"
    assert read(finished).SummaryMetadata("notes").plugin_data.plugin_name == "text"


def test_the_run_stands_in_the_table_of_hyperparameters(finished: Path) -> None:
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    def told(tag: str) -> Any:
        content = read(finished).SummaryMetadata(f"_hparams_/{tag}").plugin_data.content
        return HParamsPluginData.FromString(content)

    start = told("session_start_info").session_start_info
    assert start.hparams["sigma"].number_value == 2.0
    assert start.hparams["split"].bool_value is True
    assert start.hparams["engine"].string_value == "threshold"
    assert (start.group_name, start.start_time_secs) == ("run", runs.STARTED)
    assert told("session_end_info").session_end_info.status == 1


def test_a_run_that_goes_on_has_every_epoch_once(tmp_path: Path) -> None:
    folder = runs.make_run(tmp_path, epochs=3)
    runs.end(folder, "Interrupted")
    tell(folder, ended=True)
    (folder / "result.json").unlink()
    for number in (3, 4, 5):  # the third was killed before it was kept
        runs.add_epoch(folder, number)
    tell(folder, ended=False)
    runs.end(folder)
    tell(folder, ended=True)
    assert [point.step for point in read(folder).Scalars("lr")] == [1, 2, 3, 4, 5]


def test_telling_again_writes_nothing(finished: Path) -> None:
    before = sorted(finished.iterdir())
    tell(finished, ended=True)
    assert sorted(finished.iterdir()) == before


def test_the_reader_of_a_folder_of_runs_names_each_by_its_folder(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer

    for name in ("one", "two"):
        folder = runs.make_run(tmp_path, name)
        runs.end(folder)
        tell(folder, ended=True)
    found = EventMultiplexer().AddRunsFromDirectory(str(tmp_path / "runs")).Reload().Runs()
    assert sorted(found) == ["one", "two"]
