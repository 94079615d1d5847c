"""The folder of a project: whether it is one, and how it becomes one."""

from __future__ import annotations

from pathlib import Path

from annelid import settings
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
