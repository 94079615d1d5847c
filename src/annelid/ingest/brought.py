"""Where files lie that came through the browser: a folder for each time, below ``images/`` of the project.

The time says nothing about what was taken together: fields of one well may come in two goes.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

_TIME = re.compile(r"(?:^|(?<=/))images/\d{4}-\d\d-\d\d-\d{4}(?:-\d+)?/")


def folder_of_now(images: Path) -> Path:
    """A folder that is not there yet, named after the present minute."""
    path = images / f"{datetime.now().astimezone():%Y-%m-%d-%H%M}"
    candidates = (path if k == 1 else path.with_name(f"{path.name}-{k}") for k in range(1, 10_000))
    return next(candidate for candidate in candidates if not candidate.exists())


def without_time(path: str) -> str:
    """The path of an image as if it had come at no special time."""
    return _TIME.sub("images/", path, count=1)
