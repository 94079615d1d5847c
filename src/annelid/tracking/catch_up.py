"""Tell a tracker what it does not know yet."""

from __future__ import annotations

from pathlib import Path

from annelid.tracking import told
from annelid.tracking.base import Session, Tracker
from annelid.tracking.sent import Sent


class Telling:
    """One run told to one tracker, in as many steps as it takes.

    Args:
        folder: the run.
        tracker: whom to tell.
    """

    def __init__(self, folder: Path, tracker: Tracker) -> None:
        self.sent = Sent.read(folder, tracker.NAME)
        self._folder, self._tracker = folder, tracker
        self._session: Session | None = None

    def catch_up(self, *, ended: bool) -> None:
        """Tell what is new; each thing is noted once it was told, so that it is told once.

        Args:
            ended: whether nothing more comes; then the session is closed, too.
        """
        self._parameters(ended=ended)
        for epoch in told.epochs(self._folder, self.sent.epoch):
            self._open().figures(epoch.figures, epoch=epoch.number, time=epoch.time)
            self._note(epoch=epoch.number)
        self._files(ended=ended)
        if ended:
            self._end()
        if self.sent.problem:
            self._note(problem="")

    def give_up(self, problem: str) -> None:
        """Note why it can't be told more, and forget the session: the next one may do better."""
        self._session = None
        self._note(problem=problem)

    def _parameters(self, *, ended: bool) -> None:
        """Once the engine has chosen what the user left to it, which shows in the first epoch; and again at the end."""
        if not ended and (self.sent.parameters or not any(told.epochs(self._folder, 0))):
            return
        values = told.parameters(self._folder)
        if values != self.sent.parameters:
            self._open().parameters(values)
            self._note(parameters=values)

    def _files(self, *, ended: bool) -> None:
        for name, stamp in told.files(self._folder, ended=ended).items():
            if self.sent.files.get(name) != stamp:
                self._open().file(self._folder / name, epoch=self.sent.epoch)
                self._note(files={**self.sent.files, name: stamp})

    def _end(self) -> None:
        summary = told.summary(self._folder)
        if summary != self.sent.summary:
            self._open().summary(summary)
            self._note(summary=summary)
        state = told.state(self._folder)
        state = "interrupted" if state == "running" else state  # its worker is gone, without a word
        if self._session or state != self.sent.state:
            self._open().close(state)
            self._session = None
            self._note(state=state)

    def _open(self) -> Session:
        if self._session is None:
            self._session = self._tracker.begin(told.about(self._folder), self.sent.id)
            self._note(id=self._session.id, place=self._session.place, state="")
        return self._session

    def _note(self, **changes: object) -> None:
        for name, value in changes.items():
            setattr(self.sent, name, value)
        self.sent.write(self._folder)
