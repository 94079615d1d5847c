from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from annelid.engines.yolo import environment

_LOOK = """
import json, sys
from pathlib import Path
from annelid.engines.yolo import environment
environment.isolate(Path(sys.argv[1]), trust=False)
from ultralytics.utils import SETTINGS, USER_CONFIG_DIR, ONLINE, AUTOINSTALL, SETTINGS_FILE
print(json.dumps([str(USER_CONFIG_DIR), str(SETTINGS_FILE), bool(ONLINE), bool(AUTOINSTALL)]))
"""


def test_ultralytics_keeps_its_settings_in_the_run_folder_and_stays_offline(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "run"
    home.mkdir()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("YOLO_", "ULTRALYTICS_"))}
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, str(out)],
        capture_output=True,
        text=True,
        check=True,
        env=clean | {"HOME": str(home), "USERPROFILE": str(home)},
    )
    where, settings, online, install = __import__("json").loads(done.stdout.splitlines()[-1])
    assert Path(where).is_relative_to(out)
    assert Path(settings).is_relative_to(out)
    assert not online
    assert not install
    assert [p for p in home.rglob("*") if "ltralytics" in p.name] == []


def test_ultralytics_turns_on_no_tracker_because_its_package_is_installed(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from annelid.engines.yolo import environment as e\n"
    code += "e.isolate(Path(sys.argv[1]), trust=False); e.silence_trackers()\n"
    code += "from ultralytics.utils import SETTINGS; print([name for name in e.TRACKERS if SETTINGS[name]])"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("trust", "safe"), [(True, "0"), (False, "1")])
def test_weights_load_through_the_allow_list_unless_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trust: bool, safe: str
) -> None:
    for name in ("YOLO_CONFIG_DIR", "YOLO_AUTOINSTALL", "YOLO_OFFLINE", "ULTRALYTICS_SAFE_LOAD"):
        monkeypatch.setenv(name, "as it was")
    environment.isolate(tmp_path, trust=trust)
    assert os.environ["ULTRALYTICS_SAFE_LOAD"] == safe
    assert Path(os.environ["YOLO_CONFIG_DIR"]).is_dir()


def test_without_a_run_folder_each_user_has_a_private_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("YOLO_CONFIG_DIR", "YOLO_AUTOINSTALL", "YOLO_OFFLINE", "ULTRALYTICS_SAFE_LOAD"):
        monkeypatch.setenv(name, "as it was")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    environment.isolate(None, trust=False)
    private = Path(os.environ["YOLO_CONFIG_DIR"])
    assert private.is_relative_to(tmp_path)
    if os.name == "posix":
        assert private.stat().st_mode & 0o077 == 0
