"""The server's side of the process that runs networks; no network is ever loaded here.

It is started when it is needed first, again after a crash, and ends when nobody clicks for some minutes.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from annelid.errors import EngineError
from annelid.readers.decoder_process import DecoderProcess

IDLE_SECONDS = 600.0
_START = "import sys; sys.path.append(sys.argv[1]); from annelid.assist import worker; worker.main()"
_SOURCE = Path(__file__).resolve().parents[2]


class WorkerProcess(DecoderProcess):
    """Asks `annelid.assist.worker`, one question at a time; safe for threads.

    Args:
        project: folder of the project, where embeddings are kept.
        idle_seconds: after so long without a question the process ends.
    """

    def __init__(self, project: Path, idle_seconds: float = IDLE_SECONDS) -> None:
        super().__init__()
        self._project, self._idle_seconds = project, idle_seconds
        self._timer: threading.Timer | None = None
        atexit.register(self.end)

    def answer(self, question: Mapping[str, Any], picture: bytes = b"") -> tuple[dict[str, Any], NDArray[np.uint8]]:
        """The answer to a question, and the bytes behind it.

        Args:
            question: see `annelid.assist.worker.answered`.
            picture: what is sent with it.

        Raises:
            EngineError: the network can't be loaded or failed, or the process ended.
        """
        with self.lock:
            self._wait_for_idleness()
            try:
                told = self._asked(question, picture)
                behind = np.empty(int(told.get("bytes", 0)), np.uint8)
                self.receive(behind)
            except EOFError:
                self.end()
                step = "click again: it is started anew; if that repeats, use a smaller network or the classical engine"
                raise EngineError(f"the network's process ended ({self.how_it_ended})", next_step=step) from None
        if "error" in told:
            raise EngineError(told["error"]["message"], next_step=told["error"]["next_step"])
        return told, behind

    def _asked(self, question: Mapping[str, Any], picture: bytes) -> dict[str, Any]:
        with self._ending_when_it_fails():
            into, out = self._pipes() if self.is_running else self._started()
            into.write(json.dumps({**question, "bytes": len(picture)}).encode() + b"\n" + picture)
            into.flush()
            line = out.readline()
            if not line.endswith(b"\n"):
                raise EOFError
            return dict(json.loads(line))

    def _started(self) -> tuple[IO[bytes], IO[bytes]]:
        self.end()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(_SOURCE), str(self._project)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_SOURCE,
            creationflags=0x08000000 if os.name == "nt" else 0,  # CREATE_NO_WINDOW
        )
        return self._pipes()

    def _wait_for_idleness(self) -> None:
        """End the process when this question was the last for long."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(self._idle_seconds, self._rest)
        self._timer.daemon = True
        self._timer.start()

    def _rest(self) -> None:
        with self.lock:
            self.end()

    def close(self) -> None:
        """End the process for good."""
        if self._timer is not None:
            self._timer.cancel()
        atexit.unregister(self.end)
        with self.lock:
            self.end()
