"""Run as another user, who may not read everything: start PROGRAM with this variable; compare."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[2]))

from tests.loader.oracle import same_start  # noqa: E402

same_start(Path(sys.argv[1]), {"LD_LIBRARY_PATH": sys.argv[2]}, "/")
print("agree")
