"""The verbs that look for what spoils a training, and mend it: check, fix; on top of those about data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annelid import fixes
from annelid.check import KINDS, examine
from annelid.check.scan import scan
from annelid.check.subject import Subject
from annelid.check_report import write_check
from annelid.errors import UsageError
from annelid.leakage import subject_of
from annelid.project.data import ProjectData, counts
from annelid.results import Checked, Fixed


class CheckedProject(ProjectData):
    """A project whose data can be checked and mended."""

    def check(self, *, out: Path | str | None = None, pixels: bool = True) -> Checked:
        """Findings about the data: duplicates, leakage, imbalance, suspicious objects.

        Args:
            out: folder for ``check.html``, the findings with pictures, and ``labels.jpg``; None writes nothing.
            pixels: whether the images are looked at; without, copies that are not byte-identical and damaged
                images stay unseen.
        """
        data = self._subject(pixels=pixels)
        findings = examine(data)
        shown = self.settings.preprocessing
        page = write_check(Path(out), data, findings, self.root, shown) if out is not None else None
        return Checked(tuple(findings), tuple(scan(data)), page)

    def fix(self, code: str) -> Fixed:
        """Mend a finding of `check`: divide anew, leave images out, delete objects, merge classes.

        What changes annotation is a revision of each image and can be taken back by `restore`.

        Args:
            code: of the finding, for example ``A102``.

        Raises:
            UsageError: there is no such finding, or a person has to decide.
        """
        code = code.upper()
        if code not in KINDS:
            raise UsageError(f"there is no finding {code}", next_step=f"known are {', '.join(sorted(KINDS))}")
        if not KINDS[code].fixable:
            raise UsageError(f"{code} ({KINDS[code].name}) needs a person", next_step=KINDS[code].fix)
        if code in fixes.RESPLIT or code == fixes.PLACE:
            by = "group" if code in ("A103", "A107") else None
            shares = self._shares() if code in fixes.RESPLIT else {}
            split = self.split(by=by, resplit=code in fixes.RESPLIT, **shares)
            return Fixed(code, {}, counts(split), {})
        data = self._subject(pixels=code not in ("A102", "A205", "A206"))
        mapping = fixes.class_map(code, data)
        if mapping is not None:
            return Fixed(code, self.map_classes(mapping, author=f"check:{code}") if mapping else {}, {}, mapping)
        revisions = self.store.save_many(fixes.changes(code, data) or {})
        self._log("fix", {"code": code}, {"images": len(revisions)})
        return Fixed(code, revisions, {}, {})

    def _shares(self) -> dict[str, Any]:
        """The shares of the present parts, where there is a test part that ``annelid.yaml`` does not ask for."""
        last = self._last_split()
        held = counts(last) if last else {}
        if not held.get("test") or self.settings.split.test:
            return {}
        return {part: round(held[part] / sum(held.values()), 2) for part in ("val", "test")}

    def _subject(self, *, pixels: bool = True) -> Subject:
        return subject_of(self.dataset(), self._last_split(), self.root, self.settings.preprocessing, pixels=pixels)
