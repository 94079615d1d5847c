"""``python -m annelid.queue ROOT`` works off the queue of a project and ends."""

from __future__ import annotations

import sys
from pathlib import Path

from annelid.queue.runner import work_off

if __name__ == "__main__":
    work_off(Path(sys.argv[1]))
