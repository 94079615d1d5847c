"""``python -m annelid.tracking FOLDER NAME`` tells one run to one tracker."""

from __future__ import annotations

import sys
from pathlib import Path

from annelid.tracking.follow import follow

if __name__ == "__main__":
    sys.exit(follow(Path(sys.argv[1]).resolve(), sys.argv[2]))
