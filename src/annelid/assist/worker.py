"""The process in which networks answer clicks: it keeps them loaded, and what they made of pictures.

Questions come on stdin, a line of JSON each, with a picture's bytes behind it where one is sent; answers go to stdout,
a line of JSON each, with a mask's packed bits behind it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from annelid.assist.embeddings import FOLDER, Arrays, Embeddings
from annelid.engines.sam.network import Asked, Network, open_network
from annelid.errors import AnnelidError

Answer = tuple[dict[str, Any], bytes]


def main() -> None:
    """Answer until there are no more questions."""
    answers = _answers()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    room = Room(Path(sys.argv[2]))
    for line in sys.stdin.buffer:
        question = json.loads(line)
        sent = sys.stdin.buffer.read(int(question.get("bytes", 0)))
        answer, mask = answered(room, question, sent)
        answers.write(json.dumps(answer).encode() + b"\n" + mask)
        answers.flush()
    os._exit(0)


def _answers() -> BinaryIO:
    """Where answers go; what a library prints goes where errors go, as it would garble them."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream


class Room:
    """What the process keeps.

    Args:
        project: folder of the project.

    Attributes:
        encoded: how often an encoder ran.
    """

    def __init__(self, project: Path) -> None:
        self._embeddings = Embeddings(project / FOLDER)
        self._networks: dict[str, Network] = {}
        self.encoded = 0

    def network(self, weights: str) -> Network:
        """A network, loaded; another one makes room for it."""
        if weights not in self._networks:
            self._networks = {weights: open_network(Path(weights))}
        return self._networks[weights]

    def embedding(self, question: Mapping[str, Any], sent: bytes) -> Arrays | None:
        """What the network makes of the picture; None where the picture has to be sent first."""
        key = str(question["key"])
        kept = self._embeddings.get(key)
        if kept is not None or not sent:
            return kept
        picture = np.frombuffer(sent, np.uint8).reshape(*question["size_hw"], 3)
        made = self.network(question["weights"]).embed(picture)
        self.encoded += 1
        self._embeddings.put(key, made)
        return made


def answered(room: Room, question: Mapping[str, Any], sent: bytes) -> Answer:
    """The answer to one question, whatever happens.

    Args:
        room: what is kept.
        question: ``weights``, ``key``, ``size_hw``, ``points``, ``box``.
        sent: the picture uint8 RGB ``[y, x, 3]``, or nothing.
    """
    try:
        embedding = room.embedding(question, sent)
        if embedding is None:
            return {"need": "picture"}, b""
        h, w = question["size_hw"]
        asked = Asked((h, w), question["points"], question["box"])
        mask, score = room.network(question["weights"]).mask(embedding, asked)
        return _with_mask(mask, score, room.encoded)
    except AnnelidError as error:
        return {"error": {"message": error.message, "next_step": error.next_step}}, b""
    except Exception as error:  # noqa: BLE001 - the process stays, whatever a library raises
        is_full = isinstance(error, MemoryError) or "out of memory" in str(error).lower()
        step = "use a smaller network, such as mobile_sam.pt" if is_full else "choose another engine, or report this"
        return {"error": {"message": f"{type(error).__name__}: {str(error)[:300]}", "next_step": step}}, b""


def _with_mask(mask: NDArray[np.bool_], score: float, encoded: int) -> Answer:
    bits = np.packbits(mask).tobytes()
    return {"size_hw": mask.shape, "bytes": len(bits), "score": score, "encoded": encoded}, bits
