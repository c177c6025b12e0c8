"""A private machine for trials that delete: its own processes, /tmp, /dev/shm and users."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ALICE, BOB = 4242, 4343
_SETUP = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mkdir -p /tmp/home/root /tmp/home/alice /tmp/home/bob
cp /etc/passwd /tmp/home/passwd
echo "root:x:0:0::/tmp/home/root:/bin/sh" >/tmp/home/new
grep -v "^root:" /tmp/home/passwd >>/tmp/home/new
echo "alice:x:4242:4242::/tmp/home/alice:/bin/sh" >>/tmp/home/new
echo "bob:x:4343:4343::/tmp/home/bob:/bin/sh" >>/tmp/home/new
chown 4242:4242 /tmp/home/alice; chown 4343:4343 /tmp/home/bob
mount --bind /tmp/home/new /etc/passwd
exec "$@"
"""


@functools.cache
def problem() -> str:
    """Why there can be no private machine here; "" where there can."""
    if os.geteuid() != 0:
        return "only root can make namespaces with several users"
    missing = [name for name in ("unshare", "setpriv", "gcc") if shutil.which(name) is None]
    if missing:
        return f"{missing[0]} is not installed"
    tried = subprocess.run([*_unshare(), "true"], capture_output=True, check=False, timeout=20)
    return "" if tried.returncode == 0 else "namespaces are not allowed here"


def run(script: str, *arguments: str, timeout: float = 120) -> Any:
    """Run a script of this folder there, as root; what it prints is JSON."""
    if problem():
        pytest.skip(problem())
    done = subprocess.run(
        [*_unshare(), sys.executable, str(Path(__file__).with_name(script)), *arguments],
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/tmp/home/root", "PYTHONPATH": str(ROOT)},
        cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    return json.loads(done.stdout)


def _unshare() -> list[str]:
    return ["unshare", "-mpf", "--mount-proc", "--kill-child", "sh", "-c", _SETUP, "sh"]
