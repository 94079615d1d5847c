"""Ways to spoil a folder: what lies where a file should be, what is missing, what an archive hides."""

from __future__ import annotations

import io
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

Spoil = Callable[[Path, Random], None]
"""Takes a file that is there and changes what lies around it."""


def lay(files: Mapping[str, bytes], folder: Path) -> None:
    """Make the folder hold just these files."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def removed(file: Path, _: Random) -> None:
    file.unlink()


def folder_instead(file: Path, chance: Random) -> None:
    data = file.read_bytes()
    file.unlink()
    file.mkdir()
    if chance.random() < 0.5:
        (file / file.name).write_bytes(data)


def link_to_itself(file: Path, _: Random) -> None:
    file.unlink()
    _link(file, file.name)


def link_to_nothing(file: Path, _: Random) -> None:
    file.unlink()
    _link(file, "not there")


def link_to_a_device(file: Path, _: Random) -> None:
    if os.name == "posix":
        file.unlink()
        _link(file, os.devnull)


def folder_in_itself(file: Path, _: Random) -> None:
    """A linked folder that holds itself: walking it never ends unless somebody looks."""
    _link(file.parent / "loop", file.parent)


def twin(file: Path, chance: Random) -> None:
    """The same file again under another name, or in another folder."""
    other = chance.choice((file.with_name(f"copy {file.name}"), file.parent / "sub" / file.name))
    other.parent.mkdir(exist_ok=True)
    shutil.copyfile(file, other)


def renamed(file: Path, chance: Random) -> None:
    suffix = chance.choice(("", ".bak", ".JSON", ".txt", ".tif", ".png"))
    file.rename(file.with_name(chance.choice((f"{file.stem} 2", f"ä 名 {file.stem}", f".{file.name}")) + suffix))


def unreadable(file: Path, _: Random) -> None:
    file.chmod(0)


def beside_junk(file: Path, _: Random) -> None:
    """What systems and tools leave: hidden twins, metadata of other machines, a folder of nothing."""
    (file.parent / f"._{file.name}").write_bytes(b"\0\x05\x16\x07" + bytes(40))
    (file.parent / ".DS_Store").write_bytes(bytes(60))
    (file.parent / "empty").mkdir(exist_ok=True)


def _link(link: Path, target: str | Path) -> None:
    try:
        link.symlink_to(target)
    except OSError:  # Windows without the right to make links
        link.write_bytes(b"")


SPOILS: tuple[Spoil, ...] = (
    *(removed, folder_instead, link_to_itself, link_to_nothing, link_to_a_device, folder_in_itself),
    *(twin, renamed, unreadable, beside_junk),
)


def archive(files: Mapping[str, bytes], chance: Random) -> bytes:
    """The files as a zip that is whole, or has something in it that must not be unpacked."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files.items():
            target.writestr(name, data)
        _TRAPS[chance.randrange(len(_TRAPS))](target, next(iter(files)))
    data = buffer.getvalue()
    return _encrypted(data) if chance.random() < 0.1 else data


def _encrypted(data: bytes) -> bytes:
    """The flag of a password in the directory of the archive."""
    at = data.rindex(b"PK\x01\x02")
    return data[: at + 8] + bytes([data[at + 8] | 1]) + data[at + 9 :]


def _nothing(_: zipfile.ZipFile, __: str) -> None:
    return


def _slip(target: zipfile.ZipFile, _: str) -> None:
    target.writestr("../../outside.txt", b"outside")


def _absolute(target: zipfile.ZipFile, _: str) -> None:
    target.writestr("/tmp/outside.txt", b"outside")


def _drive(target: zipfile.ZipFile, _: str) -> None:
    target.writestr("C:\\outside.txt", b"outside")


def _symlink(target: zipfile.ZipFile, _: str) -> None:
    member = zipfile.ZipInfo("link")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    target.writestr(member, "/etc")


def _alike(target: zipfile.ZipFile, name: str) -> None:
    target.writestr(name, b"two of one name")


def _file_and_folder(target: zipfile.ZipFile, name: str) -> None:
    target.writestr(f"{name}/inside", b"a file cannot be a folder too")


def _bomb(target: zipfile.ZipFile, _: str) -> None:
    """Says to unpack to far more than it may."""
    member = zipfile.ZipInfo("bomb.tif")
    target.writestr(member, b"small")
    target.filelist[-1].file_size = 2**40


def _long_name(target: zipfile.ZipFile, _: str) -> None:
    target.writestr("n" * 300 + ".json", b"{}")


_TRAPS = (_nothing, _slip, _absolute, _drive, _symlink, _alike, _file_and_folder, _bomb, _long_name)
