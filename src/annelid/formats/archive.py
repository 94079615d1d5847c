"""Work on a folder of annotations that came as a zip file, without trusting the zip."""

from __future__ import annotations

import lzma
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from annelid.errors import AnnotationError, InputError

BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, UnicodeDecodeError)
"""What the standard library raises of broken archives, beside OSError."""
MAX_FILES = 200_000
MAX_BYTES = 64 * 2**30
FREE_BYTES = 2**30
"""Up to here an archive may be packed as tightly as it likes: empty label images are."""
MAX_RATIO = 100

_LAYOUT = frozenset({"annotations", "images", "labels", "masks", "train", "val", "valid", "test", "data"})
"""Folder names that mean something to a format: a lone one of these is not a wrapping."""


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """The folder or file itself, or what a ``.zip`` holds, in a folder that goes when the block ends.

    A lone folder that wraps everything in the archive is gone into. A path that goes on behind the archive,
    ``set.zip/labels/a.json``, is one file or folder of it: nothing else is unpacked.

    Raises:
        AnnotationError: the archive is broken, encrypted, or unsafe to unpack; nothing of it stays.
    """
    archive, inside = divided(path)
    if not inside and (path.suffix.lower() != ".zip" or path.is_dir()):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="annelid-", ignore_cleanup_errors=True) as place:
        folder = Path(place, archive.stem)  # the archive's name may say which image is meant
        folder.mkdir()
        unpack(archive, folder, inside)
        top = folder / path.name if inside else folder
        try:
            yield top if inside else unwrapped(folder)
        except InputError as error:
            raise error.renamed(top, path) from error


def is_there(path: Path) -> bool:
    """Whether a path leads somewhere: to a file, to a folder, or into a zip file (see `opened`)."""
    return path.exists() or divided(path)[1] != ""


def divided(path: Path) -> tuple[Path, str]:
    """The zip file in a path, and what follows behind it; the path and "" where it leads into none."""
    for parent in path.parents:
        if parent.suffix.lower() == ".zip" and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return path, ""


def unpack(path: Path, folder: Path, inside: str = "") -> None:
    """Unpack a zip file into an empty folder; nothing is written before all of its names have been checked.

    Args:
        path: the zip file.
        folder: the folder.
        inside: the only file or folder of it that is wanted; it comes to lie in ``folder`` itself.

    Raises:
        AnnotationError: the archive is broken, encrypted, or unsafe to unpack, or does not hold what is wanted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if m.filename[-1:] != "/" and not is_junk(m.filename)]
            wanted = _wanted(path, members, inside)
            refuse_bomb(path, wanted)
            above = PurePosixPath(inside).parent
            targets = [(member, folder / _safe_name(path, member).relative_to(above)) for member in wanted]
            for member, target in targets:
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("xb") as copy:
                    shutil.copyfileobj(source, copy, 2**20)
    except BROKEN as error:
        raise AnnotationError(
            path,
            expected="a whole zip archive",
            found=str(error) or "its end too early",
            next_step="download or export the archive again",
        ) from error
    except FileExistsError as error:
        name = Path(error.filename).relative_to(folder).as_posix()
        step = "make the archive again; here capitals may not tell names apart"
        raise AnnotationError(
            path, expected="names that differ", found=f"two files of the same name, {name}", next_step=step
        ) from error
    except OSError as error:
        step = "check the path, and that there is space for what the archive holds"
        found = "no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        raise AnnotationError(path, expected="a zip archive", found=found, next_step=step) from error


def _wanted(path: Path, members: Sequence[zipfile.ZipInfo], inside: str) -> list[zipfile.ZipInfo]:
    names = [str(PurePosixPath(member.filename.replace("\\", "/"))) for member in members]
    wanted = [m for m, n in zip(members, names, strict=True) if not inside or f"{n}/".startswith(f"{inside}/")]
    if inside and not wanted:
        found = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        step = "name a file or a folder that is in the archive"
        raise AnnotationError(path, place=inside, expected="something of this name", found=found, next_step=step)
    return wanted


def refuse_bomb(path: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    """Check how much the members of an archive would unpack to.

    Raises:
        AnnotationError: more than can be meant.
    """
    step = "unpack it by hand if you trust it, and give the folder"
    if len(members) > MAX_FILES:
        raise AnnotationError(path, expected=f"at most {MAX_FILES} files", found=str(len(members)), next_step=step)
    total = sum(member.file_size for member in members)
    if total > MAX_BYTES:
        found = f"{total / 2**30:.0f} GiB"
        raise AnnotationError(path, expected=f"at most {MAX_BYTES // 2**30} GiB", found=found, next_step=step)
    packed = path.stat().st_size
    if total > FREE_BYTES and total > MAX_RATIO * packed:
        found = f"{packed} bytes that unpack to {total}"
        raise AnnotationError(path, expected=f"less than {MAX_RATIO} times its size", found=found, next_step=step)


def _safe_name(path: Path, member: zipfile.ZipInfo) -> PurePosixPath:
    """Where a member goes, relative to the folder."""
    name = PurePosixPath(member.filename.replace("\\", "/"))
    step = "do not use this archive unless you know who made it"
    if name.is_absolute() or ".." in name.parts or PureWindowsPath(name).drive:
        raise AnnotationError(
            path,
            place=member.filename,
            expected="names inside the archive",
            found="a path out of it",
            next_step=step,
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise AnnotationError(
            path, place=member.filename, expected="plain files", found="a symbolic link", next_step=step
        )
    if member.flag_bits & 1:
        raise AnnotationError(
            path,
            place=member.filename,
            expected="an open archive",
            found="one with a password",
            next_step="unpack it with its password and give the folder",
        )
    return name


def is_junk(name: str) -> bool:
    """What macOS and Windows leave in archives."""
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] in {".DS_Store", "Thumbs.db", "desktop.ini"}


def unwrapped(folder: Path) -> Path:
    """The folder, or the innermost lone one in it whose name does not tell the layout."""
    inside = list(folder.iterdir())
    while len(inside) == 1 and inside[0].is_dir() and inside[0].name.lower() not in _LAYOUT:
        folder, inside = inside[0], list(inside[0].iterdir())
    return folder
