"""The program that installs the pip part: uv where there is one, else a pip."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Optional


def uv(variables: Mapping[str, str]) -> Optional[str]:
    """uv on PATH, else the one that is installed beside the doctor."""
    beside = os.path.join(os.path.dirname(sys.executable), "uv")
    found = shutil.which("uv", path=variables.get("PATH"))
    return found or (beside if os.access(beside, os.X_OK) else None)
