"""A package as Lambda runs it: unpacked read-only, a bare environment, nothing else installed, only /tmp to write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

from tools import lacking

TASK = "/mnt"
DRIVER = Path(__file__).with_name("driver.py")
MOUNTS = """
mount --bind "$1" /mnt && mount -o remount,bind,ro /mnt; shift
mount -t tmpfs -o ro none "$1"; shift  # what is installed beside the interpreter
mount -t tmpfs -o ro none /dev/shm
mount -t tmpfs none /tmp && mount -o remount,bind,ro /
cd /mnt && exec env -i "$@"
"""


def unpack(package: Path, tree: Path) -> None:
    """Unpack a package as Lambda does, modes included."""
    with zipfile.ZipFile(package) as archive:
        for info in archive.infolist():
            Path(archive.extract(info, tree)).chmod(info.external_attr >> 16)


def run(tree: Path, event: dict[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    """What `driver.py` tells of an event and of all that it led to."""
    as_root = ["unshare", "--mount", *(["--map-root-user"] if os.getuid() else [])]
    if subprocess.run([*as_root, "true"], capture_output=True, check=False).returncode:
        lacking("name spaces", "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or be root")
    base = sys.base_prefix
    python = Path(base, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    installed = sysconfig.get_path("purelib", vars={"base": base})
    bare = {"LAMBDA_TASK_ROOT": TASK, "AWS_LAMBDA_FUNCTION_NAME": "reports", "LANG": "en_US.UTF-8", "TZ": ":UTC"}
    said = [f"{name}={value}" for name, value in {**bare, "PATH": "/usr/bin:/bin", **environment}.items()]
    inside = [str(tree), installed, *said, str(python), "-c", DRIVER.read_text("utf-8"), json.dumps(event)]
    command = [*as_root, "sh", "-euc", MOUNTS, "sh", *inside]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert not done.returncode, done.stderr[-5000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))
