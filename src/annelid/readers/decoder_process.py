"""The one process that decodes for this one: started when it is needed first, again after a crash, ended at exit."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

START = "import sys; sys.path.append(sys.argv[1]); from annelid.readers import decoder; decoder.main()"
_ROOT = Path(__file__).resolve().parents[2]


class DecoderProcess:
    """Asks `annelid.readers.decoder`, one question at a time.

    Attributes:
        lock: to be held from a question to the last byte of its answer.
        how_it_ended: signal or exit code of the last process that ended.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.how_it_ended = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._is_retired = False

    @property
    def is_running(self) -> bool:
        """Whether there is one, and alive."""
        return self._process is not None and self._process.poll() is None

    def warm(self) -> None:
        """Start the process, if it does not run, and wait until it answers: it takes most of a second."""
        with contextlib.suppress(EOFError):  # who asks for an image will be told
            self.ask({"do": "close", "file": -1, "path": "", "seconds": 60})

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a question.

        Raises:
            EOFError: the process ended instead.
        """
        with self.lock, self._ending_when_it_fails():
            into, out = self._pipes() if self.is_running else self._started()
            into.write(json.dumps(question).encode() + b"\n")
            into.flush()
            line = out.readline()
            if not line.endswith(b"\n"):
                raise EOFError
            return dict(json.loads(line))

    def receive(self, place: NDArray[np.uint8]) -> None:
        """Fill a row of bytes with the pixels behind an answer.

        Raises:
            EOFError: the process ended before.
        """
        with self._ending_when_it_fails():
            if self._pipes()[1].readinto(place) != len(place):  # type: ignore[attr-defined]
                raise EOFError

    @contextlib.contextmanager
    def _ending_when_it_fails(self) -> Iterator[None]:
        """Also at Ctrl-C: an answer that nobody waits for any more would be taken for that to the next question."""
        try:
            yield
        except (OSError, ValueError) as error:  # a broken pipe, half an answer
            self.end()
            raise EOFError from error
        except BaseException:
            self.end()
            raise

    def _started(self) -> tuple[IO[bytes], IO[bytes]]:
        self.end()
        if self._is_retired:
            raise EOFError
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", START, str(_ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,  # not where the user is: that folder may be moved or deleted meanwhile
            creationflags=0x08000000 if os.name == "nt" else 0,  # CREATE_NO_WINDOW
        )
        return self._pipes()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Where questions go, where answers come from."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def end(self) -> None:
        """Stop the process, if there is one, and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            _close(pipe)
        try:
            code = process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        self.how_it_ended = signal.Signals(-code).name if -code in list(signal.Signals) else f"exit code {code}"

    def retire(self) -> None:
        """End it for good: who still wants to close a file in it starts no new one."""
        self._is_retired = True
        self.end()

    def forget(self) -> None:
        """In a forked process: leave the decoder to the process that started it."""
        process, self._process, self.lock = self._process, None, threading.RLock()
        if process is not None:
            process.returncode = 0
            for pipe in (process.stdin, process.stdout):
                _close(pipe)


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except OSError:  # what could not be written any more
        return


decoder_process = DecoderProcess()
"""That of all images of this process."""

atexit.register(decoder_process.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=decoder_process.forget)
