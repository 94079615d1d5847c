"""The folder of a project: whether it is one, how it becomes one, and whether its two halves agree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annelid import settings
from annelid.dataset import Dataset, LabeledImage
from annelid.errors import AnnelidError, ProjectError
from annelid.settings import Settings
from annelid.store import Store

DATABASE = "annelid.db"


def require_project(root: Path) -> Path:
    """The folder itself.

    Raises:
        ProjectError: it is not a project.
    """
    if not (root / settings.FILE).is_file():
        _refuse_half(root)
        raise ProjectError(f"{root.resolve()} is not an Annelid project", next_step=f"annelid init {root}")
    return root


def make_project(root: Path, chosen: Settings) -> None:
    """Make a project in a folder, which may hold other things; nothing of it stays when that fails.

    Raises:
        ProjectError: there is a project already, or the folder cannot be written.
        UsageError: the classes make no sense.
    """
    if (root / settings.FILE).exists():
        raise ProjectError(f"{root} is an Annelid project already", next_step=f"annelid -C {root} status")
    _refuse_half(root)
    settings.check_classes(chosen.classes)
    is_new = not root.exists()
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectError(f"{root} can't be made: {error.strerror}", next_step="choose another folder") from error
    try:
        Store.create(root / DATABASE).close()
        settings.save(root, chosen)
    except AnnelidError:
        for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal"):
            (root / name).unlink(missing_ok=True)
        if is_new:
            root.rmdir()
        raise


def _refuse_half(root: Path) -> None:
    """A folder that has lost its settings is no new project."""
    if (root / DATABASE).exists() and not (root / settings.FILE).exists():
        raise ProjectError(
            f"{root} has an {DATABASE} but no {settings.FILE}",
            next_step=f"put {settings.FILE} back; a line 'classes: [a, b]' with the class names is enough",
        )


def dataset_of(root: Path, items: Sequence[LabeledImage]) -> Dataset:
    """Images as a dataset with the project's classes.

    Raises:
        ProjectError: ``annelid.yaml`` has lost classes that objects on the images have.
    """
    classes = settings.load(root).classes
    used = {str(label) for item in items for label in item.objects.labels[~item.objects.ignore]}
    if lost := sorted(used.difference(classes)):
        raise ProjectError(
            f"{root / settings.FILE} lacks classes that annotated objects have: {', '.join(lost)}",
            next_step=f"annelid classes add {lost[0]!r}; then rename, merge or delete it with annelid classes",
        )
    return Dataset(classes, tuple(items))
