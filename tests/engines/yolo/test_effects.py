"""Every parameter does what it says: for each, what can be observed. A parameter without a row here fails a test."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from tests.engines.yolo import tiny
from tests.engines.yolo.bench import CLASSES, COLOURS, GROUND, SIDE, Bench, both, boxes, rgb
from tests.small import rows_of
from ultralytics.utils.torch_utils import unset_deterministic

from annelid.engines import yolo
from annelid.engines.base import PredictConfig, TrainConfig
from annelid.engines.yolo import processor, training
from annelid.engines.yolo.parameters import PARAMETERS, check
from annelid.errors import AnnelidError, UsageError
from annelid.objects import Objects

pytestmark = pytest.mark.filterwarnings("ignore")

RUN: dict[str, Any] = {"epochs": 3, "batch": 3, "nbs": 3, "save_period": 2, "optimizer": "SGD", "lr0": 0.02, "lrf": 0.1}
RUN |= {
    "warmup_epochs": 1,
    "warmup_momentum": 0.3,
    "warmup_bias_lr": 0.07,
    "momentum": 0.9,
    "seed": 5,
    "mosaic": 1,
    "close_mosaic": 1,
}

Row = Callable[[Bench], None]
ROWS: dict[str, Row] = {}


def row(*names: str) -> Callable[[Row], Row]:
    """What can be observed of these parameters."""

    def kept(function: Row) -> Row:
        ROWS.update(dict.fromkeys(names, function))
        return function

    return kept


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    unset_deterministic()
    torch.set_num_threads(threads)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_every_parameter_has_a_row() -> None:
    assert set(PARAMETERS) | {"augment", "project", "name"} == set(ROWS) | set(IN_A_RUN)


# --- how long, and how it learns ---------------------------------------------------------------------------------


class Ran:
    """One training of three epochs, looked at from all sides."""

    def __init__(self, folder: Path) -> None:
        self.steps: list[dict[str, float]] = []
        begin = training._add_callbacks

        def watched(trainer: Any, *rest: Any) -> None:
            begin(trainer, *rest)
            trainer.add_callback("on_train_batch_end", self.look)

        with mock.patch.object(training, "_add_callbacks", watched):
            self.result, self.out = Bench(folder).train(**RUN)
        self.rows = rows_of(self.out / "results.csv")

    def look(self, trainer: Any) -> None:
        groups = {group["param_group"]: group for group in trainer.optimizer.param_groups}
        mosaic = trainer.train_loader.dataset.transforms.transforms[0].transforms[0]
        seen = {"bias": groups["bias"]["lr"], "momentum": groups["weight"]["momentum"], "mosaic": mosaic.p}
        self.steps.append(seen)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(tmp_path_factory.mktemp("ran"))


def _lr(ran: Ran, epoch: int) -> float:
    return float(ran.rows[epoch - 1]["lr/pg1"])


IN_A_RUN: dict[str, Callable[[Ran], bool]] = {
    "epochs": lambda ran: [r["epoch"] for r in ran.rows] == ["1", "2", "3"],
    "save_period": lambda ran: {p.name for p in ran.out.glob("weights/epoch*")} == {"epoch0.pt", "epoch2.pt"},
    "lr0": lambda ran: math.isclose(_lr(ran, 2), 0.02 * (1 - 0.9 / 3), rel_tol=1e-3),
    "lrf": lambda ran: math.isclose(_lr(ran, 3), 0.02 * (1 - 0.9 * 2 / 3), rel_tol=1e-3),
    "warmup_bias_lr": lambda ran: math.isclose(ran.steps[0]["bias"], 0.07),
    "warmup_momentum": lambda ran: math.isclose(ran.steps[0]["momentum"], 0.3),
    "momentum": lambda ran: math.isclose(ran.steps[-1]["momentum"], 0.9),
    "close_mosaic": lambda ran: [step["mosaic"] for step in ran.steps] == [1, 1, 1, 1, 0, 0],
    "batch": lambda ran: len(ran.steps) == 3 * 2,  # six pictures, three at once, three epochs
}
"""What a run of three epochs shows."""


@pytest.mark.parametrize("name", IN_A_RUN)
def test_a_run_shows_what_a_parameter_does(ran: Ran, name: str) -> None:
    assert IN_A_RUN[name](ran)


def test_a_batch_for_the_memory_of_a_gpu_is_the_usual_one_where_there_is_none(bench: Bench) -> None:
    usual = bench.trainer(set_up=False).args.batch
    assert bench.trainer(set_up=False, batch=-1).args.batch == usual
    assert any(event == "note" and "batch=-1" in values["text"] for event, values in bench.events)


@row("time")
def _time(bench: Bench) -> None:
    trainer = bench.trainer(time=0.5)
    assert trainer.args.time == 0.5  # Ultralytics' loop ends with it, and counts no epochs then
    assert bench.trainer(set_up=False).args.time is None


@row("patience")
def _patience(bench: Bench) -> None:
    stopper = bench.trainer(patience=2).stopper
    assert [bool(stopper(epoch, fitness)) for epoch, fitness in ((1, 0.5), (2, 0.4), (3, 0.4))] == [False, False, True]
    stopper = bench.trainer(patience=0).stopper
    assert not any(stopper(epoch, 0.5 / epoch) for epoch in range(1, 300))


@row("imgsz")
def _imgsz(bench: Bench) -> None:
    assert {bench.items(imgsz=side)[0]["img"].shape[1:] for side in (64, 96)} == {(64, 64), (96, 96)}


@row("optimizer")
def _optimizer(bench: Bench) -> None:
    for name, kind in (("SGD", "SGD"), ("AdamW", "AdamW"), ("RMSProp", "RMSprop"), ("NAdam", "NAdam")):
        assert type(bench.trainer(optimizer=name).optimizer).__name__ == kind
    assert bench.trainer(optimizer="AdamW", momentum=0.8).optimizer.param_groups[0]["betas"][0] == 0.8


@row("weight_decay")
def _weight_decay(bench: Bench) -> None:
    def decay(**params: Any) -> float:
        groups = bench.trainer(batch=2, nbs=2, **params).optimizer.param_groups
        return next(float(group["weight_decay"]) for group in groups if group["param_group"] == "weight")

    assert decay(weight_decay=0.004) == pytest.approx(0.004)
    assert decay() == pytest.approx(0.0005)


@row("nbs")
def _nbs(bench: Bench) -> None:
    assert [bench.trainer(batch=2, nbs=nbs).accumulate for nbs in (2, 6)] == [1, 3]


@row("cos_lr")
def _cos_lr(bench: Bench) -> None:
    straight, curved = (bench.trainer(epochs=10, lrf=0.1, cos_lr=value).lf for value in (False, True))
    assert straight(2.5) == pytest.approx(0.775)
    assert curved(2.5) == pytest.approx(0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2)


@row("warmup_epochs")
def _warmup_epochs(bench: Bench) -> None:
    assert [bench.trainer(set_up=False, warmup_epochs=n)._get_warmup_iterations(10) for n in (0, 1.5)] == [0, 15]


def _losses(bench: Bench, **params: Any) -> dict[str, float]:
    trainer = bench.trainer(batch=6, **params)
    batch = trainer.preprocess_batch(next(iter(trainer.train_loader)))
    trainer.model.train()
    _, items = trainer.model(batch)
    return {name: float(value) for name, value in items.items()}


@row("box", "cls", "dfl")
def _weights_of_losses(bench: Bench) -> None:
    usual = _losses(bench)
    for name, losses in {"box": ("box_loss", "seg_loss"), "cls": ("cls_loss",), "dfl": ("dfl_loss",)}.items():
        doubled = _losses(bench, **{name: 2 * PARAMETERS[name].default})
        expected = {k: (2 if k in losses else 1) * value for k, value in usual.items()}
        assert doubled == pytest.approx(expected, rel=1e-3)


@row("cls_pw")
def _cls_pw(bench: Bench) -> None:
    lopsided = [both(), *[both()[[0]]] * 5]  # six discs, one bar
    assert getattr(bench.trainer(several=lopsided).model, "class_weights", None) is None
    weights = bench.trainer(several=lopsided, cls_pw=1).model.class_weights
    assert float(weights[1] / weights[0]) == pytest.approx(6)
    weights = bench.trainer(several=lopsided, cls_pw=0.5).model.class_weights
    assert float(weights[1] / weights[0]) == pytest.approx(math.sqrt(6), rel=1e-5)


@row("freeze")
def _freeze(bench: Bench) -> None:
    for freeze in (2, [0, 1]):
        trainer = bench.trainer(freeze=freeze, batch=6, optimizer="SGD", lr0=0.1)
        before = [p.detach().clone() for p in trainer.model.parameters()]
        trainer._model_train()
        loss, _ = trainer.model(trainer.preprocess_batch(next(iter(trainer.train_loader))))
        loss.sum().backward()
        trainer.optimizer.step()
        moved = {
            int(name.split(".")[1])
            for (name, p), old in zip(trainer.model.named_parameters(), before, strict=True)
            if not torch.equal(p, old)
        }
        assert moved == {2, 3, 4, 5}


@row("cls_remap")
def _cls_remap(bench: Bench) -> None:
    known = bench.trainer()
    known.model.names = {0: CLASSES[1], 1: CLASSES[0]}  # the other way round
    head = [layers[-1] for layers in known.model.model[-1].cv3]
    for layer in head:
        layer.bias.data.copy_(torch.tensor([1.0, 2.0]))
    path = bench.folder / "known-seg.pt"
    torch.save({"model": known.model, "ema": None, "epoch": -1, "train_args": {"imgsz": SIDE, "task": "segment"}}, path)
    for remap, biases in ((True, [2.0, 1.0]), (False, [1.0, 2.0])):
        model = bench.trainer(model=str(path), cls_remap=remap).model
        assert model.model[-1].cv3[0][-1].bias.tolist() == biases


# --- the machine -------------------------------------------------------------------------------------------------


@row("device")
def _device(bench: Bench) -> None:
    assert bench.trainer(set_up=False, device="cpu").device.type == "cpu"
    if not torch.cuda.is_available():
        with pytest.raises(AnnelidError):
            bench.trainer(set_up=False, device=0)


@row("workers")
def _workers(bench: Bench) -> None:
    assert bench.trainer(batch=2).train_loader.num_workers == 0  # Ultralytics takes none on a CPU
    assert bench.trainer(batch=2, workers=2).train_loader.num_workers == min(2, os.cpu_count() or 1)


@row("cache")
def _cache(bench: Bench) -> None:
    kept = [bench.trainer(cache=value).train_loader.dataset.pictures for value in (False, "ram")]
    assert [isinstance(pictures[0], np.memmap) for pictures in kept] == [True, False]


@row("seed")
def _seed(bench: Bench) -> None:
    def first(seed: int) -> tuple[torch.Tensor, list[str]]:
        trainer = bench.trainer(set_up=False, seed=seed)
        trainer._setup_train()
        trainer.epoch = 0
        trainer.begin_epoch()
        order = [name for batch in trainer.train_loader for name in batch["im_file"]]
        return next(trainer.model.parameters()).detach(), [Path(name).name for name in order]

    (a, order_a), (b, order_b), (c, order_c) = first(1), first(1), first(2)
    assert torch.equal(a, b)
    assert order_a == order_b
    assert not torch.equal(a, c)
    assert order_a != order_c


@row("deterministic")
def _deterministic(bench: Bench) -> None:
    for value in (True, False):
        bench.trainer(set_up=False, deterministic=value)
        assert torch.are_deterministic_algorithms_enabled() is value
        unset_deterministic()


@row("amp")
def _amp(bench: Bench) -> None:
    assert bench.trainer(amp=False).amp is False
    assert bench.trainer(amp="fp32").amp is False
    assert bench.trainer(amp=True).amp is processor.computes_bf16()
    assert bench.trainer(amp="bf16").args.amp == "bf16"


@row("compile")
def _compile(bench: Bench) -> None:
    with mock.patch.object(torch, "compile", side_effect=lambda model, **_: model) as compiled:
        bench.trainer()
        assert not compiled.called
        bench.trainer(compile=True)
        assert compiled.called


@row("plots")
def _plots(bench: Bench) -> None:
    for value in (True, False):
        trainer = bench.trainer(set_up=False, plots=value)
        with mock.patch.object(type(trainer), "plot_training_labels") as drawn:
            trainer._setup_train()
        assert drawn.called is value


@row("multi_scale")
def _multi_scale(bench: Bench) -> None:
    trainer = bench.trainer(batch=2, multi_scale=0.5)
    batch = next(iter(trainer.train_loader))
    sides = {trainer.preprocess_batch(dict(batch))["img"].shape[-1] for _ in range(20)}
    assert sides == {32, 64, 96}


# --- what is learned from ----------------------------------------------------------------------------------------


@row("recipe")
def _recipe(bench: Bench) -> None:
    small, stock = (bench.trainer(set_up=False, recipe=name).args for name in ("small", "ultralytics"))
    assert (stock.batch, stock.nbs) == (16, 64)
    assert small.nbs < stock.nbs


@row("tile")
def _tile(bench: Bench) -> None:
    whole, cut = (bench.trainer(recipe="small", tile=tile).train_loader.dataset for tile in (0, 32))
    assert len(whole) == 6
    assert len(cut) == 6 * 4
    assert [dataset[0]["ori_shape"] for dataset in (whole, cut)] == [(SIDE, SIDE), (32, 32)]


@row("fraction")
def _fraction(bench: Bench) -> None:
    assert [len(bench.trainer(fraction=share).train_loader.dataset) for share in (1.0, 0.5)] == [6, 3]


@row("single_cls")
def _single_cls(bench: Bench) -> None:
    trainer = bench.trainer(single_cls=True)
    assert trainer.data["nc"] == trainer.model.nc == 1
    assert set(trainer.train_loader.dataset[0]["cls"][:, 0].tolist()) == {0.0}
    assert bench.trainer(set_up=False).data["nc"] == 2


@row("augmentation_factor")
def _augmentation_factor(bench: Bench) -> None:
    once, thrice = (bench.trainer(batch=2, augmentation_factor=n).train_loader for n in (1, 3))
    assert (len(once), len(thrice)) == (3, 9)
    names = [name for batch in thrice for name in batch["im_file"]]
    assert sorted(names) == sorted(3 * list(dict.fromkeys(names)))
    assert len(set(names)) == 6


@row("oversample")
def _oversample(bench: Bench) -> None:
    rare = [both(), *[both()[[0]]] * 8]  # a bar on one of nine
    trainer = bench.trainer(several=rare, batch=3, oversample=0.99)
    names = [name for batch in trainer.train_loader for name in batch["im_file"]]
    assert names.count(str(trainer.train_loader.dataset.im_files[0])) == 3  # sqrt(0.99 / (1 / 9)) = 2.98
    assert len(names) == 11


@row("overlap_mask", "mask_ratio")
def _masks(bench: Bench) -> None:
    shapes = [
        bench.items(overlap_mask=overlap, mask_ratio=ratio)[0]["masks"].shape
        for overlap, ratio in ((False, 1), (True, 1), (True, 4))
    ]
    assert shapes == [(2, 64, 64), (1, 64, 64), (1, 16, 16)]


# --- augmentation ------------------------------------------------------------------------------------------------


def test_without_augmentation_pictures_are_as_they_are(bench: Bench) -> None:
    (item,) = bench.items()
    assert rgb(item)[16, 18].tolist() == list(COLOURS["disc"])
    assert rgb(item)[34, 48].tolist() == list(COLOURS["bar"])
    np.testing.assert_allclose(boxes(item), [[18, 16, 16, 16], [48, 34, 16, 8]], atol=0.1)


def _hsv(pixel: Any) -> Any:
    import cv2

    return cv2.cvtColor(np.array([[pixel]], np.uint8), cv2.COLOR_RGB2HSV)[0, 0].astype(int)


def _varies(channel: int) -> Row:
    name = ("hsv_h", "hsv_s", "hsv_v")[channel]

    def seen(bench: Bench) -> None:
        params: dict[str, Any] = {name: 0.5}
        found = np.array([_hsv(rgb(item)[16, 18]) for item in bench.items(seeds=8, still=True, **params)])
        spread = np.ptp(found, axis=0)
        assert spread[channel] > 10
        assert np.delete(spread, channel).max() <= 3

    return seen


ROWS |= {name: _varies(channel) for channel, name in enumerate(("hsv_h", "hsv_s", "hsv_v"))}


def test_what_does_nothing_on_grey_pictures_is_said(bench: Bench) -> None:
    grey = both().replace(labels=["disc", "disc"])
    with mock.patch.dict(COLOURS, {"disc": (90, 90, 91)}):
        bench.trainer(set_up=False, several=[grey] * 3, hsv_h=0.1, hsv_s=0.7, hsv_v=0.2, bgr=0)
    assert ("note", {"text": "hsv_h does nothing here: every training picture is grey"}) in bench.events
    bench.events.clear()
    bench.trainer(set_up=False, hsv_h=0.1)
    assert not any(event == "note" for event, _ in bench.events)


@row("bgr")
def _bgr(bench: Bench) -> None:
    assert rgb(bench.items(bgr=1)[0])[16, 18].tolist() == list(COLOURS["disc"])[::-1]


@row("degrees")
def _degrees(bench: Bench) -> None:
    (before,) = bench.items()
    for item in bench.items(seeds=5, degrees=90):
        moved, were = (np.hypot(*(boxes(i)[:, :2] - SIDE / 2).T) for i in (item, before))
        np.testing.assert_allclose(moved[:1], were[:1], atol=1.5)  # the disc goes round the middle
        assert np.abs(boxes(item)[0, :2] - boxes(before)[0, :2]).max() > 1
        x, y = boxes(item)[0, :2].astype(int)
        assert np.abs(rgb(item)[y, x].astype(int) - COLOURS["disc"]).max() < 5
        assert item["masks"][0, y, x]


@row("translate")
def _translate(bench: Bench) -> None:
    for item in bench.items(seeds=4, translate=0.1):
        shift = boxes(item)[:, :2] - [[18, 16], [48, 34]]
        np.testing.assert_allclose(shift[0], shift[1], atol=0.6)
        assert 0 < np.abs(shift).max() <= 0.1 * SIDE + 0.6
        np.testing.assert_allclose(boxes(item)[:, 2:], [[16, 16], [16, 8]], atol=1)


@row("scale")
def _scale(bench: Bench) -> None:
    widths = [boxes(item)[0, 2] for item in bench.items(seeds=8, scale=0.3)]
    assert 16 * 0.7 - 0.5 <= min(widths) < 15 < 17 < max(widths) <= 16 * 1.3 + 0.5


@row("shear")
def _shear(bench: Bench) -> None:
    bars = [boxes(item)[1] for item in bench.items(seeds=4, shear=30)]
    assert max(abs(bar[2] / bar[3] - 2) for bar in bars) > 0.2
    assert not any(item["masks"][1].numpy()[30:38, 40:56].all() for item in bench.items(seeds=4, shear=30))


@row("perspective")
def _perspective(bench: Bench) -> None:
    for item in bench.items(seeds=3, perspective=0.001):
        assert np.abs(boxes(item) - [[18, 16, 16, 16], [48, 34, 16, 8]]).max() > 0.02
        assert (rgb(item) != rgb(bench.items()[0])).any()


@row("flipud")
def _flipud(bench: Bench) -> None:
    np.testing.assert_array_equal(rgb(bench.items(flipud=1)[0]), rgb(bench.items()[0])[::-1])
    np.testing.assert_allclose(boxes(bench.items(flipud=1)[0])[:, 1], SIDE - np.array([16, 34]), atol=0.1)


@row("fliplr")
def _fliplr(bench: Bench) -> None:
    np.testing.assert_array_equal(rgb(bench.items(fliplr=1)[0]), rgb(bench.items()[0])[:, ::-1])
    np.testing.assert_allclose(boxes(bench.items(fliplr=1)[0])[:, 0], SIDE - np.array([18, 48]), atol=0.1)


@row("mosaic")
def _mosaic(bench: Bench) -> None:
    # Four pictures meet near the middle of one of twice the side, of which the middle is shown.
    counts = [len(item["cls"]) for item in bench.items(seeds=6, mosaic=1)]
    assert max(counts) > 2
    assert all(len(item["cls"]) == 2 for item in bench.items(seeds=6, mosaic=0))


OTHERS = [both()[[0]], *[both()[[1]]] * 5]
"""A disc; the other pictures have bars."""


@row("mixup")
def _mixup(bench: Bench) -> None:
    items = bench.items(several=OTHERS, seeds=6, mixup=1)
    mixed = [item for item in items if sorted(item["cls"][:, 0].tolist()) == [0, 1]]
    assert mixed
    for item in mixed:
        pixel = rgb(item)[16, 18].astype(int)  # between the disc and the ground of the other picture
        assert (pixel < COLOURS["disc"]).all()
        assert (pixel > np.array(GROUND) - 2).all()


@row("cutmix")
def _cutmix(bench: Bench) -> None:
    items = bench.items(several=[both()[[0]]] + [both()[[1]]] * 5, seeds=40, cutmix=1)
    assert any(1 in item["cls"][:, 0].tolist() and (rgb(item) == COLOURS["bar"]).all(-1).any() for item in items)


@row("copy_paste", "copy_paste_mode")
def _copy_paste(bench: Bench) -> None:
    (flipped,) = bench.items(several=[both()[[0]]] * 6, copy_paste=1)
    assert len(flipped["cls"]) == 2  # the disc, and its mirror image
    np.testing.assert_array_equal(rgb(flipped)[16, SIDE - 1 - 18], COLOURS["disc"])
    found = bench.items(several=OTHERS, seeds=6, copy_paste=1, copy_paste_mode="mixup")
    pasted = [item for item in found if item["cls"][:, 0].tolist() == [0, 1]]
    assert pasted
    assert all((rgb(item)[34, 48] == COLOURS["bar"]).all() for item in pasted)


@row("augmentations")
def _augmentations(bench: Bench) -> None:
    albumentations = pytest.importorskip("albumentations")
    described = albumentations.to_dict(albumentations.Compose([albumentations.InvertImg(p=1)]))
    (item,) = bench.items(augmentations=described)
    np.testing.assert_array_equal(rgb(item), 255 - rgb(bench.items()[0]))


# --- prediction --------------------------------------------------------------------------------------------------


@row("conf", "iou", "max_det")
def _prediction(bench: Bench) -> None:
    path = tiny.weights(bench.folder / "best.pt", "yolo11n.yaml")
    tile = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)

    predictor: Any = yolo.load(path, PredictConfig(device="cpu"), tiny.CLASSES)

    def found(**params: Any) -> Objects:
        used = check(params, task="detect", from_scratch=True)
        predictor.config = PredictConfig(conf=used["conf"], iou=used["iou"], max_det=used["max_det"])
        objects: Objects = predictor([tile])[0]
        return objects

    many = found(conf=0.3)
    assert len(many) > len(found(conf=0.5))
    assert (found(conf=0.5).scores >= 0.5).all()
    assert len(found(conf=0.3, iou=0.05)) < len(many)
    assert len(found(conf=0.3, max_det=3)) == 3 < len(many)


# --- refused with the reason -------------------------------------------------------------------------------------


@row("augment", "project", "name")
def _refused(bench: Bench) -> None:
    for name in ("augment", "project", "name"):
        with pytest.raises(UsageError, match=f"{name} can't be set here: .{{20,}}"):
            yolo.check(TrainConfig(str(bench.folder / "a.yaml"), "segment", params={name: "x"}))


FUNCTIONS = {function: ", ".join(name for name in ROWS if ROWS[name] is function) for function in ROWS.values()}


@pytest.mark.parametrize("seen", FUNCTIONS, ids=FUNCTIONS.values())
def test_a_parameter_does_what_it_says(bench: Bench, seen: Row) -> None:
    seen(bench)
