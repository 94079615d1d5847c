"""Official weights by name, where there is a network."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

from annelid import atomic
from annelid.download import TIMEOUT_SECONDS, download
from annelid.errors import AnnelidError, UsageError
from annelid.models import sha256_of

_NAME = re.compile(r"yolo(v8|11|26)[nslmx](-seg)?\.pt|(sam_[bl]|mobile_sam|sam2(\.1)?_[tsbl]|FastSAM-[sx])\.pt")
_RELEASE = "https://api.github.com/repos/ultralytics/assets/releases/tags/v8.4.0"


def fetch(name: str, folder: Path) -> Path:
    """Download official YOLO or SAM weights to a folder and verify them by the hash that their publisher gives.

    A file that is there already is not downloaded again; its hash must be the one noted when it came.

    Args:
        name: ``yolo11n-seg.pt``, ``mobile_sam.pt`` and the like.
        folder: where to keep them; ``NAME.sha256`` is kept beside.

    Raises:
        UsageError: there are no such weights.
        AnnelidError: no network, or the file is not what its publisher says.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name} is not known", next_step="for example yolo11n-seg.pt, yolo11n.pt, mobile_sam.pt")
    target, note = folder / name, folder / f"{name}.sha256"
    if target.exists() and note.exists():
        if sha256_of(target) != note.read_text(encoding="utf-8").strip():
            raise AnnelidError(f"{target} was changed since it came", next_step=f"delete it and fetch {name} again")
        return target
    folder.mkdir(parents=True, exist_ok=True)
    url, expected = _published(name)
    with atomic.replacing(target) as temporary:
        download(url, temporary)
        found = sha256_of(temporary)
        if found != expected:
            raise AnnelidError(f"{url}: expected SHA-256 {expected}, found {found}", next_step="try again later")
    atomic.write_text(note, expected + "\n")
    return target


def _published(name: str) -> tuple[str, str]:
    """Where the publisher keeps a file, and its SHA-256."""
    try:
        with urllib.request.urlopen(_RELEASE, timeout=TIMEOUT_SECONDS) as answer:
            assets = json.load(answer)["assets"]
    except (urllib.error.URLError, TimeoutError, OSError, ValueError, KeyError) as error:
        raise _no_network(name, error) from error
    asset = next((a for a in assets if a["name"] == name), None)
    digest = str((asset or {}).get("digest") or "")
    if asset is None or not digest.startswith("sha256:"):
        raise AnnelidError(f"the publisher gives no hash for {name}", next_step="download it by hand and pass its path")
    return asset["browser_download_url"], digest.removeprefix("sha256:")


def _no_network(what: str, error: Exception) -> AnnelidError:
    return AnnelidError(
        f"{what} can't be fetched: {error}",
        next_step="download it elsewhere and give its path (--model path/to/file.pt), or train from scratch "
        "(--model yolo11n-seg.yaml)",
    )
