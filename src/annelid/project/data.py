"""The verbs about data: init, import, status, preview, classes, split, export, backup."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from annelid import doctor, export, ingest, jobs, outside, settings
from annelid.convert import convert
from annelid.dataset import Dataset, LabeledImage, State
from annelid.download import fetched, is_link
from annelid.errors import UsageError
from annelid.folder import DATABASE, dataset_of, make_project, require_project
from annelid.formats.base import LossReport
from annelid.leakage import subject_of
from annelid.models import Library
from annelid.preprocess import Preprocessing
from annelid.results import Previewed, Status
from annelid.settings import Settings
from annelid.split import Split, split_dataset
from annelid.store import Store
from annelid.store.changes import Revision


class ProjectData:
    """A project folder: ``annelid.yaml``, ``annelid.db``, ``runs/``, ``models/``.

    Args:
        root: the folder.

    Raises:
        ProjectError: it is not a project.
    """

    def __init__(self, root: Path | str = ".") -> None:
        self.root = require_project(Path(root)).resolve()
        self.store = Store.open(self.root / DATABASE)
        self.library = Library(self.root)

    @classmethod
    def init(
        cls, root: Path | str, *, classes: Sequence[str] = (), preprocessing: Mapping[str, Any] | None = None
    ) -> Self:
        """Make a project in a folder, which may hold other things.

        Args:
            root: the folder; it is made where it does not exist.
            classes: class names in order; () takes those of the first annotation.
            preprocessing: see `annelid.preprocess.Preprocessing`.

        Raises:
            ProjectError: there is a project already.
            UsageError: the classes or the preprocessing make no sense.
        """
        chosen = Settings(tuple(classes), Preprocessing.from_dict(dict(preprocessing or {})))
        make_project(Path(root), chosen)
        return cls(root)

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- data --------------------------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The content of ``annelid.yaml``, read anew."""
        return settings.load(self.root)

    def dataset(self) -> Dataset:
        """Everything as it is now: all images with their objects, whatever their state."""
        return Dataset(self.settings.classes, tuple(self.store.items()))

    def _trainable(self) -> Dataset:
        """What a person has annotated: drafts of a model are not learned from, nor counted as truth."""
        items = self.store.items()
        return dataset_of(self.root, [i for i in items if i.covered and i.state == "reviewed"])

    def import_(self, *sources: Path | str, **wish: Any) -> ingest.Imported:
        """Import images and annotations (`annelid.ingest.Wish` says what can be wished for).

        What is given as an ``https://`` link is fetched into ``downloads/`` of the project first.

        Raises:
            UsageError: nothing to import, or classes that the project does not have.
            AnnotationError: the annotation can't be read; nothing was imported.
        """
        now = self.settings
        paths = {key: self._on_disk(wish[key]) for key in ("labels", "images") if wish.get(key)}
        wanted = ingest.Wish(tuple(map(self._on_disk, sources)), **{**wish, **paths})
        done = ingest.ingest(self.store, self.root, now.classes, wanted, lambda names: self.add_classes(*names))
        if done.parts:
            self._keep_parts(done.parts)
        self._log("import", {"sources": list(map(str, sources))}, ingest.summary(done))
        return done

    def _on_disk(self, source: Path | str) -> Path:
        return fetched(str(source), self.root / "downloads") if is_link(source) else Path(source)

    def _keep_parts(self, parts: Mapping[str, str]) -> None:
        """The split that the source brought, on top of the present one."""
        previous = self._last_split()
        merged = {**(previous.parts if previous else {}), **parts}
        split = outside.given_split(self._trainable(), merged)
        self.store.save_split(split.to_dict())

    def status(self) -> Status:
        """What the project holds."""
        return Status.of(self.dataset(), self._last_split(), self.library.cards(), self.root)

    def preview(self, *images: Path | str, out: Path | str | None = None) -> list[Previewed]:
        """Write pictures of images before and after preprocessing.

        Args:
            images: names or paths of images of the project; none takes the first three.
            out: folder for the pictures; default ``previews/`` in the project.
        """
        folder = Path(out) if out else self.root / "previews"
        chosen, frozen = self._items_named(images)[: None if images else 3], self.settings.preprocessing
        folder.mkdir(parents=True, exist_ok=True)
        names = export.unique_names(chosen)
        return [Previewed.make(item, self.root, frozen, folder, names[item.id]) for item in chosen]

    def _items_named(self, names: Iterable[Path | str]) -> list[LabeledImage]:
        items, wanted = self.store.items(), [str(n) for n in names]
        if not wanted:
            return items
        found = [
            i
            for i in items
            if {i.id, i.image.path, i.image.name, i.image.stem} & set(wanted)
            or any((self.root / i.image.path) == Path(w).resolve() for w in wanted)
        ]
        if not found:
            raise UsageError(f"the project has no image {wanted[0]}", next_step="annelid status lists what there is")
        return found

    def _view_id(self, image: str) -> str:
        """The view of an id, or the first that a name or path means."""
        return image if self.store.views([image]) else self._items_named([image])[0].id

    def classes(self) -> dict[str, int]:
        """Class -> number of objects, in the order of the classes."""
        dataset = self.dataset()
        return {name: dataset.count(name) for name in dataset.classes}

    def add_classes(self, *names: str) -> None:
        """Put new classes behind the others."""
        now = self.settings
        settings.save(self.root, dataclasses.replace(now, classes=tuple(dict.fromkeys((*now.classes, *names)))))
        self._log("classes", {"add": list(names)}, {})

    def map_classes(self, mapping: Mapping[str, str | None], *, author: str = "human") -> dict[str, int]:
        """Rename, merge or delete classes in every image; each image gets a revision that can be restored.

        Args:
            mapping: old name -> new name; the same new name for several merges them; None deletes the objects.
            author: who does it.

        Returns:
            View id -> new revision, for the images that changed.

        Raises:
            UsageError: the project has no such class.
        """
        now = self.settings
        unknown = [name for name in mapping if name not in now.classes]
        if unknown:
            known = ", ".join(now.classes) or "none yet"
            raise UsageError(f"the project has no class {unknown[0]!r}", next_step=f"it has {known}")
        renamed = [mapping.get(name, name) for name in now.classes]
        kept = tuple(dict.fromkeys(name for name in renamed if name is not None))
        both = tuple(dict.fromkeys((*now.classes, *kept)))  # killed in between, no object is of an unknown class
        settings.save(self.root, dataclasses.replace(now, classes=both))
        revisions = self.store.relabel(dict(mapping), author)
        settings.save(self.root, dataclasses.replace(now, classes=kept))
        self._log("classes", {"map": dict(mapping)}, {"images": len(revisions)})
        return revisions

    def split(
        self,
        *,
        val: float | None = None,
        test: float | None = None,
        seed: int | None = None,
        by: str | None = None,
        resplit: bool = False,
    ) -> Split:
        """Divide the annotated images by group; new images join, old ones stay where they are.

        Args:
            val: share of the images for validation; None is what ``annelid.yaml`` says.
            test: share for testing.
            seed: another seed, another split.
            by: ``group``, or ``image`` where images are independent of each other. By group, images that show
                the same stay together, too.
            resplit: divide anew; models trained before may then have seen the new test images, which is said
                wherever they are measured.

        Raises:
            UsageError: nothing is annotated, or other shares are wished for than the split has.
        """
        now = self.settings
        typed: dict[str, Any] = {
            k: v for k, v in {"val": val, "test": test, "seed": seed, "by": by}.items() if v is not None
        }
        policy = dataclasses.replace(now.split, **typed)
        previous = None if resplit else self._last_split()
        if previous and typed and policy != now.split:
            raise UsageError("the images are divided already", next_step="--resplit divides them anew")
        dataset = self._trainable()
        if not len(dataset):
            raise UsageError("no image is annotated yet", next_step="annelid import LABELS, or annelid propose")
        is_placed = previous is not None and all(item.id in previous.parts for item in dataset.items)
        together = () if is_placed or policy.by == "image" else self._alike(dataset)
        split = split_dataset(dataset, **vars(policy), previous=previous, together=together)
        if policy != now.split:
            settings.save(self.root, dataclasses.replace(now, split=policy))
        self.store.save_split(split.to_dict())
        self._log("split", {**vars(policy), "resplit": resplit}, {"parts": counts(split)})
        return split

    def _alike(self, dataset: Dataset) -> list[tuple[str, str]]:
        """Ids of images that show the same, so that no split parts them."""
        found = subject_of(dataset, None, self.root, self.settings.preprocessing).alike
        return [(a.id, b.id) for a, b, _ in found]

    def _last_split(self) -> Split | None:
        kept = self.store.last_split()
        return Split.from_dict(kept) if kept else None

    def export(self, out: Path | str, format: str = "coco", *, state: State = "reviewed") -> LossReport:  # noqa: A002
        """Write images with their annotation for other programs; returns what the format could not carry.

        Args:
            out: new folder.
            format: see `annelid.formats`.
            state: ``reviewed`` images, or ``draft`` ones to correct elsewhere and import again.

        Raises:
            UsageError: ``out`` exists, no image is in that state, or there is no such format.
        """
        split = self._last_split()
        items = tuple(item for item in self.store.items() if item.state == state)
        if not items:
            raise UsageError(f"no image is {state}", next_step="annelid status shows what there is")
        dataset = dataset_of(self.root, items)
        parts = split.parts if split else {}
        return export.export_dataset(dataset, Path(out), format, self.root, self.settings.preprocessing, parts)

    convert = staticmethod(convert)
    doctor = staticmethod(doctor.examine)

    def revisions(self, image: str) -> list[Revision]:
        """The history of an image's annotation, oldest first."""
        return self.store.revisions(self._view_id(image))

    def restore(self, image: str, revision: int, *, author: str = "human") -> int:
        """Bring an earlier revision back, as a new one, with its classes; returns its number.

        Raises:
            UsageError: there is no such image or revision.
        """
        view_id = self._view_id(image)
        objects = self.store.item(view_id, revision).objects
        lost = set(map(str, objects.labels[~objects.ignore])).difference(self.settings.classes)
        if lost:
            self.add_classes(*sorted(lost))
        return self.store.restore(view_id, revision, author)

    def backup(self, path: Path | str) -> None:
        """Write a consistent copy of the database."""
        self.store.backup(Path(path))

    def _log(self, verb: str, args: Mapping[str, Any], summary: Mapping[str, Any]) -> None:
        self.store.log(verb, jobs.plain(args), jobs.plain(summary))


def counts(split: Split) -> dict[str, int]:
    """Number of images of each part."""
    return {part: list(split.parts.values()).count(part) for part in ("train", "val", "test")}
