"""Everything that Annelid raises on purpose.

AnnelidError                what went wrong, and what to do next          exit code 1
├── UsageError              the command or call itself is wrong           exit code 2
├── InputError              a file or a value from outside is not usable: names file, place, expected, found
│   ├── ImageError          an image cannot be read
│   └── AnnotationError     an annotation file cannot be read or written
├── ProjectError            the project folder is missing, broken or not writable
│   └── StoreError          its database cannot be read or written now: locked, disk full, read-only, damaged
├── Conflict                somebody else changed the same object since it was read
├── EngineError             a training or prediction engine is missing or failed
│   ├── OutOfMemory         the memory of the machine or of the GPU is full
│   └── Bug                 Annelid itself failed in a worker; its log tells where   exit code 3
└── Interrupted             stopped by the user; what was finished is kept    exit code 130
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

_LONGEST_FOUND = 500
"""What a hostile file holds may go on for megabytes."""


class AnnelidError(Exception):
    """A problem that the user can act on.

    Args:
        message: what went wrong, in one sentence.
        next_step: what the user can do about it, in one sentence.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}\n  next: {self.next_step}" if self.next_step else self.message


class UsageError(AnnelidError):
    """The command line or the call is wrong: an unknown option, a value out of range."""

    exit_code = 2


class InputError(AnnelidError):
    """A file or a value that came from outside cannot be used.

    Args:
        file: the file at fault.
        place: where in it, for example ``line 12`` or ``shapes[3].points``.
        expected: what was expected there.
        found: what was found instead.
        next_step: what to do about it; "" for what is usual for such a file.
    """

    usual_step: ClassVar[str] = "correct the file there, or choose another one"

    def __init__(
        self, file: Path | str, *, place: str = "", expected: str = "", found: str = "", next_step: str = ""
    ) -> None:
        where = f"{file}: {place}" if place else str(file)
        found = found if len(found) <= _LONGEST_FOUND else f"{found[:_LONGEST_FOUND]} ..."
        parts = [f"expected {expected}" if expected else "", f"found {found}" if found else ""]
        super().__init__(f"{where}: {', '.join(p for p in parts if p)}", next_step=next_step or self.usual_step)
        self.file, self.place, self.expected, self.found = str(file), place, expected, found

    def renamed(self, old: Path, new: Path) -> Self:
        """The same with the name of the file or folder that the user knows, where another one was used."""
        file, place, expected, found, next_step = (
            text.replace(str(old), str(new))
            for text in (self.file, self.place, self.expected, self.found, self.next_step)
        )
        return type(self)(file, place=place, expected=expected, found=found, next_step=next_step)


class ImageError(InputError):
    """An image cannot be read."""

    usual_step = "copy the file again, or save the image anew as TIFF or PNG in the program that opens it"


class AnnotationError(InputError):
    """An annotation file cannot be read or written."""

    usual_step = "correct that in the file, or export it again from the program that wrote it"


class ProjectError(AnnelidError):
    """The project folder is missing, broken or not writable."""


class StoreError(ProjectError):
    """The project's database cannot be read or written now."""


class Conflict(AnnelidError):  # noqa: N818 - a conflict is a state of affairs, not a mistake
    """Objects were changed by somebody else since they were read.

    Args:
        image_id: the image on which it happened.
        object_ids: the objects at stake.
        revision: the revision of the image that the store holds now.
    """

    def __init__(self, image_id: str, object_ids: Sequence[str], revision: int) -> None:
        super().__init__(
            f"{len(object_ids)} object(s) on image {image_id} changed since you read them: {', '.join(object_ids[:5])}",
            next_step=f"read revision {revision}, apply your change to it and save again",
        )
        self.image_id, self.object_ids, self.revision = image_id, tuple(object_ids), revision


class EngineError(AnnelidError):
    """An engine is not installed, refuses a parameter, or failed."""


class OutOfMemory(EngineError):  # noqa: N818 - the name that people know
    """The memory of the machine or of the GPU is full, or the system ended a process because it was."""


class Bug(EngineError):  # noqa: N818 - the name that people know
    """Annelid itself failed in a worker; its log tells where."""

    exit_code = 3


class Interrupted(AnnelidError):  # noqa: N818 - the user's wish, not an error
    """The user stopped the work; what was finished is kept."""

    exit_code = 130
