"""The loop: spoil files, read them, and hold what goes for every answer."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from tests.fuzzing.mutate import spoiled
from tests.fuzzing.places import SPOILS, archive, lay
from tests.fuzzing.seeds import Seed

from annelid import formats
from annelid.convert import convert
from annelid.errors import AnnelidError, AnnotationError, InputError
from annelid.formats import jsontext
from annelid.formats.archive import opened
from annelid.formats.base import Annotations, Format
from annelid.formats.images import FolderImages
from annelid.objects import Objects

SECONDS = 5.0
"""No file may keep a reader busy for longer."""
_CONVERTED_EACH = 15
_NEED_IMAGES = {"yolo", "labelmask", "maskfolder", "cellpose", "celldetective", "via", "imagej"}
"""Formats whose files are nothing without the images, which may be missing here."""


def seed_of_today() -> str:
    """What `ANNELID_FUZZ_SEED` says: another value hunts elsewhere, "" is the same each time."""
    return os.environ.get("ANNELID_FUZZ_SEED", "")


def rounds_of_today(usual: int) -> int:
    """What `ANNELID_FUZZ_ROUNDS` says, for longer hunts."""
    return int(os.environ.get("ANNELID_FUZZ_ROUNDS", usual))


@dataclass
class Hunt:
    """Spoils the files of one format, over and over, in one folder.

    Attributes:
        name: of the format.
        seeds: files to spoil, in turn.
        folder: where they are laid out; holds what was being read when something is found.
    """

    name: str
    seeds: Sequence[Seed]
    folder: Path

    def run(self, rounds: int) -> None:
        """Read as many spoiled files; each must end in an answer that can be given to a user."""
        module = formats.get(self.name)
        share = rounds // len(self.seeds) + 1
        for seed in self.seeds:
            lay(seed.files, self.root)
            images = FolderImages(self.root)
            images.all()
            for number in range(share):
                key = f"{self.name} {seed.name} {seed_of_today()} {number}"
                try:
                    self._round(module, seed, images, Random(key))
                except Exception as error:
                    error.add_note(f"round {key!r}; what was read lies in {self.root}")
                    raise

    @property
    def root(self) -> Path:
        """The folder that is read."""
        return self.folder / "set"

    def _round(self, module: Format, seed: Seed, images: FolderImages, chance: Random) -> None:
        kind = chance.random()
        begin = time.perf_counter()
        if kind < 0.06:
            name = chance.choice(list(seed.files))
            chance.choice(SPOILS)(self.root / name, chance)
            judged(module, self.root, FolderImages(self.root))
            lay(seed.files, self.root)
        elif kind < 0.08:
            self._archived(module, seed, chance)
        else:
            name = chance.choice(seed.annotations if kind < 0.97 else list(seed.files))
            file = self.root / name
            file.write_bytes(spoiled(seed.files[name], name, chance))
            path = file if chance.random() < 0.3 and name in seed.annotations else self.root
            judged(module, path, images)
            if chance.randrange(_CONVERTED_EACH) == 0:
                self._converted(path, chance)
            file.write_bytes(seed.files[name])
        assert time.perf_counter() - begin < SECONDS

    def _archived(self, module: Format, seed: Seed, chance: Random) -> None:
        """Read what is in a zip that is spoiled or has traps in it; nothing of it may come to lie elsewhere."""
        data = archive(seed.files, chance)
        file = self.folder / "set.zip"
        file.write_bytes(spoiled(data, "set.zip", chance) if chance.random() < 0.5 else data)
        before = set(self.folder.iterdir())
        with allowed(self.folder), opened(file) as root:
            judged(module, root, FolderImages(root))
        assert set(self.folder.iterdir()) == before

    def _converted(self, path: Path, chance: Random) -> None:
        """A conversion gives something that can be read again, or nothing at all."""
        out, target = self.folder / "out", chance.choice([*formats.FORMATS, *[self.name] * 4])
        before, objects = set(self.folder.iterdir()), 0
        with allowed(self.folder):
            objects = convert(path, out, target, format=self.name, images=self.root, copy=False).objects
        if objects and target not in _NEED_IMAGES:
            formats.get(target).read(out, FolderImages(self.root))
        shutil.rmtree(out, ignore_errors=True)
        assert set(self.folder.iterdir()) == before


def judged(module: Format, path: Path, images: FolderImages) -> Annotations | AnnotationError:
    """What reading gives: sound annotations, or an error that tells a user all that there is to tell."""
    assert module.sniff(path) in (True, False)
    try:
        found = module.read(path, images)
    except AnnotationError as error:
        check_error(error, path)
        return error
    for item in found.items:
        check_objects(item.objects, item.size_wh)
        assert set(map(str, item.objects.labels)) - set(found.classes) <= set(item.objects.labels[item.objects.ignore])
    assert len({(item.image.path, item.view.plane) for item in found.items}) == len(found.items)
    for loss in found.losses:
        assert loss.kind, loss
        assert loss.what, loss
        assert loss.file, loss
        assert loss.count >= 0, loss
    return found


@contextmanager
def allowed(folder: Path) -> Iterator[None]:
    """Lets errors pass that say what to do."""
    try:
        yield
    except AnnelidError as error:
        check_error(error, folder)


def check_error(error: AnnelidError, path: Path) -> None:
    """The error names a file below the folder, what was expected and found, and what to do next."""
    assert error.next_step, error
    if isinstance(error, InputError):
        assert Path(error.file).is_relative_to(path if path.is_dir() else path.parent), error
        assert error.expected, error
        assert error.found, error
        assert len(error.message) < 2000, error


def check_objects(objects: Objects, size_wh: tuple[int, int]) -> None:
    """The objects can be stored, drawn and written."""
    assert min(size_wh) > 0
    assert (objects.boxes_xyxy >= 0).all()
    assert (objects.boxes_xyxy[:, 2:] <= size_wh).all()
    assert np.isfinite(objects.coords).all()
    assert not np.isinf(objects.scores).any()
    assert len(set(objects.ids)) == len(objects)
    assert all(str(label).strip() for label in objects.labels)
    for texts in (objects.labels, objects.ids, objects.authors, objects.origins, objects.parents):
        "".join(map(str, texts)).encode()
    jsontext.dump(list(objects.extra)).encode()
