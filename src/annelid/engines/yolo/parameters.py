"""The training parameters of the YOLO engine: the one place where they are declared.

They bear Ultralytics' names and are passed on under them. One that could have no effect here is refused with the
reason, and so is one that Annelid decides itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from annelid.dataset import Task
from annelid.engines.base import Parameter, TrainConfig
from annelid.engines.yolo.inert import Setting, inert
from annelid.engines.yolo.transforms import described
from annelid.errors import UsageError

_OPTIMIZERS = ("auto", "SGD", "MuSGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSProp")

PARAMETERS: Mapping[str, Parameter] = {
    "recipe": Parameter(
        "",
        "who chooses what you don't; by default the number of images decides",
        choices=("small", "ultralytics"),
    ),
    "epochs": Parameter(100, "passes over the training images", 1, usual="50 to 300: fewer images need more of them"),
    "time": Parameter(0.0, "most hours to train; overrides epochs", 0, optional=True, usual="left out, or 0.5 to 12"),
    "patience": Parameter(
        100, "stop after so many epochs without improvement on validation", 0, usual="20 to 100; 0 never stops early"
    ),
    "batch": Parameter(
        16, "images per step; -1 or a fraction fills the GPU's memory", -1, also=(float,), usual="2 to 16"
    ),
    "imgsz": Parameter(640, "side of the square that images are scaled to, in pixels", 32, usual="320 to 1024"),
    "tile": Parameter(
        None,
        "side in image pixels of the windows that are scaled to imgsz; 0 takes whole images; by default it follows "
        "from the size of the objects",
        0,
        optional=True,
        also=(int,),
        usual="left out, or 2 to 10 diameters of the objects",
    ),
    "save_period": Parameter(-1, "keep a checkpoint every so many epochs", -1, usual="-1, or 10"),
    "cache": Parameter(False, "ram: keep decoded images in memory", choices=("ram", "disk"), also=(str,)),
    "device": Parameter("", "cpu, 0, mps; empty chooses", also=(int,)),
    "workers": Parameter(8, "processes that load images (on a CPU none, unless you say how many)", 0, usual="0 to 8"),
    "optimizer": Parameter("auto", "which optimiser", choices=_OPTIMIZERS),
    "seed": Parameter(0, "seed of every random choice", 0, usual="any; another one is another chance"),
    "deterministic": Parameter(True, "repeatable operations, where there are some"),
    "single_cls": Parameter(False, "take all classes as one"),
    "cos_lr": Parameter(False, "cosine learning rate"),
    "close_mosaic": Parameter(10, "no mosaic in the last so many epochs", 0, usual="0 to 20"),
    "amp": Parameter(True, "mixed precision", choices=("bf16", "fp16", "fp32"), also=(str,)),
    "fraction": Parameter(
        1.0, "share of the training images that is used", 0.001, 1, usual="1, or less for a quick trial"
    ),
    "freeze": Parameter(
        None,
        "first N layers that stay as they are, or their indices",
        optional=True,
        also=(int, list),
        usual="left out, or 10 to keep what the backbone knows",
    ),
    "multi_scale": Parameter(0.0, "vary imgsz by this fraction while training", 0, 1, usual="0 to 0.5"),
    "compile": Parameter(False, "torch.compile"),
    "overlap_mask": Parameter(
        True, "one mask image with an index per object (the later covers) instead of one per object"
    ),
    "mask_ratio": Parameter(4, "masks are learned at 1 / this of imgsz", 1, 8, usual="1 to 4"),
    "plots": Parameter(True, "write the plots"),
    "lr0": Parameter(0.01, "learning rate at the start", 0, 1, usual="0.0005 to 0.02"),
    "lrf": Parameter(0.01, "learning rate at the end, as a fraction of lr0", 0, 1, usual="0.01 to 0.1"),
    "momentum": Parameter(0.937, "SGD momentum or Adam beta1", 0, 1, usual="0.9 to 0.95"),
    "weight_decay": Parameter(0.0005, "L2 regularisation", 0, 1, usual="0 to 0.005"),
    "warmup_epochs": Parameter(3.0, "epochs of rising learning rate", 0, also=(int,), usual="0 to 5"),
    "warmup_momentum": Parameter(0.8, "momentum at the start of the warm-up", 0, 1, usual="0.5 to 0.9"),
    "warmup_bias_lr": Parameter(0.1, "learning rate of biases at the start of the warm-up", 0, 1, usual="0 to 0.1"),
    "box": Parameter(7.5, "weight of the box loss", 0, usual="3 to 12"),
    "cls": Parameter(0.5, "weight of the class loss", 0, usual="0.2 to 2"),
    "cls_pw": Parameter(0.0, "weight rare classes up by their inverse frequency to this power", 0, 1, usual="0 to 1"),
    "dfl": Parameter(1.5, "weight of the box distance loss", 0, usual="0.5 to 3"),
    "nbs": Parameter(
        64, "images per optimiser step: gradients add up over nbs / batch batches", 1, usual="batch to 64"
    ),
    "hsv_h": Parameter(0.015, "vary the hue by this fraction", 0, 1, usual="0 to 0.05"),
    "hsv_s": Parameter(0.7, "vary the saturation by this fraction", 0, 1, usual="0 to 0.9"),
    "hsv_v": Parameter(0.4, "vary the brightness by this fraction", 0, 1, usual="0 to 0.6"),
    "degrees": Parameter(0.0, "rotate by up to so many degrees", 0, 180, usual="0, or 180 where there is no up"),
    "translate": Parameter(0.1, "shift by up to this fraction", 0, 1, usual="0 to 0.3"),
    "scale": Parameter(0.5, "scale by 1 plus or minus this", 0, 1, usual="0.2 to 0.9"),
    "shear": Parameter(0.0, "shear by up to so many degrees", -180, 180, usual="0 to 10"),
    "perspective": Parameter(0.0, "perspective distortion", 0, 0.001, usual="0 to 0.0005"),
    "flipud": Parameter(0.0, "probability of an upside-down flip", 0, 1, usual="0.5 where there is no up"),
    "fliplr": Parameter(0.5, "probability of a left-right flip", 0, 1, usual="0 to 0.5"),
    "bgr": Parameter(0.0, "probability of swapping red and blue", 0, 1, usual="0"),
    "mosaic": Parameter(1.0, "probability of four images in one", 0, 1, usual="0 to 1"),
    "mixup": Parameter(0.0, "probability of blending two images", 0, 1, usual="0 to 0.2"),
    "cutmix": Parameter(0.0, "probability of pasting a piece of another image", 0, 1, usual="0 to 0.2"),
    "copy_paste": Parameter(0.0, "share of objects that are copied into other images", 0, 1, usual="0 to 0.5"),
    "copy_paste_mode": Parameter("flip", "where copies come from", choices=("flip", "mixup")),
    "cls_remap": Parameter(True, "when fine-tuning, keep what the model knows of classes of the same name"),
    "augmentation_factor": Parameter(
        1, "how often an epoch shows each training image, augmented anew each time", 1, usual="1 to 5"
    ),
    "oversample": Parameter(
        0.0,
        "show images of classes that are in less than this share of the images more often",
        0,
        1,
        usual="0 to 0.3",
    ),
    "augmentations": Parameter(
        None, "file of Albumentations transforms for training pictures", optional=True, also=(str, list, dict)
    ),
    "conf": Parameter(
        0.25, "the model's own confidence threshold at prediction", 0, 1, usual="left out: the one of best F1 is kept"
    ),
    "iou": Parameter(0.7, "the model's own overlap threshold at prediction", 0, 1, usual="0.5 to 0.8"),
    "max_det": Parameter(3000, "the model's own most objects per tile at prediction", 1, usual="300 to 3000"),
}

MAIN: tuple[str, ...] = ("epochs", "imgsz", "batch", "lr0", "patience", "recipe")
"""The few that matter first."""

GROUPS: Mapping[str, str] = {
    "recipe": "How long, how large",
    "save_period": "The machine",
    "optimizer": "What is learned, and how",
    "lr0": "Learning rate",
    "box": "What counts in the loss",
    "hsv_h": "Augmentation: what is varied",
    "cls_remap": "Classes and repeats",
    "conf": "Kept for prediction",
}
"""First parameter of each group, in the order of `PARAMETERS` -> its heading."""

PREDICTION = ("conf", "iou", "max_det")
"""Recorded with the model and used when it predicts. Validation keeps its own (every score counts for mAP)."""

OWN = ("recipe", "tile", "augmentation_factor", "oversample", "augmentations")
"""Annelid's own: Ultralytics does not know them."""

REFUSED: Mapping[str, str] = {
    "data": "the data come from the project, or from --data",
    "model": "it is an option of its own: --model",
    "task": "it follows from the annotation: outlines are segmented, boxes are detected",
    "mode": "the verb says it: annelid train, predict, evaluate",
    "resume": "it is an option of its own: --resume RUN",
    "project": "runs live in the project's own runs/ folder; name the run with --name",
    "name": "it is an option of its own: --name",
    "exist_ok": "a run is never overwritten; choose another --name",
    "pretrained": "give the weights to start from as --model X.pt",
    "val": "validation runs after every epoch, so that patience and results.csv mean what they say",
    "split": "validation uses the val part of the project's split",
    "save": "checkpoints are always kept",
    "augment": "at training it would do nothing: augmentation is set by degrees, scale, mosaic and the others",
    "rect": "it would silently switch mosaic off and shuffle nothing",
    "dropout": "it acts on classification models only",
    "erasing": "it acts on classification models only",
    "auto_augment": "it acts on classification models only",
    "pose": "it acts on pose models only",
    "kobj": "it acts on pose models only",
    "profile": "it serves loggers that are switched off here",
}

IGNORED_BY_AUTO = ("lr0", "momentum", "warmup_momentum", "warmup_bias_lr")
"""Under ``optimizer=auto`` Ultralytics chooses them itself."""


def check(
    params: Mapping[str, Any],
    *,
    task: Task,
    from_scratch: bool,
    classes: int = 0,
    grey: bool = False,
    rarest: float = 0.0,
) -> dict[str, Any]:
    """Every parameter as it will be used, defaults filled in.

    Args:
        params: what the user gave; strings are read as YAML would read them.
        task: detect or segment.
        from_scratch: whether training starts from an architecture rather than from weights.
        classes: how many classes there are; 0 is unknown.
        grey: whether every picture is grey.
        rarest: share of the training images that show the rarest class; 0 is unknown.

    Raises:
        UsageError: a name is unknown, a value is out of range, or the parameter would have no effect.
    """
    given, chosen = _examined(params, from_scratch=from_scratch)
    for name, reason in _idle(given, Setting(chosen, task, from_scratch, classes, grey, rarest)).items():
        raise UsageError(f"{name} would have no effect: {reason}", next_step=f"leave {name} out")
    return chosen


def idle(config: TrainConfig) -> dict[str, str]:
    """Name -> why it would do nothing, of the parameters of a training that `check` would refuse for that.

    Raises:
        UsageError: a name is unknown, or a value is out of range.
    """
    given, chosen = _examined(config.params, from_scratch=config.from_scratch)
    known = (config.task, config.from_scratch, config.classes, config.grey, config.rarest)
    return _idle(given, Setting(chosen, *known))


def _examined(params: Mapping[str, Any], *, from_scratch: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was given, each value with its type, and every parameter as it would be used."""
    given = {name: _value(name, value) for name, value in params.items()}
    return given, _chosen(given, from_scratch=from_scratch)


def _idle(given: Mapping[str, Any], setting: Setting) -> dict[str, str]:
    return inert(given, {name: parameter.default for name, parameter in PARAMETERS.items()}, setting)


def _chosen(given: Mapping[str, Any], *, from_scratch: bool) -> dict[str, Any]:
    """What was given, and what Annelid chooses where nothing was."""
    if "," in str(given.get("device", "")):
        raise UsageError(
            "device: several GPUs can't train one model here yet", next_step="name one, for example --device 0"
        )
    chosen = {name: parameter.default for name, parameter in PARAMETERS.items()}
    if not from_scratch:
        chosen["lr0"] = 0.0005
    chosen |= given
    must_count = any(name in given for name in IGNORED_BY_AUTO) or not from_scratch
    if must_count and chosen["optimizer"] == "auto":  # under auto, what was typed would not count
        chosen["optimizer"] = "SGD" if from_scratch else "AdamW"
    if chosen["time"] == 0.0:
        chosen["time"] = None
    return chosen


def _value(name: str, value: Any) -> Any:
    """Check one value and give it its type."""
    if name in REFUSED:
        raise UsageError(f"{name} can't be set here: {REFUSED[name]}")
    parameter = PARAMETERS.get(name)
    if parameter is None:
        near = difflib.get_close_matches(name, PARAMETERS, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(PARAMETERS)}"
        raise UsageError(f"unknown training parameter {name!r}", next_step=hint)
    if value is None and parameter.optional:
        return None
    kinds = (type(parameter.default), *parameter.also)
    value = _as_number(value, kinds)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        wanted = " or ".join(dict.fromkeys(k.__name__ for k in kinds if k is not type(None)))
        raise UsageError(f"{name}: expected {wanted}, found {value!r} ({parameter.meaning})")
    if isinstance(value, str) and parameter.choices:
        return _choice(name, value, parameter)
    if isinstance(value, int | float) and not isinstance(value, bool) and not parameter.low <= value <= parameter.high:
        raise UsageError(
            f"{name}: expected {parameter.low:g} to {parameter.high:g}, found {value:g} ({parameter.meaning})"
        )
    if name == "augmentations" and not isinstance(value, str):
        return described(value)
    if name == "batch" and not _is_batch(value):
        raise UsageError(f"batch: expected a whole number, -1 or a fraction below 1, found {value:g}")
    return value


def _is_batch(value: Any) -> bool:
    return bool(value == -1 or 0 < value < 1 or (value >= 1 and isinstance(value, int)))


def _as_number(value: Any, kinds: tuple[type, ...]) -> Any:
    if isinstance(value, str) and str not in kinds:
        for convert in (int, float):
            try:
                value = convert(value)
                break
            except ValueError:
                continue
    if isinstance(value, str) and bool in kinds and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, int) and not isinstance(value, bool) and float in kinds and int not in kinds:
        return float(value)
    if isinstance(value, float) and int in kinds and float not in kinds and value.is_integer():
        return int(value)
    return value


def _choice(name: str, value: str, parameter: Parameter) -> str:
    known = {choice.lower(): choice for choice in parameter.choices}
    if value.lower() not in known:
        raise UsageError(f"{name}: expected one of {', '.join(parameter.choices)}, found {value!r}")
    return known[value.lower()]
