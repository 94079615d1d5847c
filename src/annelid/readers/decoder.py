"""The process that decodes: it opens images and reads windows for another one, which survives its crash.

Questions come on stdin, answers go to stdout: a line of JSON each, the pixels behind it as they lie in memory.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from annelid.errors import AnnelidError, InputError
from annelid.readers.base import ImageFile, Pixels, decoding
from annelid.readers.opening import open_here
from annelid.readers.stored import decode_stored

_MOST_OPEN = 16
"""Files kept open; one that is asked for again later is opened again."""
_SHARE_OF_MEMORY = 0.75

Answer = tuple[dict[str, Any], Pixels | None]


def main() -> None:
    """Answer until there are no more questions: the process that asks has ended, or lets this one go."""
    answers = _answers()
    _set_limits()
    files: OrderedDict[int, ImageFile] = OrderedDict()
    for line in sys.stdin.buffer:
        question = json.loads(line)
        faulthandler.dump_traceback_later(question["seconds"], exit=True)  # ends even a decoder that hangs
        answer, pixels = _answer(files, question)
        answers.write(json.dumps(answer).encode() + b"\n")
        if pixels is not None:
            answers.write(pixels.data)
        answers.flush()
        faulthandler.cancel_dump_traceback_later()
    os._exit(0)  # nothing is to be saved, and whoever let this process go may wait for its end


def _answers() -> BinaryIO:
    """Where answers go; what a decoder prints goes where errors go, as it would garble them."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream


def _set_limits() -> None:
    """As much memory as leaves room for others, where the system can be told; no crash dump, no crash window."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetErrorMode(0x8003)
    else:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        most = int(_SHARE_OF_MEMORY * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
        _, highest = resource.getrlimit(resource.RLIMIT_DATA)  # files that are mapped do not count
        if highest == resource.RLIM_INFINITY or most < highest:
            resource.setrlimit(resource.RLIMIT_DATA, (most, highest))


def _answer(files: OrderedDict[int, ImageFile], question: Mapping[str, Any]) -> Answer:
    try:
        with decoding(Path(question["path"])):
            return _done(files, question)
    except AnnelidError as error:
        return {"error": _described(error)}, None


def _done(files: OrderedDict[int, ImageFile], question: Mapping[str, Any]) -> Answer:
    if question["do"] == "stored":
        stored = vars(decode_stored(Path(question["path"])))
        return _with_pixels(stored.pop("pixels"), stored)
    number = question["file"]
    if question["do"] == "close":
        if number in files:
            files.pop(number).close()
        return {}, None
    if number not in files:
        files[number] = open_here(Path(question["path"]), question["scene"])
        if len(files) > _MOST_OPEN:
            files.popitem(last=False)[1].close()
    files.move_to_end(number)
    if question["do"] == "open":
        return {"info": asdict(files[number].info)}, None
    plane = {name: question[name] for name in ("t", "z", "step")}
    return _with_pixels(files[number].read(question["window"], **plane), {})


def _with_pixels(pixels: Pixels, said: Mapping[str, Any]) -> Answer:
    pixels = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("="))
    return {**said, "shape": pixels.shape, "dtype": pixels.dtype.name}, pixels


def _described(error: AnnelidError) -> dict[str, str]:
    names = ("file", "place", "expected", "found") if isinstance(error, InputError) else ("message",)
    return {name: getattr(error, name) for name in (*names, "next_step")}
